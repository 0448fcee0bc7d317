"""The conversation with a SOCKS proxy, byte by byte."""

from __future__ import annotations

import pytest

from duohttp.exceptions import InvalidURL, ProxyError
from duohttp.rules.socks import REFUSALS, SocksHandshake, SocksRefusal, needs_address
from duohttp.values.proxy import Proxy

GRANTED_5 = b"\5\0\0\1\x7f\0\0\1\x1f\x90"
GRANTED_4 = b"\0\x5a\0\0\0\0\0\0"


def handshake(url: str, host: str = "h.test", port: int = 443, named: str | None = None) -> SocksHandshake:
    return SocksHandshake(Proxy(url), host, port, named)


def talk(conversation: SocksHandshake, answers: list[bytes]) -> list[bytes]:
    """Return what was sent: at first, and after each answer."""
    sent = [conversation.take_outgoing()]
    for answer in answers:
        assert not conversation.complete
        conversation.feed(answer)
        sent.append(conversation.take_outgoing())
    return sent


@pytest.mark.parametrize(
    ("host", "destination"),
    [
        ("h.test", b"\3\6h.test"),
        ("127.0.0.1", b"\1\x7f\0\0\1"),
        ("::1", b"\4" + bytes(15) + b"\1"),
        ("fe80::1%lo", b"\4\xfe\x80" + bytes(13) + b"\1"),
        ("n" * 255, b"\3\xff" + b"n" * 255),
    ],
)
def test_socks_5(host: str, destination: bytes) -> None:
    conversation = handshake("socks5h://p.test", host, 8080)
    sent = talk(conversation, [b"\5\0", GRANTED_5])
    assert sent == [b"\5\1\0", b"\5\1\0" + destination + b"\x1f\x90", b""]
    assert conversation.complete


def test_socks_5_with_a_password() -> None:
    conversation = handshake("socks5h://user:pass@p.test")
    sent = talk(conversation, [b"\5\2", b"\1\0", GRANTED_5])
    assert sent == [b"\5\2\0\2", b"\1\4user\4pass", b"\5\1\0\3\6h.test\1\xbb", b""]
    assert conversation.complete


def test_a_password_that_nobody_wants_stays_here() -> None:
    conversation = handshake("socks5h://user:pass@p.test")
    assert talk(conversation, [b"\5\0", GRANTED_5])[1].startswith(b"\5\1\0\3")
    assert conversation.complete


@pytest.mark.parametrize("long", ["u" * 255, "é" * 127])
def test_long_credentials(long: str) -> None:
    conversation = SocksHandshake(Proxy("socks5h://p.test", username=long, password=long), "h.test", 1)
    size = len(long.encode())
    assert talk(conversation, [b"\5\2"])[1] == b"\1%c%b%c%b" % (size, long.encode(), size, long.encode())


@pytest.mark.parametrize(
    "granted",
    [GRANTED_5, b"\5\0\0\4" + bytes(18), b"\5\0\0\3\6h.test\0\1", b"\5\0\0\3\0\0\1", b"\5\0\0\3\xff" + bytes(257)],
    ids=["IPv4", "IPv6", "name", "empty", "long"],
)
def test_answers_cut_anywhere(granted: bytes) -> None:
    answers = b"\5\2\1\0" + granted
    for size in range(1, len(answers)):
        conversation = handshake("socks5h://user:pass@p.test")
        sent = conversation.take_outgoing()
        # A proxy answers after it was asked: no piece goes beyond the answer that is due.
        for part in (b"\5\2", b"\1\0", granted):
            for start in range(0, len(part), size):
                assert not conversation.complete
                conversation.feed(part[start : start + size])
            sent += conversation.take_outgoing()
        assert conversation.complete
        assert sent == b"\5\2\0\2\1\4user\4pass\5\1\0\3\6h.test\1\xbb"


@pytest.mark.parametrize(
    ("url", "host", "request_"),
    [
        ("socks4://p.test", "10.0.0.1", b"\4\1\1\xbb\x0a\0\0\1\0"),
        ("socks4://me@p.test", "10.0.0.1", b"\4\1\1\xbb\x0a\0\0\1me\0"),
        ("socks4://p.test", "::ffff:10.0.0.1", b"\4\1\1\xbb\x0a\0\0\1\0"),
        ("socks4a://p.test", "10.0.0.1", b"\4\1\1\xbb\x0a\0\0\1\0"),
        ("socks4a://p.test", "h.test", b"\4\1\1\xbb\0\0\0\1\0h.test\0"),
        ("socks4a://me@p.test", "h.test", b"\4\1\1\xbb\0\0\0\1me\0h.test\0"),
    ],
)
def test_socks_4(url: str, host: str, request_: bytes) -> None:
    for size in range(1, 9):
        conversation = handshake(url, host)
        pieces = [GRANTED_4[start : start + size] for start in range(0, 8, size)]
        assert b"".join(talk(conversation, pieces)) == request_
        assert conversation.complete


@pytest.mark.parametrize(
    ("url", "host", "message"),
    [
        ("socks4://p.test", "::1", "SOCKS 4 has no IPv6 addresses such as ::1"),
        ("socks4a://p.test", "::1", "SOCKS 4 has no IPv6"),
        ("socks4://p.test", "h.test", "SOCKS 4 has no IPv6"),
        ("socks5h://p.test", "n" * 256, "at most 255 bytes"),
    ],
)
def test_what_can_not_be_asked(url: str, host: str, message: str) -> None:
    with pytest.raises(InvalidURL, match=message):
        handshake(url, host)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("socks4://u:secret@p.test", "no password"),
        ("socks4://u%00secret@p.test", "without zero bytes"),
        ("socks5://u:" + "secret" * 43 + "@p.test", "at most 255 bytes"),
        ("http://u%3Asecret@p.test", "colon"),
    ],
)
def test_credentials_that_can_not_be_sent(url: str, message: str) -> None:
    with pytest.raises(InvalidURL, match=message) as caught:
        Proxy(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("code", [*range(1, 10), 255])
def test_refusals_of_socks_5(code: int) -> None:
    conversation = handshake("socks5h://user:secret@p.test", named="h.test")
    with pytest.raises(SocksRefusal) as caught:
        talk(conversation, [b"\5\0", b"\5%c\0\1\0\0\0\0\0\0" % code])
    assert REFUSALS.get(code, f"reply code {code}") in str(caught.value)
    assert "the proxy socks5h://p.test:1080 refused a way to h.test:443: " in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.another == (code in (1, 3, 4, 5, 6, 8))


@pytest.mark.parametrize(
    ("code", "message"), [(91, "rejects"), (92, "who the user is"), (93, "does not believe"), (1, "reply code 1")]
)
def test_refusals_of_socks_4(code: int, message: str) -> None:
    conversation = handshake("socks4a://user@p.test")
    with pytest.raises(SocksRefusal, match=message):
        talk(conversation, [b"\0%c\0\0\0\0\0\0" % code])


@pytest.mark.parametrize(
    ("url", "answers", "message"),
    [
        ("socks5h://p.test", [b"\5\xff"], "wants a user name and a password"),
        ("socks5h://u:secret@p.test", [b"\5\xff"], "another way to log in"),
        ("socks5h://p.test", [b"\5\2"], "not offered"),
        ("socks5h://u:secret@p.test", [b"\5\1"], r"not offered \(1\)"),
        ("socks5h://u:secret@p.test", [b"\5\2", b"\1\1"], "refused the user name or password"),
        ("socks5h://u:secret@p.test", [b"\5\2", b"\5\xff"], "refused the user name or password"),
        ("socks5h://p.test", [b"\4\0"], "not socks5h"),
        ("socks5h://p.test", [b"HTTP/1.1 400 Bad"], "is it an HTTP proxy?"),
        ("socks5h://p.test", [b"\5\0", b"\4\0\0\1"], "not socks5h"),
        ("socks5h://p.test", [b"\5\0", b"\5\0\0\2"], "unknown type 2"),
        ("socks5h://p.test", [b"\5\0" + GRANTED_5], "nobody asked for"),
        ("socks5h://p.test", [b"\5\0", GRANTED_5 + b"H"], "nobody asked for"),
        ("socks4a://p.test", [GRANTED_4 + b"H"], "nobody asked for"),
        ("socks4a://p.test", [b"\4" + GRANTED_4[1:]], "not socks4a"),
        ("socks4a://p.test", [b"HTTP/1.1 400 Bad"], "is it an HTTP proxy?"),
        ("socks5h://p.test", [b""], "closed the connection"),
        ("socks5h://u:secret@p.test", [b"\5\2", b"\1", b""], "closed the connection"),
        ("socks4a://p.test", [b"\0\x5a", b""], "closed the connection"),
    ],
)
def test_proxies_that_misbehave(url: str, answers: list[bytes], message: str) -> None:
    conversation = handshake(url)
    with pytest.raises(ProxyError, match=message) as caught:
        talk(conversation, answers)
    assert not isinstance(caught.value, SocksRefusal)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "host", "here"),
    [
        ("socks4", "h.test", True),
        ("socks5", "h.test", True),
        ("socks4a", "h.test", False),
        ("socks5h", "h.test", False),
        ("socks4", "127.0.0.1", False),
        ("socks5", "::1", False),
        ("socks5", "fe80::1%lo", False),
    ],
)
def test_who_looks_names_up(scheme: str, host: str, here: bool) -> None:
    assert needs_address(Proxy(f"{scheme}://p.test"), host) is here

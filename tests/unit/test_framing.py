"""Requests to bytes: what is added, what is refused, and what keeps a body to its word."""

from __future__ import annotations

import pytest

from duohttp.exceptions import InvalidHeader, InvalidMethod, InvalidURL, LocalProtocolError
from duohttp.rules.framing import (
    LAST_CHUNK,
    LengthGuard,
    absolute_form,
    authority_form,
    encode_chunk,
    encode_request,
)
from duohttp.rules.http1 import ResponseParser
from duohttp.values.body import Body, BytesBody, IteratorBody
from duohttp.values.headers import Headers
from duohttp.values.url import endpoint_of, parse_url


def encode(
    method: str = "GET",
    *headers: tuple[str, str],
    body: Body | None = None,
    target: bytes = b"/p?q",
    host: bytes = b"h",
) -> tuple[bytes, int | None]:
    return encode_request(method, target, host, Headers(headers), body)


CONTENT = BytesBody(b"abc")
UNKNOWN = IteratorBody([b"a", b"bc"])
KNOWN = IteratorBody([b"a", b"bc"], content_length=3)


@pytest.mark.parametrize(
    ("method", "body", "framing", "length"),
    [
        ("GET", None, b"", 0),
        ("HEAD", None, b"", 0),
        ("DELETE", None, b"", 0),
        ("OPTIONS", None, b"", 0),
        ("CONNECT", None, b"", 0),
        ("PURGE", None, b"", 0),
        ("POST", None, b"Content-Length: 0\r\n", 0),
        ("PUT", None, b"Content-Length: 0\r\n", 0),
        ("PATCH", None, b"Content-Length: 0\r\n", 0),
        ("POST", CONTENT, b"Content-Length: 3\r\n", 3),
        ("POST", BytesBody(b""), b"Content-Length: 0\r\n", 0),
        ("GET", CONTENT, b"Content-Length: 3\r\n", 3),
        ("POST", KNOWN, b"Content-Length: 3\r\n", 3),
        ("POST", UNKNOWN, b"Transfer-Encoding: chunked\r\n", None),
        ("GET", UNKNOWN, b"Transfer-Encoding: chunked\r\n", None),
    ],
)
def test_framing_is_added(method: str, body: Body | None, framing: bytes, length: int | None) -> None:
    for _ in range(2):  # the second time, parts of it are remembered
        head, sent = encode(method, ("Accept", "*/*"), body=body)
        assert head == b"%b /p?q HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n%b\r\n" % (method.encode(), framing)
        assert sent == length


@pytest.mark.parametrize(
    ("method", "headers", "body", "length"),
    [
        ("POST", [("Content-Length", "3")], CONTENT, 3),
        ("POST", [("content-length", "3")], UNKNOWN, 3),
        ("POST", [("Content-Length", "0")], None, 0),
        ("GET", [("Content-Length", "0")], None, 0),
        ("POST", [("Transfer-Encoding", "chunked")], CONTENT, None),
        ("POST", [("transfer-encoding", "Chunked")], UNKNOWN, None),
    ],
)
def test_framing_of_the_caller_stands(
    method: str, headers: list[tuple[str, str]], body: Body | None, length: int | None
) -> None:
    for _ in range(2):
        head, sent = encode(method, *headers, body=body)
        assert sent == length
        name, value = headers[0]
        assert head == f"{method} /p?q HTTP/1.1\r\nHost: h\r\n{name}: {value}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([("Content-Length", "2")], CONTENT),
        ([("Content-Length", "4")], CONTENT),
        ([("Content-Length", "3")], None),
        ([("Content-Length", "3")], BytesBody(b"")),
        ([("Content-Length", "03x")], CONTENT),
        ([("Content-Length", "+3")], CONTENT),
        ([("Content-Length", "-3")], UNKNOWN),
        ([("Content-Length", "٣")], UNKNOWN),
        ([("Content-Length", "")], CONTENT),
        ([("Content-Length", "3, 3")], CONTENT),
        ([("Content-Length", "3"), ("content-length", "3")], CONTENT),
        ([("Content-Length", "3"), ("Transfer-Encoding", "chunked")], CONTENT),
        ([("Transfer-Encoding", "chunked")], None),
        ([("Transfer-Encoding", "gzip")], CONTENT),
        ([("Transfer-Encoding", "gzip, chunked")], CONTENT),
        ([("Transfer-Encoding", "chunked, chunked")], CONTENT),
        ([("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], CONTENT),
        ([("Transfer-Encoding", "identity")], CONTENT),
        ([("Transfer-Encoding", "")], CONTENT),
    ],
)
def test_framing_that_would_lie_is_refused(headers: list[tuple[str, str]], body: Body | None) -> None:
    for _ in range(2):
        with pytest.raises(InvalidHeader):
            encode("POST", *headers, body=body)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE"])
def test_methods_that_have_no_body(method: str) -> None:
    with pytest.raises(LocalProtocolError, match=method):
        encode(method, body=CONTENT)


def test_host_of_the_caller_stands() -> None:
    for _ in range(2):
        head, _length = encode("GET", ("A", "b"), ("hOST", "other:81"))
        assert head == b"GET /p?q HTTP/1.1\r\nA: b\r\nhOST: other:81\r\n\r\n"


@pytest.mark.parametrize("hosts", [[""], ["a b"], ["a/b"], ["a@b"], ["é"], ["a", "a"], ["a", "b"], ["a?b"], ["a#b"]])
def test_bad_hosts_of_the_caller_are_refused(hosts: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(InvalidHeader):
            encode("GET", *[("Host", host) for host in hosts])


BREAKERS = ["\r", "\n", "\r\n", "\0", "\x7f", " ", "\t", "\x0b", "\x85", "Ċ", "嘊", "\r\nEvil: 1\r\n"]


@pytest.mark.parametrize("breaker", BREAKERS)
def test_nothing_can_break_out_of_its_place(breaker: str) -> None:
    raw = breaker.encode()
    for text in (f"a{breaker}b", breaker, f"a{breaker}"):
        with pytest.raises(InvalidMethod):
            encode(text)
    for target in (b"/a" + raw + b"b", raw, b"/a" + raw):
        with pytest.raises(InvalidURL):
            encode(target=target)
    for host in (b"a" + raw + b"b", raw, b"a" + raw):
        with pytest.raises(InvalidURL):
            encode(host=host)
    for name in (f"A{breaker}B", breaker, f"A{breaker}"):
        with pytest.raises(InvalidHeader):
            encode("GET", (name, "x"))
    if breaker not in (" ", "\t", "\x85"):  # what a header value may hold
        for value in (f"a{breaker}b", f"a{breaker}"):
            with pytest.raises(InvalidHeader):
                encode("GET", ("A", value))
            with pytest.raises(InvalidHeader):
                encode("GET", ("Host", value))


@pytest.mark.parametrize("target", [b"", b"/\xc3\xa9"])
def test_targets_are_ascii_and_not_empty(target: bytes) -> None:
    with pytest.raises(InvalidURL):
        encode(target=target)


def test_methods_are_case_sensitive_on_the_wire() -> None:
    with pytest.raises(InvalidMethod, match="GET"):
        encode("get")
    assert encode("Purge")[0].startswith(b"Purge /p?q ")


def test_header_values_that_are_no_text_are_refused() -> None:
    for value in (5, None, ["x"], b"x"):
        headers = Headers()
        headers["X"] = value  # type: ignore[assignment]
        with pytest.raises(InvalidHeader):
            encode_request("GET", b"/", b"h", headers, None)


def test_a_changed_header_is_not_mistaken_for_the_remembered_one() -> None:
    headers = Headers([("A", "1")])
    assert b"A: 1\r\n" in encode_request("GET", b"/", b"h", headers, None)[0]
    headers["A"] = "2"
    assert b"A: 2\r\n" in encode_request("GET", b"/", b"h", headers, None)[0]
    headers["Host"] = "x"
    assert encode_request("GET", b"/", b"h", headers, None)[0].count(b"h\r\n") == 0
    assert encode_request("GET", b"/", b"h", Headers([("a", "2")]), None)[0].endswith(b"\r\na: 2\r\n\r\n")


def test_many_different_requests_do_not_pile_up() -> None:
    from duohttp.rules import framing

    for number in range(3000):
        head, _ = encode("GET", ("X", str(number)), target=b"/%d" % number)
        assert head.startswith(b"GET /%d HTTP/1.1\r\n" % number)
    assert len(framing._STARTS) <= framing._STARTS_MAX
    assert len(framing._BLOCKS) <= framing._BLOCKS_MAX


@pytest.mark.parametrize(
    ("url", "absolute", "authority"),
    [
        ("http://a.test/x?y", b"http://a.test/x?y", b"a.test:80"),
        ("http://a.test:81", b"http://a.test:81/", b"a.test:81"),
        ("https://a.test/x", b"https://a.test/x", b"a.test:443"),
        ("ws://a.test/x", b"http://a.test/x", b"a.test:80"),
        ("http://[::1]:8080/", b"http://[::1]:8080/", b"[::1]:8080"),
        ("https://user:secret@a.test/", b"https://a.test/", b"a.test:443"),
    ],
)
def test_targets_for_proxies(url: str, absolute: bytes, authority: bytes) -> None:
    endpoint = endpoint_of(parse_url(url))
    assert absolute_form(endpoint) == absolute
    assert authority_form(endpoint) == authority
    assert encode("CONNECT", target=authority, host=authority)[0] == (
        b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (authority, authority)
    )


def test_chunks_are_read_as_they_were_written() -> None:
    pieces = [b"a", b"", b"x" * 300, b"\r\n0\r\n\r\n"]
    parser = ResponseParser()
    for last, fields in ((b"0\r\nDigest: x=1\r\nX-Sum: 2\r\n\r\n", 2), (LAST_CHUNK, 0)):
        parser.start("GET")
        parser.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            parser.feed(encode_chunk(piece))
        assert not parser.complete
        parser.feed(last)
        assert parser.complete
        assert parser.reusable
        assert parser.take_body() == b"".join(pieces)
        assert len(parser.trailers) == fields


def test_length_guard() -> None:
    guard = LengthGuard(5)
    guard.add(2)
    with pytest.raises(LocalProtocolError, match="2 bytes, but its Content-Length says 5"):
        guard.finish()
    guard.add(3)
    guard.finish()
    guard.add(0)
    with pytest.raises(LocalProtocolError, match="more than the 5 bytes"):
        guard.add(1)
    free = LengthGuard(None)
    free.add(10**12)
    free.finish()
    LengthGuard(0).finish()

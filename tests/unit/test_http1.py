"""The response parser: what each kind of response comes to, however it is cut."""

from __future__ import annotations

import pytest

from duohttp.exceptions import LocalProtocolError, ReadError, RemoteProtocolError, ServerDisconnected
from duohttp.rules.http1 import Http1Limits, ResponseParser
from duohttp.rules.http1_sink import Sink

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def feed(parser: ResponseParser, data: bytes, size: int = 0) -> None:
    for start in range(0, len(data), size or len(data)):
        parser.feed(data[start : start + (size or len(data))])


def parse(
    data: bytes, method: str = "GET", *, size: int = 0, upgrade: bool = False, limits: Http1Limits | None = None
) -> ResponseParser:
    parser = ResponseParser(limits or Http1Limits())
    parser.start(method, upgrade=upgrade)
    if data:
        feed(parser, data, size)
    return parser


@pytest.mark.parametrize("size", [0, 1, 2, 7])
@pytest.mark.parametrize(
    ("method", "data", "status", "body", "reusable"),
    [
        ("GET", OK + b"Content-Length: 3\r\n\r\nabc", 200, b"abc", True),
        ("GET", OK + b"Content-Length: 0\r\n\r\n", 200, b"", True),
        ("GET", OK + b"Content-Length: 3\r\nConnection: close\r\n\r\nabc", 200, b"abc", False),
        ("GET", OK + b"Content-Length: 3\r\nConnection: x, Close\r\n\r\nabc", 200, b"abc", False),
        ("GET", OK + b"Content-Length: 3\r\n\r\nab\n", 200, b"ab\n", True),
        ("GET", b"HTTP/1.1 200 Strange But True\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc", True),
        ("GET", b"HTTP/1.1 299\r\nContent-Length: 3\r\n\r\nabc", 299, b"abc", True),
        ("GET", b"HTTP/1.1 999 \r\nContent-Length: 3\r\n\r\nabc", 999, b"abc", True),
        ("GET", b"\r\n" + OK + b"Content-Length: 3\r\n\r\nabc", 200, b"abc", True),
        # extra bytes
        ("GET", OK + b"Content-Length: 3\r\n\r\nabcd", 200, b"abc", False),
        ("GET", OK + b"Content-Length: 3\r\n\r\nab\n\n", 200, b"ab\n", False),
        ("GET", OK + b"Content-Length: 3\r\n\r\nabc\r\n", 200, b"abc", False),
        ("GET", OK + b"Content-Length: 0\r\n\r\n\r\n", 200, b"", False),
        ("GET", OK + b"Content-Length: 3\r\n\r\nabc" + OK + b"Content-Length: 3\r\n\r\ndef", 200, b"abc", False),
        ("GET", OK + b"Content-Length: 3\r\nConnection: close\r\n\r\nabcdef", 200, b"abc", False),
        ("GET", CHUNKED + b"3\r\nabc\r\n0\r\n\r\nH", 200, b"abc", False),
        ("GET", CHUNKED + b"3\r\nabc\r\n0\r\n\r\n\r\n", 200, b"abc", False),
        ("GET", CHUNKED + b"3\r\nabc\r\n0\r\n\r\n\n", 200, b"abc", False),
        # no body by method or status
        ("HEAD", OK + b"\r\n", 200, b"", True),
        ("HEAD", OK + b"Content-Length: 3\r\n\r\n", 200, b"", True),
        ("HEAD", OK + b"Transfer-Encoding: chunked\r\n\r\n", 200, b"", True),
        ("HEAD", OK + b"Connection: close\r\n\r\n", 200, b"", False),
        ("HEAD", b"HTTP/1.0 200 OK\r\n\r\n", 200, b"", False),
        ("HEAD", b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n", 200, b"", True),
        ("HEAD", OK + b"Content-Length: 3\r\n\r\nabc", 200, b"", False),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", 204, b"", True),
        ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", 204, b"", False),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 304, b"", True),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\nx", 304, b"", False),
        ("GET", b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", 205, b"", True),
        # chunked
        ("GET", CHUNKED + b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 200, b"abcd", True),
        ("GET", CHUNKED + b"0\r\n\r\n", 200, b"", True),
        ("GET", CHUNKED + b'0A;x="y;z"\r\n0123456789\r\n000\r\n\r\n', 200, b"0123456789", True),
        ("GET", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, b"abc", False),
        # HTTP/1.0
        ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc", False),
        ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc", 200, b"abc", True),
        (
            "GET",
            b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n1\r\na\r\n0\r\n\r\n",
            200,
            b"a",
            False,
        ),
        # a proxy that refuses the tunnel
        ("CONNECT", b"HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\nabc", 407, b"abc", True),
        ("CONNECT", b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", 302, b"", True),
    ],
)
def test_complete_responses(method: str, data: bytes, status: int, body: bytes, reusable: bool, size: int) -> None:
    parser = parse(data, method, size=size)
    assert parser.started
    assert parser.head_complete
    assert parser.complete
    assert (parser.status_code, parser.take_body(), parser.reusable) == (status, body, reusable)
    assert parser.take_body() == b""
    parser.feed_eof()
    assert not parser.reusable
    with pytest.raises(LocalProtocolError):
        parser.start("GET")


@pytest.mark.parametrize("size", [0, 1, 5])
@pytest.mark.parametrize(
    "head",
    [
        OK,
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n",
        b"HTTP/1.1 205 Reset Content\r\n",
        OK + b"Transfer-Encoding: chunked, gzip\r\n",
        OK + b"Transfer-Encoding: identity\r\n",
    ],
)
def test_body_that_ends_with_the_connection(head: bytes, size: int) -> None:
    parser = parse(head + b"\r\nHTTP/1.1 200 OK\r\n\r\n", size=size)
    assert parser.head_complete
    assert not parser.complete
    parser.feed_eof()
    assert parser.complete
    assert not parser.reusable
    assert parser.take_body() == b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize("size", [0, 1, 3])
def test_head(size: int) -> None:
    head = b"HTTP/1.1 404 Nicht da \xe4\r\nA:\r\nb:  x y\t \r\nSet-Cookie: 1\r\nset-cookie: 2\r\n"
    head += b"Content-Length:\t1\r\n\r\nx"
    parser = parse(head, size=size)
    assert parser.http_version == "HTTP/1.1"
    assert parser.status_code == 404
    assert parser.reason_phrase == "Nicht da ä"
    assert parser.headers == [
        (b"A", b""),
        (b"b", b"x y"),
        (b"Set-Cookie", b"1"),
        (b"set-cookie", b"2"),
        (b"Content-Length", b"1"),
    ]
    assert parser.take_body() == b"x"


@pytest.mark.parametrize("size", [0, 1, 4])
def test_trailers_are_apart_from_headers(size: int) -> None:
    parser = parse(CHUNKED + b"2;a=b\r\nhi\r\n0\r\nDigest: x\r\nEmpty:\r\n\r\n", size=size)
    assert parser.complete
    assert parser.reusable
    assert parser.headers == [(b"Transfer-Encoding", b"chunked")]
    assert parser.trailers == [(b"Digest", b"x"), (b"Empty", b"")]
    assert parser.take_body() == b"hi"
    parser.start("GET")
    assert parser.trailers == []
    feed(parser, CHUNKED + b"0\r\n\r\n", size)
    assert parser.complete
    assert parser.trailers == []


def test_one_parser_many_responses() -> None:
    """What one response left behind never shows in the next, whichever way either was delivered."""
    responses = [
        ("GET", OK + b"X: %d\r\nContent-Length: 3\r\n\r\nab%d", b"ab%d"),
        ("HEAD", OK + b"X: %d\r\nContent-Length: %d\r\n\r\n", b""),
        ("GET", CHUNKED[:-2] + b"X: %d\r\n\r\n3\r\nab%d\r\n0\r\n\r\n", b"ab%d"),
        ("GET", b"HTTP/1.1 103 Early\r\nL: %d\r\n\r\n" + OK + b"X: 0\r\nContent-Length: 3\r\n\r\nab%d", b"ab%d"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nX: %d\r\nContent-Length: %d\r\n\r\n", b""),
    ]
    parser = ResponseParser()
    for number in range(3):
        for before in range(len(responses)):
            for index in (before, (before + number) % len(responses)):
                for size in (0, 1, 37, 10_000):
                    method, data, body = responses[index]
                    parser.start(method)
                    assert not parser.started
                    assert not parser.buffered
                    feed(parser, data % (number, number), size)
                    assert parser.complete
                    assert parser.reusable
                    assert len(parser.informational) == (index == 3)
                    assert parser.take_body() == (body % number if body else b"")


def test_same_head_again() -> None:
    """A head equal to the last one is recognised; what follows it need not be equal."""
    head = OK + b"Keep-Alive: timeout=7\r\nContent-Length: 4\r\n\r\n"
    parser = ResponseParser()
    seen = []
    for pieces in ([head + b"aaaa"], [head + b"bbbb"], [head, b"cccc"], [head + b"d", b"ddd"], [head + b"eeee", b"x"]):
        parser.start("GET")
        for piece in pieces:
            parser.feed(piece)
        assert parser.complete
        assert parser.status_code == 200
        assert parser.notes.keep_alive == (7, None)
        seen.append(parser.take_body())
        assert len(parser.headers) == 2
    assert seen == [b"aaaa", b"bbbb", b"cccc", b"dddd", b"eeee"]
    assert not parser.reusable


def test_same_head_again_with_more_than_the_body() -> None:
    head = OK + b"Content-Length: 4\r\n\r\n"
    parser = parse(head + b"aaaa")
    parser.start("GET")
    assert parser.feed(head + b"bbbbcc")
    assert parser.take_body() == b"bbbb"
    assert not parser.reusable


def test_same_head_means_something_else_to_head() -> None:
    head = OK + b"Content-Length: 4\r\n\r\n"
    parser = parse(head + b"aaaa")
    parser.start("HEAD")
    assert parser.feed(head)
    assert parser.reusable
    assert parser.take_body() == b""
    parser.start("GET")
    assert not parser.feed(head)
    assert parser.feed(b"bbbb")
    assert parser.take_body() == b"bbbb"


@pytest.mark.parametrize("size", [0, 1, 9])
def test_informational_responses(size: int) -> None:
    parser = parse(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 5\r\n\r\n", size=size
    )
    assert parser.started
    assert not parser.head_complete
    assert parser.informational == [(100, []), (103, [(b"Link", b"</a>"), (b"Content-Length", b"5")])]
    feed(parser, OK + b"Content-Length: 2\r\n\r\nok", size)
    assert parser.complete
    assert parser.reusable
    assert parser.headers == [(b"Content-Length", b"2")]
    assert parser.take_body() == b"ok"


@pytest.mark.parametrize("size", [0, 1, 9])
def test_tunnels(size: int) -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00"
    parser = parse(switch, size=size, upgrade=True)
    assert parser.upgraded
    assert parser.head_complete
    assert (parser.status_code, parser.leftover, parser.take_body()) == (101, b"\x81\x00", b"")
    assert not parser.reusable
    parser = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "CONNECT", size=size)
    assert parser.upgraded
    assert (parser.status_code, parser.leftover, parser.take_body()) == (200, b"abc", b"")
    assert not parser.reusable
    parser.feed_eof()


def test_switch_without_upgrade_header_in_answer_to_an_upgrade() -> None:
    parser = parse(b"HTTP/1.1 101 OK\r\n\r\nraw", upgrade=True)
    assert parser.upgraded
    assert parser.leftover == b"raw"


def test_upgrade_refused() -> None:
    parser = parse(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", upgrade=True)
    assert parser.complete
    assert not parser.upgraded
    assert parser.reusable
    assert parser.take_body() == b"no"


def test_upgrade_offered_in_an_ordinary_response() -> None:
    parser = parse(OK + b"Connection: Upgrade, Keep-Alive\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok")
    assert parser.complete
    assert parser.reusable
    assert parser.take_body() == b"ok"


@pytest.mark.parametrize("size", [0, 1])
def test_unasked_switch_is_refused(size: int) -> None:
    with pytest.raises(RemoteProtocolError, match="101"):
        parse(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", size=size)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"timeout=5, max=100", (5.0, 100)),
        (b"max=0", (None, 0)),
        (b"TIMEOUT = 15", (15.0, None)),
        (b'timeout="30"', (30.0, None)),
        (b"timeout=-3", (None, None)),
        (b"mytimeout=3", (None, None)),
        (b"", (None, None)),
    ],
)
def test_keep_alive_hints(value: bytes, expected: tuple[float | None, int | None]) -> None:
    parser = parse(OK + b"Keep-Alive: %b\r\nContent-Length: 0\r\n\r\n" % value)
    assert parser.notes.keep_alive == expected


def test_bytes_before_any_request_are_noticed() -> None:
    parser = ResponseParser()
    assert parser.reusable
    parser.feed(OK + b"Content-Length: 0\r\n\r\n")
    assert not parser.reusable
    with pytest.raises(LocalProtocolError):
        parser.start("GET")


def test_bytes_between_two_requests_are_noticed() -> None:
    parser = parse(OK + b"Content-Length: 0\r\n\r\n")
    assert parser.reusable
    parser.feed(b"\n")
    assert not parser.reusable


def test_end_of_an_idle_connection() -> None:
    parser = parse(OK + b"Content-Length: 0\r\n\r\n")
    parser.feed_eof()
    assert parser.complete
    assert not parser.reusable


def test_empty_data_is_not_the_end() -> None:
    parser = parse(b"")
    assert not parser.feed(b"")
    assert not parser.started
    for piece in (OK, b"", b"Content-Length: 2\r\n\r\n", b"", b"a", b"", b"b"):
        parser.feed(piece)
    assert parser.complete
    assert parser.reusable


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("GET", OK + b"Content-Length: 3\r\n\r\nabc"),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 3\r\n\r\nabc"),
        ("GET", CHUNKED + b"3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n"),
        ("HEAD", OK + b"Content-Length: 3\r\n\r\n"),
        ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
    ],
)
def test_cut_anywhere_is_never_a_short_success(method: str, data: bytes, size: int) -> None:
    for cut in range(len(data)):
        parser = parse(data[:cut], method, size=size)
        assert not parser.complete
        assert parser.started == (cut > 0)
        with pytest.raises(ServerDisconnected) as info:
            parser.feed_eof()
        assert isinstance(info.value, ReadError)
        assert not parser.reusable
        with pytest.raises(RemoteProtocolError):
            parser.feed(b"x")


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP/1"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "not HTTP/1"),
        (b"hello\n", "not HTTP/1"),
        (b"\0\0\x12\x04", "not HTTP/1"),
        (b"\0", "not HTTP/1"),
        (b"HTTP/2.0 200 OK\r\n\r\n", "HTTP/2"),
        (b"\r\n\r\n\r\n", "not HTTP/1"),
        (b"\n", "not HTTP/1"),
        (b"HTTP/1.1 099 OK\r\n\r\n", "status code"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "status code"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "line 1"),
        (b"HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n", "reason phrase"),
        (b"HTTP/1.1 200 OK\n", "bare line feed"),
        (b"HTTP/1.1 200 OK\rA: b\r\n", "carriage return"),
        (OK + b" A: b\r\n", "white space"),
        (OK + b"A: b\r\n c\r\n", "line 3"),
        (OK + b"A : b\r\n", "header name"),
        (OK + b"A\r\n", "no colon"),
        (OK + b": b\r\n", "header name"),
        (OK + b"A: b\0\r\n", "control character"),
        (OK + b"A: b\rB: c\r\n", "carriage return"),
        (OK + b"A: b\nB: c\r\n", "bare line feed"),
        (OK + b"Content-Length: 1\r\nContent-Length: 1\r\n", "more than one"),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n", "more than one"),
        (OK + b"Content-Length: 1, 1\r\n", "not a number"),
        (OK + b"Content-Length: +1\r\n", "not a number"),
        (OK + b"Content-Length: 0x1\r\n", "not a number"),
        (OK + b"Content-Length: 1_0\r\n", "not a number"),
        (OK + b"Content-Length: 1 0\r\n", "not a number"),
        (OK + b"Content-Length: -1\r\n", "not a number"),
        (OK + b"Content-Length: \r\n\r\n", "empty"),
        (OK + b"Content-Length: 18446744073709551616\r\n", "64 bits"),
        (OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "both"),
        (OK + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "both"),
        (OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n", "more than once"),
        (OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "more than once"),
        (CHUNKED + b"3\nabc", "bare line feed"),
        (CHUNKED + b"3\r\nabcd\r\n", "not followed by CRLF"),
        (CHUNKED + b"3\r\nabc\n0\r\n\r\n", "not followed by CRLF"),
        (CHUNKED + b"3\r\nabc\r\nx\r\n", "after 3 bytes"),
        (CHUNKED + b"-1\r\n", "hexadecimal"),
        (CHUNKED + b"0x3\r\n", "hexadecimal"),
        (CHUNKED + b"\r\n", "hexadecimal"),
        (CHUNKED + b"3 \r\nabc", "hexadecimal"),
        (CHUNKED + b"FFFFFFFFFFFFFFFFF\r\n", "64 bits"),
        (CHUNKED + b"3;\r\nabc\r\n", "extension"),
        (CHUNKED + b"0\r\nBad Name: x\r\n\r\n", "header name"),
        (CHUNKED + b"0\r\nContent-Length: 1\r\n\r\n", "both"),
    ],
)
def test_malformed_responses(data: bytes, words: str, size: int) -> None:
    parser = ResponseParser()
    parser.start("GET")
    with pytest.raises(RemoteProtocolError, match=words) as info:
        feed(parser, data, size)
    assert type(info.value) is RemoteProtocolError
    assert "callback" not in str(info.value)
    assert str(info.value).isprintable()
    assert not parser.complete
    assert not parser.reusable
    with pytest.raises(RemoteProtocolError):
        parser.feed_eof()


LIMITS = Http1Limits(
    max_head_bytes=200,
    max_headers=5,
    max_informational=2,
    max_chunk_extension_bytes=30,
    max_trailer_bytes=40,
    max_trailers=3,
)


@pytest.mark.parametrize("size", [0, 1, 13])
@pytest.mark.parametrize(
    ("fits", "breaks"),
    [
        (
            OK + b"A: %b\r\n\r\n" % (b"x" * (200 - len(OK) - 7)),
            OK + b"A: %b\r\n\r\n" % (b"x" * (200 - len(OK) - 6)),
        ),
        (OK + b"A: 1\r\n" * 5 + b"\r\n", OK + b"A: 1\r\n" * 6 + b"\r\n"),
        (b"HTTP/1.1 100 C\r\n\r\n" * 2 + OK + b"\r\n", b"HTTP/1.1 100 C\r\n\r\n" * 3 + OK + b"\r\n"),
        (CHUNKED + b"1;%b\r\na\r\n0\r\n\r\n" % (b"e" * 29), CHUNKED + b"1;%b\r\na\r\n0\r\n\r\n" % (b"e" * 30)),
        (CHUNKED + b"1;eeee\r\na\r\n" * 6 + b"0\r\n\r\n", CHUNKED + b"1;eeee\r\na\r\n" * 7 + b"0\r\n\r\n"),
        (CHUNKED + b"%b1\r\na\r\n0\r\n\r\n" % (b"0" * 30), CHUNKED + b"%b1\r\na\r\n0\r\n\r\n" % (b"0" * 31)),
        (CHUNKED + b"0\r\nT: %b\r\n\r\n" % (b"t" * 35), CHUNKED + b"0\r\nT: %b\r\n\r\n" % (b"t" * 36)),
        (CHUNKED + b"0\r\n" + b"T: 1\r\n" * 3 + b"\r\n", CHUNKED + b"0\r\n" + b"T: 1\r\n" * 4 + b"\r\n"),
    ],
)
def test_limits(fits: bytes, breaks: bytes, size: int) -> None:
    parser = parse(fits, size=size, limits=LIMITS)
    assert parser.head_complete
    with pytest.raises(RemoteProtocolError, match=r"longer than|more than"):
        parse(breaks, size=size, limits=LIMITS)


@pytest.mark.parametrize(
    ("start", "endless"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 ", b"x"),
        (OK, b"A: b\r\n"),
        (OK + b"A: ", b"x" * 100),
        (OK, b"x" * 100),
        (CHUNKED + b"1;", b"e" * 100),
        (CHUNKED, b"1;%b\r\na\r\n" % (b"e" * 4000)),
        (CHUNKED, b"0" * 100),
        (CHUNKED + b"0\r\n", b"T: 1\r\n"),
        (CHUNKED + b"0\r\nT: ", b"t" * 100),
        (CHUNKED + b"0\r\n", b"t" * 100),
    ],
)
def test_endless_responses_end_in_an_error(start: bytes, endless: bytes) -> None:
    parser = parse(start)
    taken = 0

    def flood() -> None:
        nonlocal taken
        while taken < 4 * 1024 * 1024:
            parser.feed(endless)
            taken += len(endless)

    with pytest.raises(RemoteProtocolError):
        flood()
    assert taken <= 300 * 1024


def test_many_small_chunks_are_no_attack() -> None:
    parser = parse(CHUNKED, size=0)
    for _ in range(500):
        parser.feed(b"1\r\na\r\n" * 100)
    parser.feed(b"0\r\n\r\n")
    assert parser.complete
    assert parser.reusable
    assert len(parser.take_body()) == 50_000


def test_large_chunks_are_no_attack() -> None:
    parser = parse(CHUNKED)
    piece = b"x" * 65536
    for _ in range(100):
        parser.feed(b"10000\r\n" + piece + b"\r\n")
    parser.feed(b"0\r\n\r\n")
    assert parser.complete
    assert parser.reusable
    assert len(parser.take_body()) == 6_553_600


def test_huge_length_allocates_nothing() -> None:
    parser = parse(OK + b"Content-Length: 9000000000000000000\r\n\r\nabc")
    assert parser.head_complete
    assert parser.take_body() == b"abc"
    with pytest.raises(ServerDisconnected, match="8999999999999999997 bytes"):
        parser.feed_eof()


def test_body_is_passed_on_uncopied() -> None:
    parser = parse(OK + b"Content-Length: 200000\r\n\r\n")
    piece = b"x" * 100_000
    parser.feed(piece)
    assert parser.buffered
    assert parser.take_body() is piece
    assert not parser.buffered
    parser.feed(piece)
    assert parser.complete
    assert parser.take_body() is piece


def test_interrupt_inside_a_callback_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Sink, name: bytes, value: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Sink, "on_header", interrupted)
    for data in (OK + b"Content-Length: 0\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"):
        parser = ResponseParser()
        parser.start("GET")
        with pytest.raises(KeyboardInterrupt):
            parser.feed(data)
        assert not parser.reusable


@pytest.mark.parametrize("name", ["max_head_bytes", "max_trailers"])
@pytest.mark.parametrize("value", [-1, 1.5, True])
def test_limits_are_checked(name: str, value: float) -> None:
    with pytest.raises((TypeError, ValueError), match=name):
        Http1Limits(**{name: value})  # type: ignore[arg-type]

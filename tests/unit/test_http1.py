"""The response parser: what each kind of response comes to."""

from __future__ import annotations

import pytest

from duohttp.exceptions import LocalProtocolError, RemoteProtocolError, ServerDisconnected
from duohttp.rules.http1 import ResponseParser


def parse(data: bytes, method: str = "GET", *, size: int = 0) -> ResponseParser:
    parser = ResponseParser()
    parser.start(method)
    for start in range(0, len(data), size or len(data)):
        parser.feed(data[start : start + (size or len(data))])
    return parser


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("size", [0, 1, 2, 7])
@pytest.mark.parametrize(
    ("method", "data", "status", "body", "reusable"),
    [
        ("GET", OK + b"Content-Length: 3\r\n\r\nabc", 200, b"abc", True),
        ("GET", OK + b"Content-Length: 0\r\n\r\n", 200, b"", True),
        ("GET", OK + b"Content-Length: 3\r\nConnection: close\r\n\r\nabc", 200, b"abc", False),
        ("GET", OK + b"Content-Length: 3\r\n\r\nabcd", 200, b"abc", False),
        ("GET", OK + b"Content-Length: 3\r\n\r\nab\n\n", 200, b"ab\n", False),
        ("GET", OK + b"Content-Length: 3\r\n\r\nab\n", 200, b"ab\n", True),
        ("HEAD", OK + b"Content-Length: 3\r\n\r\n", 200, b"", True),
        ("HEAD", OK + b"Transfer-Encoding: chunked\r\n\r\n", 200, b"", True),
        ("HEAD", OK + b"Content-Length: 3\r\n\r\nabc", 200, b"", False),
        ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", 204, b"", True),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 304, b"", True),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\nx", 304, b"", False),
        ("GET", OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 200, b"abcd", True),
        ("GET", OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nH", 200, b"abc", False),
        ("GET", OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\r\n", 200, b"abc", False),
        ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc", False),
        ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc", 200, b"abc", True),
        ("CONNECT", b"HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\nabc", 407, b"abc", True),
    ],
)
def test_complete_responses(method: str, data: bytes, status: int, body: bytes, reusable: bool, size: int) -> None:
    parser = parse(data, method, size=size)
    assert parser.complete
    assert (parser.status_code, parser.take_body(), parser.reusable) == (status, body, reusable)
    assert parser.take_body() == b""
    if not reusable:
        with pytest.raises(LocalProtocolError):
            parser.start("GET")


def test_one_parser_many_responses() -> None:
    parser = ResponseParser()
    for number in range(5):
        for size in (0, 1, 40):
            data = OK + b"X-Number: %d\r\nContent-Length: 3\r\n\r\nab%d" % (number, number)
            parser.start("GET")
            for start in range(0, len(data), size or len(data)):
                parser.feed(data[start : start + (size or len(data))])
            assert parser.complete
            assert parser.reusable
            assert parser.headers[0] == (b"X-Number", b"%d" % number)
            assert parser.take_body() == b"ab%d" % number


def test_truncated_response_is_never_complete() -> None:
    data = OK + b"Content-Length: 3\r\n\r\nabc"
    for cut in range(len(data)):
        parser = parse(data[:cut]) if cut else ResponseParser()
        if not cut:
            parser.start("GET")
        assert not parser.complete
        with pytest.raises(ServerDisconnected):
            parser.feed_eof()


def test_conflicting_framing_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="line 3"):
        parse(OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")

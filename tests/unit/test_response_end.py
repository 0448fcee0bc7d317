"""Where responses end on an HTTP/1.1 wire."""

from __future__ import annotations

import pytest

from duohttp.rules.response_end import ResponseEnd, is_final

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKS = b"5;a=b\r\nhel\r\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS
EMPTY = b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
HINTS = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = [
    ("GET", LENGTH),
    ("GET", CHUNKED),
    ("GET", EMPTY),
    ("GET", NOT_MODIFIED),
    ("GET", HINTS + LENGTH),
    ("GET", HINTS + CHUNKED),
    ("HEAD", LENGTH[:-5]),
    ("HEAD", HEAD),
]


def clean(method: str, *pieces: bytes) -> bool:
    end = ResponseEnd(method)
    for piece in pieces:
        end.feed(piece)
    return end.clean


@pytest.mark.parametrize(("method", "data"), WHOLE)
def test_whole_responses_are_clean_however_they_are_cut(method: str, data: bytes) -> None:
    assert clean(method, data)
    assert clean(method, *[data[at : at + 1] for at in range(len(data))])
    for at in range(1, len(data)):
        assert clean(method, data[:at], data[at:])


@pytest.mark.parametrize(("method", "data"), WHOLE)
def test_what_is_missing_or_too_much_is_not(method: str, data: bytes) -> None:
    for at in range(len(data)):
        assert not clean(method, data[:at])
    for more in (b"x", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n"):
        assert not clean(method, data + more)
        assert not clean(method, data, more)
        assert not clean(method, data[:-1], data[-1:] + more)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n0\r\n\r\n",
        b"",
    ],
)
def test_odd_responses_are_not(data: bytes) -> None:
    assert not clean("GET", data)
    assert not clean("GET", data, b"more")


@pytest.mark.parametrize(
    ("data", "final"),
    [
        (b"", False),
        (b"H", False),
        (b"HTTP/1.1 ", False),
        (b"HTTP/1.1 1", False),
        (b"HTTP/1.1 10", False),
        (b"HTTP/1.1 100", False),
        (b"HTTP/1.1 100 Continue\r\n", False),
        (HINTS, False),
        (HINTS + b"HTTP", False),
        (HINTS + LENGTH, True),
        (b"HTTP/1.1 4", True),
        (b"HTTP/1.1 413 ", True),
        (b"HTTP/1.1 101 Switching", True),
        (b"SSH-2.0", True),
    ],
)
def test_final_responses_are_told_from_interim_ones(data: bytes, final: bool) -> None:
    assert is_final(data) is final

"""HTTP/2 servers that break the protocol or flood: the stream ends, or the connection, and the client goes on."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import pytest

from duohttp import (
    RemoteProtocolError,
)

from ..servers.http2_peer import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    GOAWAY,
    HEADERS,
    PING,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Http2Peer,
    frame,
)
from .http2_client import HTTP2Peers, async_http2_client, well

pytestmark = pytest.mark.anyio

# Responses that are not valid (section 8.1.1): the stream ends, the connection goes on.

BAD_HEADS: dict[str, tuple[list[tuple[str, str]], str]] = {
    "no status": ([("a", "b")], "does not begin with its :status"),
    "status twice": ([(":status", "200"), (":status", "200")], "name b':status'"),
    "status later": ([("a", "b"), (":status", "200")], "does not begin"),
    "no number": ([(":status", "2x0")], "the status is"),
    "upper case": ([(":status", "200"), ("Name", "x")], "header name b'Name'"),
    "connection": ([(":status", "200"), ("connection", "close")], "no connection header"),
    "transfer-encoding": ([(":status", "200"), ("transfer-encoding", "chunked")], "no transfer-encoding"),
    "line end": ([(":status", "200"), ("a", "b\r\nc: d")], "value of header 'a'"),
    "two lengths": ([(":status", "200"), ("content-length", "1"), ("content-length", "2")], "Content-Length"),
    "switching": ([(":status", "101")], "101"),
    "too many": ([(":status", "200")] + [(f"a{n}", "b") for n in range(1001)], "more than 1000"),
}


@pytest.mark.parametrize("name", BAD_HEADS)
async def test_bad_heads(http2_peer: HTTP2Peers, name: str) -> None:
    fields, message = BAD_HEADS[name]

    def bad(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.send(HEADERS, END_HEADERS, stream, peer.encoder.encode(fields))
        assert peer.wait(RST_STREAM, stream).number == 1
        peer.serve()

    server = http2_peer(bad)
    async with async_http2_client() as client:
        with pytest.raises(RemoteProtocolError, match=re.escape(message)):
            await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


@pytest.mark.parametrize("body", [b"123456", b"1234"])
async def test_a_body_of_another_length(http2_peer: HTTP2Peers, body: bytes) -> None:
    def bad(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200, ("content-length", "5"))
        peer.data(stream, body)
        peer.serve()

    server = http2_peer(bad)
    async with async_http2_client() as client:
        with pytest.raises(RemoteProtocolError, match="head promised"):
            await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"


async def test_answers_without_a_body(http2_peer: HTTP2Peers) -> None:
    def bodiless(peer: Http2Peer) -> None:
        peer.greet()
        peer.head(peer.request().stream, 200, ("content-length", "5"), end=True)
        peer.head(peer.request().stream, 304, ("content-length", "5"), end=True)
        peer.head(peer.request().stream, 204, end=True)

    server = http2_peer(bodiless)
    async with async_http2_client() as client:
        assert (await client.head(f"{server.url}/")).headers["content-length"] == "5"
        assert (await client.get(f"{server.url}/")).status_code == 304
        assert (await client.get(f"{server.url}/")).status_code == 204


async def test_hints_trailers_padding_and_priority(http2_peer: HTTP2Peers) -> None:
    def rich(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 100)
        peer.head(stream, 103, ("link", "</a.css>"))
        block = peer.encoder.encode([(":status", "200"), ("x-a", "b")])
        peer.send(HEADERS, 0x20 | 0x08, stream, b"\x05" + bytes(5) + block[:3] + bytes(5))
        peer.send(CONTINUATION, 0, stream, block[3:4])
        peer.send(CONTINUATION, END_HEADERS, stream, block[4:])
        peer.send(DATA, 0x08, stream, b"\x03" + b"padded" + bytes(3))
        peer.send(2, 0, stream, bytes(5))
        peer.send(0xBB, 0xFF, stream, b"unknown")
        peer.trailers(stream, ("x-checksum", "abc"))
        peer.serve()

    server = http2_peer(rich)
    async with async_http2_client() as client:
        response = await client.get(f"{server.url}/")
        assert (response.text, response.headers["x-a"], response.trailers["x-checksum"]) == ("padded", "b", "abc")
        assert [hints["link"] for hints in response.early_hints] == ["</a.css>"]
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


# Floods and faults of the connection: it ends with GOAWAY, and the next request gets another one.


def ping_flood(stream: int) -> bytes:
    return frame(PING, 0, 0, b"12345678") * 5000


def settings_flood(stream: int) -> bytes:
    return frame(SETTINGS, 0, 0) * 5000


def empty_data_flood(stream: int) -> bytes:
    return frame(HEADERS, END_HEADERS, stream, b"\x88") + frame(DATA, 0, stream) * 5000


def reset_flood(stream: int) -> bytes:
    return frame(RST_STREAM, 0, stream, bytes(4)) * 5000


def window_flood(stream: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1") * 5000


def unknown_flood(stream: int) -> bytes:
    return frame(0xAA, 0, 0, b"x") * 5000


def continuation_flood(stream: int) -> bytes:
    return frame(HEADERS, 0, stream, b"\x88") + frame(CONTINUATION, 0, stream, b"") * 5000


def long_continuations(stream: int) -> bytes:
    return frame(HEADERS, 0, stream, b"\x88") + frame(CONTINUATION, 0, stream, bytes(16384)) * 3


def hpack_bomb(stream: int) -> bytes:
    """One large entry in the table, named over and over."""
    value = b"\x7f\xa1\x1e" + b"x" * 4000
    entry = b"\x40\x01a" + value
    return frame(HEADERS, END_HEADERS, stream, b"\x88" + entry + b"\xbe" * 10000)


def hpack_nonsense(stream: int) -> bytes:
    return frame(HEADERS, END_HEADERS, stream, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")


def hpack_truncated(stream: int) -> bytes:
    return frame(HEADERS, END_HEADERS, stream, b"\x88\x40\x05ab")


def push(stream: int) -> bytes:
    return frame(PUSH_PROMISE, END_HEADERS, stream, b"\0\0\0\2\x88")


def not_continued(stream: int) -> bytes:
    return frame(HEADERS, 0, stream, b"\x88") + frame(PING, 0, 0, b"12345678")


def foreign_stream(stream: int) -> bytes:
    return frame(HEADERS, END_HEADERS, stream + 100, b"\x88")


def even_stream(stream: int) -> bytes:
    return frame(DATA, 0, 2, b"x")


def large_frame(stream: int) -> bytes:
    return frame(DATA, 0, stream, bytes(16385))


def no_frame_size(stream: int) -> bytes:
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 5, 0))


def huge_window(stream: int) -> bytes:
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31))


def window_overflow(stream: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**31 - 1))


def enables_push(stream: int) -> bytes:
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 2, 1))


FAULTS: dict[Callable[[int], bytes], int] = {
    ping_flood: 11,
    settings_flood: 11,
    empty_data_flood: 11,
    reset_flood: 11,
    window_flood: 11,
    unknown_flood: 11,
    continuation_flood: 11,
    long_continuations: 11,
    hpack_bomb: 9,
    hpack_nonsense: 9,
    hpack_truncated: 9,
    push: 1,
    not_continued: 1,
    foreign_stream: 1,
    even_stream: 1,
    large_frame: 6,
    no_frame_size: 1,
    huge_window: 3,
    window_overflow: 3,
    enables_push: 1,
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_faults_of_the_connection(http2_peer: HTTP2Peers, fault: Callable[[int], bytes]) -> None:
    codes: list[int] = []

    def bad(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.send_bytes(fault(stream))
        codes.append(struct.unpack(">II", peer.wait(GOAWAY).payload[:8])[1])
        peer.drain()

    server = http2_peer(bad, well)
    async with async_http2_client(http2_options={"max_header_bytes": 40_000}) as client:
        with pytest.raises(RemoteProtocolError):
            await client.get(f"{server.url}/")
        assert client.pool_stats().open == 0
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert codes in ([FAULTS[fault]], [])  # closing with bytes unread may overtake the GOAWAY


async def test_a_stream_window_opened_too_far(http2_peer: HTTP2Peers) -> None:
    def bad(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.open_window(stream, 2**31 - 1)
        assert peer.wait(RST_STREAM, stream).number == 3
        stream = peer.request().stream
        peer.open_window(stream, 0)
        assert peer.wait(RST_STREAM, stream).number == 1
        peer.serve()

    server = http2_peer(bad)
    async with async_http2_client() as client:
        for message in ("too far", "by nothing"):
            with pytest.raises(RemoteProtocolError, match=message):
                await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1

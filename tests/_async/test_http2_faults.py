"""What HTTP/2 servers do that they seldom do: a peer scripted frame by frame, and a client that goes on after it."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import ExitStack
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    Http2Options,
    Limits,
    NativeEngine,
    NetworkError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    ServerDisconnected,
    Timeout,
    WriteTimeout,
)
from duohttp._concurrency import async_sleep, monotonic

from ..faults.leaks import nothing_left
from ..servers.http2_peer import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Http2Peer,
    Http2PeerServer,
    frame,
    run_http2_peer,
)

pytestmark = pytest.mark.anyio

REFUSED_STREAM, CANCEL, CALM = 7, 8, 11


@pytest.fixture
def peer() -> Generator[Callable[..., Http2PeerServer], None, None]:
    """Start servers, each with its scripts, one a connection."""
    with nothing_left(), ExitStack() as stack:
        yield lambda *scripts, **options: stack.enter_context(run_http2_peer(*scripts, **options))


def client_of(**options: Any) -> AsyncClient:
    engine = NativeEngine(http2_options=Http2Options(**options.pop("http2_options", {})))
    return AsyncClient(http1=False, engine=engine, **options)


def well(peer: Http2Peer) -> None:
    """Serve as a good server does."""
    peer.greet(max_streams=100)
    peer.serve()


async def test_the_peer_itself(peer: Any) -> None:
    server = peer(well)
    async with client_of() as client:
        assert (await client.get(f"{server.url}/a")).text == "/a"
        assert (await client.post(f"{server.url}/b", content=b"x" * 300_000)).text == "/b"
        responses = await client.parallel_get([f"{server.url}/{n}" for n in range(50)])
        assert [response.text for response in responses] == [f"/{n}" for n in range(50)]
    assert server.connections == 1


# GOAWAY (F27).


async def test_goaway_sends_again_what_was_not_processed(peer: Any) -> None:
    def leaving(peer: Http2Peer) -> None:
        peer.greet(max_streams=100)
        first = peer.request()
        peer.reply(first.stream, b"hello")
        streams = [peer.request() for _ in range(4)]
        peer.goaway(streams[1].stream)
        for request in streams[:2]:
            peer.reply(request.stream, b"old " + request.path.encode())
        peer.drain()

    server = peer(leaving, well)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        responses = await client.parallel_get([f"{server.url}/{n}" for n in range(4)])
        texts = [response.text for response in responses]
        assert sorted(text.removeprefix("old ") for text in texts) == ["/0", "/1", "/2", "/3"]
        assert sum(text.startswith("old") for text in texts) == 2
        assert (await client.get(f"{server.url}/after")).text == "/after"
    assert server.connections == 2


async def test_goaway_with_posts(peer: Any) -> None:
    """Whatever was not processed may be sent again, whatever its method; what was processed may not."""

    def leaving(peer: Http2Peer) -> None:
        peer.greet()
        request = peer.request()
        peer.body(request.stream)
        peer.goaway(peer.number and request.stream)

    server = peer(leaving, leaving, well)
    async with client_of() as client:
        with pytest.raises(ServerDisconnected):
            await client.post(f"{server.url}/x", content=b"once")
        assert (await client.post(f"{server.url}/x", content=b"twice")).text == "/x"
    assert server.connections == 3


async def test_goaway_names_its_reason(peer: Any) -> None:
    def angry(peer: Http2Peer) -> None:
        peer.greet()
        peer.goaway(peer.request().stream, CALM, b"too_many_pings")

    server = peer(angry, well)
    async with client_of() as client:
        with pytest.raises(ServerDisconnected, match="ENHANCE_YOUR_CALM"):
            await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"


async def test_goaway_for_ever_ends(peer: Any) -> None:
    def leaving(peer: Http2Peer) -> None:
        peer.greet()
        peer.request()
        peer.goaway(0)
        peer.drain()

    server = peer(leaving)
    async with client_of() as client:
        with pytest.raises(ReadError, match="before it took the request"):
            await client.get(f"{server.url}/")
    assert 2 <= server.connections <= 5


async def test_goaway_on_an_idle_connection(peer: Any) -> None:
    gone = threading.Event()

    def leaving(peer: Http2Peer) -> None:
        peer.greet()
        peer.reply(peer.request().stream)
        peer.goaway(1)
        gone.set()
        peer.drain()

    server = peer(leaving, well)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        assert gone.wait(10)
        await async_sleep(0.05)  # the event loop must have seen it
        assert (await client.post(f"{server.url}/b", content=b"x")).text == "/b"
        assert client.pool_stats().open == 1


async def test_an_idle_connection_that_was_closed(peer: Any) -> None:
    """In httpcore, the first request after it fails."""
    gone = threading.Event()

    def closing(peer: Http2Peer) -> None:
        peer.greet()
        peer.reply(peer.request().stream)
        peer.sock.shutdown(socket.SHUT_WR)
        gone.set()
        peer.drain()

    server = peer(closing, well)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        assert gone.wait(10)
        await async_sleep(0.05)  # the event loop must have seen it
        assert (await client.post(f"{server.url}/b", content=b"x")).text == "/b"


async def test_goaway_during_an_upload(peer: Any) -> None:
    def leaving(peer: Http2Peer) -> None:
        peer.greet()
        peer.request()
        peer.goaway(0)
        peer.drain()

    server = peer(leaving, well)
    async with client_of() as client:
        response = await client.post(f"{server.url}/up", content=bytes(10 * 2**20))
        assert response.text == "/up"
    assert server.connections == 2


# RST_STREAM (F28).


async def test_a_refused_stream_is_sent_again(peer: Any) -> None:
    def refusing(peer: Http2Peer) -> None:
        peer.greet()
        peer.reset(peer.request().stream, REFUSED_STREAM)
        peer.serve()

    server = peer(refusing)
    async with client_of() as client:
        assert (await client.get(f"{server.url}/a")).text == "/a"
        assert client.pool_stats().streams == 0
    assert server.connections == 1


async def test_refusals_for_ever_end(peer: Any) -> None:
    def refusing(peer: Http2Peer) -> None:
        peer.greet()
        while True:
            peer.reset(peer.request().stream, REFUSED_STREAM)

    server = peer(refusing)
    async with client_of() as client:
        with pytest.raises(RemoteProtocolError, match="REFUSED_STREAM"):
            await client.get(f"{server.url}/a")


@pytest.mark.parametrize(("code", "name"), [(8, "CANCEL"), (2, "INTERNAL_ERROR"), (0, "NO_ERROR"), (99, "error 99")])
async def test_a_reset_ends_the_right_stream(peer: Any, code: int, name: str) -> None:
    def resetting(peer: Http2Peer) -> None:
        peer.greet(max_streams=100)
        peer.reply(peer.request().stream)
        requests = [peer.request() for _ in range(3)]
        for request in requests:
            peer.head(request.stream, 200)
            peer.data(request.stream, b"half", end=False)
            if request.path == "/victim":
                peer.reset(request.stream, code)
            else:
                peer.data(request.stream, b" and half")
        peer.serve()

    server = peer(resetting)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        async with client.scope(supervisor=True) as scope:
            jobs = {path: scope.get(f"{server.url}{path}") for path in ("/a", "/victim", "/b")}
        for path in ("/a", "/b"):
            assert (await jobs[path].result()).text == "half and half"
        with pytest.raises(RemoteProtocolError, match=f"reset the stream: {name}"):
            await jobs["/victim"].result()
        assert (await client.get(f"{server.url}/c")).text == "/c"
    assert server.connections == 1


async def test_no_error_after_an_early_answer(peer: Any) -> None:
    """A whole response may be followed by RST_STREAM(NO_ERROR), to stop the upload (RFC 9113 section 8.1)."""

    def answering(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 413)
        peer.data(stream, b"too much")
        peer.reset(stream, 0)
        peer.serve()

    server = peer(answering)
    async with client_of() as client:
        response = await client.post(f"{server.url}/a", content=bytes(2**20))
        assert (response.status_code, response.text) == (413, "too much")
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


async def test_an_early_answer_without_reset(peer: Any) -> None:
    seen: list[Any] = []

    def answering(peer: Http2Peer) -> None:
        peer.greet()
        request = peer.request()
        peer.head(request.stream, 413)
        peer.data(request.stream, b"too ", end=False)
        peer.data(request.stream, b"much")
        seen.append(peer.wait(RST_STREAM, request.stream))
        peer.serve()

    server = peer(answering)
    async with client_of() as client:
        response = await client.post(f"{server.url}/a", content=bytes(2**20))
        assert (response.status_code, response.text) == (413, "too much")
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert seen[0].number == CANCEL


async def test_an_abandoned_response_is_reset(peer: Any) -> None:
    seen: list[Any] = []

    def sending(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200)
        peer.data(stream, bytes(1000), end=False)
        seen.append(peer.wait(RST_STREAM, stream))
        peer.data(stream, bytes(100_000), end=True)  # it was on its way
        peer.serve()

    server = peer(sending)
    async with client_of() as client:
        async with client.stream("GET", f"{server.url}/") as response:
            assert response.status_code == 200
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert seen[0].number == CANCEL


# Windows and limits.


async def test_one_stream_at_a_time(peer: Any) -> None:
    most = 0

    def narrow(peer: Http2Peer) -> None:
        nonlocal most
        peer.greet(max_streams=1)
        while True:
            request = peer.request()
            peer.sock.settimeout(0.01)
            try:
                peer.seen.append(peer.wait(HEADERS))
                most = 2
            except TimeoutError:
                peer.sock.settimeout(10)
            peer.reply(request.stream, request.path.encode())

    server = peer(narrow)
    async with client_of(limits=Limits(max_connections=1)) as client:
        responses = await client.parallel_get([f"{server.url}/{n}" for n in range(10)])
        assert [response.text for response in responses] == [f"/{n}" for n in range(10)]
    assert (server.connections, most) == (1, 0)


async def test_the_limit_may_change(peer: Any) -> None:
    def changing(peer: Http2Peer) -> None:
        peer.greet(max_streams=1)
        first = peer.request()
        peer.settings(max_streams=3)
        peer.wait(SETTINGS, ack=True)
        requests = [first, peer.request(), peer.request()]
        peer.settings(max_streams=1)
        for request in requests:
            peer.reply(request.stream, request.path.encode())
        peer.serve()

    server = peer(changing)
    async with client_of(limits=Limits(max_connections=1)) as client:
        responses = await client.parallel_get([f"{server.url}/{n}" for n in range(8)])
        assert [response.text for response in responses] == [f"/{n}" for n in range(8)]
    assert server.connections == 1


async def test_no_streams_at_all(peer: Any) -> None:
    def closed_shop(peer: Http2Peer) -> None:
        peer.greet(max_streams=0)
        peer.reply(peer.request().stream)
        assert peer.drain()[-1].kind == GOAWAY

    server = peer(closed_shop, well)
    async with client_of(limits=Limits(max_connections=1)) as client:
        await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 2


async def test_windows_are_obeyed(peer: Any) -> None:
    sizes: list[int] = []

    def narrow(peer: Http2Peer) -> None:
        peer.greet(window=1000)
        peer.reply(peer.request().stream)
        request = peer.request()
        left, total = 1000, 0
        while total < 100_000:
            got = peer.wait(DATA, request.stream)
            left -= len(got.payload)
            total += len(got.payload)
            sizes.append(len(got.payload))
            assert left >= 0
            if left == 0:
                peer.open_window(0, 7000)
                peer.open_window(request.stream, 7000)
                left = 7000
        peer.reply(request.stream, str(total).encode())

    server = peer(narrow)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        response = await client.post(f"{server.url}/", content=bytes(100_000))
        assert response.text == "100000"
    assert sizes[0] == 1000


async def test_a_window_may_shrink_below_nothing(peer: Any) -> None:
    def shrinking(peer: Http2Peer) -> None:
        peer.greet()
        request = peer.request()
        got = 0
        while got < 65535:
            got += len(peer.wait(DATA, request.stream).payload)
        peer.open_window(0, 100_000)
        peer.settings(window=1000)
        peer.open_window(request.stream, 64_536)  # from -64,535 to 1
        assert len(peer.wait(DATA, request.stream).payload) == 1
        peer.open_window(request.stream, 100_000)
        peer.body(request.stream)
        peer.reply(request.stream, b"all")

    server = peer(shrinking)
    async with client_of() as client:
        assert (await client.post(f"{server.url}/", content=bytes(100_000))).text == "all"


async def test_a_window_that_never_opens(peer: Any) -> None:
    def mean(peer: Http2Peer) -> None:
        peer.greet(window=10)
        peer.reply(peer.request().stream)
        peer.request()
        peer.wait(RST_STREAM)
        peer.serve()

    server = peer(mean)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        with pytest.raises(WriteTimeout, match="flow control"):
            await client.post(f"{server.url}/", content=bytes(100), timeout=Timeout(10, write=0.1))
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


async def test_back_pressure(peer: Any) -> None:
    """No more comes ahead of the reader than the window of the stream."""
    updates: list[int] = []

    def eager(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200)
        peer.data(stream, bytes(65536), end=False)
        peer.sock.settimeout(0.2)
        try:
            updates.append(peer.wait(WINDOW_UPDATE, stream).number)
        except TimeoutError:
            updates.append(0)
        peer.sock.settimeout(10)
        updates.append(peer.wait(WINDOW_UPDATE, stream).number)
        peer.data(stream, b"end")
        peer.drain()

    server = peer(eager)
    async with client_of(http2_options={"stream_window": 65536}) as client:
        async with client.stream("GET", f"{server.url}/") as response:
            await async_sleep(0.4)
            assert len(await response.read()) == 65539
    assert updates[0] == 0
    assert 32768 <= updates[1] <= 65536


async def test_large_frames_where_the_server_allows_them(peer: Any) -> None:
    sizes: list[int] = []

    def generous(peer: Http2Peer) -> None:
        peer.greet(window=2**20, frame_size=2**20)
        peer.open_window(0, 2**20)
        first = peer.request()
        peer.reply(first.stream)
        request = peer.request()
        while True:
            got = peer.wait(DATA, request.stream)
            sizes.append(len(got.payload))
            if got.flags & END_STREAM:
                break
        peer.reply(request.stream, b"all")

    server = peer(generous)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        assert (await client.post(f"{server.url}/", content=bytes(2**20))).text == "all"
    assert (sum(sizes), max(sizes)) == (2**20, 65536)


# Dead connections.


async def test_a_dead_connection_is_noticed_by_a_probe(peer: Any) -> None:
    def deaf(peer: Http2Peer) -> None:
        peer.greet()
        peer.reply(peer.request().stream)
        peer.drain()

    server = peer(deaf, well)
    async with client_of(http2_options={"probe_after": 0.0, "ping_timeout": 0.2}) as client:
        await client.get(f"{server.url}/")
        assert (await client.post(f"{server.url}/b", content=b"x")).text == "/b"
        assert client.pool_stats().open == 1
    assert server.connections == 2


async def test_a_probe_that_is_answered(peer: Any) -> None:
    def answering(peer: Http2Peer) -> None:
        peer.greet()
        for _ in range(3):
            peer.reply(peer.request().stream)
            ping = peer.wait(PING)
            peer.send(PING, ACK, 0, ping.payload)
        peer.serve()

    server = peer(answering)
    async with client_of(http2_options={"probe_after": 0.0}) as client:
        for _ in range(3):
            await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


async def test_pings_during_a_long_silence(peer: Any) -> None:
    pings = 0

    def slow(peer: Http2Peer) -> None:
        nonlocal pings
        peer.greet()
        stream = peer.request().stream
        for _ in range(3):
            ping = peer.wait(PING)
            pings += 1
            peer.send(PING, ACK, 0, ping.payload)
        peer.reply(stream, b"late")
        peer.request()
        peer.drain()

    server = peer(slow)
    async with client_of(http2_options={"ping_interval": 0.1, "ping_timeout": 0.3}) as client:
        assert (await client.get(f"{server.url}/")).text == "late"
        with pytest.raises(ServerDisconnected, match="does not answer"):
            await client.post(f"{server.url}/", content=b"x")
    assert pings == 3


async def test_pings_are_answered(peer: Any) -> None:
    def asking(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.send(PING, 0, 0, b"12345678")
        assert peer.wait(PING, ack=True).payload == b"12345678"
        peer.reply(stream, b"alive")
        peer.drain()

    server = peer(asking)
    async with client_of() as client:
        assert (await client.get(f"{server.url}/")).text == "alive"


async def test_cut_off_in_the_body(peer: Any) -> None:
    def cutting(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200, ("content-length", "10"))
        peer.data(stream, b"12345", end=False)

    server = peer(cutting, well)
    async with client_of() as client:
        with pytest.raises(ServerDisconnected):
            await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"


async def test_http1_instead(peer: Any) -> None:
    """ALPN or prior knowledge said HTTP/2, the server speaks HTTP/1.1 (F29)."""

    def other(peer: Http2Peer) -> None:
        peer.send_bytes(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        peer.drain()

    server = peer(other)
    async with client_of() as client:
        with pytest.raises(RemoteProtocolError, match="broke HTTP/2"):
            await client.get(f"{server.url}/")
        assert client.pool_stats().open == 0


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
async def test_bad_heads(peer: Any, name: str) -> None:
    fields, message = BAD_HEADS[name]

    def bad(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.send(HEADERS, END_HEADERS, stream, peer.encoder.encode(fields))
        assert peer.wait(RST_STREAM, stream).number == 1
        peer.serve()

    server = peer(bad)
    async with client_of() as client:
        with pytest.raises(RemoteProtocolError, match=re.escape(message)):
            await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


@pytest.mark.parametrize("body", [b"123456", b"1234"])
async def test_a_body_of_another_length(peer: Any, body: bytes) -> None:
    def bad(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200, ("content-length", "5"))
        peer.data(stream, body)
        peer.serve()

    server = peer(bad)
    async with client_of() as client:
        with pytest.raises(RemoteProtocolError, match="head promised"):
            await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"


async def test_answers_without_a_body(peer: Any) -> None:
    def bodiless(peer: Http2Peer) -> None:
        peer.greet()
        peer.head(peer.request().stream, 200, ("content-length", "5"), end=True)
        peer.head(peer.request().stream, 304, ("content-length", "5"), end=True)
        peer.head(peer.request().stream, 204, end=True)

    server = peer(bodiless)
    async with client_of() as client:
        assert (await client.head(f"{server.url}/")).headers["content-length"] == "5"
        assert (await client.get(f"{server.url}/")).status_code == 304
        assert (await client.get(f"{server.url}/")).status_code == 204


async def test_hints_trailers_padding_and_priority(peer: Any) -> None:
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

    server = peer(rich)
    async with client_of() as client:
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
async def test_faults_of_the_connection(peer: Any, fault: Callable[[int], bytes]) -> None:
    codes: list[int] = []

    def bad(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.send_bytes(fault(stream))
        codes.append(struct.unpack(">II", peer.wait(GOAWAY).payload[:8])[1])
        peer.drain()

    server = peer(bad, well)
    async with client_of(http2_options={"max_header_bytes": 40_000}) as client:
        with pytest.raises(RemoteProtocolError):
            await client.get(f"{server.url}/")
        assert client.pool_stats().open == 0
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert codes in ([FAULTS[fault]], [])  # closing with bytes unread may overtake the GOAWAY


async def test_a_stream_window_opened_too_far(peer: Any) -> None:
    def bad(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.open_window(stream, 2**31 - 1)
        assert peer.wait(RST_STREAM, stream).number == 3
        stream = peer.request().stream
        peer.open_window(stream, 0)
        assert peer.wait(RST_STREAM, stream).number == 1
        peer.serve()

    server = peer(bad)
    async with client_of() as client:
        for message in ("too far", "by nothing"):
            with pytest.raises(RemoteProtocolError, match=message):
                await client.get(f"{server.url}/")
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


# Use by many.


async def test_a_timeout_resets_only_its_stream(peer: Any) -> None:
    seen: list[Any] = []

    def slow(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        requests = [peer.request() for _ in range(2)]
        victim = next(request for request in requests if request.path == "/victim")
        seen.append(peer.wait(RST_STREAM, victim.stream).number)
        other = next(request for request in requests if request.path != "/victim")
        peer.reply(other.stream, b"late")
        peer.serve()

    server = peer(slow)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        async with client.scope(supervisor=True) as scope:
            victim = scope.get(f"{server.url}/victim", timeout=Timeout(10, read=0.1))
            other = scope.get(f"{server.url}/other")
        with pytest.raises(ReadTimeout):
            await victim.result()
        assert (await other.result()).text == "late"
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert (server.connections, seen) == (1, [CANCEL])


async def test_a_cancelled_request_is_reset_and_harms_nobody(peer: Any) -> None:
    arrived = threading.Event()

    def slow(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        requests = [peer.request() for _ in range(4)]
        arrived.set()
        victims = [request for request in requests if request.path == "/victim"]
        for victim in victims:
            if not any(got.kind == RST_STREAM and got.stream == victim.stream for got in peer.seen):
                peer.wait(RST_STREAM, victim.stream)
        for request in requests:
            if request.path != "/victim":
                peer.reply(request.stream, b"late")
        peer.serve()

    server = peer(slow)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        async with client.scope(supervisor=True) as scope:
            first = scope.get(f"{server.url}/victim")
            others = [scope.get(f"{server.url}/{n}") for n in range(2)]
            last = scope.get(f"{server.url}/victim")
            while not arrived.is_set():
                await async_sleep(0.01)
            first.cancel()
            last.cancel()
        assert [(await other.result()).text for other in others] == ["late"] * 2
        assert (await client.get(f"{server.url}/b")).text == "/b"
        assert client.pool_stats().streams == 0
    assert server.connections == 1


async def test_a_lost_connection_ends_all_its_streams(peer: Any) -> None:
    def dying(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        for _ in range(5):
            peer.request()

    server = peer(dying, well)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        async with client.scope(supervisor=True) as scope:
            jobs = [scope.post(f"{server.url}/{n}") for n in range(5)]
        for job in jobs:
            with pytest.raises(NetworkError):
                await job.result()
        assert (await client.get(f"{server.url}/b")).text == "/b"
        stats = client.pool_stats()
        assert (stats.open, stats.streams) == (1, 0)


async def test_a_lost_connection_and_idempotent_requests(peer: Any) -> None:
    def dying(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        for _ in range(5):
            peer.request()

    server = peer(dying, well)
    async with client_of() as client:
        await client.get(f"{server.url}/")
        responses = await client.parallel_get([f"{server.url}/{n}" for n in range(5)])
        assert [response.text for response in responses] == [f"/{n}" for n in range(5)]


async def test_an_upload_while_the_answer_comes(peer: Any) -> None:
    """An echo: the server sends back what it reads, and reads no more while its window is shut."""

    def echo(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200)
        left, waiting = 65536, []
        while True:
            got = peer.receive()
            if got.kind == WINDOW_UPDATE and got.stream == stream:
                left += got.number
            elif got.kind == DATA:
                waiting.append(got)
            while waiting and left >= len(waiting[0].payload):
                got = waiting.pop(0)
                left -= len(got.payload)
                peer.data(stream, got.payload, end=bool(got.flags & END_STREAM))
                if got.flags & END_STREAM:
                    return
                peer.open_window(0, len(got.payload))
                peer.open_window(stream, len(got.payload))

    server = peer(echo)
    content = bytes(range(256)) * 4096
    async with client_of(http2_options={"stream_window": 65536}) as client:
        assert (await client.post(f"{server.url}/", content=content)).content == content


async def test_a_source_that_fails(peer: Any) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"first"
        raise KeyError("of the user")

    def reading(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        assert peer.wait(RST_STREAM, stream).number == CANCEL
        peer.serve()

    server = peer(reading)
    async with client_of() as client:
        with pytest.raises(KeyError):
            await client.post(f"{server.url}/", content=failing())
        assert (await client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


async def test_silence_before_settings(peer: Any) -> None:
    started = monotonic()
    server = peer(lambda peer: peer.drain() and None)
    async with client_of() as client:
        with pytest.raises(ReadTimeout):
            await client.get(f"{server.url}/", timeout=Timeout(10, read=0.1))
        assert client.pool_stats().streams == 0
    assert monotonic() - started < 5

# Generated from tests/_async/test_http2_windows.py by scripts/generate_sync.py. Do not edit.
"""How much of a request or a response is under way at once: windows, and streams on one connection."""

from __future__ import annotations

import socket

import pytest

from duohttp import (
    Client,
    Http2Options,
    Limits,
    NativeEngine,
    Timeout,
    WriteTimeout,
)
from duohttp._concurrency import sleep

from ..servers.certificates import Certificates
from ..servers.http2_peer import (
    DATA,
    END_STREAM,
    GOAWAY,
    HEADERS,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Http2Peer,
)
from .http2_client import HTTP2Peers, http2_client, well

pytestmark = pytest.mark.anyio

CANCEL = 8


# Windows and limits.


def test_one_stream_at_a_time(http2_peer: HTTP2Peers) -> None:
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

    server = http2_peer(narrow)
    with http2_client(limits=Limits(max_connections=1)) as client:
        responses = client.parallel_get([f"{server.url}/{n}" for n in range(10)])
        assert [response.text for response in responses] == [f"/{n}" for n in range(10)]
    assert (server.connections, most) == (1, 0)


def test_the_limit_may_change(http2_peer: HTTP2Peers) -> None:
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

    server = http2_peer(changing)
    with http2_client(limits=Limits(max_connections=1)) as client:
        responses = client.parallel_get([f"{server.url}/{n}" for n in range(8)])
        assert [response.text for response in responses] == [f"/{n}" for n in range(8)]
    assert server.connections == 1


def test_no_streams_at_all(http2_peer: HTTP2Peers) -> None:
    def closed_shop(peer: Http2Peer) -> None:
        peer.greet(max_streams=0)
        peer.reply(peer.request().stream)
        assert peer.drain()[-1].kind == GOAWAY

    server = http2_peer(closed_shop, well)
    with http2_client(limits=Limits(max_connections=1)) as client:
        client.get(f"{server.url}/")
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 2


def test_windows_are_obeyed(http2_peer: HTTP2Peers) -> None:
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

    server = http2_peer(narrow)
    with http2_client() as client:
        client.get(f"{server.url}/")
        response = client.post(f"{server.url}/", content=bytes(100_000))
        assert response.text == "100000"
    assert sizes[0] == 1000


def test_a_window_may_shrink_below_nothing(http2_peer: HTTP2Peers) -> None:
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

    server = http2_peer(shrinking)
    with http2_client() as client:
        assert (client.post(f"{server.url}/", content=bytes(100_000))).text == "all"


def test_a_window_that_never_opens(http2_peer: HTTP2Peers) -> None:
    def mean(peer: Http2Peer) -> None:
        peer.greet(window=10)
        peer.reply(peer.request().stream)
        peer.request()
        peer.wait(RST_STREAM)
        peer.serve()

    server = http2_peer(mean)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with pytest.raises(WriteTimeout, match="flow control"):
            client.post(f"{server.url}/", content=bytes(100), timeout=Timeout(10, write=0.1))
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


def test_back_pressure(http2_peer: HTTP2Peers) -> None:
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

    server = http2_peer(eager)
    with http2_client(http2_options={"stream_window": 65536}) as client:
        with client.stream("GET", f"{server.url}/") as response:
            sleep(0.4)
            assert len(response.read()) == 65539
    assert updates[0] == 0
    assert 32768 <= updates[1] <= 65536


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_server_that_reads_nothing_until_it_has_sent_all(
    http2_peer: HTTP2Peers, certificates: Certificates, tls: bool
) -> None:
    """Both sides send more than all buffers hold: one of them has to read meanwhile."""
    size = 24 * 2**20

    def stubborn(peer: Http2Peer) -> None:
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        peer.greet(window=2**30)
        peer.open_window(0, 2**30)
        peer.reply(peer.request().stream)
        stream = peer.request().stream
        peer.head(stream, 200)
        peer.data(stream, bytes(size))
        total = 0
        while total < size:
            total += len(peer.wait(DATA, stream).payload)
        peer.drain()

    server = http2_peer(stubborn, tls=certificates.server_context("h2") if tls else None)
    engine = NativeEngine(http2_options=Http2Options(stream_window=2**30))
    with Client(http1=False, engine=engine, verify=str(certificates.ca), timeout=8) as client:
        client.get(f"{server.url}/")
        response = client.post(f"{server.url}/", content=bytes(size))
        assert len(response.content) == size


def test_large_frames_where_the_server_allows_them(http2_peer: HTTP2Peers) -> None:
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

    server = http2_peer(generous)
    with http2_client() as client:
        client.get(f"{server.url}/")
        assert (client.post(f"{server.url}/", content=bytes(2**20))).text == "all"
    assert (sum(sizes), max(sizes)) == (2**20, 65536)

# Generated from tests/_async/test_http2_writing.py by scripts/generate_sync.py. Do not edit.
"""Sending on a shared HTTP/2 connection whose other end takes its time, or goes away."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from duohttp import HTTPError, NetworkError, TimeoutException
from duohttp._concurrency import sleep

from ..servers.http2_peer import DATA, END_STREAM, HEADERS, Http2Peer
from .http2_client import HTTP2Peers, http2_client, well

pytestmark = pytest.mark.anyio

SIZE = 6 * 2**20
"""More than the buffers of a socket hold."""


def generous(peer: Http2Peer) -> None:
    """Open all windows, so that only the socket holds a body up."""
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    peer.greet(window=2**30, max_streams=100)
    peer.open_window(0, 2**30)
    peer.reply(peer.request().stream)


def uploads(peer: Http2Peer) -> dict[int, bytes]:
    """Read frames until four bodies came whole; return them by stream."""
    bodies: dict[int, list[bytes]] = {}
    ended = 0
    while ended < 4:
        got = peer.receive()
        if got.kind == HEADERS:
            bodies[got.stream] = []
            peer.decoder.decode(got.payload)
        elif got.kind == DATA:
            bodies[got.stream].append(got.payload)
            ended += got.flags & END_STREAM
    return {stream: b"".join(parts) for stream, parts in bodies.items()}


def test_writers_take_turns(http2_peer: HTTP2Peers) -> None:
    def slow(peer: Http2Peer) -> None:
        generous(peer)
        for stream, body in uploads(peer).items():
            assert body == body[:1] * SIZE
            peer.reply(stream, body[:1])
        peer.serve()

    server = http2_peer(slow)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with client.scope() as scope:
            jobs = [scope.post(f"{server.url}/", content=bytes([letter]) * SIZE) for letter in b"abcd"]
        assert [(job.result()).content for job in jobs] == [b"a", b"b", b"c", b"d"]
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


def test_one_that_waits_for_its_turn_may_give_up(http2_peer: HTTP2Peers) -> None:
    """Whoever writes is in the midst of a frame; the others have begun nothing."""
    given_up = threading.Event()

    def slow(peer: Http2Peer) -> None:
        generous(peer)
        assert given_up.wait(10)
        ends = 0
        while ends < 1:
            got = peer.receive()
            if got.kind == HEADERS:
                peer.decoder.decode(got.payload)
            elif got.kind == DATA and got.flags & END_STREAM:
                ends += 1
                peer.reply(got.stream, b"all")
        peer.serve()

    server = http2_peer(slow)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with client.scope(supervisor=True) as scope:
            first = scope.post(f"{server.url}/", content=bytes(4 * SIZE))
            sleep(0.2)  # it fills the buffers
            others = [scope.post(f"{server.url}/", content=bytes(SIZE), timeout=0.1) for _ in range(3)]
            for other in others:
                assert isinstance(other.exception(), TimeoutException)
            given_up.set()
            assert (first.result()).text == "all"
        assert client.pool_stats().streams == 0
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


@pytest.mark.parametrize("how", ["timeout", "cancel"])
def test_one_that_gives_up_in_the_midst_of_a_frame(http2_peer: HTTP2Peers, how: str) -> None:
    """The connection is of no more use then, and all on it learn of it."""
    over = threading.Event()

    def deaf(peer: Http2Peer) -> None:
        generous(peer)
        over.wait(10)

    server = http2_peer(deaf, well)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with client.scope(supervisor=True) as scope:
            timeout = 0.3 if how == "timeout" else 0.6
            first = scope.post(f"{server.url}/", content=bytes(4 * SIZE), timeout=timeout)
            sleep(0.1)
            others = [scope.post(f"{server.url}/", content=bytes(SIZE), timeout=5) for _ in range(3)]
            sleep(0.1)
            if how == "cancel":
                first.cancel()
            for other in others:
                assert isinstance(other.exception(), HTTPError)
            over.set()
        assert first.done()
        assert client.pool_stats().streams == 0
        assert (client.get(f"{server.url}/b")).text == "/b"
        assert client.pool_stats().open == 1
    assert server.connections == 2


def test_a_server_that_breaks_off(http2_peer: HTTP2Peers) -> None:
    def breaking(peer: Http2Peer) -> None:
        generous(peer)
        peer.request()
        peer.wait(DATA)
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.sock.close()

    server = http2_peer(breaking, well)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with pytest.raises(NetworkError):
            client.post(f"{server.url}/", content=bytes(SIZE))
        assert (client.get(f"{server.url}/b")).text == "/b"

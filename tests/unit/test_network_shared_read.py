"""Reading and writing for others: what a cancelled one leaves is whole."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from duohttp import ReadTimeout, RequestCancelled, WriteTimeout
from duohttp._concurrency import CancelToken
from duohttp._network import read_shared
from duohttp._network.socket_stream import SocketStream


@pytest.fixture
def pair() -> Iterator[tuple[SocketStream, socket.socket]]:
    here, there = socket.socketpair()
    stream = SocketStream(here, "peer")
    there.settimeout(10)
    yield stream, there
    stream.abort()
    there.close()


def test_a_cancelled_reader_takes_nothing(pair: tuple[SocketStream, socket.socket]) -> None:
    stream, peer = pair
    token = CancelToken()
    threading.Timer(0.1, token.cancel).start()
    with pytest.raises(RequestCancelled):
        token.run(read_shared, stream, 100, 10.0)
    peer.sendall(b"for the next one")
    assert read_shared(stream, 100, 10.0) == b"for the next one"
    assert CancelToken().run(stream.read_nowait, 100) is None


def test_a_reader_with_a_token_reads(pair: tuple[SocketStream, socket.socket]) -> None:
    stream, peer = pair
    token = CancelToken()
    peer.sendall(b"there already")
    assert token.run(read_shared, stream, 100, 10.0) == b"there already"
    threading.Timer(0.1, peer.sendall, [b"later"]).start()
    assert token.run(read_shared, stream, 100, None) == b"later"
    with pytest.raises(ReadTimeout):
        token.run(read_shared, stream, 100, 0.05)
    threading.Timer(0.1, peer.close).start()
    assert token.run(read_shared, stream, 100, 10.0) == b""


def test_a_stream_that_is_aborted_wakes_its_reader(pair: tuple[SocketStream, socket.socket]) -> None:
    stream, _ = pair
    threading.Timer(0.1, stream.abort).start()
    started = time.monotonic()
    with pytest.raises(Exception, match="closed"):
        CancelToken().run(read_shared, stream, 100, 10.0)
    assert time.monotonic() - started < 5


def test_a_thread_that_is_struck_otherwise_loses_the_stream(
    pair: tuple[SocketStream, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, peer = pair

    def struck(self: SocketStream, max_bytes: int, timeout: float | None = None) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(SocketStream, "read", struck)
    with pytest.raises(KeyboardInterrupt):
        read_shared(stream, 100)
    assert peer.recv(100) == b""


def test_sending_without_waiting_and_the_rest(pair: tuple[SocketStream, socket.socket]) -> None:
    stream, _ = pair
    data = bytes(range(256)) * 40_000
    rest = stream.send_nowait(data)
    assert 0 < len(rest) < len(data)
    with pytest.raises(WriteTimeout):
        stream.send_rest(memoryview(bytes(rest)), 0.05, lambda data: None)


def test_both_ends_send_more_than_buffers_hold(pair: tuple[SocketStream, socket.socket]) -> None:
    stream, peer = pair
    size = 10 * 2**20
    got: list[int] = []

    def other() -> None:
        peer.sendall(bytes(size))
        while sum(got) < size:
            got.append(len(peer.recv(65536)))

    thread = threading.Thread(target=other)
    thread.start()
    received: list[bytes] = []
    rest = stream.send_nowait(bytes(size))
    stream.send_rest(rest, 10.0, received.append)
    while sum(map(len, received)) < size:
        received.append(stream.read(65536, 10.0))
    thread.join(10)
    assert sum(got) == sum(map(len, received)) == size

# Generated from tests/_async/test_duplex.py by scripts/generate_sync.py. Do not edit.
"""Responses that are read while the request's body is still being sent, against hypercorn and scripted servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from duohttp import (
    AsgiEngine,
    Client,
    ClientStatusError,
    HttpcoreEngine,
    ReadTimeout,
    ServerDisconnected,
    Timeout,
    UnsupportedByEngine,
)
from duohttp._concurrency import Event, sleep

from ..servers.asgi import AsgiServer
from ..servers.asgi_app import app
from ..servers.certificates import Certificates
from ..servers.raw import Hang, RawServer, Send

pytestmark = pytest.mark.anyio

Servers = Callable[..., RawServer]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"


class Turns:
    """A body whose next piece waits until the last one came back."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.may_go_on = Event()
        self.may_go_on.set()
        self.sent = 0
        self.closed = False

    def body(self) -> Iterator[bytes]:
        try:
            for piece in self.pieces:
                assert self.may_go_on.wait(10)
                self.may_go_on = Event()
                self.sent += 1
                yield piece
        finally:
            self.closed = True

    def came_back(self) -> None:
        self.may_go_on.set()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2 allowed"])
def test_each_piece_waits_for_the_one_before(
    secure: bool, http2: bool, asgi_server: AsgiServer, certificates: Certificates
) -> None:
    url = asgi_server.https_url if secure else asgi_server.url
    with Client(base_url=url, verify=certificates.client_context(), http2=http2) as client:
        for _ in range(2):
            turns = Turns([b"piece %d;" % number * 100 for number in range(20)])
            came = b""
            with client.stream("POST", "duplex", content=turns.body(), duplex=True) as response:
                assert response.status_code == 200
                for piece in response.iter_bytes():
                    came += piece
                    if len(came) == sum(map(len, turns.pieces[: turns.sent])):
                        turns.came_back()
            assert came == b"".join(turns.pieces)
            assert turns.closed
            stats = client.pool_stats()
            assert stats.open == stats.idle <= 1


def test_an_application_in_this_process() -> None:
    turns = Turns([b"one", b"two", b"three"])
    with Client(engine=AsgiEngine(app), base_url="http://app.test") as client:
        with client.stream("POST", "duplex", content=turns.body(), duplex=True) as response:
            pieces = []
            for piece in response.iter_bytes():
                pieces.append(piece)
                turns.came_back()
    assert pieces == turns.pieces


def test_more_than_any_buffer_holds(asgi_server: AsgiServer) -> None:
    size, piece = 40, bytes(range(256)) * 1024

    def body() -> Iterator[bytes]:
        for _ in range(size):
            yield piece

    count = 0
    with Client(base_url=asgi_server.url) as client:
        with client.stream("POST", "duplex", content=body(), duplex=True) as response:
            for data in response.iter_bytes():
                count += len(data)
    assert count == size * len(piece)


def test_an_error_stops_the_sending(asgi_server: AsgiServer) -> None:
    closed = Event()

    def body() -> Iterator[bytes]:
        try:
            while True:
                sleep(0)
                yield b"x" * 65536
        finally:
            closed.set()

    with Client(base_url=asgi_server.url) as client:
        with client.stream("POST", "refuse", content=body(), duplex=True) as response:
            assert response.status_code == 413
            assert response.read() == b"too much\n"
            assert closed.wait(10)
        with pytest.raises(ClientStatusError):
            with client.stream("POST", "refuse", content=body(), duplex=True, expect_success=True):
                pass
        assert client.pool_stats().open == 0


def test_the_end_of_the_response_is_the_end_of_the_sending(raw_server: Servers) -> None:
    turns = Turns([b"1", b"2"])
    server = raw_server([Send(HEAD + b"hello"), Hang()])
    with Client() as client:
        with client.stream("POST", server.url, content=turns.body(), duplex=True) as response:
            turns.came_back()
            assert response.read() == b"hello"
        assert client.pool_stats().open == 0
    assert turns.sent < 3


def test_leaving_the_block_stops_the_sending(raw_server: Servers) -> None:
    closed = Event()

    def body() -> Iterator[bytes]:
        try:
            while True:
                sleep(0.001)
                yield b"x"
        finally:
            closed.set()

    server = raw_server([Send(HEAD + b"h"), Hang()])
    with Client() as client:
        with client.stream("POST", server.url, content=body(), duplex=True):
            pass
        assert closed.wait(10)
        assert client.pool_stats().open == 0


def test_what_the_body_raises_is_raised_to_the_reader(raw_server: Servers) -> None:
    may_fail = Event()

    def body() -> Iterator[bytes]:
        yield b"x"
        assert may_fail.wait(10)
        raise KeyError("oops")

    server = raw_server([Send(HEAD + b"h"), Hang()])
    with Client() as client:
        with client.stream("POST", server.url, content=body(), duplex=True) as response:
            may_fail.set()
            with pytest.raises(KeyError, match="oops"):
                response.read()
        assert client.pool_stats().open == 0
    silent = raw_server([Hang()])
    with Client() as client:
        with pytest.raises(KeyError, match="oops"):  # before the head
            with client.stream("POST", silent.url, content=body(), duplex=True):
                pass
        assert client.pool_stats().open == 0


def test_servers_that_go_away_or_say_nothing(raw_server: Servers) -> None:
    for script, error in (([Send(HEAD + b"h")], ServerDisconnected), ([Hang()], ReadTimeout)):
        turns = Turns([b"1", b"2"])
        server = raw_server(script)
        with Client() as client:
            with pytest.raises(error):
                with client.stream(
                    "POST", server.url, content=turns.body(), duplex=True, timeout=Timeout(read=0.3)
                ) as response:
                    response.read()
            assert client.pool_stats().open == 0


def test_engines_that_can_not(asgi_server: AsgiServer) -> None:
    with Client(engine=HttpcoreEngine()) as client:
        with pytest.raises(UnsupportedByEngine, match="reading while sending"):
            client.stream("POST", asgi_server.url, content=[b"x"], duplex=True)


def test_a_body_in_memory_is_just_sent(asgi_server: AsgiServer) -> None:
    bodies: list[Any] = [b"abc", [b"a", b"bc"], None]
    with Client(base_url=asgi_server.url) as client:
        for body in bodies:
            with client.stream("POST", "duplex", content=body, duplex=True) as response:
                assert response.read() == (b"abc" if body else b"")
        assert (client.post("duplex", content=b"abc", duplex=True)).content == b"abc"

"""Responses that are read while the request's body is still being sent, against hypercorn and scripted servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from duohttp import (
    AsgiEngine,
    AsyncClient,
    ClientStatusError,
    HttpcoreEngine,
    ReadTimeout,
    ServerDisconnected,
    Timeout,
    UnsupportedByEngine,
)
from duohttp._concurrency import AsyncEvent, async_sleep

from ..servers.asgi import AsgiServer
from ..servers.asgi_app import app
from ..servers.certificates import Certificates
from ..servers.raw import Hang, RawServer, Send

pytestmark = pytest.mark.anyio

Servers = Callable[..., RawServer]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"


class AsyncTurns:
    """A body whose next piece waits until the last one came back."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.may_go_on = AsyncEvent()
        self.may_go_on.set()
        self.sent = 0
        self.closed = False

    async def body(self) -> AsyncIterator[bytes]:
        try:
            for piece in self.pieces:
                assert await self.may_go_on.wait(10)
                self.may_go_on = AsyncEvent()
                self.sent += 1
                yield piece
        finally:
            self.closed = True

    def came_back(self) -> None:
        self.may_go_on.set()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2 allowed"])
async def test_each_piece_waits_for_the_one_before(
    secure: bool, http2: bool, asgi_server: AsgiServer, certificates: Certificates
) -> None:
    url = asgi_server.https_url if secure else asgi_server.url
    async with AsyncClient(base_url=url, verify=certificates.client_context(), http2=http2) as client:
        for _ in range(2):
            turns = AsyncTurns([b"piece %d;" % number * 100 for number in range(20)])
            came = b""
            async with client.stream("POST", "duplex", content=turns.body(), duplex=True) as response:
                assert response.status_code == 200
                async for piece in response.iter_bytes():
                    came += piece
                    if len(came) == sum(map(len, turns.pieces[: turns.sent])):
                        turns.came_back()
            assert came == b"".join(turns.pieces)
            assert turns.closed
            stats = client.pool_stats()
            assert stats.open == stats.idle <= 1


async def test_an_application_in_this_process() -> None:
    turns = AsyncTurns([b"one", b"two", b"three"])
    async with AsyncClient(engine=AsgiEngine(app), base_url="http://app.test") as client:
        async with client.stream("POST", "duplex", content=turns.body(), duplex=True) as response:
            pieces = []
            async for piece in response.iter_bytes():
                pieces.append(piece)
                turns.came_back()
    assert pieces == turns.pieces


async def test_more_than_any_buffer_holds(asgi_server: AsgiServer) -> None:
    size, piece = 40, bytes(range(256)) * 1024

    async def body() -> AsyncIterator[bytes]:
        for _ in range(size):
            yield piece

    count = 0
    async with AsyncClient(base_url=asgi_server.url) as client:
        async with client.stream("POST", "duplex", content=body(), duplex=True) as response:
            async for data in response.iter_bytes():
                count += len(data)
    assert count == size * len(piece)


async def test_an_error_stops_the_sending(asgi_server: AsgiServer) -> None:
    closed = AsyncEvent()

    async def body() -> AsyncIterator[bytes]:
        try:
            while True:
                await async_sleep(0)
                yield b"x" * 65536
        finally:
            closed.set()

    async with AsyncClient(base_url=asgi_server.url) as client:
        async with client.stream("POST", "refuse", content=body(), duplex=True) as response:
            assert response.status_code == 413
            assert await response.read() == b"too much\n"
            assert await closed.wait(10)
        with pytest.raises(ClientStatusError):
            async with client.stream("POST", "refuse", content=body(), duplex=True, expect_success=True):
                pass
        assert client.pool_stats().open == 0


async def test_the_end_of_the_response_is_the_end_of_the_sending(raw_server: Servers) -> None:
    turns = AsyncTurns([b"1", b"2"])
    server = raw_server([Send(HEAD + b"hello"), Hang()])
    async with AsyncClient() as client:
        async with client.stream("POST", server.url, content=turns.body(), duplex=True) as response:
            turns.came_back()
            assert await response.read() == b"hello"
        assert client.pool_stats().open == 0
    assert turns.sent < 3


async def test_leaving_the_block_stops_the_sending(raw_server: Servers) -> None:
    closed = AsyncEvent()

    async def body() -> AsyncIterator[bytes]:
        try:
            while True:
                await async_sleep(0.001)
                yield b"x"
        finally:
            closed.set()

    server = raw_server([Send(HEAD + b"h"), Hang()])
    async with AsyncClient() as client:
        async with client.stream("POST", server.url, content=body(), duplex=True):
            pass
        assert await closed.wait(10)
        assert client.pool_stats().open == 0


async def test_what_the_body_raises_is_raised_to_the_reader(raw_server: Servers) -> None:
    may_fail = AsyncEvent()

    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        assert await may_fail.wait(10)
        raise KeyError("oops")

    server = raw_server([Send(HEAD + b"h"), Hang()])
    async with AsyncClient() as client:
        async with client.stream("POST", server.url, content=body(), duplex=True) as response:
            may_fail.set()
            with pytest.raises(KeyError, match="oops"):
                await response.read()
        assert client.pool_stats().open == 0
    silent = raw_server([Hang()])
    async with AsyncClient() as client:
        with pytest.raises(KeyError, match="oops"):  # before the head
            async with client.stream("POST", silent.url, content=body(), duplex=True):
                pass
        assert client.pool_stats().open == 0


async def test_servers_that_go_away_or_say_nothing(raw_server: Servers) -> None:
    for script, error in (([Send(HEAD + b"h")], ServerDisconnected), ([Hang()], ReadTimeout)):
        turns = AsyncTurns([b"1", b"2"])
        server = raw_server(script)
        async with AsyncClient() as client:
            with pytest.raises(error):
                async with client.stream(
                    "POST", server.url, content=turns.body(), duplex=True, timeout=Timeout(read=0.3)
                ) as response:
                    await response.read()
            assert client.pool_stats().open == 0


async def test_engines_that_can_not(asgi_server: AsgiServer) -> None:
    async with AsyncClient(engine=HttpcoreEngine()) as client:
        with pytest.raises(UnsupportedByEngine, match="reading while sending"):
            client.stream("POST", asgi_server.url, content=[b"x"], duplex=True)


async def test_a_body_in_memory_is_just_sent(asgi_server: AsgiServer) -> None:
    bodies: list[Any] = [b"abc", [b"a", b"bc"], None]
    async with AsyncClient(base_url=asgi_server.url) as client:
        for body in bodies:
            async with client.stream("POST", "duplex", content=body, duplex=True) as response:
                assert await response.read() == (b"abc" if body else b"")
        assert (await client.post("duplex", content=b"abc", duplex=True)).content == b"abc"

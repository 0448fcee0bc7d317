"""A WebSocket that is cancelled at any moment leaves nothing behind: no connection, no task, no thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

import duohttp
from duohttp import AsyncClient, Client, HttpcoreEngine, NativeEngine, RequestCancelled, WebSocketClosed
from duohttp._concurrency import TaskGroup

from .servers.certificates import Certificates
from .servers.websockets_server import WebSocketServer
from .sweep import interrupt_by_cancel, interrupt_by_timeout

PACKAGE = Path(duohttp.__file__).parent
ENGINES = [pytest.param(NativeEngine, id="native"), pytest.param(HttpcoreEngine, id="httpcore")]


class Echo:
    """A server in the loop of the test; ``open`` counts its connections."""

    def __init__(self) -> None:
        self.open = 0
        self.url = ""

    async def serve(self, connection: ServerConnection) -> None:
        self.open += 1
        try:
            async for message in connection:
                await connection.send(message)
        except ConnectionClosed:
            pass
        finally:
            self.open -= 1

    @asynccontextmanager
    async def running(self, tls: Any = None) -> AsyncIterator[Echo]:
        async with serve(self.serve, "127.0.0.1", 0, ssl=tls, close_timeout=1, ping_interval=None) as server:
            port = server.sockets[0].getsockname()[1]
            self.url = f"{'wss://localhost' if tls else 'ws://127.0.0.1'}:{port}"
            yield self


async def everything(client: AsyncClient, url: str) -> None:
    """Do what there is to do with a WebSocket."""
    async with client.websocket(url, compression=True) as ws:
        await ws.send("text")
        assert await ws.receive() == "text"
        await ws.send(iter(["a", "b"]))
        assert await ws.receive() == "ab"
        await ws.ping()
        await ws.send(b"x" * 300_000)
        assert await ws.receive() == b"x" * 300_000


async def side_by_side(client: AsyncClient, url: str) -> None:
    """Receive in one task, send in another."""
    async with client.websocket(url) as ws, asyncio.TaskGroup() as group:
        receiving = group.create_task(ws.receive())
        await ws.send(b"x" * 100_000)
        assert await receiving == b"x" * 100_000


async def settled(echo: Echo, client: AsyncClient) -> list[str]:
    """Return what is left after a while."""
    left: list[str] = []
    for _ in range(500):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        # The server has tasks of its own; those of the client run our code.
        left = [repr(task) for task in tasks if str(PACKAGE) in repr(task)]
        if echo.open:
            left.append(f"{echo.open} connections at the server")
        if client.pool_stats().open:
            left.append(f"{client.pool_stats().open} connections in the pool")
        if not left:
            break
        await asyncio.sleep(0.01)
    return left


@pytest.mark.parametrize("work", [everything, side_by_side])
@pytest.mark.parametrize("interrupt", [interrupt_by_cancel, interrupt_by_timeout])
@pytest.mark.parametrize("engine", ENGINES)
def test_interrupted_at_every_step(
    engine: Any,
    interrupt: Callable[[Callable[[], Awaitable[None]], int], Awaitable[bool]],
    work: Callable[[AsyncClient, str], Awaitable[None]],
) -> None:
    async def run() -> int:
        step = 0
        async with Echo().running() as echo, AsyncClient(engine=engine()) as client:
            while await interrupt(partial(work, client, echo.url), step):
                assert await settled(echo, client) == []
                step += 1
            await everything(client, echo.url)
        return step

    assert asyncio.run(run()) > 10


def test_interrupted_over_tls(certificates: Certificates) -> None:
    async def run() -> int:
        step = 0
        async with (
            Echo().running(certificates.server_context()) as echo,
            AsyncClient(verify=str(certificates.ca)) as client,
        ):
            while await interrupt_by_cancel(partial(everything, client, echo.url), step):
                assert await settled(echo, client) == []
                step += 1
        return step

    assert asyncio.run(run()) > 10


@pytest.mark.anyio
@pytest.mark.parametrize("engine", ENGINES)
async def test_a_scope_that_is_cancelled(engine: Any, websocket_server: WebSocketServer) -> None:
    async with AsyncClient(engine=engine()) as client:
        for doing in ("receive", "ping", "send", "iterate", "nothing"):
            with anyio.move_on_after(0.1) as scope:
                async with client.websocket(websocket_server.url + "/deaf", close_timeout=30) as ws:
                    if doing == "receive":
                        await ws.receive()
                    elif doing == "ping":
                        await ws.ping()
                    elif doing == "send":
                        await ws.send(b"x" * 50_000_000)
                    elif doing == "iterate":
                        async for _ in ws:
                            pass
                    # and for "nothing" it is the closing handshake that is cancelled
            assert scope.cancelled_caught
            assert client.pool_stats().open == 0


@pytest.mark.anyio
@pytest.mark.parametrize("engine", ENGINES)
async def test_cancelled_sooner_and_later(engine: Any, websocket_server: WebSocketServer) -> None:
    cancelled = 0
    async with AsyncClient(engine=engine()) as client:
        for step in range(40):
            with anyio.move_on_after(step * 0.0004) as scope:
                await everything(client, websocket_server.url + "/echo")
            cancelled += scope.cancelled_caught
            assert client.pool_stats().open == 0
        await everything(client, websocket_server.url + "/echo")
    assert cancelled


@pytest.mark.anyio
async def test_a_cancelled_receive_loses_nothing(websocket_server: WebSocketServer) -> None:
    async with AsyncClient() as client, client.websocket(websocket_server.url + "/echo") as ws:
        found: list[Any] = []
        for number in range(50):
            await ws.send(str(number))
            while len(found) <= number:
                with anyio.move_on_after(0.0005):
                    found.append(await ws.receive())
        assert found == [str(number) for number in range(50)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_thread_that_is_cancelled(engine: Any, websocket_server: WebSocketServer) -> None:
    before = set(threading.enumerate())
    with Client(engine=engine()) as client:

        def listen(entered: threading.Event) -> None:
            with client.websocket(websocket_server.url + "/echo", close_timeout=30) as ws:
                entered.set()
                try:
                    ws.receive()
                except Exception as error:
                    met.append(type(error))
                    raise

        met: list[type] = []
        entered = threading.Event()
        with TaskGroup() as group:
            task = group.start_soon(listen, entered)
            assert entered.wait(10)
            task.cancel()
        assert task.cancelled()
        assert met == [RequestCancelled]
        assert client.pool_stats().open == 0
    assert set(threading.enumerate()) == before


def test_no_thread_is_started(websocket_server: WebSocketServer) -> None:
    before = threading.active_count()
    with Client() as client, client.websocket(websocket_server.url + "/echo", ping_interval=0.01) as ws:
        ws.send("x")
        ws.receive()
        assert threading.active_count() == before


@pytest.mark.parametrize("engine", ENGINES)
def test_a_closed_client_ends_its_websockets(engine: Any, websocket_server: WebSocketServer) -> None:
    client = Client(engine=engine())
    with client.websocket(websocket_server.url + "/echo") as ws:
        client.close()
        with pytest.raises(WebSocketClosed, match="1006"):
            ws.receive(timeout=10)

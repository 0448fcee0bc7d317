"""One WebSocket used by several at once: who sends, who receives, who pings, who closes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable

import pytest

from duohttp import AsgiEngine, AsyncClient, AsyncWebSocket, HttpcoreEngine, NativeEngine, WebSocketClosed
from duohttp._concurrency import AsyncEvent, AsyncTaskGroup

from ..servers.asgi_app import app
from ..servers.certificates import Certificates
from ..servers.websockets_server import WebSocketServer

pytestmark = pytest.mark.anyio

Socket = AsyncWebSocket[str | bytes]
Clients = Callable[..., AsyncClient]


@pytest.fixture(params=[NativeEngine, HttpcoreEngine], ids=["native", "httpcore"])
def client_of(request: pytest.FixtureRequest, certificates: Certificates) -> Clients:
    return lambda **options: AsyncClient(engine=request.param(), verify=str(certificates.ca), **options)


async def send_numbers(ws: Socket, first: int, count: int, size: int) -> None:
    for number in range(first, first + count):
        await ws.send(str(number).rjust(size, "."))


async def receive_some(ws: Socket, count: int, found: list[int]) -> None:
    for _ in range(count):
        found.append(int((await ws.receive_text(timeout=30)).strip(".")))


@pytest.mark.parametrize("compression", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
async def test_one_sends_while_another_receives(
    client_of: Clients, websocket_server: WebSocketServer, tls: bool, compression: bool
) -> None:
    url = (websocket_server.wss_url if tls else websocket_server.url) + "/echo"
    found: list[int] = []
    async with client_of() as client, client.websocket(url, compression=compression) as ws:
        async with AsyncTaskGroup() as group:
            group.start_soon(send_numbers, ws, 0, 300, 20_000)
            group.start_soon(receive_some, ws, 300, found)
        assert found == list(range(300))


async def test_many_send_and_many_receive(client_of: Clients, websocket_server: WebSocketServer) -> None:
    found: list[list[int]] = [[] for _ in range(5)]
    async with client_of() as client, client.websocket(websocket_server.url + "/echo", compression=True) as ws:
        async with AsyncTaskGroup() as group:
            for number in range(5):
                group.start_soon(receive_some, ws, 60, found[number])
                group.start_soon(send_numbers, ws, number * 60, 60, 100)
                group.start_soon(ws.ping)
    assert sorted(number for each in found for number in each) == list(range(300))


async def test_messages_stay_apart_from_the_fragments_of_another(
    client_of: Clients, websocket_server: WebSocketServer
) -> None:
    async with client_of() as client, client.websocket(websocket_server.url + "/echo") as ws:
        async with AsyncTaskGroup() as group:
            for letter in "abcdefgh":
                group.start_soon(ws.send, iter([letter] * 50))
                group.start_soon(ws.send, letter)
            group.start_soon(ws.ping)
        found = [await ws.receive_text() for _ in range(16)]
    assert sorted(found) == sorted([*"abcdefgh", *[letter * 50 for letter in "abcdefgh"]])


async def test_a_message_waits_for_the_fragments_of_another_and_a_ping_does_not(
    client_of: Clients, websocket_server: WebSocketServer
) -> None:
    begun, answered = AsyncEvent(), AsyncEvent()

    async def pieces() -> AsyncIterator[str]:
        yield "one "
        begun.set()
        assert await answered.wait(10)
        yield "message"

    async with client_of() as client, client.websocket(websocket_server.url + "/echo") as ws:
        async with AsyncTaskGroup() as group:
            group.start_soon(ws.send, pieces())
            assert await begun.wait(10)
            group.start_soon(ws.send, "another")
            await ws.ping()
            answered.set()
        assert [await ws.receive(), await ws.receive()] == ["one message", "another"]


async def test_a_ping_while_messages_wait(client_of: Clients, websocket_server: WebSocketServer) -> None:
    # There is room for 16 messages; then the pong has to wait for somebody who receives.
    found: list[int] = []
    async with client_of() as client, client.websocket(websocket_server.url + "/echo") as ws:
        await send_numbers(ws, 0, 100, 5)
        async with AsyncTaskGroup() as group:
            task = group.start_soon(ws.ping)
            group.start_soon(receive_some, ws, 100, found)
        assert found == list(range(100))
        assert task.value() > 0


async def test_closing_wakes_whoever_receives(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async with client_of() as client:
        ended: list[int] = []

        async def listen(ws: Socket) -> None:
            try:
                await ws.receive()
            except WebSocketClosed as error:
                ended.append(error.code)

        async def iterate(ws: Socket) -> None:
            ended.extend([0 async for _ in ws])
            ended.append(1)

        async with client.websocket(websocket_server.url + "/echo") as ws, AsyncTaskGroup() as group:
            group.start_soon(listen, ws)
            group.start_soon(listen, ws)
            group.start_soon(iterate, ws)
            await ws.ping()  # they listen by now
            await ws.aclose()
        assert sorted(ended) == [1, 1000, 1000]
        assert client.pool_stats().open == 0


async def test_two_websockets_side_by_side(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async def talk(client: AsyncClient, letter: str) -> None:
        async with client.websocket(websocket_server.url + "/echo") as ws:
            for number in range(100):
                await ws.send(f"{letter}{number}")
                assert await ws.receive() == f"{letter}{number}"

    async with client_of() as client, AsyncTaskGroup() as group:
        for letter in "abc":
            group.start_soon(talk, client, letter)


async def test_an_application_in_this_process() -> None:
    async with AsyncClient(engine=AsgiEngine(app), base_url="http://app.test") as client:
        async with client.websocket("/ws", subprotocols=["chat"]) as ws:
            assert ws.subprotocol == "chat"
            for size in (0, 10, 200, 100_000):
                message = os.urandom(size)
                await ws.send(message)
                assert await ws.receive(timeout=10) == message
            assert await ws.ping() > 0
            await ws.send("close")
            with pytest.raises(WebSocketClosed, match="4000"):
                await ws.receive(timeout=10)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("compression", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
@pytest.mark.parametrize("size", [100, 65536])
async def test_thousands_of_echoes(
    certificates: Certificates, websocket_server: WebSocketServer, size: int, tls: bool, compression: bool, count: int
) -> None:
    url = (websocket_server.wss_url if tls else websocket_server.url) + "/echo"
    block = os.urandom(size // 4) * 4
    async with (
        AsyncClient(verify=str(certificates.ca)) as client,
        client.websocket(url, compression=compression) as ws,
    ):
        mismatches = 0
        for number in range(count):
            message = number.to_bytes(4, "big") + block[4:]
            await ws.send(message)
            mismatches += await ws.receive() != message
        assert mismatches == 0

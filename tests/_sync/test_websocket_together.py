# Generated from tests/_async/test_websocket_together.py by scripts/generate_sync.py. Do not edit.
"""One WebSocket used by several at once: who sends, who receives, who pings, who closes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from duohttp import AsgiEngine, Client, HttpcoreEngine, NativeEngine, WebSocket, WebSocketClosed
from duohttp._concurrency import Event, TaskGroup

from ..servers.asgi_app import app
from ..servers.certificates import Certificates
from ..servers.websockets_server import WebSocketServer

pytestmark = pytest.mark.anyio

Socket = WebSocket[str | bytes]
Clients = Callable[..., Client]


@pytest.fixture(params=[NativeEngine, HttpcoreEngine], ids=["native", "httpcore"])
def client_of(request: pytest.FixtureRequest, certificates: Certificates) -> Clients:
    return lambda **options: Client(engine=request.param(), verify=str(certificates.ca), **options)


def send_numbers(ws: Socket, first: int, count: int, size: int) -> None:
    for number in range(first, first + count):
        ws.send(str(number).rjust(size, "."))


def receive_some(ws: Socket, count: int, found: list[int]) -> None:
    for _ in range(count):
        found.append(int((ws.receive_text(timeout=30)).strip(".")))


@pytest.mark.parametrize("compression", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
def test_one_sends_while_another_receives(
    client_of: Clients, websocket_server: WebSocketServer, tls: bool, compression: bool
) -> None:
    url = (websocket_server.wss_url if tls else websocket_server.url) + "/echo"
    found: list[int] = []
    with client_of() as client, client.websocket(url, compression=compression) as ws:
        with TaskGroup() as group:
            group.start_soon(send_numbers, ws, 0, 300, 20_000)
            group.start_soon(receive_some, ws, 300, found)
        assert found == list(range(300))


def test_many_send_and_many_receive(client_of: Clients, websocket_server: WebSocketServer) -> None:
    found: list[list[int]] = [[] for _ in range(5)]
    with client_of() as client, client.websocket(websocket_server.url + "/echo", compression=True) as ws:
        with TaskGroup() as group:
            for number in range(5):
                group.start_soon(receive_some, ws, 60, found[number])
                group.start_soon(send_numbers, ws, number * 60, 60, 100)
                group.start_soon(ws.ping)
    assert sorted(number for each in found for number in each) == list(range(300))


def test_messages_stay_apart_from_the_fragments_of_another(
    client_of: Clients, websocket_server: WebSocketServer
) -> None:
    with client_of() as client, client.websocket(websocket_server.url + "/echo") as ws:
        with TaskGroup() as group:
            for letter in "abcdefgh":
                group.start_soon(ws.send, iter([letter] * 50))
                group.start_soon(ws.send, letter)
            group.start_soon(ws.ping)
        found = [ws.receive_text() for _ in range(16)]
    assert sorted(found) == sorted([*"abcdefgh", *[letter * 50 for letter in "abcdefgh"]])


def test_a_message_waits_for_the_fragments_of_another_and_a_ping_does_not(
    client_of: Clients, websocket_server: WebSocketServer
) -> None:
    begun, answered = Event(), Event()

    def pieces() -> Iterator[str]:
        yield "one "
        begun.set()
        assert answered.wait(10)
        yield "message"

    with client_of() as client, client.websocket(websocket_server.url + "/echo") as ws:
        with TaskGroup() as group:
            group.start_soon(ws.send, pieces())
            assert begun.wait(10)
            group.start_soon(ws.send, "another")
            ws.ping()
            answered.set()
        assert [ws.receive(), ws.receive()] == ["one message", "another"]


def test_a_ping_while_messages_wait(client_of: Clients, websocket_server: WebSocketServer) -> None:
    # There is room for 16 messages; then the pong has to wait for somebody who receives.
    found: list[int] = []
    with client_of() as client, client.websocket(websocket_server.url + "/echo") as ws:
        send_numbers(ws, 0, 100, 5)
        with TaskGroup() as group:
            task = group.start_soon(ws.ping)
            group.start_soon(receive_some, ws, 100, found)
        assert found == list(range(100))
        assert task.value() > 0


def test_closing_wakes_whoever_receives(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of() as client:
        ended: list[int] = []

        def listen(ws: Socket) -> None:
            try:
                ws.receive()
            except WebSocketClosed as error:
                ended.append(error.code)

        def iterate(ws: Socket) -> None:
            ended.extend([0 for _ in ws])
            ended.append(1)

        with client.websocket(websocket_server.url + "/echo") as ws, TaskGroup() as group:
            group.start_soon(listen, ws)
            group.start_soon(listen, ws)
            group.start_soon(iterate, ws)
            ws.ping()  # they listen by now
            ws.close()
        assert sorted(ended) == [1, 1000, 1000]
        assert client.pool_stats().open == 0


def test_two_websockets_side_by_side(client_of: Clients, websocket_server: WebSocketServer) -> None:
    def talk(client: Client, letter: str) -> None:
        with client.websocket(websocket_server.url + "/echo") as ws:
            for number in range(100):
                ws.send(f"{letter}{number}")
                assert ws.receive() == f"{letter}{number}"

    with client_of() as client, TaskGroup() as group:
        for letter in "abc":
            group.start_soon(talk, client, letter)


def test_an_application_in_this_process() -> None:
    with Client(engine=AsgiEngine(app), base_url="http://app.test") as client:
        with client.websocket("/ws", subprotocols=["chat"]) as ws:
            assert ws.subprotocol == "chat"
            for size in (0, 10, 200, 100_000):
                message = os.urandom(size)
                ws.send(message)
                assert ws.receive(timeout=10) == message
            assert ws.ping() > 0
            ws.send("close")
            with pytest.raises(WebSocketClosed, match="4000"):
                ws.receive(timeout=10)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("compression", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
@pytest.mark.parametrize("size", [100, 65536])
def test_thousands_of_echoes(
    certificates: Certificates, websocket_server: WebSocketServer, size: int, tls: bool, compression: bool, count: int
) -> None:
    url = (websocket_server.wss_url if tls else websocket_server.url) + "/echo"
    block = os.urandom(size // 4) * 4
    with (
        Client(verify=str(certificates.ca)) as client,
        client.websocket(url, compression=compression) as ws,
    ):
        mismatches = 0
        for number in range(count):
            message = number.to_bytes(4, "big") + block[4:]
            ws.send(message)
            mismatches += ws.receive() != message
        assert mismatches == 0

"""Connections that turn bad between requests, responses that are given up, pools that run out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    HTTPError,
    Limits,
    NetworkError,
    PoolTimeout,
    ReadTimeout,
    ServerDisconnected,
    Timeout,
    TotalTimeout,
)
from duohttp._async.engines.native.connection import AsyncConnection
from duohttp._concurrency import AsyncTaskGroup, async_sleep, monotonic

from ..faults import acts
from ..faults.leaks import nothing_left
from ..faults.scripted_server import Act, Peer, ScriptedServer, reply, scripted_server
from .faulty import ENGINES, AsyncTried, async_still_well, async_until, without

pytestmark = [
    pytest.mark.anyio,
    # httpcore leaves a generator of its own behind when sending fails, which trio notices
    pytest.mark.filterwarnings("ignore:Async generator 'httpcore:ResourceWarning"),
]

EVIL = reply(b"evil")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["plain", "tls"])
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    with nothing_left(), scripted_server(tls=request.param == "tls") as server:
        yield server


def take_and_leave(peer: Peer) -> None:
    """Take a second request whole, and close without a word."""
    peer.read_request()
    peer.close_notify()
    peer.read_to_end()


# F7: the server closes a kept connection.


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_closed_instead_of_the_second_answer(engine: str, server: ScriptedServer, method: str) -> None:
    """What is idempotent is sent again, once, and nobody notices."""
    server.then(acts.answer_then([take_and_leave]))
    content = b"abc" if method == "PUT" else None
    async with AsyncTried(engine) as client:
        assert (await client.get(server.url())).content == b"first"
        response = await client.request(method, server.url("/second"), content=content)
        assert response.status_code == 200
        assert server.connections == 2
        assert [request.method for request in server.received[1:]] == [method, method]
        await async_still_well(client, server)


async def test_a_server_that_always_closes_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end comes in one segment with the answer, where a glance does not see it: once, and then it is looked for."""
    tries: list[str] = []
    exchange = AsyncConnection.exchange

    def counted(self: AsyncConnection, request: Any, endpoint: Any) -> Any:
        tries.append(request.method)
        return exchange(self, request, endpoint)

    monkeypatch.setattr(AsyncConnection, "exchange", counted)
    with nothing_left(), scripted_server() as server:
        server.then(*[answer_and_end_at_once] * 12)
        async with AsyncTried("native") as client:
            for method in ("GET", "POST", "GET", "PUT", "GET", "GET"):
                response = await client.request(method, server.url(), content=b"abc" if method != "GET" else None)
                assert response.content == b"ok"
                await async_until(lambda: all_ended(client))
    assert len(server.received) == 6
    assert len(tries) <= 7


def all_ended(client: AsyncClient) -> bool:
    idle = client._engine._pool._idle  # type: ignore[attr-defined]
    return all(connection.stream.is_stale() for connection in idle)


def answer_and_end_at_once(peer: Peer) -> None:
    peer.read_request()
    if hasattr(socket, "TCP_CORK"):
        peer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    peer.send(reply(b"ok"))
    peer.sock.close()


async def test_closed_instead_of_the_second_answer_to_a_post(engine: str, server: ScriptedServer) -> None:
    """It may have been done already: never twice."""
    server.then(acts.answer_then([take_and_leave]))
    async with AsyncTried(engine) as client:
        assert (await client.get(server.url())).content == b"first"
        with pytest.raises(NetworkError):
            await client.post(server.url(), content=b"abc")
        assert server.count("POST") == 1
        await async_still_well(client, server)


async def test_closed_instead_of_every_second_answer(engine: str, server: ScriptedServer) -> None:
    """A request is sent again once, not for ever."""
    server.then(acts.answer_then([take_and_leave]), *[Act(take_and_leave)] * 2)
    async with AsyncTried(engine) as client:
        assert (await client.get(server.url())).content == b"first"
        with pytest.raises(ServerDisconnected):
            await client.get(server.url("/second"))
        assert server.count("GET") == 3


async def test_a_body_that_can_be_had_once_is_not_sent_again(engine: str, server: ScriptedServer) -> None:
    server.then(acts.answer_then([take_and_leave]))
    async with AsyncTried(engine) as client:
        assert (await client.get(server.url())).content == b"first"
        with pytest.raises(NetworkError):
            await client.put(server.url(), content=iter([b"a", b"b"]))
        assert server.count("PUT") == 1
        await async_still_well(client, server)


@pytest.mark.parametrize("then", ["close", "close_notify", "reset"])
async def test_closed_while_idle(engine: str, server: ScriptedServer, then: str) -> None:
    """Once the news has had time to arrive, even a POST goes out on another connection."""
    server.then(acts.answer(reply(b"first"), then, hold=0.01))
    async with AsyncTried(engine) as client:
        assert (await client.get(server.url())).content == b"first"
        await async_until(server.acted.is_set)
        await async_sleep(0.02)
        response = await client.post(server.url("/second"), content=b"abc")
        assert response.content == b"POST /second 3"
        assert server.connections == 2


async def test_closed_after_each_answer_while_others_wait(engine: str, server: ScriptedServer) -> None:
    """A connection that is handed on to who waits for it may be closed by then, without a word, as any kept one."""
    without(engine, "httpcore", "what is handed on is not looked at before it is used, and a request goes again once")

    def answer_once(peer: Peer) -> None:
        peer.answer(peer.read_request())
        peer.close_notify()
        peer.read_to_end()

    server.then(*[answer_once] * 200)
    async with AsyncTried(engine, limits=Limits(max_connections=2)) as client:
        for _ in range(4):
            responses = await client.parallel_get([server.url("/one")] * 12, limit=12)
            assert {response.status_code for response in responses} == {200}


async def test_keep_alive_race(engine: str, server: ScriptedServer) -> None:
    """The server closes at about the time of the next request: each GET is answered, whoever wins."""
    rounds = 40
    for number in range(rounds):
        server.then(acts.answer(reply(b"first"), "close_notify", hold=number % 6 / 1000))
    async with AsyncTried(engine) as client:
        for number in range(rounds):
            response = await client.get(server.url())
            assert response.status_code == 200
            await async_sleep(number % 4 / 1000)
        await async_still_well(client, server)


# F16: bytes nobody asked for.


@pytest.mark.parametrize("extra", [EVIL, b"\r\n", b"x", b"HTTP/1.1 "])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_extra_bytes_with_the_answer(engine: str, server: ScriptedServer, extra: bytes, method: str) -> None:
    first = reply(b"first")
    server.then(acts.answer((first if method == "GET" else first[:-5]) + extra))
    async with AsyncTried(engine) as client:
        response = await client.request(method, server.url())
        assert response.content == (b"first" if method == "GET" else b"")
        await async_still_well(client, server)
        assert server.connections == 2


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nevil",
    ],
)
async def test_body_where_none_may_be(engine: str, server: ScriptedServer, data: bytes) -> None:
    server.then(acts.answer(data))
    async with AsyncTried(engine) as client:
        response = await client.get(server.url())
        assert response.content == b""
        await async_still_well(client, server)
        assert server.connections == 2


@pytest.mark.parametrize("extra", [EVIL, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", b"\r\n"])
async def test_unasked_bytes_on_an_idle_connection(engine: str, server: ScriptedServer, extra: bytes) -> None:
    server.then(acts.say_later(extra))
    async with AsyncTried(engine) as client:
        assert (await client.get(server.url())).content == b"GET / 0"
        await async_until(server.acted.is_set)
        await async_sleep(0.02)
        await async_still_well(client, server)
        assert server.connections == 2


# F17: the pool runs out.


async def test_pool_timeout(engine: str, server: ScriptedServer) -> None:
    """Requests that wait for a connection wait their time, and their places are free again."""
    server.then(acts.answer_at_gate, acts.answer_at_gate)
    answers: list[int] = []
    errors: list[type[HTTPError]] = []

    async def ask(client: AsyncClient, timeout: Timeout) -> None:
        try:
            response = await client.get(server.url(), timeout=timeout)
        except HTTPError as error:
            errors.append(type(error))
        else:
            answers.append(response.status_code)

    async with AsyncTried(engine, limits=Limits(max_connections=2)) as client:
        async with AsyncTaskGroup() as group:
            for _ in range(2):
                group.start_soon(ask, client, Timeout(10))
            await async_until(lambda: len(server.received) == 2)
            for number in range(10):
                timeout = Timeout(10, pool=0.1) if number % 2 else Timeout(10, total=0.1)
                group.start_soon(ask, client, timeout)
            await async_until(lambda: len(errors) == 10)
            assert client.pool_stats().waiting == 0
            server.gate.set()
        assert answers == [200, 200]
        assert errors.count(PoolTimeout) == errors.count(TotalTimeout) == 5
        assert server.connections == 2
    async with AsyncTried(engine) as client:
        await async_still_well(client, server)


async def test_waiters_are_served_in_turn(engine: str, server: ScriptedServer) -> None:
    server.then(acts.answer_at_gate)
    order: list[int] = []

    async def ask(client: AsyncClient, number: int) -> None:
        response = await client.get(server.url(f"/{number}"))
        assert response.content == f"GET /{number} 0".encode()
        order.append(number)

    async with AsyncTried(engine, limits=Limits(max_connections=1)) as client:
        async with AsyncTaskGroup() as group:
            for number in range(20):
                group.start_soon(ask, client, number)
                await async_until(lambda number=number: client.pool_stats().waiting == number)  # type: ignore[misc]
                await async_until(lambda: server.received)
            server.gate.set()
        assert order == list(range(20))
        assert [request.target for request in server.received] == [f"/{number}" for number in range(20)]
        assert server.connections == 1
        await async_still_well(client, server)


# F18: responses that are given up.

LARGE = reply(b"x" * 1_000_000)


class Left(Exception):
    pass


@pytest.mark.parametrize("how", ["unread", "break", "raise"])
async def test_left_half_way(engine: str, server: ScriptedServer, how: str) -> None:
    """With one connection allowed, the next request shows that it was given back."""

    async def leave(client: AsyncClient) -> None:
        async with client.stream("GET", server.url()) as response:
            if how == "unread":
                return
            async for piece in response.iter_bytes(1000):
                assert piece == b"x" * 1000
                if how == "raise":
                    raise Left
                return

    server.then(acts.answer(LARGE))
    async with AsyncTried(engine, limits=Limits(max_connections=1), timeout=Timeout(5)) as client:
        if how == "raise":
            with pytest.raises(Left):
                await leave(client)
        else:
            await leave(client)
        await async_still_well(client, server)
        assert server.connections == 2


async def test_dropped_unread(engine: str, server: ScriptedServer) -> None:
    """A response that nobody holds any more frees its connection, and warns."""
    server.then(acts.answer(LARGE))
    async with AsyncTried(engine, limits=Limits(max_connections=1), timeout=Timeout(5)) as client:
        response: AsyncResponse | None = await client.prepare("GET", server.url()).stream().__aenter__()
        assert response is not None
        with pytest.warns(ResourceWarning, match="dropped unread"):
            response = None
        await async_still_well(client, server)


# F8 and F20 in one: given up by time in the middle of a body.


async def test_timed_out_in_the_body(engine: str, server: ScriptedServer) -> None:
    for timeout in (Timeout(10, read=0.1), Timeout(10, total=0.1)):
        server.then(acts.answer(LARGE[:-5]))
        async with AsyncTried(engine) as client:
            started = monotonic()
            with pytest.raises((ReadTimeout, TotalTimeout)):
                await client.get(server.url(), timeout=timeout)
            assert monotonic() - started < 3
            await async_still_well(client, server)


# F22: many faults, one client.


async def test_a_long_row_of_faults_leaves_nothing(engine: str, server: ScriptedServer) -> None:
    kinds: list[Act] = [
        acts.close_at_once(),
        acts.close_at_once(reset=True),
        acts.answer(b""),
        acts.answer(b"", "close"),
        acts.answer(b"garbage"),
        acts.cut(LARGE, 300_000),
        acts.answer(EVIL + EVIL),
        acts.answer(reply(b"good")),
        acts.answer(reply(b"good"), "close_notify"),
        acts.reset_after("body"),
        Act(Peer.serve),
    ]
    good = bad = 0
    async with AsyncTried(engine, limits=Limits(max_keepalive_connections=0)) as client:
        for number in range(55):
            server.then(kinds[number % len(kinds)])
            try:
                response = await client.get(server.url("/x"), timeout=Timeout(5, read=0.05))
            except HTTPError:
                bad += 1
            else:
                good += 1
                assert response.content in (b"evil", b"good", b"GET /x 0")
        assert (good, bad) == (20, 35)
        assert client.pool_stats().open == 0

# Generated from tests/_async/test_faults_reuse.py by scripts/generate_sync.py. Do not edit.
"""Connections that turn bad between requests, responses that are given up, pools that run out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    Client,
    HTTPError,
    Limits,
    NetworkError,
    PoolTimeout,
    ReadTimeout,
    Response,
    ServerDisconnected,
    Timeout,
    TotalTimeout,
)
from duohttp._concurrency import TaskGroup, monotonic, sleep
from duohttp._sync.engines.native.connection import Connection

from ..faults import acts
from ..faults.leaks import nothing_left
from ..faults.scripted_server import Act, Peer, ScriptedServer, reply, scripted_server
from .faulty import ENGINES, Tried, still_well, until, without

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
def test_closed_instead_of_the_second_answer(engine: str, server: ScriptedServer, method: str) -> None:
    """What is idempotent is sent again, once, and nobody notices."""
    server.then(acts.answer_then([take_and_leave]))
    content = b"abc" if method == "PUT" else None
    with Tried(engine) as client:
        assert (client.get(server.url())).content == b"first"
        response = client.request(method, server.url("/second"), content=content)
        assert response.status_code == 200
        assert server.connections == 2
        assert [request.method for request in server.received[1:]] == [method, method]
        still_well(client, server)


def test_a_server_that_always_closes_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end comes in one segment with the answer, where a glance does not see it: once, and then it is looked for."""
    tries: list[str] = []
    exchange = Connection.exchange

    def counted(self: Connection, request: Any, endpoint: Any) -> Any:
        tries.append(request.method)
        return exchange(self, request, endpoint)

    monkeypatch.setattr(Connection, "exchange", counted)
    with nothing_left(), scripted_server() as server:
        server.then(*[answer_and_end_at_once] * 12)
        with Tried("native") as client:
            for method in ("GET", "POST", "GET", "PUT", "GET", "GET"):
                response = client.request(method, server.url(), content=b"abc" if method != "GET" else None)
                assert response.content == b"ok"
                until(lambda: all_ended(client))
    assert len(server.received) == 6
    assert len(tries) <= 7


def all_ended(client: Client) -> bool:
    idle = client._engine._pool._idle  # type: ignore[attr-defined]
    return all(connection.stream.is_stale() for connection in idle)


def answer_and_end_at_once(peer: Peer) -> None:
    peer.read_request()
    if hasattr(socket, "TCP_CORK"):
        peer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    peer.send(reply(b"ok"))
    peer.sock.close()


def test_closed_instead_of_the_second_answer_to_a_post(engine: str, server: ScriptedServer) -> None:
    """It may have been done already: never twice."""
    server.then(acts.answer_then([take_and_leave]))
    with Tried(engine) as client:
        assert (client.get(server.url())).content == b"first"
        with pytest.raises(NetworkError):
            client.post(server.url(), content=b"abc")
        assert server.count("POST") == 1
        still_well(client, server)


def test_closed_instead_of_every_second_answer(engine: str, server: ScriptedServer) -> None:
    """A request is sent again once, not for ever."""
    server.then(acts.answer_then([take_and_leave]), *[Act(take_and_leave)] * 2)
    with Tried(engine) as client:
        assert (client.get(server.url())).content == b"first"
        with pytest.raises(ServerDisconnected):
            client.get(server.url("/second"))
        assert server.count("GET") == 3


def test_a_body_that_can_be_had_once_is_not_sent_again(engine: str, server: ScriptedServer) -> None:
    server.then(acts.answer_then([take_and_leave]))
    with Tried(engine) as client:
        assert (client.get(server.url())).content == b"first"
        with pytest.raises(NetworkError):
            client.put(server.url(), content=iter([b"a", b"b"]))
        assert server.count("PUT") == 1
        still_well(client, server)


@pytest.mark.parametrize("then", ["close", "close_notify", "reset"])
def test_closed_while_idle(engine: str, server: ScriptedServer, then: str) -> None:
    """Once the news has had time to arrive, even a POST goes out on another connection."""
    server.then(acts.answer(reply(b"first"), then, hold=0.01))
    with Tried(engine) as client:
        assert (client.get(server.url())).content == b"first"
        until(server.acted.is_set)
        sleep(0.02)
        response = client.post(server.url("/second"), content=b"abc")
        assert response.content == b"POST /second 3"
        assert server.connections == 2


def test_closed_after_each_answer_while_others_wait(engine: str, server: ScriptedServer) -> None:
    """A connection that is handed on to who waits for it may be closed by then, without a word, as any kept one."""
    without(engine, "httpcore", "what is handed on is not looked at before it is used, and a request goes again once")

    def answer_once(peer: Peer) -> None:
        peer.answer(peer.read_request())
        peer.close_notify()
        peer.read_to_end()

    server.then(*[answer_once] * 200)
    with Tried(engine, limits=Limits(max_connections=2)) as client:
        for _ in range(4):
            responses = client.parallel_get([server.url("/one")] * 12, limit=12)
            assert {response.status_code for response in responses} == {200}


def test_keep_alive_race(engine: str, server: ScriptedServer) -> None:
    """The server closes at about the time of the next request: each GET is answered, whoever wins."""
    rounds = 40
    for number in range(rounds):
        server.then(acts.answer(reply(b"first"), "close_notify", hold=number % 6 / 1000))
    with Tried(engine) as client:
        for number in range(rounds):
            response = client.get(server.url())
            assert response.status_code == 200
            sleep(number % 4 / 1000)
        still_well(client, server)


# F16: bytes nobody asked for.


@pytest.mark.parametrize("extra", [EVIL, b"\r\n", b"x", b"HTTP/1.1 "])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_extra_bytes_with_the_answer(engine: str, server: ScriptedServer, extra: bytes, method: str) -> None:
    first = reply(b"first")
    server.then(acts.answer((first if method == "GET" else first[:-5]) + extra))
    with Tried(engine) as client:
        response = client.request(method, server.url())
        assert response.content == (b"first" if method == "GET" else b"")
        still_well(client, server)
        assert server.connections == 2


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nevil",
    ],
)
def test_body_where_none_may_be(engine: str, server: ScriptedServer, data: bytes) -> None:
    server.then(acts.answer(data))
    with Tried(engine) as client:
        response = client.get(server.url())
        assert response.content == b""
        still_well(client, server)
        assert server.connections == 2


@pytest.mark.parametrize("extra", [EVIL, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", b"\r\n"])
def test_unasked_bytes_on_an_idle_connection(engine: str, server: ScriptedServer, extra: bytes) -> None:
    server.then(acts.say_later(extra))
    with Tried(engine) as client:
        assert (client.get(server.url())).content == b"GET / 0"
        until(server.acted.is_set)
        sleep(0.02)
        still_well(client, server)
        assert server.connections == 2


# F17: the pool runs out.


def test_pool_timeout(engine: str, server: ScriptedServer) -> None:
    """Requests that wait for a connection wait their time, and their places are free again."""
    server.then(acts.answer_at_gate, acts.answer_at_gate)
    answers: list[int] = []
    errors: list[type[HTTPError]] = []

    def ask(client: Client, timeout: Timeout) -> None:
        try:
            response = client.get(server.url(), timeout=timeout)
        except HTTPError as error:
            errors.append(type(error))
        else:
            answers.append(response.status_code)

    with Tried(engine, limits=Limits(max_connections=2)) as client:
        with TaskGroup() as group:
            for _ in range(2):
                group.start_soon(ask, client, Timeout(10))
            until(lambda: len(server.received) == 2)
            for number in range(10):
                timeout = Timeout(10, pool=0.1) if number % 2 else Timeout(10, total=0.1)
                group.start_soon(ask, client, timeout)
            until(lambda: len(errors) == 10)
            assert client.pool_stats().waiting == 0
            server.gate.set()
        assert answers == [200, 200]
        assert errors.count(PoolTimeout) == errors.count(TotalTimeout) == 5
        assert server.connections == 2
    with Tried(engine) as client:
        still_well(client, server)


def test_waiters_are_served_in_turn(engine: str, server: ScriptedServer) -> None:
    server.then(acts.answer_at_gate)
    order: list[int] = []

    def ask(client: Client, number: int) -> None:
        response = client.get(server.url(f"/{number}"))
        assert response.content == f"GET /{number} 0".encode()
        order.append(number)

    with Tried(engine, limits=Limits(max_connections=1)) as client:
        with TaskGroup() as group:
            for number in range(20):
                group.start_soon(ask, client, number)
                until(lambda number=number: client.pool_stats().waiting == number)  # type: ignore[misc]
                until(lambda: server.received)
            server.gate.set()
        assert order == list(range(20))
        assert [request.target for request in server.received] == [f"/{number}" for number in range(20)]
        assert server.connections == 1
        still_well(client, server)


# F18: responses that are given up.

LARGE = reply(b"x" * 1_000_000)


class Left(Exception):
    pass


@pytest.mark.parametrize("how", ["unread", "break", "raise"])
def test_left_half_way(engine: str, server: ScriptedServer, how: str) -> None:
    """With one connection allowed, the next request shows that it was given back."""

    def leave(client: Client) -> None:
        with client.stream("GET", server.url()) as response:
            if how == "unread":
                return
            for piece in response.iter_bytes(1000):
                assert piece == b"x" * 1000
                if how == "raise":
                    raise Left
                return

    server.then(acts.answer(LARGE))
    with Tried(engine, limits=Limits(max_connections=1), timeout=Timeout(5)) as client:
        if how == "raise":
            with pytest.raises(Left):
                leave(client)
        else:
            leave(client)
        still_well(client, server)
        assert server.connections == 2


def test_dropped_unread(engine: str, server: ScriptedServer) -> None:
    """A response that nobody holds any more frees its connection, and warns."""
    server.then(acts.answer(LARGE))
    with Tried(engine, limits=Limits(max_connections=1), timeout=Timeout(5)) as client:
        response: Response | None = client.prepare("GET", server.url()).stream().__enter__()
        assert response is not None
        with pytest.warns(ResourceWarning, match="dropped unread"):
            response = None
        still_well(client, server)


# F8 and F20 in one: given up by time in the middle of a body.


def test_timed_out_in_the_body(engine: str, server: ScriptedServer) -> None:
    for timeout in (Timeout(10, read=0.1), Timeout(10, total=0.1)):
        server.then(acts.answer(LARGE[:-5]))
        with Tried(engine) as client:
            started = monotonic()
            with pytest.raises((ReadTimeout, TotalTimeout)):
                client.get(server.url(), timeout=timeout)
            assert monotonic() - started < 3
            still_well(client, server)


# F22: many faults, one client.


def test_a_long_row_of_faults_leaves_nothing(engine: str, server: ScriptedServer) -> None:
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
    with Tried(engine, limits=Limits(max_keepalive_connections=0)) as client:
        for number in range(55):
            server.then(kinds[number % len(kinds)])
            try:
                response = client.get(server.url("/x"), timeout=Timeout(5, read=0.05))
            except HTTPError:
                bad += 1
            else:
                good += 1
                assert response.content in (b"evil", b"good", b"GET /x 0")
        assert (good, bad) == (20, 35)
        assert client.pool_stats().open == 0

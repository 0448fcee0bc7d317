# Generated from tests/_async/test_circuit_breaker.py by scripts/generate_sync.py. Do not edit.
"""CircuitBreaker in a client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from duohttp import (
    CircuitBreaker,
    CircuitOpen,
    Client,
    ConnectError,
    HTTPError,
    MockEngine,
    Request,
    Response,
    Retry,
    TransportError,
    reply,
)
from duohttp._concurrency import Event, ManualClock, spawn, use_clock
from duohttp._sync.proceed import Proceed

from ..servers.asgi import AsgiServer
from .scripted import ScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    clock = ManualClock()
    with use_clock(clock):
        yield clock


def failing(error: type[HTTPError]) -> MockEngine:
    return MockEngine(reply(error=error), cycle=False).enqueue(reply(200))


def open_circuit(client: Client, times: int = 5, url: str = URL) -> None:
    for _ in range(times):
        client.get(url)


def test_a_server_that_fails_is_left_alone_for_a_while(clock: ManualClock) -> None:
    engine = MockEngine(*[reply(500)] * 5, reply(500), reply(200), reply(200), cycle=False)
    client = Client(engine=engine, plugins=[CircuitBreaker()])
    open_circuit(client)
    for _ in range(3):
        with pytest.raises(CircuitOpen, match=r"http://a\.test:80 failed too often .* in 30 s") as caught:
            client.get(URL)
    assert caught.value.retry_after == 30
    assert caught.value.request is not None
    assert isinstance(caught.value, TransportError)
    assert len(engine.history) == 5
    clock.advance(30)
    assert (client.get(URL)).status_code == 500  # the one that tries
    with pytest.raises(CircuitOpen):
        client.get(URL)
    clock.advance(30)
    assert (client.get(URL)).status_code == 200
    assert (client.get(URL)).status_code == 200


def test_each_origin_has_its_own_and_clients_share_them() -> None:
    engine = MockEngine()
    engine.on(url="http://a.test/*").reply(500)
    engine.on(url="*").reply(200)
    breaker = CircuitBreaker(threshold=2)
    client = Client(engine=engine, plugins=[breaker])
    open_circuit(client, 2)
    assert (client.get("http://a.test:81/")).status_code == 200
    assert (client.get("https://a.test/")).status_code == 200
    for refused in (client, Client(engine=engine, plugins=[breaker])):
        with pytest.raises(CircuitOpen):
            refused.get("http://A.test:80/other", follow_redirects=False)
    assert (client.get(URL, attributes={CircuitBreaker: None})).status_code == 500


@pytest.mark.parametrize("swapped", [False, True])
def test_with_retry_every_attempt_counts_and_the_refusal_is_final(swapped: bool) -> None:
    engine = MockEngine(reply(error=ConnectError("no")))
    plugins: list[Any] = [Retry(9, constant_delay=0), CircuitBreaker(threshold=3)]
    client = Client(engine=engine, plugins=plugins[::-1] if swapped else plugins)
    with pytest.raises(CircuitOpen) as caught:
        client.get(URL)
    assert len(engine.history) == 3
    assert [type(attempt.error) for attempt in caught.value.attempts] == [ConnectError] * 3 + [CircuitOpen]


def test_a_cancelled_try_lets_another_one(clock: ManualClock) -> None:
    hanging, never = Event(), Event()

    def hang(request: Request, proceed: Proceed) -> Response:
        hanging.set()
        never.wait()
        return proceed(request)

    client = Client(engine=failing(ConnectError), plugins=[CircuitBreaker(threshold=1)])
    with pytest.raises(ConnectError):
        client.get(URL)
    clock.advance(30)
    with client.intercept(hang):
        probe = spawn(client.get, URL)
        assert hanging.wait(20)
        with pytest.raises(CircuitOpen):
            client.get(URL)
        probe.cancel()
        assert probe.wait(20)
    assert (client.get(URL)).status_code == 200


def test_a_failure_if_that_fails_leaves_nothing_open() -> None:
    def broken(response: Any, error: Any) -> bool:
        raise ZeroDivisionError("mine")

    engine = ScriptedEngine(lambda request: (200, {}, [b"a", b"b"]))
    client = Client(engine=engine, plugins=[CircuitBreaker(failure_if=broken)])
    with pytest.raises(ZeroDivisionError):
        client.stream("GET", URL).__enter__()
    assert engine.streams[0].closed


def test_two_of_them_are_refused() -> None:
    with pytest.raises(ValueError, match="two plugins of one kind"):
        Client(engine=MockEngine(), plugins=[CircuitBreaker(), CircuitBreaker(threshold=2)])


def test_against_a_real_server(asgi_server: AsgiServer, clock: ManualClock) -> None:
    breaker = CircuitBreaker(threshold=2, open_for=10)
    with Client(base_url=asgi_server.url, plugins=[breaker]) as client:
        key = uuid4().hex
        for _ in range(2):
            assert (client.get(f"flaky/{key}", params={"fail": 2})).status_code == 503
        with pytest.raises(CircuitOpen):
            client.get(f"flaky/{key}")
        clock.advance(10)
        with client.stream("GET", f"flaky/{key}", params={"fail": 2}) as response:
            assert response.status_code == 200
            assert response.read() == b'{"calls": 3}'
        assert (client.get("")).status_code == 200
        assert client.pool_stats().open == client.pool_stats().idle

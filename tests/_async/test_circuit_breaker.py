"""CircuitBreaker in a client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    CircuitBreaker,
    CircuitOpen,
    ConnectError,
    HTTPError,
    MockEngine,
    Request,
    Retry,
    TransportError,
    reply,
)
from duohttp._async.proceed import AsyncProceed
from duohttp._concurrency import AsyncEvent, ManualClock, async_spawn, use_clock

from ..servers.asgi import AsgiServer
from .scripted import AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    clock = ManualClock()
    with use_clock(clock):
        yield clock


def failing(error: type[HTTPError]) -> MockEngine:
    return MockEngine(reply(error=error), cycle=False).enqueue(reply(200))


async def open_circuit(client: AsyncClient, times: int = 5, url: str = URL) -> None:
    for _ in range(times):
        await client.get(url)


async def test_a_server_that_fails_is_left_alone_for_a_while(clock: ManualClock) -> None:
    engine = MockEngine(*[reply(500)] * 5, reply(500), reply(200), reply(200), cycle=False)
    client = AsyncClient(engine=engine, plugins=[CircuitBreaker()])
    await open_circuit(client)
    for _ in range(3):
        with pytest.raises(CircuitOpen, match=r"http://a\.test:80 failed too often .* in 30 s") as caught:
            await client.get(URL)
    assert caught.value.retry_after == 30
    assert caught.value.request is not None
    assert isinstance(caught.value, TransportError)
    assert len(engine.history) == 5
    clock.advance(30)
    assert (await client.get(URL)).status_code == 500  # the one that tries
    with pytest.raises(CircuitOpen):
        await client.get(URL)
    clock.advance(30)
    assert (await client.get(URL)).status_code == 200
    assert (await client.get(URL)).status_code == 200


async def test_each_origin_has_its_own_and_clients_share_them() -> None:
    engine = MockEngine()
    engine.on(url="http://a.test/*").reply(500)
    engine.on(url="*").reply(200)
    breaker = CircuitBreaker(threshold=2)
    client = AsyncClient(engine=engine, plugins=[breaker])
    await open_circuit(client, 2)
    assert (await client.get("http://a.test:81/")).status_code == 200
    assert (await client.get("https://a.test/")).status_code == 200
    for refused in (client, AsyncClient(engine=engine, plugins=[breaker])):
        with pytest.raises(CircuitOpen):
            await refused.get("http://A.test:80/other", follow_redirects=False)
    assert (await client.get(URL, attributes={CircuitBreaker: None})).status_code == 500


@pytest.mark.parametrize("swapped", [False, True])
async def test_with_retry_every_attempt_counts_and_the_refusal_is_final(swapped: bool) -> None:
    engine = MockEngine(reply(error=ConnectError("no")))
    plugins: list[Any] = [Retry(9, constant_delay=0), CircuitBreaker(threshold=3)]
    client = AsyncClient(engine=engine, plugins=plugins[::-1] if swapped else plugins)
    with pytest.raises(CircuitOpen) as caught:
        await client.get(URL)
    assert len(engine.history) == 3
    assert [type(attempt.error) for attempt in caught.value.attempts] == [ConnectError] * 3 + [CircuitOpen]


async def test_a_cancelled_try_lets_another_one(clock: ManualClock) -> None:
    hanging, never = AsyncEvent(), AsyncEvent()

    async def hang(request: Request, proceed: AsyncProceed) -> AsyncResponse:
        hanging.set()
        await never.wait()
        return await proceed(request)

    client = AsyncClient(engine=failing(ConnectError), plugins=[CircuitBreaker(threshold=1)])
    with pytest.raises(ConnectError):
        await client.get(URL)
    clock.advance(30)
    with client.intercept(hang):
        probe = async_spawn(client.get, URL)
        assert await hanging.wait(20)
        with pytest.raises(CircuitOpen):
            await client.get(URL)
        probe.cancel()
        assert await probe.wait(20)
    assert (await client.get(URL)).status_code == 200


async def test_a_failure_if_that_fails_leaves_nothing_open() -> None:
    def broken(response: Any, error: Any) -> bool:
        raise ZeroDivisionError("mine")

    engine = AsyncScriptedEngine(lambda request: (200, {}, [b"a", b"b"]))
    client = AsyncClient(engine=engine, plugins=[CircuitBreaker(failure_if=broken)])
    with pytest.raises(ZeroDivisionError):
        await client.stream("GET", URL).__aenter__()
    assert engine.streams[0].closed


async def test_two_of_them_are_refused() -> None:
    with pytest.raises(ValueError, match="two plugins of one kind"):
        AsyncClient(engine=MockEngine(), plugins=[CircuitBreaker(), CircuitBreaker(threshold=2)])


async def test_against_a_real_server(asgi_server: AsgiServer, clock: ManualClock) -> None:
    breaker = CircuitBreaker(threshold=2, open_for=10)
    async with AsyncClient(base_url=asgi_server.url, plugins=[breaker]) as client:
        key = uuid4().hex
        for _ in range(2):
            assert (await client.get(f"flaky/{key}", params={"fail": 2})).status_code == 503
        with pytest.raises(CircuitOpen):
            await client.get(f"flaky/{key}")
        clock.advance(10)
        async with client.stream("GET", f"flaky/{key}", params={"fail": 2}) as response:
            assert response.status_code == 200
            assert await response.read() == b'{"calls": 3}'
        assert (await client.get("")).status_code == 200
        assert client.pool_stats().open == client.pool_stats().idle

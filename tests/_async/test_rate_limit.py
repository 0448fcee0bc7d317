"""RateLimit: who waits how long, and what a server's words do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    ConnectError,
    MockEngine,
    RateLimit,
    RateLimitTimeout,
    Request,
    Retry,
    Timeout,
    TotalTimeout,
    reply,
)
from duohttp._concurrency import AsyncTaskGroup, Clock, ManualClock, async_spawn, use_clock

from ..servers.asgi import AsgiServer
from .counting import AsyncCountingEngine, until
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    clock = ManualClock()
    with use_clock(clock):
        yield clock


def timed(clock: ManualClock, **options: Any) -> tuple[AsyncScriptedEngine, list[float]]:
    times: list[float] = []

    def answer(request: Request) -> Answer:
        times.append(clock.monotonic() - 1000)
        return 200, {}, b"x"

    return AsyncScriptedEngine(answer), times


async def test_requests_per_interval(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = AsyncClient(engine=engine, plugins=[RateLimit(2, per=10)])
    for _ in range(5):
        await client.get(URL)
    assert times == pytest.approx([0, 0, 5, 10, 15])
    clock.advance(3600)
    for _ in range(3):
        await client.get(URL)
    assert times[5:] == pytest.approx([3615, 3615, 3620])


async def test_a_burst_of_one_spreads_evenly(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = AsyncClient(engine=engine, plugins=[RateLimit(5, burst=1)])
    for _ in range(4):
        await client.get(URL)
    assert times == pytest.approx([0, 0.2, 0.4, 0.6])


async def test_for_each_origin_or_overall(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = AsyncClient(engine=engine, plugins=[RateLimit(1)])
    for url in ("http://a.test/", "http://b.test/", "https://a.test/", "http://a.test:81/", "http://A.test:80/x"):
        await client.get(url)
    assert times == [0, 0, 0, 0, 1]
    client = AsyncClient(engine=engine, plugins=[RateLimit(1, overall=True)])
    for url in ("http://a.test/", "http://b.test/", "http://c.test/"):
        await client.get(url)
    assert times[5:] == [1, 2, 3]


async def test_clients_and_variants_share_it(clock: ManualClock) -> None:
    engine, times = timed(clock)
    limit = RateLimit(1)
    for client in (AsyncClient(engine=engine, plugins=[limit]), AsyncClient(engine=engine, plugins=[limit])):
        await client.get(URL)
        await client.get(URL, follow_redirects=False)
        await client.get(URL, attributes={RateLimit: None})
    assert times == [0, 1, 1, 2, 3, 3]


async def test_redirects_and_retries_are_counted(clock: ManualClock) -> None:
    engine = MockEngine(reply(500), reply(302, headers={"location": "/b"}), reply(200), cycle=False)
    client = AsyncClient(engine=engine, plugins=[RateLimit(1), Retry(constant_delay=0.25)])
    assert (await client.get(URL)).status_code == 200
    assert clock.sleeps == [0.25, 0.75, 1.0]


async def test_first_come_first_served() -> None:
    engine = AsyncCountingEngine()
    client = AsyncClient(engine=engine, plugins=[RateLimit(1000, burst=1, concurrent=1)])
    with use_clock(Clock()):
        async with AsyncTaskGroup() as group:
            for number in range(20):
                group.start_soon(client.get, f"http://a.test/{number}?delay=0.001")
                await come(client, engine, number + 1)
    assert engine.started == [f"/{number}" for number in range(20)]
    assert engine.most == 1


def waiting(client: AsyncClient) -> int:
    """Count those that wait at the gates of a client's RateLimit."""
    limit = next(plugin for plugin in client._chain.plugins if isinstance(plugin, RateLimit))
    states = vars(limit).get("_states", {}).values()
    return sum(len(gate.queue) + gate.busy for state in states for gate in state.value._gates.values())


async def come(client: AsyncClient, engine: AsyncCountingEngine, count: int) -> None:
    """Wait until so many have come to the gate or gone through."""
    await until(lambda: len(engine.started) + waiting(client) >= count)


async def test_no_more_than_so_many_at_once() -> None:
    engine = AsyncCountingEngine()
    client = AsyncClient(engine=engine, plugins=[RateLimit(concurrent=3)])
    with use_clock(Clock()):
        results = await client.parallel([f"http://a.test/{n}?delay=0.002" for n in range(30)], limit=30)
    assert len(results) == 30
    assert engine.most == 3


async def test_failures_free_their_place() -> None:
    engine = AsyncCountingEngine()
    client = AsyncClient(engine=engine, plugins=[RateLimit(concurrent=1)])
    for _ in range(3):
        with pytest.raises(ConnectError):
            await client.get(f"{URL}?fail")
    assert (await client.get(URL)).status_code == 200


async def test_a_stream_keeps_its_place_until_it_is_closed() -> None:
    engine = AsyncScriptedEngine(lambda request: (200, {}, [b"a", b"b"]))
    client = AsyncClient(engine=engine, plugins=[RateLimit(concurrent=1, max_wait=0)])

    async def refused() -> bool:
        try:
            await client.get(URL)
        except RateLimitTimeout:
            return True
        return False

    async with client.stream("GET", URL) as response:
        assert await refused()
    assert not await refused()
    async with client.stream("GET", URL) as response:
        assert [piece async for piece in response.iter_bytes()] == [b"a", b"b"]
        assert not await refused()
    async with client.stream("GET", URL) as response:
        assert await response.read() == b"ab"
        assert response.trailers == {}
        assert not await refused()
    request = client.build_request("GET", URL)
    request.stream = True
    response = await client.send(request)
    assert await refused()
    with pytest.warns(ResourceWarning, match="dropped unread"):
        del response
    assert not await refused()


async def test_retry_after_closes_the_gate(clock: ManualClock) -> None:
    engine = MockEngine(reply(429, headers={"retry-after": "7"}), reply(200), cycle=False).enqueue(reply(200))
    client = AsyncClient(engine=engine, plugins=[RateLimit()])
    assert (await client.get(URL)).status_code == 429
    await client.get("http://b.test/")
    assert clock.sleeps == []
    await client.get(URL)
    assert clock.sleeps == [7.0]


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (503, {"retry-after": "7"}, [7.0]),
        (500, {"retry-after": "7"}, []),
        (429, {}, []),
        (429, {"retry-after": "86400"}, [300.0]),
        (200, {"ratelimit": '"a";r=0;t=9'}, [9.0]),
        (200, {"ratelimit": '"a";r=1;t=9'}, []),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000004"}, [4.0]),
        (200, {"ratelimit-remaining": "0", "ratelimit-reset": "99999"}, [300.0]),
    ],
)
async def test_what_servers_say(
    status: int, headers: dict[str, str], expected: list[float], clock: ManualClock
) -> None:
    for learn, sleeps in ((True, expected), (False, [])):
        clock.sleeps.clear()
        engine = MockEngine(reply(status, headers=headers), reply(200), cycle=False)
        client = AsyncClient(engine=engine, plugins=[RateLimit(learn=learn)])
        await client.get(URL)
        await client.get(URL)
        assert clock.sleeps == sleeps


async def test_a_quota_is_used_up_together(clock: ManualClock) -> None:
    engine = MockEngine(reply(200, headers={"ratelimit": '"a";r=2;t=10'}), *[reply(200)] * 3)
    client = AsyncClient(engine=engine, plugins=[RateLimit()])
    for _ in range(3):
        await client.get(URL)
    assert clock.sleeps == []
    await client.get(URL)
    assert clock.sleeps == [10.0]


async def test_no_wait_beyond_the_deadline(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = AsyncClient(engine=engine, plugins=[RateLimit(1, per=60)])
    await client.get(URL)
    with pytest.raises(TotalTimeout, match=r"a wait of 60 s .*the call's limit of 5 s") as caught:
        await client.get(URL, timeout=Timeout(total=5))
    assert caught.value.request is not None
    assert clock.sleeps == []
    await client.get(URL, timeout=Timeout(total=61))
    assert times == [0, 60]


async def test_no_wait_beyond_max_wait(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = AsyncClient(engine=engine, plugins=[RateLimit(1, per=60, max_wait=30)])
    await client.get(URL)
    with pytest.raises(RateLimitTimeout, match="a wait of 60 s that would pass its max_wait of 30 s"):
        await client.get(URL, timeout=Timeout(total=50))
    clock.advance(31)
    await client.get(URL)
    assert times == [0, 60]


async def test_a_wait_for_a_place_ends_too() -> None:
    engine = AsyncCountingEngine()
    client = AsyncClient(engine=engine, plugins=[RateLimit(concurrent=1, max_wait=0.05)])
    with use_clock(Clock()):
        slow = async_spawn(client.get, f"{URL}slow?delay=60")
        await until(lambda: engine.in_flight)
        for timeout, error in ((Timeout(total=0.01), TotalTimeout), (Timeout(), RateLimitTimeout)):
            with pytest.raises(error, match="RateLimit asks for a wait"):
                await client.get(URL, timeout=timeout)
        slow.cancel()
        assert await slow.wait(20)
        assert (await client.get(URL)).status_code == 200
    assert engine.started == ["/slow", "/"]


async def test_those_who_give_up_hold_nobody_back() -> None:
    engine = AsyncCountingEngine()
    client = AsyncClient(engine=engine, plugins=[RateLimit(concurrent=1)])
    with use_clock(Clock()):
        first = async_spawn(client.get, f"{URL}first?delay=60")
        await until(lambda: engine.in_flight)
        others = []
        for number in range(3):
            others.append(async_spawn(client.get, f"{URL}{number}"))
            await come(client, engine, number + 2)
        others[1].cancel()
        assert await others[1].wait(20)
        others[0].cancel()
        assert await others[0].wait(20)
        first.cancel()
        assert await others[2].wait(20)
        assert await first.wait(20)
        assert others[2].value().status_code == 200
        assert waiting(client) == 0
    assert engine.started == ["/first", "/2"]


async def test_a_sleeper_that_is_cancelled_lets_the_next_one_come() -> None:
    engine = AsyncCountingEngine()
    client = AsyncClient(engine=engine, plugins=[RateLimit(1, per=3600)])
    with use_clock(Clock()):
        await client.get(URL)
        sleeper = async_spawn(client.get, f"{URL}sleeper")
        await until(lambda: waiting(client) == 1)
        second = async_spawn(client.get, f"{URL}second")
        await until(lambda: waiting(client) == 2)
        sleeper.cancel()
        assert await sleeper.wait(20)
        await until(lambda: waiting(client) == 1)
        second.cancel()
        assert await second.wait(20)
        assert waiting(client) == 0
    assert engine.started == ["/"]


async def test_two_of_them_are_refused() -> None:
    with pytest.raises(ValueError, match=r"RateLimit\(requests=1\) and RateLimit\(requests=2\)"):
        AsyncClient(engine=MockEngine(), plugins=[RateLimit(1), RateLimit(2)])


async def test_against_a_real_server(asgi_server: AsgiServer) -> None:
    with use_clock(Clock()):
        async with AsyncClient(base_url=asgi_server.url, plugins=[RateLimit(1000, concurrent=2)]) as client:
            results = await client.parallel(["bytes/10"] * 20, limit=20)
            assert {response.status_code for response in results} == {200}
            assert client.pool_stats().opened <= 2
            async with client.stream("GET", "bytes/100000") as response:
                assert len(await response.read()) == 100_000
            assert client.pool_stats().open == client.pool_stats().idle

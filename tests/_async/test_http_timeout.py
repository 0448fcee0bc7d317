"""HttpTimeout: attempts and calls end by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AttemptTimeout,
    Deadline,
    HttpTimeout,
    MockEngine,
    ReadTimeout,
    Request,
    Retry,
    Timeout,
    TimeoutException,
    TotalTimeout,
    reply,
)
from duohttp._concurrency import Clock, ManualClock, use_clock

from ..servers.asgi import AsgiServer
from ..servers.raw import Hang, RawServer
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"
SLOW = Timeout(None)
WHOLE = HttpTimeout(attempt=0.2, streams=True)


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    clock = ManualClock()
    with use_clock(clock):
        yield clock


async def test_an_attempt_that_is_too_slow() -> None:
    client = AsyncClient(engine=MockEngine(reply(200, delay=5)), plugins=[HttpTimeout(attempt=2)])
    with pytest.raises(AttemptTimeout, match="the attempt took longer than 2 s") as caught:
        await client.get(URL)
    assert caught.value.request is not None
    assert str(caught.value).endswith(f"(GET {URL})")


async def test_each_attempt_has_its_own_time(clock: ManualClock) -> None:
    engine = MockEngine(
        reply(500, delay=2), reply(302, headers={"location": "/b"}, delay=2), reply(200, delay=2), cycle=False
    )
    plugins = [HttpTimeout(attempt=3), Retry(constant_delay=1)]
    for order in (plugins, plugins[::-1]):
        engine.reset()
        began = clock.monotonic()
        assert (await AsyncClient(engine=engine, plugins=order).get(URL)).status_code == 200
        assert clock.monotonic() - began == 7


async def test_slow_attempts_are_tried_again_when_asked(clock: ManualClock) -> None:
    engine = MockEngine(reply(200, delay=9), reply(200, text="quick"), cycle=False)
    client = AsyncClient(engine=engine, plugins=[HttpTimeout(attempt=3), Retry(retry_on_timeout=True)])
    response = await client.get(URL)
    assert response.text == "quick"
    assert isinstance(response.attempts[0].error, AttemptTimeout)
    assert response.attempts[0].elapsed == 3
    engine.reset()
    with pytest.raises(AttemptTimeout):
        await client.get(URL, attributes={Retry: Retry()})


async def test_the_whole_call(clock: ManualClock) -> None:
    engine = MockEngine(reply(500, delay=2))
    client = AsyncClient(engine=engine, plugins=[HttpTimeout(call=7), Retry(9, constant_delay=1)])
    with pytest.raises(TotalTimeout, match="the call took longer than 7 s"):
        await client.get(URL)
    assert len(engine.history) == 3


@pytest.mark.parametrize(
    ("attempt", "call", "total", "error", "seconds"),
    [
        (3, None, 2, TotalTimeout, 2),
        (2, None, 3, AttemptTimeout, 2),
        (None, 2, 3, TotalTimeout, 2),
        (None, 3, 2, TotalTimeout, 2),
        (2, 3, 4, AttemptTimeout, 2),
        (3, 2, None, TotalTimeout, 2),
        (9, 9, None, ReadTimeout, 5),
    ],
)
async def test_the_shortest_time_counts(
    attempt: float | None,
    call: float | None,
    total: float | None,
    error: type[TimeoutException],
    seconds: float,
    clock: ManualClock,
) -> None:
    engine = MockEngine(reply(200, delay=60))
    client = AsyncClient(engine=engine, plugins=[HttpTimeout(attempt=attempt, call=call)])
    began = clock.monotonic()
    with pytest.raises(error) as caught:
        await client.get(URL, timeout=Timeout(5, total=total))
    assert type(caught.value) is error
    assert clock.monotonic() - began == seconds


async def test_for_one_request() -> None:
    client = AsyncClient(engine=MockEngine(reply(200, delay=5)), plugins=[HttpTimeout(attempt=2)])
    assert (await client.get(URL, attributes={HttpTimeout: HttpTimeout(attempt=6)})).status_code == 200
    assert (await client.get(URL, attributes={HttpTimeout: None})).status_code == 200
    with pytest.raises(TotalTimeout):
        await client.get(URL, attributes={HttpTimeout: HttpTimeout(call=1)})
    with pytest.raises(AttemptTimeout):
        await client.get(URL)


async def test_what_an_attempt_waits_by() -> None:
    waits: list[tuple[float, float]] = []

    def answer(request: Request) -> Answer:
        assert request.deadline is not None
        waits.append((request.deadline.clamp(None), request.deadline.clamp(1)))
        return 200, {}, b""

    client = AsyncClient(engine=AsyncScriptedEngine(answer), plugins=[HttpTimeout(attempt=2)])
    await client.get(URL)
    await client.get(URL, timeout=Timeout(total=1.5))
    assert waits == [(2, 1), (1.5, 1)]


async def test_streams_are_limited_to_the_head(clock: ManualClock) -> None:
    deadlines: list[Deadline] = []

    def answer(request: Request) -> Answer:
        if request.deadline is not None:
            deadlines.append(request.deadline)
        return 200, {}, b"body"

    client = AsyncClient(engine=AsyncScriptedEngine(answer), plugins=[HttpTimeout(attempt=2, call=5)])
    async with client.stream("GET", URL):
        clock.advance(3600)
        assert not deadlines[0].expired
        assert deadlines[0].clamp(30) == 30
        assert 3600 < deadlines[0].clamp(None) < 2**31 / 1000
    async with client.stream("GET", URL, timeout=Timeout(total=60)):
        clock.advance(50)
        assert deadlines[1].remaining() == 10
        clock.advance(20)
        with pytest.raises(TotalTimeout, match="60 s"):
            deadlines[1].clamp(30)
    async with client.stream("GET", URL, attributes={HttpTimeout: HttpTimeout(attempt=2, streams=True)}):
        clock.advance(3)
        with pytest.raises(AttemptTimeout):
            deadlines[2].clamp(30)
    async with client.stream("GET", URL, attributes={HttpTimeout: HttpTimeout(call=2, streams=True)}):
        clock.advance(3)
        with pytest.raises(TotalTimeout):
            deadlines[3].clamp(30)
    slow = AsyncClient(engine=MockEngine(reply(200, delay=5)), plugins=[HttpTimeout(attempt=2)])
    with pytest.raises(AttemptTimeout):
        await slow.stream("GET", URL).__aenter__()


@pytest.mark.parametrize("wrong", [0, -1, float("inf"), float("nan"), True, "1"])
@pytest.mark.parametrize("name", ["attempt", "call"])
async def test_what_is_no_time_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=name):
        HttpTimeout(**{name: wrong})


async def test_two_of_them_are_refused() -> None:
    with pytest.raises(ValueError, match="two plugins of one kind"):
        AsyncClient(engine=MockEngine(), plugins=[HttpTimeout(call=1), HttpTimeout(attempt=1)])


async def test_against_a_real_server(asgi_server: AsgiServer, raw_server: Callable[..., RawServer]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    with use_clock(Clock()):
        async with AsyncClient(base_url=asgi_server.url, plugins=[HttpTimeout(attempt=0.2)], timeout=SLOW) as client:
            with pytest.raises(AttemptTimeout):
                await client.get("slow", params={"delay": 30})
            with pytest.raises(AttemptTimeout):
                await client.get("drip", params={"n": 100, "delay": 0.05})
            assert (await client.get("", attributes={HttpTimeout: HttpTimeout(attempt=20)})).status_code == 200
            assert client.pool_stats().open == client.pool_stats().idle == 1
            async with client.stream("GET", "drip", params={"n": 5, "delay": 0.05}) as response:
                assert len(await response.read()) > 0
            limited = client.stream("GET", "drip", params={"n": 99, "delay": 0.05}, attributes={HttpTimeout: WHOLE})
            async with limited as response:
                with pytest.raises(AttemptTimeout):
                    await response.read()
        server = raw_server([head + b"01", Hang()])
        async with AsyncClient(plugins=[HttpTimeout(call=0.2)], timeout=SLOW) as client:
            with pytest.raises(TotalTimeout):
                await client.get(server.url)

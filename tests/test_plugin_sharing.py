"""One plugin object in many hands: clients of both colours, threads, a forked child."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    CircuitBreaker,
    CircuitOpen,
    Client,
    Coalesce,
    HttpCache,
    MockEngine,
    RateLimit,
    RateLimitTimeout,
    Request,
    Response,
    Retry,
    TimeoutException,
    reply,
)
from duohttp.engines.mock import Recorded

URL = "http://a.test/"


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.001)


async def get_async(engine: MockEngine, plugin: Any) -> AsyncResponse:
    async with AsyncClient(engine=engine, plugins=[plugin]) as client:
        return await client.get(URL)


def waiting(plugin: RateLimit) -> int:
    states = vars(plugin)["_states"].values()
    return sum(len(gate.queue) + gate.busy for state in states for gate in list(state.value._gates.values()))


def test_both_colours_queue_at_one_gate() -> None:
    engine = MockEngine(reply(200, text="x"))
    limit = RateLimit(concurrent=1)
    with Client(engine=engine, plugins=[limit]) as client, ThreadPoolExecutor(2) as pool:
        with client.stream("GET", URL):
            first = pool.submit(asyncio.run, get_async(engine, limit))
            until(lambda: waiting(limit) == 1)
            second = pool.submit(client.get, URL)
            until(lambda: waiting(limit) == 2)
            assert not first.done()
            assert not second.done()
        assert isinstance(first.result(20), AsyncResponse)
        assert isinstance(second.result(20), Response)
    assert waiting(limit) == 0


@pytest.mark.parametrize("plugin", [Coalesce, HttpCache])
def test_a_cancelled_async_leader_hands_over_to_a_thread(plugin: type[Coalesce] | type[HttpCache]) -> None:
    """And the other way round is the same code: what they tell each other is one object in both colours."""
    shared = plugin()
    requests: list[Recorded] = []

    async def answer(request: Recorded) -> Any:
        requests.append(request)
        await asyncio.sleep(60)

    def waiters() -> int:
        states = vars(shared).get("_states", {}).values()
        flights = [getattr(state.value, "flights", state.value)._flights for state in states]
        return sum(len(flight.waiters) for each in flights for flight in list(each.values()))

    async def lead() -> None:
        async with AsyncClient(engine=MockEngine(answer), plugins=[shared]) as client:
            task = asyncio.create_task(client.get(URL))
            await asyncio.to_thread(until, waiters)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    headers = {"Cache-Control": "max-age=60"}
    with Client(engine=MockEngine(reply(200, text="x", headers=headers)), plugins=[shared]) as client:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(asyncio.run, lead())
            until(lambda: requests)
            second = pool.submit(client.get, URL)
            first.result(20)
            assert second.result(20).text == "x"


def test_both_colours_see_one_circuit() -> None:
    engine = MockEngine(reply(500))
    breaker = CircuitBreaker(threshold=2)
    with Client(engine=engine, plugins=[breaker]) as client:
        client.get(URL)
        asyncio.run(get_async(engine, breaker))
        with pytest.raises(CircuitOpen):
            client.get(URL)
    with pytest.raises(CircuitOpen):
        asyncio.run(get_async(engine, breaker))


@pytest.mark.parametrize("leader", ["blocking", "async"])
def test_both_colours_share_one_exchange(leader: str) -> None:
    coalesce = Coalesce()
    sent = threading.Event()
    go = threading.Event()

    def answer(request: Recorded) -> Any:
        sent.set()
        assert go.wait(20)
        return reply(200, json={"a": 1}, headers={"x-tag": "1"}, trailers={"t": "2"})

    def waiters() -> int:
        states = vars(coalesce).get("_states", {}).values()
        return sum(len(flight.waiters) for state in states for flight in list(state.value._flights.values()))

    engine = MockEngine(answer)
    with Client(engine=engine, plugins=[coalesce]) as client, ThreadPoolExecutor(2) as pool:
        blocking: Callable[[], Any] = lambda: client.get(URL)  # noqa: E731
        running: Callable[[], Any] = lambda: asyncio.run(get_async(engine, coalesce))  # noqa: E731
        order = [blocking, running] if leader == "blocking" else [running, blocking]
        first = pool.submit(order[0])
        assert sent.wait(20)
        second = pool.submit(order[1])
        until(lambda: waiters() == 1)
        go.set()
        responses = [first.result(20), second.result(20)]
    assert {type(response) for response in responses} == {Response, AsyncResponse}
    for response in responses:
        assert response.json() == {"a": 1}
        assert response.headers["x-tag"] == "1"
        assert response.trailers["t"] == "2"
    assert len(engine.history) == 1


def test_threads_share_one_budget_exactly() -> None:
    engine = MockEngine(reply(500))
    retry = Retry(1, constant_delay=0, budget=0.5, budget_per_second=0)
    with Client(engine=engine, plugins=[retry]) as client:
        client.parallel_get([URL] * 800, limit=16)
    assert len(engine.history) - 800 in (399, 400)


def test_threads_never_exceed_the_places() -> None:
    lock = threading.Lock()
    now, most = 0, 0

    def answer(request: Recorded) -> Any:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.0005)
        with lock:
            now -= 1
        return reply(200)

    with Client(engine=MockEngine(answer), plugins=[RateLimit(5000, burst=1, concurrent=3)]) as client:
        began = time.monotonic()
        assert len(client.parallel_get([URL] * 200, limit=24)) == 200
        assert time.monotonic() - began >= 199 / 5000
    assert most <= 3


def test_threads_that_give_up_leave_no_place_taken() -> None:
    limit = RateLimit(concurrent=2, max_wait=0.002)
    engine = MockEngine(reply(200, delay=0.003))
    with Client(engine=engine, plugins=[limit]) as client:
        results = client.parallel_get([URL] * 200, limit=16, return_exceptions=True)
        refused = [result for result in results if isinstance(result, RateLimitTimeout)]
        assert all(isinstance(result, (Response, TimeoutException)) for result in results)
        assert refused
        assert len(refused) < 200
        assert waiting(limit) == 0
        assert [client.get(URL).status_code for _ in range(3)] == [200] * 3


def test_interceptors_come_and_go_while_threads_send() -> None:
    engine = MockEngine(reply(200))
    stop = threading.Event()
    failures: list[BaseException] = []

    def tag(request: Request, proceed: Callable[[Request], Response]) -> Response:
        request.headers["X-Tag"] = "1"
        return proceed(request)

    def use(work: Callable[[], object]) -> None:
        try:
            while not stop.is_set():
                work()
        except BaseException as error:
            failures.append(error)

    def come_and_go() -> None:
        with client.intercept(tag), client.events.subscribe("created", lambda event: None):
            client.get(URL, follow_redirects=False)

    with Client(engine=engine) as client:
        jobs = [come_and_go] * 3 + [lambda: client.get(URL), lambda: client.get(URL, follow_redirects=False)]
        threads = [threading.Thread(target=use, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        until(lambda: len(engine.history) > 500 or failures)
        stop.set()
        for thread in threads:
            thread.join(20)
        assert failures == []
        assert "HttpSend" not in client.describe()
        engine.reset()
        client.get(URL)
        client.get(URL, follow_redirects=False)
        assert [recorded.headers.get("x-tag") for recorded in engine.history] == [None, None]
        assert repr(client.events) == "<Events, 0 listeners>"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_starts_anew() -> None:
    limit = RateLimit(concurrent=1, max_wait=0)
    breaker = CircuitBreaker(threshold=1)
    engine = MockEngine(reply(200, text="x"))
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    with Client(engine=engine, plugins=[limit, breaker]) as client, client.stream("GET", URL):
        with pytest.raises(RateLimitTimeout):
            client.get(URL)
        child = context.Process(target=lambda: queue.put(Client(engine=engine, plugins=[limit]).get(URL).status_code))
        child.start()
        child.join(20)
        assert child.exitcode == 0
        assert queue.get() == 200
        with pytest.raises(RateLimitTimeout):
            client.get(URL)

"""Scopes: requests and jobs side by side in a block."""

from __future__ import annotations

import pytest

from duohttp import AsyncClient, AsyncResponse, ClientStatusError, ConnectError, RequestCancelled, TimeoutException
from duohttp._concurrency import async_sleep, monotonic

from .counting import AsyncCountingEngine, until

pytestmark = pytest.mark.anyio

FOREVER = 20
SLOW = f"http://a.test/slow?delay={FOREVER}"


def counting() -> tuple[AsyncClient, AsyncCountingEngine]:
    engine = AsyncCountingEngine()
    return AsyncClient(engine=engine), engine


async def test_requests_run_side_by_side() -> None:
    client, engine = counting()
    async with client.scope() as scope:
        first = scope.get("http://a.test/first?delay=0.02", into=str)
        second = scope.get("http://a.test/second?delay=0.02")
        response = await second.result()
        assert isinstance(response, AsyncResponse)
        assert await first.result() == "/first"
        assert await first.result(timeout=1) == "/first"
    assert engine.most == 2
    assert first.done()
    assert not first.cancelled()
    assert await first.exception() is None


@pytest.mark.parametrize("verb", ["get", "head", "options", "post", "put", "patch", "delete", "query"])
async def test_every_verb(verb: str) -> None:
    client, _ = counting()
    async with client.scope() as scope:
        deferred = getattr(scope, verb)("http://a.test/x", headers={"X-A": "1"})
    response = await deferred.result()
    assert response.request.method == verb.upper()
    assert response.request.headers["x-a"] == "1"


async def test_requests_that_are_ready() -> None:
    client, _ = counting()
    async with client.scope() as scope:
        prepared = scope.send(client.prepare("POST", "http://a.test/1", content=b"x"), into=str)
        ready = scope.send(client.build_request("GET", "http://a.test/2"))
        asked = scope.request("PUT", "http://a.test/3", into=bytes)
    assert await prepared.result() == "x"
    assert (await ready.result()).text == "/2"
    assert await asked.result() == b"/3"


async def test_jobs_of_any_kind() -> None:
    client, _ = counting()

    async def length(path: str) -> int:
        response = await client.get(f"http://a.test{path}?delay=0.005")
        return len(response.content)

    async with client.scope() as scope:
        lengths = [scope.start(length, path) for path in ("/a", "/bb", "/ccc")]
    assert [await deferred.result() for deferred in lengths] == [2, 3, 4]


async def test_the_block_waits_for_all() -> None:
    client, engine = counting()
    async with client.scope():
        pass
    async with client.scope() as scope:
        for number in range(5):
            scope.get(f"http://a.test/{number}?delay=0.01")
    assert sorted(engine.ended) == [f"/{number}" for number in range(5)]
    with pytest.raises(RuntimeError, match="block"):
        scope.get("http://a.test/")


async def test_the_first_failure_cancels_the_rest() -> None:
    client, engine = counting()

    async def work() -> None:
        async with client.scope() as scope:
            for _ in range(5):
                scope.get(SLOW)
            scope.get("http://a.test/failing?delay=0.01&fail")
            await scope.get(SLOW).result()
            pytest.fail("the block went on")

    started = monotonic()
    with pytest.raises(ConnectError, match="/failing"):
        await work()
    assert monotonic() - started < FOREVER / 2
    assert engine.in_flight == 0


async def test_a_failing_block_cancels_its_jobs() -> None:
    client, engine = counting()

    async def work(supervisor: bool) -> None:
        async with client.scope(supervisor=supervisor) as scope:
            scope.get(SLOW)
            await until(lambda: engine.in_flight)
            raise KeyError("block")

    for supervisor in (False, True):
        with pytest.raises(KeyError, match="block"):
            await work(supervisor)
        assert engine.in_flight == 0


async def test_a_supervisor_lets_each_fail_on_its_own() -> None:
    client, engine = counting()
    async with client.scope(supervisor=True) as scope:
        failed = scope.get("http://a.test/failing?fail")
        refused = scope.get("http://a.test/?status=404", into=str)
        fine = scope.get("http://a.test/fine?delay=0.02", into=str)
        with pytest.raises(ConnectError):
            await failed.result()
        assert isinstance(await failed.exception(), ConnectError)
    with pytest.raises(ClientStatusError):
        await refused.result()
    assert await fine.result() == "/fine"
    assert engine.in_flight == 0


async def test_one_job_can_be_cancelled() -> None:
    client, engine = counting()
    async with client.scope() as scope:
        slow = scope.get(SLOW)
        other = scope.get("http://a.test/other?delay=0.03", into=str)
        await until(lambda: engine.in_flight == 2)
        with pytest.raises(TimeoutException, match=r"GET http://a\.test/slow"):
            await slow.result(timeout=0.005)
        slow.cancel()
        with pytest.raises(RequestCancelled):
            await slow.result()
        assert slow.cancelled()
        assert await slow.exception() is None
        assert await other.result() == "/other"


async def test_a_scope_can_be_cancelled() -> None:
    client, engine = counting()
    started = monotonic()
    async with client.scope() as scope:
        slow = scope.get(SLOW)
        await until(lambda: engine.in_flight)
        scope.cancel()
        await slow.result()
        pytest.fail("the block went on")
    assert slow.cancelled()
    assert monotonic() - started < FOREVER / 2
    assert engine.in_flight == 0


async def test_so_many_run_at_once() -> None:
    client, engine = counting()
    async with client.scope(limit=3) as scope:
        results = [scope.get(f"http://a.test/{number}?delay=0.002", into=str) for number in range(12)]
        queued = results[-1]
        assert not queued.done()
        queued.cancel()
    assert engine.most == 3
    assert queued.cancelled()
    assert [await result.result() for result in results[:-1]] == [f"/{number}" for number in range(11)]
    with pytest.raises(ValueError, match="limit"):
        client.scope(limit=0)
    async with client.scope(limit=None) as scope:
        for _ in range(40):
            scope.get(SLOW)
        await until(lambda: engine.in_flight == 40)
        scope.cancel()


async def test_scopes_within_scopes() -> None:
    client, engine = counting()

    async def failing() -> None:
        async with client.scope() as inner:
            inner.get(SLOW)
            inner.get("http://a.test/failing?delay=0.01&fail")

    async with client.scope(supervisor=True) as outer:
        group = outer.start(failing)
        fine = outer.get("http://a.test/fine?delay=0.03", into=str)
    assert isinstance(await group.exception(), ConnectError)
    assert await fine.result() == "/fine"
    assert engine.in_flight == 0


async def test_what_a_deferred_shows() -> None:
    client, _ = counting()
    async with client.scope(supervisor=True) as scope:
        deferred = scope.get(f"http://user:secret@a.test/x?delay={FOREVER}")
        wrong = scope.get("http://a b/")
        job = scope.start(async_sleep, 0)
        ready = scope.send(client.build_request("GET", "http://user:secret@a.test/y"))
        assert f"GET http://a.test/x?delay={FOREVER} running" in repr(deferred)
        deferred.cancel()
    assert "cancelled" in repr(deferred)
    assert "secret" not in repr([deferred, ready])
    assert "failed" in repr(wrong)
    assert "done" in repr(job)
    assert "/y" in repr(ready)

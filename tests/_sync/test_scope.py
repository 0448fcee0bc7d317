# Generated from tests/_async/test_scope.py by scripts/generate_sync.py. Do not edit.
"""Scopes: requests and jobs side by side in a block."""

from __future__ import annotations

import pytest

from duohttp import Client, ClientStatusError, ConnectError, RequestCancelled, Response, TimeoutException
from duohttp._concurrency import monotonic, sleep

from .counting import CountingEngine, until

pytestmark = pytest.mark.anyio

FOREVER = 20
SLOW = f"http://a.test/slow?delay={FOREVER}"


def counting() -> tuple[Client, CountingEngine]:
    engine = CountingEngine()
    return Client(engine=engine), engine


def test_requests_run_side_by_side() -> None:
    client, engine = counting()
    with client.scope() as scope:
        first = scope.get("http://a.test/first?delay=0.02", into=str)
        second = scope.get("http://a.test/second?delay=0.02")
        response = second.result()
        assert isinstance(response, Response)
        assert first.result() == "/first"
        assert first.result(timeout=1) == "/first"
    assert engine.most == 2
    assert first.done()
    assert not first.cancelled()
    assert first.exception() is None


@pytest.mark.parametrize("verb", ["get", "head", "options", "post", "put", "patch", "delete", "query"])
def test_every_verb(verb: str) -> None:
    client, _ = counting()
    with client.scope() as scope:
        deferred = getattr(scope, verb)("http://a.test/x", headers={"X-A": "1"})
    response = deferred.result()
    assert response.request.method == verb.upper()
    assert response.request.headers["x-a"] == "1"


def test_requests_that_are_ready() -> None:
    client, _ = counting()
    with client.scope() as scope:
        prepared = scope.send(client.prepare("POST", "http://a.test/1", content=b"x"), into=str)
        ready = scope.send(client.build_request("GET", "http://a.test/2"))
        asked = scope.request("PUT", "http://a.test/3", into=bytes)
    assert prepared.result() == "x"
    assert (ready.result()).text == "/2"
    assert asked.result() == b"/3"


def test_jobs_of_any_kind() -> None:
    client, _ = counting()

    def length(path: str) -> int:
        response = client.get(f"http://a.test{path}?delay=0.005")
        return len(response.content)

    with client.scope() as scope:
        lengths = [scope.start(length, path) for path in ("/a", "/bb", "/ccc")]
    assert [deferred.result() for deferred in lengths] == [2, 3, 4]


def test_the_block_waits_for_all() -> None:
    client, engine = counting()
    with client.scope():
        pass
    with client.scope() as scope:
        for number in range(5):
            scope.get(f"http://a.test/{number}?delay=0.01")
    assert sorted(engine.ended) == [f"/{number}" for number in range(5)]
    with pytest.raises(RuntimeError, match="block"):
        scope.get("http://a.test/")


def test_the_first_failure_cancels_the_rest() -> None:
    client, engine = counting()

    def work() -> None:
        with client.scope() as scope:
            for _ in range(5):
                scope.get(SLOW)
            scope.get("http://a.test/failing?delay=0.01&fail")
            scope.get(SLOW).result()
            pytest.fail("the block went on")

    started = monotonic()
    with pytest.raises(ConnectError, match="/failing"):
        work()
    assert monotonic() - started < FOREVER / 2
    assert engine.in_flight == 0


def test_a_failing_block_cancels_its_jobs() -> None:
    client, engine = counting()

    def work(supervisor: bool) -> None:
        with client.scope(supervisor=supervisor) as scope:
            scope.get(SLOW)
            until(lambda: engine.in_flight)
            raise KeyError("block")

    for supervisor in (False, True):
        with pytest.raises(KeyError, match="block"):
            work(supervisor)
        assert engine.in_flight == 0


def test_a_supervisor_lets_each_fail_on_its_own() -> None:
    client, engine = counting()
    with client.scope(supervisor=True) as scope:
        failed = scope.get("http://a.test/failing?fail")
        refused = scope.get("http://a.test/?status=404", into=str)
        fine = scope.get("http://a.test/fine?delay=0.02", into=str)
        with pytest.raises(ConnectError):
            failed.result()
        assert isinstance(failed.exception(), ConnectError)
    with pytest.raises(ClientStatusError):
        refused.result()
    assert fine.result() == "/fine"
    assert engine.in_flight == 0


def test_one_job_can_be_cancelled() -> None:
    client, engine = counting()
    with client.scope() as scope:
        slow = scope.get(SLOW)
        other = scope.get("http://a.test/other?delay=0.03", into=str)
        until(lambda: engine.in_flight == 2)
        with pytest.raises(TimeoutException, match=r"GET http://a\.test/slow"):
            slow.result(timeout=0.005)
        slow.cancel()
        with pytest.raises(RequestCancelled):
            slow.result()
        assert slow.cancelled()
        assert slow.exception() is None
        assert other.result() == "/other"


def test_a_scope_can_be_cancelled() -> None:
    client, engine = counting()
    started = monotonic()
    with client.scope() as scope:
        slow = scope.get(SLOW)
        until(lambda: engine.in_flight)
        scope.cancel()
        slow.result()
        pytest.fail("the block went on")
    assert slow.cancelled()
    assert monotonic() - started < FOREVER / 2
    assert engine.in_flight == 0


def test_so_many_run_at_once() -> None:
    client, engine = counting()
    with client.scope(limit=3) as scope:
        results = [scope.get(f"http://a.test/{number}?delay=0.002", into=str) for number in range(12)]
        queued = results[-1]
        assert not queued.done()
        queued.cancel()
    assert engine.most == 3
    assert queued.cancelled()
    assert [result.result() for result in results[:-1]] == [f"/{number}" for number in range(11)]
    with pytest.raises(ValueError, match="limit"):
        client.scope(limit=0)
    with client.scope(limit=None) as scope:
        for _ in range(40):
            scope.get(SLOW)
        until(lambda: engine.in_flight == 40)
        scope.cancel()


def test_scopes_within_scopes() -> None:
    client, engine = counting()

    def failing() -> None:
        with client.scope() as inner:
            inner.get(SLOW)
            inner.get("http://a.test/failing?delay=0.01&fail")

    with client.scope(supervisor=True) as outer:
        group = outer.start(failing)
        fine = outer.get("http://a.test/fine?delay=0.03", into=str)
    assert isinstance(group.exception(), ConnectError)
    assert fine.result() == "/fine"
    assert engine.in_flight == 0


def test_what_a_deferred_shows() -> None:
    client, _ = counting()
    with client.scope(supervisor=True) as scope:
        deferred = scope.get(f"http://user:secret@a.test/x?delay={FOREVER}")
        wrong = scope.get("http://a b/")
        job = scope.start(sleep, 0)
        ready = scope.send(client.build_request("GET", "http://user:secret@a.test/y"))
        assert f"GET http://a.test/x?delay={FOREVER} running" in repr(deferred)
        deferred.cancel()
    assert "cancelled" in repr(deferred)
    assert "secret" not in repr([deferred, ready])
    assert "failed" in repr(wrong)
    assert "done" in repr(job)
    assert "/y" in repr(ready)

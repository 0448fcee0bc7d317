# Generated from tests/_async/test_http_cache_together.py by scripts/generate_sync.py. Do not edit.
"""HttpCache: equal requests at the same time, and validation beside the use (RFC 5861 section 3)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from duohttp import Client, ConnectError, HttpCache, Response, Timeout, TotalTimeout
from duohttp._concurrency import ManualClock, Task, spawn, use_clock

from .caching import URL, BarredEngine
from .counting import until

pytestmark = pytest.mark.anyio

HOUR = {"Cache-Control": "max-age=3600"}


def gated(headers: dict[str, str], *errors: Exception | None, **options: Any) -> tuple[Client, BarredEngine, HttpCache]:
    engine = BarredEngine(headers, *errors)
    cache = HttpCache(**options)
    return Client(engine=engine, plugins=[cache]), engine, cache


def state_of(cache: HttpCache) -> Any:
    (state,) = vars(cache)["_states"].values()
    return state.value


def waiting(cache: HttpCache) -> int:
    """Count those that wait for an equal request."""
    if "_states" not in vars(cache):
        return 0
    return sum(len(flight.waiters) for flight in list(state_of(cache).flights._flights.values()))


def is_idle(cache: HttpCache) -> bool:
    """Whether nothing is left of calls under way."""
    state = state_of(cache)
    return not (len(state.flights) or state._pending or state.refreshing or state.background)


def has_settled(engine: BarredEngine, cache: HttpCache, count: int) -> bool:
    """Whether so many requests were sent, and nothing goes on."""
    return len(engine.requests) == count and is_idle(cache)


def get(client: Client, options: dict[str, Any]) -> Response:
    response: Response = client.get(options.pop("url", URL), **options)
    return response


def together(client: Client, engine: BarredEngine, cache: HttpCache, *requests: dict[str, Any]) -> list[Task[Response]]:
    """Start requests one after the other, none of which gets an answer yet."""
    tasks = []
    before = len(engine.requests)
    for options in requests:
        tasks.append(spawn(get, client, dict(options)))
        until(lambda: len(engine.requests) - before + waiting(cache) == len(tasks))
    return tasks


def results(tasks: list[Task[Response]]) -> list[Response]:
    for task in tasks:
        assert task.wait(20)
    return [task.value() for task in tasks]


def test_equal_requests_are_sent_once() -> None:
    client, engine, cache = gated(HOUR)
    tasks = together(client, engine, cache, *[{}] * 5)
    engine.gate.set()
    responses = results(tasks)
    assert len(engine.requests) == 1
    assert [response.text for response in responses] == ["1"] * 5
    assert [response.from_cache for response in responses] == [False] + [True] * 4
    assert all("; collapsed" in str(response.cache_status) for response in responses[1:])
    assert is_idle(cache)


def test_a_stale_response_is_confirmed_once() -> None:
    client, engine, cache = gated({"Cache-Control": "max-age=60", "ETag": '"1"'})
    engine.gate.set()
    client.get(URL)
    with use_clock(ManualClock(wall_time=2e9)):
        engine.shut()
        engine.status = 304
        tasks = together(client, engine, cache, *[{}] * 4)
        engine.gate.set()
        responses = results(tasks)
    assert len(engine.requests) == 2
    assert [response.text for response in responses] == ["1"] * 4
    assert [response.cache_status and response.cache_status.outcome for response in responses] == [
        "revalidated",
        *["hit"] * 3,
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"headers": {"Authorization": "Bearer a"}}),
        ({"headers": {"Cookie": "a=1"}}, {"headers": {"Cookie": "a=2"}}),
        ({"headers": {"Accept": "a"}}, {"headers": {"Accept": "b"}}),
        ({"headers": {"Range": "bytes=0-1"}}, {}),
        ({"headers": {"Cache-Control": "no-cache"}}, {"headers": {"Cache-Control": "no-cache"}}),
        ({"headers": {"Cache-Control": "no-store"}}, {"headers": {"Cache-Control": "no-store"}}),
        ({"url": URL}, {"url": URL + "?q"}),
        ({"url": URL}, {"url": "https://a.test/x"}),
    ],
)
def test_other_requests_do_not_wait(first: dict[str, Any], second: dict[str, Any]) -> None:
    client, engine, cache = gated({"Cache-Control": "public, max-age=60"}, shared=True)
    tasks = together(client, engine, cache, first, second)
    assert len(engine.requests) == 2
    engine.gate.set()
    results(tasks)


def test_what_is_not_stored_is_not_shared() -> None:
    """Those who waited send their own; the next ones know, and don't wait."""
    client, engine, cache = gated({"Cache-Control": "no-store"})
    tasks = together(client, engine, cache, {}, {}, {})
    assert len(engine.requests) == 1
    engine.gate.set()
    assert sorted(response.text for response in results(tasks)) == ["1", "2", "3"]
    engine.shut()
    tasks = together(client, engine, cache, {}, {}, {})
    assert len(engine.requests) == 6
    engine.headers = HOUR
    engine.gate.set()
    results(tasks)
    assert (client.get(URL)).from_cache
    assert is_idle(cache)


def test_a_request_that_wants_nothing_stored_says_nothing_about_others() -> None:
    client, engine, cache = gated(HOUR)
    engine.gate.set()
    client.get(URL, headers={"Cache-Control": "no-store"})
    engine.shut()
    tasks = together(client, engine, cache, {}, {}, {})
    assert len(engine.requests) == 2
    engine.gate.set()
    results(tasks)


def test_private_responses_are_not_shared_by_waiting() -> None:
    """Two users of a shared cache whose requests look the same: each gets a response of its own."""
    client, engine, cache = gated({"Cache-Control": "private, max-age=60"}, shared=True)
    tasks = together(client, engine, cache, {}, {})
    engine.gate.set()
    assert sorted(response.text for response in results(tasks)) == ["1", "2"]


def test_an_error_is_shared() -> None:
    client, engine, cache = gated(HOUR, ConnectError("refused"))
    tasks = together(client, engine, cache, {}, {}, {})
    engine.gate.set()
    errors = []
    for task in tasks:
        with pytest.raises(ConnectError, match="refused") as caught:
            results([task])
        errors.append(caught.value)
    assert len(engine.requests) == 1
    assert len({id(error) for error in errors}) == 3
    assert len({id(error.request) for error in errors}) == 3
    assert is_idle(cache)


@pytest.mark.parametrize("failure", ["error", "status"])
def test_all_who_wait_get_what_is_stale(failure: str) -> None:
    """RFC 5861 section 4."""
    errors = (None, ConnectError("refused")) if failure == "error" else ()
    client, engine, cache = gated({"Cache-Control": "max-age=60, stale-if-error=1000000000"}, *errors)
    engine.gate.set()
    client.get(URL)
    with use_clock(ManualClock(wall_time=2e9)):
        engine.shut()
        engine.status = 503
        tasks = together(client, engine, cache, *[{}] * 3)
        engine.gate.set()
        responses = results(tasks)
    assert [(response.status_code, response.text) for response in responses] == [(200, "1")] * 3
    assert len(engine.requests) == 2
    assert is_idle(cache)


def test_what_concerns_the_first_alone_is_not_shared() -> None:
    for error in (TotalTimeout("its own time is over"), ZeroDivisionError("a plugin")):
        client, engine, cache = gated(HOUR, error)
        tasks = together(client, engine, cache, {}, {}, {})
        engine.gate.set()
        with pytest.raises(type(error)):
            results(tasks[:1])
        assert [response.text for response in results(tasks[1:])] == ["2", "2"]
        assert is_idle(cache)


def test_when_the_first_is_cancelled_the_next_goes_on() -> None:
    client, engine, cache = gated(HOUR)
    tasks = together(client, engine, cache, {}, {}, {}, {})
    tasks[0].cancel()
    assert tasks[0].wait(20)
    until(lambda: len(engine.requests) == 2)
    tasks[2].cancel()
    assert tasks[2].wait(20)
    tasks[1].cancel()
    assert tasks[1].wait(20)
    until(lambda: len(engine.requests) == 3)
    engine.gate.set()
    assert (results(tasks[3:]))[0].text == "3"
    assert is_idle(cache)


def test_each_waits_as_long_as_its_own_deadline() -> None:
    client, engine, cache = gated(HOUR)
    limited = {"timeout": Timeout(total=0.05)}
    tasks = together(client, engine, cache, limited)
    follower = spawn(get, client, dict(limited))
    assert follower.wait(20)
    with pytest.raises(TotalTimeout, match="waiting for the answer to an equal request"):
        follower.value()
    engine.gate.set()
    results(tasks)
    assert is_idle(cache)


def test_streams_go_on_their_own() -> None:
    client, engine, cache = gated(HOUR)
    tasks = together(client, engine, cache, {})

    def read() -> bytes:
        with client.stream("GET", URL) as response:
            content: bytes = response.read()
            return content

    streamed = spawn(read)
    until(lambda: len(engine.requests) == 2)
    engine.gate.set()
    assert streamed.wait(20)
    assert streamed.value() == b"2"
    results(tasks)
    assert is_idle(cache)


# Validation beside the use.

GRACE = {"Cache-Control": "max-age=60, stale-while-revalidate=1000000000", "ETag": '"1"'}


def test_stale_while_revalidate() -> None:
    client, engine, cache = gated(GRACE)
    engine.gate.set()
    client.get(URL)
    engine.shut()
    with use_clock(ManualClock(wall_time=2e9)):
        for _ in range(3):  # at once, and validated once
            response = client.get(URL)
            assert response.cache_status is not None
            assert (response.text, response.cache_status.outcome) == ("1", "stale")
        with client.stream("GET", URL) as streamed:
            assert streamed.read() == b"1"
        until(lambda: len(engine.requests) == 2)
        assert engine.requests[1].headers["if-none-match"] == '"1"'
        engine.gate.set()
        until(lambda: is_idle(cache))
        response = client.get(URL)
        assert response.cache_status is not None
        assert (response.text, response.cache_status.outcome) == ("2", "hit")
    assert len(engine.requests) == 2
    client.close()


def test_a_refresh_that_fails_is_made_again() -> None:
    client, engine, cache = gated(GRACE, None, ConnectError("refused"))
    engine.gate.set()
    client.get(URL)
    with use_clock(ManualClock(wall_time=2e9)):
        for number in (2, 3):
            assert (client.get(URL)).text == "1"
            until(partial(has_settled, engine, cache, number))
        assert (client.get(URL)).text == "3"
    client.close()


def test_a_refresh_that_a_plugin_breaks_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    client, engine, cache = gated(GRACE, None, ZeroDivisionError("a plugin"))
    engine.gate.set()
    client.get(URL)
    with use_clock(ManualClock(wall_time=2e9)):
        assert (client.get(URL)).text == "1"
        until(partial(has_settled, engine, cache, 2))
    client.close()
    assert "validation beside the use of a stale response failed" in caplog.text
    assert "ZeroDivisionError: a plugin" in caplog.text


def test_only_if_cached_starts_nothing() -> None:
    client, engine, cache = gated(GRACE)
    engine.gate.set()
    client.get(URL)
    with use_clock(ManualClock(wall_time=2e9)):
        assert (client.get(URL, headers={"Cache-Control": "only-if-cached"})).text == "1"
    assert is_idle(cache)
    assert len(engine.requests) == 1


def test_closing_ends_what_goes_on() -> None:
    client, engine, cache = gated(GRACE)
    engine.gate.set()
    client.get(URL)
    engine.shut()
    with use_clock(ManualClock(wall_time=2e9)):
        client.get(URL)
        until(lambda: len(engine.requests) == 2)
        (work,) = state_of(cache).background
        client.close()
    assert work.task.done()
    assert is_idle(cache)


def test_closing_at_once_ends_it_too() -> None:
    client, engine, cache = gated(GRACE)
    engine.gate.set()
    client.get(URL)
    with use_clock(ManualClock(wall_time=2e9)):
        client.get(URL)
        client.close()
    assert is_idle(cache)

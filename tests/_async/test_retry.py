"""Retry: what is tried again, when, and what stands in the end."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    Attempt,
    ConnectError,
    ConnectTimeout,
    HTTPError,
    MockEngine,
    Plugin,
    PoolTimeout,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    Request,
    Retry,
    ServerDisconnected,
    ServerStatusError,
    Stage,
    Timeout,
    TLSError,
    TotalTimeout,
    reply,
)
from duohttp._concurrency import Clock, ManualClock, async_spawn, use_clock

from ..servers.asgi import AsgiServer
from .counting import until
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    """Stand still, and note the sleeps."""
    clock = ManualClock()
    with use_clock(clock):
        yield clock


def failing(*answers: Any) -> MockEngine:
    """Answer with statuses and errors in order, then with 200."""
    engine = MockEngine(*[reply(it) if isinstance(it, int) else reply(error=it) for it in answers], cycle=False)
    return engine.enqueue(*[reply(200, text="at last")] * 9)


def statuses(response: AsyncResponse) -> list[int | None]:
    return [attempt.status_code for attempt in response.attempts]


async def test_server_errors_are_tried_again_with_growing_delays(clock: ManualClock) -> None:
    engine = failing(500, 502, 503)
    client = AsyncClient(engine=engine, plugins=[Retry(random=lambda: 0.0)])
    response = await client.get(URL)
    assert response.text == "at last"
    assert clock.sleeps == [1.0, 2.0, 4.0]
    assert statuses(response) == [500, 502, 503, 200]
    assert [attempt.number for attempt in response.attempts] == [1, 2, 3, 4]
    assert [attempt.delay for attempt in response.attempts] == [0.0, 1.0, 2.0, 4.0]
    assert [attempt.final for attempt in response.attempts] == [""] * 4


async def test_a_first_success_is_one_attempt(clock: ManualClock) -> None:
    client = AsyncClient(engine=MockEngine(reply(200, delay=0.5)), plugins=[Retry()])
    response = await client.get(URL)
    assert response.attempts == (Attempt(1, 200, None, 0.5, 0.0),)
    assert (await AsyncClient(engine=MockEngine(reply(200))).get(URL)).attempts == ()


async def test_jitter_is_full_and_can_be_repeated(clock: ManualClock) -> None:
    for _ in range(2):
        client = AsyncClient(engine=failing(500, 500, 500), plugins=[Retry(random=Random(7).random)])
        await client.get(URL)
    first, second = clock.sleeps[:3], clock.sleeps[3:]
    assert first == second
    assert all(0 < delay <= limit for delay, limit in zip(first, (1, 2, 4), strict=True))
    assert len(set(first)) == 3


async def test_the_last_response_stands_when_all_fail() -> None:
    engine = MockEngine(reply(500, text="broken"))
    client = AsyncClient(engine=engine, plugins=[Retry(max_retries=2)])
    response = await client.get(URL)
    assert response.status_code == 500
    assert len(engine.history) == 3
    assert response.attempts[-1].final == "max_retries is 2"
    with pytest.raises(ServerStatusError) as caught:
        await client.get(URL, expect_success=True)
    assert [attempt.status_code for attempt in caught.value.attempts] == [500, 500, 500]


async def test_the_last_error_is_raised_with_its_attempts(clock: ManualClock) -> None:
    engine = MockEngine(reply(error=ReadError), reply(500), reply(error=ServerDisconnected), cycle=False)
    client = AsyncClient(engine=engine, plugins=[Retry(max_retries=2)])
    with pytest.raises(ServerDisconnected) as caught:
        await client.get(URL)
    attempts = caught.value.attempts
    assert [type(attempt.error) for attempt in attempts] == [ReadError, type(None), ServerDisconnected]
    assert attempts[-1].final == "max_retries is 2"
    assert attempts[0].error is not None
    assert attempts[0].error.__traceback__ is None
    assert attempts[0].error.request is None
    copy = pickle.loads(pickle.dumps(caught.value))
    assert [attempt.status_code for attempt in copy.attempts] == [None, 500, None]
    assert str(copy.attempts[0].error) == str(attempts[0].error)


ERRORS: list[tuple[type[HTTPError], dict[str, Any], bool, bool]] = [
    # error, options, a GET is tried again, a POST is
    (ConnectError, {}, True, True),
    (ConnectTimeout, {}, True, True),
    (TLSError, {}, False, False),
    (ReadError, {}, True, False),
    (ServerDisconnected, {}, True, False),
    (RemoteProtocolError, {}, True, False),
    (ReadTimeout, {}, False, False),
    (ReadTimeout, {"retry_on_timeout": True}, True, False),
    (PoolTimeout, {}, False, False),
    (PoolTimeout, {"retry_on_timeout": True}, True, False),
    (TotalTimeout, {"retry_on_timeout": True}, False, False),
    (ReadError, {"any_method": True}, True, True),
    (ReadError, {"methods": ["post"]}, False, True),
]


@pytest.mark.parametrize(("error", "options", "get", "post"), ERRORS)
async def test_which_errors_are_tried_again(
    error: type[HTTPError], options: dict[str, Any], get: bool, post: bool
) -> None:
    for method, again in (("GET", get), ("POST", post)):
        engine = failing(error)
        client = AsyncClient(engine=engine, plugins=[Retry(**options)])
        if again:
            response = await client.request(method, URL, content=b"x" if method == "POST" else None)
            assert response.status_code == 200
        else:
            with pytest.raises(error) as caught:
                await client.request(method, URL)
            assert [attempt.number for attempt in caught.value.attempts] == [1]
        assert len(engine.history) == 1 + again


@pytest.mark.parametrize(
    ("method", "status", "sends"),
    [("GET", 429, 2), ("PUT", 503, 2), ("QUERY", 500, 2), ("POST", 503, 1), ("PATCH", 500, 1), ("GET", 404, 1)],
)
async def test_which_statuses_are_tried_again(method: str, status: int, sends: int) -> None:
    engine = failing(status)
    await AsyncClient(engine=engine, plugins=[Retry()]).request(method, URL)
    assert len(engine.history) == sends


async def test_own_statuses() -> None:
    engine = failing(404, 503)
    client = AsyncClient(engine=engine, plugins=[Retry(statuses=[404], any_method=True)])
    assert (await client.post(URL)).status_code == 503
    assert len(engine.history) == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2", 2.0),
        (" 3 ", 3.0),
        ("1.5", 1.5),
        ("1", 1.234),  # less than the own delay
        ("-5", 1.234),
        ("soon", 1.234),
        ("", 1.234),
        ("9" * 5000, 1.234),
        ("99999999", 60.0),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0),
        ("Tuesday, 14-Nov-23 22:13:30 GMT", 10.0),
        ("Tue Nov 14 22:13:30 2023", 10.0),
        ("Tue, 14 Nov 2023 22:13:00 GMT", 1.234),  # long ago
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("Tue, 99 Nov 2023 99:99:99 GMT", 1.234),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after(value: str, expected: float, status: int, clock: ManualClock) -> None:
    engine = MockEngine(reply(status, headers={"retry-after": value}), reply(200), cycle=False)
    client = AsyncClient(engine=engine, plugins=[Retry(constant_delay=1.234, max_retry_after=60)])
    assert (await client.get(URL)).status_code == 200
    assert clock.sleeps == [expected]


async def test_retry_after_by_the_servers_own_clock(clock: ManualClock) -> None:
    headers = {"date": "Mon, 01 Jan 2001 00:00:00 GMT", "retry-after": "Mon, 01 Jan 2001 00:00:07 GMT"}
    engine = MockEngine(reply(503, headers=headers), reply(200), cycle=False)
    await AsyncClient(engine=engine, plugins=[Retry(constant_delay=0)]).get(URL)
    assert clock.sleeps == [7.0]


async def test_retry_after_is_not_for_other_statuses_nor_when_switched_off(clock: ManualClock) -> None:
    for status, respected in ((500, True), (503, False)):
        engine = MockEngine(reply(status, headers={"retry-after": "9"}), reply(200), cycle=False)
        await AsyncClient(engine=engine, plugins=[Retry(constant_delay=0.123, respect_retry_after=respected)]).get(URL)
    assert clock.sleeps == [0.123, 0.123]


async def test_a_delay_of_ones_own(clock: ManualClock) -> None:
    async def delay(count: int, response: Any, error: Any) -> float:
        assert (response is None) is not (error is None)
        return count / 4

    client = AsyncClient(engine=failing(500, ReadError), plugins=[Retry(delay=delay)])
    await client.get(URL)
    assert clock.sleeps == [0.25, 0.5]


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), None, "1", True])
async def test_a_delay_that_is_none_names_the_plugin(wrong: Any) -> None:
    engine = AsyncScriptedEngine(lambda request: (500, {}, [b"a", b"b"]))
    client = AsyncClient(engine=engine, plugins=[Retry(delay=lambda count, response, error: wrong)])
    with pytest.raises(TypeError, match=r"Retry\.delay must return"):
        async with client.stream("GET", URL):
            pass
    assert engine.streams[0].closed


async def test_retry_if() -> None:
    async def not_ready(request: Request, response: Any, error: Any) -> bool | None:
        return True if response is not None and response.status_code == 202 else None

    engine = failing(202, 500)
    response = await AsyncClient(engine=engine, plugins=[Retry(retry_if=not_ready)]).post(URL)
    assert statuses(response) == [202, 500]

    engine = failing(500)
    never = Retry(max_retries=10**9, retry_if=lambda request, response, error: False)
    assert (await AsyncClient(engine=engine, plugins=[never]).get(URL)).status_code == 500
    assert len(engine.history) == 1


async def test_a_retry_if_that_fails_leaves_nothing_open() -> None:
    engine = AsyncScriptedEngine(lambda request: (200, {}, [b"a", b"b"]))

    def broken(request: Request, response: Any, error: Any) -> bool:
        raise ZeroDivisionError("mine")

    client = AsyncClient(engine=engine, plugins=[Retry(retry_if=broken)])
    with pytest.raises(ZeroDivisionError, match="mine"):
        async with client.stream("GET", URL):
            pass
    assert engine.streams[0].closed


async def test_only_replayable_bodies_are_sent_again() -> None:
    engine = failing(500)
    client = AsyncClient(engine=engine, plugins=[Retry()])
    response = await client.put(URL, content=iter([b"once"]))
    assert response.status_code == 500
    assert response.attempts[0].final == "the body can be sent only once"
    with pytest.raises(ReadError) as caught:
        await AsyncClient(engine=failing(ReadError), plugins=[Retry()]).put(URL, content=iter([b"once"]))
    assert caught.value.attempts[0].final == "the body can be sent only once"
    engine = failing(500)
    response = await AsyncClient(engine=engine, plugins=[Retry()]).put(URL, content=[b"again ", b"and again"])
    assert response.status_code == 200
    assert [recorded.content for recorded in engine.history] == [b"again and again"] * 2


class Adding(Plugin):
    stage = Stage.ATTEMPT

    def on_attempt(self, request: Request) -> None:
        request.headers.add("X-Attempt", "1")


async def test_each_attempt_sends_a_fresh_copy() -> None:
    async def modify(request: Request, count: int, response: Any, error: Any) -> None:
        request.headers["X-Retry-Count"] = str(count)

    engine = failing(500, ReadError, 500)
    client = AsyncClient(engine=engine, plugins=[Adding(), Retry(modify_request=modify)])
    request = client.build_request("GET", URL)
    await client.send(request)
    assert [recorded.headers.getall("x-attempt") for recorded in engine.history] == [["1"]] * 4
    assert [recorded.headers.get("x-retry-count") for recorded in engine.history] == [None, "1", "2", "3"]
    assert "x-attempt" not in request.headers


async def test_modify_request_may_return_another_request() -> None:
    def elsewhere(request: Request, count: int, response: Any, error: Any) -> Request:
        other = request.copy()
        other.url = other.url.with_host("b.test")
        return other

    engine = failing(500)
    response = await AsyncClient(engine=engine, plugins=[Retry(modify_request=elsewhere)]).get(URL)
    assert str(response.url) == "http://b.test/"
    wrong: Callable[..., Any] = lambda *arguments: "nonsense"  # noqa: E731
    with pytest.raises(TypeError, match=r"Retry\.modify_request must return a Request or None"):
        await AsyncClient(engine=failing(500), plugins=[Retry(modify_request=wrong)]).get(URL)


async def test_no_wait_that_would_pass_the_deadline(clock: ManualClock) -> None:
    engine = MockEngine(reply(503, headers={"retry-after": "30"}, delay=1))
    client = AsyncClient(engine=engine, plugins=[Retry(constant_delay=4)], timeout=Timeout(total=20))
    response = await client.get(URL)
    assert response.status_code == 503
    assert response.attempts[0].final == "a wait of 30 s would pass the call's limit of 20 s"
    assert clock.sleeps == [1.0]
    client = AsyncClient(engine=failing(*[ReadError] * 9), plugins=[Retry(9, constant_delay=8)])
    with pytest.raises(ReadError) as caught:
        await client.get(URL, timeout=Timeout(total=20))
    assert len(caught.value.attempts) == 3
    assert "20 s" in caught.value.attempts[-1].final


async def test_the_send_budget_ends_the_retries_and_is_no_error() -> None:
    engine = MockEngine(reply(500))
    response = await AsyncClient(engine=engine, plugins=[Retry(30)]).get(URL)
    assert response.status_code == 500
    assert len(engine.history) == 20
    assert response.attempts[-1].final == "the call was sent 20 times"


async def test_the_budget_keeps_storms_away(clock: ManualClock) -> None:
    engine = MockEngine(reply(500))
    retry = Retry(constant_delay=0, budget=0.25, budget_per_second=0)
    first, second = (AsyncClient(engine=engine, plugins=[retry]) for _ in range(2))
    for client in (first, second) * 10:
        response = await client.get(URL)
    assert len(engine.history) == 25
    assert "budget" in response.attempts[-1].final or len(response.attempts) == 2
    retry = Retry(constant_delay=0, budget=0, budget_per_second=0.5)
    client = AsyncClient(engine=MockEngine(reply(500)), plugins=[retry])
    counts = [len((await client.get(URL)).attempts) for _ in range(4)]
    clock.advance(4)
    counts += [len((await client.get(URL)).attempts) for _ in range(2)]
    assert counts == [4, 3, 1, 1, 3, 1]
    unlimited = AsyncClient(engine=MockEngine(reply(500)), plugins=[Retry(constant_delay=0, budget=None)])
    assert {len((await unlimited.get(URL)).attempts) for _ in range(50)} == {4}


async def test_options_for_one_request(clock: ManualClock) -> None:
    engine = MockEngine(reply(500))
    client = AsyncClient(engine=engine, plugins=[Retry(constant_delay=1)])
    await client.get(URL, attributes={Retry: Retry(max_retries=0)})
    await client.get(URL, attributes={Retry: None})
    assert len(engine.history) == 2
    await client.get(URL, attributes={Retry: Retry(4, constant_delay=0.123)})
    assert clock.sleeps == [0.123] * 4


async def test_responses_given_up_are_closed_before_the_wait(clock: ManualClock) -> None:
    closed: list[list[bool]] = []

    def answer(request: Request) -> Answer:
        closed.append([stream.closed for stream in engine.streams])
        return 200 if len(engine.requests) == 3 else 503, {}, [b"a", b"b"]

    engine = AsyncScriptedEngine(answer)
    client = AsyncClient(engine=engine, plugins=[Retry()])
    async with client.stream("GET", URL) as response:
        assert response.status_code == 200
        assert await response.read() == b"ab"
    assert closed == [[], [True], [True, True]]
    with pytest.raises(ServerStatusError):
        async with client.stream("GET", URL, expect_success=True, attributes={Retry: Retry(retry_if=always)}):
            pass


def always(request: Request, response: Any, error: Any) -> bool:
    return True


async def test_a_body_that_breaks_off_is_tried_again() -> None:
    pieces: list[bytes | BaseException] = [b"half", ServerDisconnected("gone")]
    broken = reply(200, stream=pieces)
    engine = MockEngine(broken, reply(200, text="whole"), cycle=False)
    assert (await AsyncClient(engine=engine, plugins=[Retry()]).get(URL)).text == "whole"


async def test_redirects_are_followed_beside_retries() -> None:
    engine = MockEngine(reply(503), reply(302, headers={"location": "/b"}), reply(500), reply(200), cycle=False)
    response = await AsyncClient(engine=engine, plugins=[Retry()]).get(URL)
    assert statuses(response) == [503, 302, 500, 200]
    assert [hop.status_code for hop in response.history] == [302]
    engine = MockEngine(reply(302, headers={"location": "/b"}), reply(200), cycle=False)
    assert (await AsyncClient(engine=engine, plugins=[Retry(0)]).get(URL)).status_code == 200


async def test_a_cancelled_wait_ends_the_call() -> None:
    engine = MockEngine(reply(500))
    client = AsyncClient(engine=engine, plugins=[Retry(constant_delay=3600)])
    with use_clock(Clock()):
        task = async_spawn(client.get, URL)
        await until(lambda: engine.history)
        task.cancel()
        assert await task.wait(20)
    assert task.cancelled()
    assert len(engine.history) == 1


async def test_two_of_them_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Retry\(max_retries=1\) and Retry\(\)"):
        AsyncClient(engine=MockEngine(), plugins=[Retry(1), Retry()])


async def test_against_a_real_server(asgi_server: AsgiServer) -> None:
    key = uuid4().hex
    retry = Retry(constant_delay=0)
    async with AsyncClient(base_url=asgi_server.url, plugins=[retry]) as client:
        response = await client.get(f"flaky/{key}", params={"fail": 2})
        assert statuses(response) == [503, 503, 200]
        assert response.json() == {"calls": 3}
        with pytest.raises(ServerDisconnected) as caught:
            await client.get("broken")
        assert len(caught.value.attempts) == 4
        async with client.stream("GET", f"flaky/{key}-streamed", params={"fail": 3}) as streamed:
            assert statuses(streamed) == [503, 503, 503, 200]
            assert (await streamed.read()).strip() == b'{"calls": 4}'
        assert client.pool_stats().open == client.pool_stats().idle

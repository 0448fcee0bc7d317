"""The events of a client."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    ConnectError,
    Event,
    HttpRedirect,
    MockEngine,
    Plugin,
    RequestCancelled,
    Retry,
    ServerStatusError,
    reply,
)
from duohttp._concurrency import Clock, ManualClock, async_spawn, use_clock

from .counting import AsyncCountingEngine, until

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    clock = ManualClock()
    with use_clock(clock):
        yield clock


def told(client: AsyncClient, kind: Any = "*") -> list[Event]:
    events: list[Event] = []
    client.events.subscribe(kind, events.append)
    return events


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


async def test_one_call() -> None:
    client = AsyncClient(engine=MockEngine(reply(200)))
    events = told(client)
    response = await client.get(URL)
    assert kinds(events) == ["created", "sending", "response"]
    assert [event.response for event in events] == [None, None, response]
    assert {event.request.method for event in events} == {"GET"}
    assert repr(events[2]) == f"<Event response: <Request GET {URL}>, {response!r}>"


async def test_redirects_and_retries() -> None:
    engine = MockEngine(
        reply(503), reply(302, headers={"location": "/b"}), reply(error=ConnectError("no")), reply(200), cycle=False
    )
    client = AsyncClient(engine=engine, plugins=[Retry(constant_delay=2)])
    events = told(client)
    await client.get(URL)
    assert kinds(events) == [
        *("created", "sending", "response", "retry", "sending", "response"),
        *("redirect", "sending", "retry", "sending", "response"),
    ]
    retries = [event for event in events if event.kind == "retry"]
    assert [(event.retry_count, event.delay) for event in retries] == [(1, 2), (1, 2)]
    assert retries[0].response is not None
    assert retries[0].error is None
    assert isinstance(retries[1].error, ConnectError)
    redirect = next(event for event in events if event.kind == "redirect")
    assert str(redirect.request.url) == "http://a.test/b"
    assert redirect.response is not None
    assert redirect.response.status_code == 302


async def test_failures() -> None:
    client = AsyncClient(engine=MockEngine(reply(error=ConnectError("no")), reply(500)))
    events = told(client)
    with pytest.raises(ConnectError) as caught:
        await client.get(URL)
    assert kinds(events) == ["created", "sending", "failed"]
    assert events[2].error is caught.value
    with pytest.raises(ServerStatusError):
        await client.get(URL, expect_success=True)
    assert kinds(events[3:]) == ["created", "sending", "response", "failed"]


async def test_cancellation() -> None:
    client = AsyncClient(engine=AsyncCountingEngine())
    events = told(client)
    with use_clock(Clock()):
        task = async_spawn(
            client.get,
            URL,
        )
        await until(lambda: "created" in kinds(events))
        assert await task.wait(20)
        slow = async_spawn(client.get, f"{URL}?delay=60")
        await until(lambda: len(events) == 5)
        slow.cancel()
        assert await slow.wait(20)
    assert kinds(events[3:]) == ["created", "sending", "cancelled"]
    assert isinstance(events[5].error, BaseException)


async def test_a_call_that_raises_a_cancellation_is_cancelled() -> None:
    client = AsyncClient(engine=MockEngine(reply(error=RequestCancelled("by the scope"))))
    events = told(client)
    with pytest.raises(RequestCancelled):
        await client.get(URL)
    assert kinds(events)[-1] == "cancelled"


async def test_a_failing_listener_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    client = AsyncClient(engine=MockEngine(reply(200)))

    def broken(event: Event) -> None:
        raise ZeroDivisionError("mine")

    client.events.subscribe("sending", broken)
    events = told(client, "sending")
    with caplog.at_level(logging.ERROR, "duohttp.events"):
        assert (await client.get(URL)).status_code == 200
    assert kinds(events) == ["sending"]
    assert "Event sending" in caplog.text
    assert "ZeroDivisionError: mine" in caplog.text


async def test_subscriptions_end() -> None:
    client = AsyncClient(engine=MockEngine(reply(200)))
    events: list[Event] = []
    subscription = client.events.subscribe("created", events.append)
    with client.events.subscribe("response", events.append):
        await client.get(URL)
    subscription.close()
    subscription.close()
    await client.get(URL)
    assert kinds(events) == ["created", "response"]
    assert repr(client.events) == "<Events, 0 listeners>"


async def test_what_is_no_listener_is_refused() -> None:
    events = AsyncClient(engine=MockEngine()).events
    with pytest.raises(ValueError, match=r"'created'.*not 'retried'"):
        events.subscribe("retried", print)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="function of one event"):
        events.subscribe("retry", None)  # type: ignore[arg-type]


async def test_every_way_to_send_is_heard() -> None:
    client = AsyncClient(engine=MockEngine(reply(200)))
    statement = client.prepare("GET", URL)
    request = client.build_request("GET", URL)
    events = told(client, "created")
    await statement.execute()
    async with statement.stream() as response:
        assert await response.read() == b""
    await client.send(request)
    await client.get(URL, follow_redirects=False)
    await client.get(URL, attributes={HttpRedirect: None})
    assert len(events) == 5
    await client.derive().get(URL)
    assert len(events) == 5


class Refusing(Plugin):
    def on_response(self, response: Any) -> None:
        raise ZeroDivisionError("mine")


async def test_a_failing_hook_fails_the_call_once() -> None:
    client = AsyncClient(engine=MockEngine(reply(200)), plugins=[Refusing()])
    events = told(client)
    with pytest.raises(ZeroDivisionError):
        await client.get(URL)
    assert kinds(events) == ["created", "sending", "response", "failed"]


async def test_nothing_is_watched_before_somebody_listens() -> None:
    seen: list[object] = []

    class Looking(Plugin):
        def on_attempt(self, request: Any) -> None:
            seen.append(request.call.events)

    client = AsyncClient(engine=MockEngine(reply(200)), plugins=[Looking()])
    await client.get(URL)
    events = client.events
    await client.get(URL)
    assert seen == [None, events]

# Generated from tests/_async/test_events.py by scripts/generate_sync.py. Do not edit.
"""The events of a client."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    Client,
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
from duohttp._concurrency import Clock, ManualClock, spawn, use_clock

from .counting import CountingEngine, until

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    clock = ManualClock()
    with use_clock(clock):
        yield clock


def told(client: Client, kind: Any = "*") -> list[Event]:
    events: list[Event] = []
    client.events.subscribe(kind, events.append)
    return events


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def test_one_call() -> None:
    client = Client(engine=MockEngine(reply(200)))
    events = told(client)
    response = client.get(URL)
    assert kinds(events) == ["created", "sending", "response"]
    assert [event.response for event in events] == [None, None, response]
    assert {event.request.method for event in events} == {"GET"}
    assert repr(events[2]) == f"<Event response: <Request GET {URL}>, {response!r}>"


def test_redirects_and_retries() -> None:
    engine = MockEngine(
        reply(503), reply(302, headers={"location": "/b"}), reply(error=ConnectError("no")), reply(200), cycle=False
    )
    client = Client(engine=engine, plugins=[Retry(constant_delay=2)])
    events = told(client)
    client.get(URL)
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


def test_failures() -> None:
    client = Client(engine=MockEngine(reply(error=ConnectError("no")), reply(500)))
    events = told(client)
    with pytest.raises(ConnectError) as caught:
        client.get(URL)
    assert kinds(events) == ["created", "sending", "failed"]
    assert events[2].error is caught.value
    with pytest.raises(ServerStatusError):
        client.get(URL, expect_success=True)
    assert kinds(events[3:]) == ["created", "sending", "response", "failed"]


def test_cancellation() -> None:
    client = Client(engine=CountingEngine())
    events = told(client)
    with use_clock(Clock()):
        task = spawn(
            client.get,
            URL,
        )
        until(lambda: "created" in kinds(events))
        assert task.wait(20)
        slow = spawn(client.get, f"{URL}?delay=60")
        until(lambda: len(events) == 5)
        slow.cancel()
        assert slow.wait(20)
    assert kinds(events[3:]) == ["created", "sending", "cancelled"]
    assert isinstance(events[5].error, BaseException)


def test_a_call_that_raises_a_cancellation_is_cancelled() -> None:
    client = Client(engine=MockEngine(reply(error=RequestCancelled("by the scope"))))
    events = told(client)
    with pytest.raises(RequestCancelled):
        client.get(URL)
    assert kinds(events)[-1] == "cancelled"


def test_a_failing_listener_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    client = Client(engine=MockEngine(reply(200)))

    def broken(event: Event) -> None:
        raise ZeroDivisionError("mine")

    client.events.subscribe("sending", broken)
    events = told(client, "sending")
    with caplog.at_level(logging.ERROR, "duohttp.events"):
        assert (client.get(URL)).status_code == 200
    assert kinds(events) == ["sending"]
    assert "Event sending" in caplog.text
    assert "ZeroDivisionError: mine" in caplog.text


def test_subscriptions_end() -> None:
    client = Client(engine=MockEngine(reply(200)))
    events: list[Event] = []
    subscription = client.events.subscribe("created", events.append)
    with client.events.subscribe("response", events.append):
        client.get(URL)
    subscription.close()
    subscription.close()
    client.get(URL)
    assert kinds(events) == ["created", "response"]
    assert repr(client.events) == "<Events, 0 listeners>"


def test_what_is_no_listener_is_refused() -> None:
    events = Client(engine=MockEngine()).events
    with pytest.raises(ValueError, match=r"'created'.*not 'retried'"):
        events.subscribe("retried", print)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="function of one event"):
        events.subscribe("retry", None)  # type: ignore[arg-type]


def test_every_way_to_send_is_heard() -> None:
    client = Client(engine=MockEngine(reply(200)))
    statement = client.prepare("GET", URL)
    request = client.build_request("GET", URL)
    events = told(client, "created")
    statement.execute()
    with statement.stream() as response:
        assert response.read() == b""
    client.send(request)
    client.get(URL, follow_redirects=False)
    client.get(URL, attributes={HttpRedirect: None})
    assert len(events) == 5
    client.derive().get(URL)
    assert len(events) == 5


class Refusing(Plugin):
    def on_response(self, response: Any) -> None:
        raise ZeroDivisionError("mine")


def test_a_failing_hook_fails_the_call_once() -> None:
    client = Client(engine=MockEngine(reply(200)), plugins=[Refusing()])
    events = told(client)
    with pytest.raises(ZeroDivisionError):
        client.get(URL)
    assert kinds(events) == ["created", "sending", "response", "failed"]


def test_nothing_is_watched_before_somebody_listens() -> None:
    seen: list[object] = []

    class Looking(Plugin):
        def on_attempt(self, request: Any) -> None:
            seen.append(request.call.events)

    client = Client(engine=MockEngine(reply(200)), plugins=[Looking()])
    client.get(URL)
    events = client.events
    client.get(URL)
    assert seen == [None, events]

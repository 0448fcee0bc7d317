"""What needs no client among the events."""

from __future__ import annotations

import pytest
from yarl import URL

from duohttp import Event, Request
from duohttp.plugins.events import Events


def test_async_listeners_are_refused() -> None:
    async def listener(event: Event) -> None:
        raise AssertionError(event)

    with pytest.raises(TypeError, match="can't be async"):
        Events().subscribe("retry", listener)


def test_listeners_may_subscribe_and_leave_while_they_are_told() -> None:
    events = Events()
    heard: list[str] = []

    def once(event: Event) -> None:
        heard.append(event.kind)
        subscription.close()
        events.subscribe("retry", lambda event: heard.append("late"))

    subscription = events.subscribe("*", once)
    request = Request("GET", URL("http://a.test/"))
    events.emit("retry", request, retry_count=2, delay=0.5)
    events.emit("retry", request)
    assert heard == ["retry", "late"]
    assert repr(events) == "<Events, 1 listener>"

"""duohttp with ten plugins that look at the request and at the response."""

from __future__ import annotations

from typing import Any

from .duohttp import Runner, default_engine

NAME = "duohttp (ten observers)"
DISTRIBUTIONS = ()


class Observer:
    """Is called twice a request and changes nothing."""

    def on_request(self, request: Any) -> None:
        return None

    def on_response(self, response: Any) -> None:
        return None


def ten(kind: type) -> Any:
    """Return what makes ten plugins of a kind, each of a class of its own."""
    return lambda duohttp: [type(f"{kind.__name__}{n}", (kind, duohttp.Plugin), {})() for n in range(10)]


runner = Runner(default_engine, ten(Observer))
get, async_get = runner.get, runner.async_get

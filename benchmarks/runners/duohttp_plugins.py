"""duohttp with ten plugins that do nothing."""

from __future__ import annotations

from typing import Any

from ..task import Unsupported
from .duohttp import Runner, default_engine

NAME = "duohttp (ten no-op plugins)"
DISTRIBUTIONS = ()


def ten_plugins(duohttp: Any) -> list[Any]:
    if not hasattr(duohttp, "Plugin"):
        raise Unsupported("has no Plugin yet")
    classes = [type(f"Idle{number}", (Idle, duohttp.Plugin), {}) for number in range(10)]
    return [kind() for kind in classes]


class Idle:
    """Takes part in every request and changes nothing."""

    def on_request(self, request: Any, *rest: Any) -> None:
        return None

    def on_response(self, response: Any, *rest: Any) -> None:
        return None


runner = Runner(default_engine, ten_plugins)
get, async_get = runner.get, runner.async_get

"""duohttp with ten plugins around the call, each a generator that both clients drive."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from .duohttp import Runner, default_engine
from .duohttp_plugins import ten

NAME = "duohttp (ten flows)"
DISTRIBUTIONS = ()


class Flowing:
    """Yields the request once."""

    def flow(self, request: Any) -> Generator[Any, Any, Any]:
        response = yield request
        return response


runner = Runner(default_engine, ten(Flowing))
get, async_get = runner.get, runner.async_get

"""duohttp with ten plugins around the call, as a ``send`` and ``send_async`` pair."""

from __future__ import annotations

from typing import Any

from .duohttp import Runner, default_engine
from .duohttp_plugins import ten

NAME = "duohttp (ten around the call)"
DISTRIBUTIONS = ()


class Around:
    """Hands the request on and the response back."""

    def send(self, request: Any, proceed: Any) -> Any:
        return proceed(request)

    async def send_async(self, request: Any, proceed: Any) -> Any:
        return await proceed(request)


runner = Runner(default_engine, ten(Around))
get, async_get = runner.get, runner.async_get

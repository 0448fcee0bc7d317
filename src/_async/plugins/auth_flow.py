"""Runs authentication schemes of the user's."""

from __future__ import annotations

from ...plugins.auth import Auth
from ...plugins.plugin import check_pair, has_hook
from ...values.request import Request
from ..proceed import AsyncProceed, AsyncSend
from ..response import AsyncResponse
from .auth_provider import belongs
from .flow import AsyncFlowHandler
from .pair import AsyncPairHandler

__all__ = ["HANDLER", "AsyncAuthFlowHandler"]


class AsyncAuthFlowHandler:
    """Runs the flow, or the pair, of an Auth on copies of those requests whose origin its secret belongs to."""

    __slots__ = ("_options", "_send")

    def __init__(self, options: Auth) -> None:
        self._options = options
        self._send: AsyncSend
        if has_hook(options, "flow"):
            self._send = AsyncFlowHandler(options).send
            return
        check_pair(options, "send_async")
        if not has_hook(options, "send_async"):
            raise TypeError(f"{options.name} is an Auth and must have a flow()")
        self._send = AsyncPairHandler(options.send_async, f"{options.name}.send_async").send

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Act around one call."""
        if not belongs(self._options, request):
            return await proceed(request)
        return await self._send(request.copy(), proceed)


HANDLER = AsyncAuthFlowHandler

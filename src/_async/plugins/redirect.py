"""Follows redirects."""

from __future__ import annotations

from ...plugins.redirect import HttpRedirect
from ...rules.redirects import next_request
from ...values.request import Request
from ...values.response import REDIRECTS
from ..proceed import AsyncProceed
from ..response import AsyncResponse

__all__ = ["AsyncRedirectHandler"]


class AsyncRedirectHandler:
    """The waiting half of HttpRedirect."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpRedirect) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Send, and send again where the response leads, until one is final."""
        response = await proceed(request)
        if response.status_code not in REDIRECTS:
            return response
        return await self._follow(request, response, proceed)

    async def _follow(self, request: Request, response: AsyncResponse, proceed: AsyncProceed) -> AsyncResponse:
        history: list[AsyncResponse] = []
        while True:
            response.history = list(history)
            try:
                following = next_request(request, response, self._options, history)
            except BaseException:
                await response.aclose()
                raise
            if following is None:
                return response
            # What is left of the body is of no use: a streamed response gives its connection up.
            await response.aclose()
            history.append(response)
            if request.call.events is not None:
                request.call.events.emit("redirect", following, response)
            request = following
            # Redirects have a limit of their own; the budget is for what nothing else bounds.
            request.call.sends -= 1
            response = await proceed(request)

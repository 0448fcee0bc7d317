"""Limits attempts by the clock."""

from __future__ import annotations

from ...plugins.http_timeout import AttemptDeadline, HttpTimeout
from ...values.request import Request
from ..proceed import AsyncProceed
from ..response import AsyncResponse

__all__ = ["HANDLER", "AsyncHttpTimeoutHandler"]


class AsyncHttpTimeoutHandler:
    """The waiting half of HttpTimeout: the engine waits by the deadline it finds in the request."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpTimeout) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Send a copy that has the attempt's deadline, where that is sooner than the call's."""
        seconds = self._options.attempt
        call = request.deadline
        if seconds is None or (call is not None and call.remaining() <= seconds):
            return await proceed(request)
        deadline = AttemptDeadline(seconds, call)
        attempt = request.copy()
        attempt.deadline = deadline
        response = await proceed(attempt)
        if request.stream and not self._options.streams:
            deadline.release()
        return response


HANDLER = AsyncHttpTimeoutHandler

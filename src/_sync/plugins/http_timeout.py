# Generated from src/_async/plugins/http_timeout.py by scripts/generate_sync.py. Do not edit.
"""Limits attempts by the clock."""

from __future__ import annotations

from ...plugins.http_timeout import AttemptDeadline, HttpTimeout
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response

__all__ = ["HANDLER", "HttpTimeoutHandler"]


class HttpTimeoutHandler:
    """The waiting half of HttpTimeout: the engine waits by the deadline it finds in the request."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpTimeout) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send a copy that has the attempt's deadline, where that is sooner than the call's."""
        seconds = self._options.attempt
        call = request.deadline
        if seconds is None or (call is not None and call.remaining() <= seconds):
            return proceed(request)
        deadline = AttemptDeadline(seconds, call)
        attempt = request.copy()
        attempt.deadline = deadline
        response = proceed(attempt)
        if request.stream and not self._options.streams:
            deadline.release()
        return response


HANDLER = HttpTimeoutHandler

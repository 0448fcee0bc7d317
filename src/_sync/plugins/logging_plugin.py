# Generated from src/_async/plugins/logging_plugin.py by scripts/generate_sync.py. Do not edit.
"""Writes attempts and responses to a log."""

from __future__ import annotations

from ..._concurrency import monotonic
from ...plugins.logging_plugin import Logging
from ...rules.log_exchange import LoggedExchange
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .blame import blame
from .watched import watch

__all__ = ["HANDLER", "LoggingHandler"]


class LoggingHandler:
    """The waiting half of Logging."""

    __slots__ = ("_options",)

    def __init__(self, options: Logging) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send, and write what is sent and what comes."""
        options = self._options
        try:
            exchange = LoggedExchange(options, request, monotonic()) if options.wants(request) else None
        except Exception as error:
            blame(error, options.name)
            raise
        if exchange is None:
            return proceed(request)
        try:
            response = proceed(exchange.request)
        except BaseException as error:
            exchange.failed(error, monotonic())
            raise
        try:
            stream = exchange.answered(response, monotonic())
        except BaseException as error:
            response.close()
            if isinstance(error, Exception):
                blame(error, options.name)
            raise
        if stream is not None:
            watch(response, stream)
        return response


HANDLER = LoggingHandler

# Generated from src/_async/plugins/validator.py by scripts/generate_sync.py. Do not edit.
"""Refuses responses, and turns errors into others."""

from __future__ import annotations

from ..._concurrency import call
from ...plugins.validator import HttpCallValidator
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response

__all__ = ["ValidatorHandler", "map_error"]


class ValidatorHandler:
    """The waiting half of HttpCallValidator."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpCallValidator) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send, and raise for a final response that does not pass, whose body is read first, so that it is readable."""
        options = self._options
        if not options.on_error:
            return self._judged(request, proceed)
        try:
            return self._judged(request, proceed)
        except Exception as error:
            map_error(options, error, request)
            raise

    def _judged(self, request: Request, proceed: Proceed) -> Response:
        options = self._options
        response = proceed(request)
        try:
            if options.asks_function:
                refused = not call(options.expect_success, response)
            else:
                refused = options.refuses(response)
            if refused:
                response.load()
                raise options.error_for(response)
            for validate in options.validate:
                call(validate, response)
        except BaseException:
            response.close()
            raise
        return response


def map_error(options: HttpCallValidator, error: Exception, request: Request) -> None:
    """Let the functions of ``on_error`` raise, or return, another error for this one."""
    for function in options.on_error:
        other = call(function, error, request)
        if isinstance(other, BaseException):
            if other is error:
                return
            raise other from error
        if other is not None:
            name = getattr(function, "__qualname__", repr(function))
            raise TypeError(f"on_error of {options.name}: {name} must return an error or None, not {other!r}")

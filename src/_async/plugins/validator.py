"""Refuses responses, and turns errors into others."""

from __future__ import annotations

from ..._concurrency import async_call
from ...plugins.validator import HttpCallValidator
from ...values.request import Request
from ..proceed import AsyncProceed
from ..response import AsyncResponse

__all__ = ["AsyncValidatorHandler", "async_map_error"]


class AsyncValidatorHandler:
    """The waiting half of HttpCallValidator."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpCallValidator) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Send, and raise for a final response that does not pass, whose body is read first, so that it is readable."""
        options = self._options
        if not options.on_error:
            return await self._judged(request, proceed)
        try:
            return await self._judged(request, proceed)
        except Exception as error:
            await async_map_error(options, error, request)
            raise

    async def _judged(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        options = self._options
        response = await proceed(request)
        try:
            if options.asks_function:
                refused = not await async_call(options.expect_success, response)
            else:
                refused = options.refuses(response)
            if refused:
                await response.load()
                raise options.error_for(response)
            for validate in options.validate:
                await async_call(validate, response)
        except BaseException:
            await response.aclose()
            raise
        return response


async def async_map_error(options: HttpCallValidator, error: Exception, request: Request) -> None:
    """Let the functions of ``on_error`` raise, or return, another error for this one."""
    for function in options.on_error:
        other = await async_call(function, error, request)
        if isinstance(other, BaseException):
            if other is error:
                return
            raise other from error
        if other is not None:
            name = getattr(function, "__qualname__", repr(function))
            raise TypeError(f"on_error of {options.name}: {name} must return an error or None, not {other!r}")

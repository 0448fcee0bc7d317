"""Refuses responses by their status."""

from __future__ import annotations

from ...plugins.validator import HttpCallValidator
from ...values.request import Request
from ..proceed import AsyncProceed
from ..response import AsyncResponse

__all__ = ["AsyncValidatorHandler"]


class AsyncValidatorHandler:
    """The waiting half of HttpCallValidator."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpCallValidator) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Send, and raise for a final status that is not success; the body is read first, so that it is readable."""
        response = await proceed(request)
        if response.status_code >= 300:
            try:
                await response.load()
                self._options.validate(response)
            finally:
                await response.aclose()
        return response

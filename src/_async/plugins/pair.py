"""Runs the function form of a plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...values.request import Request
from ..proceed import AsyncProceed
from ..response import AsyncResponse
from .blame import blame, in_time

__all__ = ["AsyncPairHandler"]


class AsyncPairHandler:
    """Runs ``function(request, proceed)`` and sees to what it leaves behind when it fails.

    Raises TypeError, naming the plugin, when it returns no response. What it raises itself gets a note with the name.
    """

    __slots__ = ("_function", "_name")

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._function = function
        self._name = name

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Act around one call."""
        if request.stream:
            return await self._streamed(request, proceed)
        # Saved responses hold no connection.
        try:
            result = await self._function(request, proceed)
            if request.deadline is not None:
                in_time(request, self._name)
            return result if isinstance(result, AsyncResponse) else self._checked(result)
        except BaseException as error:
            blame(error, self._name)
            raise

    async def _streamed(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        opened: list[AsyncResponse] = []

        async def noting(request: Request) -> AsyncResponse:
            response = await proceed(request)
            opened.append(response)
            return response

        try:
            result = self._checked(await self._function(request, noting))
            in_time(request, self._name)
        except BaseException as error:
            blame(error, self._name)
            for response in opened:
                await response.aclose()
            raise
        if result in opened:
            # One it made itself may read from what it got, so then nothing is closed.
            for response in opened:
                if response is not result:
                    await response.aclose()
        return result

    def _checked(self, result: Any) -> AsyncResponse:
        if isinstance(result, AsyncResponse):
            return result
        raise TypeError(f"{self._name} must return a response: it returned {type(result).__name__}")

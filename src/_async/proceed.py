"""The step inside a plugin: what it calls to go on."""

from __future__ import annotations

from typing import Protocol

from ..values.request import Request
from .response import AsyncResponse

__all__ = ["AsyncProceed", "AsyncSend"]


class AsyncProceed(Protocol):
    """Sends a request through the rest of the chain; may be called again."""

    async def __call__(self, request: Request) -> AsyncResponse:
        """Return the response. Raises HTTPError."""
        ...


class AsyncSend(Protocol):
    """Acts around a call."""

    async def __call__(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Return the response that ``proceed(request)`` or something else brought."""
        ...

"""Compresses request bodies."""

from __future__ import annotations

from ...plugins.content_encoding import ContentEncoding
from ...values.request import Request
from ..proceed import AsyncProceed
from ..response import AsyncResponse
from .blame import blame

__all__ = ["HANDLER", "AsyncContentEncodingHandler"]


class AsyncContentEncodingHandler:
    """The part of ContentEncoding that sends."""

    __slots__ = ("_options",)

    def __init__(self, options: ContentEncoding) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Send the request, its body compressed where that is wanted."""
        if request.body is not None:
            try:
                request = self._options.compressed(request)
            except Exception as error:
                blame(error, self._options.name)
                raise
        return await proceed(request)


HANDLER = AsyncContentEncodingHandler

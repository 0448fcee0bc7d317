"""Something to do when a streamed response is done."""

from __future__ import annotations

from collections.abc import Callable

from ...values.headers import RawHeaders
from ..response import AsyncBodyStream, AsyncResponse

__all__ = ["AsyncClosingStream", "when_closed"]


def when_closed(response: AsyncResponse, callback: Callable[[], None]) -> None:
    """Call back once, when the response holds no connection any more; at once where that is so."""
    stream = response._stream
    if stream is None or response.is_closed:
        callback()
    else:
        response.attach(AsyncClosingStream(stream, callback))


class AsyncClosingStream(AsyncBodyStream):
    """A body stream that tells when it ends, however it ends."""

    __slots__ = ("_callback", "_inner")

    def __init__(self, inner: AsyncBodyStream, callback: Callable[[], None]) -> None:
        self._inner = inner
        self._callback: Callable[[], None] | None = callback

    def _closed(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()

    async def receive(self) -> bytes:
        """Return the next piece, or b"" at the end."""
        piece = await self._inner.receive()
        if not piece:
            self._closed()
        return piece

    async def read(self) -> bytes:
        """Return all that is left."""
        data = await self._inner.read()
        self._closed()
        return data

    async def aclose(self) -> None:
        """Give up what is unread and free the connection."""
        try:
            await self._inner.aclose()
        finally:
            self._closed()

    def abandon(self) -> bool:
        """Free the connection without waiting."""
        try:
            return self._inner.abandon()
        finally:
            self._closed()

    def trailers(self) -> RawHeaders:
        """Return the trailer fields."""
        return self._inner.trailers()

"""A response body that somebody watches on its way."""

from __future__ import annotations

from typing import Protocol

from ..._concurrency import monotonic
from ...values.headers import RawHeaders
from ..response import AsyncBodyStream, AsyncResponse

__all__ = ["BodyWatcher", "watch"]


class BodyWatcher(Protocol):
    """Is told what passes by. It must neither raise nor take long, nor hold the response."""

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        ...

    def end(self, now: float, error: BaseException | None = None, *, complete: bool = False) -> None:
        """Take the end: all was read (``complete``), or reading failed, or what is left was given up."""
        ...


def watch(response: AsyncResponse, watcher: BodyWatcher) -> None:
    """Have somebody watch the body of a response that is not read yet."""
    stream = response._stream
    if stream is None:
        watcher.end(monotonic(), complete=True)
    else:
        response.attach(AsyncWatchedStream(stream, watcher))


class AsyncWatchedStream(AsyncBodyStream):
    """Another stream, unchanged."""

    __slots__ = ("_stream", "_watcher")

    def __init__(self, stream: AsyncBodyStream, watcher: BodyWatcher) -> None:
        self._stream = stream
        self._watcher = watcher

    async def receive(self) -> bytes:
        """Return the next piece, or b"" at the end."""
        try:
            piece = await self._stream.receive()
        except BaseException as error:
            self._watcher.end(monotonic(), error)
            raise
        if piece:
            self._watcher.add(piece)
        else:
            self._watcher.end(monotonic(), complete=True)
        return piece

    async def aclose(self) -> None:
        """Give up what is unread and free the connection."""
        await self._stream.aclose()
        self._watcher.end(monotonic())

    def abandon(self) -> bool:
        """Free the connection without waiting."""
        left = self._stream.abandon()
        self._watcher.end(monotonic())
        return left

    def trailers(self) -> RawHeaders:
        """Return the trailer fields."""
        return self._stream.trailers()

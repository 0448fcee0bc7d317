"""Tells how far bodies have come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from ..._concurrency import async_body_chunks, async_call, monotonic
from ...plugins.body_progress import BodyProgress
from ...values.body import Body
from ...values.driven_body import DrivenBody
from ...values.headers import RawHeaders
from ...values.request import Request
from ..proceed import AsyncProceed
from ..response import AsyncBodyStream, AsyncResponse
from .blame import blame

__all__ = ["HANDLER", "AsyncProgressHandler"]

PIECE = 64 * 1024
"""What is in memory is sent in pieces of this size, in bytes."""


class AsyncProgressHandler:
    """The waiting half of BodyProgress."""

    __slots__ = ("_options",)

    def __init__(self, options: BodyProgress) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Send, and count what goes and comes."""
        options = self._options
        sent = request.copy()
        if options.on_upload is not None and request.body is not None:
            count = AsyncCount(options, options.on_upload, request.body.content_length)
            sent.body = DrivenBody(request.body, AsyncCountedChunks, count)
        if options.on_download is None:
            response = await proceed(sent)
        else:
            response = await self._received(sent, proceed, options.on_download)
        if options.on_upload is not None and request.body is None:
            await self._closing(response, AsyncCount(options, options.on_upload, 0))
        return response

    async def _received(self, request: Request, proceed: AsyncProceed, listener: Callable[..., Any]) -> AsyncResponse:
        # To see a body come, it must not be read where the response is made.
        stream, request.stream = request.stream, True
        started = monotonic()
        response = await proceed(request)
        request.stream = response.request.stream = stream
        count = AsyncCount(self._options, listener, length_of(response))
        body = response._stream
        if response.network_stream is not None:
            return response
        if body is None:
            count.done = len(response.raw_content) if response.is_read else 0
            await self._closing(response, count)
            return response
        response.attach(AsyncCountedStream(body, count))
        if not stream:
            await response.load()
            response.elapsed_seconds = monotonic() - started
        return response

    async def _closing(self, response: AsyncResponse, count: AsyncCount) -> None:
        """Tell of the end; where that fails, the response goes."""
        try:
            await count.tell()
        except BaseException:
            await response.aclose()
            raise


def length_of(response: AsyncResponse) -> int | None:
    """Return the length of the body by its head, None where that tells nothing."""
    if response.request.method == "HEAD" or response.status_code in (204, 304):
        return 0
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


class AsyncCount:
    """Counts the bytes of one body, and tells."""

    __slots__ = ("_listener", "_options", "done", "total")

    def __init__(self, options: BodyProgress, listener: Callable[..., Any], total: int | None) -> None:
        self._options = options
        self._listener = listener
        self.total = total
        self.done = 0

    async def add(self, size: int) -> None:
        """Count some more."""
        self.done += size
        await self.tell()

    async def tell(self) -> None:
        """Call the listener."""
        try:
            await async_call(self._listener, self.done, self.total)
        except Exception as error:
            blame(error, self._options.name)
            raise


class AsyncCountedStream(AsyncBodyStream):
    """Another stream, counted."""

    __slots__ = ("_count", "_ended", "_stream")

    def __init__(self, stream: AsyncBodyStream, count: AsyncCount) -> None:
        self._stream = stream
        self._count = count
        self._ended = False

    async def receive(self) -> bytes:
        """Return the next piece, or b"" at the end."""
        piece = await self._stream.receive()
        if self._ended:
            return piece
        try:
            if piece:
                await self._count.add(len(piece))
            else:
                self._ended = True
                await self._count.tell()
        except BaseException:
            await self._stream.aclose()
            raise
        return piece

    async def aclose(self) -> None:
        """Give up what is unread and free the connection."""
        await self._stream.aclose()

    def abandon(self) -> bool:
        """Free the connection without waiting."""
        return self._stream.abandon()

    def trailers(self) -> RawHeaders:
        """Return the trailer fields."""
        return self._stream.trailers()


class AsyncCountedChunks(AsyncIterator[bytes]):
    """The pieces of a body, none too long."""

    def __init__(self, body: Body, count: AsyncCount) -> None:
        self._chunks = async_body_chunks(body)
        self._count = count
        count.done = 0
        self._rest = memoryview(b"")
        self._ended = False

    async def __anext__(self) -> bytes:
        while not self._rest and not self._ended:
            try:
                self._rest = memoryview(await self._chunks.__anext__())
            except StopAsyncIteration:
                self._ended = True
                await self._count.tell()
        if not self._rest:
            raise StopAsyncIteration
        piece, self._rest = bytes(self._rest[:PIECE]), self._rest[PIECE:]
        await self._count.add(len(piece))
        return piece

    async def aclose(self) -> None:
        """End the body's own iterator, where it can be ended."""
        close = getattr(self._chunks, "aclose", None)
        if close is not None:
            await close()


HANDLER = AsyncProgressHandler

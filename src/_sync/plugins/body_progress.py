# Generated from src/_async/plugins/body_progress.py by scripts/generate_sync.py. Do not edit.
"""Tells how far bodies have come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..._concurrency import body_chunks, call, monotonic
from ...plugins.body_progress import BodyProgress
from ...values.body import Body
from ...values.driven_body import DrivenBody
from ...values.headers import RawHeaders
from ...values.request import Request
from ..proceed import Proceed
from ..response import BodyStream, Response
from .blame import blame

__all__ = ["HANDLER", "ProgressHandler"]

PIECE = 64 * 1024
"""What is in memory is sent in pieces of this size, in bytes."""


class ProgressHandler:
    """The waiting half of BodyProgress."""

    __slots__ = ("_options",)

    def __init__(self, options: BodyProgress) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send, and count what goes and comes."""
        options = self._options
        sent = request.copy()
        if options.on_upload is not None and request.body is not None:
            count = Count(options, options.on_upload, request.body.content_length)
            sent.body = DrivenBody(request.body, CountedChunks, count)
        if options.on_download is None:
            response = proceed(sent)
        else:
            response = self._received(sent, proceed, options.on_download)
        if options.on_upload is not None and request.body is None:
            self._closing(response, Count(options, options.on_upload, 0))
        return response

    def _received(self, request: Request, proceed: Proceed, listener: Callable[..., Any]) -> Response:
        # To see a body come, it must not be read where the response is made.
        stream, request.stream = request.stream, True
        started = monotonic()
        response = proceed(request)
        request.stream = response.request.stream = stream
        count = Count(self._options, listener, length_of(response))
        body = response._stream
        if response.network_stream is not None:
            return response
        if body is None:
            count.done = len(response.raw_content) if response.is_read else 0
            self._closing(response, count)
            return response
        response.attach(CountedStream(body, count))
        if not stream:
            response.load()
            response.elapsed_seconds = monotonic() - started
        return response

    def _closing(self, response: Response, count: Count) -> None:
        """Tell of the end; where that fails, the response goes."""
        try:
            count.tell()
        except BaseException:
            response.close()
            raise


def length_of(response: Response) -> int | None:
    """Return the length of the body by its head, None where that tells nothing."""
    if response.request.method == "HEAD" or response.status_code in (204, 304):
        return 0
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


class Count:
    """Counts the bytes of one body, and tells."""

    __slots__ = ("_listener", "_options", "done", "total")

    def __init__(self, options: BodyProgress, listener: Callable[..., Any], total: int | None) -> None:
        self._options = options
        self._listener = listener
        self.total = total
        self.done = 0

    def add(self, size: int) -> None:
        """Count some more."""
        self.done += size
        self.tell()

    def tell(self) -> None:
        """Call the listener."""
        try:
            call(self._listener, self.done, self.total)
        except Exception as error:
            blame(error, self._options.name)
            raise


class CountedStream(BodyStream):
    """Another stream, counted."""

    __slots__ = ("_count", "_ended", "_stream")

    def __init__(self, stream: BodyStream, count: Count) -> None:
        self._stream = stream
        self._count = count
        self._ended = False

    def receive(self) -> bytes:
        """Return the next piece, or b"" at the end."""
        piece = self._stream.receive()
        if self._ended:
            return piece
        try:
            if piece:
                self._count.add(len(piece))
            else:
                self._ended = True
                self._count.tell()
        except BaseException:
            self._stream.close()
            raise
        return piece

    def close(self) -> None:
        """Give up what is unread and free the connection."""
        self._stream.close()

    def abandon(self) -> bool:
        """Free the connection without waiting."""
        return self._stream.abandon()

    def trailers(self) -> RawHeaders:
        """Return the trailer fields."""
        return self._stream.trailers()


class CountedChunks(Iterator[bytes]):
    """The pieces of a body, none too long."""

    def __init__(self, body: Body, count: Count) -> None:
        self._chunks = body_chunks(body)
        self._count = count
        count.done = 0
        self._rest = memoryview(b"")
        self._ended = False

    def __next__(self) -> bytes:
        while not self._rest and not self._ended:
            try:
                self._rest = memoryview(self._chunks.__next__())
            except StopIteration:
                self._ended = True
                self._count.tell()
        if not self._rest:
            raise StopIteration
        piece, self._rest = bytes(self._rest[:PIECE]), self._rest[PIECE:]
        self._count.add(len(piece))
        return piece

    def close(self) -> None:
        """End the body's own iterator, where it can be ended."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()


HANDLER = ProgressHandler

# Generated from src/_async/plugins/on_close.py by scripts/generate_sync.py. Do not edit.
"""Something to do when a streamed response is done."""

from __future__ import annotations

from collections.abc import Callable

from ...values.headers import RawHeaders
from ..response import BodyStream, Response

__all__ = ["ClosingStream", "when_closed"]


def when_closed(response: Response, callback: Callable[[], None]) -> None:
    """Call back once, when the response holds no connection any more; at once where that is so."""
    stream = response._stream
    if stream is None or response.is_closed:
        callback()
    else:
        response.attach(ClosingStream(stream, callback))


class ClosingStream(BodyStream):
    """A body stream that tells when it ends, however it ends."""

    __slots__ = ("_callback", "_inner")

    def __init__(self, inner: BodyStream, callback: Callable[[], None]) -> None:
        self._inner = inner
        self._callback: Callable[[], None] | None = callback

    def _closed(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()

    def receive(self) -> bytes:
        """Return the next piece, or b"" at the end."""
        piece = self._inner.receive()
        if not piece:
            self._closed()
        return piece

    def read(self) -> bytes:
        """Return all that is left."""
        data = self._inner.read()
        self._closed()
        return data

    def close(self) -> None:
        """Give up what is unread and free the connection."""
        try:
            self._inner.close()
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

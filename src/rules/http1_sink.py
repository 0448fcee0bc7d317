"""llhttp, and what takes its findings."""

from __future__ import annotations

from collections.abc import Callable

from httptools import HttpParserCallbackError, HttpResponseParser

from ..exceptions import RemoteProtocolError
from ..values.headers import RawHeaders

__all__ = ["Sink", "check_callback"]


class Sink:
    """A strict parser, and head, body pieces and trailers of the message it is in.

    It counts what a chunked body costs beside its data. ``feed`` gives llhttp bytes; ``renew`` begins with another
    parser, where the old one stopped inside a message or saw what it can't go back from.
    """

    __slots__ = (
        "_should_keep_alive",
        "body_size",
        "chunk_size",
        "complete",
        "feed",
        "framing",
        "headers",
        "keep_alive",
        "pieces",
        "reason",
        "status",
        "trailers_at",
    )

    feed: Callable[[bytes], None]
    status: Callable[[], int]

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.renew()

    def renew(self) -> None:
        """Forget the message and the parser."""
        self.reset()
        self.body_size = self.chunk_size = self.framing = 0
        parser = HttpResponseParser(self)
        self.feed = parser.feed_data
        self.status = parser.get_status_code
        self._should_keep_alive = parser.should_keep_alive

    def reset(self) -> None:
        """Forget the message, which was complete and not chunked: the parser is ready for the next one."""
        self.headers: RawHeaders = []
        self.reason = b""
        self.keep_alive: bool | None = None  # None until the head is complete
        self.complete = False
        self.trailers_at = -1  # the index of the first trailer in headers, once a chunk came
        if self.pieces:
            self.pieces.clear()

    def on_message_begin(self) -> None:
        if self.complete:
            raise RemoteProtocolError("bytes follow the response")

    def on_status(self, reason: bytes) -> None:
        self.reason = reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value.rstrip()))  # llhttp strips the front only

    def on_headers_complete(self) -> None:
        # Asked here, because llhttp forgets it with the message.
        self.keep_alive = self._should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self.pieces.append(data)
        if self.trailers_at >= 0:
            self.chunk_size += len(data)

    def on_chunk_header(self) -> None:
        if self.trailers_at < 0:
            self.trailers_at = len(self.headers)

    def on_chunk_complete(self) -> None:
        size = self.chunk_size
        self.chunk_size = 0
        self.body_size += size
        # The shortest form: the size in hexadecimal, CRLF, the data, CRLF.
        self.framing += ((size.bit_length() + 3) // 4 or 1) + 4

    def on_message_complete(self) -> None:
        self.complete = True


def check_callback(error: Exception) -> None:
    """Raise what a callback raised, a KeyboardInterrupt say, which httptools hides behind an error of its own."""
    if isinstance(error, HttpParserCallbackError):
        cause = error.__context__
        if cause is not None and not isinstance(cause, RemoteProtocolError):
            raise cause

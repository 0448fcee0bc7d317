"""What takes the findings of llhttp: the callbacks of one parser."""

from __future__ import annotations

from collections.abc import Callable

from httptools import HttpResponseParser

from ..exceptions import RemoteProtocolError
from ..values.headers import RawHeaders

__all__ = ["Sink", "make_parser"]


class Sink:
    """Gathers head, body pieces and trailers of one message, and counts what a chunked body costs beside its data."""

    __slots__ = (
        "body_size",
        "chunk_size",
        "complete",
        "framing",
        "headers",
        "keep_alive",
        "pieces",
        "reason",
        "should_keep_alive",
        "trailers_at",
    )

    should_keep_alive: Callable[[], bool]

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.reset()

    def reset(self) -> None:
        """Forget the message, for the next one."""
        self.headers: RawHeaders = []
        self.reason = b""
        self.keep_alive: bool | None = None  # None until the head is complete
        self.complete = False
        self.trailers_at = -1  # the index of the first trailer in headers, in a chunked message
        self.body_size = self.framing = self.chunk_size = 0
        if self.pieces:
            self.pieces.clear()

    def on_message_begin(self) -> None:
        if self.complete:
            raise RemoteProtocolError("bytes follow the response")

    def on_status(self, reason: bytes) -> None:
        self.reason = reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        # Asked for here, because llhttp forgets it with the message.
        self.keep_alive = self.should_keep_alive()

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


def make_parser(sink: Sink) -> HttpResponseParser:
    """Return a strict parser at the start of a message."""
    parser = HttpResponseParser(sink)
    sink.should_keep_alive = parser.should_keep_alive
    return parser

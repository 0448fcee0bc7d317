"""Watches over a chunked body: its end, its trailers, and what it costs beside its data (RFC 9112 section 7.1)."""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError

from ..exceptions import RemoteProtocolError
from ..values.headers import RawHeaders
from .http1_errors import chunk_error
from .http1_head import BLANK
from .http1_limits import Http1Limits
from .http1_sink import Sink, check_callback

__all__ = ["ChunkedReader"]

_SLACK: Final = 20  # the most that the chunk in progress takes beside its data: 16 digits and two line ends


class ChunkedReader:
    """Feeds one chunked body to llhttp; the pieces are left in the sink.

    ``clean`` says, when the body is complete, that no byte followed it.
    """

    __slots__ = ("_fed", "_limits", "_sink", "_tail", "clean", "trailers")

    def __init__(self, sink: Sink, limits: Http1Limits) -> None:
        self._sink = sink
        self._limits = limits
        self._fed = 0
        self._tail = b""
        self.clean = True
        self.trailers: RawHeaders = []

    def feed(self, data: bytes) -> bool:
        """Take bytes of the body; return whether it is complete. Raises RemoteProtocolError."""
        sink = self._sink
        try:
            sink.feed(data)
        except HttpParserError as error:
            check_callback(error)
            if not sink.complete:
                raise chunk_error(sink.body_size + sink.chunk_size, error) from None
            self.clean = False
        return self.count(data)

    def count(self, data: bytes) -> bool:
        """Hold what llhttp made of the bytes against the limits; return whether the body is complete."""
        sink = self._sink
        limits = self._limits
        self._fed += len(data)
        self._tail = (self._tail + data)[-5:]
        beside = self._fed - sink.body_size - sink.chunk_size - sink.framing
        if not sink.complete:
            if beside - _SLACK > limits.max_chunk_extension_bytes + limits.max_trailer_bytes:
                raise RemoteProtocolError("the chunk extensions and trailers of the response are longer than allowed")
            return False
        self.trailers = trailers = sink.headers[sink.trailers_at :]
        size = sum([len(name) + len(value) + 4 for name, value in trailers])
        if size > limits.max_trailer_bytes or len(trailers) > limits.max_trailers:
            raise RemoteProtocolError(
                f"the response has more than {limits.max_trailers} trailers or {limits.max_trailer_bytes} bytes of them"
            )
        # llhttp passes over line ends after a message; the message itself ends in exactly two.
        self.clean = self.clean and self._tail[-4:] == BLANK and self._tail[0] not in b"\r\n"
        # What follows the message would be counted too; but then the connection is lost anyway.
        if self.clean and beside - size > limits.max_chunk_extension_bytes:
            raise RemoteProtocolError(
                f"the chunk extensions of the response are longer than {limits.max_chunk_extension_bytes} bytes"
            )
        return True

"""Gathers the head of a response, however it is cut."""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade

from ..exceptions import RemoteProtocolError
from .http1_errors import head_error
from .http1_limits import Http1Limits
from .http1_sink import Sink, check_callback

__all__ = ["BLANK", "HeadReader"]

BLANK: Final = b"\r\n\r\n"
_START: Final = b"HTTP/1."
_BLANK_LINES: Final = 2


class HeadReader:
    """Finds the end of a head, so that llhttp sees the head and not a byte more.

    Lines go to llhttp when they are complete: a bad one is noticed at once, and llhttp, which copies a line again
    and again while it grows, never gets half of one. Up to two empty lines before the status line are passed over,
    as some servers send one after an informational response.
    """

    __slots__ = ("_blank_lines", "_buffer", "_limits", "_parsed", "_sink", "http_version")

    def __init__(self, sink: Sink, limits: Http1Limits) -> None:
        self._sink = sink
        self._limits = limits
        self._buffer = bytearray()
        self._parsed = 0  # bytes of the buffer that llhttp has
        self._blank_lines = 0
        self.http_version = "HTTP/1.1"

    @property
    def empty(self) -> bool:
        """Whether nothing of a head is held."""
        return not self._buffer

    def feed(self, data: bytes) -> bytes | None:
        """Take bytes; return those after the head once it is complete, None before. Raises RemoteProtocolError."""
        buffer = self._buffer
        known = len(buffer)
        buffer += data
        if not self._parsed:
            known = max(known - self._check_start(), 0)
        end = buffer.find(BLANK, max(known - 3, 0)) + 4
        if end < 4:
            self._check_size(len(buffer))
            self._parse(buffer.rfind(b"\n", known) + 1)
            return None
        self._check_size(end)
        self._parse(end)
        self.http_version = "HTTP/1.1" if buffer[7] == 0x31 else "HTTP/1.0"
        rest = bytes(buffer[end:])
        buffer.clear()
        self._parsed = self._blank_lines = 0
        return rest

    def _check_start(self) -> int:
        """Drop empty lines and check that HTTP/1 begins here; return the number of bytes dropped."""
        buffer = self._buffer
        dropped = 0
        while self._blank_lines < _BLANK_LINES and buffer[:2] == b"\r\n":
            self._blank_lines += 1
            dropped += 2
            del buffer[:2]
        start = bytes(buffer[:7])
        if start != _START[: len(start)] and not (start == b"\r" and self._blank_lines < _BLANK_LINES):
            raise RemoteProtocolError(f"malformed response: it begins with {bytes(buffer[:20])!r}, which is not HTTP/1")
        if len(buffer) > 7 and buffer[7] not in b"01":
            raise RemoteProtocolError(f"malformed response: its version is {bytes(buffer[:8])!r}, not HTTP/1.0 or 1.1")
        return dropped

    def _check_size(self, size: int) -> None:
        if size > self._limits.max_head_bytes:
            raise RemoteProtocolError(f"the response head is longer than {self._limits.max_head_bytes} bytes")

    def _parse(self, end: int) -> None:
        if end <= self._parsed:
            return
        sink = self._sink
        try:
            sink.feed(bytes(self._buffer[self._parsed : end]))
        except HttpParserUpgrade:
            pass  # a 101, which is taken by its status
        except HttpParserError as error:
            check_callback(error)
            if sink.keep_alive is None or sink.status() != 101:
                raise head_error(bytes(self._buffer[:end]), error) from None
        self._parsed = end
        if len(sink.headers) > self._limits.max_headers:
            raise RemoteProtocolError(f"the response has more than {self._limits.max_headers} header lines")

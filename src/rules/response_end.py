"""Where responses end on an HTTP/1.1 wire, for an engine whose parser keeps that to itself."""

from __future__ import annotations

import re

__all__ = ["ResponseEnd", "is_final"]

_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d[ \r\n]")
_BODILESS = re.compile(rb"HTTP/1\.[01] (?:204|304)[ \r\n]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)

_HEAD, _SIZE, _CHUNK, _TRAILERS, _COUNT, _LOST = range(6)


class ResponseEnd:
    """Follows the bytes of one response just as far as is needed to see whether any came behind its end.

    Such bytes would be taken for the next response, so the connection must not be used again. The parser proper
    checks the syntax; whatever looks odd here counts as not ``clean``.
    """

    __slots__ = ("_bodiless", "_left", "_rest", "_state")

    def __init__(self, method: str) -> None:
        self._bodiless = method == "HEAD"
        self._state = _HEAD
        self._rest = b""
        # Bytes of the body, or of the chunk, still to come; below zero when there were more.
        self._left = 0

    @property
    def clean(self) -> bool:
        """Whether exactly one response came, to its end."""
        return self._state == _COUNT and self._left == 0

    def feed(self, data: bytes) -> None:
        """Take what the server sent."""
        if self._state == _COUNT:
            self._left -= len(data)
            return
        if self._rest:
            data, self._rest = self._rest + data, b""
        at: int | None = 0
        while at is not None and self._state < _COUNT:
            at = self._step(data, at)
        if at is not None and self._state == _COUNT:
            self._left -= len(data) - at

    def _step(self, data: bytes, at: int) -> int | None:
        """Pass over one head, line or chunk; return where the next one starts, None where more must come first."""
        if self._state == _CHUNK:
            here = len(data) - at
            if here < self._left:
                self._left -= here
                return None
            at += self._left
            self._left, self._state = 0, _SIZE
            return at
        mark = b"\r\n\r\n" if self._state == _HEAD else b"\r\n"
        end = data.find(mark, at)
        if end < 0:
            self._rest = data[at:]
            return None
        if self._state == _HEAD:
            self._head(data[at : end + 2])
        elif self._state == _SIZE:
            self._size(data[at:end])
        elif end == at:
            self._state = _COUNT
        return end + len(mark)

    def _head(self, head: bytes) -> None:
        if _INTERIM.match(head):
            return
        length = _LENGTH.search(head)
        if self._bodiless or _BODILESS.match(head):
            self._state = _COUNT
        elif _CHUNKED.search(head):
            self._state = _SIZE
        elif length:
            self._state, self._left = _COUNT, int(length[1])
        else:
            self._state = _LOST  # it ends with the connection

    def _size(self, line: bytes) -> None:
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            self._state = _LOST
            return
        # The data and the line end behind it.
        self._state, self._left = (_CHUNK, size + 2) if size else (_TRAILERS, 0)


def is_final(data: bytes) -> bool:
    """Whether the bytes hold the start of a final response behind any number of 1xx heads (RFC 9110 section 15.2).

    101 is final: it ends HTTP on the connection. What is no response at all counts as final too, so that it is read.
    """
    start = 0
    while _INTERIM.match(data, start):
        end = data.find(b"\r\n\r\n", start)
        if end < 0:
            return False
        start = end + 4
    rest = data[start:]
    # The first digit of the status tells; while it may still be 1, wait for all three.
    return bool(rest) and (len(rest) > 12 or not b"HTTP/1.1 1".startswith(rest[:10]))

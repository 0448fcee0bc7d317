"""Whether a server that speaks during an upload has answered, or only given an interim response."""

from __future__ import annotations

import re

__all__ = ["is_final"]

_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d[ \r\n]")


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
    # Of the first 12 bytes of a status line the last four tell; with fewer, wait for more.
    return bool(rest) and (len(rest) >= 12 or not b"HTTP/1.1 1".startswith(rest[:10]))

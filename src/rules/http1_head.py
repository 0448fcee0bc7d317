"""What the header lines of a response say about its framing and its connection."""

from __future__ import annotations

import re

from ..exceptions import RemoteProtocolError
from ..values.headers import RawHeaders

__all__ = ["content_length", "decode_reason", "keep_alive_hints", "transfer_coding"]

_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_SECONDS = re.compile(rb"(?:^|[,;])[ \t]*(timeout|max)[ \t]*=[ \t]*\"?([0-9]{1,9})", re.IGNORECASE)


def decode_reason(reason: bytes) -> str:
    """Return the reason phrase as text. Raises RemoteProtocolError for control characters (RFC 9112 section 4)."""
    if _CONTROLS.search(reason):
        raise RemoteProtocolError("malformed response: the reason phrase holds a control character")
    try:
        return str(reason, "utf-8")
    except UnicodeDecodeError:
        return str(reason, "latin-1")


def transfer_coding(headers: RawHeaders) -> bytes | None:
    """Return the transfer codings in lower case, joined by commas; None if there are none.

    Raises RemoteProtocolError if chunked is applied more than once (RFC 9112 section 7.1).
    """
    codings = [
        coding.strip(b" \t").lower()
        for name, value in headers
        if len(name) == 17 and name.lower() == b"transfer-encoding"
        for coding in value.split(b",")
    ]
    if not codings:
        return None
    if codings.count(b"chunked") > 1:
        raise RemoteProtocolError("malformed response: Transfer-Encoding names chunked more than once")
    return b",".join(codings)


def content_length(headers: RawHeaders) -> int | None:
    """Return the Content-Length, which the parser has checked to be one decimal number; None if there is none."""
    for name, value in headers:
        if len(name) == 14 and name.lower() == b"content-length":
            return int(value)
    return None


def keep_alive_hints(headers: RawHeaders) -> tuple[float | None, int | None]:
    """Return what a Keep-Alive header says: idle seconds, and requests the connection will still serve."""
    timeout: float | None = None
    most: int | None = None
    for name, value in headers:
        if len(name) == 10 and name.lower() == b"keep-alive":
            for key, number in _SECONDS.findall(value):
                if key.lower() == b"timeout":
                    timeout = float(number)
                else:
                    most = int(number)
    return timeout, most

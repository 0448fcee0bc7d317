"""What the header lines of a response say about its framing and its connection."""

from __future__ import annotations

import re
from typing import Final

from ..exceptions import RemoteProtocolError
from ..values.headers import RawHeaders

__all__ = ["CHUNKED", "UNTIL_CLOSE", "decode_reason", "delimit", "keep_alive_hints", "keeps_connection"]

CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2

# Compiled when they are first needed, which is seldom.
_CONTROLS = rb"[\x00-\x08\x0a-\x1f\x7f]"
_REASONS: dict[bytes, str] = {}
_REASONS_MAX = 256
_HINT = rb"(?:^|[,;])[ \t]*(timeout|max)[ \t]*=[ \t]*\"?([0-9]{1,9})"


def decode_reason(reason: bytes) -> str:
    """Return the reason phrase as text. Raises RemoteProtocolError for control characters (RFC 9112 section 4)."""
    known = _REASONS.get(reason)
    if known is not None:
        return known
    if re.search(_CONTROLS, reason):
        raise RemoteProtocolError("malformed response: the reason phrase holds a control character")
    try:
        decoded = str(reason, "utf-8")
    except UnicodeDecodeError:
        decoded = str(reason, "latin-1")
    if len(_REASONS) < _REASONS_MAX and len(reason) <= 64:
        _REASONS[reason] = decoded
    return decoded


def delimit(headers: RawHeaders, http_version: str, keep_alive: bool | None) -> tuple[int, bool]:
    """Return the length of the body, or CHUNKED or UNTIL_CLOSE, and whether the connection is kept after it.

    llhttp has checked that there is at most one Content-Length, a number, and no Transfer-Encoding with it;
    ``keep_alive`` is what it makes of the Connection header. RFC 9112 section 6.3.
    Raises RemoteProtocolError if chunked is applied more than once (section 7.1).
    """
    codings: list[bytes] = []
    length = UNTIL_CLOSE
    for name, value in headers:
        size = len(name)
        if size == 14 and name.lower() == b"content-length":
            length = int(value)
        elif size == 17 and name.lower() == b"transfer-encoding":
            codings += [coding.strip(b" \t") for coding in value.lower().split(b",")]
    if not codings:
        return length, bool(keep_alive) and length >= 0
    if codings.count(b"chunked") > 1:
        raise RemoteProtocolError("malformed response: Transfer-Encoding names chunked more than once")
    if codings[-1] != b"chunked":
        return UNTIL_CLOSE, False
    # A Transfer-Encoding in HTTP/1.0 is suspect (section 6.1), and so is a coding nobody asked for.
    return CHUNKED, bool(keep_alive) and codings == [b"chunked"] and http_version == "HTTP/1.1"


def keeps_connection(headers: RawHeaders, http_version: str) -> bool:
    """Return whether the connection stays open after the message (RFC 9112 section 9.3)."""
    options = {
        option.strip(b" \t")
        for name, value in headers
        if name.lower() in (b"connection", b"proxy-connection")
        for option in value.lower().split(b",")
    }
    return b"close" not in options and (http_version == "HTTP/1.1" or b"keep-alive" in options)


def keep_alive_hints(headers: RawHeaders) -> tuple[float | None, int | None]:
    """Return what a Keep-Alive header says: idle seconds, and requests the connection will still serve."""
    timeout: float | None = None
    most: int | None = None
    for name, value in headers:
        if len(name) == 10 and name.lower() == b"keep-alive":
            for key, number in re.findall(_HINT, value, re.IGNORECASE):
                if key.lower() == b"timeout":
                    timeout = float(number)
                else:
                    most = int(number)
    return timeout, most

"""What the header lines of a response say about its framing and its connection."""

from __future__ import annotations

import re
from http import HTTPStatus

from ..exceptions import RemoteProtocolError
from ..values.headers import RawHeaders

__all__ = ["decode_reason", "framing_of", "keep_alive_hints", "keeps_connection"]

_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_REASONS = {b"": "", **{status.phrase.encode(): status.phrase for status in HTTPStatus}}
_HINT = re.compile(rb"(?:^|[,;])[ \t]*(timeout|max)[ \t]*=[ \t]*\"?([0-9]{1,9})", re.IGNORECASE)


def decode_reason(reason: bytes) -> str:
    """Return the reason phrase as text. Raises RemoteProtocolError for control characters (RFC 9112 section 4)."""
    known = _REASONS.get(reason)
    if known is not None:
        return known
    if _CONTROLS.search(reason):
        raise RemoteProtocolError("malformed response: the reason phrase holds a control character")
    try:
        return str(reason, "utf-8")
    except UnicodeDecodeError:
        return str(reason, "latin-1")


def framing_of(headers: RawHeaders) -> tuple[bytes | None, int | None]:
    """Return the transfer codings, in lower case and joined by commas, and the Content-Length; None for what is absent.

    llhttp has checked that there is at most one length, a number, and not both.
    Raises RemoteProtocolError if chunked is applied more than once (RFC 9112 section 7.1).
    """
    codings: list[bytes] | None = None
    length = None
    for name, value in headers:
        size = len(name)
        if size == 14 and name.lower() == b"content-length":
            length = int(value)
        elif size == 17 and name.lower() == b"transfer-encoding":
            codings = (codings or []) + [coding.strip(b" \t") for coding in value.lower().split(b",")]
    if codings is None:
        return None, length
    if codings.count(b"chunked") > 1:
        raise RemoteProtocolError("malformed response: Transfer-Encoding names chunked more than once")
    return b",".join(codings), length


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
            for key, number in _HINT.findall(value):
                if key.lower() == b"timeout":
                    timeout = float(number)
                else:
                    most = int(number)
    return timeout, most

"""HTTP/1.1 requests to bytes: the head with its Host and framing headers, chunks, and a watch over the length.

RFC 9112 sections 3, 6 and 7; RFC 9110 sections 7.2 and 8.6.
"""

from __future__ import annotations

import re

from ..exceptions import InvalidHeader, InvalidMethod, InvalidURL, LocalProtocolError
from ..values.body import Body
from ..values.headers import Headers, check_method, header_lines
from ..values.url import Endpoint

__all__ = [
    "EXPECT_BODY",
    "LAST_CHUNK",
    "LengthGuard",
    "absolute_form",
    "authority_form",
    "encode_chunk",
    "encode_request",
]

LAST_CHUNK = b"0\r\n\r\n"
"""What ends a chunked body that has no trailers."""

_TARGET = re.compile(rb"[\x21-\x7e]+")
_HOST = re.compile(rb"[A-Za-z0-9\-._~%!$&'()*+,;=:\[\]]+")
_SPECIAL = ("host", "content-length", "transfer-encoding", "proxy-authorization")
_DIGITS = re.compile(r"[0-9]{1,19}")

# Without a body, these still say that there is none (RFC 9110 section 8.6); the others never have one.
EXPECT_BODY = frozenset({"POST", "PUT", "PATCH", "QUERY"})

# Start lines with their Host, and start lines alone. Cleared when full, as most targets come once.
_STARTS: dict[tuple[str, bytes, bytes], tuple[bytes, bytes]] = {}
_STARTS_MAX = 1024
# Header lines, and whether one of _SPECIAL is among them. Most requests have the headers of the last one.
_BLOCKS: dict[tuple[tuple[str, str], ...], tuple[bytes, bool]] = {}
_BLOCKS_MAX = 256


def _start(method: str, target: bytes, host: bytes) -> tuple[bytes, bytes]:
    """Return the request line with the Host line, and alone; all three parts are checked."""
    if check_method(method) != method:
        raise InvalidMethod(f"the method {method!r} is written {check_method(method)!r}; methods are case-sensitive")
    if not _TARGET.fullmatch(target):
        raise InvalidURL(f"the request target {target[:100]!r} is empty or holds white space or a control character")
    if not _HOST.fullmatch(host):
        raise InvalidURL(f"the host {host[:100]!r} is empty or holds a character no host may have")
    line = b"%b %b HTTP/1.1\r\n" % (method.encode("ascii"), target)
    starts = (b"%bHost: %b\r\n" % (line, host), line)
    if len(target) <= 1024:
        if len(_STARTS) >= _STARTS_MAX:
            _STARTS.clear()
        _STARTS[method, target, host] = starts
    return starts


def _block(headers: Headers, key: tuple[tuple[str, str], ...]) -> tuple[bytes, bool]:
    """Return all header lines, checked, and whether they need a closer look."""
    lines = header_lines(headers)
    if "host" in headers:
        _check_host(headers)
    block = (lines, any(name in headers for name in _SPECIAL))
    if len(lines) <= 2048:
        if len(_BLOCKS) >= _BLOCKS_MAX:
            _BLOCKS.clear()
        _BLOCKS[key] = block
    return block


def encode_request(
    method: str, target: bytes, host: bytes, headers: Headers, body: Body | None
) -> tuple[bytes, int | None]:
    """Return the request head, and how many body bytes follow it: a number, or None for a chunked body.

    ``target`` is the origin form, or that of ``absolute_form`` and ``authority_form``. Host, Content-Length and
    Transfer-Encoding are added unless ``headers`` has them; then they must be valid and agree with the body.
    Proxy-Authorization is for proxies: with a target in origin form a server reads the request, and it is left out
    (RFC 9110 section 11.7.2).
    Raises InvalidRequest and LocalProtocolError, before anything is sent.
    """
    starts = _STARTS.get((method, target, host)) or _start(method, target, host)
    try:
        key = tuple(headers.items())
        lines, special = _BLOCKS.get(key) or _block(headers, key)
    except TypeError:
        raise InvalidHeader(
            f"a header value is not a str: {[type(value).__name__ for value in headers.values()]}"
        ) from None
    length = 0 if body is None else body.content_length
    start = starts[0]
    if special:
        if "proxy-authorization" in headers and method != "CONNECT" and target[:1] in (b"/", b"*"):
            headers = headers.copy()
            headers.popall("proxy-authorization")
            return encode_request(method, target, host, headers, body)
        if "host" in headers:
            start = starts[1]
        if "content-length" in headers or "transfer-encoding" in headers:
            length = _given_framing(headers, body, length)
            return b"%b%b\r\n" % (start, lines), length
    if body is None:
        return start + lines + (b"Content-Length: 0\r\n\r\n" if method in EXPECT_BODY else b"\r\n"), 0
    if method in ("CONNECT", "TRACE"):
        raise LocalProtocolError(f"a {method} request has no body (RFC 9110 section 9.3)")
    if length is None:
        return start + lines + b"Transfer-Encoding: chunked\r\n\r\n", None
    return b"%b%bContent-Length: %d\r\n\r\n" % (start, lines, length), length


def _check_host(headers: Headers) -> None:
    values = headers.getall("host")
    if len(values) > 1:
        raise InvalidHeader("there is more than one Host header")
    try:
        valid = _HOST.fullmatch(values[0].encode("ascii"))
    except UnicodeEncodeError:
        valid = None
    if not valid:
        raise InvalidHeader(f"the Host header {values[0][:100]!r} is no host with an optional port")


def _given_framing(headers: Headers, body: Body | None, length: int | None) -> int | None:
    """Check Content-Length or Transfer-Encoding headers of the caller; return the length they mean."""
    codings = headers.getall("transfer-encoding", [])
    lengths = headers.getall("content-length", [])
    if codings:
        if lengths:
            raise InvalidHeader("the headers hold both Content-Length and Transfer-Encoding; leave one out")
        if [coding.strip(" \t").lower() for coding in codings] != ["chunked"]:
            raise InvalidHeader(f"the only Transfer-Encoding that can be sent is chunked, not {', '.join(codings)!r}")
        if body is None:
            raise InvalidHeader("the headers say Transfer-Encoding: chunked, but the request has no body")
        return None
    if len(lengths) > 1 or not _DIGITS.fullmatch(lengths[0].strip(" \t")):
        raise InvalidHeader(f"the Content-Length header {', '.join(lengths)[:100]!r} is not one number")
    given = int(lengths[0])
    if length is not None and given != length:
        raise InvalidHeader(f"the Content-Length header says {given}, but the body has {length} bytes")
    return given


def absolute_form(endpoint: Endpoint) -> bytes:
    """Return the target for a request through an HTTP proxy that does not tunnel (RFC 9112 section 3.2.2)."""
    return b"%b://%b%b" % (endpoint.origin.scheme.encode("ascii"), endpoint.host, endpoint.target)


def authority_form(endpoint: Endpoint) -> bytes:
    """Return the target of a CONNECT request: host and port (RFC 9112 section 3.2.3); it is the Host value too."""
    host, port = endpoint.origin.host, endpoint.origin.port
    shown = f"[{host.partition('%')[0]}]" if ":" in host else host
    return f"{shown}:{port}".encode("ascii")


def encode_chunk(data: bytes) -> bytes:
    """Return the data as one chunk; b"" for no data, as an empty chunk would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


class LengthGuard:
    """Watches that a body brings the number of bytes its head promised; None promises nothing."""

    __slots__ = ("_left", "length")

    def __init__(self, length: int | None) -> None:
        self.length = length
        self._left = length

    def add(self, size: int) -> None:
        """Count bytes about to be sent. Raises LocalProtocolError when they are too many."""
        left = self._left
        if left is not None:
            if size > left:
                raise LocalProtocolError(f"the body has more than the {self.length} bytes its Content-Length says")
            self._left = left - size

    def finish(self) -> None:
        """Note the end of the body. Raises LocalProtocolError when bytes are missing."""
        if self._left:
            sent = (self.length or 0) - self._left
            raise LocalProtocolError(f"the body has {sent} bytes, but its Content-Length says {self.length}")

"""Urls of servers behind a Unix socket: ``http+unix://%2Frun%2Fdocker.sock/version``, the path as the host."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from yarl import URL

from ..exceptions import InvalidURL

__all__ = ["UNIX", "is_unix", "join_unix", "parse_unix", "socket_path"]

UNIX = "http+unix"

_PARTS = re.compile(r"\A[^:]+://([^/?#]*)(.*)\Z", re.S)
_STAND_IN = "unix.invalid"


def is_unix(text: str) -> bool:
    """Whether a text is such a url."""
    return text[:12].lower() == "http+unix://"


def parse_unix(text: str) -> URL:
    """Return the URL, whose host keeps small and capital letters apart. Raises InvalidURL."""
    parts = _PARTS.match(text)
    authority = parts[1] if parts else ""
    path = unquote(authority, errors="strict")
    if not path.startswith(("/", "\0")) or "\0" in path[1:] or len(path) < 2 or "@" in authority:
        # One that begins with a zero byte is in the abstract namespace of Linux.
        raise InvalidURL(
            "the host of such a url is the whole path of a socket, percent-encoded: http+unix://%2Frun%2Fx/"
        )
    return _with_host(URL(f"http://{_STAND_IN}{parts[2] if parts else ''}"), quote(path, safe=""))


def _with_host(url: URL, host: str) -> URL:
    # yarl itself would put the host in small letters.
    rest = str(url.with_path("/") if url.raw_path == "" else url).partition(f"//{_STAND_IN}")[2]
    return URL(f"{UNIX}://{host}{rest}", encoded=True)


def join_unix(base: URL, relative: URL) -> URL:
    """Resolve a reference against such a url (RFC 3986 section 5), which yarl does only for schemes that it knows."""
    host = base.raw_host or ""
    stand_in = URL(str(base).replace(f"{UNIX}://{host}", f"http://{_STAND_IN}", 1), encoded=True)
    joined = stand_in.join(relative)
    return _with_host(joined, host) if joined.raw_host == _STAND_IN and not relative.raw_host else joined


def socket_path(host: str) -> str:
    """Return the path of the socket that a host stands for."""
    return unquote(host)

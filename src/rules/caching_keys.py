"""Which stored responses answer a request: keys, Vary and users (RFC 9111 sections 2, 4 and 4.1)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from yarl import URL

from ..exceptions import HTTPError
from ..values.headers import Headers
from ..values.url import endpoint_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..values.request import Request

__all__ = ["invalidated_keys", "key_of", "matches", "selecting", "vary_names"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "PROPFIND", "REPORT", "SEARCH"})
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_USER = re.compile(r'\b(username\*?|realm)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^,\s]+)', re.IGNORECASE)


def key_of(url: URL, host: str | None = None, *, shared: bool) -> str:
    """Return the key of a url: without fragment and credentials. Raises UnsupportedProtocol, InvalidURL.

    ``host`` is the Host field the request has, if it has one: a host that is not that of the url is another site.
    A private and a shared cache have different keys, so that no storage brings what is private to others.
    """
    endpoint = endpoint_of(url)
    key = f"{'shared:' if shared else ''}{endpoint.origin}{endpoint.target.decode('ascii')}"
    if host is not None and host.strip().lower() != endpoint.host.decode("ascii").lower():
        key += f"#{host.strip().lower()}"  # no key has a fragment otherwise
    return key


def vary_names(headers: Headers) -> tuple[str, ...]:
    """Return the request headers that a response names in Vary, in lower case and in order."""
    names = [name.strip().lower() for name in ",".join(headers.getall("vary", ())).split(",")]
    return tuple(sorted({name for name in names if name}))


def selecting(names: Iterable[str], asked: Headers, *, shared: bool) -> tuple[tuple[str, str], ...]:
    """Return what chooses a variant: each name with the digest of its value in the request; empty where it has none.

    In a private cache credentials always count, as one client may act for several users.
    """
    wanted = set(names)
    if not shared:
        wanted.add("authorization")
    return tuple([(name, _digest(name, asked, shared=shared)) for name in sorted(wanted)])


def matches(vary: Iterable[tuple[str, str]], asked: Headers, *, shared: bool) -> bool:
    """Whether a stored response's selecting headers are those of a request (section 4.1)."""
    return all(digest == _digest(name, asked, shared=shared) for name, digest in vary)


def _digest(name: str, asked: Headers, *, shared: bool) -> str:
    values = asked.getall(name, None)
    if values is None:
        return ""
    value = ("; " if name == "cookie" else ", ").join([_COMMA.sub(", ", each.strip()) for each in values])
    if name == "authorization" and not shared:
        value = _user(value)
    return hashlib.sha256(f"{name}:{value}".encode()).hexdigest()[:32]


def _user(authorization: str) -> str:
    """Return what stays the same as long as the user does: Digest has other values in each request."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "digest":
        return authorization
    return "digest " + ", ".join(sorted(f"{name.lower()}={value}" for name, value in _USER.findall(rest)))


def invalidated_keys(request: Request, status_code: int, headers: Headers, *, shared: bool) -> list[str]:
    """Return the keys of what a response makes out of date: its request changed it (section 4.4)."""
    if request.method in SAFE or not 200 <= status_code < 400:
        return []
    host = request.headers.get("host")
    keys = [key_of(request.url, host, shared=shared)]
    origin = endpoint_of(request.url).origin
    for name in ("location", "content-location"):
        value = headers.get(name)
        if value is None:
            continue
        try:
            url = request.url.join(URL(value.strip()))
            if endpoint_of(url).origin == origin:
                keys.append(key_of(url, host, shared=shared))
        except (ValueError, TypeError, HTTPError):
            continue
    return list(dict.fromkeys(keys))

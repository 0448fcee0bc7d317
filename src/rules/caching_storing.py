"""Which responses are stored, and what of their heads (RFC 9111 section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values.headers import Headers, RawHeaders
from .caching_freshness import HEURISTIC_STATUSES, response_directives

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .caching_directives import Directives
    from .caching_policy import CachePolicy

__all__ = ["is_for_all", "kept_headers", "kept_trailers", "why_not_stored"]

# What each status means for a cache is understood of these (section 3, must-understand: 5.2.2.3).
UNDERSTOOD = HEURISTIC_STATUSES | {302, 303, 307, 400, 401, 403, 409, 415, 421, 451, 500, 502, 503, 504}

# Section 3.1, and what RFC 9110 section 7.6.1 names.
CONNECTION_FIELDS = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
PROXY_FIELDS = frozenset({"proxy-authenticate", "proxy-authentication-info", "proxy-authorization"})
# A cookie belongs to the response it came with: one that is replayed would bring an old session back.
COOKIE_FIELDS = frozenset({"set-cookie", "set-cookie2"})
NEVER_KEPT = CONNECTION_FIELDS | PROXY_FIELDS | COOKIE_FIELDS | {"warning"}


def why_not_stored(asked: Headers, wanted: Directives, status_code: int, headers: Headers, policy: CachePolicy) -> str:
    """Return why the response to a GET is not stored; empty where it may be (section 3).

    ``asked`` and ``wanted`` are the request's headers and directives.
    """
    directives = response_directives(headers, policy)
    if status_code < 200 or status_code == 304:
        return "not final"
    if "no-store" in wanted:
        return "no-store in the request"
    if "must-understand" in directives:
        # It takes the place of no-store for those who know the status (section 5.2.2.3).
        if status_code not in UNDERSTOOD:
            return "must-understand"
    elif "no-store" in directives:
        return "no-store"
    if "*" in ",".join(headers.getall("vary", ())).replace(" ", "").split(","):
        return "vary: *"  # it would answer nothing (section 4.1)
    if policy.shared and (why := _why_not_shared(asked, headers, directives)):
        return why
    allowed = (
        "public" in directives
        or (directives.fields("private") is not None and not policy.shared)
        or "max-age" in directives
        or (policy.shared and "s-maxage" in directives)
        or (not directives.is_targeted and "expires" in headers)
        or status_code in HEURISTIC_STATUSES
    )
    return "" if allowed else "nothing allows it"


def is_for_all(directives: Directives) -> bool:
    """Whether a shared cache may give a response to others although it was asked for with credentials (section 3.5)."""
    return "public" in directives or "s-maxage" in directives or "must-revalidate" in directives


def _why_not_shared(asked: Headers, headers: Headers, directives: Directives) -> str:
    """Return why a response must not be given to other users."""
    if directives.is_whole("private"):
        return "private"
    if "authorization" in asked and not is_for_all(directives):
        return "authorization"
    for_all = "public" in directives or "s-maxage" in directives
    limited = (directives.fields("private") or frozenset()) | (directives.fields("no-cache") or frozenset())
    if "set-cookie" in headers and not for_all and "set-cookie" not in limited:
        # HTTP lets a cache store it (section 7.3). A page that comes with a session is too likely a page for one user.
        return "set-cookie"
    return ""


def kept_headers(raw: Iterable[tuple[bytes, bytes]], policy: CachePolicy) -> tuple[tuple[bytes, bytes], ...]:
    """Return the header fields to store (section 3.1), without those of a shared cache's ``private="…"``."""
    raw = list(raw)
    headers = Headers.from_raw(raw)
    dropped = NEVER_KEPT | _listed(headers)
    if policy.shared:
        dropped |= response_directives(headers, policy).fields("private") or frozenset()
    return _without(raw, dropped)


def kept_trailers(raw: RawHeaders, headers: Headers, policy: CachePolicy) -> tuple[tuple[bytes, bytes], ...]:
    """Return the trailer fields to store."""
    dropped = NEVER_KEPT | _listed(headers)
    if policy.shared:
        dropped |= response_directives(headers, policy).fields("private") or frozenset()
    return _without(raw, dropped)


def _listed(headers: Headers) -> frozenset[str]:
    names = ",".join(headers.getall("connection", ())).split(",")
    return frozenset(name.strip().lower() for name in names)


def _without(raw: Iterable[tuple[bytes, bytes]], dropped: frozenset[str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple([(name, value) for name, value in raw if name.decode("latin-1").lower() not in dropped])

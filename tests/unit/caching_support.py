"""Stored responses for the tests of the caching rules."""

from __future__ import annotations

from datetime import UTC, datetime

from duohttp import CacheEntry, Headers
from duohttp.rules.caching_freshness import Stored
from duohttp.rules.caching_policy import CachePolicy

NOW = 1_700_000_000.0
PRIVATE = CachePolicy()
SHARED = CachePolicy(shared=True, targets=("CDN-Cache-Control",))


def date(seconds: float = 0.0) -> str:
    """Return an HTTP date, relative to NOW."""
    return datetime.fromtimestamp(NOW + seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def raw(headers: dict[str, str] | list[tuple[str, str]]) -> tuple[tuple[bytes, bytes], ...]:
    """Return header fields as they come from the wire."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    return tuple((name.encode(), value.encode("latin-1")) for name, value in pairs)


def stored(
    headers: dict[str, str] | list[tuple[str, str]] | str = "",
    policy: CachePolicy = PRIVATE,
    *,
    ago: float = 0.0,
    delay: float = 0.0,
    body: int = 10,
    **fields: object,
) -> Stored:
    """Return a response that came ``ago`` seconds before NOW; a str is its Cache-Control."""
    if isinstance(headers, str):
        headers = {"Cache-Control": headers} if headers else {}
    entry = CacheEntry(
        id=str(fields.pop("id", "1")),
        key="http://a.test:80/",
        headers=raw(headers),
        request_time=NOW - ago - delay,
        response_time=NOW - ago,
        size=body,
        length=body,
    )
    return Stored(entry.replace(**fields), policy)


def asked(headers: dict[str, str] | str = "") -> Headers:
    """Return request headers; a str is the Cache-Control."""
    if isinstance(headers, str):
        headers = {"Cache-Control": headers} if headers else {}
    return Headers(headers)

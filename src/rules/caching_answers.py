"""The response made of a stored one, and the entry made of a response (RFC 9111 sections 3, 4, 4.3.2, 5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..values.cache_entry import CacheEntry
from ..values.headers import Headers, RawHeaders
from .caching_ranges import parse_content_range
from .caching_serving import not_modified
from .caching_storing import kept_headers, why_not_stored
from .caching_validation import merged, with_expiry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .caching_freshness import Stored
    from .caching_request import Asked

__all__ = ["Answer", "answer_of", "completed_head", "entry_of", "expected_length", "why_not_kept"]

# RFC 9110 section 15.4.5.
NOT_MODIFIED_FIELDS = frozenset(
    {"cache-control", "content-location", "date", "etag", "expires", "vary", "last-modified", "age"}
)
SUPERSEDES = frozenset({404, 410})


class Answer(NamedTuple):
    """A response: its head, and which bytes of what is stored are its body."""

    status_code: int
    raw_headers: RawHeaders
    start: int
    size: int


def answer_of(stored: Stored, asked: Asked, now: float, *, validated: bool) -> Answer:
    """Return the answer to a request, which the stored response covers."""
    entry = stored.entry
    # Section 5.2.2.4: these fields may be used after validation only.
    limited = frozenset() if validated else stored.directives.fields("no-cache") or frozenset()
    headers = [pair for pair in entry.headers if (name := _lower(pair[0])) != "age" and name not in limited]
    headers.append((b"Age", b"%d" % stored.age(now)))
    if entry.status_code in (200, 206) and asked.conditional and not_modified(asked.headers, stored):
        return Answer(304, [pair for pair in headers if _lower(pair[0]) in NOT_MODIFIED_FIELDS], 0, 0)
    if asked.method == "HEAD":
        return Answer(entry.status_code, headers, 0, 0)
    wanted = asked.range_for(stored)
    if wanted is None or entry.status_code not in (200, 206):
        return Answer(entry.status_code, headers, 0, entry.size)
    found = wanted.within(entry.length)
    plain = [pair for pair in headers if _lower(pair[0]) not in ("content-length", "content-range")]
    if found is None:
        plain = [pair for pair in plain if not _lower(pair[0]).startswith("content-")]
        return Answer(416, [*plain, (b"Content-Range", b"bytes */%d" % entry.length), (b"Content-Length", b"0")], 0, 0)
    start, stop = found
    told = (b"Content-Range", b"bytes %d-%d/%d" % (start, stop - 1, entry.length))
    length = (b"Content-Length", b"%d" % (stop - start))
    return Answer(206, [*plain, told, length], start - entry.start, stop - start)


def entry_of(
    id_: str,
    asked: Asked,
    head: tuple[int, RawHeaders, str, str],
    times: tuple[float, float],
) -> CacheEntry | None:
    """Return the entry for a response; None for a part that does not say which one it is.

    ``head`` are status code, headers, reason phrase and HTTP version; ``times`` when the request was sent and when
    the response came. ``size`` is what the response says, 0 where it does not.
    """
    status_code, raw, reason_phrase, http_version = head
    headers = Headers.from_raw(raw)
    kept = kept_headers(raw, asked.policy)
    start, size = 0, expected_length(headers) or 0
    length = size
    if status_code == 206:
        part = parse_content_range(headers.get("content-range", ""))
        if part is None:
            return None
        start, stop, length = part
        size = stop - start
        kept = tuple([pair for pair in kept if _lower(pair[0]) not in ("content-range", "content-length")])
    entry = CacheEntry(
        id=id_,
        key=asked.key,
        vary=asked.selecting(headers),
        status_code=status_code,
        reason_phrase=reason_phrase,
        http_version=http_version,
        headers=kept,
        request_time=times[0],
        response_time=times[1],
        start=start,
        size=size,
        length=length,
    )
    return with_expiry(entry, asked.policy)


def why_not_kept(asked: Asked, status_code: int, headers: Headers, sent: Headers) -> str:
    """Return why a response to a GET is not stored; empty where it may be. ``sent`` are the headers as they went."""
    why = why_not_stored(asked.headers, asked.directives, status_code, headers, asked.policy)
    if not why and asked.was_changed(headers, sent):
        return "a header named in vary was changed on its way"
    return why


def supersedes(status_code: int) -> bool:
    """Whether a response that is not stored says that stored ones are out of date."""
    if 200 <= status_code < 400:
        return status_code not in (206, 304)
    return status_code in SUPERSEDES


def expected_length(headers: Headers) -> int | None:
    """Return how many bytes a body has by its Content-Length."""
    text = headers.get("content-length", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def completed_head(stored: Stored, raw: Iterable[tuple[bytes, bytes]], asked: Asked) -> RawHeaders:
    """Return the head of the whole response whose missing part came with these headers (section 3.4)."""
    headers = merged(stored.entry.headers, kept_headers(raw, asked.policy))
    kept = [pair for pair in headers if _lower(pair[0]) not in ("content-length", "content-range")]
    return [*kept, (b"Content-Length", b"%d" % stored.entry.length)]


def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()

"""Parts of bodies: asked for, stored, and put together (RFC 9111 sections 3.3 and 3.4, RFC 9110 section 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .http_date import http_date

if TYPE_CHECKING:
    from ..values.cache_entry import CacheEntry
    from ..values.headers import Headers
    from .caching_freshness import Stored

__all__ = [
    "ByteRange",
    "Joint",
    "covers",
    "if_range_holds",
    "joint_of",
    "missing",
    "parse_content_range",
    "parse_range",
]

_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*\Z", re.IGNORECASE | re.ASCII)
_CONTENT_RANGE = re.compile(r"bytes[ \t]+(\d{1,18})-(\d{1,18})/(\d{1,18})\Z", re.IGNORECASE | re.ASCII)


class ByteRange(NamedTuple):
    """One range of a Range field: from byte ``first`` to byte ``last``; the last ``last`` bytes where first is None."""

    first: int | None
    last: int | None

    def within(self, length: int) -> tuple[int, int] | None:
        """Return where it starts and stops in a body of this length; None where none of it is there."""
        if self.first is None:
            size = min(self.last or 0, length)
            return (length - size, length) if size else None
        if self.first >= length:
            return None
        return self.first, length if self.last is None else min(self.last + 1, length)


def parse_range(value: str) -> ByteRange | None:
    """Read a Range field; None for several ranges, other units, and what is none."""
    match = _RANGE.match(value.strip())
    if match is None:
        return None
    first, last = (int(text) if text else None for text in match.groups())
    if first is None:
        return None if last is None else ByteRange(None, last)
    return None if last is not None and last < first else ByteRange(first, last)


def parse_content_range(value: str) -> tuple[int, int, int] | None:
    """Return start, stop and length of the whole that a 206 tells; None where it does not, or makes no sense."""
    match = _CONTENT_RANGE.match(value.strip())
    if match is None:
        return None
    first, last, length = map(int, match.groups())
    return (first, last + 1, length) if first <= last < length else None


def if_range_holds(value: str, stored: Stored) -> bool:
    """Whether a stored response is the one an If-Range field means (RFC 9110 section 13.1.5)."""
    value = value.strip()
    if value.startswith('"'):
        return value == stored.strong_etag
    when = http_date(value)
    # A date says which of two versions it is only if there was no other in the same second (section 8.8.2.2).
    return when is not None and value == stored.last_modified and stored.date - when >= 1


def covers(entry: CacheEntry, wanted: ByteRange | None) -> bool:
    """Whether what is stored is all that is wanted: a range, or (None) the whole."""
    if not entry.is_partial:
        return True
    if wanted is None:
        return False
    found = wanted.within(entry.length)
    return found is None or (entry.start <= found[0] and found[1] <= entry.start + entry.size)


def missing(stored: Stored) -> tuple[int, int] | None:
    """Return the one range that is missing of a whole, to be asked for; None where there are two, or no telling
    whether it would be of the same body."""
    entry = stored.entry
    if not stored.strong_etag or not entry.is_partial:
        return None
    stop = entry.start + entry.size
    if entry.start == 0:
        return stop, entry.length
    return (0, entry.start) if stop == entry.length else None


class Joint(NamedTuple):
    """New bytes put together with stored ones: those ``before`` come first, those ``after`` last.

    Each is an entry, where to begin in what is stored of it, and how many bytes to take. ``start`` is where it all
    begins in the whole; ``used`` are the entries that are part of it.
    """

    start: int
    before: tuple[CacheEntry, int, int] | None
    after: tuple[CacheEntry, int, int] | None
    used: tuple[CacheEntry, ...]


def joint_of(start: int, stop: int, length: int, parts: list[Stored], headers: Headers) -> Joint:
    """Return how a 206 with these bytes is put together with stored parts of the same body (section 3.4).

    Parts belong to the same body where they have the same strong entity tag.
    """
    etag = headers.get("etag", "").strip()
    same = [part.entry for part in parts if etag and part.strong_etag == etag and part.entry.length == length]
    before = after = None
    for entry in same:
        end = entry.start + entry.size
        if entry.start < start <= end and (before is None or entry.start < before[0].start):
            before = (entry, 0, start - entry.start)
        if entry.start <= stop < end and (after is None or end > after[0].start + after[0].size):
            after = (entry, stop - entry.start, end - stop)
    first = start if before is None else before[0].start
    last = stop if after is None else after[0].start + after[0].size
    used = tuple(entry for entry in same if first <= entry.start and entry.start + entry.size <= last)
    return Joint(first, before, after, used)

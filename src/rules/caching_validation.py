"""Validation: asking whether a stored response still holds, and what its answer changes (RFC 9111 section 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values.headers import Headers
from .caching_freshness import Stored
from .caching_keys import selecting, vary_names
from .caching_storing import kept_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..values.cache_entry import CacheEntry
    from .caching_policy import CachePolicy

__all__ = ["conditions", "freshened", "head_agrees", "merged", "updated_by"]

# Section 3.2: Content-Length never, and what says how the stored bytes are to be read neither.
NEVER_UPDATED = frozenset({"content-length", "content-encoding", "content-range", "transfer-encoding", "age"})


def conditions(stored: Stored) -> dict[str, str]:
    """Return the header fields that make a request conditional (section 4.3.1); empty without a validator."""
    fields = {}
    if stored.etag:
        fields["If-None-Match"] = stored.etag
    if stored.last_modified:
        fields["If-Modified-Since"] = stored.last_modified
    return fields


def updated_by(headers: Headers, candidates: Sequence[Stored], validated: Stored | None) -> list[Stored]:
    """Return the stored responses that a 304 is about (section 4.3.4).

    ``candidates`` are those that could have answered the request, the newest first; ``validated`` is the one whose
    validators were sent, if any were. Where that is not among those returned, the 304 says nothing about it.
    """
    etag = headers.get("etag", "").strip()
    if etag.startswith('"'):
        return [stored for stored in candidates if stored.strong_etag == etag]
    if etag:
        return [stored for stored in candidates if stored.etag.removeprefix("W/") == etag.removeprefix("W/")][:1]
    modified = headers.get("last-modified", "").strip()
    if modified:
        return [stored for stored in candidates if stored.last_modified == modified][:1]
    if validated is not None:
        # Servers should repeat the validator, and many don't. One validator was sent, so it is the one that matched.
        return [validated]
    return list(candidates) if len(candidates) == 1 and not conditions(candidates[0]) else []


def merged(old: Iterable[tuple[bytes, bytes]], new: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """Return stored header fields, those of a newer head in place of old ones of the same name (section 3.2)."""
    fields = [(name, value) for name, value in new if _lower(name) not in NEVER_UPDATED]
    names = {_lower(name) for name, _ in fields}
    # How old it is, is told by the newer head alone.
    age = [(name, value) for name, value in new if _lower(name) == "age"]
    kept = [(name, value) for name, value in old if _lower(name) not in names and _lower(name) != "age"]
    return (*kept, *fields, *age)


def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


def freshened(
    entry: CacheEntry,
    raw: Iterable[tuple[bytes, bytes]],
    asked: Headers,
    times: tuple[float, float],
    policy: CachePolicy,
) -> CacheEntry:
    """Return an entry with the head that a 304, or the answer to a HEAD, gives it.

    ``asked`` are the headers of the request, ``times`` when it was sent and answered.
    """
    # What the two have together decides what a shared cache may keep.
    headers = kept_headers(merged(entry.headers, kept_headers(raw, policy)), policy)
    vary = selecting(vary_names(Headers.from_raw(headers)), asked, shared=policy.shared)
    new = entry.replace(headers=headers, vary=vary, request_time=times[0], response_time=times[1])
    return with_expiry(new, policy)


def with_expiry(entry: CacheEntry, policy: CachePolicy) -> CacheEntry:
    """Return an entry that knows when nobody has a use for it any more."""
    stored = Stored(entry.replace(expires_at=None), policy)
    if conditions(stored):
        return stored.entry
    return stored.entry.replace(expires_at=entry.response_time + stored.good_for)


def head_agrees(stored: Stored, headers: Headers) -> bool:
    """Whether the answer to a HEAD is about the body that is stored (section 4.3.5)."""
    for name, value in (("etag", stored.etag), ("last-modified", stored.last_modified)):
        told = headers.get(name, "").strip()
        if told and value and told != value:
            return False
    length = headers.get("content-length", "").strip()
    return not length or length == str(stored.entry.length)

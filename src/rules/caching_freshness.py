"""How old a stored response is, and how long it is good for (RFC 9111 section 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values.cache_entry import CacheEntry
from ..values.headers import Headers
from .caching_directives import MAX_SECONDS, Directives, cache_control, targeted
from .http_date import http_date

if TYPE_CHECKING:
    from .caching_policy import CachePolicy

__all__ = ["HEURISTIC_STATUSES", "Stored", "age_value", "lifetime_of", "response_directives"]

# RFC 9110 section 15.1.
HEURISTIC_STATUSES = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
MAX_HEURISTIC = 86400.0
"""Nothing is thought to be good for more than a day that nobody said it of."""
CLOCK_SKEW = 60.0
"""How far in the future a response may have come. Clocks of machines that share a storage differ by so much."""


class Stored:
    """An entry, and what its headers say under a policy."""

    __slots__ = ("_policy", "date", "directives", "entry", "headers", "initial_age", "lifetime")

    def __init__(self, entry: CacheEntry, policy: CachePolicy) -> None:
        self.entry = entry
        self._policy = policy
        self.headers = headers = Headers.from_raw(entry.headers)
        self.directives = directives = response_directives(headers, policy)
        self.date = date_value(headers, entry.response_time)
        self.lifetime = lifetime_of(entry.status_code, headers, directives, self.date, policy)
        # Section 4.2.3. A clock that was set back makes the differences negative.
        apparent_age = max(0.0, entry.response_time - self.date)
        response_delay = max(0.0, entry.response_time - entry.request_time)
        self.initial_age = max(apparent_age, age_value(headers) + response_delay)

    def age(self, now: float) -> float:
        """Return how many seconds ago the origin made or confirmed the response (section 4.2.3)."""
        return self.initial_age + max(0.0, now - self.entry.response_time)

    def left(self, now: float) -> float:
        """Return for how many seconds more it is fresh; negative where it is stale."""
        left = self.lifetime - self.age(now)
        if now < self.entry.response_time - CLOCK_SKEW:
            # It came in the future: the clock was set back, and nobody knows how old it is.
            return min(left, -1.0)
        return left

    @property
    def etag(self) -> str:
        """The entity tag, empty where there is none."""
        return self.headers.get("etag", "").strip()

    @property
    def strong_etag(self) -> str:
        """The entity tag if it is a strong one, else empty (RFC 9110 section 8.8.1)."""
        etag = self.etag
        return etag if etag.startswith('"') else ""

    @property
    def last_modified(self) -> str:
        """The Last-Modified field, empty where there is none."""
        return self.headers.get("last-modified", "").strip()

    @property
    def never_stale(self) -> bool:
        """Whether it must not be used without validation once it is stale (section 4.2.4; 5.2.2.2, .8, .10)."""
        directives = self.directives
        if "must-revalidate" in directives:
            return True
        return self._policy.shared and ("proxy-revalidate" in directives or "s-maxage" in directives)

    @property
    def always_validated(self) -> bool:
        """Whether it must never be used without validation: ``no-cache`` (section 5.2.2.4)."""
        return self.directives.is_whole("no-cache")

    def grace(self, name: str) -> float:
        """Return how many seconds it may be stale for ``stale-while-revalidate`` or ``stale-if-error`` (RFC 5861)."""
        if self.never_stale:
            return 0.0
        seconds = self.directives.seconds(name)
        if seconds is None:
            default: float = getattr(self._policy, name.replace("-", "_"))
            return default
        return seconds

    @property
    def is_useful(self) -> bool:
        """Whether it can ever answer a request: fresh, after validation, or stale where that is allowed."""
        return bool(self.etag or self.last_modified) or self.good_for > 0

    @property
    def good_for(self) -> float:
        """For how many seconds after it came anybody may use it without validation, stale or not."""
        if self.always_validated:
            return 0.0
        grace = max(self.grace("stale-while-revalidate"), self.grace("stale-if-error"))
        return max(0.0, self.lifetime - self.initial_age + grace)


def response_directives(headers: Headers, policy: CachePolicy) -> Directives:
    """Return the directives for this cache: of a targeted field, or of Cache-Control (RFC 9213 section 2.2)."""
    for name in policy.targets:
        values = headers.getall(name, None)
        if values:
            found = targeted(values)
            if found is not None:
                return found
    return cache_control(headers.getall("cache-control", ()))


def date_value(headers: Headers, response_time: float) -> float:
    """Return when the origin made the response; when it came, where the Date is missing or none."""
    date = http_date(headers.get("date", ""))
    return response_time if date is None else date


def age_value(headers: Headers) -> int:
    """Return the Age other caches told, its first member; 0 where there is none (section 5.1)."""
    text = headers.get("age", "").partition(",")[0].strip()
    if not (text.isascii() and text.isdigit()):
        return 0
    return MAX_SECONDS if len(text) > 15 else min(int(text), MAX_SECONDS)


def lifetime_of(status_code: int, headers: Headers, directives: Directives, date: float, policy: CachePolicy) -> float:
    """Return for how many seconds after ``date`` a response is fresh (section 4.2.1)."""
    if policy.shared and (seconds := directives.seconds("s-maxage")) is not None:
        return seconds
    if (seconds := directives.seconds("max-age")) is not None:
        return seconds
    if not directives.is_targeted and (expires := headers.getall("expires", None)):
        when = http_date(expires[0])
        # What is no date means the past (section 5.3), and so do two that differ.
        if when is None or any(other != expires[0] for other in expires):
            return 0.0
        return min(max(0.0, when - date), float(MAX_SECONDS))
    return _heuristic(status_code, headers, directives, date, policy)


def _heuristic(status_code: int, headers: Headers, directives: Directives, date: float, policy: CachePolicy) -> float:
    """Return a part of the time the resource did not change before (section 4.2.2)."""
    if status_code not in HEURISTIC_STATUSES and "public" not in directives:
        return 0.0
    modified = http_date(headers.get("last-modified", ""))
    if modified is None or modified >= date:
        return 0.0
    return min((date - modified) * policy.heuristic, MAX_HEURISTIC)

"""What a response tells of the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cache_status import CacheStatus

__all__ = ["CachedResponse"]


class CachedResponse:
    """The part of a response that HttpCache writes to."""

    cache_status: CacheStatus | None = None
    """What HttpCache did; None without that plugin."""

    @property
    def from_cache(self) -> bool:
        """Whether HttpCache answered with a stored response: fresh, stale, or confirmed by the server."""
        return self.cache_status is not None and self.cache_status.from_cache

    @property
    def cache_age(self) -> float | None:
        """How many seconds ago the server made or confirmed a response from the cache; None for others."""
        return None if self.cache_status is None else self.cache_status.age

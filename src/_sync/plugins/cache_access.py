# Generated from src/_async/plugins/cache_access.py by scripts/generate_sync.py. Do not edit.
"""The storage of a cache, as its handler uses it: what blocks is done elsewhere, what fails is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from logging import getLogger
from typing import Any, TypeVar

from ..._concurrency import monotonic
from ..._files import offload
from ...plugins.cache_body import BodyStore, Slice, read_slice
from ...plugins.cache_storage import CacheReader, CacheStorage
from ...values.cache_entry import CacheEntry

__all__ = ["CacheAccess"]

T = TypeVar("T")

REPEAT_SECONDS = 60.0
TOLD = 32


class CacheAccess:
    """Calls a storage. Nothing here raises: a failure is logged, and what was asked for is not there."""

    __slots__ = ("_blocking", "_told", "storage")

    def __init__(self, storage: CacheStorage) -> None:
        self.storage = storage
        self._blocking = storage.blocking
        self._told: dict[str, float] = {}

    def ask(self, default: T, function: Callable[..., T], *args: Any) -> T:
        """Call a function of the storage; return ``default`` where it fails."""
        try:
            if self._blocking:
                return offload(function, *args)
            return function(*args)
        except Exception as error:
            self._report(error)
            return default

    def entries(self, key: str) -> list[CacheEntry]:
        """Return what is stored under a key."""
        nothing: list[CacheEntry] = []
        return self.ask(nothing, self.storage.entries, key)

    def read(self, wanted: Slice) -> bytes | None:
        """Return some bytes of a stored body; None where they are gone."""
        return self.ask(None, read_slice, self.storage, wanted)

    def update(self, entry: CacheEntry) -> bool:
        """Replace the head of an entry."""
        return self.ask(False, self.storage.update, entry)

    def remove(self, key: str, ids: Iterable[str] | None = None) -> None:
        """Remove entries of a key."""
        self.ask(None, self.storage.remove, key, None if ids is None else list(ids))

    def store(self, store: BodyStore, data: bytes, trailers: Any) -> bool:
        """Store a response that is in memory."""
        return self.ask(False, store.whole, data, trailers)

    def forget(self, store: BodyStore) -> None:
        """Give up storing a response, without waiting."""
        try:
            store.abort()
        except Exception as error:
            self._report(error)

    def release(self, reader: CacheReader) -> None:
        """Close a reader, without waiting."""
        try:
            reader.close()
        except Exception as error:
            self._report(error)

    def _report(self, error: Exception) -> None:
        """Write to the log what nobody else would hear of; the same at most once a minute, as each request meets it."""
        told, now = f"{type(error).__name__}: {error}", monotonic()
        if self._told.get(told, -REPEAT_SECONDS) > now - REPEAT_SECONDS:
            return
        if len(self._told) >= TOLD:
            self._told.clear()
        self._told[told] = now
        getLogger("duohttp.cache").warning("%r failed: %s", self.storage, told)

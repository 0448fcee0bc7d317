"""One engine for several clients."""

from __future__ import annotations

from ..._concurrency import AsyncStateLock
from .engine import AsyncEngine

__all__ = ["AsyncSharedEngine"]


class AsyncSharedEngine:
    """Counts the clients that use an engine, and closes it with the last of them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._users = 0
        self._lock = AsyncStateLock()

    def acquire(self) -> AsyncEngine:
        """Return the engine for one more client."""
        with self._lock:
            self._users += 1
        return self._engine

    async def release(self) -> None:
        """Give the engine up for one client."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            await self._engine.aclose()

    def drop(self) -> None:
        """Give the engine up for a client that was dropped without being closed."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self._engine.abandon()

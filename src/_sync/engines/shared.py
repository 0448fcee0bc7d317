# Generated from src/_async/engines/shared.py by scripts/generate_sync.py. Do not edit.
"""One engine for several clients."""

from __future__ import annotations

from ..._concurrency import StateLock
from .engine import Engine

__all__ = ["SharedEngine"]


class SharedEngine:
    """Counts the clients that use an engine, and closes it with the last of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._users = 0
        self._lock = StateLock()

    def acquire(self) -> Engine:
        """Return the engine for one more client."""
        with self._lock:
            self._users += 1
        return self._engine

    def release(self) -> None:
        """Give the engine up for one client."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self._engine.close()

    def drop(self) -> None:
        """Give the engine up for a client that was dropped without being closed."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self._engine.abandon()

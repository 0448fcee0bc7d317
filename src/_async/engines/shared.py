"""One engine for several clients, and the plugins they share."""

from __future__ import annotations

from collections.abc import Iterable

from ..._concurrency import AsyncStateLock
from ...plugins.plugin import Plugin
from .engine import AsyncEngine

__all__ = ["AsyncSharedEngine"]


class AsyncSharedEngine:
    """Counts the clients that use an engine and each plugin, so that the last of them closes it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._users = 0
        self._plugins: dict[int, int] = {}
        self._lock = AsyncStateLock()

    def acquire(self, plugins: Iterable[Plugin]) -> None:
        """Count one more client, which uses these plugins."""
        with self._lock:
            self._users += 1
            for plugin in plugins:
                self._plugins[id(plugin)] = self._plugins.get(id(plugin), 0) + 1

    def give_up(self, plugins: Iterable[Plugin]) -> tuple[bool, list[Plugin]]:
        """Count one client less; return whether it was the last, and the plugins that nobody uses any more."""
        unused = []
        with self._lock:
            self._users -= 1
            for plugin in plugins:
                # What was added to a living client is its own.
                left = self._plugins.pop(id(plugin), 1) - 1
                if left:
                    self._plugins[id(plugin)] = left
                else:
                    unused.append(plugin)
            return self._users == 0, unused

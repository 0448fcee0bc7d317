# Generated from src/_async/engines/shared.py by scripts/generate_sync.py. Do not edit.
"""One engine for several clients, and the plugins they share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..._concurrency import StateLock, fork_generation
from ...engines.options import EngineOptions, default_options
from ...exceptions import UnsupportedByEngine
from ...plugins.plugin import Plugin
from ...values.options import OVERRIDES_HOST
from ...values.pool_stats import PoolStats
from ...values.request import Request
from ...values.settings import ConnectionSettings
from ..response import Response
from . import build_engine
from .engine import Engine

__all__ = ["SharedEngine"]

OVERRIDDEN = ("verify", "cert", "tls", "uds")

MAX_OTHERS = 32
"""Engines for requests with connection settings of their own; with more of them the oldest lets its connections go."""


class SharedEngine:
    """Counts the clients that use an engine and each plugin, so that the last of them closes it.

    Requests with connection settings of their own go through an engine of the same kind beside it.
    """

    def __init__(self, engine: EngineOptions | Engine | None, settings: ConnectionSettings) -> None:
        self.engine = build_engine(engine, settings)
        self._options = default_options(settings) if engine is None else engine
        self._settings = settings
        self._others: dict[Any, OtherEngine] = {}
        self._users = 0
        self._plugins: dict[int, int] = {}
        self._locks: dict[int, StateLock] = {}

    def _lock(self) -> StateLock:
        """Return the lock of this process: one that a thread of the parent held at a fork is held for ever here."""
        generation = fork_generation()
        return self._locks.get(generation) or self._locks.setdefault(generation, StateLock())

    def acquire(self, plugins: Iterable[Plugin]) -> None:
        """Count one more client, which uses these plugins."""
        with self._lock():
            self._users += 1
            for plugin in plugins:
                self._plugins[id(plugin)] = self._plugins.get(id(plugin), 0) + 1

    def give_up(self, plugins: Iterable[Plugin]) -> tuple[bool, list[Plugin]]:
        """Count one client less; return whether it was the last, and the plugins that nobody uses any more."""
        unused = []
        with self._lock():
            self._users -= 1
            for plugin in plugins:
                # What was added to a living client is its own.
                left = self._plugins.pop(id(plugin), 1) - 1
                if left:
                    self._plugins[id(plugin)] = left
                else:
                    unused.append(plugin)
            return self._users == 0, unused

    def having(self, changes: tuple[tuple[str, Any], ...]) -> Engine:
        """Return an engine whose connections are made with other settings, for the host that a request names.

        No connection of it is one of the main engine's, nor the other way round. Raises UnsupportedByEngine.
        """
        other = OverridingEngine(self, changes)
        with self._lock():
            self._other(changes)  # which is refused now rather than later
        return other

    def borrow(self, changes: tuple[tuple[str, Any], ...]) -> OtherEngine:
        """Return the engine with other settings, which stays until it is given back."""
        idle: OtherEngine | None = None
        with self._lock():
            other = self._other(changes)
            other.users += 1
            if len(self._others) > MAX_OTHERS:
                idle = next((each for each in self._others.values() if not each.users), None)
                if idle is not None:
                    del self._others[idle.changes]
        if idle is not None:
            idle.engine.abandon()
        return other

    def give_back(self, other: OtherEngine) -> None:
        """Take back what ``borrow`` returned."""
        with self._lock():
            other.users -= 1

    def _other(self, changes: tuple[tuple[str, Any], ...]) -> OtherEngine:
        other = self._others.pop(changes, None)
        if other is None:
            options = self._options
            if not isinstance(options, EngineOptions):
                raise UnsupportedByEngine(f"{options!r} can't make connections in another way for one request")
            settings = options.applied(self._settings).overridden(changes)
            other = OtherEngine(changes, build_engine(options.without(OVERRIDDEN), settings))
        self._others[changes] = other  # the one used last comes last
        return other

    def pool_stats(self) -> PoolStats:
        """Return counts over all engines. Raises UnsupportedByEngine where there is no pool to ask."""
        stats = self.engine.pool_stats()
        with self._lock():
            others = list(self._others.values())
        for other in others:
            stats = stats.plus(other.engine.pool_stats())
        return stats

    def close(self) -> None:
        """Close all engines."""
        with self._lock():
            others = list(self._others.values())
            self._others.clear()
        for engine in (*(other.engine for other in others), self.engine):
            engine.close()

    def abandon(self) -> None:
        """Free what can be freed without waiting."""
        for engine in (*(other.engine for other in self._others.values()), self.engine):
            engine.abandon()


class OtherEngine:
    """An engine with other settings, and how many requests it is sending."""

    __slots__ = ("changes", "engine", "users")

    def __init__(self, changes: tuple[tuple[str, Any], ...], engine: Engine) -> None:
        self.changes = changes
        self.engine = engine
        self.users = 0


class OverridingEngine(Engine):
    """Sends what goes to the host that the request named over an engine with other settings, the rest over the main."""

    def __init__(self, shared: SharedEngine, changes: tuple[tuple[str, Any], ...]) -> None:
        self._shared = shared
        self._changes = changes
        self.capabilities = shared.engine.capabilities

    def execute(self, request: Request) -> Response:
        """Send the request; a redirect to another host is not to be trusted as the host was that it came from."""
        shared = self._shared
        if request.url.raw_host != request.attribute(OVERRIDES_HOST):
            return shared.engine.execute(request)
        other = shared.borrow(self._changes)
        try:
            return other.engine.execute(request)
        finally:
            shared.give_back(other)

    def __repr__(self) -> str:
        return repr(self._shared.engine)

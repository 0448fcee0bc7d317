"""The pool of a client that speaks HTTP/2: connections there are shared by as many requests as they have room for.

A connection with requests on it holds its permit as any other; without any it is idle, and may be evicted. Requests to
a route whose connections are all full, or just being opened, wait for room there, or get a permit for one more
connection where what is being opened won't be enough for all who wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ...._concurrency import AsyncWaiter, monotonic
from ....exceptions import CloseError
from ....values.pool_stats import PoolStats, RouteStats
from .connection import AsyncConnection
from .http2_connection import AsyncHttp2Connection
from .pool import AsyncPool, AsyncRoutePool, Route, route_name

if TYPE_CHECKING:
    from ....values.limits import Limits

__all__ = ["AsyncHttp2Pool", "AsyncHttp2Route"]

# How many requests a connection is thought to take before its server told.
UNTOLD_ROOM = 100

Shared: TypeAlias = "AsyncConnection | AsyncHttp2Connection"


class AsyncHttp2Route(AsyncRoutePool):
    """The connections to one route, which may turn out to speak HTTP/1.1."""

    __slots__ = ("alone", "opening", "room", "shared")

    def __init__(self, route: Route, *, alone: bool) -> None:
        super().__init__(route)
        self.alone = alone
        """Whether each request needs a connection of its own: the route speaks HTTP/1.1."""
        self.shared: list[AsyncHttp2Connection] = []
        """Those that have requests and may take more."""
        self.opening = 0
        """Connections whose room is not known yet."""
        self.room = UNTOLD_ROOM

    def expected(self) -> int:
        """Return how many who wait the connections being opened will probably have room for."""
        return self.opening * (self.room - 1)


class AsyncHttp2Pool(AsyncPool):
    """Hands out connections, and room on shared ones."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._routes: dict[Route, Any] = {}

    # For a request.

    def take_any(self, route: Route, *, alone: bool, fresh: bool = False) -> Any:
        """Return a connection with room for one request, or a permit to open one (its route), or a waiter.

        ``alone`` says that the route speaks HTTP/1.1 only. Whether an idle connection is still usable is for the
        caller to see.
        """
        dropped: list[Any] = []
        with self._lock:
            if self._closed:
                raise CloseError("the client was closed")
            pool = self._routes.get(route)
            if pool is None:
                pool = self._routes[route] = AsyncHttp2Route(route, alone=alone)
            taken: Any = self._find(pool, fresh)
            if taken is None:
                if (pool.alone or len(pool.waiters) >= pool.expected()) and self._permit(pool, dropped):
                    pool.opening += 1
                    taken = pool
                else:
                    taken = AsyncWaiter()
                    pool.waiters[taken] = None
                    self._waiting[taken] = pool
        for each in dropped:
            each.abort()
        return taken

    def _find(self, pool: AsyncHttp2Route, fresh: bool) -> Shared | None:
        for connection in reversed(pool.shared):
            if connection.has_room():
                connection.streams += 1
                self.reused += 1
                return connection
        idle: list[Any] = [] if fresh else pool.idle
        for index in range(len(idle) - 1, -1, -1):
            taken: Shared = idle[index]
            if isinstance(taken, AsyncHttp2Connection):
                if not taken.has_room() and not taken.finished():
                    continue  # its server takes no requests for now
                taken.streams = 1
                pool.shared.append(taken)
            del idle[index]
            del self._idle[taken]  # type: ignore[arg-type]
            self.reused += 1
            return taken
        return None

    # From a connection.

    def settle(self, connection: Any) -> None:
        """Count a connection just opened with a permit, now that its protocol is known.

        Raises CloseError when the pool was closed meanwhile.
        """
        pool = connection.pool
        dropped: list[Any] = []
        self.add(connection)
        with self._lock:
            if isinstance(connection, AsyncHttp2Connection):
                pool.alone = False
                connection.streams = 1
                pool.shared.append(connection)
            else:
                pool.opening -= 1
                pool.alone = True
                self._serve_next(dropped)
        for each in dropped:
            each.abort()

    def give_back(self, pool: Any, *, failed: bool = False) -> None:
        """Give a permit back: its connection could not be opened, or (``failed``) opening it failed."""
        with self._lock:
            pool.opening -= 1
            if failed:
                # Those who wait for it try on their own and side by side: one after the other could take for ever.
                pool.room = 1
        super().give_back(pool)

    def update(self, connection: Any) -> None:
        """Take note of a connection's room, which the server told or changed, or that it has none any more."""
        dropped: list[Any] = []
        with self._lock:
            if connection not in self._connections:
                return
            pool: Any = connection.pool
            if connection.untold and (connection.machine.greeted or connection.finished()):
                connection.untold = False
                pool.opening -= 1
                pool.room = max(connection.machine.max_streams, 1)
            self._look_after(connection, dropped)
            self._serve_next(dropped)
        for each in dropped:
            each.abort()

    def release_stream(self, connection: Any) -> None:
        """Take back the room that one request had."""
        now = monotonic()
        dropped: list[Any] = []
        with self._lock:
            connection.streams -= 1
            connection.idle_since = now
            if connection not in self._connections:
                return
            if self._waiting or connection.streams == 0:
                self._look_after(connection, dropped)
            if now >= self._next_sweep:
                self._sweep(now, dropped)
        for each in dropped:
            each.abort()

    def _look_after(self, connection: Any, dropped: list[Any]) -> None:
        """Give a connection's room to those who wait for it; let it be idle, or go, when it has no requests."""
        pool = connection.pool
        if connection.finished():
            if connection in pool.shared:
                pool.shared.remove(connection)
            if connection in self._idle:
                self._evict(connection, dropped)
            elif connection.streams == 0:
                self._let_go(connection, dropped)
            return
        while pool.waiters and connection not in self._idle and connection.has_room():
            waiter, _ = pool.waiters.popitem(last=False)
            del self._waiting[waiter]
            if waiter.set(connection):
                connection.streams += 1
                self.reused += 1
        if connection.streams == 0 and connection not in self._idle:
            if connection.untold:
                # Its first request was given up before the server said anything.
                connection.untold = False
                pool.opening -= 1
            if connection in pool.shared:
                pool.shared.remove(connection)
            self._keep(connection, pool, monotonic(), dropped)
            if len(self._idle) > self._max_idle:
                self._evict(next(iter(self._idle)), dropped)

    def _let_go(self, connection: Any, dropped: list[Any]) -> None:
        if connection.untold:
            connection.untold = False
            connection.pool.opening -= 1
        self._forget(connection, connection.pool)
        dropped.append(connection)
        self._serve_next(dropped)

    def release(self, connection: Any, *, reusable: bool) -> None:
        """Take a connection back: hand it on, keep it, or (not ``reusable``) let its permit go on."""
        if not isinstance(connection, AsyncHttp2Connection):
            super().release(connection, reusable=reusable)
            return
        if not reusable:
            connection.retired = True
        self.release_stream(connection)

    def _serve_next(self, dropped: list[Any]) -> None:
        """Give free permits to waiters, the one that waits longest first, where opening one more helps."""
        if not self._waiting or self._closed:
            return
        served: list[tuple[AsyncWaiter[Any], Any]] = []
        for waiter, pool in self._waiting.items():
            if not (self._open < self._max or self._idle):
                break
            route: Any = pool
            if pool.open >= self._max_route or not (route.alone or len(pool.waiters) > route.expected()):
                continue
            if not self._permit(pool, dropped):
                continue
            route.opening += 1
            served.append((waiter, route))
            del pool.waiters[waiter]
        for waiter, pool in served:
            del self._waiting[waiter]
            if not waiter.set(pool):
                pool.opening -= 1
                pool.open -= 1
                self._open -= 1

    def _tidy(self, pool: AsyncRoutePool) -> None:
        if not pool.opening:  # type: ignore[attr-defined]
            super()._tidy(pool)

    # For people.

    def stats(self) -> PoolStats:
        """Return counts of connections, of requests on shared ones, and of waiters, by route."""
        with self._lock:
            streams = dict.fromkeys(self._routes, 0)
            for connection in self._connections:
                if isinstance(connection, AsyncHttp2Connection):
                    streams[connection.pool.route] = streams.get(connection.pool.route, 0) + connection.streams
            routes = {
                route_name(pool.route): RouteStats(
                    open=pool.open, idle=len(pool.idle), waiting=len(pool.waiters), streams=streams[pool.route]
                )
                for pool in self._routes.values()
            }
            return super().stats().replace(streams=sum(streams.values()), routes=routes)

# Generated from src/_async/engines/native/pool.py by scripts/generate_sync.py. Do not edit.
"""The pool: which connection a request gets. It decides under its lock and does no I/O there.

For each route (an origin, and the proxy on the way to it) there is a stack of idle connections and a queue of
waiters. A permit is the right to hold one connection; there are ``max_connections`` of them, and
``max_connections_per_host`` for one route. Whoever acquires gets an idle connection, or a permit to open one, or waits.
A connection that ends gives its permit to the waiter that waits longest. All of it costs the same however many
connections and waiters there are.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ...._concurrency import Breaker, Job, StateLock, Waiter, clock
from ....exceptions import CloseError, HTTPError, PoolTimeout
from ....values.limits import Limits
from ....values.pool_stats import PoolStats, RouteStats

if TYPE_CHECKING:
    from ....values.timeout import Deadline
    from .connection import Connection

__all__ = ["Pool", "RoutePool"]

# Idle connections that nobody asks for are looked at no more often than this, in seconds.
SWEEP_INTERVAL = 5.0

# What waiters are given when the pool closes.
CLOSED = object()

Route: TypeAlias = Any
T = TypeVar("T")


class RoutePool:
    """The connections to one route."""

    __slots__ = ("idle", "open", "route", "waiters")

    def __init__(self, route: Route) -> None:
        self.route = route
        self.idle: list[Connection] = []
        self.waiters: OrderedDict[Waiter[Any], None] = OrderedDict()
        self.open = 0


class Pool:
    """Hands out connections; there is one for each ``owner``."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._max = limits.max_connections or float("inf")
        self._max_route = limits.max_connections_per_host or float("inf")
        self._max_idle = float("inf") if limits.max_keepalive_connections is None else limits.max_keepalive_connections
        self._expiry = limits.keepalive_expiry
        self._max_age = limits.max_age
        self._lock = StateLock()
        self._routes: dict[Route, RoutePool] = {}
        # All idle connections, the one idle for longest first; all waiters, the one that waits longest first.
        self._idle: OrderedDict[Connection, None] = OrderedDict()
        self._waiting: OrderedDict[Waiter[Any], RoutePool] = OrderedDict()
        self._connections: set[Connection] = set()
        self._attempts: set[Breaker] = set()
        self._open = 0
        self._next_sweep = 0.0
        self._closed = False
        self.wary = False
        """Whether a kept connection turned out to be closed, which a glance had not told: some servers close so."""
        self.opened = 0
        self.reused = 0

    # For a request.

    def take(self, route: Route, *, fresh: bool = False) -> Connection | RoutePool | Waiter[Any]:
        """Return an idle connection, or a permit to open one (its route pool), or a waiter to wait on.

        Whether the connection is still usable is for the caller to see: that takes a system call, and the lock is held.
        """
        lock = self._lock
        lock.acquire()  # a ``with`` block takes twice the time, and every request comes here and to release()
        try:
            pool = self._routes.get(route)
            if pool is not None and not fresh:
                idle = pool.idle
                if idle:
                    connection = idle.pop()
                    del self._idle[connection]
                    self.reused += 1
                    return connection
        finally:
            lock.release()
        return self._take_permit(route)

    def _take_permit(self, route: Route) -> RoutePool | Waiter[Any]:
        dropped: list[Connection] = []
        with self._lock:
            if self._closed:
                raise CloseError("the client was closed")
            pool = self._routes.get(route)
            if pool is None:
                pool = self._routes[route] = RoutePool(route)
            taken: RoutePool | Waiter[Any] = pool
            if not self._permit(pool, dropped):
                taken = Waiter()
                pool.waiters[taken] = None
                self._waiting[taken] = pool
        for each in dropped:
            each.abort()
        return taken

    def _permit(self, pool: RoutePool, dropped: list[Connection]) -> bool:
        """Count one more connection on a route if the limits allow it, at the cost of an idle one if need be."""
        if pool.open >= self._max_route:
            # Only with ``fresh`` can there be idle ones here; one of them makes room.
            if not pool.idle:
                return False
            self._evict(pool.idle[0], dropped)
        elif self._open >= self._max:
            if not self._idle:
                return False
            self._evict(next(iter(self._idle)), dropped)
        # What was evicted may have been the last of this very route.
        self._routes[pool.route] = pool
        pool.open += 1
        self._open += 1
        return True

    def _evict(self, connection: Connection, dropped: list[Connection]) -> None:
        pool = connection.pool
        pool.idle.remove(connection)
        del self._idle[connection]
        self._forget(connection, pool)
        dropped.append(connection)

    def wait(self, waiter: Waiter[Any], timeout: float | None, deadline: Deadline | None) -> Any:
        """Wait for a connection, or for a permit (its route pool). Raises PoolTimeout, TotalTimeout, CloseError."""
        try:
            given = waiter.wait(timeout if deadline is None else deadline.clamp(timeout))
        except BaseException as error:
            self._give_up(waiter)
            if isinstance(error, TimeoutError) and not isinstance(error, HTTPError):
                raise PoolTimeout(f"no connection became free in time; {self._open} are in use (see Limits)") from None
            raise
        if given is CLOSED:
            raise CloseError("the client was closed while the request waited for a connection")
        return given

    def _give_up(self, waiter: Waiter[Any]) -> None:
        """Take a waiter out of the queues; what it was given in the meantime goes to the next one."""
        with self._lock:
            pool = self._waiting.pop(waiter, None)
            if pool is not None:
                del pool.waiters[waiter]
            given = waiter.take()
        if given is None or given is CLOSED:
            return
        if isinstance(given, RoutePool):
            self.give_back(given)
        else:
            self.release(given, reusable=True)

    def attempt(self, connect: Job[T], *args: Any) -> T:
        """Return what ``connect`` does, which closing the pool breaks off. Raises CloseError."""
        breaker = Breaker(closed_meanwhile)
        with self._lock:
            if self._closed:
                raise closed_meanwhile()
            self._attempts.add(breaker)
        try:
            return breaker.run(connect, *args)
        finally:
            with self._lock:
                self._attempts.discard(breaker)

    # From a connection.

    def add(self, connection: Connection) -> None:
        """Count a connection just opened with a permit. Raises CloseError when the pool was closed meanwhile."""
        with self._lock:
            if self._closed:
                raise closed_meanwhile()
            self._connections.add(connection)
            self.opened += 1

    def give_back(self, pool: RoutePool) -> None:
        """Give a permit back: its connection could not be opened."""
        dropped: list[Connection] = []
        with self._lock:
            pool.open -= 1
            self._open -= 1
            self._tidy(pool)
            self._serve_next(dropped)
        for each in dropped:
            each.abort()

    def release(self, connection: Connection, *, reusable: bool) -> None:
        """Take a connection back: hand it on, keep it, or (not ``reusable``) let its permit go on."""
        now = clock.now()
        lock = self._lock
        lock.acquire()
        try:
            if reusable and not self._waiting and connection in self._connections and not self._closed:
                connection.idle_since = now
                connection.pool.idle.append(connection)
                self._idle[connection] = None
                if len(self._idle) <= self._max_idle and now < self._next_sweep:
                    return
        finally:
            lock.release()
        dropped: list[Connection] = []
        with self._lock:
            self._settle(connection, reusable, now, dropped)
        for each in dropped:
            each.abort()

    def _settle(self, connection: Connection, reusable: bool, now: float, dropped: list[Connection]) -> None:
        """The rarer ways: too many are idle, it is time to look at them, others wait, or this one is done with."""
        pool = connection.pool
        if connection in self._idle:
            if len(self._idle) > self._max_idle:
                self._evict(next(iter(self._idle)), dropped)
            if now >= self._next_sweep:
                self._sweep(now, dropped)
        elif connection not in self._connections:
            return
        elif self._closed or not reusable:
            self._forget(connection, pool)
            dropped.append(connection)
            self._serve_next(dropped)
        elif not self._hand_on(connection, pool, dropped):
            self._keep(connection, pool, now, dropped)

    def _hand_on(self, connection: Connection, pool: RoutePool, dropped: list[Connection]) -> bool:
        """Give a free connection, or its permit, to a waiter; return whether there was one."""
        oldest = next(iter(self._waiting.values()), pool)
        if oldest is not pool and oldest.open == 0:
            # The one that waits longest has no connection on its route at all: it would starve while this route's
            # waiters pass this connection among themselves.
            self._forget(connection, pool)
            dropped.append(connection)
            self._serve_next(dropped)
            return True
        while pool.waiters:
            waiter, _ = pool.waiters.popitem(last=False)
            del self._waiting[waiter]
            if waiter.set(connection):
                self.reused += 1
                return True
        return False

    def _keep(self, connection: Connection, pool: RoutePool, now: float, dropped: list[Connection]) -> None:
        if self._waiting and self._open >= self._max:
            # Others wait, and only a permit helps them.
            self._forget(connection, pool)
            dropped.append(connection)
            self._serve_next(dropped)
            return
        connection.idle_since = now
        pool.idle.append(connection)
        self._idle[connection] = None

    def _sweep(self, now: float, dropped: list[Connection]) -> None:
        self._next_sweep = now + SWEEP_INTERVAL
        while self._idle:
            connection = next(iter(self._idle))
            if not connection.expired(now):
                break
            self._evict(connection, dropped)

    def _serve_next(self, dropped: list[Connection]) -> None:
        """Give free permits to waiters, the one that waits longest first."""
        if not self._waiting or self._closed:
            return
        blocked: list[tuple[Waiter[Any], RoutePool]] = []
        while self._waiting and (self._open < self._max or self._idle):
            waiter, pool = self._waiting.popitem(last=False)
            if pool.open >= self._max_route:
                blocked.append((waiter, pool))
                if len(blocked) >= 64:
                    break
                continue
            del pool.waiters[waiter]
            if not self._permit(pool, dropped):
                raise AssertionError("a permit was free and could not be had")
            if not waiter.set(pool):
                pool.open -= 1
                self._open -= 1
                continue
        for waiter, pool in reversed(blocked):
            self._waiting[waiter] = pool
            self._waiting.move_to_end(waiter, last=False)

    def _forget(self, connection: Connection, pool: RoutePool) -> None:
        self._connections.discard(connection)
        pool.open -= 1
        self._open -= 1
        self._tidy(pool)

    def _tidy(self, pool: RoutePool) -> None:
        # Routes come and go with the urls of a crawler; an empty one must not stay.
        if pool.open == 0 and not pool.waiters and self._routes.get(pool.route) is pool:
            del self._routes[pool.route]

    # For people and for the end.

    @property
    def is_closed(self) -> bool:
        """Whether the pool was closed."""
        return self._closed

    def stats(self) -> PoolStats:
        """Return counts of connections and waiters, by route."""
        with self._lock:
            routes = {
                route_name(pool.route): RouteStats(open=pool.open, idle=len(pool.idle), waiting=len(pool.waiters))
                for pool in self._routes.values()
            }
            return PoolStats(
                open=self._open,
                idle=len(self._idle),
                waiting=len(self._waiting),
                opened=self.opened,
                reused=self.reused,
                routes=routes,
            )

    def forsake(self) -> list[Connection]:
        """In a forked child: return the connections that belong to the parent. Its locks may be held for ever."""
        self._closed = True
        return list(self._connections)

    def close(self, *, idle_only: bool = False) -> list[Connection]:
        """Refuse new requests, wake all waiters, and return the connections to be closed: all, or the idle ones."""
        with self._lock:
            self._closed = True
            waiters = list(self._waiting)
            self._waiting.clear()
            connections = list(self._idle if idle_only else self._connections)
            self._connections.difference_update(connections)
            self._idle.clear()
            self._routes.clear()
            self._open = 0
            attempts = [] if idle_only else list(self._attempts)
        for waiter in waiters:
            waiter.set(CLOSED)
        for attempt in attempts:
            attempt.break_off()
        return connections


def closed_meanwhile() -> CloseError:
    """Return the error for a request that was connecting when its client was closed."""
    return CloseError("the client was closed while the request connected")


def route_name(route: Route) -> str:
    """Return a route as people read it: the origin, and the proxy on the way."""
    if type(route) is tuple:
        origin, proxy = route
        return str(origin) if proxy is None else f"{origin} via {proxy}"
    return str(route)

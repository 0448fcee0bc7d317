"""The pool of the httpcore engine: which connection a request gets. It decides under its lock, and does no I/O there.

httpcore's own pools are not used: they lose slots when requests are cancelled, look at every connection for every
request, and let waiting requests outlive their limits. Here a connection has room for one exchange (HTTP/1.1) or for
many (HTTP/2). For each route (an origin, and the proxy on the way to it) there is a stack of connections with room and
a queue of those who wait. A permit is the right to open a connection; there are ``max_connections`` of them.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

from ..._concurrency import AsyncWaiter, monotonic
from ...exceptions import CloseError, PoolTimeout
from ...values.limits import Limits
from ...values.pool_stats import PoolStats, RouteStats
from .httpcore_leftovers import AsyncLeftovers
from .httpcore_routes import AsyncCoreRoute, AsyncPoolGuard, Route

if TYPE_CHECKING:
    from ...values.timeout import Deadline
    from .httpcore_connection import AsyncCoreConnection
    from .httpcore_exchange import AsyncExchange

__all__ = ["AsyncCorePool"]

# Idle connections that nobody asks for are looked at no more often than this, in seconds.
SWEEP_INTERVAL = 5.0

# What waiters are given when the pool closes.
CLOSED: Any = object()


class AsyncCorePool:
    """Hands out connections; there is one for each ``async_owner``."""

    def __init__(self, limits: Limits) -> None:
        self._max = limits.max_connections or float("inf")
        self._max_route = limits.max_connections_per_host or float("inf")
        self._max_idle = float("inf") if limits.max_keepalive_connections is None else limits.max_keepalive_connections
        self._expiry = limits.keepalive_expiry
        self._max_age = limits.max_age
        self._guard = AsyncPoolGuard()
        self._returned: deque[tuple[AsyncCoreConnection, bool]] = deque()
        self._routes: dict[Route, AsyncCoreRoute] = {}
        # Idle connections, the one idle for longest first; routes that are waited for, the next to be served first.
        self._idle: OrderedDict[AsyncCoreConnection, None] = OrderedDict()
        self._wanted: OrderedDict[AsyncCoreRoute, None] = OrderedDict()
        self._waiting: dict[AsyncWaiter[Any], AsyncCoreRoute] = {}
        self._connections: set[AsyncCoreConnection] = set()
        self._open = 0
        self._next_sweep = 0.0
        self._opened = 0
        self._reused = 0
        self.closed = False
        self._retired = False
        # Exchanges whose response is being read. They are held here, so that the garbage collector never closes
        # httpcore's generators by itself, at a moment and in a thread where that could lock up.
        self.exchanges: set[AsyncExchange] = set()
        self.leftovers = AsyncLeftovers()

    # For a request.

    def take(self, route: Route, *, shares: bool, fresh: bool = False) -> Any:
        """Return a connection with room, or a permit to open one (an AsyncCoreRoute), or a waiter to wait on."""
        dropped: list[AsyncCoreConnection] = []
        with self._guard:
            if self.closed:
                raise CloseError("the client was closed")
            pool = self._routes.get(route)
            if pool is None:
                pool = self._routes[route] = AsyncCoreRoute(route, shares)
            given: Any = None if fresh else self._with_room(pool, dropped)
            if given is None:
                given = self._permit(pool, dropped, fresh=fresh)
            if given is None:
                given = AsyncWaiter()
                pool.waiters[given] = None
                self._waiting[given] = pool
                self._wanted[pool] = None
                # What was found to be closed on the way here may have freed a permit.
                self._serve_permits(dropped)
        self._after(dropped)
        return given

    async def wait(self, waiter: AsyncWaiter[Any], timeout: float | None, deadline: Deadline | None) -> Any:
        """Wait for a connection, or for a permit to open one. Raises PoolTimeout, CloseError."""
        limit = timeout
        try:
            # A deadline that has passed raises here.
            limit = timeout if deadline is None else deadline.clamp(timeout)
            given = await waiter.wait(limit)
        except TimeoutError:
            self._give_up(waiter)
            raise PoolTimeout(
                f"no connection became free within {limit or 0:g} s; {self._open} are in use (see Limits)"
            ) from None
        except BaseException:
            self._give_up(waiter)
            raise
        if given is CLOSED:
            raise CloseError("the client was closed while the request waited for a connection")
        return given

    def _give_up(self, waiter: AsyncWaiter[Any]) -> None:
        """Take a waiter out of its queue; what it was given in the meantime goes to the next one."""
        with self._guard:
            pool = self._waiting.pop(waiter, None)
            if pool is not None:
                del pool.waiters[waiter]
                if not pool.waiters:
                    del self._wanted[pool]
                self._tidy(pool)
            given = waiter.take()
        if given is None or given is CLOSED:
            return
        if isinstance(given, AsyncCoreRoute):
            self.give_back(given)
        else:
            self.release(given, reusable=True)

    def add(self, connection: AsyncCoreConnection) -> None:
        """Count a connection made with a permit. Raises CloseError when the pool was closed meanwhile."""
        with self._guard:
            if self.closed:
                raise CloseError("the client was closed")
            self._connections.add(connection)
            self._opened += 1

    def give_back(self, pool: AsyncCoreRoute) -> None:
        """Give a permit back that was not used."""
        dropped: list[AsyncCoreConnection] = []
        with self._guard:
            if not self.closed:
                pool.open -= 1
                pool.opening -= 1
                self._open -= 1
                self._serve_all(pool, dropped)
                self._tidy(pool)
        self._after(dropped)

    # From a connection.

    def settled(self, connection: AsyncCoreConnection, capacity: int, *, shares: bool) -> None:
        """Note what a new connection turned out to be able to do, and let those in who waited to know."""
        dropped: list[AsyncCoreConnection] = []
        with self._guard:
            if connection not in self._connections:
                return
            pool = connection.pool
            had_room = connection.active < connection.capacity
            connection.capacity = capacity
            if not connection.settled:
                connection.settled = True
                pool.opening -= 1
                pool.shares = shares
            if connection.active < capacity and not had_room:
                pool.ready[connection] = None
            elif had_room and connection.active >= capacity:
                del pool.ready[connection]
            self._serve_all(pool, dropped)
        self._after(dropped)

    def release(self, connection: AsyncCoreConnection, *, reusable: bool) -> None:
        """End one exchange of a connection: let another in, keep it, or (not ``reusable``) let its permit go on.

        A finaliser may call this in the middle of anything, so the work is queued, and done when nothing else is.
        """
        self._returned.append((connection, reusable))
        self._after([])

    def _after(self, dropped: list[AsyncCoreConnection]) -> None:
        """Close what was dropped, and take back what was returned."""
        while True:
            for connection in dropped:
                connection.wire.abort()
            if not self._returned and not (self._retired and self._idle):
                return
            dropped = []
            guard = self._guard
            with guard.lock:
                if guard.busy:
                    return  # inside a finaliser: the code that it interrupted will see to it
                with guard:
                    while self._returned:
                        self._take_back(*self._returned.popleft(), dropped)
                    while self._retired and self._idle:
                        self._evict(next(iter(self._idle)), dropped)

    def _take_back(self, connection: AsyncCoreConnection, reusable: bool, dropped: list[AsyncCoreConnection]) -> None:
        connection.active -= 1
        if connection not in self._connections:
            # Retired or closed before; its permit is gone, and the last one out closes it.
            if connection.active <= 0:
                dropped.append(connection)
            return
        pool = connection.pool
        if not connection.settled:
            # It ended before it was known what it can do: let the others find out, each for itself.
            connection.settled = True
            pool.opening -= 1
            pool.shares = False
        if not reusable:
            self._forget(connection)
            if connection.active <= 0:
                dropped.append(connection)
            self._serve_all(pool, dropped)
            self._tidy(pool)
            return
        if connection.active == connection.capacity - 1:
            pool.ready[connection] = None
        self._serve_route(pool, dropped, idle=connection.active == 0)
        if connection.active == 0:
            self._keep(connection, dropped)

    def _keep(self, connection: AsyncCoreConnection, dropped: list[AsyncCoreConnection]) -> None:
        connection.idle_since = now = monotonic()
        self._idle[connection] = None
        if self._wanted and self._open >= self._max:
            # Others wait, and only a permit helps them.
            self._serve_permits(dropped)
        if len(self._idle) > self._max_idle:
            self._evict(next(iter(self._idle)), dropped)
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_INTERVAL
            while self._idle and self._expired(connection := next(iter(self._idle)), now):
                self._evict(connection, dropped)

    # Inside, under the lock.

    def _with_room(self, pool: AsyncCoreRoute, dropped: list[AsyncCoreConnection]) -> AsyncCoreConnection | None:
        """Return a connection of a route with one exchange more on it."""
        while pool.ready:
            connection = next(reversed(pool.ready))
            idle = connection.active == 0
            if not connection.usable(idle=idle) or self._expired(connection, monotonic(), idle=idle):
                self._forget(connection)
                if idle:
                    dropped.append(connection)
                continue
            if idle:
                self._idle.pop(connection, None)
            connection.active += 1
            if connection.active >= connection.capacity:
                del pool.ready[connection]
            self._reused += 1
            return connection
        return None

    def _expired(self, connection: AsyncCoreConnection, now: float, *, idle: bool = True) -> bool:
        if idle and self._expiry is not None and now - connection.idle_since >= self._expiry:
            return True
        return self._max_age is not None and now - connection.born >= self._max_age

    def _permit(
        self, pool: AsyncCoreRoute, dropped: list[AsyncCoreConnection], *, fresh: bool = False
    ) -> AsyncCoreRoute | None:
        if pool.shares and pool.opening and not fresh:
            return None
        if pool.open >= self._max_route:
            # Only a request that wants a fresh connection can find an idle one here; that makes room.
            victim = next((each for each in pool.ready if each.active == 0), None)
            if victim is None:
                return None
            self._evict(victim, dropped)
        elif self._open >= self._max:
            if not self._idle:
                return None
            self._evict(next(iter(self._idle)), dropped)
        # The one that made room may have been the last of this very route.
        self._routes[pool.route] = pool
        pool.open += 1
        pool.opening += 1
        self._open += 1
        return pool

    def _grant(self, pool: AsyncCoreRoute, dropped: list[AsyncCoreConnection]) -> bool:
        """Give the first waiter of a route a connection or a permit; return whether there was one to give."""
        given: Any = self._with_room(pool, dropped) or self._permit(pool, dropped)
        if given is None:
            return False
        while pool.waiters:
            waiter, _ = pool.waiters.popitem(last=False)
            del self._waiting[waiter]
            if waiter.set(given):
                break
        else:
            self._take_again(given, pool)
        if pool.waiters:
            self._wanted.move_to_end(pool)
        else:
            self._wanted.pop(pool, None)
        return True

    def _take_again(self, given: Any, pool: AsyncCoreRoute) -> None:
        """Nobody waits any more for what was to be given."""
        if isinstance(given, AsyncCoreRoute):
            pool.open -= 1
            pool.opening -= 1
            self._open -= 1
        else:
            self._returned.append((given, True))

    def _serve_route(self, pool: AsyncCoreRoute, dropped: list[AsyncCoreConnection], *, idle: bool) -> None:
        """A connection of this route has room again: let its waiters in, unless another route would starve."""
        while pool.waiters:
            first = next(iter(self._wanted))
            if idle and first is not pool and first.open == 0 and self._open >= self._max:
                return
            if not self._grant(pool, dropped):
                return

    def _serve_all(self, pool: AsyncCoreRoute, dropped: list[AsyncCoreConnection]) -> None:
        """A permit is free, or a connection has more room: use that room, then help whoever waits longest."""
        while pool.waiters and pool.ready and self._grant(pool, dropped):
            pass
        self._serve_permits(dropped)

    def _serve_permits(self, dropped: list[AsyncCoreConnection]) -> None:
        """Give free permits to the routes that are waited for, in turn."""
        blocked = 0
        while self._wanted and blocked < len(self._wanted) and (self._open < self._max or self._idle):
            pool = next(iter(self._wanted))
            if self._grant(pool, dropped):
                blocked = 0
            else:
                self._wanted.move_to_end(pool)
                blocked += 1

    def _evict(self, connection: AsyncCoreConnection, dropped: list[AsyncCoreConnection]) -> None:
        self._forget(connection)
        dropped.append(connection)
        self._tidy(connection.pool)

    def _forget(self, connection: AsyncCoreConnection) -> None:
        """Take a connection out of all books, and free its permit."""
        pool = connection.pool
        self._connections.discard(connection)
        self._idle.pop(connection, None)
        pool.ready.pop(connection, None)
        pool.open -= 1
        self._open -= 1

    def _tidy(self, pool: AsyncCoreRoute) -> None:
        # Routes come and go with the urls of a crawler; an empty one must not stay. What it knew of its server goes
        # with it, but for one that does not share connections.
        if pool.open == 0 and not pool.waiters and self._routes.get(pool.route) is pool:
            del self._routes[pool.route]

    # For people and for the end.

    def stats(self) -> PoolStats:
        """Return counts of connections and waiters, by route."""
        with self._guard:
            routes = {
                str(pool.route): RouteStats(
                    open=pool.open,
                    idle=sum(1 for connection in pool.ready if connection.active == 0),
                    waiting=len(pool.waiters),
                )
                for pool in self._routes.values()
            }
            return PoolStats(
                open=self._open,
                idle=len(self._idle),
                waiting=len(self._waiting),
                opened=self._opened,
                reused=self._reused,
                routes=routes,
            )

    def retire(self) -> None:
        """Keep no idle connection any more: nobody can ask for one. May be called by a finaliser."""
        self._retired = True
        self._after([])

    def disown(self) -> None:
        """Close what a forked child inherited, without the lock: a thread of the parent's may have held it."""
        for connection in tuple(self._connections):
            connection.wire.abort()

    def close(self) -> None:
        """Refuse new requests, wake all who wait, and close all connections at once; from any thread."""
        with self._guard:
            self.closed = True
            waiters = list(self._waiting)
            self._waiting.clear()
            connections = {*self._connections, *(exchange.connection for exchange in tuple(self.exchanges))}
            self._connections.clear()
            self._wanted.clear()
            self._idle.clear()
            self._routes.clear()
            self._open = 0
        for waiter in waiters:
            waiter.set(CLOSED)
        for connection in connections:
            connection.wire.abort()

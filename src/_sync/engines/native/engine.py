# Generated from src/_async/engines/native/engine.py by scripts/generate_sync.py. Do not edit.
"""The native engine: our own pool and HTTP/1.1 over our own byte streams."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from ...._concurrency import StateLock, fork_generation, owner, owner_ended, process
from ....engines.native import NativeEngine
from ....exceptions import CloseError, NetworkError
from ....rules.http1 import DEFAULT_HTTP1_LIMITS, ResponseParser
from ....values.capabilities import Capability
from ....values.limits import Limits
from ....values.options import PROXIES
from ....values.pool_stats import NO_CONNECTIONS, PoolStats
from ....values.request import Request
from ....values.settings import ConnectionSettings
from ....values.unset import Unset
from ....values.url import Endpoint, endpoint_of
from ...response import Response
from ..engine import Engine
from .connection import Connection
from .connector import Connector
from .pool import Pool, RoutePool
from .routes import proxied, settings_proxies, wants_login

if TYPE_CHECKING:
    from ...._network import ByteStream
    from ....values.proxy import Proxy

__all__ = ["NativeDriver"]

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "QUERY"})

# How often a request is sent again after a kept connection turned out to be closed. The first time a fresh one is
# asked for; where all are in use, it may again be a kept one that another request hands on.
MAX_AGAIN = 3


class NativeDriver(Engine):
    """Sends requests over pooled connections of its own; see NativeEngine for the options."""

    capabilities = frozenset(
        {
            Capability.PROXY,
            Capability.SOCKS,
            Capability.WEBSOCKET,
            Capability.UPGRADE,
            Capability.TRAILERS,
            Capability.EARLY_HINTS,
            Capability.UNIX_SOCKET,
            Capability.ADDRESS_GUARD,
            Capability.TIMEOUTS,
            Capability.STREAM_UPLOAD,
            Capability.STREAM_DOWNLOAD,
            Capability.FULL_DUPLEX,
        }
    )

    def __init__(self, options: NativeEngine, settings: ConnectionSettings) -> None:
        self._options = options
        self._settings = settings = options.applied(settings)
        self._limits: Limits = settings.limits
        given = options.http1_limits
        self._parser_limits = DEFAULT_HTTP1_LIMITS if isinstance(given, Unset) else given
        self._retry_stale = options.retry_stale
        self._connector = Connector(options, settings)
        self._proxies = settings_proxies(settings)
        self._guard = settings.address_guard
        self._locks: dict[int, StateLock] = {}
        self._owner: Any = None
        self._generation = fork_generation()
        self._pools: dict[Any, Pool] = {}
        self._pool: Pool | None = None
        self._closed = False

    def execute(self, request: Request, *, through: Proxy | None = None) -> Any:
        """Send the request and return its response with an unread stream. Raises RequestError.

        ``through`` is a proxy that was chosen already, and what it is to know about who asks is in the request.
        """
        sent = request  # what only a proxy may see stays out of the response
        url, known = request.located
        endpoint = endpoint_of(request.url) if known is None or url is not request.url else known
        route: Any = endpoint.origin
        proxy: Proxy | None = None
        proxies = self._proxies
        if request.own_attributes is not None:
            proxies = request.own_attributes.get(PROXIES, proxies)
        if proxies is not None:
            proxy = through or proxies.proxy_for(endpoint.origin, request.url)
            if proxy is not None and self._guard is not None:
                self._guard.check_proxied(endpoint.origin, proxy)
            if proxy is not None and proxy is not through and proxy.logs_in and wants_login(request, endpoint):
                from .proxy_auth import send_logged_in

                return send_logged_in(self, request, endpoint, proxy, self._connector.logins.of(proxy))
            sent, endpoint, route = proxied(request, endpoint, proxy)
        return self._send(sent, endpoint, proxy, route, request)

    def _send(
        self, request: Request, endpoint: Endpoint, proxy: Proxy | None, route: Any, original: Request
    ) -> Response:
        """Send the request the way that was chosen for it, again where a kept connection turns out to be closed."""
        pool = self._pool
        if pool is None or self._owner is not owner() or self._generation != process.generation:
            pool = self._pool_here()
        first: NetworkError | None = None
        again = 0
        if self._retry_stale and request.method in IDEMPOTENT and (request.body is None or request.body.replayable):
            again = MAX_AGAIN
        while True:
            taken = pool.take(route, fresh=first is not None)
            if type(taken) is not Connection:
                obtained = self._obtain(pool, taken, request, endpoint, proxy)
                if obtained is None:
                    continue
                connection = obtained
            elif taken.usable(again):
                connection = taken
            else:
                pool.release(taken, reusable=False)
                continue
            reused = connection.used
            try:
                response = connection.exchange(request, endpoint)
            except NetworkError as error:
                # RFC 9110 section 9.2.2, RFC 9112 section 9.3.1: a server may close an idle connection at any time.
                if again and reused and not connection.parser.started:
                    first = first or error
                    again -= 1
                    pool.wary = True
                    continue
                raise error from first
            response.request = original
            return response

    # Connections.

    def _obtain(
        self, pool: Pool, taken: Any, request: Request, endpoint: Endpoint, proxy: Proxy | None
    ) -> Connection | None:
        """Wait for a connection, or open one with the permit that was taken; None if what was waited for is of no use.

        A connection that another request hands on may be closed by the server just then, as any kept one.
        """
        if not isinstance(taken, RoutePool):
            taken = pool.wait(taken, request.timeout.pool, request.deadline)
            if isinstance(taken, Connection):
                if taken.usable(0):
                    return taken
                pool.release(taken, reusable=False)
                return None
        try:
            stream = pool.attempt(self._connector.open, request, endpoint, proxy)
        except BaseException:
            pool.give_back(taken)
            raise
        connection = self._make_connection(stream, pool, taken)
        try:
            pool.add(connection)
        except BaseException:
            connection.abort()
            raise
        return connection

    def _make_connection(self, stream: ByteStream, pool: Pool, permit: RoutePool) -> Connection:
        return Connection(
            stream,
            pool,
            permit,
            parser=ResponseParser(self._parser_limits),
            expiry=self._limits.keepalive_expiry,
            max_age=self._limits.max_age,
        )

    # Pools: one for each owner, none that was made before a fork.

    def _pool_here(self) -> Pool:
        here = owner()
        generation = fork_generation()
        with self._lock(generation):
            if self._closed:  # a plugin sends again, after the client was closed
                raise CloseError("the client was closed")
            pool = self._living_pools(generation).get(here)
            if pool is None:
                pool = self._pools[here] = self._make_pool()
            self._owner = here
            self._pool = pool
        return pool

    def _living_pools(self, generation: int) -> dict[Any, Pool]:
        """Drop the pools of the parent process, and those whose owners have ended. Called under the lock."""
        if generation != self._generation:
            self._forget_parent(generation)
        for ended in [place for place in self._pools if owner_ended(place)]:
            _abort(self._pools.pop(ended))
        return self._pools

    def _make_pool(self) -> Pool:
        return Pool(self._limits)

    def _lock(self, generation: int) -> StateLock:
        """Return the lock of this process: one that a thread of the parent held at the fork is held for ever here."""
        return self._locks.get(generation) or self._locks.setdefault(generation, StateLock())

    def _forget_parent(self, generation: int) -> None:
        """Begin anew in a forked child."""
        self._generation = generation
        stale, self._pools = self._pools, {}
        for pool in stale.values():
            for connection in pool.forsake():
                connection.abort()

    def pool_stats(self) -> PoolStats:
        """Return counts of connections and waiters, over all pools."""
        generation = fork_generation()
        with self._lock(generation):
            pools = list(self._living_pools(generation).values())
        return reduce(PoolStats.plus, (pool.stats() for pool in pools), NO_CONNECTIONS)

    def close(self) -> None:
        """Close all connections; requests in flight fail with a CloseError. May be called again."""
        here = owner()
        with self._lock(fork_generation()):
            self._closed = True
            pools, self._pools = self._pools, {}
            self._pool = None
        for where, pool in pools.items():
            if where is not here:
                _abort(pool)
                continue
            for connection in pool.close():
                connection.abort()

    def abandon(self) -> None:
        """Close the idle connections; those in use are closed when their responses are."""
        for pool in list(self._pools.values()):
            for connection in pool.close(idle_only=True):
                connection.abort()

    def __repr__(self) -> str:
        return repr(self._options)


def _abort(pool: Pool) -> None:
    for connection in pool.close():
        connection.abort()

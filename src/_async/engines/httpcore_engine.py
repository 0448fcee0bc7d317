"""The engine on httpcore: its connections and protocols, our pool, sockets and errors."""

from __future__ import annotations

import os
from functools import reduce
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..._concurrency import AsyncStateLock, async_owner, async_owner_ended, async_sleep, fork_generation
from ..._network import AsyncNetwork
from ...engines.httpcore import HttpcoreEngine
from ...engines.httpcore_request import async_max_streams, header_pairs, timeouts_of
from ...exceptions import (
    CloseError,
    ConnectError,
    ConnectTimeout,
    HTTPError,
    InvalidRequest,
    MissingExtra,
    NetworkError,
    ProxyError,
    RemoteProtocolError,
    TLSError,
    UnsupportedByEngine,
)
from ...rules.framing import authority_form, encode_request
from ...rules.proxies import DIRECT, proxy_rules
from ...values.capabilities import Capability
from ...values.options import PROXIES
from ...values.pool_stats import NO_CONNECTIONS, PoolStats
from ...values.request import Request
from ...values.settings import ConnectionSettings, trusts
from ...values.unix_url import UNIX, socket_path
from ...values.url import DEFAULT_PORTS, endpoint_of
from ..response import AsyncResponse
from .engine import AsyncEngine
from .httpcore_connection import AsyncCoreConnection, AsyncUpload
from .httpcore_exchange import AsyncExchange
from .httpcore_pool import AsyncCorePool
from .httpcore_routes import AsyncCoreRoute, Route
from .httpcore_tls import ProxyTLS, ServerTLS
from .httpcore_wire import AsyncWire
from .tls_settings import HTTP1, TLSSettings

if TYPE_CHECKING:
    from ...values.proxy import Proxy

__all__ = ["AsyncHttpcoreDriver"]

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "QUERY"})

# How often a request is sent again that never left, because its connection was closed just then.
UNSENT_TRIES = 5

# A body in memory up to this size is handed to httpcore as it is.
SMALL_BODY = 65536

# The pools that a forked child inherited: kept, so that nothing of them is finalised, which could wait for a lock that
# a thread of the parent held.
_GRAVEYARD: list[Any] = []


class AsyncHttpcoreDriver(AsyncEngine):
    """Sends requests through httpcore's connections; see HttpcoreEngine for the options."""

    capabilities = frozenset(
        {
            Capability.HTTP2,
            Capability.WEBSOCKET,
            Capability.UPGRADE,
            Capability.PROXY,
            Capability.SOCKS,
            Capability.UNIX_SOCKET,
            Capability.ADDRESS_GUARD,
            Capability.TIMEOUTS,
            Capability.STREAM_UPLOAD,
            Capability.STREAM_DOWNLOAD,
        }
    )

    def __init__(self, options: HttpcoreEngine, settings: ConnectionSettings) -> None:
        self._options = options
        self._settings = settings = options.applied(settings)
        if not settings.http1 and not settings.http2:
            raise ValueError("http1=False needs http2=True: one of them must be spoken")
        if settings.http2 and find_spec("h2") is None:
            raise MissingExtra("HTTP/2 needs the package h2: install duohttp[http2]")
        # A Unix socket for everything leaves no place for a proxy.
        named = os.environ if trusts(settings.trust_env, "proxy") else None
        self._proxies = proxy_rules(settings.proxy, named) if settings.uds is None else DIRECT
        for proxy in self._proxies.proxies():
            self._check_proxy(proxy)
        self._network = AsyncNetwork(
            resolver=settings.resolver,
            local_address=settings.local_address,
            socket_options=settings.socket_options,
            guard=settings.address_guard,
        )
        self._proxy_network = self._network.towards_proxies()
        self._tls = TLSSettings(settings)
        self._library: Any = None
        self._lock = AsyncStateLock()
        self._closed = False
        self._owner: Any = None
        self._generation = fork_generation()
        self._pools: dict[Any, AsyncCorePool] = {}
        self._pool: AsyncCorePool | None = None

    async def execute(self, request: Request) -> AsyncResponse:
        """Send the request and return its response with an unread stream. Raises RequestError."""
        endpoint = endpoint_of(request.url)
        connects = request.method == "CONNECT"
        target, host = endpoint.target, endpoint.host
        if connects:
            target = host = authority_form(endpoint)
        body = request.body
        head, length = encode_request(request.method, target, host, request.headers, body)
        pool = self._pool
        if pool is None or self._owner is not async_owner() or self._generation != fork_generation():
            pool = self._pool_here()
        if pool.leftovers:
            await pool.leftovers.finish()
        proxies = request.attribute(PROXIES)
        proxy = (self._proxies if proxies is None else proxies).proxy_for(endpoint.origin, request.url)
        if proxy is not None and self._settings.address_guard is not None:
            self._settings.address_guard.check_proxied(endpoint.origin, proxy)
        if proxy is not None:
            if self._settings.uds is not None:
                raise InvalidRequest(f"a Unix socket has no proxy on its way: leave out proxy={proxy} or uds=")
            self._check_proxy(proxy)
        route = Route(endpoint.origin, proxy)
        plain = endpoint.origin.scheme == "http" and not request.upgrades
        forwarded = proxy is not None and plain and not proxy.is_socks
        if request.upgrades:
            route = self._upgrade_route(route)
        content: Any = None
        if body is not None:
            data = body.data
            content = AsyncUpload(body, length) if data is None or len(data) > SMALL_BODY else data
        library = self._library or self._load()
        message = library.Request(
            request.method,
            self._url(library, route, target),
            headers=header_pairs(head, request.headers, forwarded=forwarded),
            content=content,
            extensions={"timeout": timeouts_of(request.timeout, request.deadline)},
        )
        return await self._attempts(pool, route, request, message)

    def _upgrade_route(self, route: Route) -> Route:
        """Return the way for what leaves HTTP: it begins with HTTP/1.1. Raises UnsupportedByEngine."""
        proxy = route.proxy
        if proxy is not None and not proxy.is_socks and route.origin.scheme == "http":
            raise UnsupportedByEngine(
                f"{self._options!r} makes no tunnels through {proxy} for plain connections, and only a tunnel lets "
                "another protocol through; use NativeEngine, or TLS"
            )
        if not self._settings.http1:
            raise UnsupportedByEngine(f"{self._options!r} can't leave HTTP with http1=False")
        return route._replace(only_http1=self._settings.http2)

    def _check_proxy(self, proxy: Proxy) -> None:
        """Refuse a proxy that httpcore can't speak to, as it is or as it is installed."""
        scheme = proxy.scheme
        if proxy.auth != "basic":
            raise UnsupportedByEngine(f"{self._options!r} answers no challenges of proxies; NativeEngine does")
        if scheme in ("socks4", "socks4a"):
            raise UnsupportedByEngine(f"{self._options!r} does not support {scheme} proxies; NativeEngine does")
        if scheme.startswith("socks") and find_spec("socksio") is None:
            raise MissingExtra(
                "SOCKS proxies need the package socksio here: install duohttp[socks], or use NativeEngine"
            )

    async def _attempts(self, pool: AsyncCorePool, route: Route, request: Request, message: Any) -> AsyncResponse:
        """Send, again where that can't do harm."""
        shares = self._shares(route)
        fresh = False
        unsent = failures = 0
        while True:
            connection = await self._obtain(pool, route, request, shares=shares, fresh=fresh)
            reused = connection.used or connection.active > 1
            exchange = AsyncExchange(pool, connection, request, shares=shares)
            upload = message.stream if isinstance(message.stream, AsyncUpload) else None
            if upload is not None:
                upload.wire = connection.wire
            if shares or (not reused and route.proxy is not None and route.proxy.is_socks):
                message.extensions["trace"] = exchange.trace
            try:
                return await exchange.send(request, message)
            except HTTPError as error:
                if request.deadline is not None and request.deadline.expired:
                    raise
                if _never_arrived(error, exchange, reused=reused) and unsent < UNSENT_TRIES:
                    unsent += 1
                elif not fresh and reused and self._may_send_again(error, exchange, request):
                    fresh = True
                elif failures < self._options.retries and _no_connection(error, connection):
                    failures += 1
                    delay = 0.0 if failures == 1 else 0.5 * 2.0 ** (failures - 2)
                    await async_sleep(delay if request.deadline is None else request.deadline.clamp(delay))
                else:
                    raise
                if upload is not None:
                    message.stream = upload.again()

    def _may_send_again(self, error: HTTPError, exchange: AsyncExchange, request: Request) -> bool:
        """Whether this is the case of RFC 9110 section 9.2.2: a kept connection that the server closed meanwhile."""
        if not self._options.retry_stale or request.method not in IDEMPOTENT:
            return False
        body = request.body
        broken = isinstance(error, (NetworkError, RemoteProtocolError)) and exchange.unanswered
        return broken and not exchange.pool.closed and (body is None or body.replayable)

    # Connections.

    async def _obtain(
        self, pool: AsyncCorePool, route: Route, request: Request, *, shares: bool, fresh: bool
    ) -> AsyncCoreConnection:
        """Return a connection with room, waiting for it, or making it with a permit."""
        given = pool.take(route, shares=shares, fresh=fresh)
        if not isinstance(given, (AsyncCoreConnection, AsyncCoreRoute)):
            given = await pool.wait(given, request.timeout.pool, request.deadline)
        if isinstance(given, AsyncCoreConnection):
            return given
        try:
            connection = self._make(pool, given)
            pool.add(connection)
        except BaseException:
            pool.give_back(given)
            raise
        return connection

    def _make(self, pool: AsyncCorePool, permit: AsyncCoreRoute) -> AsyncCoreConnection:
        """Return a connection that is not yet open; httpcore opens it for its first request."""
        route = permit.route
        proxy = route.proxy
        settings = self._settings
        library = self._library
        secure = route.origin.scheme == "https"
        layers = int(secure) + int(proxy is not None and proxy.scheme == "https")
        if proxy is not None and proxy.is_socks and not secure:
            layers = 1
        wire = AsyncWire(self._network if proxy is None else self._proxy_network, layers, library.WriteError)
        alpn = HTTP1 if route.only_http1 else settings.alpn
        tls = ServerTLS(self._tls, route.origin, alpn)
        common: dict[str, Any] = {"http1": settings.http1, "http2": "h2" in alpn, "ssl_context": tls}
        common["network_backend"] = wire
        if proxy is None:
            uds = socket_path(route.origin.host) if route.origin.scheme == UNIX else settings.uds
            factory = library.AsyncConnectionPool(uds=uds, **common)
        elif proxy.is_socks:
            factory = library.AsyncSOCKSProxy(_proxy_url(library, proxy), _credentials(proxy), **common)
        else:
            if proxy.scheme == "https":
                common["proxy_ssl_context"] = ProxyTLS(self._tls, proxy)
            headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in proxy.headers.items()]
            url = _proxy_url(library, proxy)
            factory = library.AsyncHTTPProxy(url, _credentials(proxy), headers, **common)
        core = factory.create_connection(self._url(library, route, b"/").origin)
        connection = AsyncCoreConnection(core, wire, permit)
        known = settings.http2 and not settings.http1 and (proxy is None or proxy.is_socks or secure)

        def opened(protocol: str | None) -> None:
            connection.opened(http2=known or protocol == "h2")
            if not wire.shared:
                pool.settled(connection, 1, shares=False)

        wire.on_open = opened
        return connection

    def _shares(self, route: Route) -> bool:
        """Whether a connection on a route may turn out to be one of HTTP/2, for many requests at once."""
        settings = self._settings
        if not settings.http2 or async_max_streams == 1 or route.only_http1:
            return False
        plain = not settings.http1 and (route.proxy is None or route.proxy.is_socks)
        return route.origin.scheme == "https" or plain

    def _url(self, library: Any, route: Route, target: bytes) -> Any:
        scheme, host, port = route.origin
        if scheme == UNIX:
            return library.URL(scheme="http", host="localhost", port=None, target=target)
        if ":" in host and not (route.proxy is not None and route.proxy.is_socks):
            host = f"[{host}]"
        shown = None if DEFAULT_PORTS.get(scheme) == port else port
        return library.URL(scheme=scheme, host=host, port=shown, target=target)

    def _load(self) -> Any:
        """Import httpcore, or httpcore2 where only that is installed."""
        for name in ("httpcore", "httpcore2"):
            try:
                self._library = import_module(name)
            except ModuleNotFoundError as error:
                if error.name != name:
                    raise
            else:
                return self._library
        raise MissingExtra(
            "this engine needs the package httpcore (or httpcore2); install it, or choose another engine"
        )

    # Pools: one for each owner, none that was made before a fork.

    def _pool_here(self) -> AsyncCorePool:
        if self._generation != fork_generation():
            self._forked()
        place = async_owner()
        with self._lock:
            if self._closed:  # a plugin sends again, after the client was closed
                raise CloseError("the client was closed")
            here = self._living_pools().get(place)
            if here is None:
                here = self._pools[place] = AsyncCorePool(self._settings.limits)
            self._owner = place
            self._pool = here
        return here

    def _living_pools(self) -> dict[Any, AsyncCorePool]:
        """Drop the pools whose owners have ended, and return the others. Called under the lock."""
        for ended in [place for place in self._pools if async_owner_ended(place)]:
            self._pools.pop(ended).close()
        return self._pools

    def _forked(self) -> None:
        """Start anew in a forked child, touching no lock that a thread of the parent's may have held."""
        pools, self._pools, self._pool = self._pools, {}, None
        self._lock = AsyncStateLock()
        self._generation = fork_generation()
        for pool in pools.values():
            _GRAVEYARD.append(pool)
            pool.disown()

    def pool_stats(self) -> PoolStats:
        """Return counts of connections and waiters, over all pools."""
        if self._generation != fork_generation():
            self._forked()
        with self._lock:
            pools = list(self._living_pools().values())
        return reduce(PoolStats.plus, (pool.stats() for pool in pools), NO_CONNECTIONS)

    async def aclose(self) -> None:
        """Close all connections; requests in flight fail with a CloseError. May be called again."""
        with self._lock:
            self._closed = True
            pools, self._pools = self._pools, {}
            self._pool = None
        for pool in pools.values():
            pool.close()
        here = pools.get(async_owner())
        if here is not None:
            await here.leftovers.finish()

    def __del__(self) -> None:
        # Left to the garbage collector, sockets in cycles would be finalised before the streams that close them.
        for pool in getattr(self, "_pools", {}).values():
            pool.retire()

    def __repr__(self) -> str:
        return repr(self._options)


def _proxy_url(library: Any, proxy: Proxy) -> Any:
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    return library.URL(scheme=proxy.scheme, host=host, port=proxy.port, target=b"/")


def _credentials(proxy: Proxy) -> tuple[bytes, bytes] | None:
    if proxy.username is None:
        return None
    return proxy.username.encode(), (proxy.password or "").encode()


def _never_arrived(error: HTTPError, exchange: AsyncExchange, *, reused: bool) -> bool:
    """Whether the server is sure not to have got the request, though its connection was there."""
    if exchange.pool.closed or not isinstance(error, (NetworkError, RemoteProtocolError)):
        return False
    cause = error.__cause__
    if type(cause).__name__ == "ConnectionNotAvailable":
        return True
    event = cause.args[0] if cause is not None and cause.args else None
    refused_stream = 7  # RFC 9113 section 8.7
    return getattr(event, "error_code", None) == refused_stream or (reused and exchange.unsent)


def _no_connection(error: HTTPError, connection: AsyncCoreConnection) -> bool:
    if connection.wire.established or isinstance(error, TLSError):
        return False
    refused = isinstance(error, ProxyError) and connection.wire.stream is None
    return refused or isinstance(error, (ConnectError, ConnectTimeout))

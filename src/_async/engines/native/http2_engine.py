"""The native engine with HTTP/2: which protocol a request goes by, and what is sent again when a connection ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...._concurrency import AsyncWaiter, async_owner, fork_generation
from ....engines.native import NativeEngine
from ....exceptions import HTTPError, NetworkError, RemoteProtocolError, UnsupportedByEngine
from ....rules.http2_headers import require_hpack
from ....rules.http2_options import DEFAULT_HTTP2_OPTIONS
from ....values.capabilities import Capability
from ....values.options import DUPLEX
from ....values.request import Request
from ....values.settings import ConnectionSettings
from ....values.unset import Unset
from ....values.url import Endpoint, Origin
from ...response import AsyncResponse
from ..tls_settings import HTTP1
from .connection import AsyncConnection
from .engine import IDEMPOTENT, AsyncNativeDriver
from .http2_connection import AsyncHttp2Connection
from .http2_exchange import AsyncHttp2Exchange
from .http2_pool import AsyncHttp2Pool
from .pool import AsyncPool, AsyncRoutePool

if TYPE_CHECKING:
    from ...._network import AsyncByteStream
    from ....values.proxy import Proxy

__all__ = ["AsyncHttp2Driver"]

# A request is sent no more often than this, however many servers say that they did nothing with it.
MAX_SENDS = 4


class Http1Route(NamedTuple):
    """A route on which only HTTP/1.1 is spoken, beside one where HTTP/2 may be."""

    origin: Origin
    proxy: Any

    def __str__(self) -> str:
        way = "" if self.proxy is None else f" via {self.proxy}"
        return f"{self.origin}{way} (HTTP/1.1)"


class AsyncHttp2Driver(AsyncNativeDriver):
    """The native engine of a client with ``http2=True``, or ``http1=False``."""

    capabilities = AsyncNativeDriver.capabilities | {Capability.HTTP2}

    def __init__(self, options: NativeEngine, settings: ConnectionSettings) -> None:
        super().__init__(options, settings)
        require_hpack()
        given = options.http2_options
        self._http2_options = DEFAULT_HTTP2_OPTIONS if isinstance(given, Unset) else given
        self._http1 = self._settings.http1
        self._alpn = ("h2", "http/1.1") if self._http1 else ("h2",)

    def _make_pool(self) -> AsyncPool:
        return AsyncHttp2Pool(self._limits)

    async def _send(
        self, request: Request, endpoint: Endpoint, proxy: Proxy | None, route: Any, original: Request
    ) -> AsyncResponse:
        """Send the request by the protocol it can go by, again where nothing was done with it."""
        alone = self._needs_http1(request, endpoint, proxy)
        if alone and endpoint.origin.scheme == "https":
            route = Http1Route(endpoint.origin, proxy)
        first: NetworkError | None = None
        sends = 0
        response: AsyncResponse | None
        pool: Any = self._pool
        if pool is None or self._owner is not async_owner() or self._generation != fork_generation():
            pool = self._pool_here()
        while True:
            taken = pool.take_any(route, alone=alone, fresh=first is not None)
            connection: Any = taken
            if type(taken) is not AsyncHttp2Connection or taken.streams == 1:
                connection = await self._connection(pool, taken, request, endpoint, proxy, alone)
                if connection is None:
                    continue
            reused = connection.used
            sends += 1
            if isinstance(connection, AsyncConnection):
                try:
                    response = await connection.exchange(request, endpoint)
                except NetworkError as error:
                    if first is None and reused and not connection.parser.started and self._may_send_again(request):
                        first = error
                        continue
                    raise error from first
                response.request = original
                return response
            exchange = AsyncHttp2Exchange(connection, request)
            try:
                response = await exchange.run(endpoint)
            except (NetworkError, RemoteProtocolError) as error:
                if sends >= MAX_SENDS or not self._again(exchange, request, error, reused, first):
                    raise error from first
                if not exchange.unprocessed():
                    first = error  # type: ignore[assignment]
                elif exchange.needs_http1() and endpoint.origin.scheme == "https" and self._http1:
                    alone, route = True, Http1Route(endpoint.origin, proxy)
                continue
            if response is not None:
                response.request = original
                return response

    def _needs_http1(self, request: Request, endpoint: Endpoint, proxy: Proxy | None) -> bool:
        """Whether a request can go by HTTP/1.1 only. Raises UnsupportedByEngine where that is switched off."""
        duplex = request.attribute(DUPLEX)
        if request.upgrades or request.method == "CONNECT" or duplex:
            if not self._http1:
                what = "a response can be read while sending" if duplex else "a connection can leave"
                raise UnsupportedByEngine(f"{what} by HTTP/1.1 only, which http1=False switched off")
            return True
        # An HTTP proxy that forwards is spoken to by HTTP/1.1.
        return endpoint.origin.scheme == "http" and (self._http1 or (proxy is not None and not proxy.is_socks))

    async def _connection(
        self, pool: AsyncHttp2Pool, taken: Any, request: Request, endpoint: Endpoint, proxy: Proxy | None, alone: bool
    ) -> AsyncConnection | AsyncHttp2Connection | None:
        """Return the connection that was taken or waited for, or open one; None if it turns out to be of no use."""
        if isinstance(taken, AsyncWaiter):
            taken = await pool.wait(taken, request.timeout.pool, request.deadline)
        if isinstance(taken, AsyncRoutePool):
            return await self._open(pool, taken, request, endpoint, proxy, alone)
        connection: AsyncConnection | AsyncHttp2Connection = taken
        if isinstance(connection, AsyncConnection):
            if connection.usable(0):
                return connection
        else:
            try:
                if connection.usable() and (not connection.suspect() or await connection.probe()):
                    return connection
            except BaseException:
                pool.release_stream(connection)
                raise
        pool.release(connection, reusable=False)
        return None

    async def _open(
        self,
        pool: AsyncHttp2Pool,
        permit: AsyncRoutePool,
        request: Request,
        endpoint: Endpoint,
        proxy: Any,
        alone: bool,
    ) -> AsyncConnection | AsyncHttp2Connection:
        try:
            alpn = HTTP1 if alone else self._alpn
            stream = await pool.attempt(self._connector.open, request, endpoint, proxy, alpn)
            http2 = not alone and self._agreed(stream, endpoint)
        except BaseException as error:
            pool.give_back(permit, failed=isinstance(error, HTTPError))
            raise
        connection: AsyncConnection | AsyncHttp2Connection
        limits = self._limits
        if http2:
            connection = AsyncHttp2Connection(
                stream,
                pool,
                permit,
                options=self._http2_options,
                expiry=limits.keepalive_expiry,
                max_age=limits.max_age,
            )
        else:
            connection = self._make_connection(stream, pool, permit)
        try:
            pool.settle(connection)
        except BaseException:
            connection.abort()
            raise
        return connection

    def _agreed(self, stream: AsyncByteStream, endpoint: Endpoint) -> bool:
        """Whether a new connection speaks HTTP/2: what ALPN says (RFC 7301), or prior knowledge without TLS."""
        if endpoint.origin.scheme == "http":
            return True
        tls: Any = stream.get_extra_info("ssl_object")
        protocol = tls.selected_alpn_protocol()
        if protocol != "h2" and not self._http1:
            stream.abort()
            said = f"it chose {protocol!r}" if protocol else "it chose no protocol"
            raise RemoteProtocolError(
                f"{endpoint.origin} does not speak HTTP/2 ({said}), and http1=False was asked for"
            )
        return bool(protocol == "h2")

    def _again(
        self, exchange: AsyncHttp2Exchange, request: Request, error: Exception, reused: bool, first: Exception | None
    ) -> bool:
        """Whether a request that failed is sent again (RFC 9113 section 8.7)."""
        body = request.body
        if exchange.unprocessed():
            return body is None or body.replayable
        stream = exchange.stream
        started = stream is None or stream.started
        lost = first is None and reused and not started and isinstance(error, NetworkError)
        return lost and self._may_send_again(request)

    def _may_send_again(self, request: Request) -> bool:
        body = request.body
        return self._retry_stale and request.method in IDEMPOTENT and (body is None or body.replayable)

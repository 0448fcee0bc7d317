"""Opening a connection: to the server or on a way through a proxy, and TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...._network import AsyncNetwork
from ....exceptions import InvalidRequest
from ....values.timeout import Deadline
from ....values.unix_url import UNIX, socket_path
from ..tls_settings import HTTP1, TLSSettings
from .proxy_logins import AsyncProxyLogins

if TYPE_CHECKING:
    from ...._network import AsyncByteStream
    from ....engines.native import NativeEngine
    from ....values.proxy import Proxy
    from ....values.request import Request
    from ....values.settings import ConnectionSettings
    from ....values.url import Endpoint

__all__ = ["AsyncConnector"]


class AsyncConnector:
    """Opens byte streams for the engine; it keeps resolver, TLS settings and proxies' logins, and no connection."""

    def __init__(self, options: NativeEngine, settings: ConnectionSettings) -> None:
        self._uds = settings.uds
        self._tls = TLSSettings(settings)
        self.logins = AsyncProxyLogins()
        self._network = AsyncNetwork(
            resolver=settings.resolver,
            local_address=settings.local_address,
            socket_options=settings.socket_options,
            happy_eyeballs_delay=options.happy_eyeballs_delay,
            guard=settings.address_guard,
        )
        self._proxy_network = self._network.towards_proxies()

    async def open(
        self, request: Request, endpoint: Endpoint, proxy: Proxy | None, alpn: tuple[str, ...] = HTTP1
    ) -> AsyncByteStream:
        """Connect, through the proxy if there is one, and do the TLS handshake: all within the connect timeout.

        ``alpn`` are the protocols to offer; which one was taken, the stream's ``ssl_object`` tells.
        """
        timeout = request.timeout.connect
        if request.deadline is not None:
            timeout = request.deadline.clamp(timeout)
        limit = None if timeout is None else Deadline(timeout)
        scheme, host, port = endpoint.origin
        if self._uds is not None or scheme == UNIX:
            if proxy is not None:
                raise InvalidRequest(f"a Unix socket has no proxy on its way: leave out proxy={proxy} or uds=")
            path = socket_path(host) if scheme == UNIX else self._uds or ""
            stream = await self._network.connect_unix(path, timeout)
        elif proxy is None:
            stream = await self._network.connect_tcp(host, port, timeout)
        else:
            from .proxy_ways import open_way

            login = self.logins.of(proxy) if proxy.logs_in else None
            forwards = scheme == "http" and not request.upgrades
            stream = await open_way(self._proxy_network, self._tls, proxy, login, endpoint, limit, forwards=forwards)
        if scheme != "https":
            return stream
        try:
            tls = self._tls
            timeout = None if limit is None else limit.remaining()
            return await stream.start_tls(tls.plan(endpoint.origin, alpn), tls.server_name(endpoint.origin), timeout)
        except BaseException:
            stream.abort()
            raise

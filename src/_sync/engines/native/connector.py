# Generated from src/_async/engines/native/connector.py by scripts/generate_sync.py. Do not edit.
"""Opening a connection: the way through a proxy if there is one, and TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...._network import Network
from ....exceptions import ConnectError, ProxyError, UnsupportedByEngine
from ....values.timeout import Deadline
from .tunnel import open_tunnel

if TYPE_CHECKING:
    from ssl import SSLContext

    from ...._network import ByteStream
    from ....engines.native import NativeEngine
    from ....values.proxy import Proxy
    from ....values.request import Request
    from ....values.settings import ConnectionSettings
    from ....values.url import Endpoint

__all__ = ["Connector"]


class Connector:
    """Opens byte streams for the engine; it keeps the resolver and the TLS context, and no connection."""

    def __init__(self, options: NativeEngine, settings: ConnectionSettings) -> None:
        self._options = options
        self._settings = settings
        self._network = Network(
            resolver=settings.resolver,
            local_address=settings.local_address,
            socket_options=settings.socket_options,
            happy_eyeballs_delay=options.happy_eyeballs_delay,
        )
        self._context: SSLContext | None = None

    def open(self, request: Request, endpoint: Endpoint, proxy: Proxy | None) -> ByteStream:
        """Connect, through the proxy if there is one, and do the TLS handshake: all within the connect timeout."""
        timeout = request.timeout.connect
        if request.deadline is not None:
            timeout = request.deadline.clamp(timeout)
        limit = None if timeout is None else Deadline(timeout)
        scheme, host, port = endpoint.origin
        stream: ByteStream | None = None
        try:
            if self._settings.uds is not None:
                stream = self._network.connect_unix(self._settings.uds, timeout)
            elif proxy is None:
                stream = self._network.connect_tcp(host, port, timeout)
            else:
                stream = self._connect_proxy(proxy, limit)
                if scheme == "http":
                    return stream
                open_tunnel(stream, proxy, endpoint, limit)
            if scheme == "https":
                stream = stream.start_tls(self._tls_context(), host, _left(limit))
        except BaseException:
            if stream is not None:
                stream.abort()
            raise
        return stream

    def _connect_proxy(self, proxy: Proxy, limit: Deadline | None) -> ByteStream:
        if proxy.is_socks:
            raise UnsupportedByEngine(f"{self._options!r} speaks no SOCKS; use HttpcoreEngine for the proxy {proxy}")
        try:
            stream = self._network.connect_tcp(proxy.host, proxy.port, _left(limit))
            if proxy.scheme == "http":
                return stream
            context = self._tls_context()
            if proxy.verify is not None:
                from ...._network.tls import make_context

                context = make_context(proxy.verify, None, alpn=("http/1.1",), trust_env=self._settings.trust_env)
            try:
                return stream.start_tls(context, proxy.host, _left(limit))
            except BaseException:
                stream.abort()
                raise
        except ConnectError as error:
            raise ProxyError(f"the proxy {proxy} can't be reached: {error.message}") from error

    def _tls_context(self) -> SSLContext:
        context = self._context
        if context is None:
            from ...._network.tls import make_context

            settings = self._settings
            context = make_context(settings.verify, settings.cert, alpn=("http/1.1",), trust_env=settings.trust_env)
            self._context = context
        return context


def _left(limit: Deadline | None) -> float | None:
    return None if limit is None else limit.remaining()

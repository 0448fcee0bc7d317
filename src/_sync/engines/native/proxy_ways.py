# Generated from src/_async/engines/native/proxy_ways.py by scripts/generate_sync.py. Do not edit.
"""The way to a server through a proxy: to the proxy, with TLS if it wants that, and on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....exceptions import ConnectError, ProxyError, UnsupportedByEngine
from .tunnel import open_tunnel

if TYPE_CHECKING:
    from ...._network import ByteStream, Network
    from ....values.proxy import Proxy
    from ....values.timeout import Deadline
    from ....values.url import Endpoint
    from .tls_settings import TLSSettings

__all__ = ["open_way"]


def open_way(
    network: Network, tls: TLSSettings, proxy: Proxy, endpoint: Endpoint, limit: Deadline | None
) -> ByteStream:
    """Return a stream on which the endpoint answers, or for plain http the proxy in its place.

    Raises ProxyError and ConnectTimeout, with nothing left open.
    """
    if proxy.is_socks:
        raise UnsupportedByEngine(f"this engine speaks no SOCKS; use HttpcoreEngine for the proxy {proxy}")
    stream = _connect(network, tls, proxy, limit)
    if endpoint.origin.scheme == "http":
        return stream
    try:
        open_tunnel(stream, proxy, endpoint, limit)
    except BaseException:
        stream.abort()
        raise
    return stream


def _connect(network: Network, tls: TLSSettings, proxy: Proxy, limit: Deadline | None) -> ByteStream:
    """Connect to the proxy itself."""
    try:
        stream = network.connect_tcp(proxy.host, proxy.port, _left(limit))
        if proxy.scheme != "https":
            return stream
        try:
            return stream.start_tls(tls.proxy_context(proxy), proxy.host, _left(limit))
        except BaseException:
            stream.abort()
            raise
    except ConnectError as error:
        raise ProxyError(f"the proxy {proxy} can't be reached: {error.message}") from error


def _left(limit: Deadline | None) -> float | None:
    return None if limit is None else limit.remaining()

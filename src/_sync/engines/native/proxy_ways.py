# Generated from src/_async/engines/native/proxy_ways.py by scripts/generate_sync.py. Do not edit.
"""The way to a server through a proxy, of whatever kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tunnel import connect_proxy, open_tunnel

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
    """Return a stream on which the endpoint answers, or for plain http an HTTP proxy in its place.

    Raises ProxyError and ConnectTimeout, with nothing left open.
    """
    if proxy.is_socks:
        from .socks import open_socks_way

        return open_socks_way(network, tls, proxy, endpoint, limit)
    stream = connect_proxy(network, tls, proxy, limit)
    if endpoint.origin.scheme == "http":
        return stream
    try:
        open_tunnel(stream, proxy, endpoint, limit)
    except BaseException:
        stream.abort()
        raise
    return stream

"""The way to a server through a proxy, of whatever kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tunnel import connect_proxy, open_tunnel

if TYPE_CHECKING:
    from ...._network import AsyncByteStream, AsyncNetwork
    from ....values.proxy import Proxy
    from ....values.timeout import Deadline
    from ....values.url import Endpoint
    from .tls_settings import TLSSettings

__all__ = ["open_way"]


async def open_way(
    network: AsyncNetwork, tls: TLSSettings, proxy: Proxy, endpoint: Endpoint, limit: Deadline | None
) -> AsyncByteStream:
    """Return a stream on which the endpoint answers, or for plain http an HTTP proxy in its place.

    Raises ProxyError and ConnectTimeout, with nothing left open.
    """
    if proxy.is_socks:
        from .socks import open_socks_way

        return await open_socks_way(network, tls, proxy, endpoint, limit)
    stream = await connect_proxy(network, tls, proxy, limit)
    if endpoint.origin.scheme == "http":
        return stream
    try:
        await open_tunnel(stream, proxy, endpoint, limit)
    except BaseException:
        stream.abort()
        raise
    return stream

# Generated from src/_async/engines/native/socks.py by scripts/generate_sync.py. Do not edit.
"""The way through a SOCKS proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....exceptions import ConnectTimeout, NetworkError, ProxyError, TimeoutException
from ....rules.socks import SocksHandshake, SocksRefusal, needs_address
from .tunnel import connect_proxy

if TYPE_CHECKING:
    from ...._network import ByteStream, Network
    from ....values.proxy import Proxy
    from ....values.timeout import Deadline
    from ....values.url import Endpoint
    from ..tls_settings import TLSSettings

__all__ = ["open_socks_way"]

# Answers are shorter than this, so nothing of what comes after them is left in the dark.
READ_SIZE = 1024


def open_socks_way(
    network: Network, tls: TLSSettings, proxy: Proxy, endpoint: Endpoint, limit: Deadline | None
) -> ByteStream:
    """Return a stream to the endpoint; where the name is looked up here, its addresses are tried in turn.

    Raises ProxyError, ResolveError, ConnectTimeout, InvalidURL.
    """
    _, name, port = endpoint.origin
    hosts = [name]
    if needs_address(proxy, name):
        timeout = None if limit is None else limit.remaining()
        hosts = [str(address[1][0]) for address in network.look_up(name, port, timeout)]
        if proxy.scheme == "socks4":
            hosts = [host for host in hosts if ":" not in host] or hosts
    while True:
        handshake = SocksHandshake(proxy, hosts.pop(0), port, name)
        stream = connect_proxy(network, tls, proxy, limit)
        try:
            _talk(stream, handshake, proxy, limit)
        except SocksRefusal as refusal:
            stream.abort()
            if not (refusal.another and hosts):
                raise
        except BaseException:
            stream.abort()
            raise
        else:
            return stream


def _talk(stream: ByteStream, handshake: SocksHandshake, proxy: Proxy, limit: Deadline | None) -> None:
    try:
        while not handshake.complete:
            data = handshake.take_outgoing()
            if data:
                stream.write(data, None if limit is None else limit.remaining())
            handshake.feed(stream.read(READ_SIZE, None if limit is None else limit.remaining()))
    except TimeoutException:
        raise ConnectTimeout(f"the proxy {proxy} did not open a way in time") from None
    except NetworkError as error:
        raise ProxyError(f"the proxy {proxy} opened no way: {error.message}", transient=True) from error

# Generated from src/_async/engines/native/proxy_ways.py by scripts/generate_sync.py. Do not edit.
"""The way to a server through a proxy, of whatever kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....rules.framing import authority_form
from ....rules.proxy_login import MAX_ANSWERS
from .tunnel import connect_proxy, open_tunnel

if TYPE_CHECKING:
    from ...._network import ByteStream, Network
    from ....rules.proxy_login import ProxyLogin
    from ....values.proxy import Proxy
    from ....values.timeout import Deadline
    from ....values.url import Endpoint
    from ..tls_settings import TLSSettings

__all__ = ["open_way"]


def open_way(
    network: Network,
    tls: TLSSettings,
    proxy: Proxy,
    login: ProxyLogin | None,
    endpoint: Endpoint,
    limit: Deadline | None,
    *,
    forwards: bool,
) -> ByteStream:
    """Return a stream on which the endpoint answers, or, where it ``forwards``, an HTTP proxy in its place.

    Raises ProxyError and ConnectTimeout, with nothing left open.
    """
    if proxy.is_socks:
        from .socks import open_socks_way

        return open_socks_way(network, tls, proxy, endpoint, limit)
    if forwards:
        return connect_proxy(network, tls, proxy, limit)
    target = authority_form(endpoint).decode("ascii")
    said = None if login is None else login.ahead("CONNECT", target)
    answers = 0
    while True:
        stream = connect_proxy(network, tls, proxy, limit)
        try:
            refusal = open_tunnel(stream, proxy, target, None if said is None else said.value, limit)
        except BaseException:
            stream.abort()
            raise
        if refusal is None:
            return stream
        # A proxy that asks for credentials mostly closes, and else its page is in the way: begin anew.
        stream.abort()
        said = None if login is None else login.answer(refusal.challenges, said, "CONNECT", target)
        answers += 1
        if said is None or answers > MAX_ANSWERS:
            raise refusal.error

"""What the tests with a scripted HTTP/2 peer share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from duohttp import AsyncClient, Http2Options, NativeEngine

from ..servers.http2_peer import Http2Peer, Http2PeerServer

__all__ = ["HTTP2Peers", "async_http2_client", "well"]

HTTP2Peers: TypeAlias = Callable[..., Http2PeerServer]
"""The fixture ``http2_peer``: starts a server that plays these scripts, one a connection."""


def async_http2_client(**options: Any) -> AsyncClient:
    """Return a client that speaks HTTP/2 without TLS; ``http2_options`` are those of Http2Options."""
    engine = NativeEngine(http2_options=Http2Options(**options.pop("http2_options", {})))
    return AsyncClient(http1=False, engine=engine, **options)


def well(peer: Http2Peer) -> None:
    """Serve as a good server does."""
    peer.greet(max_streams=100)
    peer.serve()

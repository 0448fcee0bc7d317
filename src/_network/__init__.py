"""Byte streams and how they are opened: TCP and Unix sockets, TLS, name lookup, in both colours.

Everything here is loaded on first use, so that importing the package imports neither asyncio nor ssl.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .network import AsyncNetwork as AsyncNetwork
    from .network import Network as Network
    from .resolver import CachedResolver as CachedResolver
    from .resolver import Resolver as Resolver
    from .resolver import ResolverTypes as ResolverTypes
    from .resolver import StaticResolver as StaticResolver
    from .resolver import SystemResolver as SystemResolver
    from .shared_read import async_read_shared as async_read_shared
    from .shared_read import read_shared as read_shared
    from .stream import AsyncByteStream as AsyncByteStream
    from .stream import ByteStream as ByteStream
    from .tls import make_context as make_context

_HOMES = {
    "AsyncByteStream": "stream",
    "AsyncNetwork": "network",
    "ByteStream": "stream",
    "CachedResolver": "resolver",
    "Network": "network",
    "Resolver": "resolver",
    "ResolverTypes": "resolver",
    "StaticResolver": "resolver",
    "SystemResolver": "resolver",
    "async_read_shared": "shared_read",
    "make_context": "tls",
    "read_shared": "shared_read",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value

"""Byte streams and how they are opened: TCP and Unix sockets, TLS, name lookup, in both colours.

Everything here is loaded on first use, so that importing the package imports neither asyncio nor ssl.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .network import AsyncNetwork as AsyncNetwork
    from .network import Network as Network
    from .stream import AsyncByteStream as AsyncByteStream
    from .stream import ByteStream as ByteStream

_HOMES = {
    "AsyncByteStream": "stream",
    "AsyncNetwork": "network",
    "ByteStream": "stream",
    "Network": "network",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value

"""Applications in this process: how they are run, and how they and a client wait for each other.

Either side may be tasks or threads, so what is between them waits in both ways. Loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .asgi_call import AsgiCall as AsgiCall
    from .asgi_host import AsgiHost as AsgiHost
    from .asgi_host import AsyncAsgiHost as AsyncAsgiHost
    from .exchange import Exchange as Exchange
    from .socket_call import SocketCall as SocketCall
    from .wsgi_call import WsgiCall as WsgiCall

_HOMES = {
    "AsgiCall": "asgi_call",
    "AsgiHost": "asgi_host",
    "AsyncAsgiHost": "asgi_host",
    "Exchange": "exchange",
    "SocketCall": "socket_call",
    "WsgiCall": "wsgi_call",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value

"""Makes api.example.org lead to the documentation's server, in the processes that the documentation starts."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

__all__ = ["lookup"]


def lookup(http: int, https: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a ``getaddrinfo`` that knows example.org: the local ports in place of 80 and 443."""

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name.endswith(".example.org"):
            address = ("127.0.0.1", https if port == 443 else http)
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]
        return real(host, port, *args, **options)

    return getaddrinfo


if "DOCS_PORTS" in os.environ and __name__ == "sitecustomize":
    http, https = map(int, os.environ["DOCS_PORTS"].split())
    socket.getaddrinfo = lookup(http, https, socket.getaddrinfo)

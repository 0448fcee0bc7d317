"""Socket addresses: what a resolver may return, literals, and the order in which addresses are tried."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any, TypeAlias

from ..exceptions import ResolveError

__all__ = ["Address", "interleave", "literal", "normalise", "shown"]

Address: TypeAlias = tuple[int, tuple[Any, ...]]
"""An address family and a socket address of it, port included."""


def literal(host: str, port: int) -> Address | None:
    """Return the address of an IPv4 or IPv6 literal, the latter with or without a zone; None for a name."""
    try:
        if ":" in host:
            info = socket.getaddrinfo(host, port, socket.AF_INET6, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
            return int(info[0][0]), info[0][4]
        socket.inet_pton(socket.AF_INET, host)
    except (OSError, UnicodeError, ValueError):
        return None
    return int(socket.AF_INET), (host, port)


def normalise(host: str, port: int, found: Iterable[Any]) -> list[Address]:
    """Return addresses for what a resolver of the user returned: literals, or (family, address) pairs.

    Raises ResolveError when it is empty or holds anything else.
    """
    addresses: list[Address] = []
    for item in (found,) if isinstance(found, str) else found:
        address = literal(item, port) if isinstance(item, str) else _pair(item)
        if address is None:
            raise ResolveError(f"the resolver returned {item!r} for {host!r}, which is no IP address")
        addresses.append(address)
    if not addresses:
        raise ResolveError(f"the host name {host!r} has no address")
    return addresses


def _pair(item: Any) -> Address | None:
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], int) and isinstance(item[1], tuple):
        return int(item[0]), item[1]
    return None


def interleave(addresses: Iterable[Address]) -> list[Address]:
    """Return the addresses with families alternating, the first one's family first (RFC 8305 section 4)."""
    families: dict[int, list[Address]] = {}
    for address in dict.fromkeys(addresses):
        families.setdefault(address[0], []).append(address)
    ordered: list[Address] = []
    queues = list(families.values())
    for turn in range(max(map(len, queues), default=0)):
        ordered.extend(queue[turn] for queue in queues if turn < len(queue))
    return ordered


def shown(address: Address) -> str:
    """Return an address as people write it."""
    host, port = address[1][:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"

"""What all streams tell about their socket."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from typing import Any

__all__ = ["poller", "socket_info"]


def socket_info(sock: socket.socket, name: str) -> object | None:
    """Return ``socket``, ``client_addr`` or ``server_addr``, or None for other names and closed sockets."""
    try:
        if name == "socket":
            return sock
        if name == "client_addr":
            return sock.getsockname()  # type: ignore[no-any-return]
        if name == "server_addr":
            return sock.getpeername()  # type: ignore[no-any-return]
    except OSError:
        pass
    return None


def poller(sock: socket.socket) -> Callable[[int], Any]:
    """Return a function that tells whether something can be read now, called with 0."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return poll.poll
    return lambda timeout: select.select([sock], [], [], timeout)[0]

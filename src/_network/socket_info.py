"""What all streams tell about their socket."""

from __future__ import annotations

import select
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from ..exceptions import ReadTimeout
from ..values.timeout import shown_seconds

__all__ = ["glance", "poller", "read_timed_out", "socket_info"]

SO_MEMINFO = 55
"""Linux: how much memory the buffers of a socket hold, those of what was received first (include/uapi/asm-generic)."""


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


def read_timed_out(peer: str, timeout: float | None) -> ReadTimeout:
    """Return the error for a read that reached its limit."""
    return ReadTimeout(f"no byte came from {peer} for {shown_seconds(timeout)}")


def poller(sock: socket.socket) -> Callable[[int], Any]:
    """Return a function that tells whether something can be read now, called with 0."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return poll.poll
    return lambda timeout: select.select([sock], [], [], timeout)[0]


def glance(sock: socket.socket, poll: Callable[[int], Any]) -> Callable[[], Any]:
    """Return a function that tells as ``poll(0)`` does whether something came, as far as ByteStream.looks_stale must.

    On Linux it asks for the size of what was received, an end that came by itself included: a question for which the
    interpreter does not let go of its lock, and to get that back costs more than the rest of a request when other
    threads want it too.
    """
    if sys.platform == "linux" and sock.family in (socket.AF_INET, socket.AF_INET6):
        ask = partial(sock.getsockopt, socket.SOL_SOCKET, SO_MEMINFO)
        try:
            ask()
        except OSError:  # before Linux 4.12, and what only looks like Linux
            pass
        else:
            return ask
    return partial(poll, 0)

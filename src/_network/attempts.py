"""What both colours' connecting has in common: the sockets, and the one error for all that was tried."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

from ..exceptions import ConnectError, ConnectTimeout
from .addresses import Address, interleave, literal, shown

if TYPE_CHECKING:
    from .network import NetworkOptions

__all__ = ["UNIX_RETRY", "Attempts"]

UNIX_RETRY = 0.02
"""Seconds until a Unix socket with a full queue is tried again: it can't be waited for."""


class Attempts:
    """The attempts to connect to one host: which addresses are left, and how each one failed."""

    def __init__(self, options: NetworkOptions, host: str, port: int, timeout: float | None) -> None:
        self.options = options
        self.peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.timeout = timeout
        self.local: Address | None = None
        self.addresses: list[Address] = []
        self.tried: list[str] = []
        self.failures: list[str] = []
        self.cause: BaseException | None = None

    def plan(self, addresses: list[Address]) -> list[Address]:
        """Return the addresses in the order of RFC 8305, without those the local address can't reach."""
        local_address = self.options.local_address
        if local_address is not None:
            self.local = literal(local_address, 0)
            if self.local is None:
                raise ConnectError(f"the local address {local_address!r} is no IP address")
            family = self.local[0]
            addresses = [address for address in addresses if address[0] == family]
            if not addresses:
                raise ConnectError(f"no connection to {self.peer}: no address of the family of {local_address}")
        self.addresses = interleave(addresses)
        return self.addresses

    def open(self, address: Address) -> socket.socket:
        """Return a new non-blocking socket for an address, with all options set. Raises OSError."""
        self.tried.append(shown(address))
        sock = socket.socket(address[0], socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for option in self.options.socket_options:
                sock.setsockopt(*option)
            if self.local is not None:
                sock.bind(self.local[1])
        except BaseException:
            sock.close()
            raise
        return sock

    def failed(self, address: Address, error: OSError) -> None:
        """Note that an address did not answer."""
        reason = os.strerror(error.errno) if error.errno and sys.platform != "win32" else str(error)
        self.failures.append(f"{shown(address)}: {reason}")
        if self.cause is None:
            self.cause = error

    def error(self) -> ConnectError:
        """Return the error for the case that all addresses failed."""
        error = ConnectError(f"no connection to {self.peer} ({'; '.join(self.failures)})")
        error.__cause__ = self.cause
        return error

    def timed_out(self) -> ConnectTimeout:
        """Return the error for the case that time is over."""
        if not self.addresses:
            return ConnectTimeout(f"the name lookup for {self.peer} did not end within {self.timeout:g} s")
        detail = "; ".join([*self.failures, "no answer from " + ", ".join(self._silent())])
        return ConnectTimeout(f"no connection to {self.peer} within {self.timeout:g} s ({detail})")

    def _silent(self) -> list[str]:
        failed = {failure.rpartition(": ")[0] for failure in self.failures}
        return [address for address in self.tried if address not in failed]

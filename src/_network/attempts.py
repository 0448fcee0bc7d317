"""What both colours' connecting has in common: the sockets, and the one error for all that was tried."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

from ..exceptions import AddressRefused, ConnectError, ConnectTimeout
from ..values.timeout import shown_seconds
from .addresses import Address, interleave, literal, shown

if TYPE_CHECKING:
    from ..values.address_guard import AddressGuard
    from .network import NetworkOptions

__all__ = ["UNIX_RETRY", "Attempts"]

IP_BOUND_IF, IPV6_BOUND_IF = 25, 125
"""Of macOS, for which the socket module has no names."""

UNIX_RETRY = 0.02
"""Seconds until a Unix socket with a full queue is tried again: it can't be waited for."""

FAMILIES = (socket.AF_INET, socket.AF_INET6)


class Attempts:
    """The attempts to connect to one host: which addresses are left, and how each one failed."""

    def __init__(self, options: NetworkOptions, host: str, port: int, timeout: float | None) -> None:
        self.options = options
        self.peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.timeout = timeout
        self.local: Address | None = None
        self.interface: tuple[str, int] | None = None
        self.addresses: list[Address] = []
        self.tried: list[str] = []
        self.failures: list[str] = []
        self.cause: BaseException | None = None

    def plan(self, addresses: list[Address]) -> list[Address]:
        """Return the addresses in the order of RFC 8305, without those the local address can't reach."""
        if self.options.guard is not None:
            addresses = self.permitted(addresses, self.options.guard)
        local_address = self.options.local_address
        if local_address is not None:
            self.local = literal(local_address, 0)
            if self.local is None:
                self.interface = interface(local_address)
            else:
                family = self.local[0]
                addresses = [address for address in addresses if address[0] == family]
                if not addresses:
                    raise ConnectError(f"no connection to {self.peer}: no address of the family of {local_address}")
        self.addresses = interleave(addresses)
        return self.addresses

    def permitted(self, addresses: list[Address], guard: AddressGuard) -> list[Address]:
        """Return the addresses that the guard lets through. Raises AddressRefused where it is none of them."""
        refused: list[str] = []
        passed: list[Address] = []
        for address in addresses:
            if address[0] not in FAMILIES:  # a resolver of the user's says so
                refused.append(f"{address[1]!r} (no IP address)")
            elif (reason := guard.judge(str(address[1][0]))) is None:
                passed.append(address)
            else:
                refused.append(f"{shown(address)} ({reason})")
        if not passed:
            raise AddressRefused(f"the AddressGuard of the client refuses {self.peer}, which is {', '.join(refused)}")
        return passed

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
            if self.interface is not None:
                bind_to_interface(sock, *self.interface)
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
            return ConnectTimeout(f"the name lookup for {self.peer} did not end within {shown_seconds(self.timeout)}")
        detail = "; ".join([*self.failures, "no answer from " + ", ".join(self._silent())])
        return ConnectTimeout(f"no connection to {self.peer} within {shown_seconds(self.timeout)} ({detail})")

    def _silent(self) -> list[str]:
        failed = {failure.rpartition(": ")[0] for failure in self.failures}
        return [address for address in self.tried if address not in failed]


def interface(name: str) -> tuple[str, int]:
    """Return a network interface and its number. Raises ConnectError where there is none of that name."""
    try:
        return name, socket.if_nametoindex(name)
    except (OSError, AttributeError):
        raise ConnectError(f"the local address {name!r} is neither an IP address nor an interface here") from None


def bind_to_interface(sock: socket.socket, name: str, index: int) -> None:
    """Send and receive by one network interface alone. Raises OSError."""
    if sys.platform == "darwin":
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_BOUND_IF, index)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_BOUND_IF, index)
    elif sys.platform == "linux":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode() + b"\0")
    else:
        raise OSError("this system can't bind to an interface by its name; give local_address as an IP address")

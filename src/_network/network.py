"""Opening connections, in both colours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from .library import running_trio

if TYPE_CHECKING:
    from ..values.address_guard import AddressGuard
    from .addresses import Address
    from .resolver import Resolver, ResolverTypes
    from .stream import AsyncByteStream, ByteStream

__all__ = ["AsyncNetwork", "Network", "NetworkOptions"]


class NetworkOptions:
    """What both colours are told.

    ``resolver`` is a Resolver, a map of hosts to addresses, a function of host and port, or None for the system.
    ``local_address`` is the IP literal, or the name of the interface, to connect from. ``guard`` judges each address
    before it is connected to; what it refuses raises AddressRefused. ``socket_options`` are arguments of
    ``setsockopt``, set before connecting. ``happy_eyeballs_delay`` is the start in seconds that an
    address has over the next one.
    """

    def __init__(
        self,
        *,
        resolver: ResolverTypes = None,
        local_address: str | None = None,
        socket_options: Iterable[tuple[Any, ...]] = (),
        happy_eyeballs_delay: float = 0.25,
        guard: AddressGuard | None = None,
    ) -> None:
        self._resolver = None if resolver is None else self._checked(resolver)
        self.local_address = local_address
        self.socket_options = tuple(socket_options)
        self.happy_eyeballs_delay = happy_eyeballs_delay
        self.guard = guard
        self.target_guard = guard

    def _checked(self, resolver: ResolverTypes) -> Resolver:
        from .resolver import as_resolver

        return as_resolver(resolver)

    @property
    def resolver(self) -> Resolver:
        """What looks names up; that of the system is loaded when it is first needed."""
        if self._resolver is None:
            self._resolver = self._checked(None)
        return self._resolver

    def having(self, local_address: str | None, socket_options: Iterable[tuple[Any, ...]] | None) -> Self:
        """Return a network with another local address and more socket options, where these are given."""
        more = tuple(socket_options or ())
        if local_address is None and not more:
            return self
        return type(self)(
            resolver=self.resolver,
            local_address=local_address or self.local_address,
            socket_options=self.socket_options + more,
            happy_eyeballs_delay=self.happy_eyeballs_delay,
            guard=self.guard,
        )

    def towards_proxies(self) -> Self:
        """Return a network for connections to proxies, whose addresses the guard does not judge if it trusts them."""
        if self.guard is None or not self.guard.proxies:
            return self
        from copy import copy

        network = copy(self)
        network.guard = None
        return network

    def judged(self, host: str, port: int, addresses: list[Address]) -> list[Address]:
        """Return those of the addresses that were looked up which the guard lets through. Raises AddressRefused."""
        if self.target_guard is None:
            return addresses
        from .attempts import Attempts

        return Attempts(self, host, port, None).permitted(addresses, self.target_guard)


class AsyncNetwork(NetworkOptions):
    """Opens connections for tasks, on asyncio (and uvloop) or trio, whichever runs."""

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> AsyncByteStream:
        """Look the host up and connect to the first address that answers, within ``timeout`` seconds together.

        None is no limit. Raises ConnectTimeout, ResolveError, ConnectError and AddressRefused.
        """
        if running_trio() is not None:
            from .trio_connect import connect_tcp as connect_on_trio

            return await connect_on_trio(self, host, port, timeout)
        from .asyncio_connect import connect_tcp

        return await connect_tcp(self, host, port, timeout)

    async def look_up(self, host: str, port: int, timeout: float | None = None) -> list[Address]:
        """Return the addresses of a host, best first, within ``timeout`` seconds. Raises as ``connect_tcp``."""
        if running_trio() is not None:
            from .trio_connect import look_up as look_up_on_trio

            return self.judged(host, port, await look_up_on_trio(self, host, port, timeout))
        from .asyncio_connect import look_up

        return self.judged(host, port, await look_up(self, host, port, timeout))

    async def connect_unix(self, path: str, timeout: float | None = None) -> AsyncByteStream:
        """Connect to a Unix socket within ``timeout`` seconds. Raises ConnectTimeout, ConnectError, AddressRefused."""
        if self.guard is not None:
            self.guard.check_unix(path)
        if running_trio() is not None:
            from .trio_connect import connect_unix as connect_on_trio

            return await connect_on_trio(self, path, timeout)
        from .asyncio_connect import connect_unix

        return await connect_unix(self, path, timeout)


class Network(NetworkOptions):
    """Opens connections for threads. Raises TypeError for a resolver that is a coroutine function."""

    def _checked(self, resolver: ResolverTypes) -> Resolver:
        from .resolver import as_resolver

        return as_resolver(resolver, blocking=True)

    def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> ByteStream:
        """Look the host up and connect to the first address that answers, within ``timeout`` seconds together.

        None is no limit. Raises ConnectTimeout, ResolveError, ConnectError, AddressRefused, RequestCancelled.
        """
        from .socket_connect import connect_tcp

        return connect_tcp(self, host, port, timeout)

    def look_up(self, host: str, port: int, timeout: float | None = None) -> list[Address]:
        """Return the addresses of a host, best first, within ``timeout`` seconds. Raises as ``connect_tcp``."""
        from .socket_connect import look_up

        return self.judged(host, port, look_up(self, host, port, timeout))

    def connect_unix(self, path: str, timeout: float | None = None) -> ByteStream:
        """Connect to a Unix socket within ``timeout`` seconds. Raises ConnectTimeout, ConnectError, AddressRefused."""
        if self.guard is not None:
            self.guard.check_unix(path)
        from .socket_connect import connect_unix

        return connect_unix(self, path, timeout)

"""Opening connections, in both colours."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .stream import AsyncByteStream, ByteStream

__all__ = ["AsyncNetwork", "Network"]


def _in_trio() -> bool:
    trio = sys.modules.get("trio")
    return trio is not None and trio.lowlevel.in_trio_task()


class _Options:
    """What both colours are told."""

    def __init__(
        self,
        *,
        resolver: Any = None,
        local_address: str | None = None,
        socket_options: Iterable[tuple[Any, ...]] = (),
        happy_eyeballs_delay: float = 0.25,
    ) -> None:
        self.resolver = resolver
        self.local_address = local_address
        self.socket_options = tuple(socket_options)
        self.happy_eyeballs_delay = happy_eyeballs_delay


class AsyncNetwork(_Options):
    """Opens connections for tasks, on asyncio (and uvloop) or trio, whichever runs."""

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> AsyncByteStream:
        """Look the host up and connect, within ``timeout`` seconds together (None: no limit).

        Raises ConnectTimeout, ResolveError and ConnectError.
        """
        if _in_trio():
            raise NotImplementedError("trio comes with the next change")
        from .asyncio_stream import connect_tcp

        return await connect_tcp(self, host, port, timeout)

    async def connect_unix(self, path: str, timeout: float | None = None) -> AsyncByteStream:
        """Connect to a Unix socket within ``timeout`` seconds. Raises ConnectTimeout and ConnectError."""
        if _in_trio():
            raise NotImplementedError("trio comes with the next change")
        from .asyncio_stream import connect_unix

        return await connect_unix(self, path, timeout)


class Network(_Options):
    """Opens connections for threads."""

    def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> ByteStream:
        """Look the host up and connect, within ``timeout`` seconds together (None: no limit).

        Raises ConnectTimeout, ResolveError, ConnectError and RequestCancelled.
        """
        from .socket_stream import connect_tcp

        return connect_tcp(self, host, port, timeout)

    def connect_unix(self, path: str, timeout: float | None = None) -> ByteStream:
        """Connect to a Unix socket within ``timeout`` seconds. Raises ConnectTimeout and ConnectError."""
        from .socket_stream import connect_unix

        return connect_unix(self, path, timeout)

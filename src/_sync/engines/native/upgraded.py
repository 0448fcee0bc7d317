# Generated from src/_async/engines/native/upgraded.py by scripts/generate_sync.py. Do not edit.
"""What becomes of a connection that left HTTP: after 101 Switching Protocols, or a CONNECT that succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....exceptions import StreamClosed
from ...response import BodyStream

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["UpgradedBody", "UpgradedStream"]


class UpgradedStream:
    """The bytes of a connection that left HTTP, both ways; ``response.network_stream``."""

    __slots__ = ("_connection", "_left")

    def __init__(self, connection: Connection, left: bytes) -> None:
        self._connection: Connection | None = connection
        self._left = left

    def _open(self) -> Connection:
        connection = self._connection
        if connection is None:
            raise StreamClosed("the connection was closed with its response")
        return connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return from 1 to ``max_bytes`` bytes, or b"" at the end. Raises ReadTimeout, ReadError, StreamClosed."""
        connection = self._open()
        if self._left:
            data, self._left = self._left[:max_bytes], self._left[max_bytes:]
            return data
        return connection.stream.read(max_bytes, timeout)

    def write(self, data: bytes, timeout: float | None = None) -> None:
        """Send all of ``data``. Raises WriteTimeout, WriteError, StreamClosed."""
        self._open().stream.write(data, timeout)

    def send_farewell(self, data: bytes) -> None:
        """Send last bytes, as far as that needs no waiting."""
        if self._connection is not None:
            self._connection.stream.send_farewell(data)

    def close_now(self) -> bool:
        """Close the connection; return whether it was open."""
        connection, self._connection = self._connection, None
        if connection is None:
            return False
        connection.drop()
        return True

    def close(self) -> None:
        """Close the connection. May be called again."""
        self.close_now()


class UpgradedBody(BodyStream):
    """The empty body of a response whose connection left HTTP; closing it closes the connection."""

    __slots__ = ("_stream",)

    def __init__(self, stream: UpgradedStream) -> None:
        self._stream = stream

    def receive(self) -> bytes:
        """Return b"": what follows is not the response's body."""
        return b""

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def abandon(self) -> bool:
        """Close the connection without waiting; return whether there was one."""
        return self._stream.close_now()

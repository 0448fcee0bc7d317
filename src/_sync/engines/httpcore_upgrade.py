# Generated from src/_async/engines/httpcore_upgrade.py by scripts/generate_sync.py. Do not edit.
"""What remains of a connection that left HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._network import ByteStream
from ...exceptions import StreamClosed

if TYPE_CHECKING:
    from ssl import SSLContext

    from ..._network.tls_profile import TLSPlan
    from .httpcore_exchange import Exchange

__all__ = ["UpgradedStream"]


class UpgradedStream(ByteStream):
    """The bytes of a connection that left HTTP: after 101, or after a CONNECT.

    It lives as long as its response. Closing either closes the connection.
    """

    __slots__ = ("_exchange", "_reader", "_stream")

    def __init__(self, reader: Any, stream: ByteStream, exchange: Exchange) -> None:
        # httpcore's reader has the bytes that came right behind the head.
        self._reader = reader
        self._stream = stream
        self._exchange = exchange

    def _here(self) -> ByteStream:
        if self._exchange.over:
            raise StreamClosed("the connection was closed with its response")
        return self._stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes, b"" at the end. Raises ReadTimeout, ReadError, StreamClosed."""
        self._here()
        data: bytes = self._reader.read(max_bytes, timeout)
        return data

    def write(self, data: bytes | memoryview, timeout: float | None = None) -> None:
        """Send bytes. Raises WriteTimeout, WriteError, StreamClosed."""
        self._here().write(data, timeout)

    def write_until_readable(self, data: bytes | memoryview, timeout: float | None = None) -> int:
        """Send bytes until the peer speaks; return how many. Raises WriteTimeout, WriteError, StreamClosed."""
        return self._here().write_until_readable(data, timeout)

    def send_farewell(self, data: bytes) -> None:
        """Send last bytes, as far as that needs no waiting."""
        self._stream.send_farewell(data)

    def start_tls(
        self, ssl_context: SSLContext | TLSPlan, server_hostname: str | None = None, timeout: float | None = None
    ) -> ByteStream:
        """Do a TLS handshake and return the encrypted stream. Raises TLSError, ConnectTimeout."""
        return self._here().start_tls(ssl_context, server_hostname, timeout)

    def get_extra_info(self, name: str) -> object | None:
        """Return what is known of the connection."""
        return self._stream.get_extra_info(name)

    def is_stale(self) -> bool:
        """Whether the peer has closed, or sent bytes."""
        return self._stream.is_stale()

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._exchange.drop()

    def abort(self) -> None:
        """Close the connection at once."""
        self.close_now()

    def close_now(self) -> bool:
        """Close the connection at once; return whether it was open."""
        was_open = not self._exchange.over
        self._stream.abort()
        self._exchange.drop()
        return was_open

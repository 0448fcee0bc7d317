"""What a byte stream is, in both colours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

    from .tls_profile import TLSPlan

__all__ = ["AsyncByteStream", "ByteStream"]

READ_SIZE = 65536


class AsyncByteStream:
    """A connection that carries bytes both ways; shaped as httpcore's AsyncNetworkStream.

    One task may read while another writes; two may not read at once. After an error or a cancelled call the stream
    is of no more use than to be aborted. A stream that is dropped closes itself, quietly.
    """

    __slots__ = ("__weakref__",)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return from 1 to ``max_bytes`` bytes as soon as there are any, or ``b""`` at the end of the stream.

        ``timeout`` is in seconds, None waits for ever. Raises ReadTimeout and ReadError.
        """
        raise NotImplementedError

    def receive(self, max_bytes: int, timeout: float | None = None) -> Awaitable[bytes]:
        """As ``read``, for those who abort the stream if this is cancelled: what comes just then may be lost."""
        return self.read(max_bytes, timeout)

    async def write(self, data: bytes | memoryview, timeout: float | None = None) -> None:
        """Send all of ``data``; ``timeout`` bounds the whole call. Raises WriteTimeout and WriteError."""
        raise NotImplementedError

    async def write_until_readable(self, data: bytes | memoryview, timeout: float | None = None) -> int:
        """Send ``data``, but stop as soon as the peer has sent something or closed; return how much was sent.

        For uploads: a server that answers early may never read the rest. What was not sent can't be sent later.
        Nobody else may read meanwhile. Raises as ``write``.
        """
        raise NotImplementedError

    def send_nowait(self, data: bytes) -> memoryview:
        """Send what can be sent without waiting; return what is left on the wire, to be given to ``send_rest``.

        For those who must not be cancelled in the midst of a message. Nobody else may write meanwhile.
        Raises WriteError.
        """
        return memoryview(data)

    async def send_rest(
        self, rest: memoryview, timeout: float | None = None, receive: Callable[[bytes], object] | None = None
    ) -> None:
        """Send what ``send_nowait`` left, which must follow it. Raises as ``write``, and ReadError.

        With ``receive`` nobody else may read meanwhile: it is given what the peer sends, b"" at the end. A peer that
        reads nothing until it has sent all, and one that does the same, would wait for each other for ever.
        """
        deadline = None if timeout is None else monotonic() + timeout
        while receive is not None and rest:
            left = None if deadline is None else max(0.0, deadline - monotonic())
            rest = rest[await self.write_until_readable(rest, left) :]
            data = self.read_nowait(READ_SIZE) if rest else None
            if data is not None:
                receive(data)
                if not data:
                    break
        if rest:
            await self.write(rest, None if deadline is None else max(0.0, deadline - monotonic()))

    def read_nowait(self, max_bytes: int) -> bytes | None:
        """Return what came already, ``b""`` at the end of the stream, or None if nothing came. Raises ReadError."""
        raise NotImplementedError

    def send_farewell(self, data: bytes) -> None:
        """Send last bytes before closing, as far as that needs no waiting; never fails."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the connection; never fails and may be called again."""
        raise NotImplementedError

    async def start_tls(
        self, ssl_context: SSLContext | TLSPlan, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncByteStream:
        """Do a TLS handshake over this stream and return the encrypted stream, which takes this one over.

        On failure this stream is aborted. Raises TLSError and ConnectTimeout.
        """
        raise NotImplementedError

    def get_extra_info(self, name: str) -> object | None:
        """Return ``ssl_object``, ``client_addr``, ``server_addr``, ``socket`` or ``is_readable``, or None."""
        raise NotImplementedError

    def is_stale(self) -> bool:
        """Return whether an idle connection can't be used again: it ended, or the peer sent unasked bytes."""
        raise NotImplementedError

    def looks_stale(self) -> bool:
        """As ``is_stale``, but cheaper where it may overlook a reset, or an end that came together with the last bytes.

        For those who can begin again when the next write or read meets it.
        """
        return self.is_stale()

    def abort(self) -> None:
        """Close at once, without waiting; safe in any state, from any thread, and after a fork."""
        raise NotImplementedError


class ByteStream:
    """A connection that carries bytes both ways; shaped as httpcore's NetworkStream.

    One thread may read while another writes; two may not read at once. After an error the stream is of no more use
    than to be aborted. A stream that is dropped closes itself, quietly.
    """

    __slots__ = ("__weakref__",)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return from 1 to ``max_bytes`` bytes as soon as there are any, or ``b""`` at the end of the stream.

        ``timeout`` is in seconds, None waits for ever. Raises ReadTimeout, ReadError and RequestCancelled.
        """
        raise NotImplementedError

    def receive(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As ``read``, for those who abort the stream if this is cancelled: what comes just then may be lost."""
        return self.read(max_bytes, timeout)

    def write(self, data: bytes | memoryview, timeout: float | None = None) -> None:
        """Send all of ``data``; ``timeout`` bounds the whole call.

        Raises WriteTimeout, WriteError and RequestCancelled.
        """
        raise NotImplementedError

    def write_until_readable(self, data: bytes | memoryview, timeout: float | None = None) -> int:
        """Send ``data``, but stop as soon as the peer has sent something or closed; return how much was sent.

        For uploads: a server that answers early may never read the rest. What was not sent can't be sent later.
        Nobody else may read meanwhile. Raises as ``write``.
        """
        raise NotImplementedError

    def send_nowait(self, data: bytes) -> memoryview:
        """Send what can be sent without waiting; return what is left on the wire, to be given to ``send_rest``.

        For those who must not be cancelled in the midst of a message. Nobody else may write meanwhile.
        Raises WriteError.
        """
        return memoryview(data)

    def send_rest(
        self, rest: memoryview, timeout: float | None = None, receive: Callable[[bytes], object] | None = None
    ) -> None:
        """Send what ``send_nowait`` left, which must follow it. Raises as ``write``, and ReadError.

        With ``receive`` nobody else may read meanwhile: it is given what the peer sends, b"" at the end. A peer that
        reads nothing until it has sent all, and one that does the same, would wait for each other for ever.
        """
        deadline = None if timeout is None else monotonic() + timeout
        while receive is not None and rest:
            left = None if deadline is None else max(0.0, deadline - monotonic())
            rest = rest[self.write_until_readable(rest, left) :]
            data = self.read_nowait(READ_SIZE) if rest else None
            if data is not None:
                receive(data)
                if not data:
                    break
        if rest:
            self.write(rest, None if deadline is None else max(0.0, deadline - monotonic()))

    def wait_readable(self, waker: int, timeout: float | None = None) -> None:
        """Wait until ``read_nowait`` may have something, or the descriptor ``waker`` can be read.

        ``timeout`` is in seconds, None waits for ever. Raises ReadTimeout and ReadError.
        """
        raise NotImplementedError

    def read_nowait(self, max_bytes: int) -> bytes | None:
        """Return what came already, ``b""`` at the end of the stream, or None if nothing came. Raises ReadError."""
        raise NotImplementedError

    def send_farewell(self, data: bytes) -> None:
        """Send last bytes before closing, as far as that needs no waiting; never fails."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection; never fails and may be called again."""
        raise NotImplementedError

    def start_tls(
        self, ssl_context: SSLContext | TLSPlan, server_hostname: str | None = None, timeout: float | None = None
    ) -> ByteStream:
        """Do a TLS handshake over this stream and return the encrypted stream, which takes this one over.

        On failure this stream is aborted. Raises TLSError, ConnectTimeout and RequestCancelled.
        """
        raise NotImplementedError

    def get_extra_info(self, name: str) -> object | None:
        """Return ``ssl_object``, ``client_addr``, ``server_addr``, ``socket`` or ``is_readable``, or None."""
        raise NotImplementedError

    def is_stale(self) -> bool:
        """Return whether an idle connection can't be used again: it ended, or the peer sent unasked bytes."""
        raise NotImplementedError

    def looks_stale(self) -> bool:
        """As ``is_stale``, but cheaper where it may overlook a reset, or an end that came together with the last bytes.

        For those who can begin again when the next write or read meets it.
        """
        return self.is_stale()

    def abort(self) -> None:
        """Close at once, without waiting; safe in any state, from any thread, and after a fork."""
        raise NotImplementedError

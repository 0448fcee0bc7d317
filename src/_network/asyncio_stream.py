"""The byte stream of asyncio and uvloop: a protocol of our own under a thin handle."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, cast

from ..exceptions import ConnectError, ConnectTimeout, ReadError, ReadTimeout, ResolveError, WriteError, WriteTimeout
from .stream import AsyncByteStream

if TYPE_CHECKING:
    from ssl import SSLContext

    from .network import AsyncNetwork

__all__ = ["AsyncioStream", "connect_tcp", "connect_unix"]

HIGH_WATER = 256 * 1024
"""Unread bytes after which the transport stops reading."""
LOW_WATER = 64 * 1024
PIECE = 256 * 1024
"""Longer data is handed to the transport in pieces, as it copies what the socket does not take."""


class StreamProtocol(asyncio.Protocol):
    """Buffers what comes and wakes the one reader and the one writer.

    There is one timer a connection, armed by the first operation that has a limit and left to fire: an operation
    only notes its deadline, and a timer that fires early is armed again for the deadline that counts then.
    """

    __slots__ = (
        "chunks",
        "eof",
        "error",
        "loop",
        "lost",
        "offset",
        "peer",
        "read_deadline",
        "read_paused",
        "reader",
        "size",
        "timer",
        "timer_at",
        "transport",
        "write_deadline",
        "write_paused",
        "writer",
    )

    transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, peer: str) -> None:
        self.loop = loop
        self.peer = peer
        self.chunks: deque[bytes] = deque()
        self.offset = 0
        self.size = 0
        self.eof = False
        self.lost = False
        self.error: BaseException | None = None
        self.reader: asyncio.Future[bool] | None = None
        self.writer: asyncio.Future[bool] | None = None
        self.read_paused = False
        self.write_paused = False
        self.read_deadline: float | None = None
        self.write_deadline: float | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.timer_at = 0.0

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.chunks.append(data)
        self.size += len(data)
        reader = self.reader
        if reader is not None:
            self.reader = None
            if not reader.done():
                reader.set_result(True)
        elif self.size > HIGH_WATER and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        self.eof = True
        self._wake_reader()
        return True  # the other direction stays open: a request may still be on its way

    def connection_lost(self, exc: BaseException | None) -> None:
        self.lost = True
        self.error = exc
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self._wake_reader()
        self._wake_writer()

    def pause_writing(self) -> None:
        self.write_paused = True

    def resume_writing(self) -> None:
        self.write_paused = False
        self._wake_writer()

    def _wake_reader(self) -> None:
        reader, self.reader = self.reader, None
        if reader is not None and not reader.done():
            reader.set_result(True)

    def _wake_writer(self) -> None:
        writer, self.writer = self.writer, None
        if writer is not None and not writer.done():
            writer.set_result(True)

    # Time

    def arm(self, deadline: float) -> None:
        timer = self.timer
        if timer is not None:
            if self.timer_at <= deadline:
                return
            timer.cancel()
        self.timer_at = deadline
        self.timer = self.loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self.timer = None
        now = self.loop.time() + 0.001
        soonest: float | None = None
        if self.read_deadline is not None:
            if self.read_deadline <= now:
                reader, self.reader, self.read_deadline = self.reader, None, None
                if reader is not None and not reader.done():
                    reader.set_result(False)
            else:
                soonest = self.read_deadline
        if self.write_deadline is not None:
            if self.write_deadline <= now:
                writer, self.writer, self.write_deadline = self.writer, None, None
                if writer is not None and not writer.done():
                    writer.set_result(False)
            elif soonest is None or self.write_deadline < soonest:
                soonest = self.write_deadline
        if soonest is not None:
            self.arm(soonest)

    # What the stream calls

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        chunks = self.chunks
        while not chunks:
            if self.lost or self.eof:
                return self._end()
            if self.reader is not None:
                raise ReadError("two tasks read from one connection at once")
            reader = self.reader = self.loop.create_future()
            if timeout is not None:
                self.read_deadline = deadline = self.loop.time() + timeout
                if self.timer is None or self.timer_at > deadline:
                    self.arm(deadline)
            try:
                in_time = await reader
            finally:
                self.read_deadline = None
                if self.reader is reader:
                    self.reader = None
            if not in_time and not chunks:
                raise ReadTimeout(f"no byte came from {self.peer} in time")
        chunk = chunks[0]
        offset = self.offset
        size = len(chunk) - offset
        if size > max_bytes:
            self.offset = offset + max_bytes
            self.size -= max_bytes
            chunk = chunk[offset : self.offset]
        else:
            chunks.popleft()
            self.size -= size
            if offset:
                self.offset = 0
                chunk = chunk[offset:]
        if self.read_paused and self.size < LOW_WATER:
            self.read_paused = False
            if not self.lost:
                self.transport.resume_reading()
        return chunk

    def _end(self) -> bytes:
        if self.eof:
            return b""
        if self.error is None:
            raise ReadError(f"the connection to {self.peer} is closed")
        raise ReadError(f"reading from {self.peer} failed: {self.error}") from self.error

    async def write(self, data: bytes, timeout: float | None = None) -> None:
        if self.lost or self.transport.is_closing():
            raise self._write_error()
        if len(data) <= PIECE:
            self.transport.write(data)
            if self.write_paused:
                await self._drain(None if timeout is None else self.loop.time() + timeout)
            return
        deadline = None if timeout is None else self.loop.time() + timeout
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            self.transport.write(view[start : start + PIECE])
            if self.write_paused:
                await self._drain(deadline)

    async def _drain(self, deadline: float | None) -> None:
        while self.write_paused and not self.lost:
            if self.writer is not None:
                raise WriteError("two tasks write to one connection at once")
            writer = self.writer = self.loop.create_future()
            if deadline is not None:
                self.write_deadline = deadline
                self.arm(deadline)
            try:
                in_time = await writer
            finally:
                self.write_deadline = None
                if self.writer is writer:
                    self.writer = None
            if not in_time and self.write_paused and not self.lost:
                raise WriteTimeout(f"{self.peer} did not take the data in time")
        if self.lost:
            raise self._write_error()

    def _write_error(self) -> WriteError:
        if self.error is None:
            return WriteError(f"the connection to {self.peer} is closed")
        error = WriteError(f"writing to {self.peer} failed: {self.error}")
        error.__cause__ = self.error
        return error


class AsyncioStream(AsyncByteStream):
    """The user's handle on a protocol.

    The event loop keeps the protocol alive as long as the socket is open, and the protocol does not know the
    handle: so a handle that is dropped notices, and closes the connection.
    """

    def __init__(self, protocol: StreamProtocol, sock: socket.socket) -> None:
        self._protocol = protocol
        self._loop = protocol.loop
        self._sock = sock
        self._pid = os.getpid()
        self._closed = False
        # the protocol's own methods: one call less for each read and write
        self.read = protocol.read  # type: ignore[method-assign]
        self.write = protocol.write  # type: ignore[method-assign]

    async def aclose(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self._closed:
            return
        self._closed = True
        loop = self._loop
        if self._pid != os.getpid():
            _GRAVEYARD.append(self._protocol)
            os.close(self._sock.detach())
        elif loop.is_closed():
            self._sock.close()
        elif asyncio._get_running_loop() is loop:
            self._protocol.transport.abort()
        else:
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            try:
                loop.call_soon_threadsafe(self._protocol.transport.abort)
            except RuntimeError:  # closed meanwhile
                self._sock.close()

    def __del__(self) -> None:
        try:
            self.abort()
        except Exception:
            pass

    async def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncByteStream:
        raise NotImplementedError("TLS comes with the next change")

    def is_stale(self) -> bool:
        protocol = self._protocol
        return self._closed or protocol.lost or protocol.eof or bool(protocol.chunks)

    def get_extra_info(self, name: str) -> object | None:
        if name == "is_readable":
            return self.is_stale()
        if name == "socket":
            return self._sock
        try:
            if name == "client_addr":
                return cast(object, self._sock.getsockname())
            if name == "server_addr":
                return cast(object, self._sock.getpeername())
        except OSError:
            return None
        return None


_GRAVEYARD: list[Any] = []
"""Transports that a forked child inherited: kept, so that none of them is finalised and touches the parent's loop."""


async def _wrap(sock: socket.socket, peer: str) -> AsyncByteStream:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(lambda: StreamProtocol(loop, peer), sock=sock)
    return AsyncioStream(protocol, sock)


async def connect_tcp(network: AsyncNetwork, host: str, port: int, timeout: float | None) -> AsyncByteStream:
    """Connect to the first address that answers."""
    peer = f"{host}:{port}"
    loop = asyncio.get_running_loop()
    error: OSError | None = None
    try:
        async with asyncio.timeout(timeout):
            for family, kind, proto, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                sock = socket.socket(family, kind, proto)
                sock.setblocking(False)
                try:
                    await loop.sock_connect(sock, address)
                except OSError as failure:
                    error = failure
                    sock.close()
                    continue
                except BaseException:
                    sock.close()
                    raise
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return await _wrap(sock, peer)
    except socket.gaierror as failure:
        raise ResolveError(f"{host!r} has no address: {failure.strerror}") from failure
    except TimeoutError:
        raise ConnectTimeout(f"no connection to {peer} in time") from None
    raise ConnectError(f"no connection to {peer}: {error}") from error


async def connect_unix(network: AsyncNetwork, path: str, timeout: float | None) -> AsyncByteStream:
    """Connect to a Unix socket."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        async with asyncio.timeout(timeout):
            await asyncio.get_running_loop().sock_connect(sock, path)
    except TimeoutError:
        sock.close()
        raise ConnectTimeout(f"no connection to {path} in time") from None
    except OSError as error:
        sock.close()
        raise ConnectError(f"no connection to {path}: {error}") from error
    except BaseException:
        sock.close()
        raise
    return await _wrap(sock, path)

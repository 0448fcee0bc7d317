"""The byte stream of asyncio and uvloop: a thin handle on what the event loop drives."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

from ..exceptions import WriteError
from .asyncio_protocol import ProtocolCore
from .asyncio_selector import SelectorCore
from .socket_info import socket_info
from .stream import AsyncByteStream

if TYPE_CHECKING:
    from ssl import SSLContext

    from .asyncio_core import StreamCore
    from .tls_profile import TLSPlan

__all__ = ["AsyncioStream", "open_stream"]

_INHERITED: list[StreamCore] = []
"""Connections that a forked child inherited with their transports: kept, so that nothing finalises them there."""


class AsyncioStream(AsyncByteStream):
    """The user's handle on a connection.

    The event loop keeps the core alive as long as the socket is open, and the core does not know the handle: so a
    handle that is dropped notices, and closes the connection.
    """

    __slots__ = ("_closed", "_core", "_pid", "_sock", "read", "read_nowait", "receive", "write", "write_until_readable")

    def __init__(self, core: StreamCore, sock: socket.socket) -> None:
        self._closed = False
        self._core = core
        self._sock = sock
        self._pid = os.getpid()
        # the core's own methods, which saves a call for each read and write
        self.read = core.read  # type: ignore[method-assign]
        self.receive = core.receive  # type: ignore[method-assign]
        self.write = core.write  # type: ignore[method-assign,assignment]
        self.write_until_readable = core.write_until_readable  # type: ignore[method-assign]
        self.read_nowait = core.read_nowait  # type: ignore[method-assign]

    def send_nowait(self, data: bytes) -> memoryview:
        core = self._core
        return memoryview(data)[0 if core.queued else core.try_send(data) :]

    def send_farewell(self, data: bytes) -> None:
        core = self._core
        if self._closed or core.queued or self._pid != os.getpid() or core.loop.is_closed():
            return
        try:
            core.try_send(data)
        except WriteError:
            pass

    async def aclose(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self._closed:
            return
        self._closed = True
        core = self._core
        core.aborted = True
        loop = core.loop
        if self._pid != os.getpid():
            self._close_inherited()
        elif loop.is_closed():
            self._close_socket()
        elif _running_loop() is loop:
            core.close()
        else:
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            try:
                loop.call_soon_threadsafe(core.close)
            except RuntimeError:  # the loop was closed meanwhile
                self._close_socket()

    def _close_inherited(self) -> None:
        """Close the descriptor only: the event loop, and what it polls, are shared with the parent."""
        if isinstance(self._core, ProtocolCore):
            _INHERITED.append(self._core)
        os.close(self._sock.detach())

    def _close_socket(self) -> None:
        """Close without the event loop."""
        if isinstance(self._core, ProtocolCore):
            self._core.transport._sock = None  # type: ignore[attr-defined] # it can't be closed now, and would warn
        self._sock.close()

    def __del__(self) -> None:
        try:
            self.abort()
        except Exception:  # the interpreter is shutting down
            pass

    async def start_tls(
        self, ssl_context: SSLContext | TLSPlan, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncByteStream:
        from .async_tls_stream import AsyncTLSStream

        return await AsyncTLSStream.over(self, ssl_context, server_hostname, timeout, self._core.peer)

    def is_stale(self) -> bool:
        core = self._core
        return self._closed or core.closed or core.eof or core.error is not None or bool(core.chunks)

    looks_stale = is_stale

    def get_extra_info(self, name: str) -> object | None:
        if name == "is_readable":
            return self.is_stale()
        return None if self._closed else socket_info(self._sock, name)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def open_stream(sock: socket.socket, peer: str) -> AsyncioStream:
    """Return the stream for a connected, non-blocking socket, which it takes over."""
    loop = asyncio.get_running_loop()
    core: StreamCore
    try:
        try:
            core = SelectorCore(loop, sock, peer)
        except NotImplementedError:
            _, core = await loop.create_connection(lambda: ProtocolCore(loop, peer), sock=sock)
        return AsyncioStream(core, sock)
    except BaseException:
        sock.close()
        raise

"""The way on event loops that can't watch a socket, as the proactor loop of Windows: their own transport."""

from __future__ import annotations

import asyncio
from typing import cast

from .asyncio_core import MAX_CHUNKS, StreamCore

__all__ = ["ProtocolCore"]

PIECE = 256 * 1024
"""Longer data is handed over in pieces, as a transport copies what the socket does not take."""


class ProtocolCore(asyncio.Protocol, StreamCore):
    """A connection that is read and written by the loop's transport."""

    transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, peer: str) -> None:
        StreamCore.__init__(self, loop, peer)
        self.full = False
        """Whether the transport holds all it should."""

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.chunks.append(data)
        if len(self.chunks) >= MAX_CHUNKS:
            self.pause()
        self.wake_reader()

    def eof_received(self) -> bool:
        self.eof = True
        self.wake_reader()
        return True  # the other direction stays open: a request may still be on its way

    def connection_lost(self, exc: BaseException | None) -> None:
        self.ended(exc)

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        self.wake_writer()

    # What the core asks

    def pause(self) -> None:
        if not self.paused:
            self.paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        self.paused = False
        self.transport.resume_reading()

    def take_more(self, max_bytes: int) -> None:
        self.burst = 0

    def try_send(self, data: bytes | memoryview) -> int:
        if self.closed or self.transport.is_closing():
            raise self.write_failed(self.error)
        if self.full:
            return 0
        piece = data[:PIECE]
        self.transport.write(piece)
        return len(piece)

    async def send_rest(self, data: memoryview, deadline: float | None, *, until_readable: bool) -> int:
        sent = 0
        self.watching = until_readable
        try:
            while sent < len(data) and not (until_readable and (self.chunks or self.eof)):
                if self.full:
                    await self.wait_writable(deadline)
                if self.closed:
                    raise self.write_failed(self.error)
                sent += self.try_send(data[sent:])
        finally:
            self.watching = False
        return sent

    def close(self) -> None:
        if not self.closed:
            self.ended(None)
            self.transport.abort()

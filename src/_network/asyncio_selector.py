"""The fast way on asyncio and uvloop: a non-blocking socket that the loop only watches.

The event loop's own transports receive into 256 KiB each time, which costs more than the exchange itself, and go
through three calls to say that something came. Here one callback receives a modest piece and wakes the reader.
"""

from __future__ import annotations

import asyncio
import socket

from ..exceptions import WriteError
from ..values.body import BODY_READ_SIZE
from .asyncio_core import MAX_CHUNKS, PIECE, StreamCore

__all__ = ["SelectorCore"]

BURST = 4
"""Pieces that a reader may take directly after a full one, before other tasks get their turn."""


class SelectorCore(StreamCore):
    """A connection whose socket is read and written here, when the loop says that it is ready."""

    __slots__ = ("fd", "recv", "send", "sock", "spare")

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, peer: str) -> None:
        loop.add_reader(sock.fileno(), self._ready)  # first, as a loop that can't raises, and the socket lives on
        super().__init__(loop, peer)
        self.sock = sock
        self.fd = sock.fileno()
        self.recv = sock.recv
        self.send = sock.send
        # uvloop stops watching a socket with an error (a reset) once it has told of it, even while there is still data
        # before the error: so whoever took that data looks again before waiting.
        self.spare = 1 if type(loop).__module__.startswith("uvloop") else 0

    def _ready(self) -> None:
        recv = self.recv  # a slot that is called costs several times as much as one that is read
        try:
            data = recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._failed(error)
            return
        if not data:
            self._at_eof()
            self.wake_reader()
            return
        self.burst = BURST if len(data) == PIECE else self.spare
        reader = self.reader
        if reader is not None and self.wanted and not self.chunks and not reader.done():
            self.reader = None
            reader.set_result(data)
        else:
            self.chunks.append(data)
            if len(self.chunks) >= MAX_CHUNKS:
                self.pause()
            if reader is not None:
                self.reader = None
                if not reader.done():
                    self._answer(reader)
        if self.watching:
            self.wake_writer()

    def take_more(self, max_bytes: int) -> None:
        size = min(max(max_bytes, PIECE), BODY_READ_SIZE)
        try:
            data = self.recv(size)
        except (BlockingIOError, InterruptedError):
            self.burst = 0
        except OSError as error:
            self._failed(error)
        else:
            if len(data) != size:
                self.burst = self.spare
            if data:
                self.chunks.append(data)
            else:
                self._at_eof()

    def _at_eof(self) -> None:
        self.eof = True
        self.burst = 0
        if not self.paused:
            self.loop.remove_reader(self.fd)
            self.paused = True

    def _failed(self, error: OSError) -> None:
        self.error = error
        self.burst = 0
        if not self.paused:
            self.loop.remove_reader(self.fd)
            self.paused = True
        self.wake_reader()
        self.wake_writer()

    def pause(self) -> None:
        if not self.paused:
            self.paused = True
            self.loop.remove_reader(self.fd)

    def resume(self) -> None:
        if self.eof or self.error is not None:
            return
        self.paused = False
        self.loop.add_reader(self.fd, self._ready)

    def try_send(self, data: bytes | memoryview) -> int:
        self.burst = 0  # sending notices a reset too
        send = self.send
        try:
            return send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self.burst = 1  # uvloop may have stopped watching: a reader has to look for itself
            raise self.write_failed(error) from error

    async def send_rest(self, data: memoryview, deadline: float | None, *, until_readable: bool) -> int:
        sent = 0
        self.loop.add_writer(self.fd, self.wake_writer)
        self.watching = until_readable
        try:
            while sent < len(data) and not (until_readable and (self.chunks or self.eof)):
                await self.wait_writable(deadline)
                if self.closed:
                    raise WriteError(f"the connection to {self.peer} is closed")
                sent += self.try_send(data[sent:])
        finally:
            self.watching = False
            if not self.closed:
                self.loop.remove_writer(self.fd)
        return sent

    def close(self) -> None:
        if self.closed:
            return
        loop = self.loop
        if not self.paused:
            loop.remove_reader(self.fd)
        loop.remove_writer(self.fd)
        self.ended(None)
        self.sock.close()

    def __del__(self) -> None:
        try:
            self.sock.close()
        except Exception:  # the interpreter is shutting down
            pass

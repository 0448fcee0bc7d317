"""What both asyncio transports share: the buffer, the one reader, and one lazy timer a connection."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NoReturn

from ..exceptions import ReadError, WriteError, WriteTimeout
from .socket_info import read_timed_out

__all__ = ["PIECE", "StreamCore"]

PIECE = 65536
"""Bytes received at once: below what the C library takes from the kernel for each allocation anew."""

MAX_CHUNKS = 8
"""Unread pieces after which nothing more is taken from the socket."""


class StreamCore:
    """A connection as the event loop sees it.

    What arrives is kept as it came, in a queue that is bounded by not reading on. The timer is armed by the first
    operation that has a limit, and then left alone: an operation only notes its deadline, and a timer that fires
    early is armed again for the deadline that counts by then. So a request costs no timer.
    """

    __slots__ = (
        "aborted",
        "burst",
        "chunks",
        "closed",
        "eof",
        "error",
        "limit",
        "loop",
        "new_future",
        "now",
        "offset",
        "paused",
        "peer",
        "queued",
        "read_deadline",
        "reader",
        "timer",
        "timer_at",
        "turn",
        "wanted",
        "watching",
        "write_deadline",
        "writer",
        "written",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, peer: str) -> None:
        self.loop = loop
        self.peer = peer
        # asyncio's own methods go through Python to do just this
        plain = isinstance(loop, asyncio.BaseEventLoop)
        self.now: Callable[[], float] = loop.time
        if plain and type(loop).time is asyncio.BaseEventLoop.time:
            self.now = time.monotonic
        self.new_future: Callable[[], asyncio.Future[Any]] = loop.create_future
        if plain and type(loop).create_future is asyncio.BaseEventLoop.create_future:
            self.new_future = partial(asyncio.Future, loop=loop)
        self.written = self.new_future()
        """What a write that is done already returns."""
        self.written.set_result(None)
        self.chunks: deque[bytes] = deque()
        self.offset = 0
        """How much of the first chunk was read."""
        self.burst = 0
        """How many more pieces a reader may take from the socket itself before it has to wait for the loop."""
        self.paused = False
        self.eof = False
        self.aborted = False
        """Whether it is being closed from outside of the loop, so that the end of the stream is not the peer's."""
        self.closed = False
        self.error: BaseException | None = None
        self.reader: asyncio.Future[Any] | None = None
        self.wanted = 0
        """How many bytes the reader wants to be handed over; 0 where it only waits to look again."""
        self.limit: float | None = None
        """How long a reader that wants bytes waits for them."""
        self.writer: asyncio.Future[bool] | None = None
        self.queued = 0
        """How many writes wait; a new one goes behind them."""
        self.turn: asyncio.Lock | None = None
        self.watching = False
        """Whether the writer wants to be woken by what the peer sends."""
        self.read_deadline: float | None = None
        self.write_deadline: float | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.timer_at = 0.0

    # For the transports

    def pause(self) -> None:
        """Stop taking from the socket."""
        raise NotImplementedError

    def resume(self) -> None:
        """Take from the socket again."""
        raise NotImplementedError

    def take_more(self, max_bytes: int) -> None:
        """Take one piece from the socket at once, if there is one; it may be as long as the reader wants it."""
        raise NotImplementedError

    def try_send(self, data: bytes | memoryview) -> int:
        """Send what can be sent without waiting and return how much that was."""
        raise NotImplementedError

    async def send_rest(self, data: memoryview, deadline: float | None, *, until_readable: bool) -> int:
        """Send the rest of a write that could not be sent at once."""
        raise NotImplementedError

    def close(self) -> None:
        """Close now; to be called by the loop's own thread."""
        raise NotImplementedError

    def wake_reader(self) -> None:
        """Let the reader look again, and the writer if it waits for an answer."""
        reader = self.reader
        if reader is not None:
            self.reader = None
            if not reader.done():
                self._answer(reader)
        if self.watching:
            self.wake_writer()

    def _answer(self, reader: asyncio.Future[Any]) -> None:
        """Wake a reader, with what it wanted if it wanted that; the end of the stream wakes it too."""
        if not self.wanted:
            reader.set_result(True)
        elif self.chunks:
            reader.set_result(self.take(self.wanted))
        else:
            try:
                reader.set_result(self._at_end())
            except ReadError as error:
                _fail(reader, error)

    def wake_writer(self) -> None:
        """Let the writer look again."""
        writer = self.writer
        if writer is not None:
            self.writer = None
            if not writer.done():
                writer.set_result(True)

    def ended(self, error: BaseException | None) -> None:
        """Note that the connection is gone and wake whoever waits."""
        self.closed = True
        if self.error is None:
            self.error = error
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.wake_reader()
        self.wake_writer()

    # Time

    def arm(self, deadline: float) -> None:
        """Make sure that the timer fires by then."""
        timer = self.timer
        if timer is not None:
            if self.timer_at <= deadline:
                return
            timer.cancel()
        self.timer_at = deadline
        self.timer = self.loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self.timer = None
        now = self.now() + 0.0005
        soonest: float | None = None
        deadline = self.read_deadline
        if deadline is not None:
            if deadline <= now:
                reader, self.reader, self.read_deadline = self.reader, None, None
                if reader is not None and not reader.done():
                    if self.wanted:
                        _fail(reader, read_timed_out(self.peer, self.limit))
                    else:
                        reader.set_result(False)
            elif self.reader is not None:
                soonest = deadline
        deadline = self.write_deadline
        if deadline is not None:
            if deadline <= now:
                writer, self.writer, self.write_deadline = self.writer, None, None
                if writer is not None and not writer.done():
                    writer.set_result(False)
            elif soonest is None or deadline < soonest:
                soonest = deadline
        if soonest is not None:
            self.arm(soonest)

    # Reading

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See AsyncByteStream.read."""
        chunks = self.chunks
        if self.burst > 0 and not chunks:
            self.burst -= 1
            self.take_more(max_bytes)
        while not chunks:
            if self.closed or self.eof or self.error is not None:
                return self._at_end()
            reader = self._wait_to_read(timeout)
            self.wanted = 0
            try:
                in_time = await reader
            finally:
                self.reader = None
                self.read_deadline = None
            if not in_time and not chunks:
                raise read_timed_out(self.peer, timeout)
        return self.take(max_bytes)

    def receive(self, max_bytes: int, timeout: float | None = None) -> Awaitable[bytes]:
        """See AsyncByteStream.receive: the future that the loop will fulfil, without a coroutine around it."""
        if self.chunks or self.burst > 0 or self.eof or self.closed or self.error is not None or max_bytes < PIECE:
            return self.read(max_bytes, timeout)
        reader = self._wait_to_read(timeout)
        self.wanted = max_bytes
        self.limit = timeout
        return reader

    def _wait_to_read(self, timeout: float | None) -> asyncio.Future[Any]:
        """Return a future for the next piece, and set its time limit."""
        reader = self.reader
        if reader is not None and not reader.done():
            raise ReadError(f"two tasks read from the connection to {self.peer} at once")
        new_future = self.new_future
        self.reader = reader = new_future()
        if timeout is None:
            self.read_deadline = None
        else:
            now = self.now
            self.read_deadline = deadline = now() + timeout
            if self.timer is None or self.timer_at > deadline:
                self.arm(deadline)
        return reader

    def take(self, max_bytes: int) -> bytes:
        """Return bytes from the queue, which is not empty."""
        chunks = self.chunks
        chunk = chunks[0]
        start = self.offset
        if len(chunk) - start > max_bytes:
            end = self.offset = start + max_bytes
            return chunk[start:end]
        chunks.popleft()
        if start:
            self.offset = 0
            chunk = chunk[start:]
        if self.paused and not chunks and not self.closed:
            self.resume()
        return chunk

    def read_nowait(self, max_bytes: int) -> bytes | None:
        """See AsyncByteStream.read_nowait."""
        if self.chunks:
            return self.take(max_bytes)
        return self._at_end() if self.eof or self.closed or self.error is not None else None

    def _at_end(self) -> bytes:
        if self.eof and not self.aborted:
            return b""
        if self.error is None or self.aborted:
            raise ReadError(f"the connection to {self.peer} is closed")
        raise ReadError(f"reading from {self.peer} failed: {self.error}") from self.error

    # Writing

    def write(self, data: bytes | memoryview, timeout: float | None = None) -> Awaitable[Any]:
        """See AsyncByteStream.write; mostly it is done when it returns, and then there is no coroutine to make."""
        sent = 0 if self.queued else self.try_send(data)
        if sent == len(data):
            return self.written
        deadline = None if timeout is None else self.now() + timeout
        return self._queue(memoryview(data)[sent:], deadline, until_readable=False)

    async def write_until_readable(self, data: bytes | memoryview, timeout: float | None = None) -> int:
        """See AsyncByteStream.write_until_readable."""
        if self.chunks or self.eof:
            return 0
        sent = 0 if self.queued else self.try_send(data)
        if sent != len(data):
            deadline = None if timeout is None else self.now() + timeout
            sent += await self._queue(memoryview(data)[sent:], deadline, until_readable=True)
        return sent

    async def _queue(self, data: memoryview, deadline: float | None, *, until_readable: bool) -> int:
        """Send in turn: what others are still sending goes first."""
        turn = self.turn
        if turn is None:
            turn = self.turn = asyncio.Lock()
        self.queued += 1
        try:
            async with asyncio.timeout_at(deadline):
                await turn.acquire()
            try:
                return await self.send_rest(data, deadline, until_readable=until_readable)
            finally:
                turn.release()
        except TimeoutError as error:
            if isinstance(error, WriteTimeout):
                raise
            self.write_timed_out()
        finally:
            self.queued -= 1

    async def wait_writable(self, deadline: float | None) -> None:
        """Wait until the transport wakes the writer. Raises WriteTimeout."""
        writer = self.writer = self.loop.create_future()
        if deadline is not None:
            self.write_deadline = deadline
            self.arm(deadline)
        try:
            in_time = await writer
        finally:
            self.writer = None
            self.write_deadline = None
        if not in_time:
            self.write_timed_out()

    def write_timed_out(self) -> NoReturn:
        """Raise WriteTimeout."""
        raise WriteTimeout(f"{self.peer} did not take the data in time") from None

    def write_failed(self, error: BaseException | None) -> WriteError:
        """Return the error for a write that failed."""
        if error is None or self.closed or self.aborted:
            return WriteError(f"the connection to {self.peer} is closed")
        failure = WriteError(f"writing to {self.peer} failed: {error}")
        failure.__cause__ = error
        return failure


def _fail(reader: asyncio.Future[Any], error: Exception) -> None:
    """Make a reader fail; nobody is to be told of it where its task is cancelled in the same moment."""
    reader.set_exception(error)
    reader.exception()

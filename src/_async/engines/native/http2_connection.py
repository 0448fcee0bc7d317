"""One HTTP/2 connection that many requests share, with nothing that runs beside them.

Whoever waits for news reads for all (it leads); the others are woken when something came for them, or to lead in turn.
Whoever has frames to send sends what all have queued. What the frames mean is decided in ``Http2Machine``, under the
lock; reading and writing come after it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

from ...._concurrency import AsyncShield, AsyncStateLock, AsyncWaiter, fork_generation, monotonic
from ...._network import async_read_shared
from ....exceptions import (
    CloseError,
    HTTPError,
    NetworkError,
    ReadError,
    ReadTimeout,
    TimeoutException,
)
from ....rules.http2_frames import CANCEL, goaway
from ....rules.http2_machine import Http2Machine
from ....rules.http2_silence import lost, not_taken, silent
from ....rules.http2_stream import Http2Stream
from ....values.body import BODY_READ_SIZE

if TYPE_CHECKING:
    from ...._network import AsyncByteStream
    from ....rules.http2_options import Http2Options
    from .http2_pool import AsyncHttp2Pool
    from .pool import AsyncRoutePool

__all__ = ["AsyncHttp2Connection"]

FAREWELL_TIMEOUT = 1.0
"""Seconds that the end of a stream may take to be sent when its request was given up."""

# What waiters are given: something came for them, or it is their turn to read, or to write.
NEWS = object()
TURN = object()


class AsyncHttp2Connection:
    """A connection of the pool; ``streams`` of it, counted by the pool, belong to requests."""

    def __init__(
        self,
        stream: AsyncByteStream,
        owner: AsyncHttp2Pool,
        pool: AsyncRoutePool,
        *,
        options: Http2Options,
        expiry: float | None,
        max_age: float | None,
    ) -> None:
        self.stream = stream
        self.owner = owner
        self.pool = pool
        self.machine = Http2Machine(options)
        self.lock = AsyncStateLock()
        self.streams = 0
        self.untold = True
        """Whether the pool still counts it among those whose room is not known."""
        self.retired = False
        """Whether no more requests may use it, for reasons of this side."""
        self.used = False
        self.gathering = False
        """Whether somebody is about to send what is queued."""
        self.idle_since = monotonic()
        self._generation = fork_generation()
        self._options = options
        self._expiry = expiry
        self._retire_at = None if max_age is None else self.idle_since + max_age
        self._followers: OrderedDict[Http2Stream, None] = OrderedDict()
        self._reading = False
        self._writing = False
        self._writers: deque[AsyncWaiter[Any]] = deque()
        self._dropped: deque[Http2Stream] = deque()
        self.write_error: HTTPError | None = None
        """Why nothing can be sent any more, while there may be something to read."""

    # What the pool asks.

    def expired(self, now: float) -> bool:
        """Whether the connection was idle for too long, or is too old."""
        if self._expiry is not None and now - self.idle_since >= self._expiry:
            return True
        return self._retire_at is not None and now >= self._retire_at

    def has_room(self) -> bool:
        """Whether one more request may use it."""
        return self.streams < self.machine.max_streams and not self.finished()

    def finished(self) -> bool:
        """Whether no more requests may use it."""
        if self._retire_at is not None and monotonic() >= self._retire_at:
            self.retired = True
        return self.retired or self.machine.goaway

    def usable(self) -> bool:
        """Whether an idle connection may be used again; takes what came meanwhile."""
        if self.expired(monotonic()):
            return False
        self.poll()
        return not self.machine.goaway

    def suspect(self) -> bool:
        """Whether the connection was idle for so long that the server should be asked whether it is there."""
        after = self._options.probe_after
        return after is not None and monotonic() - self.idle_since >= after

    def abort(self) -> None:
        """Close at once, without waiting; whoever uses the connection fails."""
        if self._generation != fork_generation():
            self.stream.abort()  # those who use it are in the parent, where its lock may be held for ever
            return
        if self.streams == 0 and self.machine.error is None:
            self.stream.send_farewell(goaway(0))
        self.end(ReadError("the connection is closed"))

    def end(self, error: HTTPError) -> None:
        """Fail all that is under way, and close."""
        if self.owner.is_closed:
            error = CloseError("the client was closed while the request was under way")
        with self.lock:
            waiters = self._woken(self.machine.fail(error))
            writers, self._writers = self._writers, deque()
        self.stream.abort()
        for waiter in (*waiters, *writers):
            waiter.set(NEWS)
        self.owner.update(self)

    # News.

    def _woken(self, streams: list[Http2Stream]) -> list[AsyncWaiter[Any]]:
        """Return the waiters of these streams, which wait no more. The lock is held."""
        waiters = []
        for stream in streams:
            waiter = stream.waiter
            if waiter is not None:
                stream.waiter = None
                self._followers.pop(stream, None)
                waiters.append(waiter)
        return waiters

    def receive(self, data: bytes) -> None:
        """Take what came, and wake those it is for."""
        with self.lock:
            machine = self.machine
            waiters = self._woken(machine.receive(data))
            changed, machine.changed = machine.changed, False
        for waiter in waiters:
            waiter.set(NEWS)
        if changed:
            self.owner.update(self)

    def poll(self) -> None:
        """Take what came already, unless somebody reads anyway."""
        with self.lock:
            if self._reading:
                return
            self._reading = True
        try:
            while (data := self.stream.read_nowait(BODY_READ_SIZE)) is not None:
                self.receive(data)
                if not data:
                    break
        except HTTPError as error:
            self.end(error)
        finally:
            self._hand_over()

    async def wait(self, stream: Http2Stream, timeout: float | None) -> None:
        """Wait until there is news for a stream, or the connection has ended. Raises ReadTimeout."""
        until = None if timeout is None else monotonic() + timeout
        while True:
            with self.lock:
                if stream.news or self.machine.error is not None:
                    stream.news = False
                    return
                leads = not self._reading
                if leads:
                    self._reading = True
                else:
                    waiter: AsyncWaiter[Any] = AsyncWaiter()
                    stream.waiter = waiter
                    self._followers[stream] = None
            if not leads:
                try:
                    given = await waiter.wait(None if until is None else max(0.0, until - monotonic()))
                except BaseException as error:
                    self._stop_following(stream, waiter)
                    if isinstance(error, TimeoutError) and not isinstance(error, HTTPError):
                        raise silent(self.pool.route, timeout) from None
                    raise
                if given is NEWS:
                    continue
            await self._lead(stream, until, timeout)

    def _stop_following(self, stream: Http2Stream, waiter: AsyncWaiter[Any]) -> None:
        with self.lock:
            self._followers.pop(stream, None)
            stream.waiter = None
        if waiter.take() is TURN:
            self._hand_over()

    async def _lead(self, stream: Http2Stream, until: float | None, timeout: float | None) -> None:
        """Read for all until there is news for this stream."""
        machine = self.machine
        try:
            while not stream.news and machine.error is None:
                if machine.outgoing:
                    await self.flush(None if until is None else max(0.0, until - monotonic()), leads=True)
                await self._read_once(until, timeout)
            if machine.outgoing:
                await self.flush(FAREWELL_TIMEOUT, leads=True)
        finally:
            self._hand_over()

    async def _read_once(self, until: float | None, timeout: float | None) -> None:
        left = None if until is None else max(0.0, until - monotonic())
        silence = self._options.ping_interval
        if silence is not None:
            if self.machine.pings:
                silence = self._options.ping_timeout
            if left is None or silence < left:
                left = silence
            else:
                silence = None
        try:
            data = await async_read_shared(self.stream, BODY_READ_SIZE, left)
        except ReadTimeout:
            if silence is None:
                raise silent(self.pool.route, timeout) from None
            if self.machine.pings:
                self.end(lost(self.pool.route))
                return
            with self.lock:
                self.machine.ping()
        except NetworkError as error:
            self.end(error)
        else:
            self.receive(data)

    def _hand_over(self) -> None:
        """Let another one read, if one waits."""
        with self.lock:
            self._reading = False
            followers = self._followers
            while followers:
                stream, _ = followers.popitem(last=False)
                waiter, stream.waiter = stream.waiter, None
                if waiter.set(TURN):
                    self._reading = True
                    break

    # Writing.

    async def flush(self, timeout: float | None, *, wait: bool = False, leads: bool = False) -> None:
        """Send what is queued; with ``wait`` until it is sent, even where another one is at it.

        ``leads`` says that it is this one who reads for all.
        A connection that breaks is noted in the machine, and on its streams.
        """
        waiter: AsyncWaiter[Any] | None = None
        with self.lock:
            self._bury()
            if not self._writing:
                if not self.machine.outgoing:
                    return
                self._writing = True
            elif wait:
                waiter = AsyncWaiter()
                self._writers.append(waiter)
            else:
                return
        if waiter is not None:
            await self._queue(waiter, timeout)
        else:
            await self._write(timeout, leads=leads)

    async def _queue(self, waiter: AsyncWaiter[Any], timeout: float | None) -> None:
        try:
            given = await waiter.wait(timeout)
        except BaseException as error:
            if waiter.take() is TURN:
                async with AsyncShield():
                    await self._write(FAREWELL_TIMEOUT)
            if isinstance(error, TimeoutError) and not isinstance(error, HTTPError):
                raise not_taken(self.pool.route, timeout) from None
            raise
        if given is TURN:
            await self._write(timeout)

    async def _write(self, timeout: float | None, *, leads: bool = False) -> None:
        """Send until nothing is queued, or another one takes over."""
        machine = self.machine
        waiting: list[AsyncWaiter[Any]] = []
        try:
            while True:
                with self.lock:
                    data = machine.take_outgoing() if self.write_error is None else b""
                    waiting.extend(self._writers)
                    self._writers.clear()
                    if not data:
                        self._writing = False
                        break
                rest = self.stream.send_nowait(data)
                if rest:
                    await self._send_rest(rest, timeout, leads)
                while waiting:
                    waiting.pop().set(NEWS)
                with self.lock:
                    if self._pass_turn():
                        return
        except (NetworkError, TimeoutException) as error:
            self._writing = False
            await self._hear_last(error, leads)
        except BaseException:
            # The rest of a frame was not sent: nothing can follow it.
            self._writing = False
            self.end(ReadError("a request was cancelled in the midst of a frame"))
            raise
        finally:
            for waiter in waiting:
                waiter.set(NEWS)

    async def _send_rest(self, rest: memoryview, timeout: float | None, leads: bool) -> None:
        """Send the rest of a frame, whatever happens meanwhile; read for all if nobody else does."""
        with self.lock:
            alone = leads or not self._reading
            self._reading = True
        try:
            async with AsyncShield():
                await self.stream.send_rest(rest, timeout, self.receive if alone else None)
        finally:
            if alone and not leads:
                self._hand_over()

    def _pass_turn(self) -> bool:
        """Let one write on who has something to send. The lock is held."""
        while self._writers:
            if self._writers.popleft().set(TURN):
                return True
        return False

    async def _hear_last(self, error: HTTPError, leads: bool) -> None:
        """Nothing can be sent any more: take what the server said before, which tells more, and end the connection."""
        with self.lock:
            reads = leads or not self._reading
            if isinstance(error, NetworkError) and not reads:
                # Who reads meets the same, after what the server sent before it.
                self.write_error = error
                self.machine.goaway = True
                return
            self._reading = True
        try:
            while isinstance(error, NetworkError):
                data = await async_read_shared(self.stream, BODY_READ_SIZE, FAREWELL_TIMEOUT)
                self.receive(data)
                if not data:
                    break
        except HTTPError:
            pass
        finally:
            self.end(error)
            if reads and not leads:
                self._hand_over()

    # Ends.

    def give_up(self, stream: Http2Stream) -> None:
        """Tell the server, with the next flush, that a stream is not wanted any more."""
        with self.lock:
            self.machine.reset(stream, CANCEL)

    def drop(self, stream: Http2Stream) -> None:
        """As ``give_up``, for the garbage collector, which may run while the lock is held."""
        self._dropped.append(stream)

    def _bury(self) -> None:
        while self._dropped:
            self.machine.reset(self._dropped.popleft(), CANCEL)

    async def probe(self) -> bool:
        """Ask the server whether it is there; return whether it answered in time."""
        asker = Http2Stream(0, "", 0)
        timeout = self._options.ping_timeout
        with self.lock:
            self.machine.ping(asker)
        try:
            await self.flush(timeout)
            await self.wait(asker, timeout)
        except ReadTimeout:
            self.end(lost(self.pool.route))
        return self.machine.error is None

"""One WebSocket connection: who reads, whether it is alive, and how it is closed.

Nothing runs in the background. Whoever waits for something (a message, a pong, the end) reads for all, or waits for
the one who does; pings are sent by whoever reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._concurrency import AsyncLock, AsyncWaiter, monotonic
from ..exceptions import ReadTimeout, WebSocketClosed
from .engines.native.connection import close_source
from .websocket_wire import BROKEN, AsyncWebSocketWire

if TYPE_CHECKING:
    from ..rules.websocket_codec import WebSocketCodec
    from .response import AsyncResponse

__all__ = ["AsyncWebSocketLink"]

READ_SIZE = 65536
MAX_QUEUED = 16
"""Messages kept for later while somebody waits for a pong; with so many nothing more is read."""
GRACE = 0.1
"""The least time for which a sign of life is waited for: it may have been here for long, but nobody read."""
A_MOMENT = 0.001
"""The least time for which anything is waited for, in seconds: enough to take what is here."""
TEND_INTERVAL = 1.0
"""Seconds after which somebody who only sends looks whether anything came."""


class AsyncWebSocketLink(AsyncWebSocketWire):
    """A WebSocket over the network stream of a 101, which it takes over."""

    def __init__(
        self,
        response: AsyncResponse,
        codec: WebSocketCodec,
        *,
        ping_interval: float | None,
        ping_timeout: float | None,
        close_timeout: float | None,
    ) -> None:
        super().__init__(response, codec)
        self._ping_interval = ping_interval
        self._ping_timeout = ping_timeout
        self._close_timeout = close_timeout
        self._close_by: float | None = None
        self._turn = AsyncLock()
        """Held while the fragments of a message are sent."""
        self._reading = False
        self._heard = monotonic()
        self._pinged: float | None = None
        self._tended = self._heard

    # Receiving.

    async def receive(self, timeout: float | None) -> str | bytes:
        """Return the next message. Raises WebSocketClosed, ReadTimeout."""
        messages = self._codec.messages
        if 0 < len(messages) < MAX_QUEUED:
            try:
                return messages.popleft()
            except IndexError:  # another was quicker
                pass
        message: str | bytes = await self._until(self._take_message, timeout)
        return message

    def _take_message(self) -> str | bytes | None:
        messages = self._codec.messages
        if not messages:
            return None
        if len(messages) >= MAX_QUEUED:  # somebody may wait for room
            self._notify()
        return messages.popleft()

    async def ping(self, data: bytes, timeout: float | None) -> float:
        """Send a ping, wait for its pong, and return the seconds that took. Raises WebSocketClosed, ReadTimeout."""
        with self._lock:
            self._check_open()
            self._codec.ping(data)
        begun = monotonic()
        await self._flush()
        await self._until(lambda: None if data in self._codec.awaited else True, timeout)
        return monotonic() - begun

    async def _until(self, ready: Callable[[], Any], timeout: float | None) -> Any:
        """Read until ``ready`` returns something. Raises WebSocketClosed, ReadTimeout."""
        deadline = None if timeout is None else monotonic() + timeout
        left: float | None = None
        begun = False
        while True:
            waiter = None
            with self._lock:
                if (found := ready()) is not None:
                    return found
                if self.closed and not self._codec.backlog:
                    raise self.ending()
                if deadline is not None:
                    left = max(deadline - monotonic(), A_MOMENT)
                    if begun and left == A_MOMENT:
                        raise ReadTimeout("nothing came in time", request=self._response.request)
                    begun = True
                if self._reading or len(self._codec.messages) >= MAX_QUEUED:
                    waiter = AsyncWaiter[None]()
                    self._waiters.append(waiter)
                else:
                    self._reading = True
            if waiter is None:
                try:
                    await self._read_more(left)
                finally:
                    self._end_reading()
            else:
                await self._wait(waiter, left)

    async def _wait(self, waiter: AsyncWaiter[None], timeout: float | None) -> None:
        """Wait for whoever reads to have read something."""
        try:
            await waiter.wait(timeout)
        except TimeoutError:
            raise ReadTimeout("nothing came in time", request=self._response.request) from None
        finally:
            with self._lock:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    def _end_reading(self) -> None:
        with self._lock:
            self._reading = False
            self._notify()

    async def _read_more(self, left: float | None) -> None:
        """Read once, for at most ``left`` seconds, and look after the connection where nothing comes."""
        codec = self._codec
        if codec.backlog:
            with self._lock:
                codec.receive(b"")
            if codec.control:
                await self._flush()
            return
        patience = self._patience()
        if patience == 0.0:
            await self.release()  # the peer goes on talking after the end
            return
        limit = patience if left is None or (patience is not None and patience < left) else left
        try:
            data = await self._read(READ_SIZE, limit)
        except ReadTimeout:
            if limit is not patience:
                raise ReadTimeout("nothing came in time", request=self._response.request) from None
            await self._ask_for_life()
        except BROKEN as error:
            await self._lose(error)
        else:
            if self._take(data):
                await self._tidy()

    def _take(self, data: bytes) -> bool:
        """Take what came, the end of the stream too; return whether there is more to do than to look at messages."""
        codec = self._codec
        self._heard = monotonic()
        self._pinged = None
        with self._lock:
            if data:
                codec.receive(data)
                return bool(codec.control)
            codec.receive_end()
            return True

    async def _tidy(self) -> None:
        """Send what is due, or free the connection."""
        if self._codec.is_ended:
            await self.release()
        else:
            await self._flush()

    async def _glance(self, limit: float) -> bool:
        """Read, for a moment at most, and take what came; return whether anything did, the end included."""
        try:
            data = await self._read(READ_SIZE, limit)
        except ReadTimeout:
            return False
        except BROKEN as error:
            await self._lose(error)
            return True
        if self._take(data):
            await self._tidy()
        return True

    # Whether it is alive.

    def _patience(self) -> float | None:
        """Return for how long nothing may come, before a ping is due or the peer counts as dead."""
        now = monotonic()
        if not self._codec.is_open:
            if self._close_timeout is None:
                return None
            if self._close_by is None:
                self._close_by = now + self._close_timeout
            return max(0.0, self._close_by - now)
        pinged = self._pinged
        if pinged is None:
            return None if self._ping_interval is None else max(GRACE, self._heard + self._ping_interval - now)
        return None if self._ping_timeout is None else max(GRACE, pinged + self._ping_timeout - now)

    async def _ask_for_life(self) -> None:
        """Send a ping; give up, if one was sent before, or if nothing but the end was waited for."""
        codec = self._codec
        with self._lock:
            alive = codec.is_open and self._pinged is None
            if alive:
                self._pinged = monotonic()
                codec.ping(b"", awaited=False)
            elif codec.is_open:
                codec.fail(1011, f"no pong came for {self._ping_timeout:g} s")
        if alive:
            await self._flush()
        else:
            self._say_farewell()
            await self.release()

    async def _tend(self) -> None:
        """For those who only send: take what came, without waiting, so that pings are answered and closes noticed."""
        with self._lock:
            if self._reading or self._codec.backlog or len(self._codec.messages) >= MAX_QUEUED:
                return
            self._reading = True
        try:
            self._tended = monotonic()
            if not await self._glance(A_MOMENT) and self._patience() == GRACE:
                await self._ask_for_life()
        finally:
            self._end_reading()

    # Sending.

    async def send(self, data: bytes, *, text: bool) -> None:
        """Send a message. Raises WebSocketClosed, WriteTimeout."""
        if monotonic() - max(self._heard, self._tended) > TEND_INTERVAL:
            await self._tend()
        if not await self._transmit(lambda: None if self._codec.is_between else self._codec.message(data, text=text)):
            async with self._turn:  # the fragments of another message come first
                await self._transmit(lambda: self._codec.message(data, text=text))

    async def send_fragments(self, fragments: Any, encoded: Callable[[Any, bool | None], tuple[bytes, bool]]) -> None:
        """Send a message in fragments, as they come. What fails on the way ends the connection, as the message has no
        end then.
        """
        codec = self._codec
        await self._turn.acquire()
        text: bool | None = None
        try:
            async for fragment in fragments:
                data, kind = encoded(fragment, text)
                if text is None:
                    text = kind
                    await self._transmit(lambda: codec.message(data, text=kind, last=False))  # noqa: B023
                else:
                    await self._transmit(lambda: codec.fragment(data, last=False))  # noqa: B023
            if text is not None:
                await self._transmit(lambda: codec.fragment(b"", last=True))
        except BaseException:
            if text is not None and codec.is_open and not self.closed:
                with self._lock:
                    codec.fail(1011, "a message was cut off")
                self._say_farewell()
                await self.release()
            await close_source(fragments)
            raise
        finally:
            self._turn.release()

    async def _hear_out(self) -> None:
        """Read what a peer had to say that takes nothing any more: why it closed, most likely."""
        with self._lock:
            if self._reading:
                return
            self._reading = True
        try:
            for _ in range(MAX_QUEUED):
                if self.closed or not await self._glance(GRACE):
                    break
        finally:
            self._end_reading()

    # The end.

    async def close(self, code: int, reason: str) -> None:
        """Do the closing handshake and free the connection."""
        try:
            with self._lock:
                self._codec.close(code, reason)
                self._notify()
            await self._flush()
            await self._until(lambda: True if self.closed else None, self._close_timeout)
        except (ReadTimeout, WebSocketClosed):
            pass
        finally:
            await self.release()

    async def leave(self, code: int) -> None:
        """Free the connection at once, with a close if that needs no waiting."""
        with self._lock:
            self._codec.close(code, "")
        self._say_farewell()
        await self.release()

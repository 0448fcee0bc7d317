"""One WebSocket connection, as far as writing and its end are concerned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._concurrency import AsyncLock, AsyncStateLock, AsyncWaiter
from ..exceptions import HTTPError, StreamError, TransportError, WebSocketClosed, WriteError

if TYPE_CHECKING:
    from ..rules.websocket_codec import WebSocketCodec
    from .response import AsyncResponse

__all__ = ["BROKEN", "AsyncWebSocketWire"]

BROKEN = (TransportError, StreamError)
"""What a network stream raises that is of no more use."""


class AsyncWebSocketWire:
    """Writes frames to the network stream of a 101, one after the other.

    Messages, and the fragments of one, wait for their turn. Pongs, pings and closes are written at once, or by whoever
    writes just then: a reader never waits for a writer.
    """

    def __init__(self, response: AsyncResponse, codec: WebSocketCodec) -> None:
        self._response = response
        self._codec = codec
        stream: Any = response.network_stream
        self._read = stream.read
        self._write = stream.write
        self._farewell = getattr(stream, "send_farewell", None)
        self._write_timeout = response.request.timeout.write
        self._lock = AsyncStateLock()
        self._sending = AsyncLock()
        self._waiters: list[AsyncWaiter[None]] = []
        self._error: Exception | None = None
        self.closed = False

    async def _transmit(self, encode: Callable[[], bytes | None]) -> bool:
        """Write what ``encode`` returns, which is called in turn; return whether that was anything."""
        sending = self._sending
        if not sending.acquire_nowait():
            await sending.acquire()
        try:
            with self._lock:
                self._check_open()
                data = encode()
            if data is None:
                return False
            try:
                await self._write(data, self._write_timeout)
            except BaseException as error:
                await self._write_failed(error)
                raise
        finally:
            sending.release()
        if self._codec.control:
            await self._flush()
        return True

    async def _flush(self) -> None:
        """Write what is to be sent besides messages; where somebody writes just then it is left to that one.

        A failure is no error here: the connection is given up, which whoever uses it next is told.
        """
        codec = self._codec
        while codec.control and not self.closed and self._sending.acquire_nowait():
            try:
                with self._lock:
                    data = b"".join(codec.taken_control())
                if data:
                    try:
                        await self._write(data, self._write_timeout)
                    except BROKEN as error:
                        await self._lose(error)
                    except BaseException:
                        await self._lose(None)
                        raise
            finally:
                self._sending.release()

    async def _write_failed(self, error: BaseException) -> None:
        """Give the connection up: a part of a frame may be on its way, after which nothing else can be sent."""
        if isinstance(error, WriteError):
            await self._hear_out()
            await self._lose(error)
            raise self.ending() from error
        await self._lose(error if isinstance(error, Exception) else None)

    async def _hear_out(self) -> None:
        """Read what a peer had to say that takes nothing any more: why it closed, most likely."""
        raise NotImplementedError

    # The end.

    def _check_open(self) -> None:
        if self.closed or not self._codec.is_open:
            raise self.ending()

    def ending(self) -> WebSocketClosed:
        """Return the error that says how it ended."""
        code, reason = self._codec.ending()
        why = f": {reason}" if reason else ""
        cause = self._error
        if code == 1006 and isinstance(cause, HTTPError):
            why = f": {cause.message}"
        error = WebSocketClosed(f"the WebSocket is closed ({code}){why}", request=self._response.request)
        error.code, error.reason, error.response = code, reason, self._response
        error.__cause__ = cause
        return error

    def _say_farewell(self) -> None:
        """Send what is to be sent, as far as that needs no waiting."""
        if self._farewell is not None and self._sending.acquire_nowait():
            try:
                with self._lock:
                    data = b"".join(self._codec.taken_control())
                if data and not self.closed:
                    self._farewell(data)
            finally:
                self._sending.release()

    async def _lose(self, error: Exception | None) -> None:
        """Note that the connection broke."""
        if not self.closed:
            self._error = error
        await self.release()

    async def release(self) -> None:
        """Free the connection. May be called again."""
        with self._lock:
            self.closed = True
            self._notify()
        await self._response.aclose()

    def _notify(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.set(None)

"""One connection of the httpcore engine, and a request body on its way over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from ..._concurrency import async_body_chunks, monotonic
from ...engines.httpcore_request import async_max_streams
from ...exceptions import InvalidBody, LocalProtocolError
from ...rules.framing import LengthGuard
from .httpcore_wire import AsyncWire, WireFailure

if TYPE_CHECKING:
    from ...values.body import Body
    from .httpcore_routes import AsyncCoreRoute

__all__ = ["AsyncCoreConnection", "AsyncUpload"]

UPLOAD_SIZE = 262144


class AsyncCoreConnection:
    """A connection of the pool: httpcore's object, and the wire under it."""

    __slots__ = (
        "_core",
        "active",
        "born",
        "capacity",
        "handle",
        "http2",
        "idle_since",
        "pool",
        "settled",
        "used",
        "wire",
    )

    def __init__(self, core: Any, wire: AsyncWire, pool: AsyncCoreRoute) -> None:
        self._core = core
        self.handle = core.handle_async_request
        self.wire = wire
        self.pool = pool
        # Exchanges on it, and how many there may be at once. Whether that is known yet.
        self.active = 1
        self.capacity = 1
        self.settled = False
        self.http2 = False
        self.used = False
        self.born = self.idle_since = monotonic()

    def opened(self, *, http2: bool) -> None:
        """Note what the connection speaks, for the request that opened it too."""
        self.http2 = http2
        if http2:
            self.wire.frames(shared=async_max_streams > 1)

    def usable(self, *, idle: bool) -> bool:
        """Whether another exchange may begin: not closed, and while idle no bytes that nobody asked for."""
        core = self._core
        return bool(core.is_available()) and not (idle and not self.http2 and core.has_expired())

    def reusable(self) -> bool:
        """Whether the exchange that just ended left it in a state for another."""
        end = self.wire.end
        return bool(self._core.is_available()) and (self.http2 or (end is not None and end.clean))


class AsyncUpload:
    """A request body on its way. Iterated by httpcore."""

    __slots__ = ("_body", "_guard", "_left", "_pieces", "started", "wire")

    def __init__(self, body: Body, length: int | None) -> None:
        self._body = body
        self._guard = LengthGuard(length)
        # Begun here, before anything is sent: a body that can't be had again refuses now.
        self._pieces: AsyncIterator[bytes] = async_body_chunks(body)
        self._left: memoryview | None = None
        self.started = False
        self.wire: AsyncWire | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.wire is not None:
            self.wire.uploading = True
        self.started = True
        left = self._left
        if left is None:
            left = await self._next()
        piece = left[:UPLOAD_SIZE]
        self._left = left[UPLOAD_SIZE:] if len(left) > UPLOAD_SIZE else None
        return bytes(piece)

    async def _next(self) -> memoryview:
        try:
            while not (piece := await self._pieces.__anext__()):
                pass
            if not isinstance(piece, (bytes, bytearray, memoryview)):
                raise InvalidBody(f"the body gave {type(piece).__name__}, it must give bytes")
            self._guard.add(len(piece))
        except StopAsyncIteration:
            self._finish()
            raise
        except Exception as error:
            raise WireFailure(error, foreign=True) from None
        return memoryview(piece)

    def _finish(self) -> None:
        try:
            self._guard.finish()
        except LocalProtocolError as error:
            raise WireFailure(error) from None

    def again(self) -> AsyncUpload:
        """Return what sends the body in another attempt. Raises BodyNotReplayable."""
        return AsyncUpload(self._body, self._guard.length) if self.started else self

"""A request body that somebody watches on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from .body import Body, Chunks

__all__ = ["SeenBody"]


class SeenBody(Body):
    """Another body, unchanged; ``see`` is called with each piece before it is sent, and with None at each start."""

    def __init__(self, body: Body, see: Callable[[bytes | None], object]) -> None:
        self.content_type = body.content_type
        self.content_length = body.content_length
        self.replayable = body.replayable
        self.is_async = body.is_async
        self.blocking = body.blocking
        self._body = body
        self._see = see

    def open(self) -> Chunks:
        """Start one pass. Raises BodyNotReplayable as the body itself."""
        chunks = self._body.open()
        self._see(None)
        return _AsyncSeen(chunks, self._see) if self.is_async else _Seen(chunks, self._see)


# Classes, as generators that are left early end late and elsewhere.


class _Seen(Iterator[bytes]):
    __slots__ = ("_chunks", "_see")

    def __init__(self, chunks: Any, see: Callable[[bytes], object]) -> None:
        self._chunks = chunks
        self._see = see

    def __next__(self) -> bytes:
        piece: bytes = next(self._chunks)
        self._see(piece)
        return piece

    def close(self) -> None:
        """End the body's own iterator, where it can be ended."""
        if hasattr(self._chunks, "close"):
            self._chunks.close()


class _AsyncSeen(AsyncIterator[bytes]):
    __slots__ = ("_chunks", "_see")

    def __init__(self, chunks: Any, see: Callable[[bytes], object]) -> None:
        self._chunks = chunks
        self._see = see

    async def __anext__(self) -> bytes:
        piece: bytes = await self._chunks.__anext__()
        self._see(piece)
        return piece

    async def aclose(self) -> None:
        """End the body's own iterator, where it can be ended."""
        if hasattr(self._chunks, "aclose"):
            await self._chunks.aclose()

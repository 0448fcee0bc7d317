"""Request bodies: each knows its content type, its length and whether it can be sent again."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TypeAlias

from ..exceptions import BodyNotReplayable

__all__ = ["AsyncIteratorBody", "Body", "BytesBody", "IteratorBody"]

Chunks: TypeAlias = "Iterator[bytes] | AsyncIterator[bytes]"


class Body:
    """What is sent after the head.

    ``content_type`` and ``content_length`` may be None (unknown length is sent chunked). ``replayable`` says whether
    ``open()`` may be called again. ``is_async`` is True when open() returns an async iterator; the blocking client
    refuses such a body. ``data`` is the whole body where it is in memory.
    """

    content_type: str | None = None
    content_length: int | None = None
    replayable: bool = True
    is_async: bool = False
    data: bytes | None = None

    def open(self) -> Chunks:
        """Start one pass over the body. Raises BodyNotReplayable when it can't be had again."""
        raise NotImplementedError


class BytesBody(Body):
    """Bytes in memory."""

    def __init__(self, data: bytes | bytearray | memoryview, content_type: str | None = None) -> None:
        self.data = bytes(data)
        self.content_length = len(self.data)
        self.content_type = content_type

    def open(self) -> Iterator[bytes]:
        """Start one pass over the body."""
        data = self.data
        return iter((data,) if data else ())


class IteratorBody(Body):
    """Pieces from an iterable. An iterator can be sent once, another iterable (a list, say) again and again."""

    def __init__(
        self, source: Iterable[bytes], content_type: str | None = None, content_length: int | None = None
    ) -> None:
        self._source = source
        self._started = False
        self.content_type = content_type
        self.content_length = content_length
        self.replayable = not isinstance(source, Iterator)

    def open(self) -> Iterator[bytes]:
        """Start one pass over the body. Raises BodyNotReplayable on a second pass over an iterator."""
        if self._started and not self.replayable:
            raise BodyNotReplayable("the body is an iterator that was sent already; give bytes, a list or a file")
        self._started = True
        return iter(self._source)


class AsyncIteratorBody(Body):
    """Pieces from an async iterable; as IteratorBody, for the async client only."""

    is_async = True

    def __init__(
        self, source: AsyncIterable[bytes], content_type: str | None = None, content_length: int | None = None
    ) -> None:
        self._source = source
        self._started = False
        self.content_type = content_type
        self.content_length = content_length
        self.replayable = not isinstance(source, AsyncIterator)

    def open(self) -> AsyncIterator[bytes]:
        """Start one pass over the body. Raises BodyNotReplayable on a second pass over an iterator."""
        if self._started and not self.replayable:
            raise BodyNotReplayable("the body is an iterator that was sent already; give bytes, a list or a file")
        self._started = True
        return aiter(self._source)

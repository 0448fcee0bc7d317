"""Callbacks and bodies in tasks; the twin of calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..values.body import Body

__all__ = ["async_body_chunks", "async_call", "async_next"]

async_next = anext


async def async_call(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function of the user, sync or async, and return its result."""
    result = function(*args)
    if hasattr(result, "__await__"):
        return await result
    return result


def async_body_chunks(body: Body) -> AsyncIterator[bytes]:
    """Start one pass over a request body. Raises BodyNotReplayable.

    A body with a true ``blocking`` attribute (a file) is read in a worker thread, so that the loop runs on.
    """
    source = body.open()
    if body.is_async:
        return cast("AsyncIterator[bytes]", source)
    if getattr(body, "blocking", False):
        return _ThreadedChunks(cast("Iterator[bytes]", source))
    return _Chunks(cast("Iterator[bytes]", source))


class _Chunks(AsyncIterator[bytes]):
    """A plain iterator, as an async one. A class, as an abandoned async generator is closed late and elsewhere."""

    __slots__ = ("_source",)

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source

    async def __anext__(self) -> bytes:
        for chunk in self._source:
            return chunk
        raise StopAsyncIteration


class _ThreadedChunks(AsyncIterator[bytes]):
    """As _Chunks, for a source that blocks."""

    __slots__ = ("_source",)

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source

    async def __anext__(self) -> bytes:
        from anyio import to_thread

        # A cancelled read is waited for: the source must not be used by two threads, nor closed under a read.
        chunk = await to_thread.run_sync(next, self._source, None)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

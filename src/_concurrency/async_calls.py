"""Callbacks and bodies in tasks; the twin of calls."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .async_loop import in_trio

if TYPE_CHECKING:
    from ..values.body import Body

__all__ = [
    "AsyncJob",
    "AsyncSource",
    "async_body_chunks",
    "async_call",
    "async_iterate",
    "async_limited",
    "async_next",
    "async_runner",
]

async_next = anext


T = TypeVar("T")

AsyncJob = Callable[..., Awaitable[T]]
"""An async function of the user."""
AsyncSource = Iterable[T] | AsyncIterable[T]
"""What a user may give where items are read one after the other."""


async def async_call(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function of the user, sync or async, and return its result."""
    result = function(*args)
    if hasattr(result, "__await__"):
        return await result
    return result


async def async_limited(
    seconds: float, late: Callable[[BaseException | None], Exception], function: AsyncJob[T], *args: Any
) -> T:
    """Return ``function(*args)``, interrupted after some seconds where that can be done: a thread can't be.

    Then what ``late`` makes of the interruption is raised.
    """
    if in_trio():
        return await _limited_in_trio(seconds, late, function, args)
    stopped: BaseException | None = None
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            try:
                return await function(*args)
            except asyncio.CancelledError as error:
                stopped = error
                raise
    except TimeoutError as error:
        if stopped is None or error.__cause__ is not stopped:
            raise  # one of the function's own
    raise late(stopped)


async def _limited_in_trio(
    seconds: float, late: Callable[[BaseException | None], Exception], function: AsyncJob[T], args: tuple[Any, ...]
) -> T:
    trio: Any = sys.modules["trio"]
    stopped: BaseException | None = None
    with trio.move_on_after(seconds):
        try:
            return await function(*args)
        except trio.Cancelled as error:
            stopped = error
            raise
    raise late(stopped)


def async_body_chunks(body: Body) -> AsyncIterator[bytes]:
    """Start one pass over a request body. Raises BodyNotReplayable.

    A body with a true ``blocking`` attribute (a file) is read in a worker thread, so that the loop runs on.
    """
    source = body.open()
    if body.is_async:
        return cast("AsyncIterator[bytes]", source)
    if getattr(body, "blocking", False):
        return _ThreadedChunks(cast("Iterator[bytes]", source))
    return _Items(cast("Iterator[bytes]", source))


def async_iterate(source: AsyncSource[T]) -> AsyncIterator[T]:
    """Start one pass over an iterable of the user, sync or async. Raises TypeError for anything else."""
    if hasattr(source, "__aiter__"):
        return aiter(cast("AsyncIterable[T]", source))
    return _Items(iter(source))


def async_runner(executor: object, portable: object = None) -> Callable[..., Any]:
    """Return what runs ``function(*args)``: here nothing but a call. Raises ValueError for an executor."""
    if executor is not None:
        raise ValueError("an executor runs the requests of the blocking client; here they are tasks of the event loop")
    return lambda function, *args: function(*args)


class _Items(AsyncIterator[T], Generic[T]):
    """A plain iterator, as an async one. A class, as an abandoned async generator is closed late and elsewhere."""

    __slots__ = ("_source",)

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source

    async def __anext__(self) -> T:
        for item in self._source:
            return item
        raise StopAsyncIteration


class _ThreadedChunks(AsyncIterator[bytes]):
    """As _Items, for a source that blocks."""

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

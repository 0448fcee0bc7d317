"""Results of many requests as they come, from an input that may be endless."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sized
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._concurrency import (
    AsyncSemaphore,
    AsyncStateLock,
    AsyncTask,
    AsyncTaskGroup,
    AsyncWaiter,
    async_iterate,
    async_runner,
    async_spawn,
    progress_of,
)
from ..exceptions import RequestCancelled
from ..rules.fair_queue import FairQueue
from ..rules.travel import portable
from ..values.options import RequestOptions
from .batch import checked_limit, origin_of, perform

if TYPE_CHECKING:
    from typing import Self

    from .._concurrency import AsyncSource
    from .client import AsyncClient

__all__ = ["AsyncResults"]

T = TypeVar("T")

LOOK_AHEAD = 4
"""How many requests, times the limit, are read from the input before their turn, so that origins can take turns."""
LEAVE_BEHIND = 1.0
"""Seconds to wait for an input that is being read, and can't be interrupted, when all else has ended."""


class AsyncResults(AsyncIterator[T], Generic[T]):
    """The results of ``parallel_iter``, as they complete; ``indexed()`` tells which is which.

    Work begins with the first step, or on entering the results as a context manager; leaving that block, ``aclose()``
    or dropping the object cancels what runs. A loop over the results that is left early drops them.
    """

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._task: AsyncTask[None] | None = None
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        taken = await self._next()
        if taken is None:
            raise StopAsyncIteration
        result: T = taken[1]
        return result

    async def _next(self) -> tuple[int, Any] | None:
        self._start()
        try:
            taken = await self._stream.take()
        except BaseException:  # cancelled: as with a generator, that was the last step
            if self._task is not None:
                self._task.cancel()
            raise
        if taken is not None:
            return taken
        await self.aclose()
        failure, self._stream.failure = self._stream.failure, None
        if failure is not None:
            raise failure
        return None

    def indexed(self) -> AsyncIndexedResults[T]:
        """Return an iterator of (position in the input, result), in place of this one."""
        return AsyncIndexedResults(self)

    def _start(self) -> None:
        if self._task is None and not self._closed:
            # The work must not hold this object, or it would never be dropped.
            self._task = async_spawn(self._stream.serve)

    async def aclose(self) -> None:
        """Cancel what runs and wait for its end. May be called again."""
        self._closed = True
        task = self._task
        if task is not None:
            task.cancel()
            await task.wait(LEAVE_BEHIND)
        self._stream.end()

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        task = getattr(self, "_task", None)
        if task is not None:
            task.cancel()


class AsyncIndexedResults(AsyncIterator[tuple[int, T]], Generic[T]):
    """The same results, each with its position in the input."""

    def __init__(self, results: AsyncResults[T]) -> None:
        self._results = results

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[int, T]:
        taken = await self._results._next()
        if taken is None:
            raise StopAsyncIteration
        return taken

    async def aclose(self) -> None:
        """Cancel what runs and wait for its end. May be called again."""
        await self._results.aclose()

    async def __aenter__(self) -> Self:
        await self._results.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._results.aclose()


class _Stream:
    """What the work and the consumer share.

    At most ``LOOK_AHEAD`` times the limit of requests are read ahead, and at most twice the limit are in flight or
    done and not taken: that bounds the memory, whatever the input.
    """

    def __init__(
        self,
        client: AsyncClient,
        requests: AsyncSource[Any],
        *,
        limit: int,
        into: Any,
        return_exceptions: bool,
        progress: Any,
        executor: Any,
        options: RequestOptions,
    ) -> None:
        self._client = client
        self._requests = async_iterate(requests)
        self._total = len(requests) if isinstance(requests, Sized) else None
        self._limit = checked_limit(limit)
        self._into = into
        self._return_exceptions = return_exceptions
        self._progress = progress
        self._run = async_runner(executor, portable)
        self._options = options
        self._lock = AsyncStateLock()
        self._ahead = AsyncSemaphore(LOOK_AHEAD * limit)
        self._places = AsyncSemaphore(2 * limit)
        self._queue: FairQueue[tuple[int, Any]] = FairQueue()
        self._idle: list[AsyncWaiter[None]] = []
        self._workers = 0
        self._read = 0
        self._all_read = False
        self._finished: deque[tuple[int, Any]] = deque()
        self._ended = False
        self._consumer: AsyncWaiter[None] | None = None
        self.failure: BaseException | None = None

    # The consumer's side.

    async def take(self) -> tuple[int, Any] | None:
        """Wait for the next result and return it with its index; None when there is none any more."""
        while True:
            with self._lock:
                if self._finished and self.failure is None:
                    taken = self._finished.popleft()
                    break
                if self._ended:
                    return None
                waiter = self._consumer = AsyncWaiter()
            await waiter.wait()
        self._places.release()
        return taken

    def end(self, failure: BaseException | None = None) -> None:
        """Note that nothing more will come, and wake the consumer."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            self.failure = failure
            consumer = self._consumer
        if consumer is not None:
            consumer.set(None)

    # The work.

    async def serve(self) -> None:
        """Read the input and run the requests, until all is done or something fails."""
        try:
            with progress_of(self._progress, self._total) as shown:
                await self._serve(shown)
        except RequestCancelled:
            raise
        except Exception as error:
            self.end(error)
        finally:
            self.end()

    async def _serve(self, shown: Any) -> None:
        async with AsyncTaskGroup() as group:
            await self._feed(group, shown)

    async def _feed(self, group: AsyncTaskGroup, shown: Any) -> None:
        await self._ahead.acquire()
        async for item in self._requests:
            with self._lock:
                self._queue.push(origin_of(item), (self._read, item))
                self._read += 1
                idle = self._idle.pop() if self._idle else None
                another = idle is None and self._workers < self._limit
                self._workers += another
            if idle is not None:
                idle.set(None)
            elif another:
                group.start_soon(self._work, shown)
            await self._ahead.acquire()
        with self._lock:
            self._all_read = True
            waiting = list(self._idle)
            self._idle.clear()
        for waiter in waiting:
            waiter.set(None)

    async def _work(self, shown: Any) -> None:
        try:
            while True:
                await self._places.acquire()
                taken = await self._next_job()
                if taken is None:
                    return
                origin, (index, item) = taken
                result = await self._result_of(item)
                with self._lock:
                    self._queue.done(origin)
                    self._finished.append((index, result))
                    consumer, self._consumer = self._consumer, None
                if consumer is not None:
                    consumer.set(None)
                shown.advance()
        except RequestCancelled:
            raise
        except Exception as error:
            self.end(error)  # at once: an input that blocks may keep the group from ending
            raise

    async def _next_job(self) -> Any:
        while True:
            with self._lock:
                taken = self._queue.pop()
                if taken is not None or self._all_read:
                    break
                waiter = AsyncWaiter[None]()
                self._idle.append(waiter)
            await waiter.wait()
        if taken is not None:
            self._ahead.release()
        return taken

    async def _result_of(self, item: Any) -> Any:
        try:
            return await self._run(perform, self._client, item, self._into, self._options)
        except RequestCancelled:
            raise
        except Exception as error:
            if not self._return_exceptions:
                raise
            return error


def results_of(client: AsyncClient, requests: AsyncSource[Any], **options: Any) -> AsyncResults[Any]:
    """Return the results of requests as they come; see ``parallel_iter``."""
    return AsyncResults(_Stream(client, requests, **options))

"""Work side by side in tasks; the twin of threads."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from ..exceptions import RequestCancelled
from .async_loop import in_trio
from .async_waiting import AsyncEvent
from .asyncio_group import AsyncioNursery

__all__ = ["AsyncTask", "AsyncTaskGroup", "async_spawn"]

T = TypeVar("T")


class AsyncTask(Generic[T]):
    """One piece of work, and how it ended: with a value, with an exception, or cancelled."""

    __slots__ = (
        "_cancelled",
        "_ended",
        "_error",
        "_group",
        "_isolated",
        "_native",
        "_scope",
        "_stopped",
        "_token",
        "_value",
    )

    def __init__(self, *, isolated: bool = True) -> None:
        self._isolated = isolated
        self._group: AsyncTaskGroup | None = None
        self._native: asyncio.Task[None] | None = None
        self._scope: Any = None  # trio's cancel scope, and its token
        self._token: Any = None
        if in_trio():
            trio: Any = sys.modules["trio"]
            self._scope = trio.CancelScope()
            self._token = trio.lowlevel.current_trio_token()
        self._stopped = False
        self._ended = AsyncEvent()
        self._cancelled = False
        self._error: BaseException | None = None
        self._value: T | None = None

    def cancel(self) -> None:
        """Interrupt the work, or keep it from starting. No effect on work that has ended; its group goes on."""
        if self._ended.is_set():
            return
        self._stopped = True
        if self._scope is not None:
            self._cancel_scope()
        elif self._native is not None:
            loop = self._native.get_loop()
            if asyncio._get_running_loop() is loop:
                self._native.cancel()
            elif not loop.is_closed():  # a finaliser, in another thread
                loop.call_soon_threadsafe(self._native.cancel)
        if self._group is not None:
            self._group._drop(self)

    def _cancel_scope(self) -> None:
        if in_trio():
            self._scope.cancel()
            return
        trio: Any = sys.modules["trio"]
        try:  # a finaliser, in another thread
            self._token.run_sync_soon(self._scope.cancel)
        except trio.RunFinishedError:
            pass

    def done(self) -> bool:
        """Return whether the work has ended."""
        return self._ended.is_set()

    def cancelled(self) -> bool:
        """Return whether the work ended by being cancelled."""
        return self._cancelled

    async def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most ``timeout`` seconds; return whether it came. Raises nothing of the work's."""
        return await self._ended.wait(timeout)

    def exception(self) -> BaseException | None:
        """Return what the ended work raised; None if it did not, or was cancelled."""
        return self._error

    def value(self) -> T:
        """Return what the work returned. Raises what it raised, or RequestCancelled; to be asked after the end."""
        if self._error is not None:
            raise self._error
        if self._cancelled:
            raise RequestCancelled("the task was cancelled")
        return cast("T", self._value)

    async def _run(
        self,
        group: AsyncTaskGroup | None,
        function: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
    ) -> None:
        try:
            if self._scope is None:
                self._value = await function(*args)
            else:
                with self._scope:
                    self._value = await function(*args)
                self._cancelled = self._scope.cancelled_caught
        except Exception as error:
            if self._stopped or (group is not None and group.is_cancelled):
                self._cancelled = True
                return
            self._error = error
            if group is not None and not self._isolated:
                group._failed(error)
        except BaseException as error:
            if _is_cancellation(error):
                self._cancelled = True
                raise
            self._error = error
            if group is not None:
                group._failed(error)
            elif not isinstance(error, (KeyboardInterrupt, SystemExit)):
                return  # for whoever holds the task; one that leaves a system task of trio ends the whole run
            raise
        finally:
            self._end()

    def _native_ended(self, native: asyncio.Task[None]) -> None:
        self._native = None  # it keeps the traceback of its cancellation, and so whatever the work held
        if not self._ended.is_set():  # it was cancelled before its first step
            self._cancelled = True
            self._end()

    def _end(self) -> None:
        self._ended.set()
        group, self._group = self._group, None
        if group is not None:
            group._ended(self)


def _is_cancellation(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):  # a nursery of trio puts several together
        return all(map(_is_cancellation, error.exceptions))
    trio: Any = sys.modules.get("trio")
    return isinstance(error, asyncio.CancelledError) or (trio is not None and isinstance(error, trio.Cancelled))


_spawned: set[asyncio.Task[None]] = set()  # asyncio itself holds its tasks weakly


def async_spawn(function: Callable[..., Awaitable[T]], *args: Any) -> AsyncTask[T]:
    """Start ``function(*args)`` outside any block. Whoever holds the task must cancel it, and wait for its end."""
    task: AsyncTask[T] = AsyncTask()
    if task._scope is not None:
        trio: Any = sys.modules["trio"]
        trio.lowlevel.spawn_system_task(task._run, None, function, args, context=copy_context())
        return task
    task._native = native = asyncio.get_running_loop().create_task(task._run(None, function, args))
    _spawned.add(native)
    native.add_done_callback(_spawned.discard)
    native.add_done_callback(task._native_ended)
    return task


class AsyncTaskGroup:
    """Work side by side that ends with its block.

    ``start_soon`` starts a function at once, or when fewer than ``limit`` run. Leaving the block waits for all. The
    first failure, in the block itself or in what it started, cancels everything else, and is raised when all has
    ended: as it is, not wrapped; the failures that follow from it are dropped. Work started with ``isolated=True``
    may fail without that: its exception stays in its task. ``cancel()`` ends everything, the block included, and
    raises nothing. Cancelling what surrounds the group cancels the group.
    """

    def __init__(self, *, limit: int | None = None) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        self._limit = float("inf") if limit is None else limit
        self._running = 0
        self._queue: OrderedDict[AsyncTask[Any], Callable[[], None]] = OrderedDict()
        self._open = False
        self._cancelled = False
        self._first: BaseException | None = None
        self._asyncio: AsyncioNursery | None = None
        self._manager: Any = None  # trio's nursery manager, and the nursery
        self._nursery: Any = None

    @property
    def is_cancelled(self) -> bool:
        """Whether nothing can be started any more: the group was cancelled, or something in it failed."""
        return self._cancelled

    def start_soon(self, function: Callable[..., Awaitable[T]], *args: Any, isolated: bool = False) -> AsyncTask[T]:
        """Start ``function(*args)``, now or when a place is free. In a cancelled group the task is cancelled at once.

        Raises RuntimeError outside the block.
        """
        if not self._open:
            raise RuntimeError("work is started only inside the block: write `async with client.scope() as scope:`")
        task: AsyncTask[T] = AsyncTask(isolated=isolated)
        if self._cancelled:
            task._cancelled = True
            task._end()
            return task
        task._group = self
        start = partial(copy_context().run, partial(self._start, task, function, args))
        if self._running < self._limit:
            start()
        else:
            self._queue[task] = start
        return task

    def _start(self, task: AsyncTask[T], function: Callable[..., Awaitable[T]], args: tuple[Any, ...]) -> None:
        self._running += 1
        if self._asyncio is None:
            self._nursery.start_soon(task._run, self, function, args)
        else:
            task._native = self._asyncio.start(task._run(self, function, args))
            task._native.add_done_callback(task._native_ended)

    def _ended(self, task: AsyncTask[Any]) -> None:
        """Note the end of a task that ran, and start the one that takes its place."""
        self._running -= 1
        if self._queue and not self._cancelled:
            _, start = self._queue.popitem(last=False)
            start()

    def _drop(self, task: AsyncTask[Any]) -> None:
        """Take a cancelled task out of the queue."""
        if self._queue.pop(task, None) is not None:
            task._group = None
            task._cancelled = True
            task._end()

    def cancel(self) -> None:
        """End everything: what runs is interrupted, what did not start never will."""
        if not self._open or self._cancelled:
            return
        self._cancelled = True
        for task in list(self._queue):
            self._drop(task)
        if self._asyncio is None:
            self._nursery.cancel_scope.cancel()
        else:
            self._asyncio.cancel()

    def _failed(self, error: BaseException) -> None:
        if self._first is None:
            self._first = error
        self.cancel()

    async def __aenter__(self) -> AsyncTaskGroup:
        if self._manager is not None or self._asyncio is not None:
            raise RuntimeError("a task group can be entered once")
        if in_trio():
            trio: Any = sys.modules["trio"]
            self._manager = trio.open_nursery(strict_exception_groups=True)
            self._nursery = await self._manager.__aenter__()
        else:
            self._asyncio = AsyncioNursery()
        self._open = True
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if exc is not None:
            if not _is_cancellation(exc):
                self._failed(exc)
            self.cancel()
        try:
            if self._asyncio is not None:
                swallowed = await self._asyncio.leave(exc)
            else:
                swallowed = await self._leave_trio(exc_type, exc, traceback)
        finally:
            self._open = False
            self._cancelled = True
            first, self._first = self._first, None
        if first is exc:
            return swallowed
        if first is not None:
            _raise_as_it_is(first)
        return swallowed

    async def _leave_trio(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        try:
            return bool(await self._manager.__aexit__(exc_type, exc, traceback))
        except BaseException as error:
            if self._first is not None or error is exc:
                return False
            cancellation = error  # from outside
            while isinstance(cancellation, BaseExceptionGroup):
                cancellation = cancellation.exceptions[0]
            if cancellation is exc:
                return False
        raise cancellation


def _raise_as_it_is(error: BaseException) -> None:
    context = error.__context__
    try:
        raise error
    finally:
        error.__context__ = context  # not what the block raised as a consequence

"""Locks and waiting for tasks; the twin of waiting."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from types import TracebackType
from typing import Any, Generic, TypeVar

from .async_loop import in_trio
from .asyncio_timer import resolve, timer_of
from .cell import Cell, StateLock

__all__ = ["AsyncEvent", "AsyncLock", "AsyncSemaphore", "AsyncWaiter"]

T = TypeVar("T")


class AsyncWaiter(Cell[T], Generic[T]):
    """A cell for one value and the one task that waits for it: what a pool gives to those who must queue.

    It ends once: set, or given up, because the wait timed out or was cancelled.
    """

    __slots__ = ("_future", "_trio")

    def __init__(self) -> None:
        self._box = {}
        self._future: asyncio.Future[None] | None = None
        self._trio: tuple[Any, Any] | None = None  # trio's token and event

    def set(self, value: T) -> bool:
        """Hand a value over, from any thread. False if the cell was set before or nobody waits any more."""
        box = [value]
        if self._box.setdefault(0, box) is not box:
            return False
        future = self._future
        if future is not None:
            loop = future.get_loop()
            if asyncio._get_running_loop() is loop:
                resolve(future)
                return True
            try:
                loop.call_soon_threadsafe(resolve, future)
            except RuntimeError:  # its loop is closed, so nobody will ever take the value
                return not box or box.pop() is None
        elif self._trio is not None:
            return self._wake_trio(box)
        return True

    def _wake_trio(self, box: list[T]) -> bool:
        assert self._trio is not None
        token, event = self._trio
        trio: Any = sys.modules["trio"]
        if in_trio() and trio.lowlevel.current_trio_token() is token:
            event.set()
            return True
        try:
            token.run_sync_soon(event.set)
        except trio.RunFinishedError:
            return not box or box.pop() is None
        return True

    async def wait(self, timeout: float | None = None) -> T:
        """Wait for the value and return it; to be called once.

        ``timeout`` is in seconds, None waits for ever. Raises TimeoutError, after which ``set`` returns False: a value
        set in that very moment is returned instead. When the wait ends in any other exception (a cancellation, say)
        the cell is given up too, but a value may have been set just before: ``take()`` returns it.
        """
        if "trio" in sys.modules and in_trio():
            await self._wait_trio(timeout)
            return self._collect()
        loop = asyncio.get_running_loop()
        self._future = future = loop.create_future()
        if not self._box:
            timer = None if timeout is None else timer_of(loop)
            if timer is not None:
                timer.add(future, timeout)  # type: ignore[arg-type]
            try:
                await future
            except BaseException:
                self._give_up()
                raise
            finally:
                if timer is not None:
                    timer.deadlines.pop(future, None)
        return self._collect()

    async def _wait_trio(self, timeout: float | None) -> None:
        trio: Any = sys.modules["trio"]
        event = trio.Event()
        self._trio = (trio.lowlevel.current_trio_token(), event)
        if self._box:
            return
        try:
            with trio.CancelScope() as scope:
                if timeout is not None:
                    scope.deadline = trio.current_time() + timeout
                await event.wait()
        except BaseException:
            self._give_up()
            raise


class AsyncEvent:
    """A flag that is set once and for all, and the wait for it."""

    __slots__ = ("_flag", "_waiters")

    def __init__(self) -> None:
        self._flag = False
        self._waiters: OrderedDict[AsyncWaiter[None], None] = OrderedDict()

    def is_set(self) -> bool:
        """Return whether the flag is set."""
        return self._flag

    def set(self) -> None:
        """Set the flag and wake all who wait; from any thread."""
        self._flag = True
        waiters = self._waiters
        while waiters:
            try:
                waiter, _ = waiters.popitem(last=False)
            except KeyError:  # it timed out meanwhile
                break
            waiter.set(None)

    async def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set and return True; False after ``timeout`` seconds."""
        if self._flag:
            return True
        waiter = AsyncWaiter[None]()
        self._waiters[waiter] = None
        if self._flag:
            self._waiters.pop(waiter, None)
            return True
        try:
            await waiter.wait(timeout)
        except TimeoutError:
            return self._flag
        finally:
            self._waiters.pop(waiter, None)
        return True


class AsyncSemaphore:
    """Permits, given in the order they were asked for."""

    __slots__ = ("_lock", "_value", "_waiters")

    def __init__(self, value: int) -> None:
        if value < 0:
            raise ValueError(f"a semaphore can't start with {value} permits")
        self._value = value
        self._lock = StateLock()
        self._waiters: OrderedDict[AsyncWaiter[bool], None] = OrderedDict()

    @property
    def value(self) -> int:
        """How many permits are free."""
        return self._value

    def acquire_nowait(self) -> bool:
        """Take a permit if one is free; return whether it was had."""
        with self._lock:
            if self._value > 0:
                self._value -= 1
                return True
        return False

    async def acquire(self, timeout: float | None = None) -> bool:
        """Take a permit, waiting for it at most ``timeout`` seconds; return whether it was had."""
        with self._lock:
            if self._value > 0:
                self._value -= 1
                return True
            waiter = AsyncWaiter[bool]()
            self._waiters[waiter] = None
        try:
            return await waiter.wait(timeout)
        except TimeoutError:
            return False
        except BaseException:
            if waiter.take():
                self.release()
            raise
        finally:
            with self._lock:
                self._waiters.pop(waiter, None)

    def release(self) -> None:
        """Give a permit back, to the one who waits longest if anybody does."""
        with self._lock:
            while self._waiters:
                waiter, _ = self._waiters.popitem(last=False)
                if waiter.set(True):
                    return
            self._value += 1

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


class AsyncLock(AsyncSemaphore):
    """A lock around code that waits; not re-entrant, given in the order it was asked for."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(1)

    def locked(self) -> bool:
        """Return whether somebody holds the lock."""
        return self._value == 0

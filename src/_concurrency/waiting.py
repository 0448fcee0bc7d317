"""Locks and waiting for threads; the twin of async_waiting."""

from __future__ import annotations

from _thread import TIMEOUT_MAX, allocate_lock
from collections import OrderedDict
from types import TracebackType
from typing import Generic, TypeVar

from ..exceptions import RequestCancelled
from .cancel import current_token
from .cell import Cell, StateLock

__all__ = ["Event", "Lock", "Semaphore", "Waiter"]

T = TypeVar("T")


class Waiter(Cell[T], Generic[T]):
    """A cell for one value and the one thread that waits for it: what a pool gives to those who must queue.

    It ends once: set, or given up, because the wait timed out or was cancelled.
    """

    __slots__ = ("_cancelled", "_wake")

    def __init__(self) -> None:
        self._box = {}
        self._cancelled = False
        self._wake = wake = allocate_lock()
        wake.acquire()

    def set(self, value: T) -> bool:
        """Hand a value over, from any thread. False if the cell was set before or nobody waits any more."""
        box = [value]
        if self._box.setdefault(0, box) is not box:
            return False
        self._wake.release()
        return True

    def _interrupt(self) -> None:
        if self._give_up():
            self._cancelled = True
            self._wake.release()

    def wait(self, timeout: float | None = None) -> T:
        """Wait for the value and return it; to be called once.

        ``timeout`` is in seconds, None waits for ever. Raises TimeoutError, after which ``set`` returns False: a value
        set in that very moment is returned instead. When the wait ends in any other exception (RequestCancelled, say)
        the cell is given up too, but a value may have been set just before: ``take()`` returns it.
        """
        limit = -1.0 if timeout is None else min(max(timeout, 0.0), TIMEOUT_MAX)
        token = current_token()
        if token is None:
            try:
                self._wake.acquire(True, limit)
            except BaseException:  # KeyboardInterrupt
                self._give_up()
                raise
            return self._collect()
        interrupt = self._interrupt
        try:
            token.register(interrupt)
            self._wake.acquire(True, limit)
        except BaseException:
            self._give_up()
            raise
        finally:
            token.unregister(interrupt)
        if self._cancelled:
            raise RequestCancelled("the wait was cancelled by the scope it belongs to")
        return self._collect()


class Event:
    """A flag that is set once and for all, and the wait for it."""

    __slots__ = ("_flag", "_waiters")

    def __init__(self) -> None:
        self._flag = False
        self._waiters: OrderedDict[Waiter[None], None] = OrderedDict()

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

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set and return True; False after ``timeout`` seconds."""
        if self._flag:
            return True
        waiter = Waiter[None]()
        self._waiters[waiter] = None
        if self._flag:
            self._waiters.pop(waiter, None)
            return True
        try:
            waiter.wait(timeout)
        except TimeoutError:
            return self._flag
        finally:
            self._waiters.pop(waiter, None)
        return True


class Semaphore:
    """Permits, given in the order they were asked for."""

    __slots__ = ("_lock", "_value", "_waiters")

    def __init__(self, value: int) -> None:
        if value < 0:
            raise ValueError(f"a semaphore can't start with {value} permits")
        self._value = value
        self._lock = StateLock()
        self._waiters: OrderedDict[Waiter[bool], None] = OrderedDict()

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

    def acquire(self, timeout: float | None = None) -> bool:
        """Take a permit, waiting for it at most ``timeout`` seconds; return whether it was had."""
        with self._lock:
            if self._value > 0:
                self._value -= 1
                return True
            waiter = Waiter[bool]()
            self._waiters[waiter] = None
        try:
            return waiter.wait(timeout)
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

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


class Lock(Semaphore):
    """A lock around code that waits; not re-entrant, given in the order it was asked for."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(1)

    def locked(self) -> bool:
        """Return whether somebody holds the lock."""
        return self._value == 0

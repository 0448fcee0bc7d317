"""Work side by side in threads; the twin of async_tasks."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from ..exceptions import RequestCancelled
from .cancel import CancelToken, current_token, set_current
from .cell import StateLock
from .waiting import Event, Waiter

__all__ = ["Task", "TaskGroup", "spawn"]

T = TypeVar("T")


class Task(Generic[T]):
    """One piece of work, and how it ended: with a value, with an exception, or cancelled."""

    __slots__ = ("_cancelled", "_ended", "_error", "_group", "_isolated", "_thread", "_token", "_value", "_work")

    def __init__(self, work: Callable[[], T], token: CancelToken, *, isolated: bool = True) -> None:
        self._work: Callable[[], T] | None = work
        self._token = token
        self._isolated = isolated
        self._group: TaskGroup | None = None  # while it waits for its turn
        self._thread: threading.Thread | None = None
        self._ended = Event()
        self._cancelled = False
        self._error: BaseException | None = None
        self._value: T | None = None

    def cancel(self) -> None:
        """Interrupt the work, or keep it from starting. No effect on work that has ended; its group goes on."""
        self._token.cancel()
        group = self._group
        if group is not None:
            group._drop(self)

    def done(self) -> bool:
        """Return whether the work has ended."""
        return self._ended.is_set()

    def cancelled(self) -> bool:
        """Return whether the work ended by being cancelled."""
        return self._cancelled

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most ``timeout`` seconds; return whether it came. Raises nothing of the work's."""
        ended = self._ended.wait(timeout)
        if ended and self._thread is not None:
            self._thread.join()  # it has nothing left to do
        return ended

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

    def _run(self) -> None:
        """Do the work in this thread."""
        work, self._work = self._work, None
        before = set_current(self._token)
        try:
            self._token.check()
            if work is not None:
                self._value = work()
        except BaseException as error:
            self._fail(error)
        finally:
            set_current(before)

    def _fail(self, error: BaseException) -> None:
        if self._token.cancelled:
            self._cancelled = True  # whatever it raised: its sockets were shut under it
        else:
            self._error = error

    def _end(self) -> None:
        self._work = self._group = None
        self._token.close()
        self._ended.set()


def spawn(function: Callable[..., T], *args: Any) -> Task[T]:
    """Start ``function(*args)`` outside any block. Whoever holds the task must cancel it, and wait for its end."""
    task: Task[T] = Task(partial(copy_context().run, function, *args), CancelToken(current_token()))

    def run() -> None:
        task._run()
        task._end()

    task._thread = threading.Thread(target=run, name="duohttp", daemon=True)
    task._thread.start()
    return task


class TaskGroup:
    """Work side by side that ends with its block.

    ``start_soon`` starts a function at once, or when fewer than ``limit`` run. Leaving the block waits for all. The
    first failure, in the block itself or in what it started, cancels everything else, and is raised when all has
    ended: as it is, not wrapped; the failures that follow from it are dropped. Work started with ``isolated=True``
    may fail without that: its exception stays in its task. ``cancel()`` ends everything, the block included, and
    raises nothing. Cancelling what surrounds the group cancels the group.

    Threads are made as needed, kept while the block lasts, and gone after it.
    """

    def __init__(self, *, limit: int | None = None) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        self._limit = float("inf") if limit is None else limit
        self._workers = _Threads(self)
        self._lock = StateLock()
        self._open = False
        self._token: CancelToken | None = None
        self._around: CancelToken | None = None
        self._first: BaseException | None = None
        self._queue: deque[Task[Any]] = deque()
        self._running: set[Task[Any]] = set()
        self._last: Waiter[None] | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether nothing can be started any more: the group was cancelled, or something in it failed."""
        return self._token is not None and self._token.cancelled

    def start_soon(self, function: Callable[..., T], *args: Any, isolated: bool = False) -> Task[T]:
        """Start ``function(*args)``, now or when a place is free. In a cancelled group the task is cancelled at once.

        Raises RuntimeError outside the block.
        """
        if self._token is None or not self._open:
            raise RuntimeError("work is started only inside the block: write `with client.scope() as scope:`")
        work = partial(copy_context().run, function, *args)
        task: Task[T] = Task(work, CancelToken(self._token), isolated=isolated)
        with self._lock:
            started = False
            if task._token.cancelled:
                task._cancelled = True
            elif len(self._running) < self._limit:
                started = True
                self._running.add(task)
            else:
                task._group = self
                self._queue.append(task)
                return task
        if started:
            self._workers.start(task)
        else:
            task._end()
        return task

    def cancel(self) -> None:
        """End everything: what runs is interrupted, what did not start never will. From any thread."""
        if self._token is None:
            return
        self._token.cancel()
        with self._lock:
            queue = list(self._queue)
            self._queue.clear()
        for task in queue:
            task._cancelled = True
            task._end()

    def _drop(self, task: Task[Any]) -> None:
        """Take a cancelled task out of the queue."""
        with self._lock:
            if task not in self._queue:
                return
            self._queue.remove(task)
        task._cancelled = True
        task._end()

    def _ended(self, task: Task[Any]) -> Task[Any] | None:
        """Note the end of a task that ran; return the one that takes its place."""
        error = task._error
        if error is not None and not (task._isolated and isinstance(error, Exception)):
            self._fail(error)
        task._end()
        with self._lock:
            following = self._queue.popleft() if self._queue else None
            if following is not None:
                following._group = None
                self._running.add(following)
            self._running.discard(task)
            last = self._last if not self._running else None
        if last is not None:
            last.set(None)
        return following

    def _not_started(self, task: Task[Any], error: Exception) -> None:
        task._error = error
        following = self._ended(task)
        if following is not None:
            self._workers.start(following)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            if self._first is None:
                self._first = error
        self.cancel()

    def __enter__(self) -> TaskGroup:
        if self._token is not None:
            raise RuntimeError("a task group can be entered once")
        self._around = current_token()
        self._token = CancelToken(self._around)
        set_current(self._token)
        self._open = True
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        token = cast(CancelToken, self._token)
        stopped = isinstance(exc, RequestCancelled) and token.cancelled
        if exc is not None and not stopped:
            self._fail(exc)
        set_current(None)  # the wait is ended by the work, which is cancelled with the group
        try:
            self._wait()
        finally:
            self._open = False
            set_current(self._around)
            token.cancel()
            token.close()
        first, self._first = self._first, None
        if first is not None:
            if first is exc:
                return False
            _raise_as_it_is(first)
        if self._around is not None:
            self._around.check()
        return stopped

    def _wait(self) -> None:
        """Wait until nothing runs and no thread is left. A first KeyboardInterrupt cancels, a second one leaves."""
        interrupt: BaseException | None = None
        while True:
            with self._lock:
                if not self._running:
                    break
                waiter = self._last = Waiter[None]()
            try:
                waiter.wait()
            except BaseException as error:
                if interrupt is not None:
                    raise
                interrupt = error
                self._fail(error)
        self._workers.close()


def _raise_as_it_is(error: BaseException) -> None:
    context = error.__context__
    try:
        raise error
    finally:
        error.__context__ = context  # not what the block raised as a consequence


class _Threads:
    """Threads that take one task after another."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group
        self._lock = StateLock()
        self._idle: list[Waiter[Task[Any] | None]] = []
        self._threads: list[threading.Thread] = []

    def start(self, task: Task[Any]) -> None:
        with self._lock:
            idle = self._idle.pop() if self._idle else None
        if idle is not None:
            idle.set(task)
            return
        number = len(self._threads) + 1
        thread = threading.Thread(target=self._work, args=(task,), name=f"duohttp-{number}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system gives no more threads
            self._group._not_started(task, error)
        else:
            self._threads.append(thread)

    def _work(self, task: Task[Any] | None) -> None:
        while task is not None:
            task._run()
            # ready for more before the end is told, or whoever waits for it would start another thread
            waiter = Waiter[Task[Any] | None]()
            with self._lock:
                self._idle.append(waiter)
            following = self._group._ended(task)
            if following is not None:
                self.start(following)
            task = None
            del following
            task = waiter.wait()

    def close(self) -> None:
        with self._lock:
            idle = list(self._idle)
            self._idle.clear()
        for waiter in idle:
            waiter.set(None)
        for thread in self._threads:
            thread.join()

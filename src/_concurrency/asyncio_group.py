"""The nursery of asyncio.

asyncio.TaskGroup has no cancel(), and up to Python 3.12 leaves ``cancelling()`` of its task wrong when a task fails
while the block is being left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

__all__ = ["AsyncioNursery"]


class AsyncioNursery:
    """Tasks that end with a block. It knows nothing of results: a task that raises has told its owner before."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        host = asyncio.current_task()
        if host is None:
            raise RuntimeError("a task group needs a task to run in")
        self._host: asyncio.Task[Any] = host
        self._before = host.cancelling()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._leaving = False
        self._host_cancelled = False
        self._empty: asyncio.Future[None] | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        if self._stopped:
            task.cancel()
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # or asyncio complains that nobody asked
        if not self._tasks and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def cancel(self) -> None:
        """Cancel all tasks, and the block unless it is being left."""
        if self._stopped:
            return
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        if asyncio.current_task() is self._host:
            # A task that cancels itself has it happen at its next await, which may be long after the block.
            self._loop.call_soon(self._cancel_host)
        else:
            self._cancel_host()

    def _cancel_host(self) -> None:
        if not self._leaving and not self._host.done():
            self._host_cancelled = True
            self._host.cancel()

    async def leave(self, exc: BaseException | None) -> bool:
        """Wait for all tasks. Return whether ``exc`` came of our own cancel(); raise a cancellation from outside."""
        self._leaving = True
        cancellation = exc if isinstance(exc, asyncio.CancelledError) else None
        if exc is not None:
            self.cancel()
        ours = False
        if self._host_cancelled and self._host.uncancel() <= self._before and cancellation is not None:
            cancellation = None
            ours = True
        while self._tasks:
            self._empty = self._loop.create_future()
            try:
                await self._empty
            except asyncio.CancelledError as error:
                cancellation = error
                self.cancel()
        if cancellation is not None and cancellation is not exc:
            raise cancellation
        return ours

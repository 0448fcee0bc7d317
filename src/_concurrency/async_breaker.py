"""A call of a task that may be broken off from outside."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from .async_loop import in_trio

__all__ = ["AsyncBreaker"]

T = TypeVar("T")


class AsyncBreaker:
    """Runs one call, which ``break_off`` ends from anywhere: other tasks and threads too.

    Then ``run`` raises what ``error`` makes. A call that ended before is left as it is.
    """

    __slots__ = ("_broken", "_error", "_stop")

    def __init__(self, error: Callable[[], Exception]) -> None:
        self._error = error
        self._broken = False
        self._stop: Callable[[], object] | None = None

    async def run(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Return ``function(*args)``, or raise the error if it was broken off, even before it began."""
        if self._broken:
            raise self._error()
        return await (self._run_in_trio if in_trio() else self._run_in_asyncio)(function, args)

    async def _run_in_asyncio(self, function: Callable[..., Awaitable[T]], args: tuple[Any, ...]) -> T:
        loop = asyncio.get_running_loop()
        stopped: BaseException | None = None
        limit = asyncio.timeout(None)

        def expire() -> None:
            if self._stop is not None:
                limit.reschedule(loop.time())

        try:
            async with limit:
                self._stop = lambda: loop.call_soon_threadsafe(expire)
                try:
                    if self._broken:  # by another thread, just now
                        expire()
                    return await function(*args)
                except asyncio.CancelledError as error:
                    stopped = error
                    raise
                finally:
                    self._stop = None
        except TimeoutError as error:
            if stopped is None or error.__cause__ is not stopped:
                raise  # one of the function's own
        raise self._error()

    async def _run_in_trio(self, function: Callable[..., Awaitable[T]], args: tuple[Any, ...]) -> T:
        trio: Any = sys.modules["trio"]
        token = trio.lowlevel.current_trio_token()
        with trio.CancelScope() as scope:
            self._stop = lambda: token.run_sync_soon(scope.cancel)
            try:
                if self._broken:
                    scope.cancel()
                return await function(*args)
            finally:
                self._stop = None
        raise self._error()

    def break_off(self) -> None:
        """End the call, if it is still under way."""
        self._broken = True
        stop = self._stop
        if stop is not None:
            try:
                stop()
            except RuntimeError:  # its event loop has ended, and the call with it
                pass

"""An event loop in a thread, for what is async in the blocking client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from .._concurrency import Waiter, async_spawn
from ..exceptions import CloseError

__all__ = ["Portal"]

T = TypeVar("T")


class Portal:
    """A thread that runs an asyncio loop until it is stopped; a daemon, so it keeps no program from ending."""

    def __init__(self) -> None:
        ready = Waiter[asyncio.AbstractEventLoop]()
        self._thread = threading.Thread(target=self._serve, args=(ready,), name="duohttp-asgi", daemon=True)
        self._thread.start()
        self._loop = ready.wait()

    def _serve(self, ready: Waiter[asyncio.AbstractEventLoop]) -> None:
        asyncio.run(self._main(ready))

    async def _main(self, ready: Waiter[asyncio.AbstractEventLoop]) -> None:
        self._stopped = asyncio.Event()
        ready.set(asyncio.get_running_loop())
        await self._stopped.wait()

    def soon(self, function: Callable[..., object], *args: Any) -> bool:
        """Have ``function(*args)`` called in the loop; from any thread. False when the loop has ended."""
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            return False
        return True

    def run(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Run an async function in the loop, and return or raise as it does. Raises CloseError in an ended loop."""
        done = Waiter[tuple[Any, BaseException | None]]()

        async def work() -> None:
            try:
                result = (await function(*args), None)
            except BaseException as error:
                done.set((None, error))
                if not isinstance(error, Exception):
                    raise
            else:
                done.set(result)

        if not self.soon(async_spawn, work):
            raise CloseError("the client was closed")
        value, error = done.wait()
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]

    def stop(self, *, wait: bool) -> None:
        """End loop and thread. Never waits when called in that thread. May be called again."""
        self.soon(self._stopped.set)
        if wait and threading.current_thread() is not self._thread:
            self._thread.join()

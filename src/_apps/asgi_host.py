"""Where the calls of an ASGI application run: in the loop of the async client, or in one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._concurrency import AsyncShield, AsyncTask, Lock, async_owner, async_spawn, monotonic
from ..exceptions import CloseError
from ..rules.app_response import app_name
from .lifespan import Lifespan
from .portal import Portal

if TYPE_CHECKING:
    from ..engines.asgi import AsgiEngine
    from .asgi_call import AsgiCall
    from .socket_call import SocketCall

__all__ = ["AsgiHost", "AsyncAsgiHost"]

GRACE = 1.0
"""How long an application that was told of a disconnect may go on, in seconds."""


class AsyncAsgiHost:
    """Runs an application in the loop that makes the host; the twin of AsgiHost."""

    def __init__(self, options: AsgiEngine) -> None:
        self._options = options
        self._owner = async_owner()
        self._lifespan: Lifespan | None = None
        if options.lifespan != "off":
            required = options.lifespan == "on"
            name = app_name(options.app)
            self._lifespan = Lifespan(options.app, name, required=required, timeout=options.lifespan_timeout)
        self._calls: set[AsgiCall | SocketCall] = set()

    async def ready(self, timeout: float | None) -> dict[str, Any] | None:
        """Wait for the application's startup and return its state. Raises ApplicationError, TimeoutError."""
        if self._lifespan is None:
            return None
        return await self._lifespan.startup(timeout)

    def start(self, call: AsgiCall | SocketCall) -> None:
        """Start a call. If its response is given up, it is cancelled a moment later."""
        call.exchange.on_give_up = lambda: self._soon(self._dismiss, call)
        self._calls.add(call)
        call.task = async_spawn(self._run, call)

    async def _run(self, call: AsgiCall | SocketCall) -> None:
        try:
            await call.run()
        finally:
            self._calls.discard(call)

    def _dismiss(self, call: AsgiCall | SocketCall) -> None:
        if call.task is not None and not call.task.done():
            async_spawn(_see_off, call.task)

    def _soon(self, function: Callable[..., object], *args: Any) -> None:
        """Have something called in the loop of this host, from anywhere."""
        try:
            if isinstance(self._owner, asyncio.AbstractEventLoop):
                self._owner.call_soon_threadsafe(function, *args)
            else:
                self._owner.run_sync_soon(function, *args)  # type: ignore[attr-defined]
        except RuntimeError:  # trio's RunFinishedError is one too: the loop has ended, and all tasks with it
            pass

    async def aclose(self) -> None:
        """End all calls, then the application's lifespan. Raises ApplicationError when the shutdown fails."""
        async with AsyncShield():
            calls = list(self._calls)
            for call in calls:
                call.exchange.shut(CloseError("the client was closed while the request was under way"))
            end = monotonic() + GRACE
            for call in calls:
                if call.task is not None and not await call.task.wait(max(end - monotonic(), 0.0)):
                    call.task.cancel()
                    await call.task.wait(GRACE)
            if self._lifespan is not None:
                await self._lifespan.shutdown()

    def abandon(self) -> None:
        """End all without waiting."""
        for call in list(self._calls):
            call.exchange.give_up()
        if self._lifespan is not None:
            self._lifespan.cancel()


async def _see_off(task: AsyncTask[None]) -> None:
    if not await task.wait(GRACE):
        task.cancel()


class AsgiHost:
    """Runs an application in a loop of its own, in a thread; the twin of AsyncAsgiHost."""

    def __init__(self, options: AsgiEngine) -> None:
        self._options = options
        self._lock = Lock()
        self._portal: Portal | None = None
        self._inner: AsyncAsgiHost | None = None
        self._started: list[dict[str, Any] | None] = []

    def ready(self, timeout: float | None) -> dict[str, Any] | None:
        """Wait for the application's startup and return its state. Raises ApplicationError, TimeoutError."""
        with self._lock:
            portal, inner = self._portal, self._inner
            if portal is None or inner is None:
                portal = self._portal = Portal()
                inner = self._inner = portal.run(_make, self._options)
        if not self._started:
            state = portal.run(inner.ready, timeout)
            self._started.append(state)
        return self._started[0]

    def start(self, call: AsgiCall | SocketCall) -> None:
        """Start a call. If its response is given up, it is cancelled a moment later. Raises CloseError."""
        portal, inner = self._portal, self._inner
        if portal is None or inner is None or not portal.soon(inner.start, call):
            raise CloseError("the client was closed")

    def close(self) -> None:
        """End all calls, then the application's lifespan, then the thread. Raises ApplicationError."""
        with self._lock:
            portal, self._portal = self._portal, None
        if portal is not None and self._inner is not None:
            try:
                portal.run(self._inner.aclose)
            finally:
                portal.stop(wait=True)

    def abandon(self) -> None:
        """End all without waiting."""
        portal, self._portal = self._portal, None
        if portal is not None and self._inner is not None:
            portal.soon(self._inner.abandon)
            portal.stop(wait=False)


async def _make(options: AsgiEngine) -> AsyncAsgiHost:
    return AsyncAsgiHost(options)

"""Time limits that are nearly never reached, without a timer for each."""

from __future__ import annotations

import asyncio

__all__ = ["LazyTimer", "resolve", "timer_of"]


def resolve(future: asyncio.Future[None]) -> None:
    """Wake whoever waits for the future."""
    if not future.done():
        future.set_result(None)


class LazyTimer:
    """Resolves the futures of one loop that are still waited for at their deadlines.

    There is one timer of the loop's, armed for the soonest deadline known when it was armed. A wait that ends
    sooner only removes its deadline: a timer that fires early is armed again.
    """

    __slots__ = ("_armed_for", "_handle", "_loop", "deadlines")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None
        self._armed_for = float("inf")
        self.deadlines: dict[asyncio.Future[None], float] = {}

    def add(self, future: asyncio.Future[None], timeout: float) -> None:
        """Resolve the future in ``timeout`` seconds; the caller takes it out of ``deadlines`` when it is done."""
        self.deadlines[future] = deadline = self._loop.time() + timeout
        if deadline < self._armed_for:
            self._arm(deadline)

    def _arm(self, deadline: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._armed_for = deadline
        self._handle = self._loop.call_at(deadline, self._fire)

    def _fire(self) -> None:
        self._handle = None
        self._armed_for = float("inf")
        now = self._loop.time() + 0.001  # loops round
        for future in [future for future, deadline in self.deadlines.items() if deadline <= now]:
            del self.deadlines[future]
            resolve(future)
        if self.deadlines:
            self._arm(min(self.deadlines.values()))
        else:
            _timers.pop(self._loop, None)


_timers: dict[asyncio.AbstractEventLoop, LazyTimer] = {}


def timer_of(loop: asyncio.AbstractEventLoop) -> LazyTimer:
    """Return the timer of a running loop."""
    timer = _timers.get(loop)
    if timer is None:
        for other in list(_timers):
            if other.is_closed():
                _timers.pop(other, None)
        timer = _timers[loop] = LazyTimer(loop)
    return timer

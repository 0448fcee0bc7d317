"""The clock, which a test can replace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Clock", "ManualClock", "async_sleep", "monotonic", "sleep", "use_clock", "wall_time"]


class Clock:
    """The real clock. A subclass given to ``use_clock`` replaces it for the whole process.

    Deadlines, ages and sleeps go by this clock; the limit of one wait (a ``timeout``) always goes by the real one.
    """

    def monotonic(self) -> float:
        """Return seconds on a clock that never steps back."""
        return time.monotonic()

    def wall_time(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Block this thread. Raises RequestCancelled when its CancelToken is cancelled."""
        from .cancel import pause

        pause(seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Suspend this task."""
        from .async_loop import pause

        await pause(seconds)


class ManualClock(Clock):
    """A clock for tests: it stands still, and a sleep sets it forward at once.

    ``sleeps`` holds the seconds of every sleep, in order. ``advance`` sets the clock forward by hand.
    """

    def __init__(self, *, monotonic: float = 1000.0, wall_time: float = 1_700_000_000.0) -> None:
        self._monotonic = monotonic
        self._wall_time = wall_time
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        """Return the seconds the clock was set to."""
        return self._monotonic

    def wall_time(self) -> float:
        """Return the seconds since the epoch that the clock was set to."""
        return self._wall_time

    def advance(self, seconds: float) -> None:
        """Set both clocks forward."""
        self._monotonic += seconds
        self._wall_time += seconds

    def sleep(self, seconds: float) -> None:
        """Note the sleep and set the clock forward."""
        self.sleeps.append(seconds)
        self.advance(seconds)
        super().sleep(0)

    async def async_sleep(self, seconds: float) -> None:
        """Note the sleep and set the clock forward; other tasks get their turn."""
        self.sleeps.append(seconds)
        self.advance(seconds)
        await super().async_sleep(0)


_clock = Clock()
now: Callable[[], float] = time.monotonic
"""``monotonic`` without the call in between: ``clock.now()``, for what every request does. Another clock rebinds it."""
_wall_time: Callable[[], float] = time.time


def monotonic() -> float:
    """Return seconds on a clock that never steps back."""
    return now()


def wall_time() -> float:
    """Return seconds since the epoch."""
    return _wall_time()


def sleep(seconds: float) -> None:
    """Sleep for ``seconds``; zero lets others run. Raises RequestCancelled when this thread's token is cancelled."""
    _clock.sleep(seconds)


async def async_sleep(seconds: float) -> None:
    """Sleep for ``seconds``; zero lets others run."""
    await _clock.async_sleep(seconds)


def _install(clock: Clock) -> None:
    global _clock, now, _wall_time
    real = type(clock) is Clock
    _clock = clock
    now = time.monotonic if real else clock.monotonic
    _wall_time = time.time if real else clock.wall_time


@contextmanager
def use_clock(clock: Clock) -> Iterator[Clock]:
    """Make the whole process go by another clock inside the block; for tests."""
    before = _clock
    _install(clock)
    try:
        yield clock
    finally:
        _install(before)

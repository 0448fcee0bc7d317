"""How long things may take."""

from __future__ import annotations

from math import isnan
from typing import TypeAlias

from .. import _concurrency
from ..exceptions import TimeoutException, TotalTimeout
from .unset import UNSET, Unset

__all__ = ["DEFAULT_TIMEOUT", "Deadline", "Timeout", "TimeoutTypes", "shown_seconds"]

FIELDS = ("connect", "read", "write", "pool", "total")
_WANTED = "timeout is a number of seconds, (connect, read), a Timeout or None"


def _checked(name: str, value: float | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        shown = f"timeout {name!r} must be a number of seconds or None" if name else _WANTED
        raise TypeError(f"{shown}, not {type(value).__name__}")
    if isnan(value) or value < 0:
        raise ValueError(f"timeout {name!r} must not be negative: {value!r}")
    return None if value == float("inf") else float(value)


def shown_seconds(seconds: float | None) -> str:
    """Return seconds as errors show them: what was left of a limit has more digits than anybody wants to read."""
    seconds = seconds or 0.0
    return f"{seconds:.2g} s" if seconds < 0.1 else f"{round(seconds, 2):g} s"


class Timeout:
    """Limits in seconds; None means no limit.

    ``connect`` covers name lookup, TCP and TLS; ``read`` and ``write`` are the longest silence between two pieces;
    ``pool`` the wait for a free connection; ``total`` the whole call by the clock, redirects, retries and body
    included. ``Timeout(10)`` sets all but ``total``. Raises ValueError for a negative limit.
    """

    __slots__ = FIELDS

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None
    total: float | None

    def __init__(
        self,
        timeout: float | Unset | None = UNSET,
        *,
        connect: float | Unset | None = UNSET,
        read: float | Unset | None = UNSET,
        write: float | Unset | None = UNSET,
        pool: float | Unset | None = UNSET,
        total: float | None = None,
    ) -> None:
        given = {"connect": connect, "read": read, "write": write, "pool": pool}
        defaults = {"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 30.0}
        if not isinstance(timeout, (Unset, int, float)) or isinstance(timeout, bool):
            _checked("", timeout)
        for name, value in given.items():
            if isinstance(value, Unset):
                value = defaults[name] if isinstance(timeout, Unset) else timeout
            object.__setattr__(self, name, _checked(name, value))
        object.__setattr__(self, "total", _checked("total", total))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Timeout can't be changed; make another one, for example with replace()")

    def replace(self, **changes: float | None) -> Timeout:
        """Return a copy with some limits changed."""
        return Timeout(**{name: getattr(self, name) for name in FIELDS} | changes)

    @classmethod
    def of(cls, value: TimeoutTypes) -> Timeout:
        """Return a Timeout for what users write: a Timeout, a number for all but total, (connect, read), or None."""
        if isinstance(value, Timeout):
            return value
        if isinstance(value, tuple):
            if len(value) != 2:
                raise ValueError("a timeout tuple is (connect, read); use Timeout(...) for more")
            connect, read = value
            return cls(connect=connect, read=read)
        return cls(value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timeout):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in FIELDS)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in FIELDS))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, tuple(getattr(self, name) for name in FIELDS)

    def __repr__(self) -> str:
        return f"Timeout({', '.join(f'{name}={getattr(self, name)!r}' for name in FIELDS)})"


def _rebuild(
    connect: float | None, read: float | None, write: float | None, pool: float | None, total: float | None
) -> Timeout:
    return Timeout(connect=connect, read=read, write=write, pool=pool, total=total)


TimeoutTypes: TypeAlias = Timeout | float | tuple[float | None, float | None] | None
DEFAULT_TIMEOUT = Timeout()


class Deadline:
    """A point on the monotonic clock by which a whole call must have ended."""

    __slots__ = ("at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        try:
            self.at = _concurrency.monotonic() + seconds
        except TypeError:
            raise TypeError(f"seconds of Deadline is a number, not {type(seconds).__name__}") from None

    def remaining(self) -> float:
        """Return the seconds left, never negative."""
        left = self.at - _concurrency.monotonic()
        return left if left > 0.0 else 0.0

    @property
    def expired(self) -> bool:
        """Whether no time is left."""
        return self.at <= _concurrency.monotonic()

    def overrun(self, detail: str = "") -> TimeoutException:
        """Return the error that says that the time is over; ``detail`` is what was going on."""
        return TotalTimeout(f"the call took longer than {self.seconds:g} s" + (detail and f" ({detail})"))

    def clamp(self, timeout: float | None) -> float:
        """Return the smaller of a timeout and what is left. Raises TotalTimeout when nothing is left.

        Raising here keeps the promise also where data comes so fast that nobody ever waits.
        """
        left = self.at - _concurrency.monotonic()
        if left <= 0.0:
            raise self.overrun()
        return left if timeout is None or left < timeout else timeout

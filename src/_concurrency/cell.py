"""What both columns build on: the one-shot cell and the state lock."""

from __future__ import annotations

from _thread import RLock as StateLock
from typing import Generic, TypeVar

__all__ = ["AsyncStateLock", "Cell", "StateLock"]

T = TypeVar("T")

# StateLock, which is AsyncStateLock too, guards state: used with a plain ``with``, never held while waiting or doing
# I/O. It is re-entrant, because the garbage collector may run a finaliser inside the block that enters it again. It is
# a real lock in both columns: a finaliser may run in another thread, two event loops may share a client, and it costs
# no more than a no-op written in Python would.
AsyncStateLock = StateLock


class Cell(Generic[T]):
    """A place that is either set or given up, whichever comes first; atomic without a lock.

    A lock would do harm here: a finaliser that runs while it is held might set the same cell.
    """

    __slots__ = ("_box",)

    # dict.setdefault decides the race: the first list put under the key 0 stays. An empty list means given up.
    _box: dict[int, list[T]]

    def _give_up(self) -> bool:
        """Give up; return whether that ended an open cell."""
        box: list[T] = []
        return self._box.setdefault(0, box) is box

    def _collect(self) -> T:
        """Return the value, once. Raises TimeoutError for a cell that was still open, and gives it up."""
        box = self._box.setdefault(0, [])
        try:
            return box.pop()
        except IndexError:
            raise TimeoutError from None

    def take(self) -> T | None:
        """Give up, and return the value that was set but that ``wait`` did not return; None where there is none.

        To be called after ``wait`` raised, so that what was handed over in that very moment can be handed on. It
        returns the value once.
        """
        box = self._box.setdefault(0, [])
        try:
            return box.pop()
        except IndexError:
            return None

    @property
    def is_open(self) -> bool:
        """Whether the cell is neither set nor given up."""
        return not self._box

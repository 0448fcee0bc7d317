"""Which bytes of a file are there, and which to ask for next."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

__all__ = ["Ranges", "pieces_of"]


class Ranges:
    """Bytes that are there, as ranges ``(first, end)`` whose end is no part of them: in order, apart, none empty."""

    __slots__ = ("_ends", "_firsts", "size")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._ends: list[int] = []
        self.size = 0
        for first, end in ranges:
            self.add(first, end)

    def add(self, first: int, end: int) -> None:
        """Note that these bytes are there, some of them maybe for the second time."""
        if first >= end:
            return
        low = bisect_left(self._ends, first)
        high = bisect_right(self._firsts, end)
        if low < high:  # it touches some, and becomes one with them
            first = min(first, self._firsts[low])
            end = max(end, self._ends[high - 1])
            self.size -= sum(self._ends[low:high]) - sum(self._firsts[low:high])
        self._firsts[low:high] = [first]
        self._ends[low:high] = [end]
        self.size += end - first

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._firsts, self._ends, strict=True))

    def missing(self, length: int) -> list[tuple[int, int]]:
        """Return the ranges that are not there, of a file that is so long."""
        found = []
        at = 0
        for first, end in self:
            if first > at:
                found.append((at, min(first, length)))
            at = end
        if at < length:
            found.append((at, length))
        return found


def pieces_of(missing: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """Return ranges cut into pieces of at most ``size`` bytes, the last first, so that ``pop`` takes them in order."""
    pieces = [(at, min(at + size, end)) for first, end in missing for at in range(first, end, size)]
    pieces.reverse()
    return pieces

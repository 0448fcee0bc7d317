"""Which request is next: fairness between origins."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["FairQueue"]

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items by key (the origin); ``pop`` takes from the key with the fewest in flight, in turn among equals.

    So a slow origin holds its share of the places and no more, as long as others have something to do. Within a key,
    items keep their order. Not safe between threads.
    """

    def __init__(self) -> None:
        self._queues: dict[Hashable, deque[T]] = {}
        self._in_flight: dict[Hashable, int] = {}
        # The keys that have items, by how many they have in flight.
        self._levels: list[OrderedDict[Hashable, None]] = [OrderedDict()]
        self._size = 0

    def push(self, key: Hashable, item: T) -> None:
        """Add an item."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = deque()
            self._level(self._in_flight.get(key, 0))[key] = None
        queue.append(item)
        self._size += 1

    def pop(self) -> tuple[Hashable, T] | None:
        """Take the next item, and its key for ``done``; None where there is none."""
        if not self._size:
            return None
        key = self._next_key()
        count = self._in_flight.get(key, 0)
        queue = self._queues[key]
        item = queue.popleft()
        self._size -= 1
        self._in_flight[key] = count + 1
        del self._levels[count][key]
        if queue:
            self._level(count + 1)[key] = None
        else:
            del self._queues[key]
        return key, item

    def done(self, key: Hashable) -> None:
        """Note that an item of this key is in flight no more."""
        count = self._in_flight[key]
        if key in self._queues:
            del self._levels[count][key]
            self._levels[count - 1][key] = None
        if count == 1:
            del self._in_flight[key]
        else:
            self._in_flight[key] = count - 1

    def _next_key(self) -> Hashable:
        if len(self._queues) == 1:
            return next(iter(self._queues))
        level = next(level for level in self._levels if level)
        return next(iter(level))

    def _level(self, count: int) -> OrderedDict[Hashable, None]:
        while len(self._levels) <= count:
            self._levels.append(OrderedDict())
        return self._levels[count]

    def __len__(self) -> int:
        return self._size

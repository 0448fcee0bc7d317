"""A queue between two sides, each of which may be a task or a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._concurrency import AsyncWaiter, StateLock, Waiter

if TYPE_CHECKING:
    AnyWaiter = AsyncWaiter[None] | Waiter[None]

__all__ = ["Mailbox"]

T = TypeVar("T")

LIMIT = 65536
"""How many bytes may lie unread before those who send them wait."""


class Mailbox(Generic[T]):
    """Items in order, from any side to any side. ``put`` never waits; ``room`` waits until enough was taken."""

    def __init__(self) -> None:
        self._lock = StateLock()
        self._items: deque[tuple[T, int]] = deque()
        self._size = 0
        self._closed = False
        self._takers: list[AnyWaiter] = []
        self._senders: list[AnyWaiter] = []
        self.on_empty: Callable[[], object] | None = None
        """Called when somebody comes to take and there is nothing."""

    @property
    def closed(self) -> bool:
        """Whether nothing more is put."""
        return self._closed

    def put(self, item: T, size: int = 0) -> None:
        """Add an item that counts as so many bytes; nothing happens when the box is closed."""
        with self._lock:
            if self._closed:
                return
            self._items.append((item, size))
            self._size += size
            takers, self._takers = self._takers, []
        _wake(takers)

    def close(self, *, drop: bool = False) -> None:
        """Let takers find None when nothing is left, or at once if what is there is dropped. May be called again."""
        with self._lock:
            self._closed = True
            if drop:
                self._items.clear()
                self._size = 0
            takers, self._takers = self._takers, []
            senders, self._senders = self._senders, []
        _wake(takers)
        _wake(senders)

    async def async_take(self, timeout: float | None = None) -> T | None:
        """Take the next item, or None from a closed box. Raises TimeoutError after ``timeout`` seconds."""
        found: list[T | None] = []
        while True:
            waiter = AsyncWaiter[None]()
            if self._try(waiter, found):
                return found[0]
            await waiter.wait(timeout)

    def take(self, timeout: float | None = None) -> T | None:
        """As ``async_take``, in a thread."""
        found: list[T | None] = []
        while True:
            waiter = Waiter[None]()
            if self._try(waiter, found):
                return found[0]
            waiter.wait(timeout)

    def _try(self, waiter: AnyWaiter, found: list[T | None]) -> bool:
        """Take the next item into ``found``, or note who waits for it."""
        senders: list[AnyWaiter] = []
        with self._lock:
            if self._items:
                item, size = self._items.popleft()
                found.append(item)
                self._size -= size
                if self._size < LIMIT:
                    senders, self._senders = self._senders, senders
            elif self._closed:
                found.append(None)
            else:
                self._takers.append(waiter)
        _wake(senders)
        if not found and self.on_empty is not None:
            self.on_empty()
        return bool(found)

    async def async_room(self, timeout: float | None = None) -> None:
        """Wait until less than 64 KiB lie unread, or the box is closed. Raises TimeoutError."""
        while (waiter := self._full(AsyncWaiter[None])) is not None:
            await waiter.wait(timeout)

    def room(self, timeout: float | None = None) -> None:
        """As ``async_room``, in a thread."""
        while (waiter := self._full(Waiter[None])) is not None:
            waiter.wait(timeout)

    def _full(self, make: Callable[[], Any]) -> Any:
        with self._lock:
            if self._size < LIMIT or self._closed:
                return None
            waiter = make()
            self._senders.append(waiter)
            return waiter


def _wake(waiters: list[AnyWaiter]) -> None:
    for waiter in waiters:
        waiter.set(None)

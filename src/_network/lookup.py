"""Name lookups in threads of their own, as ``getaddrinfo`` knows neither time limits nor cancellation.

The threads are daemons: a lookup nobody waits for any more keeps neither a program nor an event loop from ending.
They live as long as there are lookups, and there are at most ``MAX_THREADS``. Those who ask the same thing at the
same time share one lookup.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Hashable
from copy import copy
from typing import Any

__all__ = ["Lookup", "start"]

MAX_THREADS = 32


class Lookup:
    """One call under way."""

    __slots__ = ("callbacks", "done", "error", "function", "key", "result")

    def __init__(self, key: Hashable, function: Callable[[], Any]) -> None:
        self.key = key
        self.function = function
        self.done = False
        self.result: Any = None
        self.error: Exception | None = None
        self.callbacks: list[Callable[[], object]] = []

    def value(self) -> Any:
        """Return the result of the ended call, or raise its error: a copy, as others may raise it too."""
        if self.error is None:
            return self.result
        error = copy(self.error)
        error.__cause__ = self.error.__cause__
        raise error

    def forget(self, callback: Callable[[], object]) -> None:
        """Wait no longer; a call that has not begun and that nobody waits for is dropped."""
        with _lock:
            if callback in self.callbacks:
                self.callbacks.remove(callback)
                if not self.callbacks and self in _queue:
                    _queue.remove(self)
                    del _under_way[self.key]

    def run(self) -> None:
        """Make the call, in a thread made for it."""
        try:
            self.result = self.function()
        except Exception as error:
            self.error = error
        with _lock:
            self.done = True
            if _under_way.get(self.key) is self:
                del _under_way[self.key]
            callbacks, self.callbacks = self.callbacks, []
        for callback in callbacks:
            try:
                callback()
            except Exception:  # the loop that asked is closed
                pass


_lock = threading.Lock()
_under_way: dict[Hashable, Lookup] = {}
_queue: deque[Lookup] = deque()
_threads = 0


def start(key: Hashable, function: Callable[[], Any], callback: Callable[[], object]) -> Lookup:
    """Join the lookup of this key that is under way, or start one that calls ``function`` in a thread.

    ``callback`` is called once, in that thread, when the lookup has ended.
    """
    global _threads
    with _lock:
        lookup = _under_way.get(key)
        if lookup is not None:
            lookup.callbacks.append(callback)
            return lookup
        lookup = _under_way[key] = Lookup(key, function)
        lookup.callbacks.append(callback)
        _queue.append(lookup)
        if _threads >= MAX_THREADS:
            return lookup
        _threads += 1
    try:
        threading.Thread(target=_work, name="duohttp-lookup", daemon=True).start()
    except BaseException:
        with _lock:
            _threads -= 1
        lookup.forget(callback)
        raise
    return lookup


def _work() -> None:
    global _threads
    while True:
        with _lock:
            if not _queue:
                _threads -= 1
                return
            lookup = _queue.popleft()
        lookup.run()


def _start_anew() -> None:
    """In a forked child there are none of the threads."""
    global _lock, _threads
    _lock = threading.Lock()
    _under_way.clear()
    _queue.clear()
    _threads = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)

"""What a cache remembers of the calls under way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from .coalescing import Flights

__all__ = ["CacheState", "Pending"]

MAX_ALONE = 1024
"""Of how many keys it is remembered that waiting for another's response is of no use."""


class Pending:
    """A response on its way into the cache; ``dropped`` when it is out of date before it is there."""

    __slots__ = ("dropped", "key")

    def __init__(self, key: str) -> None:
        self.key = key
        self.dropped = False


class CacheState:
    """The calls under way. Not safe between threads.

    ``flights``: who waits for whom; ``landings``: how many have ended. ``refreshing``: what is validated beside its
    use, by key of its request, and ``background`` the work that does it.
    """

    __slots__ = ("_alone", "_pending", "background", "flights", "landings", "refreshing")

    def __init__(self) -> None:
        self.flights = Flights()
        self.landings = 0
        self.refreshing: set[Any] = set()
        self.background: set[Any] = set()
        self._alone: OrderedDict[str, None] = OrderedDict()
        self._pending: dict[str, set[Pending]] = {}

    def begin(self, key: str) -> Pending:
        """Note that a response for a key is asked for."""
        pending = Pending(key)
        self._pending.setdefault(key, set()).add(pending)
        return pending

    def end(self, pending: Pending) -> None:
        """Note that it is stored, or will not be. May be called again."""
        home = self._pending.get(pending.key)
        if home is not None:
            home.discard(pending)
            if not home:
                del self._pending[pending.key]

    def drop(self, keys: Iterable[str] | None) -> None:
        """Have nothing stored that was asked for before now: for these keys, or any."""
        for key in list(self._pending) if keys is None else keys:
            for pending in self._pending.get(key, ()):
                pending.dropped = True

    def goes_alone(self, key: str) -> bool:
        """Whether responses of a key were of use to nobody else, so that there is no point in waiting for one."""
        return key in self._alone

    def note(self, key: str, *, useful: bool) -> None:
        """Remember whether a response that came is of use to others."""
        if useful:
            self._alone.pop(key, None)
            return
        self._alone[key] = None
        self._alone.move_to_end(key)
        if len(self._alone) > MAX_ALONE:
            self._alone.popitem(last=False)

"""When the next request may go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from .rate_limit_fields import Quota

__all__ = ["Gate", "Gates"]

# Sums of fractions miss a whole by a little.
WHOLE = 1 - 1e-9


class Gate:
    """Lets requests through one after the other: a token bucket, places for those under way, what the server said.

    ``queue`` and ``freed`` are for who waits: those not yet at the gate, oldest first, and the one that stands there
    until a place is free. ``busy`` says that somebody stands at the gate. Not safe between threads.
    """

    __slots__ = (
        *("active", "busy", "capacity", "freed", "places", "queue", "rate"),
        *("_at", "_blocked_until", "_left", "_left_until", "_tokens"),
    )

    def __init__(self, rate: float | None, capacity: float, places: int | None) -> None:
        self.rate = rate
        self.capacity = capacity
        self.places = places
        self.active = 0
        self.busy = False
        self.queue: OrderedDict[Any, None] = OrderedDict()
        self.freed: Any = None
        self._tokens = capacity
        self._at = 0.0
        self._blocked_until = 0.0
        self._left: int | None = None
        self._left_until = 0.0

    def take(self, now: float) -> float | None:
        """Go through and return 0.0; or return the seconds after which to ask again, or None: when a place is free."""
        if self.places is not None and self.active >= self.places:
            return None
        seconds = self.wait(now)
        if seconds > 0:
            return seconds
        self._tokens -= 1
        if self._left is not None:
            self._left -= 1
        self.active += 1
        return 0.0

    def wait(self, now: float, ahead: int = 0) -> float:
        """Return the seconds that one at the gate must wait at least, with some ``ahead`` of it; places aside."""
        seconds = self._blocked_until - now
        if self._left is not None:
            if now >= self._left_until:
                self._left = None
            elif self._left <= ahead:
                seconds = max(seconds, self._left_until - now)
        if self.rate is not None:
            self._tokens = min(self._tokens + (now - self._at) * self.rate, self.capacity)
            self._at = now
            missing = 1 + ahead - self._tokens
            if missing > 1 - WHOLE:
                seconds = max(seconds, missing / self.rate)
        return max(seconds, 0.0)

    def leave(self) -> None:
        """Note that a request is done."""
        self.active -= 1

    def block(self, until: float) -> None:
        """Let nobody through before that time."""
        self._blocked_until = max(self._blocked_until, until)

    def learn(self, quota: Quota, until: float) -> None:
        """Note how many more the server takes before that time."""
        self._left = quota.remaining
        self._left_until = until

    def idle(self, now: float) -> bool:
        """Whether there is nothing that a new gate would not know."""
        if self.busy or self.active or self.wait(now) > 0 or self._left is not None:
            return False
        return self.rate is None or self._tokens >= self.capacity * WHOLE


class Gates:
    """The gates of one RateLimit, by origin. Not safe between threads."""

    __slots__ = ("_capacity", "_gates", "_places", "_rate", "_sweep_at")

    def __init__(self, rate: float | None, capacity: float, places: int | None) -> None:
        self._rate = rate
        self._capacity = capacity
        self._places = places
        self._gates: dict[Hashable, Gate] = {}
        self._sweep_at = 256

    def gate(self, key: Hashable, now: float) -> Gate:
        """Return the gate for a key. Those that a new one would equal are forgotten, lest a crawler collect them."""
        gate = self._gates.get(key)
        if gate is None:
            if len(self._gates) >= self._sweep_at:
                self._gates = {other: each for other, each in self._gates.items() if not each.idle(now)}
                self._sweep_at = max(256, 2 * len(self._gates))
            gate = self._gates[key] = Gate(self._rate, self._capacity, self._places)
        return gate

    def __len__(self) -> int:
        return len(self._gates)

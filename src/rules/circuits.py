"""When to stop asking a server that fails, and when to try it again."""

from __future__ import annotations

from collections.abc import Hashable

__all__ = ["Circuit", "CircuitRules", "Circuits", "Window"]

SLOTS = 10


class CircuitRules:
    """The numbers that all circuits of one CircuitBreaker share."""

    __slots__ = ("open_for", "ratio", "threshold", "window")

    def __init__(self, threshold: int, ratio: float, window: float, open_for: float) -> None:
        self.threshold = threshold
        self.ratio = ratio
        self.window = window
        self.open_for = open_for


class Window:
    """Counts what happened in the last seconds: in slots of a tenth of that time, so it costs the same at any rate."""

    __slots__ = ("_failed", "_slot", "_total", "_width", "failed", "total")

    def __init__(self, seconds: float) -> None:
        self._width = seconds / SLOTS
        self._slot = 0
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._failed = [0] * SLOTS
        self._total = [0] * SLOTS
        self.failed = 0
        self.total = 0

    def advance(self, now: float) -> int:
        """Forget what is too long ago; return the slot of now."""
        slot = int(now / self._width)
        for old in range(max(self._slot + 1, slot - SLOTS + 1), slot + 1):
            place = old % SLOTS
            self.failed -= self._failed[place]
            self.total -= self._total[place]
            self._failed[place] = self._total[place] = 0
        self._slot = max(self._slot, slot)
        return self._slot % SLOTS

    def add(self, now: float, *, failed: bool) -> None:
        """Count one."""
        place = self.advance(now)
        self._total[place] += 1
        self.total += 1
        if failed:
            self._failed[place] += 1
            self.failed += 1


class Circuit:
    """One server's: ``closed`` (requests pass), ``open`` (none does), ``half-open`` (one tries).

    ``enter`` gives a ticket, with which the end is told; tickets from before the last change of state count no more.
    Not safe between threads.
    """

    __slots__ = ("_probe_at", "_rules", "_ticket", "_until", "state", "window")

    def __init__(self, rules: CircuitRules) -> None:
        self._rules = rules
        self.window = Window(rules.window)
        self.state = "closed"
        self._ticket = 1
        self._until = 0.0
        self._probe_at: float | None = None

    def enter(self, now: float) -> int:
        """Return a ticket, or 0 where the request must not go."""
        if self.state == "closed":
            return self._ticket
        if now < self.next_try(now):
            return 0
        self._become("half-open")
        self._probe_at = now
        return self._ticket

    def next_try(self, now: float) -> float:
        """Return when the next request may go: now, or when the circuit was open for long enough."""
        if self.state == "open":
            return self._until
        if self.state == "half-open" and self._probe_at is not None:
            # One that never tells its end must not keep the circuit open for ever.
            return self._probe_at + self._rules.open_for
        return now

    def succeeded(self, ticket: int, now: float) -> None:
        """Count a success; that of the one that tries closes the circuit."""
        if ticket != self._ticket:
            return
        if self.state == "half-open":
            self._become("closed")
            self.window.clear()
        else:
            self.window.add(now, failed=False)

    def failed(self, ticket: int, now: float) -> None:
        """Count a failure; one too many, or that of the one that tries, opens the circuit."""
        if ticket != self._ticket:
            return
        window, rules = self.window, self._rules
        window.add(now, failed=True)
        enough = window.failed >= rules.threshold and window.failed >= rules.ratio * window.total
        if enough or self.state == "half-open":
            self._become("open")
            self._until = now + rules.open_for

    def gave_up(self, ticket: int) -> None:
        """Note an end that says nothing of the server; another one may try."""
        if ticket == self._ticket:
            self._probe_at = None

    def _become(self, state: str) -> None:
        self.state = state
        self._ticket += 1
        self._probe_at = None

    def idle(self, now: float) -> bool:
        """Whether there is nothing that a new circuit would not know."""
        if self.state != "closed":
            return False
        self.window.advance(now)
        return self.window.total == 0


class Circuits:
    """The circuits of one CircuitBreaker, by origin. Not safe between threads."""

    __slots__ = ("_circuits", "_rules", "_sweep_at")

    def __init__(self, rules: CircuitRules) -> None:
        self._rules = rules
        self._circuits: dict[Hashable, Circuit] = {}
        self._sweep_at = 256

    def circuit(self, key: Hashable, now: float) -> Circuit:
        """Return the circuit for a key. Those that a new one would equal are forgotten, lest a crawler collect them."""
        circuit = self._circuits.get(key)
        if circuit is None:
            if len(self._circuits) >= self._sweep_at:
                self._circuits = {other: each for other, each in self._circuits.items() if not each.idle(now)}
                self._sweep_at = max(256, 2 * len(self._circuits))
            circuit = self._circuits[key] = Circuit(self._rules)
        return circuit

    def known(self, key: Hashable) -> Circuit | None:
        """Return the circuit for a key if there is one."""
        return self._circuits.get(key)

    def __len__(self) -> int:
        return len(self._circuits)

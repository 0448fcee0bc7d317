"""What is done with the measured numbers: ratios round by round, medians and quartiles."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Figure", "added", "ratios", "summarize", "throughput_ratios"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A median with the quartiles around it, over so many rounds."""

    median: float
    low: float
    high: float
    rounds: int

    @property
    def spread(self) -> float:
        """The distance of the quartiles, as a part of the median; 0 when the median is 0."""
        return (self.high - self.low) / self.median if self.median else 0.0


def summarize(values: Sequence[float]) -> Figure:
    """Return median and quartiles; with fewer than four values the quartiles are the extremes.

    Raises ValueError when there is no value.
    """
    if not values:
        raise ValueError("no round was measured")
    if len(values) < 4:
        return Figure(statistics.median(values), min(values), max(values), len(values))
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Figure(median, low, high, len(values))


def ratios(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Divide round by round: both sides of a quotient were measured within the same seconds."""
    return [value / other for value, other in zip(values, base, strict=True)]


def throughput_ratios(seconds: Sequence[float], base: Sequence[float]) -> list[float]:
    """Return how much of the baseline's throughput was reached: 1.0 is as fast."""
    return ratios(base, seconds)


def added(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Subtract round by round."""
    return [value - other for value, other in zip(values, base, strict=True)]

"""The baseline with some Python between its system calls: what the interpreter's lock alone makes of threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..task import Setup
from . import raw

NAME = "raw socket, 5 µs of Python"
DISTRIBUTIONS = ()
PER_THREAD = True

WORK = 5e-6
"""About as many seconds as a blocking GET of duohttp spends between its system calls."""
COUNTED = 100_000


def steps() -> int:
    """Return how many turns of an empty loop take as long as WORK when nothing disturbs them."""
    best = min(seconds_of(COUNTED) for _ in range(10))
    return round(COUNTED * WORK / best)


def seconds_of(turns: int) -> float:
    start = time.perf_counter()
    for _ in range(turns):
        pass
    return time.perf_counter() - start


TURNS = steps()


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    setup.without_http2()
    turns = range(TURNS)
    with raw.get(setup) as exchange:

        def call() -> bytes:
            for _ in turns:
                pass
            return exchange()

        yield call

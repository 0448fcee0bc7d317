"""The pairs in which the two worlds differ: locks, waiting, tasks and threads, time."""

from __future__ import annotations

from time import monotonic as monotonic

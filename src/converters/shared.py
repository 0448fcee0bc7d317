"""Formats whose values may be shared: a small document can stand for an endless one."""

from __future__ import annotations

from typing import Any

__all__ = ["refuse_bombs"]

MAX_VALUES = 1_000_000


def refuse_bombs(value: Any, limit: int = MAX_VALUES) -> None:
    """Raise ValueError if a value, with all that is shared written out, has more parts than the limit."""
    waiting = [value]
    count = 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, (list, tuple)):
            waiting += part
        else:
            continue
        count += len(part)
        if count > limit:
            raise ValueError(f"its references blow it up beyond {limit:,} values")

# Generated from src/_async/engines/httpcore_leftovers.py by scripts/generate_sync.py. Do not edit.
"""What httpcore leaves behind of responses that were given up."""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["Leftovers"]


class Leftovers(deque[Any]):
    """Generators whose responses were given up; their connections are closed already."""

    def finish(self) -> None:
        """Bring them to their end.

        They are run, not closed: closing one of httpcore's leaves the one inside it to the garbage collector.
        """
        while self:
            try:
                iterator = self.popleft()
                while True:
                    iterator.__next__()
            except (StopIteration, Exception):
                pass  # another thread may have been first, too

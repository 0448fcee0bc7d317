"""What httpcore leaves behind of responses that were given up."""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["AsyncLeftovers"]


class AsyncLeftovers(deque[Any]):
    """Generators whose responses were given up; their connections are closed already."""

    async def finish(self) -> None:
        """Bring them to their end.

        They are run, not closed: closing one of httpcore's leaves the one inside it to the garbage collector.
        """
        while self:
            try:
                iterator = self.popleft()
                while True:
                    await iterator.__anext__()
            except (StopAsyncIteration, Exception):
                pass  # another thread may have been first, too

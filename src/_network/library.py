"""Which async library runs."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["running_trio"]


def running_trio() -> Any:
    """Return the trio module if this is a trio task, else None; does not import trio."""
    trio = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None

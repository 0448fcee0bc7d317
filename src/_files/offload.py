"""Calls that block."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["async_offload", "offload"]

T = TypeVar("T")


def offload(function: Callable[..., T], *args: object) -> T:
    """Call a function that blocks, and return its result."""
    return function(*args)


async def async_offload(function: Callable[..., T], *args: object) -> T:
    """Call a function that blocks in a worker thread, and return its result; a cancelled call is waited for."""
    from anyio import to_thread

    return await to_thread.run_sync(function, *args)

"""Waiting for a lookup thread without blocking the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any

from .library import running_trio
from .lookup import start

__all__ = ["lookup"]


async def lookup(key: Hashable, function: Callable[[], Any]) -> Any:
    """Return what the function returns, called in a thread shared with all who look up the same key meanwhile."""
    trio = running_trio()
    if trio is None:
        return await _on_asyncio(key, function)
    token = trio.lowlevel.current_trio_token()
    ended = trio.Event()

    def wake() -> None:
        token.run_sync_soon(ended.set)

    call = start(key, function, wake)
    try:
        await ended.wait()
    finally:
        call.forget(wake)
    return call.value()


async def _on_asyncio(key: Hashable, function: Callable[[], Any]) -> Any:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(ended.set)

    call = start(key, function, wake)
    try:
        await ended.wait()
    finally:
        call.forget(wake)
    return call.value()

"""Which event loop runs, and what depends on it; loads asyncio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Hashable
from types import TracebackType
from typing import Any

__all__ = ["AsyncShield", "async_checkpoint", "async_give_way", "async_owner", "async_owner_ended", "in_trio", "pause"]


def in_trio() -> bool:
    """Return whether this code runs in a trio task. Nothing is imported to find out."""
    trio = sys.modules.get("trio")
    if trio is None or not _trio_task(trio):
        return False
    # asyncio may host trio (guest mode), trio may host asyncio (trio-asyncio): what counts is the innermost task.
    return asyncio._get_running_loop() is None or asyncio.current_task() is None


def _trio_task(trio: Any) -> bool:
    try:
        return bool(trio.lowlevel.in_trio_task())
    except AttributeError:  # it is being imported right now, by another thread
        return False


def async_owner() -> Hashable:
    """Return what connections belong to: the running asyncio loop, or trio's token of its run.

    Raises RuntimeError where no loop runs.
    """
    if "trio" in sys.modules and in_trio():
        trio: Any = sys.modules["trio"]
        token: Hashable = trio.lowlevel.current_trio_token()
        return token
    return asyncio.get_running_loop()


def async_owner_ended(owner: Any) -> bool:
    """Return whether what ``async_owner`` returned runs no more. May be asked from anywhere."""
    if isinstance(owner, asyncio.AbstractEventLoop):
        return owner.is_closed()
    trio: Any = sys.modules["trio"]
    try:
        owner.run_sync_soon(bool)  # the one question that a token of trio answers
    except trio.RunFinishedError:
        return True
    return False


async def async_give_way() -> None:
    """Let all tasks that can go on do so first."""
    if "trio" in sys.modules and in_trio():
        trio: Any = sys.modules["trio"]
        await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)


async def async_checkpoint() -> None:
    """Raise if this work was cancelled, in a loop that may not wait for long; asyncio tells only those who wait."""
    if "trio" in sys.modules and in_trio():
        trio: Any = sys.modules["trio"]
        await trio.lowlevel.checkpoint_if_cancelled()


async def pause(seconds: float) -> None:
    """Sleep by the real clock."""
    if in_trio():
        trio: Any = sys.modules["trio"]
        await trio.sleep(max(seconds, 0.0))
    else:
        await asyncio.sleep(seconds)


class AsyncShield:
    """A block that cancellation does not interrupt. For cleaning up that waits.

    On trio, and for cancel scopes of anyio, the block is shielded. A plain ``Task.cancel()`` of asyncio is one
    exception at one point: once it was raised, the clean-up after it waits undisturbed, so there is nothing to shield
    from but a second ``cancel()``, which asyncio lets through anywhere.
    """

    __slots__ = ("_scope",)

    def __init__(self) -> None:
        self._scope: Any = None

    async def __aenter__(self) -> None:
        library: Any = None
        if in_trio():
            library = sys.modules["trio"]
        elif "anyio" in sys.modules:
            import anyio as library
        if library is not None:
            self._scope = library.CancelScope(shield=True)
            self._scope.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        scope, self._scope = self._scope, None
        if scope is not None:
            scope.__exit__(exc_type, exc, traceback)

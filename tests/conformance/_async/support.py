"""What the tests of the suite share."""

from __future__ import annotations

from typing import Any

from duohttp import AsyncClient
from duohttp._concurrency import async_sleep, monotonic

from ..subjects import Subject

__all__ = ["client_of", "first_of", "until"]


def client_of(subject: Subject, **options: Any) -> AsyncClient:
    """Return a client with the engine under test, whose base url is the behaviour."""
    return AsyncClient(engine=subject.make(), **{**subject.options, **options})


async def first_of(items: Any) -> Any:
    """Return the first item, and read no further."""
    async for item in items:
        return item
    raise AssertionError("there is no item")


async def until(condition: Any) -> None:
    """Wait for what another task or thread does."""
    end = monotonic() + 10
    while not condition():
        assert monotonic() < end, "it did not happen"
        await async_sleep(0.005)

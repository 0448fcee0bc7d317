"""Our own names."""

from __future__ import annotations

from pkg._async.engine import AsyncEngine, _AsyncPrivate
from pkg.values import aclose_count, asynchronous
from zoo import AsyncAnimal, Wombat

from .._async import tools
from .tools import async_next, async_sleep

__all__ = ["AsyncClient", "async_get"]


class AsyncClient(AsyncEngine):
    aclosed = False

    async def run(self, *, async_timeout: float = 0, **options: object) -> None:
        await async_sleep(async_timeout)
        await self.aclose()
        await getattr(self, "aclose")()
        await self.run(async_timeout=1)
        await async_next(tools.__async_marker)


async def async_get(client: AsyncClient, kind: type[_AsyncPrivate], animal: AsyncAnimal | Wombat) -> AsyncClient:
    Asynchronous, Async = asynchronous, kind
    return {"AsyncClient": client, Asynchronous: aclose_count, Async: animal}["AsyncClient"]

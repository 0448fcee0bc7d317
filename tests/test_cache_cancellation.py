"""Cancel one of three calls at every step of the loop: the cache forgets it, and the others get their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from duohttp import AsyncClient, AsyncEngine, AsyncResponse, HttpCache, MemoryCacheStorage, Request
from duohttp._async.response import AsyncBodyStream

URL = "http://a.test/"
LONGEST = 300


class Dripping(AsyncBodyStream):
    """A body in pieces, each a few steps of the loop after the other."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.left = pieces

    async def receive(self) -> bytes:
        await asyncio.sleep(0)
        return self.left.pop(0) if self.left else b""


class Stepping(AsyncEngine):
    """Takes a few steps of the loop for each answer."""

    def __init__(self, control: str) -> None:
        self.control = control.encode()
        self.in_flight = 0

    async def execute(self, request: Request) -> AsyncResponse:
        """Answer."""
        self.in_flight += 1
        try:
            for _ in range(3):
                await asyncio.sleep(0)
        finally:
            self.in_flight -= 1
        headers = [(b"Cache-Control", self.control), (b"ETag", b'"1"')]
        if "if-none-match" in request.headers:
            return AsyncResponse(304, headers, Dripping([]), request=request)
        return AsyncResponse(200, headers, Dripping([b"bo", b"dy"]), request=request)


async def saved(client: AsyncClient, path: str) -> bytes:
    return (await client.get(URL + path)).content


async def streamed(client: AsyncClient, path: str) -> bytes:
    async with client.stream("GET", URL + path) as response:
        return await response.read()


def check_nothing_left(cache: HttpCache) -> None:
    for state in vars(cache).get("_states", {}).values():
        value = state.value
        assert (len(value.flights), value._pending, value.refreshing, value.background) == (0, {}, set(), set())


class BlockingStorage(MemoryCacheStorage):
    """Is called in worker threads, each time for a moment."""

    blocking: ClassVar[bool] = True


async def sweep(
    call: Callable[[AsyncClient, str], Any], control: str, victim: int, warm: bool, storage: type[MemoryCacheStorage]
) -> int:
    """Cancel the victim one step later each time, until it ends before; return how many steps it took."""
    for step in range(LONGEST):
        cache = HttpCache(storage())
        engine = Stepping(control)
        client = AsyncClient(engine=engine, plugins=[cache])
        if warm:
            await saved(client, "")
        tasks = [asyncio.create_task(call(client, "")) for _ in range(3)]
        for _ in range(step):
            await asyncio.sleep(0)
        if storage is BlockingStorage and step % 3:
            # A thread takes more than a step of the loop.
            await asyncio.sleep(step / 10_000)
        ended = tasks[victim].done()
        tasks[victim].cancel()
        results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
        for number, result in enumerate(results):
            if number != victim or ended:
                assert result == b"body", f"step {step}: {result!r}"
            else:
                assert isinstance(result, asyncio.CancelledError), f"step {step}: {result!r}"
        assert await asyncio.wait_for(call(client, ""), 20) == b"body"
        await client.aclose()
        assert engine.in_flight == 0
        check_nothing_left(cache)
        if ended:
            return step
    raise AssertionError("the call never ends")


@pytest.mark.parametrize("storage", [MemoryCacheStorage, BlockingStorage])
@pytest.mark.parametrize("call", [saved, streamed])
@pytest.mark.parametrize("victim", [0, 1, 2])
@pytest.mark.parametrize(
    ("control", "warm"),
    [
        ("max-age=60", False),
        ("no-store", False),
        ("no-cache", True),
        ("max-age=0, stale-while-revalidate=60", True),
    ],
    ids=["stored", "not stored", "validated", "validated beside"],
)
def test_cancelled_at_every_step(
    call: Callable[[AsyncClient, str], Any],
    victim: int,
    control: str,
    warm: bool,
    storage: type[MemoryCacheStorage],
) -> None:
    assert asyncio.run(sweep(call, control, victim, warm, storage)) >= (1 if "stale" in control else 4)

"""Cancel one of three calls at every step of the loop: the plugins forget it, and the others get their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AsyncEngine,
    AsyncResponse,
    CircuitBreaker,
    Coalesce,
    HttpTimeout,
    Plugin,
    RateLimit,
    ReadError,
    Request,
    Retry,
)
from duohttp._async.response import AsyncBytesStream

URL = "http://a.test/"
LONGEST = 200


class Stepping(AsyncEngine):
    """Takes a few steps of the loop for each answer; the first of all requests fails."""

    def __init__(self) -> None:
        self.requests = 0
        self.in_flight = 0

    async def execute(self, request: Request) -> AsyncResponse:
        """Answer."""
        self.requests += 1
        first = self.requests == 1
        self.in_flight += 1
        try:
            for _ in range(4):
                await asyncio.sleep(0)
        finally:
            self.in_flight -= 1
        if first:
            raise ReadError("the first one fails")
        return AsyncResponse(200, [], AsyncBytesStream(b"body"), request=request)


def plugins() -> list[Plugin]:
    return [
        Retry(constant_delay=0),
        Coalesce(),
        RateLimit(1e6, burst=1, concurrent=1),
        CircuitBreaker(),
        HttpTimeout(attempt=60, call=60),
    ]


def values(plugin: Plugin) -> Any:
    return [state.value for state in vars(plugin).get("_states", {}).values()]


def check_nothing_left(installed: list[Plugin]) -> None:
    _, coalesce, limit, breaker, _ = installed
    assert all(len(flights) == 0 for flights in values(coalesce))
    for gates in values(limit):
        for gate in gates._gates.values():
            assert (gate.active, gate.busy, len(gate.queue), gate.freed) == (0, False, 0, None)
    for circuits in values(breaker):
        assert all(circuit.state == "closed" for circuit in circuits._circuits.values())


async def saved(client: AsyncClient, path: str) -> bytes:
    return (await client.get(URL + path)).content


async def streamed(client: AsyncClient, path: str) -> bytes:
    async with client.stream("GET", URL + path) as response:
        await asyncio.sleep(0)
        return await response.read()


async def sweep(call: Callable[[AsyncClient, str], Any], paths: list[str], victim: int) -> int:
    """Cancel the victim one step later each time, until it ends before; return how many steps it took."""
    for step in range(LONGEST):
        installed = plugins()
        engine = Stepping()
        client = AsyncClient(engine=engine, plugins=installed)
        tasks = [asyncio.create_task(call(client, path)) for path in paths]
        for _ in range(step):
            await asyncio.sleep(0)
        ended = tasks[victim].done()
        tasks[victim].cancel()
        results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
        for number, result in enumerate(results):
            if number != victim or ended:
                assert result == b"body", f"step {step}: {result!r}"
            else:
                assert isinstance(result, asyncio.CancelledError), f"step {step}: {result!r}"
        assert engine.in_flight == 0
        check_nothing_left(installed)
        assert await asyncio.wait_for(call(client, "again"), 20) == b"body"
        if ended:
            return step
    raise AssertionError("the call never ends")


@pytest.mark.parametrize("call", [saved, streamed])
@pytest.mark.parametrize("paths", [["x", "x", "x"], ["x", "y", "z"]], ids=["equal", "different"])
@pytest.mark.parametrize("victim", [0, 1, 2])
def test_cancelled_at_every_step(call: Callable[[AsyncClient, str], Any], paths: list[str], victim: int) -> None:
    assert asyncio.run(sweep(call, paths, victim)) > 5

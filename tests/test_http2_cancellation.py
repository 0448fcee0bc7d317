"""Interrupt an HTTP/2 request at every step of the event loop: the connection goes on, and so do all others on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from duohttp import AsyncClient, Limits, NativeEngine, Timeout

from .faults.leaks import nothing_left
from .servers.certificates import Certificates
from .sweep import Http2SweepServer, Interrupt, SweepServer, fetch, interrupt_by_cancel, interrupt_by_timeout, sweep

ONE = Limits(max_connections=1)

pytestmark = pytest.mark.timeout(120)


@asynccontextmanager
async def served(kind: str, certificates: Certificates) -> AsyncIterator[tuple[SweepServer, dict[str, Any]]]:
    if kind == "tls":
        async with Http2SweepServer(tls=certificates.server_context("h2")).running() as server:
            yield server, {"verify": str(certificates.ca), "http2": True}
    else:
        async with Http2SweepServer().running() as server:
            yield server, {"http1": False}


def maker(options: dict[str, Any], limits: Limits = ONE) -> Callable[[], AsyncClient]:
    return lambda: AsyncClient(engine=NativeEngine(limits=limits), timeout=Timeout(8), trust_env=False, **options)


async def half_a_body(client: AsyncClient, url: str, name: str) -> None:
    async with client.stream("GET", f"{url}/{name}/3000") as response:
        async for piece in response.iter_raw():
            assert piece.startswith(name.encode())
            break


async def upload(client: AsyncClient, url: str, name: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 5000
            await asyncio.sleep(0)

    response = await client.post(f"{url}/{name}/20", content=pieces())
    assert response.content == f"{name},".encode() * 20


JOBS: dict[str, Callable[[AsyncClient, str, str], Awaitable[None]]] = {
    "get": fetch,
    "half-a-body": half_a_body,
    "upload": upload,
}


@pytest.mark.parametrize("beside", [0, 3])
@pytest.mark.parametrize("interrupt", [interrupt_by_cancel, interrupt_by_timeout])
@pytest.mark.parametrize("kind", ["plain", "tls"])
@pytest.mark.parametrize("job", JOBS)
def test_on_a_living_connection(
    job: str, kind: str, interrupt: Interrupt, beside: int, certificates: Certificates
) -> None:
    async def main() -> None:
        async with served(kind, certificates) as (server, options):
            report = await sweep(maker(options), server.url, interrupt=interrupt, work=JOBS[job], beside=beside)
            assert report.dead == []
            assert report.steps > 3
            # Only while it was being opened could an interruption cost a connection.
            assert server.connections <= 30

    with nothing_left():
        asyncio.run(main())


@pytest.mark.parametrize("beside", [0, 3])
@pytest.mark.parametrize("interrupt", [interrupt_by_cancel, interrupt_by_timeout])
@pytest.mark.parametrize("kind", ["plain", "tls"])
def test_on_a_new_connection(kind: str, interrupt: Interrupt, beside: int, certificates: Certificates) -> None:
    async def main() -> None:
        async with served(kind, certificates) as (server, options):
            report = await sweep(maker(options), server.url, interrupt=interrupt, fresh=True, beside=beside)
            assert report.dead == []
            assert report.steps > 5

    with nothing_left():
        asyncio.run(main())


def test_a_living_connection_survives_every_cancellation(certificates: Certificates) -> None:
    async def main() -> None:
        async with served("tls", certificates) as (server, options):
            async with maker(options)() as client:
                await fetch(client, server.url, "first")
                for step in range(60):
                    ended = not await interrupt_by_cancel(lambda: fetch(client, server.url, f"victim-{step}"), step)  # noqa: B023
                    await fetch(client, server.url, f"next-{step}")
                    if ended:
                        break
                stats = client.pool_stats()
                assert (ended, stats.opened, stats.streams) == (True, 1, 0)
            assert server.connections == 1

    asyncio.run(main())


def test_short_totals(certificates: Certificates) -> None:
    async def main() -> None:
        async with served("tls", certificates) as (server, options), maker(options)() as client:
            limit, passed = 1e-5, 0
            while passed < 3:
                try:
                    await client.get(f"{server.url}/short/20", timeout=Timeout(5, total=limit))
                    passed += 1
                except TimeoutError:
                    pass
                await fetch(client, server.url, "next")
                limit *= 1.2
            assert client.pool_stats().streams == 0

    asyncio.run(main())

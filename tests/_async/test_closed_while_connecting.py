"""A client that is closed while a request is on its way to the server: the request ends at once, with a CloseError."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from duohttp import AsyncClient, CloseError, ConnectTimeout, Limits, Timeout
from duohttp._concurrency import AsyncBreaker, AsyncTaskGroup, async_sleep, monotonic

from ..faults.leaks import async_task_count, nothing_left

pytestmark = pytest.mark.anyio

LONG = 30.0
"""Seconds that connecting may take; nothing here waits for as long."""


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where connections are accepted by the kernel, and nobody ever says a word."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def full() -> Iterator[int]:
    """A port where connections are neither accepted nor refused: the queue is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0), backlog=0)))
        port = listener.getsockname()[1]
        for _ in range(3):
            each = stack.enter_context(socket.socket())
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        yield port


WAYS: dict[str, dict[str, Any]] = {
    "TCP": {"full": True},
    "TLS": {"scheme": "https"},
    "HTTP/2": {"scheme": "https", "http2": True},
    "tunnel": {"scheme": "https", "proxy": "http"},
    "SOCKS": {"proxy": "socks5"},
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_request_that_connects_ends_at_once(way: str, silent: int, full: int) -> None:
    options = dict(WAYS[way])
    port = full if options.pop("full", False) else silent
    scheme = options.pop("scheme", "http")
    url = f"{scheme}://127.0.0.1:{port}/"
    if "proxy" in options:
        options["proxy"] = f"{options['proxy']}://127.0.0.1:{port}"
    with nothing_left():
        tasks = await async_task_count()
        client = AsyncClient(trust_env=False, timeout=Timeout(LONG), **options)
        failures: list[BaseException] = []

        async def ask() -> None:
            try:
                await client.get(url)
            except CloseError as error:
                failures.append(error)

        began = monotonic()
        async with AsyncTaskGroup() as group:
            for _ in range(3):
                group.start_soon(ask)
            while client.pool_stats().open < (1 if options.get("http2") else 3):
                await async_sleep(0.005)
            await async_sleep(0.05)
            await client.aclose()
        assert [type(failure) for failure in failures] == [CloseError] * 3
        assert all("127.0.0.1" in str(failure) for failure in failures)
        assert monotonic() - began < LONG / 3
        assert client.pool_stats().open == 0
        assert await async_task_count() == tasks


async def test_closed_by_another_thread(full: int) -> None:
    """Where event loops share a client, closing it in one ends what the others do too."""
    client = AsyncClient(trust_env=False, timeout=Timeout(LONG))

    def close_soon() -> None:
        while client.pool_stats().open < 1:
            pass
        for pool in list(client._engine._pools.values()):  # type: ignore[attr-defined]
            pool.close()

    thread = threading.Thread(target=close_soon)
    thread.start()
    with pytest.raises(CloseError, match="closed while the request connected"):
        await client.get(f"http://127.0.0.1:{full}/")
    thread.join()
    await client.aclose()


async def test_what_connects_after_its_time_is_still_a_timeout(full: int) -> None:
    async with AsyncClient(trust_env=False, timeout=Timeout(0.05)) as client:
        with pytest.raises(ConnectTimeout):
            await client.get(f"http://127.0.0.1:{full}/")


async def test_permits_come_back(full: int) -> None:
    client = AsyncClient(trust_env=False, timeout=Timeout(LONG, connect=0.05), limits=Limits(max_connections=1))
    for _ in range(3):
        with pytest.raises(ConnectTimeout):
            await client.get(f"http://127.0.0.1:{full}/")
    assert client.pool_stats().open == 0
    await client.aclose()


def breaker() -> AsyncBreaker:
    return AsyncBreaker(lambda: CloseError("broken off"))


async def test_a_breaker_before_during_and_after() -> None:
    async def value(seconds: float) -> str:
        if seconds:
            await async_sleep(seconds)
        return "done"

    before = breaker()
    before.break_off()
    with pytest.raises(CloseError, match="broken off"):
        await before.run(value, 0.0)
    during = breaker()
    async with AsyncTaskGroup() as group:
        group.start_soon(break_soon, during)
        with pytest.raises(CloseError, match="broken off"):
            await during.run(value, LONG)
    after = breaker()
    assert await after.run(value, 0.0) == "done"
    after.break_off()
    await async_sleep(0)


async def break_soon(running: AsyncBreaker) -> None:
    await async_sleep(0.02)
    running.break_off()


async def test_a_breaker_lets_errors_of_its_call_through() -> None:
    async def fail() -> None:
        await async_sleep(0)
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await breaker().run(fail)

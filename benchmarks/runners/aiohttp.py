"""aiohttp: a ClientSession without bounds on connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("aiohttp",)
IMPORT = "import aiohttp"


@asynccontextmanager
async def session(setup: Setup) -> AsyncIterator[Any]:
    import aiohttp

    setup.without_http2()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=False)) as made:
        yield made


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    url = setup.url
    async with session(setup) as made:

        async def call() -> bytes:
            async with made.get(url) as response:
                return await response.read()

        yield call


@asynccontextmanager
async def async_echo(setup: Setup) -> AsyncIterator[Callable[[bytes], Awaitable[bytes]]]:
    compress = 15 if setup.compression else 0
    async with session(setup) as made, made.ws_connect(setup.url, compress=compress, max_msg_size=0) as connection:

        async def call(message: bytes) -> bytes:
            await connection.send_bytes(message)
            return await connection.receive_bytes()  # type: ignore[no-any-return]

        yield call


@asynccontextmanager
async def async_download(setup: Setup) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    async with session(setup) as made:

        async def fetch(url: str) -> int:
            total = 0
            async with made.get(url) as response:
                async for chunk in response.content.iter_any():
                    total += len(chunk)
            return total

        yield fetch


@asynccontextmanager
async def async_upload(setup: Setup) -> AsyncIterator[Callable[[str, bytes], Awaitable[int]]]:
    import warnings

    warnings.simplefilter("ignore", ResourceWarning)  # it would rather have a file for a long body
    async with session(setup) as made:

        async def send(url: str, body: bytes) -> int:
            async with made.put(url, data=body) as response:
                await response.read()
                return response.status

        yield send

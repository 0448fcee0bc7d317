"""httpx: a Client without bounds on connections."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("httpx", "httpcore")
IMPORT = "import httpx"
CREATE = "httpx.Client()"


def options(module: Any, setup: Setup) -> dict[str, Any]:
    limits = module.Limits(max_connections=None, max_keepalive_connections=None)
    return {"verify": False, "http2": setup.http2, "limits": limits}


class Runner:
    """httpx2 has the same names."""

    def __init__(self, module: str) -> None:
        self.module = module

    @contextmanager
    def client(self, setup: Setup) -> Iterator[Any]:
        module = importlib.import_module(self.module)
        with module.Client(**options(module, setup)) as made:
            yield made

    @asynccontextmanager
    async def async_client(self, setup: Setup) -> AsyncIterator[Any]:
        module = importlib.import_module(self.module)
        async with module.AsyncClient(**options(module, setup)) as made:
            yield made

    @contextmanager
    def get(self, setup: Setup) -> Iterator[Callable[[], bytes]]:
        url = setup.url
        with self.client(setup) as made:
            yield lambda: made.get(url).content

    @asynccontextmanager
    async def async_get(self, setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
        url = setup.url
        async with self.async_client(setup) as made:

            async def call() -> bytes:
                return (await made.get(url)).content

            yield call

    @contextmanager
    def download(self, setup: Setup) -> Iterator[Callable[[str], int]]:
        with self.client(setup) as made:

            def fetch(url: str) -> int:
                with made.stream("GET", url) as response:
                    return sum(len(chunk) for chunk in response.iter_bytes())

            yield fetch

    @contextmanager
    def upload(self, setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
        with self.client(setup) as made:
            yield lambda url, body: made.put(url, content=body).status_code

    @asynccontextmanager
    async def async_download(self, setup: Setup) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
        async with self.async_client(setup) as made:

            async def fetch(url: str) -> int:
                total = 0
                async with made.stream("GET", url) as response:
                    async for chunk in response.aiter_bytes():
                        total += len(chunk)
                return total

            yield fetch

    @asynccontextmanager
    async def async_upload(self, setup: Setup) -> AsyncIterator[Callable[[str, bytes], Awaitable[int]]]:
        async with self.async_client(setup) as made:

            async def send(url: str, body: bytes) -> int:
                return (await made.put(url, content=body)).status_code

            yield send


runner = Runner("httpx")
get, async_get = runner.get, runner.async_get
download, upload = runner.download, runner.upload
async_download, async_upload = runner.async_download, runner.async_upload

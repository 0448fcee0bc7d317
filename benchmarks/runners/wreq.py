"""wreq: a Client that emulates nobody; bodies are read as views, without a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("wreq",)
IMPORT = "import wreq.blocking"
CREATE = "wreq.blocking.Client()"


def options(setup: Setup) -> dict[str, Any]:
    return {"tls_verify": False, "http2_only" if setup.http2 else "http1_only": True}


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], memoryview]]:
    from wreq.blocking import Client

    url = setup.url
    client = Client(**options(setup))
    yield lambda: client.get(url).bytes()


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[memoryview]]]:
    from wreq import Client

    url = setup.url
    client = Client(**options(setup))

    async def call() -> memoryview:
        return await (await client.get(url)).bytes()

    yield call


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    from wreq.blocking import Client

    client = Client(**options(setup))

    def fetch(url: str) -> int:
        with client.get(url) as response, response.stream() as stream:
            return sum(len(chunk) for chunk in stream)

    yield fetch


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    from wreq.blocking import Client

    client = Client(**options(setup))

    def send(url: str, body: bytes) -> int:
        with client.put(url, body=body) as response:
            response.bytes()
            return int(response.status.as_int())

    yield send


@asynccontextmanager
async def async_download(setup: Setup) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    from wreq import Client

    client = Client(**options(setup))

    async def fetch(url: str) -> int:
        total = 0
        async with await client.get(url) as response, response.stream() as stream:
            async for chunk in stream:
                total += len(chunk)
        return total

    yield fetch


@asynccontextmanager
async def async_upload(setup: Setup) -> AsyncIterator[Callable[[str, bytes], Awaitable[int]]]:
    from wreq import Client

    client = Client(**options(setup))

    async def send(url: str, body: bytes) -> int:
        async with await client.put(url, body=body) as response:
            await response.bytes()
            return int(response.status.as_int())

    yield send

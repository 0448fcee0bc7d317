"""pyreqwest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("pyreqwest",)
IMPORT = "from pyreqwest.client import SyncClientBuilder"
CREATE = "SyncClientBuilder().build()"


def configured(builder: Any, setup: Setup) -> Any:
    builder = builder.danger_accept_invalid_certs(True)
    return (builder.http2(True) if setup.http2 else builder.http1_only()).build()


@contextmanager
def client(setup: Setup) -> Iterator[Any]:
    from pyreqwest.client import SyncClientBuilder

    with configured(SyncClientBuilder(), setup) as made:
        yield made


@asynccontextmanager
async def async_client(setup: Setup) -> AsyncIterator[Any]:
    from pyreqwest.client import ClientBuilder

    async with configured(ClientBuilder(), setup) as made:
        yield made


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], Any]]:
    url = setup.url
    with client(setup) as made:
        yield lambda: made.get(url).build().send().bytes()


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    url = setup.url
    async with async_client(setup) as made:

        async def call() -> Any:
            return await (await made.get(url).build().send()).bytes()

        yield call


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    with client(setup) as made:

        def fetch(url: str) -> int:
            total = 0
            with made.get(url).build_streamed() as response:
                while (chunk := response.body_reader.read_chunk()) is not None:
                    total += len(chunk)
            return total

        yield fetch


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    with client(setup) as made:
        yield lambda url, body: made.put(url).body_bytes(body).build().send().status


@asynccontextmanager
async def async_download(setup: Setup) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    async with async_client(setup) as made:

        async def fetch(url: str) -> int:
            total = 0
            async with made.get(url).build_streamed() as response:
                while (chunk := await response.body_reader.read_chunk()) is not None:
                    total += len(chunk)
            return total

        yield fetch


@asynccontextmanager
async def async_upload(setup: Setup) -> AsyncIterator[Callable[[str, bytes], Awaitable[int]]]:
    async with async_client(setup) as made:

        async def send(url: str, body: bytes) -> int:
            return (await made.put(url).body_bytes(body).build().send()).status

        yield send

"""niquests: a Session, HTTP/3 switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("niquests", "urllib3-future")
ENVIRONMENT = "niquests"
IMPORT = "import niquests"
CREATE = "niquests.Session()"


def options(setup: Setup) -> dict[str, Any]:
    return {
        "pool_connections": max(10, setup.concurrency),
        "pool_maxsize": max(10, setup.concurrency),
        "disable_http2": not setup.http2,
        "disable_http3": True,
        "verify": False,
    }


def be_quiet() -> None:
    import warnings

    warnings.simplefilter("ignore")


@contextmanager
def session(setup: Setup) -> Iterator[Any]:
    import niquests

    be_quiet()
    with niquests.Session(**options(setup)) as made:
        yield made


@asynccontextmanager
async def async_session(setup: Setup) -> AsyncIterator[Any]:
    import niquests

    be_quiet()
    async with niquests.AsyncSession(**options(setup)) as made:
        yield made


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    url = setup.url
    with session(setup) as made:
        yield lambda: made.get(url).content


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    url = setup.url
    async with async_session(setup) as made:

        async def call() -> bytes:
            return (await made.get(url)).content

        yield call


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    with session(setup) as made:

        def fetch(url: str) -> int:
            with made.get(url, stream=True) as response:
                return sum(len(chunk) for chunk in response.iter_content(65536))

        yield fetch


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    with session(setup) as made:
        yield lambda url, body: made.put(url, data=body).status_code


@asynccontextmanager
async def async_download(setup: Setup) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    async with async_session(setup) as made:

        async def fetch(url: str) -> int:
            response = await made.get(url, stream=True)
            total = 0
            async for chunk in await response.iter_content(65536):
                total += len(chunk)
            return total

        yield fetch


@asynccontextmanager
async def async_upload(setup: Setup) -> AsyncIterator[Callable[[str, bytes], Awaitable[int]]]:
    async with async_session(setup) as made:

        async def send(url: str, body: bytes) -> int:
            return (await made.put(url, data=body)).status_code

        yield send

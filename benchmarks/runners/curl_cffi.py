"""curl_cffi: a Session that impersonates nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("curl_cffi",)
IMPORT = "from curl_cffi import requests"
CREATE = "requests.Session()"


def options(setup: Setup) -> dict[str, Any]:
    return {"verify": False, "http_version": "v2" if setup.http2 else "v1"}


@contextmanager
def session(setup: Setup) -> Iterator[Any]:
    from curl_cffi import requests

    with requests.Session(**options(setup)) as made:
        yield made


@asynccontextmanager
async def async_session(setup: Setup) -> AsyncIterator[Any]:
    from curl_cffi import requests

    async with requests.AsyncSession(max_clients=max(10, setup.concurrency), **options(setup)) as made:
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
            response = made.get(url, stream=True)
            total = sum(len(chunk) for chunk in response.iter_content())
            response.close()
            return total

        yield fetch


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    with session(setup) as made:
        yield lambda url, body: made.put(url, data=body).status_code

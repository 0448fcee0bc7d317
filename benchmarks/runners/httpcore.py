"""httpcore: a ConnectionPool without bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..task import Setup
from .raw import unverified_context

DISTRIBUTIONS = ("httpcore", "h11")
IMPORT = "import httpcore"
CREATE = "httpcore.ConnectionPool()"


def options(setup: Setup) -> dict[str, Any]:
    return {
        "ssl_context": unverified_context(),
        "max_connections": None,
        "max_keepalive_connections": None,
        "http2": setup.http2,
    }


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    import httpcore

    url = setup.url
    with httpcore.ConnectionPool(**options(setup)) as pool:
        yield lambda: pool.request("GET", url).content


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    import httpcore

    url = setup.url
    async with httpcore.AsyncConnectionPool(**options(setup)) as pool:

        async def call() -> bytes:
            return (await pool.request("GET", url)).content

        yield call


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    import httpcore

    with httpcore.ConnectionPool() as pool:

        def fetch(url: str) -> int:
            with pool.stream("GET", url) as response:
                return sum(len(chunk) for chunk in response.iter_stream())

        yield fetch

"""primp: a Client that impersonates nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from ..task import Setup

DISTRIBUTIONS = ("primp",)
IMPORT = "import primp"
CREATE = "primp.Client()"


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    import primp

    url = setup.url
    client = primp.Client(verify=False, http2_only=setup.http2)
    yield lambda: client.get(url).content


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    import primp

    url = setup.url
    client = primp.AsyncClient(verify=False, http2_only=setup.http2)

    async def call() -> bytes:
        return (await client.get(url)).content

    yield call


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    import primp

    client = primp.Client()

    def fetch(url: str) -> int:
        with client.get(url, stream=True) as response:
            return sum(len(chunk) for chunk in response.iter_bytes())

    yield fetch


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    import primp

    client = primp.Client()
    yield lambda url, body: client.put(url, content=body).status_code

"""urllib3: a PoolManager."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("urllib3",)
IMPORT = "import urllib3"
CREATE = "urllib3.PoolManager()"


@contextmanager
def manager(setup: Setup) -> Iterator[Any]:
    import urllib3

    urllib3.disable_warnings()
    with urllib3.PoolManager(maxsize=setup.concurrency, cert_reqs="CERT_NONE") as pool:
        yield pool


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    setup.without_http2()
    url = setup.url
    with manager(setup) as pool:
        yield lambda: pool.request("GET", url).data


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    with manager(setup) as pool:

        def fetch(url: str) -> int:
            response = pool.request("GET", url, preload_content=False)
            total = sum(len(chunk) for chunk in response.stream(65536))
            response.release_conn()
            return total

        yield fetch


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    with manager(setup) as pool:
        yield lambda url, body: pool.request("PUT", url, body=body).status

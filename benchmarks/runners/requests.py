"""requests: a Session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("requests", "urllib3")
IMPORT = "import requests"
CREATE = "requests.Session()"


@contextmanager
def session(setup: Setup) -> Iterator[Any]:
    import requests
    import urllib3

    urllib3.disable_warnings()
    with requests.Session() as made:
        made.verify = False
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=max(10, setup.concurrency))
        made.mount("http://", adapter)
        made.mount("https://", adapter)
        yield made


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    setup.without_http2()
    url = setup.url
    with session(setup) as made:
        yield lambda: made.get(url).content


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

"""pycurl: one easy handle, used again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("pycurl",)
IMPORT = "import pycurl"
CREATE = "pycurl.Curl()"
PER_THREAD = False


@contextmanager
def handle(setup: Setup) -> Iterator[Any]:
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, setup.url)
    curl.setopt(pycurl.SSL_VERIFYPEER, 0)
    curl.setopt(pycurl.SSL_VERIFYHOST, 0)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS if setup.http2 else pycurl.CURL_HTTP_VERSION_1_1)
    yield curl
    curl.close()


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    with handle(setup) as curl:
        yield curl.perform_rb


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    import pycurl

    with handle(setup) as curl:

        def fetch(url: str) -> int:
            total = 0

            def count(chunk: bytes) -> None:
                nonlocal total
                total += len(chunk)

            curl.setopt(pycurl.URL, url)
            curl.setopt(pycurl.WRITEFUNCTION, count)
            curl.perform()
            return total

        yield fetch


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    import pycurl

    with handle(setup) as curl:

        def send(url: str, body: bytes) -> int:
            curl.setopt(pycurl.URL, url)
            curl.setopt(pycurl.UPLOAD, 1)
            curl.setopt(pycurl.HTTPHEADER, ["Expect:"])
            curl.setopt(pycurl.INFILESIZE, len(body))
            curl.setopt(pycurl.READFUNCTION, BytesIO(body).read)
            curl.perform_rb()
            return int(curl.getinfo(pycurl.RESPONSE_CODE))

        yield send

"""http.client of the standard library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from ..task import Setup
from .raw import CHUNK, address, unverified_context

NAME = "http.client"
DISTRIBUTIONS = ()
IMPORT = "import http.client"
CREATE = "http.client.HTTPConnection('127.0.0.1')"
PER_THREAD = False


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    from http.client import HTTPConnection, HTTPSConnection

    setup.without_http2()
    host, port = address(setup.url)
    path = urlsplit(setup.url).path
    if setup.url.startswith("https:"):
        connection: HTTPConnection = HTTPSConnection(host, port, context=unverified_context())
    else:
        connection = HTTPConnection(host, port)

    def call() -> bytes:
        connection.request("GET", path)
        return connection.getresponse().read()

    yield call
    connection.close()


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    from http.client import HTTPConnection

    connection = HTTPConnection(*address(setup.url))
    buffer = bytearray(CHUNK)

    def fetch(url: str) -> int:
        connection.request("GET", urlsplit(url).path)
        response = connection.getresponse()
        total = 0
        while count := response.readinto(buffer):
            total += count
        return total

    yield fetch
    connection.close()


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    from http.client import HTTPConnection

    connection = HTTPConnection(*address(setup.url))

    def send(url: str, body: bytes) -> int:
        connection.request("PUT", urlsplit(url).path, body)
        response = connection.getresponse()
        response.read()
        return response.status

    yield send
    connection.close()

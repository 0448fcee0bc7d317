"""websocket-client, which has no compression; with wsaccel it would mask in C, and without it masks by numbers."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..task import Setup, Unsupported

NAME = "websocket-client"
DISTRIBUTIONS = ("websocket-client",)


@contextmanager
def echo(setup: Setup) -> Iterator[Callable[[bytes], bytes]]:
    import websocket

    if setup.compression:
        raise Unsupported("has no compression")
    connection = websocket.create_connection(setup.url, sslopt={"cert_reqs": ssl.CERT_NONE, "check_hostname": False})

    def call(message: bytes) -> bytes:
        connection.send_binary(message)
        return connection.recv()  # type: ignore[no-any-return]

    yield call
    connection.close()

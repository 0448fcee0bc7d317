"""The clients of the websockets package, without limits and pings."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..task import Setup

DISTRIBUTIONS = ("websockets",)


def options_of(setup: Setup) -> dict[str, Any]:
    options: dict[str, Any] = {"max_size": None, "ping_interval": None, "proxy": None}
    options["compression"] = "deflate" if setup.compression else None
    if setup.url.startswith("wss"):
        options["ssl"] = context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return options


@contextmanager
def echo(setup: Setup) -> Iterator[Callable[[bytes], bytes]]:
    from websockets.sync.client import connect

    with connect(setup.url, **options_of(setup)) as connection:

        def call(message: bytes) -> bytes:
            connection.send(message)
            return connection.recv()  # type: ignore[return-value]

        yield call


@asynccontextmanager
async def async_echo(setup: Setup) -> AsyncIterator[Callable[[bytes], Awaitable[bytes]]]:
    from websockets.asyncio.client import connect

    async with connect(setup.url, **options_of(setup)) as connection:

        async def call(message: bytes) -> bytes:
            await connection.send(message)
            return await connection.recv()  # type: ignore[return-value]

        yield call

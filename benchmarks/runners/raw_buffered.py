"""The least asyncio can do when the buffer is one's own: no bytes object of 256 KiB is made for each read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ..task import Setup
from .raw import Exchange, address, head, unverified_context

NAME = "raw socket, own buffer"
DISTRIBUTIONS = ()
PER_TASK = True


class BufferedExchange(asyncio.BufferedProtocol):
    """As the baseline, but all connections receive into one buffer."""

    buffer = bytearray(65536)
    view = memoryview(buffer)
    __init__ = Exchange.__init__
    connection_made = Exchange.connection_made
    exchange = Exchange.exchange

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, count: int) -> None:
        Exchange.data_received(self, bytes(self.view[:count]))  # type: ignore[arg-type]


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    setup.without_http2()
    request = head("GET", setup.url)
    secure = unverified_context() if setup.url.startswith("https:") else None
    transport, protocol = await asyncio.get_running_loop().create_connection(
        BufferedExchange, *address(setup.url), ssl=secure, server_hostname="localhost" if secure else None
    )
    answer = await protocol.exchange(request)
    protocol.length, start = len(answer), answer.index(b"\r\n\r\n") + 4
    exchange = protocol.exchange

    async def call() -> bytes:
        return (await exchange(request))[start:]

    yield call
    transport.close()

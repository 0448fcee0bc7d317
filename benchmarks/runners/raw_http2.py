"""The baseline of HTTP/2: constant header blocks out, END_STREAM flags in.

One connection, no HPACK state, no flow control.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

from ..task import Setup
from .raw import address, connect, unverified_context

DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 4, 6, 8
END_STREAM, ACK = 1, 1
END_HEADERS = 4


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def literal(index: int, value: str) -> bytes:
    """A header field without indexing, its name from the static table."""
    return bytes((index, len(value))) + value.encode()


def header_block(url: str) -> bytes:
    parts = urlsplit(url)
    # :method GET and :scheme https stand in the static table; :authority is 1, :path is 4.
    return b"\x82\x87" + literal(1, parts.netloc) + literal(4, parts.path)


# The connection window is opened as far as it goes, so that a long run needs no update.
PREFACE = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    + frame(SETTINGS, 0, 0)
    + frame(WINDOW_UPDATE, 0, 0, (2**31 - 1 - 65535).to_bytes(4, "big"))
)


class Reader:
    """Splits bytes into frames, and collects bodies by stream."""

    def __init__(self) -> None:
        self.data = b""
        self.bodies: dict[int, bytes] = {}

    def feed(self, data: bytes) -> tuple[list[int], bytes]:
        """Return the streams that ended, and what has to be answered."""
        data = self.data + data if self.data else data
        ended, answer, position, size = [], b"", 0, len(data)
        while size - position >= 9:
            end = position + 9 + int.from_bytes(data[position : position + 3], "big")
            if end > size:
                break
            kind, flags = data[position + 3], data[position + 4]
            if kind in (DATA, HEADERS):
                stream = int.from_bytes(data[position + 5 : position + 9], "big")
                if kind == DATA:
                    self.bodies[stream] = data[position + 9 : end]
                if flags & END_STREAM:
                    ended.append(stream)
            elif kind == SETTINGS and not flags & ACK:
                answer += frame(SETTINGS, ACK, 0)
            elif kind == PING and not flags & ACK:
                answer += frame(PING, ACK, 0, data[position + 9 : end])
            position = end
        self.data = data[position:]
        return ended, answer


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    block = header_block(setup.url)
    reader, stream = Reader(), -1
    with connect(setup.url, "h2") as sock:
        sock.sendall(PREFACE)

        def call() -> bytes:
            nonlocal stream
            stream += 2
            sock.sendall(frame(HEADERS, END_STREAM | END_HEADERS, stream, block))
            while True:
                ended, answer = reader.feed(sock.recv(65536))
                if answer:
                    sock.sendall(answer)
                if ended:
                    return reader.bodies.pop(stream)

        yield call


class Multiplexed(asyncio.Protocol):
    def __init__(self) -> None:
        self.reader = Reader()
        self.waiters: dict[int, asyncio.Future[None]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(PREFACE)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        ended, answer = self.reader.feed(data)
        if answer:
            self.transport.write(answer)  # type: ignore[attr-defined]
        for stream in ended:
            self.waiters.pop(stream).set_result(None)


connections: dict[str, tuple[asyncio.Transport, Multiplexed]] = {}
"""All tasks share one connection, as the clients do."""


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    loop = asyncio.get_running_loop()
    if setup.url not in connections:
        connections[setup.url] = await loop.create_connection(
            Multiplexed, *address(setup.url), ssl=unverified_context("h2"), server_hostname="localhost"
        )
    transport, protocol = connections[setup.url]
    block = header_block(setup.url)
    last = protocol.__dict__.setdefault("last", [-1])

    async def call() -> bytes:
        last[0] += 2
        stream = last[0]
        waiter = protocol.waiters[stream] = loop.create_future()
        transport.write(frame(HEADERS, END_STREAM | END_HEADERS, stream, block))
        await waiter
        return protocol.reader.bodies.pop(stream)

    yield call
    transport.close()

"""The baseline: constant bytes into a socket, and the answer out of it. No HTTP is understood."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

from ..task import Setup

NAME = "raw socket"
DISTRIBUTIONS = ()
PER_THREAD = True
PER_TASK = True
CHUNK = 256 * 1024


def unverified_context(*protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def head(method: str, url: str, *lines: str) -> bytes:
    parts = urlsplit(url)
    return "\r\n".join((f"{method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}", *lines, "", "")).encode()


def connect(url: str, *protocols: str) -> socket.socket:
    sock = socket.create_connection(address(url))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if url.startswith("https:"):
        return unverified_context(*protocols).wrap_socket(sock, server_hostname="localhost")
    return sock


@contextmanager
def get(setup: Setup) -> Iterator[Callable[[], bytes]]:
    if setup.http2:
        from .raw_http2 import get as get_http2

        with get_http2(setup) as call:
            yield call
        return
    request = head("GET", setup.url)
    with connect(setup.url) as sock:
        sock.sendall(request)
        answer = sock.recv(65536)
        length, start = len(answer), answer.index(b"\r\n\r\n") + 4
        send, receive = sock.sendall, sock.recv

        def call() -> bytes:
            send(request)
            data = receive(65536)
            while len(data) < length:
                data += receive(65536)
            return data[start:]

        yield call


class Exchange(asyncio.Protocol):
    """The least that asyncio can do: write, and wake one waiter when the whole answer has come."""

    def __init__(self) -> None:
        self.length = 0
        self.data = b""
        self.loop = asyncio.get_running_loop()
        self.waiter: asyncio.Future[bytes] = self.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.write = transport.write  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self.data:
            data = self.data + data
        if len(data) < self.length:
            self.data = data
        else:
            self.data = b""
            self.waiter.set_result(data)

    def exchange(self, request: bytes) -> Awaitable[bytes]:
        self.waiter = self.loop.create_future()
        self.write(request)
        return self.waiter


@asynccontextmanager
async def async_get(setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    if setup.http2:
        from .raw_http2 import async_get as async_get_http2

        async with async_get_http2(setup) as call_http2:
            yield call_http2
        return
    request = head("GET", setup.url)
    secure = unverified_context() if setup.url.startswith("https:") else None
    transport, protocol = await asyncio.get_running_loop().create_connection(
        Exchange, *address(setup.url), ssl=secure, server_hostname="localhost" if secure else None
    )
    answer = await protocol.exchange(request)
    protocol.length, start = len(answer), answer.index(b"\r\n\r\n") + 4
    exchange = protocol.exchange

    async def call() -> bytes:
        return (await exchange(request))[start:]

    yield call
    transport.close()


@contextmanager
def download(setup: Setup) -> Iterator[Callable[[str], int]]:
    with connect(setup.url) as sock:
        buffer = memoryview(bytearray(CHUNK))

        def fetch(url: str) -> int:
            sock.sendall(head("GET", url))
            start = sock.recv(65536)
            length, rest = measure_head(start)
            left = length - rest
            while left > 0:
                left -= sock.recv_into(buffer)
            return length

        yield fetch


def measure_head(start: bytes) -> tuple[int, int]:
    """Return the announced length, and how much of the body has already come."""
    end = start.index(b"\r\n\r\n") + 4
    lines = start[:end].lower().split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
    return length, len(start) - end


@contextmanager
def upload(setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
    with connect(setup.url) as sock:

        def send(url: str, body: bytes) -> int:
            sock.sendall(head("PUT", url, f"Content-Length: {len(body)}"))
            sock.sendall(body)
            return int(sock.recv(65536).split(b" ", 2)[1])

        yield send


@asynccontextmanager
async def async_download(setup: Setup) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    loop, buffer = asyncio.get_running_loop(), memoryview(bytearray(CHUNK))
    with connect(setup.url) as sock:
        sock.setblocking(False)

        async def fetch(url: str) -> int:
            await loop.sock_sendall(sock, head("GET", url))
            length, rest = measure_head(await loop.sock_recv(sock, 65536))
            left = length - rest
            while left > 0:
                left -= await loop.sock_recv_into(sock, buffer)
            return length

        yield fetch


@asynccontextmanager
async def async_upload(setup: Setup) -> AsyncIterator[Callable[[str, bytes], Awaitable[int]]]:
    loop = asyncio.get_running_loop()
    with connect(setup.url) as sock:
        sock.setblocking(False)

        async def send(url: str, body: bytes) -> int:
            await loop.sock_sendall(sock, head("PUT", url, f"Content-Length: {len(body)}"))
            await loop.sock_sendall(sock, body)
            return int((await loop.sock_recv(sock, 65536)).split(b" ", 2)[1])

        yield send

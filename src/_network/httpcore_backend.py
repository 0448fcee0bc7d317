"""Our streams as httpcore wants them, so that its connection pools run over them.

Only this module imports httpcore, and only the engine on httpcore imports this module. Our errors become httpcore's,
which its own code catches. The original is their ``__cause__`` and their ``original``, as the pools of httpcore
erase the cause.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpcore

from .._concurrency.async_loop import pause as async_pause
from .._concurrency.cancel import pause
from ..exceptions import (
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from .network import AsyncNetwork, Network
from .stream import AsyncByteStream, ByteStream

if TYPE_CHECKING:
    from ..values.timeout import Deadline

__all__ = ["AsyncHttpcoreBackend", "AsyncHttpcoreStream", "HttpcoreBackend", "HttpcoreStream", "call_deadline"]

SocketOption = Any

call_deadline: ContextVar[Deadline | None] = ContextVar("call_deadline", default=None)
"""The deadline of the call that is running: no single operation waits longer than what it leaves."""

MAPPED: dict[type[Exception], type[Exception]] = {
    ConnectTimeout: httpcore.ConnectTimeout,
    ReadTimeout: httpcore.ReadTimeout,
    WriteTimeout: httpcore.WriteTimeout,
    ConnectError: httpcore.ConnectError,
    ReadError: httpcore.ReadError,
    WriteError: httpcore.WriteError,
}


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except tuple(MAPPED) as error:
        for ours, theirs in MAPPED.items():
            if isinstance(error, ours):
                mapped = theirs(str(error))
                mapped.original = error  # type: ignore[attr-defined]
                raise mapped from error
        raise


def _clamped(timeout: float | None) -> float | None:
    deadline = call_deadline.get()
    return timeout if deadline is None else deadline.clamp(timeout)


class AsyncHttpcoreStream(httpcore.AsyncNetworkStream):
    """An AsyncByteStream for httpcore; ``stream`` is the original."""

    def __init__(self, stream: AsyncByteStream) -> None:
        self.stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _mapped():
            return await self.stream.read(max_bytes, _clamped(timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            with _mapped():
                await self.stream.write(buffer, _clamped(timeout))

    async def aclose(self) -> None:
        await self.stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        with _mapped():
            return AsyncHttpcoreStream(await self.stream.start_tls(ssl_context, server_hostname, _clamped(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class AsyncHttpcoreBackend(httpcore.AsyncNetworkBackend):
    """An AsyncNetwork for httpcore, with its resolver and options."""

    def __init__(self, network: AsyncNetwork) -> None:
        self.network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        network = self.network.having(local_address, socket_options)
        with _mapped():
            return AsyncHttpcoreStream(await network.connect_tcp(host, port, _clamped(timeout)))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        network = self.network.having(None, socket_options)
        with _mapped():
            return AsyncHttpcoreStream(await network.connect_unix(path, _clamped(timeout)))

    async def sleep(self, seconds: float) -> None:
        await async_pause(seconds)


class HttpcoreStream(httpcore.NetworkStream):
    """A ByteStream for httpcore; ``stream`` is the original."""

    def __init__(self, stream: ByteStream) -> None:
        self.stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _mapped():
            return self.stream.read(max_bytes, _clamped(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            with _mapped():
                self.stream.write(buffer, _clamped(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        with _mapped():
            return HttpcoreStream(self.stream.start_tls(ssl_context, server_hostname, _clamped(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class HttpcoreBackend(httpcore.NetworkBackend):
    """A Network for httpcore, with its resolver and options."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        network = self.network.having(local_address, socket_options)
        with _mapped():
            return HttpcoreStream(network.connect_tcp(host, port, _clamped(timeout)))

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        network = self.network.having(None, socket_options)
        with _mapped():
            return HttpcoreStream(network.connect_unix(path, _clamped(timeout)))

    def sleep(self, seconds: float) -> None:
        pause(seconds)

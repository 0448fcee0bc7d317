"""A WebSocket of an ASGI application, as a client sees it: a connection that left HTTP."""

from __future__ import annotations

from typing import Any

from ..._apps import AsyncAsgiHost, SocketCall
from ...engines.asgi import AsgiEngine
from ...exceptions import StreamClosed, WriteError, WriteTimeout
from ...rules.app_response import AppKind
from ...rules.asgi import socket_scope
from ...values.headers import RawHeaders
from ...values.request import Request
from ...values.url import Endpoint
from ..response import AsyncBodyStream, AsyncResponse
from .application import AsyncAppReader, AsyncAppStream, answer_of

__all__ = ["AsyncAppSocket", "open_socket"]


async def open_socket(
    host: AsyncAsgiHost,
    reader: AsyncAppReader,
    request: Request,
    endpoint: Endpoint,
    lines: RawHeaders,
    options: AsgiEngine,
    state: dict[str, Any] | None,
) -> AsyncResponse:
    """Call the application; return its 101, whose ``network_stream`` is open, or the response it refuses with."""
    scope = socket_scope(endpoint, lines, options, state)
    key = dict(lines)[b"sec-websocket-key"]
    call = SocketCall(options.app, scope, key, reader.exchange, raises=options.raise_app_exceptions)
    host.start(call)
    response = await answer_of(reader, request)
    if response.status_code == 101:
        socket = AsyncAppSocket(reader, call)
        response.network_stream = socket
        response.attach(AsyncAppSocketBody(socket))
    else:
        response.attach(AsyncAppStream(reader))
    return response


class AsyncAppSocket:
    """The bytes of a WebSocket, both ways; ``response.network_stream``."""

    __slots__ = ("_call", "_left", "_open", "_over", "_reader")

    def __init__(self, reader: AsyncAppReader, call: SocketCall) -> None:
        self._reader = reader
        self._call = call
        self._left = b""
        self._open = True
        self._over = False

    def _check(self) -> None:
        if not self._open:
            raise StreamClosed("the connection was closed with its response")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return from 1 to ``max_bytes`` bytes, or b"" at the end. Raises ReadTimeout, StreamClosed."""
        self._check()
        while not self._left and not self._over:
            kind, value = await self._reader.next_within(timeout)
            if kind is AppKind.PIECE:
                self._left = value
            else:
                self._over = True
                self._reader.exchange.detach()
        data, self._left = self._left[:max_bytes], self._left[max_bytes:]
        return data

    async def write(self, data: bytes, timeout: float | None = None) -> None:
        """Send all of ``data``. Raises WriteTimeout, WriteError, StreamClosed."""
        self._check()
        exchange = self._reader.exchange
        if exchange.gave_up:
            raise WriteError("the client was closed")
        self._call.heard(bytes(data))
        try:
            await exchange.inbox.async_room(timeout)
        except TimeoutError as error:
            raise WriteTimeout(f"the application {exchange.app} took nothing for {timeout:g} s") from error

    def close_now(self) -> bool:
        """Close the connection; return whether it was open."""
        was_open, self._open = self._open, False
        if was_open:
            self._reader.exchange.give_up()
        return was_open

    async def aclose(self) -> None:
        """Close the connection. May be called again."""
        self.close_now()


class AsyncAppSocketBody(AsyncBodyStream):
    """The empty body of a response whose connection left HTTP; closing it closes the connection."""

    __slots__ = ("_socket",)

    def __init__(self, socket: AsyncAppSocket) -> None:
        self._socket = socket

    async def receive(self) -> bytes:
        """Return b"": what follows is not the response's body."""
        return b""

    async def aclose(self) -> None:
        """Close the connection."""
        await self._socket.aclose()

    def abandon(self) -> bool:
        """Close the connection without waiting; return whether there was one."""
        return self._socket.close_now()

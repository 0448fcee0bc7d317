"""The engine behind AsgiEngine."""

from __future__ import annotations

from typing import Any

from ..._apps import AsgiCall, AsyncAsgiHost, Exchange
from ..._concurrency import async_owner, async_owner_ended, fork_generation
from ...engines.asgi import AsgiEngine
from ...exceptions import CloseError, ConnectTimeout
from ...rules.app_response import app_name
from ...rules.asgi import http_scope, is_handshake, request_lines
from ...rules.request_head import encode_head
from ...values.capabilities import Capability
from ...values.request import Request
from ...values.settings import ConnectionSettings
from ...values.url import endpoint_of
from ..response import AsyncResponse
from .application import AsyncAppReader, AsyncAppStream, answer_of, send_body
from .engine import AsyncEngine

__all__ = ["AsyncAsgiDriver"]


class AsyncAsgiDriver(AsyncEngine):
    """Gives requests to an ASGI application; see AsgiEngine."""

    capabilities = frozenset(
        {
            Capability.WEBSOCKET,
            Capability.UPGRADE,
            Capability.TRAILERS,
            Capability.EARLY_HINTS,
            Capability.TIMEOUTS,
            Capability.STREAM_UPLOAD,
            Capability.STREAM_DOWNLOAD,
            Capability.FULL_DUPLEX,
        }
    )

    def __init__(self, options: AsgiEngine, settings: ConnectionSettings) -> None:
        self._options = options
        self._name = app_name(options.app)
        self._closed = False
        # One for each event loop, none that was made before a fork.
        self._hosts: dict[Any, AsyncAsgiHost] = {}

    async def execute(self, request: Request) -> AsyncResponse:
        """Call the application and return its response with an unread stream. Raises RequestError, and what it raised.

        The first request waits for the application's startup.
        """
        endpoint = endpoint_of(request.url)
        head, length = encode_head(request, endpoint)
        exchange = Exchange(self._name)
        reader = AsyncAppReader(exchange, request, length)
        host, state = await self._ready(request)
        lines = request_lines(head)
        if request.stream and is_handshake(request, lines):
            from .asgi_socket import open_socket

            return await open_socket(host, reader, request, endpoint, lines, self._options, state)
        scope = http_scope(request, endpoint, lines, self._options, state)
        send_body(exchange, request.body)
        host.start(AsgiCall(self._options.app, scope, exchange, raises=self._options.raise_app_exceptions))
        response = await answer_of(reader, request)
        response.attach(AsyncAppStream(reader))
        return response

    async def _ready(self, request: Request) -> tuple[AsyncAsgiHost, dict[str, Any] | None]:
        if self._closed:
            raise CloseError("the engine was closed", request=request)
        key = (fork_generation(), async_owner())
        host = self._hosts.get(key)
        if host is None:
            for ended in [other for other in list(self._hosts) if other[0] == key[0] and async_owner_ended(other[1])]:
                self._hosts.pop(ended, None)  # all that ran there has ended with it
            host = self._hosts.setdefault(key, AsyncAsgiHost(self._options))
        deadline = request.deadline
        try:
            return host, await host.ready(None if deadline is None else deadline.clamp(None))
        except TimeoutError as error:
            raise ConnectTimeout(f"the application {self._name} has not started in time") from error

    async def aclose(self) -> None:
        """End all calls, shut the application down. Raises ApplicationError when that fails. May be called again."""
        self._closed = True
        here = (fork_generation(), async_owner())
        hosts, self._hosts = self._hosts, {}
        for key, host in hosts.items():
            if key == here:
                await host.aclose()
            elif key[0] == here[0]:
                host.abandon()

    def abandon(self) -> None:
        """End all calls and the application without waiting."""
        self._closed = True
        for key, host in list(self._hosts.items()):
            if key[0] == fork_generation():
                host.abandon()

    def __repr__(self) -> str:
        return repr(self._options)

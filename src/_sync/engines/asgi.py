# Generated from src/_async/engines/asgi.py by scripts/generate_sync.py. Do not edit.
"""The engine behind AsgiEngine."""

from __future__ import annotations

from typing import Any

from ..._apps import AsgiCall, AsgiHost, Exchange
from ..._concurrency import fork_generation, owner, owner_ended
from ...engines.asgi import AsgiEngine
from ...exceptions import CloseError, ConnectTimeout
from ...rules.app_response import app_name
from ...rules.asgi import http_scope, is_handshake, request_lines
from ...rules.request_head import encode_head
from ...values.capabilities import Capability
from ...values.request import Request
from ...values.settings import ConnectionSettings
from ...values.url import endpoint_of
from ..response import Response
from .application import AppReader, AppStream, answer_of, send_body
from .engine import Engine

__all__ = ["AsgiDriver"]


class AsgiDriver(Engine):
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
        self._hosts: dict[Any, AsgiHost] = {}

    def execute(self, request: Request) -> Response:
        """Call the application and return its response with an unread stream. Raises RequestError, and what it raised.

        The first request waits for the application's startup.
        """
        endpoint = endpoint_of(request.url)
        head, length = encode_head(request, endpoint)
        exchange = Exchange(self._name)
        reader = AppReader(exchange, request, length)
        host, state = self._ready(request)
        lines = request_lines(head)
        if request.stream and is_handshake(request, lines):
            from .asgi_socket import open_socket

            return open_socket(host, reader, request, endpoint, lines, self._options, state)
        scope = http_scope(request, endpoint, lines, self._options, state)
        send_body(exchange, request.body)
        host.start(AsgiCall(self._options.app, scope, exchange, raises=self._options.raise_app_exceptions))
        response = answer_of(reader, request)
        response.attach(AppStream(reader))
        return response

    def _ready(self, request: Request) -> tuple[AsgiHost, dict[str, Any] | None]:
        if self._closed:
            raise CloseError("the engine was closed", request=request)
        key = (fork_generation(), owner())
        host = self._hosts.get(key)
        if host is None:
            for ended in [other for other in list(self._hosts) if other[0] == key[0] and owner_ended(other[1])]:
                self._hosts.pop(ended, None)  # all that ran there has ended with it
            host = self._hosts.setdefault(key, AsgiHost(self._options))
        deadline = request.deadline
        try:
            return host, host.ready(None if deadline is None else deadline.clamp(None))
        except TimeoutError as error:
            raise ConnectTimeout(f"the application {self._name} has not started in time") from error

    def close(self) -> None:
        """End all calls, shut the application down. Raises ApplicationError when that fails. May be called again."""
        self._closed = True
        here = (fork_generation(), owner())
        hosts, self._hosts = self._hosts, {}
        for key, host in hosts.items():
            if key == here:
                host.close()
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

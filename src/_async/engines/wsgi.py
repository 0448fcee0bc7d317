"""The engine behind WsgiEngine."""

from __future__ import annotations

from functools import partial

from ..._apps import Exchange, WsgiCall
from ..._concurrency import AsyncEvent, AsyncSemaphore, AsyncShield, fork_generation, monotonic
from ...engines.wsgi import WsgiEngine
from ...exceptions import CloseError, PoolTimeout
from ...rules.app_response import app_name
from ...rules.asgi import request_lines
from ...rules.request_head import encode_head
from ...rules.wsgi import environ_of
from ...values.capabilities import Capability
from ...values.request import Request
from ...values.settings import ConnectionSettings
from ...values.url import endpoint_of
from ..response import AsyncResponse
from .application import AsyncAppReader, AsyncAppStream, answer_of, send_body
from .engine import AsyncEngine

__all__ = ["AsyncWsgiDriver"]

GRACE = 1.0
"""How long closing waits for applications that were disconnected, in seconds."""


class AsyncWsgiDriver(AsyncEngine):
    """Gives requests to a WSGI application; see WsgiEngine."""

    capabilities = frozenset(
        {
            Capability.TIMEOUTS,
            Capability.STREAM_UPLOAD,
            Capability.STREAM_DOWNLOAD,
            Capability.FULL_DUPLEX,
        }
    )

    def __init__(self, options: WsgiEngine, settings: ConnectionSettings) -> None:
        self._options = options
        self._name = app_name(options.app)
        self._closed = False
        self._generation = fork_generation()
        self._free = AsyncSemaphore(options.threads)
        self._calls: dict[WsgiCall, AsyncEvent] = {}

    async def execute(self, request: Request) -> AsyncResponse:
        """Call the application and return its response with an unread stream. Raises RequestError, and what it raised.

        Waits for a thread as long as ``Timeout.pool`` allows.
        """
        if self._closed:
            raise CloseError("the engine was closed", request=request)
        endpoint = endpoint_of(request.url)
        head, length = encode_head(request, endpoint)
        exchange = Exchange(self._name)
        reader = AsyncAppReader(exchange, request, length)
        call = WsgiCall(self._options.app, request.method, exchange, raises=self._options.raise_app_exceptions)
        call.environ = environ_of(request, endpoint, request_lines(head), self._options, call.input)
        send_body(exchange, request.body)
        free = await self._obtain(request)
        ended = AsyncEvent()
        self._calls[call] = ended
        try:
            call.start(partial(self._ended, call, free))
        except BaseException:
            self._ended(call, free)
            raise
        response = await answer_of(reader, request)
        response.attach(AsyncAppStream(reader))
        return response

    async def _obtain(self, request: Request) -> AsyncSemaphore:
        """Wait for a thread that may run."""
        if self._generation != fork_generation():  # the threads of the parent are not here
            self._generation = fork_generation()
            self._free = AsyncSemaphore(self._options.threads)
            self._calls = {}
        free = self._free
        deadline = request.deadline
        limit = request.timeout.pool if deadline is None else deadline.clamp(request.timeout.pool)
        if not await free.acquire(limit):
            raise PoolTimeout(f"all {self._options.threads} threads of the application {self._name} are busy")
        return free

    def _ended(self, call: WsgiCall, free: AsyncSemaphore) -> None:
        free.release()
        ended = self._calls.pop(call, None)
        if ended is not None:
            ended.set()

    async def aclose(self) -> None:
        """End all calls; a thread that can't be ended is left alone after a second. May be called again."""
        self._closed = True
        async with AsyncShield():
            calls = dict(self._calls)
            for call in calls:
                call.exchange.shut(CloseError("the client was closed while the request was under way"))
            end = monotonic() + GRACE
            for ended in calls.values():
                await ended.wait(max(end - monotonic(), 0.0))

    def abandon(self) -> None:
        """End all calls without waiting."""
        self._closed = True
        for call in list(self._calls):
            call.exchange.give_up()

    def __repr__(self) -> str:
        return repr(self._options)

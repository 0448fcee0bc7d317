# Generated from src/_async/engines/httpcore_exchange.py by scripts/generate_sync.py. Do not edit.
"""One request on a connection of the httpcore engine, and the body of its response."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..._concurrency import Shield, spawn
from ...engines.httpcore_errors import mapped
from ...engines.httpcore_request import Closed, max_streams
from ...exceptions import (
    CloseError,
    ConnectError,
    HTTPError,
    LocalProtocolError,
    NetworkError,
    ProtocolError,
    ProxyError,
    RemoteProtocolError,
    TimeoutException,
    TLSError,
    TotalTimeout,
)
from ..response import BodyStream, Response
from .httpcore_routes import Route
from .httpcore_upgrade import UpgradedStream
from .httpcore_wire import Wire, WireFailure

if TYPE_CHECKING:
    from ...values.request import Request
    from ...values.timeout import Deadline
    from .httpcore_connection import CoreConnection
    from .httpcore_pool import CorePool

__all__ = ["CoreBody", "Exchange"]

T = TypeVar("T")
R = TypeVar("R", covariant=True)


class Step(Protocol[R]):
    """Something to wait for."""

    def __call__(self) -> R:
        """Do it."""


class Exchange:
    """One request on a connection, until its response is read or given up."""

    __slots__ = (
        "_deadline",
        "_extensions",
        "_iterator",
        "_marks",
        "_next_id",
        "_sent",
        "_shares",
        "_stream",
        "_stream_id",
        "_upgraded",
        "connection",
        "left",
        "over",
        "pool",
    )

    def __init__(self, pool: CorePool, connection: CoreConnection, request: Request, *, shares: bool) -> None:
        self.pool = pool
        self.connection = connection
        # Not the request itself: the pool holds exchanges, and a request may lead to its response.
        self._deadline: Deadline | None = request.deadline
        self._shares = shares
        self._marks = (connection.wire.received, connection.wire.written)
        self._extensions: dict[str, Any] = {}
        self._sent = False
        self._stream: Any = None
        self._iterator: Iterator[bytes] | None = None
        # The HTTP/2 stream once its head is out, and before.
        self._stream_id = 0
        self._next_id = 0
        # Body bytes still to come, None where that is not known.
        self.left: int | None = None
        self.over = False
        # Whether the connection left HTTP; then it lives until it is closed.
        self._upgraded = False

    # What became of it, for whoever may send it again.

    @property
    def unsent(self) -> bool:
        """Whether nothing of the request went out."""
        wire = self.connection.wire
        return not self._sent if wire.shared else wire.written == self._marks[1]

    @property
    def unanswered(self) -> bool:
        """Whether nothing came back."""
        wire = self.connection.wire
        return wire.http2 or wire.received == self._marks[0]

    # The head.

    def send(self, request: Request, message: Any) -> Response:
        """Send a request (``message`` is httpcore's form of it) and return its response. Raises TransportError.

        When it raises or is cancelled, everything is given back.
        """
        connection = self.connection
        self._extensions = message.extensions
        self.pool.exchanges.add(self)
        try:
            if not connection.wire.shared:
                connection.wire.begin(request.method, self._deadline)
            response = self._in_time(partial(connection.handle, message), shared=self._shares)
            connection.used = True
            self._stream = response.stream
            return self._response(request, response)
        except BaseException as error:
            self.drop()
            self._raise(error)
            raise

    def _response(self, request: Request, response: Any) -> Response:
        extensions = response.extensions
        self._iterator = self._stream.__iter__()
        reason = extensions.get("reason_phrase")
        result = Response(
            response.status,
            response.headers,
            CoreBody(self),
            request=request,
            reason_phrase=None if reason is None else str(reason, "latin-1"),
            http_version=str(extensions.get("http_version", b"HTTP/1.1"), "ascii"),
        )
        stream = self.connection.wire.stream
        connects = request.method == "CONNECT" and 200 <= response.status < 300
        if stream is not None and (response.status == 101 or connects):
            self._upgraded = True
            result.network_stream = UpgradedStream(extensions["network_stream"], stream, self)
        elif request.method == "HEAD" or response.status in (204, 304):
            self.left = 0
        else:
            lengths = [value for name, value in response.headers if name.lower() == b"content-length"]
            self.left = int(lengths[0]) if len(lengths) == 1 and lengths[0].isdigit() else None
        return result

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Follow what httpcore does, where its connection may become one of HTTP/2, or goes through SOCKS."""
        if event == "http2.send_request_headers.started":
            self._sent = True
            self._next_id = info.get("stream_id", 0)
        elif event == "http2.send_request_headers.complete":
            self._stream_id = self._next_id
        elif event == "http2.receive_remote_settings.complete":
            streams = info["return_value"].changed_settings.get(3)
            if streams is not None:
                capacity = max(1, min(max_streams, streams.new_value))
                self.pool.settled(self.connection, capacity, shares=True)
        elif event == "socks.setup_socks5_connection.complete" and self.connection.pool.route.origin.scheme == "http":
            self.connection.wire.open(None)

    # The body.

    def receive(self) -> bytes:
        """Return the next piece of the body, b"" at its end."""
        if self._upgraded:
            return b""
        try:
            piece = self._in_time(self._step, shared=self.connection.active > 1)
            if not piece:
                self._finish()
        except BaseException as error:
            self.drop()
            self._raise(error)
            raise
        if self.left is not None:
            self.left -= len(piece)
        return piece

    def read(self) -> bytes:
        """Return all of the body."""
        if self._upgraded:
            return b""
        try:
            pieces = self._in_time(self._steps, shared=self.connection.active > 1)
            self._finish()
        except BaseException as error:
            self.drop()
            self._raise(error)
            raise
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _step(self) -> bytes:
        iterator = self._iterator
        if iterator is None:
            return b""
        try:
            while not (piece := iterator.__next__()):
                pass
        except StopIteration:
            return b""
        return piece

    def _steps(self) -> list[bytes]:
        pieces = []
        while piece := self._step():
            pieces.append(piece)
        return pieces

    # The end.

    def _finish(self) -> None:
        """The body came to its end: the connection is free for others."""
        if self.over:
            return
        self._stream.close()
        self._end(reusable=self.connection.reusable())

    def give_up(self) -> None:
        """End it early. The connection is kept if nothing more is to come, else closed."""
        if self.over:
            return
        if self.left == 0:
            try:
                self.receive()
            except HTTPError:
                pass  # it is closed then
        if not self.over:
            self.drop()
        self.pool.leftovers.finish()

    def drop(self) -> None:
        """End it without waiting: nobody uses the connection for anything new."""
        if self.over:
            return
        connection = self.connection
        if connection.active > 1 and self._stream_id:
            connection.wire.reset(self._stream_id)
        if self._iterator is not None:
            # Its next step is to end: by this, or by the closed wire.
            self._extensions["timeout"] = Closed()
            self.pool.leftovers.append(self._iterator)
        self._end(reusable=False)

    def _end(self, *, reusable: bool) -> None:
        self.over = True
        self._iterator = self._stream = None
        self.pool.exchanges.discard(self)
        self.pool.release(self.connection, reusable=reusable)

    # Time and errors.

    def _in_time(self, step: Step[T], *, shared: bool) -> T:
        """Do a step. On a connection shared with others it may wait for what they do, so it is watched from outside."""
        deadline = self._deadline
        if deadline is None or not shared:
            return step()
        task = spawn(step)
        try:
            in_time = task.wait(deadline.remaining())
        except BaseException:
            task.cancel()
            with Shield():
                task.wait(1.0)
            raise
        if not in_time:
            task.cancel()
            raise deadline.overrun()
        return task.value()

    def _raise(self, error: BaseException) -> None:
        """Raise the error of ours that this one stands for; return where it may leave as it is."""
        original: BaseException = error
        if isinstance(error, WireFailure):
            original = error.error
            if error.foreign:
                raise original from original.__cause__
        failure = self._failure(original)
        if failure is None or failure is error:
            return
        if failure is original or failure is original.__cause__:
            raise failure from failure.__cause__
        raise failure from original

    def _failure(self, error: BaseException) -> HTTPError | None:
        failure = mapped(error)
        foreign = not isinstance(error, HTTPError)
        if foreign and isinstance(error.__cause__, HTTPError):
            failure = error.__cause__  # ours, which the wire had to translate for httpcore
        wire = self.connection.wire
        route = self.connection.pool.route
        if not wire.established and route.proxy is not None and isinstance(error, Exception):
            failure = _at_proxy(error, failure, wire, route)
        elif wire.http2 and isinstance(failure, LocalProtocolError) and foreign and wire.received > self._marks[0]:
            # h2 complains about both sides in one way; by then it was the server's turn.
            failure = RemoteProtocolError(failure.message)
        if self.pool.closed and isinstance(failure, (NetworkError, ProtocolError)):
            return CloseError("the client was closed while the request was under way")
        deadline = self._deadline
        if deadline is None or not isinstance(failure, TimeoutException) or isinstance(failure, TotalTimeout):
            return failure
        if not deadline.expired:
            return failure
        return deadline.overrun(failure.message)


def _at_proxy(error: Exception, failure: HTTPError | None, wire: Wire, route: Route) -> HTTPError | None:
    """Return what a failure means that happened before the server itself was reached."""
    proxy = route.proxy
    if wire.stream is None:
        if isinstance(failure, ConnectError):
            return ProxyError(f"no connection to the proxy {proxy}: {failure.message}", transient=True)
        return failure
    if isinstance(failure, TLSError) and wire.layers == 1 and route.origin.scheme == "https":
        return failure  # it is the server's, seen through the tunnel
    if isinstance(failure, (NetworkError, ProtocolError, ProxyError)) and not isinstance(failure, CloseError):
        return ProxyError(f"the proxy {proxy} gives no way to {Route(route.origin, None)}: {failure.message}")
    if failure is None and proxy is not None and proxy.is_socks:
        # httpcore takes every answer of a SOCKS proxy to be well formed.
        return ProxyError(f"the proxy {proxy} answered what is no SOCKS reply")
    return failure


class CoreBody(BodyStream):
    """The body of one response; it holds the exchange until its end."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange) -> None:
        self._exchange: Exchange | None = exchange

    def receive(self) -> bytes:
        """Return the next piece, or b"" at the end. Raises TransportError."""
        exchange = self._exchange
        if exchange is None:
            return b""
        try:
            piece = exchange.receive()
        finally:
            if exchange.over:
                self._exchange = None
        return piece

    def read(self) -> bytes:
        """Return all that is left. Raises TransportError."""
        exchange = self._exchange
        if exchange is None:
            return b""
        try:
            return exchange.read()
        finally:
            if exchange.over:
                self._exchange = None

    def close(self) -> None:
        """Give up what is unread: keep the connection if nothing more is to come, else close it."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.give_up()

    def abandon(self) -> bool:
        """Free the connection without waiting; return whether there was one."""
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return False
        exchange.drop()
        return True

# Generated from src/_async/websocket.py by scripts/generate_sync.py. Do not edit.
"""A WebSocket: messages both ways over a connection that began as an HTTP request (RFC 6455)."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import random
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from .._concurrency import Lock, call, iterate, sleep
from ..exceptions import (
    DecodingError,
    HTTPError,
    RequestCancelled,
    StreamClosed,
    TransportError,
    WebSocketClosed,
    WebSocketError,
)
from ..rules.event_stream import reconnect_delay
from ..rules.websocket_codec import CLEAN_CODES, PASSING_CODES, check_close
from ..rules.websocket_handshake import check_numbers
from ..rules.websocket_messages import as_bytes, as_json, as_text, encoded_fragment, is_fragments

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import TypeForm

    from ..values.settings import Settings
    from .response import Response
    from .websocket_link import WebSocketLink
    from .websocket_opening import Opening

__all__ = ["WebSocket"]

T = TypeVar("T")
M = TypeVar("M")

TRANSIENT = frozenset({429, 500, 502, 503, 504})
"""Statuses of a refusal after which it is tried again, where reconnecting is wanted."""


class WebSocket(Generic[M]):
    """The WebSocket of ``client.websocket(url)``: a context manager, which connects, and an iterator over messages.

    A text message is a str, a binary one bytes; with ``into=T`` each is a T, made from JSON. One may send while
    another receives, and several may do either. ``response`` is the server's answer to the handshake, ``subprotocol``
    what it chose.

    Nothing runs in the background: while somebody receives, or waits for a pong, the server's pings are answered and
    its silence is noticed; whoever sends does the same once a second. A connection that nobody uses is not kept alive.
    """

    def __init__(
        self,
        opening: Opening,
        *,
        into: Any,
        reconnect: bool,
        max_reconnects: int | None,
        delay: float,
        on_connect: Callable[[Any], Any] | None,
    ) -> None:
        self._opening = opening
        self._into = into
        self._reconnects = reconnect
        self._max_reconnects = max_reconnects
        self._delay = delay
        self._on_connect = on_connect
        self._connecting = Lock()
        self._greeting = False
        self._failures = 0
        self._link: WebSocketLink | None = None
        self._entered = self._ended = False
        self.response: Response | None = None
        self.subprotocol: str | None = None

    # Life.

    def __enter__(self) -> Self:
        if self._entered:
            raise RuntimeError("this block was entered already; call websocket() again")
        self._entered = True
        self._connect()
        try:
            self._greet()
        except BaseException:
            self._leave(1011)
            raise
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc is None:
            self.close()
        else:
            went_wrong = isinstance(exc, Exception) and not isinstance(exc, RequestCancelled)
            self._leave(1011 if went_wrong else 1001)

    def _leave(self, code: int) -> None:
        self._ended = True
        if self._link is not None:
            self._link.leave(code)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Do the closing handshake, for at most ``close_timeout`` seconds, and free the connection.

        Messages that were not received are dropped. May be called again. Raises InvalidRequest for a code or a reason
        that may not be sent (RFC 6455 section 7.4): allowed are 1000 to 1014 without 1004 to 1006, 3000 to 4999, and
        123 bytes.
        """
        check_close(code, reason)
        self._ended = True
        if self._link is not None:
            self._link.close(code, reason)

    @property
    def is_closed(self) -> bool:
        """Whether there is no connection, or none any more."""
        return self._link is None or self._link.closed

    @property
    def close_code(self) -> int | None:
        """The code with which the connection ended, None while it is open; see WebSocketClosed."""
        return self._link.ending().code if self._link is not None and self._link.closed else None

    @property
    def close_reason(self) -> str | None:
        """The reason with which the connection ended, None while it is open."""
        return self._link.ending().reason if self._link is not None and self._link.closed else None

    # Sending.

    def send(self, message: Any) -> None:
        """Send a message: a str as text, bytes as binary, an iterator of either in fragments, as they come.

        Any other object is sent as JSON text, by the client's converters. It waits while the server takes nothing, for
        at most ``timeout.write``. A send that is interrupted midway ends the connection, as does an iterator that
        fails. Raises WebSocketClosed, WriteTimeout, InvalidBody.
        """
        if isinstance(message, str):
            self._send(as_text(message), text=True)
        elif isinstance(message, (bytes, bytearray, memoryview)):
            self._send(as_bytes(message), text=False)
        elif is_fragments(message):
            link = self._open_link()
            link.send_fragments(iterate(message), encoded_fragment)
        else:
            self.send_json(message)

    def send_text(self, message: str) -> None:
        """Send a text message; see ``send``."""
        self._send(as_text(message), text=True)

    def send_bytes(self, message: bytes | bytearray | memoryview) -> None:
        """Send a binary message; see ``send``."""
        self._send(as_bytes(message), text=False)

    def send_json(self, value: Any) -> None:
        """Send a value as JSON text, by the client's converters; see ``send``."""
        self._send(as_json(value, self._settings), text=True)

    def _send(self, data: bytes, *, text: bool) -> None:
        link = self._link
        if link is None or link.closed:
            link = self._open_link()
        link.send(data, text=text)

    def ping(self, data: bytes | None = None, *, timeout: float | None = 20.0) -> float:
        """Send a ping and wait for its pong; return the seconds that took.

        Messages that come meanwhile are kept, up to 16. ``data`` are up to 125 bytes, random by default. Raises
        WebSocketClosed, ReadTimeout, InvalidBody.
        """
        payload = os.urandom(4) if data is None else as_bytes(data, 125)
        link = self._open_link()
        return link.ping(payload, timeout)

    # Receiving.

    @overload
    def receive(self, into: None = None, *, timeout: float | None = None) -> M: ...
    @overload
    def receive(self, into: TypeForm[T], *, timeout: float | None = None) -> T: ...
    def receive(self, into: Any = None, *, timeout: float | None = None) -> Any:
        """Return the next message: as a str or bytes, or as a T, made from JSON by the client's converters.

        ``timeout`` is in seconds; what came too late is there for the next call. Raises ReadTimeout, DecodingError,
        WebSocketClosed.
        """
        return self._typed(self._receive(timeout), self._into if into is None else into)

    def receive_text(self, *, timeout: float | None = None) -> str:
        """Return the next message, which must be text; see ``receive``. Raises DecodingError for a binary one."""
        return cast("str", self._checked(self._receive(timeout), str))

    def receive_bytes(self, *, timeout: float | None = None) -> bytes:
        """Return the next message, which must be binary; see ``receive``. Raises DecodingError for a text."""
        return cast("bytes", self._checked(self._receive(timeout), bytes))

    def receive_json(self, *, timeout: float | None = None) -> Any:
        """Return the next message as what its JSON holds; see ``receive``."""
        return self._typed(self._receive(timeout), Any)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> M:
        try:
            message = self._receive(None)
        except WebSocketClosed as error:
            if error.code not in CLEAN_CODES and not self._ended:
                raise
        else:
            return cast("M", self._typed(message, self._into))
        raise StopIteration

    def _receive(self, timeout: float | None) -> str | bytes:
        if timeout is not None:
            check_numbers({"timeout": timeout})
        while True:
            link = self._link
            if link is None:
                link = self._open_link()
            try:
                message = link.receive(timeout)
            except WebSocketClosed as error:
                if not self._may_reconnect(error):
                    raise
                self._reconnect(link, error)
            else:
                self._failures = 0
                return message

    @property
    def _settings(self) -> Settings:
        return self._opening.statement.request.settings

    def _typed(self, message: str | bytes, into: Any) -> Any:
        if into is None:
            return message
        if into is str or into is bytes:
            return self._checked(message, into)
        from ..converters import DEFAULT_CONVERTERS

        converters = self._settings.converters or DEFAULT_CONVERTERS
        data = message.encode() if isinstance(message, str) else message
        try:
            return converters.decode(data, into, "application/json", "utf-8")
        except HTTPError as error:
            assert self.response is not None
            raise self.response._located(error) from error.__cause__

    def _checked(self, message: str | bytes, kind: type) -> str | bytes:
        if not isinstance(message, kind):
            came, asked = ("text", "binary") if kind is bytes else ("binary", "text")
            request = self._opening.statement.request
            raise DecodingError(f"a {came} message came where a {asked} one was asked for", request=request)
        return message

    # Connecting, and connecting again.

    def _open_link(self) -> WebSocketLink:
        """Return the connection, a new one where that is wanted. Raises WebSocketClosed, StreamClosed."""
        link = self._link
        if link is None:
            raise StreamClosed("use client.websocket() in a with block", request=self._opening.statement.request)
        if link.closed:
            error = link.ending()
            if not self._may_reconnect(error):
                raise error
            self._reconnect(link, error)
            assert self._link is not None
            link = self._link
        return link

    def _may_reconnect(self, error: WebSocketClosed) -> bool:
        return self._reconnects and not self._ended and not self._greeting and error.code in PASSING_CODES

    def _reconnect(self, lost: WebSocketLink, error: HTTPError) -> None:
        """Connect until it works; raise what it failed with, when it was tried often enough or would fail again."""
        with self._connecting:
            while self._link is lost and not self._ended:
                if self._max_reconnects is not None and self._failures >= self._max_reconnects:
                    raise error
                sleep(reconnect_delay(self._failures, self._delay, None, random()))
                if self._ended:  # closed meanwhile
                    break
                self._failures += 1
                try:
                    self._connect()
                    self._greet()
                except WebSocketClosed as failure:  # while it was greeted
                    error, lost = failure, self._link
                except TransportError as failure:
                    error = failure
                except WebSocketError as failure:
                    if failure.response is None or failure.response.status_code not in TRANSIENT:
                        raise
                    error = failure
            if self._ended:
                raise error

    def _greet(self) -> None:
        """Call the user's function for a new connection."""
        if self._on_connect is not None:
            self._greeting = True
            try:
                call(self._on_connect, self)
            finally:
                self._greeting = False

    def _connect(self) -> None:
        self._link, self.response, self.subprotocol = self._opening.open()

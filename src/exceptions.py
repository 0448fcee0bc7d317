"""Every error that leaves this package.

::

    HTTPError
    ├── RequestError                      no usable response
    │   ├── InvalidRequest                (ValueError) refused before anything was sent
    │   │   ├── InvalidURL
    │   │   ├── InvalidHeader
    │   │   ├── InvalidMethod
    │   │   ├── InvalidBody               (TypeError)
    │   │   ├── AddressRefused            an AddressGuard does not let it through
    │   │   └── UnsupportedProtocol
    │   ├── UnsupportedByEngine           the engine lacks a capability the request asks for
    │   ├── MissingExtra                  (ImportError) an optional dependency is not installed
    │   ├── ClientClosed                  (RuntimeError)
    │   ├── RequestCancelled              the scope that ran the request was cancelled (blocking client)
    │   ├── TransportError
    │   │   ├── TimeoutException          (TimeoutError)
    │   │   │   ├── ConnectTimeout
    │   │   │   ├── ReadTimeout
    │   │   │   ├── WriteTimeout
    │   │   │   ├── PoolTimeout
    │   │   │   ├── RateLimitTimeout
    │   │   │   ├── AttemptTimeout
    │   │   │   └── TotalTimeout
    │   │   ├── NetworkError              (ConnectionError)
    │   │   │   ├── ConnectError
    │   │   │   │   ├── ResolveError
    │   │   │   │   └── TLSError
    │   │   │   ├── ReadError
    │   │   │   ├── WriteError
    │   │   │   └── CloseError
    │   │   ├── ProtocolError
    │   │   │   ├── LocalProtocolError
    │   │   │   └── RemoteProtocolError
    │   │   │       ├── ServerDisconnected  (also a ReadError)
    │   │   │       └── ApplicationError    the application of an AsgiEngine or WsgiEngine
    │   │   ├── ProxyError
    │   │   └── CircuitOpen               refused: the server kept failing
    │   ├── WebSocketError                no WebSocket: the handshake was answered otherwise
    │   │   └── WebSocketClosed           (ConnectionError) it ended, with a code and a reason
    │   ├── DecodingError                 (ValueError) the body is not what was asked for
    │   ├── TooManyRedirects
    │   ├── TooManySends
    │   └── UnexpectedRequest             (AssertionError) a MockEngine has no answer
    ├── StatusError                       a response came, its status was refused
    │   ├── RedirectStatusError           3xx
    │   ├── ClientStatusError             4xx
    │   └── ServerStatusError             5xx
    └── StreamError                       (RuntimeError) a body was used wrongly
        ├── StreamConsumed
        ├── StreamClosed
        ├── ResponseNotRead
        └── BodyNotReplayable

Each error carries ``request`` (and ``response`` where there is one), says where it happened without showing
credentials, and survives pickling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .values.attempt import Attempt
    from .values.request import Request
    from .values.response import BaseResponse

__all__ = [
    "AddressRefused",
    "ApplicationError",
    "AttemptTimeout",
    "BodyNotReplayable",
    "CircuitOpen",
    "ClientClosed",
    "ClientStatusError",
    "CloseError",
    "ConnectError",
    "ConnectTimeout",
    "DecodingError",
    "HTTPError",
    "InvalidBody",
    "InvalidHeader",
    "InvalidMethod",
    "InvalidRequest",
    "InvalidURL",
    "LocalProtocolError",
    "MissingExtra",
    "NetworkError",
    "PoolTimeout",
    "ProtocolError",
    "ProxyError",
    "RateLimitTimeout",
    "ReadError",
    "ReadTimeout",
    "RedirectStatusError",
    "RemoteProtocolError",
    "RequestCancelled",
    "RequestError",
    "ResolveError",
    "ResponseNotRead",
    "ServerDisconnected",
    "ServerStatusError",
    "StatusError",
    "StreamClosed",
    "StreamConsumed",
    "StreamError",
    "TLSError",
    "TimeoutException",
    "TooManyRedirects",
    "TooManySends",
    "TotalTimeout",
    "TransportError",
    "UnexpectedRequest",
    "UnsupportedByEngine",
    "UnsupportedProtocol",
    "WebSocketClosed",
    "WebSocketError",
    "WriteError",
    "WriteTimeout",
]


def _rebuild(cls: type[HTTPError], message: str, state: dict[str, Any]) -> HTTPError:
    error = cls(message)
    error.__dict__.update(state)
    return error


class HTTPError(Exception):
    """The root of all errors of this package.

    ``request`` is the request that failed, ``response`` the response if one came, ``attempts`` what was tried
    before, oldest first. ``str(error)`` is the message followed by method and url, the url without credentials.
    """

    def __init__(
        self,
        message: str = "",
        *,
        request: Request | None = None,
        response: BaseResponse | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.request = request
        self.response = response
        self.attempts: tuple[Attempt, ...] = ()

    def __str__(self) -> str:
        request = self.request
        if request is None:
            return self.message
        return f"{self.message} ({request.method} {request.shown_url})"

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in self.__dict__.items() if name != "message"}
        if self.response is not None and not self.response.is_read:
            state["response"] = None  # it holds a connection, which can't travel
        return _rebuild, (type(self), self.message, state)


class RequestError(HTTPError):
    """A request brought no usable response."""


class InvalidRequest(RequestError, ValueError):
    """The request was refused before anything was sent."""


class InvalidURL(InvalidRequest):
    """The url can't be requested: bad scheme, host or port, or characters a url may not hold (RFC 3986)."""


class InvalidHeader(InvalidRequest):
    """A header name or value holds what HTTP does not allow (RFC 9110 section 5)."""


class InvalidMethod(InvalidRequest):
    """The method is not an HTTP token (RFC 9110 section 5.6.2)."""


class InvalidBody(InvalidRequest, TypeError):
    """The body is of a kind that can't be sent, or several bodies were given."""


class AddressRefused(InvalidRequest):
    """The client's AddressGuard does not let connections be made to this address."""


class UnsupportedProtocol(InvalidRequest):
    """The url's scheme is none the client speaks."""


class UnsupportedByEngine(RequestError):
    """The request needs a capability that the client's engine lacks."""


class MissingExtra(RequestError, ImportError):
    """An optional dependency is needed; the message names the extra to install."""


class ClientClosed(RequestError, RuntimeError):
    """The client was used after it was closed."""


class RequestCancelled(RequestError):
    """The scope or helper that ran this request in a thread was cancelled."""


class TransportError(RequestError):
    """The exchange with the server (or a proxy) failed."""


class TimeoutException(TransportError, TimeoutError):
    """Something took longer than its limit."""


class ConnectTimeout(TimeoutException):
    """No connection within ``Timeout.connect`` seconds: name lookup, TCP and TLS together."""


class ReadTimeout(TimeoutException):
    """No byte came for ``Timeout.read`` seconds."""


class WriteTimeout(TimeoutException):
    """The server took no byte for ``Timeout.write`` seconds."""


class PoolTimeout(TimeoutException):
    """No connection became free within ``Timeout.pool`` seconds."""


class RateLimitTimeout(TimeoutException):
    """A request would have had to wait longer than ``RateLimit(max_wait=...)`` allows."""


class AttemptTimeout(TimeoutException):
    """One attempt took longer than ``HttpTimeout(attempt=...)`` allows; the call's own time was not over."""


class TotalTimeout(TimeoutException):
    """The whole call took longer than ``Timeout.total`` seconds."""


class NetworkError(TransportError, ConnectionError):
    """The network or the peer's host failed."""


class ConnectError(NetworkError):
    """No connection could be made."""


class ResolveError(ConnectError):
    """The host name has no address; ``ttl``, where it is known, is for how many seconds that holds."""

    ttl: float


class TLSError(ConnectError):
    """The TLS handshake failed; the message says what was wrong with the certificate."""


class ReadError(NetworkError):
    """Receiving failed."""


class WriteError(NetworkError):
    """Sending failed."""


class CloseError(NetworkError):
    """Closing a connection failed."""


class ProtocolError(TransportError):
    """One side broke the protocol."""


class LocalProtocolError(ProtocolError):
    """This side was asked to break the protocol."""


class RemoteProtocolError(ProtocolError):
    """The server broke the protocol."""


class ServerDisconnected(ReadError, RemoteProtocolError):
    """The server closed the connection before its response was complete."""


class ApplicationError(RemoteProtocolError):
    """The application of an AsgiEngine or WsgiEngine broke ASGI or WSGI, or did not start; the message names it."""


class ProxyError(TransportError):
    """The proxy can't be reached, refused, or broke off before there was a way to the server, which saw nothing.

    ``status_code`` is what an HTTP proxy answered to CONNECT, None where it did not. ``transient`` tells whether the
    next attempt may fare better: the connection broke, or what the proxy said is about now (502, host unreachable).
    """

    def __init__(
        self,
        message: str = "",
        *,
        request: Request | None = None,
        response: BaseResponse | None = None,
        status_code: int | None = None,
        transient: bool = False,
    ) -> None:
        super().__init__(message, request=request, response=response)
        self.status_code = status_code
        self.transient = transient


class CircuitOpen(TransportError):
    """CircuitBreaker refused the request, because its server kept failing; nothing was sent.

    ``retry_after`` is how many seconds that will last.
    """

    retry_after: float = 0.0


class WebSocketError(RequestError):
    """A WebSocket was refused: ``response`` is the server's answer, with its status and its body."""


class WebSocketClosed(WebSocketError, ConnectionError):
    """A WebSocket was used that has ended, or it ended meanwhile.

    ``code`` and ``reason`` are the server's, or those that were sent to it for what it did wrong (1002, 1007, 1009);
    1005 stands for a close without a code, 1006 for a connection that broke (RFC 6455 section 7.4).
    """

    code: int = 1006
    reason: str = ""


class DecodingError(RequestError, ValueError):
    """A body could not be decoded: a broken content coding, or not of the type asked for."""


class TooManyRedirects(RequestError):
    """More redirects than ``max_redirects``; ``response`` is the last one, its ``history`` the others."""


class TooManySends(RequestError):
    """One call was sent more often than the send budget allows."""


class UnexpectedRequest(RequestError, AssertionError):
    """A strict MockEngine got a request that no rule answers; the message lists what was expected."""


class StatusError(HTTPError):
    """A response came whose status was refused; its body is readable at ``response``."""


class RedirectStatusError(StatusError):
    """The status is 3xx."""


class ClientStatusError(StatusError):
    """The status is 4xx."""


class ServerStatusError(StatusError):
    """The status is 5xx."""


class StreamError(HTTPError, RuntimeError):
    """A body was used in a way its state does not allow."""


class StreamConsumed(StreamError):
    """A streamed body was read a second time."""


class StreamClosed(StreamError):
    """A body was read after its response was closed."""


class ResponseNotRead(StreamError):
    """``content`` was asked of a streamed response that was not read."""


class BodyNotReplayable(StreamError):
    """A redirect, retry or auth step must send the body again, but it can be produced only once."""

"""ASGI: what an application is told of a request, and what it may send (ASGI specification 3.0, HTTP 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from ..values.headers import RawHeaders
from .app_response import AppEvent, AppKind, AppResponse

if TYPE_CHECKING:
    from ..engines.asgi import AsgiEngine
    from ..values.request import Request
    from ..values.url import Endpoint

__all__ = ["AsgiResponse", "http_scope", "is_handshake", "request_lines", "socket_scope"]

_EXTENSIONS = ("http.response.trailers", "http.response.early_hint")
_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}


def request_lines(head: bytes) -> RawHeaders:
    """Return the header lines of a request head, names in lower case."""
    lines = head.split(b"\r\n")[1:-2]
    return [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)]


def http_scope(
    request: Request, endpoint: Endpoint, lines: RawHeaders, options: AsgiEngine, state: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the scope of an HTTP request; ``state`` is what the lifespan has to say, None without one."""
    scope = _scope(endpoint, lines, options, state)
    scope["type"] = "http"
    scope["method"] = request.method
    scope["scheme"] = endpoint.origin.scheme
    scope["extensions"] = {name: {} for name in _EXTENSIONS}
    return scope


def socket_scope(
    endpoint: Endpoint, lines: RawHeaders, options: AsgiEngine, state: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the scope of a WebSocket."""
    scope = _scope(endpoint, lines, options, state)
    scope["type"] = "websocket"
    scope["scheme"] = _SOCKET_SCHEMES[endpoint.origin.scheme]
    offered = b",".join(value for name, value in lines if name == b"sec-websocket-protocol").decode("latin-1")
    scope["subprotocols"] = [word.strip() for word in offered.split(",") if word.strip()]
    scope["extensions"] = {"websocket.http.response": {}}
    return scope


def _scope(endpoint: Endpoint, lines: RawHeaders, options: AsgiEngine, state: dict[str, Any] | None) -> dict[str, Any]:
    path, _, query = endpoint.target.partition(b"?")
    scope: dict[str, Any] = {
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": options.root_path,
        "headers": lines,
        "client": tuple(options.client),
        "server": (endpoint.origin.host, endpoint.origin.port),
    }
    if state is not None:
        scope["state"] = state.copy()
    return scope


def is_handshake(request: Request, lines: RawHeaders) -> bool:
    """Whether a request opens a WebSocket (RFC 6455 section 4.2.1)."""
    if not request.stream or request.method != "GET":
        return False
    fields = dict(lines)
    return (
        fields.get(b"upgrade", b"").lower() == b"websocket"
        and b"upgrade" in fields.get(b"connection", b"").lower()
        and fields.get(b"sec-websocket-version") == b"13"
        and b"sec-websocket-key" in fields
    )


class AsgiResponse(AppResponse):
    """Turns what an application sends into what the client gets."""

    __slots__ = ("_announced", "_body_over")

    _handlers: ClassVar[dict[str, str]] = {
        "http.response.start": "_start",
        "http.response.body": "_body",
        "http.response.trailers": "_trailers",
        "http.response.early_hint": "_hint",
    }

    def __init__(self, app: str, method: str) -> None:
        super().__init__(app, method)
        self._announced = False  # trailers
        self._body_over = False

    def sent(self, message: Any) -> list[AppEvent]:
        """Take a message. Raises ApplicationError for one that must not come, or not now."""
        if not isinstance(message, Mapping) or not isinstance(kind := message.get("type"), str):
            raise self.wrong(f"sent what is no message with a type: {message!r:.200}")
        handler = self._handlers.get(kind)
        if handler is None:
            raise self.wrong(f"sent {kind!r}, which is no message of an HTTP response")
        events: list[AppEvent] = getattr(self, handler)(message)
        return events

    def _start(self, message: Mapping[str, Any]) -> list[AppEvent]:
        if "status" not in message:
            raise self.wrong("started its response without a status")
        head = self.head(message["status"], message.get("headers", ()))
        self._announced = bool(message.get("trailers", False))
        return [(AppKind.HEAD, head)]

    def _body(self, message: Mapping[str, Any]) -> list[AppEvent]:
        if self._body_over and not self.complete:
            raise self.wrong("went on with its body where trailers were due")
        data = self.piece(message.get("body", b""))
        events: list[AppEvent] = [(AppKind.PIECE, data)] if data else []
        if message.get("more_body", False):
            return events
        self.check_length()
        self._body_over = True
        if not self._announced:
            self.complete = True
            events.append((AppKind.END, []))
        return events

    def _trailers(self, message: Mapping[str, Any]) -> list[AppEvent]:
        if not self._announced or not self._body_over or self.complete:
            raise self.wrong("sent trailers that it did not announce, or not after the end of the body")
        self.trailers += self.fields(message.get("headers", ()))
        if message.get("more_trailers", False):
            return []
        self.complete = True
        return [(AppKind.END, self.trailers)]

    def _hint(self, message: Mapping[str, Any]) -> list[AppEvent]:
        if self.started:
            raise self.wrong("sent early hints after the head of its response")
        return [(AppKind.HINT, self.fields([(b"link", link) for link in message.get("links", ())]))]

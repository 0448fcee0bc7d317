"""WSGI: the environ of a request, and what an application may answer (PEP 3333)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from ..values.headers import RawHeaders
from .app_response import AppEvent, AppHead, AppKind, AppResponse

if TYPE_CHECKING:
    from ..engines.wsgi import WsgiEngine
    from ..values.request import Request
    from ..values.url import Endpoint

__all__ = ["WsgiResponse", "environ_of"]

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def environ_of(
    request: Request, endpoint: Endpoint, lines: RawHeaders, options: WsgiEngine, body: object
) -> dict[str, Any]:
    """Return the environ; ``body`` is the file that the application reads the request's body from."""
    raw_path, _, query = endpoint.target.partition(b"?")
    path = unquote_to_bytes(raw_path).decode("latin-1")
    mounted = options.root_path.encode().decode("latin-1")
    inside = path == mounted or path.startswith(f"{mounted}/")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": mounted if inside else "",
        "PATH_INFO": path[len(mounted) :] if inside else path,
        "QUERY_STRING": query.decode("ascii"),
        "REQUEST_URI": endpoint.target.decode("ascii"),
        "SERVER_NAME": endpoint.origin.host,
        "SERVER_PORT": str(endpoint.origin.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": options.client[0],
        "REMOTE_PORT": str(options.client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": endpoint.origin.scheme,
        "wsgi.input": body,
        # Not in PEP 3333, but known to frameworks: the body ends by itself, whatever Content-Length says.
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in lines:
        if b"_" in name:  # it would be taken for another header, the one with a dash
            continue
        key = name.decode("ascii").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{text}" if key in environ else text
    return environ


class WsgiResponse(AppResponse):
    """Turns what an application does into what the client gets.

    ``emit`` takes the events; it may block, and raises when the client is gone.
    """

    __slots__ = ("_emit", "_head")

    def __init__(self, app: str, method: str, emit: Callable[[list[AppEvent]], None]) -> None:
        super().__init__(app, method)
        self._emit = emit
        self._head: AppHead | None = None

    def start_response(self, status: Any, headers: Any, exc_info: ExcInfo | None = None) -> Callable[[bytes], None]:
        """Take status and headers, which are sent with the first piece of the body; return ``write``."""
        if exc_info is not None:
            try:
                if self.started:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._head is not None:
            raise self.wrong("called start_response twice, the second time without exc_info")
        self._head = self._parsed(status, headers)
        return self.write

    def _parsed(self, status: Any, headers: Any) -> AppHead:
        if not isinstance(status, str) or not (code := status[:3]).isdecimal() or status[3:4] not in ("", " "):
            raise self.wrong(f"gave the status {status!r}; it is a str such as '200 OK'")
        if not isinstance(headers, list):
            raise self.wrong(f"gave headers as {type(headers).__name__}; they are a list of pairs of str")
        raw: RawHeaders = []
        for pair in headers:
            try:
                name, value = pair
                raw.append((name.encode("latin-1"), value.encode("latin-1")))
            except (TypeError, ValueError, AttributeError):
                raise self.wrong(f"gave a header that is no pair of latin-1 str: {pair!r}") from None
        return AppHead(int(code), raw, status[4:])

    def write(self, data: bytes) -> None:
        """Send a piece of the body, the head before it."""
        if self._head is None and not self.started:
            raise self.wrong("gave a piece of the body before it called start_response")
        if not isinstance(data, bytes):
            raise self.wrong(f"gave a {type(data).__name__} as a piece of the body; it must be bytes")
        events = self._begin() if data else []
        if piece := self.piece(data) if self.started else b"":
            events.append((AppKind.PIECE, piece))
        if events:
            self._emit(events)

    def _begin(self) -> list[AppEvent]:
        """Let the head go, if it did not yet."""
        if self.started or self._head is None:
            return []
        return [(AppKind.HEAD, self.head(*self._head))]

    def finish(self) -> None:
        """The iterable ended: send what is left of head and body."""
        events = self._begin()
        if not self.started:
            raise self.wrong("did not call start_response")
        self.check_length()
        self.complete = True
        self._emit([*events, (AppKind.END, [])])

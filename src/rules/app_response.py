"""What an application in this process may answer: one head, then a body as long as the head says.

The part of ASGI and WSGI that both share; it checks what a server would, and a little more, since it is for tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple

from ..exceptions import ApplicationError
from ..values.headers import RawHeaders

__all__ = ["AppEvent", "AppHead", "AppKind", "AppResponse", "app_name", "crashed"]

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
_NO_BODY = frozenset({204, 304})


class AppKind(Enum):
    """What happens on the way from an application to the client."""

    WANT = "it wants a piece of the request's body"
    HINT = "the headers of a 103"
    HEAD = "the response's head"
    PIECE = "a piece of the response's body"
    END = "the end of the body, with trailers"
    FAILED = "an exception instead"
    DONE = "the application returned"


AppEvent = tuple[AppKind, Any]


class AppHead(NamedTuple):
    """The head of a response."""

    status_code: int
    headers: RawHeaders
    reason_phrase: str | None = None


def app_name(app: Any) -> str:
    """Return how messages call an application: where its function or class is from."""
    named = app if hasattr(app, "__qualname__") else type(app)
    return f"{named.__module__}.{named.__qualname__}"


def crashed() -> list[AppEvent]:
    """Return what a server answers for an application that raised before it answered."""
    text = b"Internal Server Error\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text))]
    return [(AppKind.HEAD, AppHead(500, headers)), (AppKind.PIECE, text), (AppKind.END, [])]


class AppResponse:
    """Watches over one response. Every method raises ApplicationError for what is wrong."""

    __slots__ = ("_bodiless", "_left", "_length", "app", "complete", "method", "started", "trailers", "violation")

    def __init__(self, app: str, method: str) -> None:
        self.app = app
        self.method = method
        self.started = False
        self.complete = False
        self.trailers: RawHeaders = []
        self.violation: ApplicationError | None = None
        """The first thing that was wrong; the application may have caught what was raised to it."""
        self._length: int | None = None
        self._left: int | None = None
        self._bodiless = False

    def wrong(self, what: str) -> ApplicationError:
        """Return the error that says what the application did wrong."""
        error = ApplicationError(f"the application {self.app} {what}")
        if self.violation is None:
            self.violation = error
        return error

    def head(self, status: Any, headers: Any, reason: str | None = None) -> AppHead:
        """Take the head."""
        if self.started:
            raise self.wrong("started its response twice")
        if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 999:
            raise self.wrong(f"gave the status {status!r}; it is a number from 200 to 999")
        raw = self.fields(headers)
        self._frame(int(status), raw)
        self.started = True
        # RFC 9112 section 6.1: how a body is framed is the connection's affair, and here is none.
        kept = [(name, value) for name, value in raw if name.lower() != b"transfer-encoding"]
        return AppHead(int(status), kept, reason)

    def fields(self, headers: Any) -> RawHeaders:
        """Check pairs of bytes."""
        if not isinstance(headers, Iterable):
            raise self.wrong(f"gave headers that are no pairs of name and value: {headers!r}")
        raw: RawHeaders = []
        for pair in headers:
            try:
                name, value = pair
            except (TypeError, ValueError):
                raise self.wrong(f"gave a header that is no pair of name and value: {pair!r}") from None
            if not isinstance(name, bytes) or not isinstance(value, bytes):
                raise self.wrong(f"gave the header {name!r} as {type(name).__name__} and {type(value).__name__}")
            if not _NAME.match(name) or not _VALUE.match(value):
                raise self.wrong(f"gave a header that holds a character HTTP does not allow: {name!r}")
            raw.append((name, value.strip(b" \t")))
        return raw

    def _frame(self, status: int, raw: RawHeaders) -> None:
        lengths = {value for name, value in raw if name.lower() == b"content-length"}
        if lengths:
            if len(lengths) > 1 or not (given := lengths.pop()).isdigit():
                raise self.wrong("gave a Content-Length that is not one number")
            self._length = int(given)
        self._bodiless = status in _NO_BODY
        if self.method != "HEAD" and not self._bodiless:
            self._left = self._length

    def piece(self, data: Any) -> bytes:
        """Take a piece of the body and return what of it goes to the client."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise self.wrong(f"gave a {type(data).__name__} as a piece of the body; it must be bytes")
        if self.complete:
            raise self.wrong("went on after the end of its response")
        if not self.started:
            raise self.wrong("sent a body before the head of its response")
        if not data or self.method == "HEAD":
            return b""
        if self._bodiless:
            raise self.wrong("sent a body with a status that has none (204 or 304)")
        if self._left is not None:
            if len(data) > self._left:
                raise self.wrong(f"sent more than the {self._length} bytes its Content-Length says")
            self._left -= len(data)
        return bytes(data)

    def check_length(self) -> None:
        """Take the end of the body."""
        if self._left:
            sent = (self._length or 0) - self._left
            raise self.wrong(f"sent {sent} bytes, but its Content-Length says {self._length}")

    def returned(self) -> None:
        """The application returned: raise what was wrong before, or that its response is not complete."""
        if self.violation is not None:
            raise self.violation
        if not self.started:
            raise self.wrong("returned without a response")
        if not self.complete:
            raise self.wrong("returned before the end of its response")

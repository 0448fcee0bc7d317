"""What a MockEngine answers."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from typing import Any, TypeAlias

from ..exceptions import HTTPError
from ..values.body import AsyncIteratorBody, Body, BytesBody, IteratorBody
from ..values.headers import Headers, HeaderTypes, RawHeaders
from ..values.unset import UNSET

__all__ = ["Reply", "StreamTypes", "reply"]

StreamTypes: TypeAlias = (
    "Iterable[bytes | BaseException] | AsyncIterable[bytes] | Callable[[], Iterable[bytes] | AsyncIterable[bytes]]"
)


class Reply:
    """One scripted answer; see ``reply``."""

    __slots__ = (
        "_body",
        "_make",
        "delay",
        "error",
        "http_version",
        "network_stream",
        "raw_headers",
        "raw_trailers",
        "reason_phrase",
        "status_code",
    )

    def __init__(self, status_code: int, headers: Headers, content: bytes) -> None:
        self.status_code = status_code
        self.raw_headers = _raw(headers)
        self._body: Body = BytesBody(content)
        self._make: Callable[[], Any] | None = None
        self.error: BaseException | type[BaseException] | None = None
        self.delay = 0.0
        self.raw_trailers: RawHeaders = []
        self.reason_phrase: str | None = None
        self.http_version = "HTTP/1.1"
        self.network_stream: Any = None

    def body_for(self, method: str) -> Body:
        """Return the body that goes with this answer to a method (RFC 9112 section 6.3)."""
        if method == "HEAD" or self.status_code in (204, 304):
            return BytesBody(b"")
        return self._body if self._make is None else _stream_body(self._make())

    def set_stream(self, stream: StreamTypes) -> None:
        """Take the body from an iterable, or from a function that makes one for each answer."""
        if callable(stream):
            self._make = stream
        else:
            self._body = _stream_body(stream)

    def __repr__(self) -> str:
        if self.error is not None:
            return f"reply(error={self.error!r})"
        return f"reply({self.status_code})"


def reply(
    status_code: int = 200,
    *,
    json: Any = UNSET,
    text: str | None = None,
    content: bytes | None = None,
    stream: StreamTypes | None = None,
    headers: HeaderTypes | None = None,
    trailers: HeaderTypes | None = None,
    error: BaseException | type[BaseException] | None = None,
    delay: float = 0.0,
    reason_phrase: str | None = None,
    http_version: str = "HTTP/1.1",
    network_stream: Any = None,
) -> Reply:
    """Describe an answer of a MockEngine.

    The body is ``json`` (whatever msgspec encodes: dict, dataclass, Struct …), ``text``, ``content`` (bytes), or
    ``stream``: an iterable of bytes, where an exception among the pieces is raised at that point; an async iterable
    (async client only); or a function without arguments that returns either. An iterator serves one answer, a list
    or a function any number. Content-Type (json, text) and Content-Length (all but stream) are added unless given;
    an answer to HEAD has no body, nor has one with status 204 or 304.

    ``error`` (an exception or its class) is raised instead of an answer. ``delay`` is in seconds; one longer than
    the request's read timeout or its deadline ends in ReadTimeout or TotalTimeout, after that time.
    ``network_stream`` is for a 101. Raises TypeError for two bodies, ValueError, InvalidHeader.
    """
    if not isinstance(status_code, int) or not 100 <= status_code <= 999:
        raise ValueError(f"a status code is a number from 100 to 999, not {status_code!r}")
    given = {"json": json is not UNSET, "text": text is not None, "content": content is not None}
    given["stream"] = stream is not None
    if sum(given.values()) > 1:
        raise TypeError(f"give one body, not {' and '.join(name for name, there in given.items() if there)}")
    if not delay >= 0:
        raise ValueError(f"a delay must not be negative: {delay!r}")
    checked = Headers.of(headers)
    body = _content(checked, json, text, content)
    if stream is None and status_code >= 200 and status_code not in (204, 304):
        checked.setdefault("content-length", str(len(body)))
    answer = Reply(status_code, checked, body)
    if stream is not None:
        answer.set_stream(stream)
    answer.error = error
    answer.delay = delay
    answer.raw_trailers = _raw(Headers.of(trailers))
    answer.reason_phrase = reason_phrase
    answer.http_version = http_version
    answer.network_stream = network_stream
    return answer


class _Pieces(IteratorBody):
    """A body among whose pieces may be exceptions."""

    def open(self) -> Iterator[bytes]:
        IteratorBody.open(self)  # refuses a second pass, and its items may be bytes only
        return _raising(iter(self._source))


def _raising(pieces: Iterator[bytes | BaseException]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, BaseException):
            raise raised(piece)
        yield piece


def _stream_body(stream: Any) -> Body:
    if hasattr(stream, "__aiter__"):
        return AsyncIteratorBody(stream)
    if isinstance(stream, (str, bytes)) or not hasattr(stream, "__iter__"):
        raise TypeError(f"a stream is an iterable of bytes, not {type(stream).__name__}")
    return _Pieces(stream)


def raised(error: BaseException | type[BaseException]) -> BaseException:
    """Return the exception to raise: each time another object, so that no call sees what another noted on it."""
    if isinstance(error, type):
        return error("this failure was scripted in a MockEngine")
    if isinstance(error, HTTPError):
        return copy.copy(error)
    return error


def _content(headers: Headers, json: Any, text: str | None, content: bytes | None) -> bytes:
    if json is not UNSET:
        from msgspec.json import encode

        headers.setdefault("content-type", "application/json")
        return encode(json)
    if text is not None:
        headers.setdefault("content-type", "text/plain; charset=utf-8")
        return text.encode()
    if not isinstance(content, (bytes, bytearray, memoryview, type(None))):
        raise TypeError(f"content is bytes, not {type(content).__name__}; there are text= and json=")
    return b"" if content is None else bytes(content)


def _raw(headers: Headers) -> RawHeaders:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

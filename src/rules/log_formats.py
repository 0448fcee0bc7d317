"""How logged requests and responses are written: as Ktor does by default, or as OkHttp does."""

from __future__ import annotations

from dataclasses import dataclass, field

from .log_bodies import LoggedBody

__all__ = ["DefaultFormat", "LogFormat", "LoggedRequest", "LoggedResponse", "OkHttpFormat"]

Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class LoggedRequest:
    """What is known of one request when it is written. Headers and url hold no secrets any more.

    ``body`` is None where bodies are not logged. ``size`` is that of the body in bytes, None where it is not known;
    ``has_body`` says whether there is one, or the method expects one.
    """

    method: str
    url: str
    headers: Pairs = field(default_factory=list)
    content_headers: Pairs = field(default_factory=list)
    content_type: str | None = None
    size: int | None = 0
    has_body: bool = False
    encoded: bool = False
    body: LoggedBody | None = None
    with_headers: bool = False


@dataclass(slots=True)
class LoggedResponse:
    """What is known of one response when it is written.

    ``announced`` is its Content-Length, None where it has none; ``decoded`` says that content codings are undone.
    ``milliseconds`` passed up to the head, ``total`` up to the end of the body.
    """

    request: LoggedRequest
    status_code: int
    reason_phrase: str
    headers: Pairs = field(default_factory=list)
    content_type: str | None = None
    announced: int | None = None
    decoded: bool = False
    milliseconds: int = 0
    total: int = 0
    body: LoggedBody | None = None
    with_headers: bool = False


class LogFormat:
    """Writes the blocks of a log; subclass it for a format of your own. Each method returns lines."""

    placeholder = "***"
    """Stands for the value of a secret header."""

    def request(self, request: LoggedRequest) -> list[str]:
        """Write a request that is about to be sent."""
        raise NotImplementedError

    def response(self, response: LoggedResponse) -> list[str]:
        """Write a response, at its end where the body is logged, else at its head."""
        raise NotImplementedError

    def failure(self, request: LoggedRequest, error: BaseException, *, responding: bool) -> list[str]:
        """Write that there is no response, or no whole one (``responding``)."""
        raise NotImplementedError


class DefaultFormat(LogFormat):
    """Ktor's own: blocks of labelled lines, headers sorted."""

    def request(self, request: LoggedRequest) -> list[str]:
        """Write a request."""
        lines = [f"REQUEST: {request.url}", f"METHOD: {request.method}"]
        if request.with_headers:
            lines += ["COMMON HEADERS", *_arrows(request.headers)]
            lines += ["CONTENT HEADERS", *_arrows(request.content_headers)]
        if request.body is not None and request.has_body:
            lines += _block(request.body, request.content_type, "request")
        return lines

    def response(self, response: LoggedResponse) -> list[str]:
        """Write a response."""
        request = response.request
        lines = [f"RESPONSE: {response.status_code} {response.reason_phrase}".rstrip()]
        lines += [f"METHOD: {request.method}", f"FROM: {request.url}"]
        if response.with_headers:
            lines += ["COMMON HEADERS", *_arrows(response.headers)]
        if response.body is not None:
            lines += _block(response.body, response.content_type, "response")
        return lines

    def failure(self, request: LoggedRequest, error: BaseException, *, responding: bool) -> list[str]:
        """Write a failure."""
        what = "RESPONSE" if responding else "REQUEST"
        return [f"{what} {request.url} failed with exception: {_error(error)}"]


def _arrows(headers: Pairs) -> list[str]:
    names: dict[str, tuple[str, list[str]]] = {}
    for name, value in headers:
        names.setdefault(name.lower(), (name, []))[1].append(value)
    return [f"-> {name}: {'; '.join(values)}" for _, (name, values) in sorted(names.items())]


def _block(body: LoggedBody, content_type: str | None, what: str) -> list[str]:
    if body.reason:
        return [f"[{what} body omitted]"]
    return [f"BODY Content-Type: {content_type}", "BODY START", body.text or "", "BODY END"]


class OkHttpFormat(LogFormat):
    """OkHttp's: an arrow for each direction, headers in order, sizes and times."""

    placeholder = "██"

    def request(self, request: LoggedRequest) -> list[str]:
        """Write a request."""
        method = request.method
        first = f"--> {method} {request.url}"
        visible = request.with_headers and request.size is not None
        if request.has_body and not request.encoded and not visible:
            first += f" ({_bytes(request.size)} body)"
        if not request.with_headers:
            return [first]
        lines = [first, *_plain(request.content_headers)]
        # The order in which OkHttp and Ktor add them.
        lines += _plain([pair for pair in request.headers if pair[0].lower() != "accept"])
        lines += _plain([pair for pair in request.headers if pair[0].lower() == "accept"])
        body = request.body
        if body is None or not request.has_body:
            return [*lines, f"--> END {method}"]
        lines.append("")
        if body.is_empty:
            return [*lines, f"--> END {method}"]
        if body.text is not None:
            lines.append(body.text)
        return [*lines, f"--> END {method} ({_described(body)})"]

    def response(self, response: LoggedResponse) -> list[str]:
        """Write a response."""
        first = f"<-- {response.status_code} {response.reason_phrase}".rstrip() + f" {response.request.url}"
        size = f", {_bytes(response.announced)} body"
        if response.decoded or (response.with_headers and response.announced is not None):
            size = ""
        first += f" ({response.milliseconds}ms{size})"
        if not response.with_headers:
            return [first]
        lines = [first, *_plain(response.headers)]
        body = response.body
        if body is None:
            return [*lines, "<-- END HTTP"]
        if body.reason == "streaming":
            return [*lines, "<-- END HTTP (streaming)"]
        if not body.is_empty:
            lines.append("")
        if body.text:
            lines.append(body.text)
        return [*lines, f"<-- END HTTP ({response.total}ms, {_described(body)})"]

    def failure(self, request: LoggedRequest, error: BaseException, *, responding: bool) -> list[str]:
        """Write a failure."""
        return [f"<-- HTTP FAILED: {_error(error)}"]


def _plain(headers: Pairs) -> list[str]:
    return [f"{name}: {value}" for name, value in headers]


def _bytes(size: int | None) -> str:
    return "unknown-byte" if size is None else f"{size}-byte"


def _described(body: LoggedBody) -> str:
    if body.reason:
        return f"{body.reason} body omitted" if body.size is None else f"{body.reason} {body.size}-byte body omitted"
    closed = ", given up" if body.closed else ""
    return f"{_bytes(body.size)} body{closed}"


def _error(error: BaseException) -> str:
    message = str(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__

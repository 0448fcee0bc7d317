"""The body of a request, from its options."""

from __future__ import annotations

from os import PathLike
from typing import Any

from ..exceptions import InvalidBody
from .body import Body, content_body, make_body, text_body
from .object_body import ObjectBody, encoded
from .options import RequestOptions
from .request import Request

__all__ = ["add_body"]

BODY_OPTIONS = ("content", "json", "form", "data", "files", "body")


def add_body(request: Request, options: RequestOptions, *, deferred: bool) -> None:
    """Give a request the body that its options ask for. Raises InvalidBody."""
    given = [name for name in BODY_OPTIONS if options.get(name, None) is not None or name == "json" in options]
    if not given:
        return
    body: Body | None
    if len(given) == 1 and isinstance(text := options[given[0]], str) and given[0] != "json":  # type: ignore[literal-required]
        body = _text(request, text, given[0])
    elif given == ["json"]:
        if deferred:
            request.headers.setdefault("Content-Type", "application/json")
        body = _object(request, options["json"], deferred=deferred)
    elif given == ["body"]:
        body = _typed_body(request, options["body"], deferred=deferred)
    else:
        if "json" in given or "body" in given:
            raise InvalidBody(f"a request has one body; {' and '.join(map(repr, given))} were given")
        body = make_body(**{name: options[name] for name in given})  # type: ignore[literal-required]
    if body is None:
        return
    request.body = body
    if body.content_type is not None and "content-type" not in request.headers:
        request.headers["Content-Type"] = body.content_type


def _text(request: Request, text: str, name: str) -> Body:
    """Return text in the charset of the request's Content-Type, else in that of the Charsets plugin, or UTF-8."""
    from .media_type import charset_of

    declared = request.headers.get("content-type")
    named = charset_of(declared) if declared else None
    charset = named or request.settings.text_charset
    if charset == "utf-8":
        body = make_body(**{"content" if name == "body" else name: text})
        assert body is not None
        return body
    body = text_body(text, charset)
    if declared is None and name == "data":
        body.content_type = None
    elif declared is not None and named is None and declared.strip().lower().startswith("text/"):
        request.headers["Content-Type"] = f"{declared}; charset={charset}"
    return body


def _typed_body(request: Request, value: Any, *, deferred: bool) -> Body | None:
    if isinstance(value, Body):
        return value
    if (
        isinstance(value, (bytes, bytearray, memoryview, str, PathLike))
        or hasattr(value, "read")
        or _is_iterator(value)
    ):
        return content_body(value, "body")
    return _object(request, value, deferred=deferred)


def _object(request: Request, value: Any, *, deferred: bool) -> Body:
    if deferred:
        return ObjectBody(value)
    return encoded(value, request.headers.get("content-type", "application/json"), request.settings)


def _is_iterator(value: object) -> bool:
    return hasattr(value, "__next__") or hasattr(value, "__aiter__")

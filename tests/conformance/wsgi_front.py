"""The behaviour as a WSGI application."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from .behaviour import Call, Cut, Head, Read, Sleep, route

__all__ = ["app"]


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    """Do what the behaviour says; hints and trailers are not for WSGI."""
    steps = route(Call(environ["REQUEST_METHOD"], environ["REQUEST_URI"], headers_of(environ)))
    value: Any = None
    while True:
        try:
            step = steps.send(value)
        except StopIteration:
            return
        value = None
        match step:
            case bytes():
                if step and environ["REQUEST_METHOD"] != "HEAD":
                    yield step
            case Read():
                value = environ["wsgi.input"].readline(65_536)
            case Head():
                start_response(f"{step.status} Whatever", step.headers)
            case Sleep():
                time.sleep(step.seconds)
            case Cut():
                raise ConnectionError("this answer is meant to be broken off")


def headers_of(environ: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the headers again that became a part of the environ."""
    keys = {key: key.removeprefix("HTTP_") for key in environ if key.startswith("HTTP_")}
    keys |= {key: key for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if key in environ}
    return [(name.lower().replace("_", "-"), environ[key]) for key, name in keys.items()]

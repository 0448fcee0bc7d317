"""Objects given as a body: kept until the plugins had their say, then turned into bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from .body import Body, BytesBody
from .request import Request
from .settings import Settings

__all__ = ["ObjectBody", "RenderHook", "encoded", "render"]

RenderHook: TypeAlias = Callable[[Any, Request], Any]


class ObjectBody(Body):
    """An object that is not bytes yet; the chain renders it before anything is sent."""

    def __init__(self, value: Any) -> None:
        self.value = value


def encoded(value: Any, media_type: str, settings: Settings) -> BytesBody:
    """Return an object as bytes by the converter for a media type. Raises InvalidBody."""
    from ..converters import DEFAULT_CONVERTERS

    converters = settings.converters or DEFAULT_CONVERTERS
    data, content_type = converters.encode(value, media_type)
    return BytesBody(data, content_type)


def render(request: Request, hooks: Iterable[RenderHook]) -> None:
    """Turn an ObjectBody into bytes: by the first hook that takes it, else by the client's converters."""
    body = request.body
    if not isinstance(body, ObjectBody):
        return
    from ..plugins.hooks import rendered_by

    rendered: Body | None = None
    for hook in hooks:
        rendered = rendered_by(hook, body.value, request)
        if rendered is not None:
            break
    else:
        media_type = request.headers.get("content-type", "application/json")
        rendered = encoded(body.value, media_type, request.settings)
    request.body = rendered
    if rendered.content_type is not None and "content-type" not in request.headers:
        request.headers["Content-Type"] = rendered.content_type

"""Type-safe requests: classes that stand for the paths of a service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform
from urllib.parse import quote

from yarl import URL

from ..exceptions import InvalidURL
from ..rules.uri_template import refuse_dot_segments, text_of
from .attributes import AttributeKey
from .params import merge_params

__all__ = ["RESOURCE", "URL_TEMPLATE", "href", "is_resource", "resource", "resource_url", "template_of"]

T = TypeVar("T", bound=type)

URL_TEMPLATE = AttributeKey[str]("url_template")
"""The attribute of requests that holds the template of their url: what logs and metrics group by."""
RESOURCE = AttributeKey[Any]("resource")
"""The attribute of requests that holds the resource object they were made with."""

_PLACE = re.compile(r"\{(\w+)(\?|\.\.\.)?\}")
_PATH = "__resource_path__"


@dataclass_transform(frozen_default=True)
def resource(path: str) -> Callable[[T], T]:
    """Make a class a resource: its objects can be requested, wherever a url can::

        @resource("/articles")
        class Articles:
            sort: str | None = None

        @resource("{id}")
        class Article:
            id: int
            parent: Articles = Articles()

        client.get(Article(12), into=...)         # GET /articles/12
        client.get(Articles(sort="new"))          # GET /articles?sort=new

    In the path ``{x}`` is a field, ``{x?}`` one that may be None, ``{x...}`` a list of segments at the end, or a text
    with slashes. A field that holds another resource is the parent: its path comes before, its query too. All other
    fields are the query, as ``params=`` takes it: None is left out, lists repeat the key; ``field(metadata={"name":
    "from"})`` gives a key another name. A class that is no dataclass yet becomes one, frozen.
    Raises ValueError for a path with a brace too many, TypeError for one that names no field.
    """
    if re.search(r"[{}]", _PLACE.sub("", path)):
        raise ValueError(f"the path of a resource holds {{x}}, {{x?}} or {{x...}}, and no other brace: {path!r}")
    if re.search(r"\{\w+\.\.\.\}.", path):
        raise ValueError(f"a tail such as {{x...}} stands at the end: {path!r}")

    def decorate(cls: T) -> T:
        made: Any = cls if "__dataclass_fields__" in vars(cls) else dataclass(frozen=True)(cls)
        names = {field.name for field in fields(made)}
        missing = [match[1] for match in _PLACE.finditer(path) if match[1] not in names]
        if missing:
            raise TypeError(f"{cls.__name__} has no field {missing[0]!r}, which its path names: {path!r}")
        setattr(made, _PATH, path)
        return made  # type: ignore[no-any-return]

    return decorate


def is_resource(value: object) -> bool:
    """Whether a value is an object of a resource class."""
    return hasattr(type(value), _PATH)


def href(value: object) -> str:
    """Return the url of a resource object, relative to the client's ``base_url``. Raises InvalidURL, TypeError."""
    return str(resource_url(value))


def resource_url(value: object) -> URL:
    """As ``href``, as a URL."""
    if not is_resource(value):
        raise TypeError(f"not an object of a @resource class: {value!r}")
    line = _line(value)
    path = _joined(map(_path, line))
    refuse_dot_segments(path, template_of(value))
    query = [pair for part in line for pair in _query(part)]
    return merge_params(URL(path, encoded=True), None, query)


def template_of(value: object) -> str:
    """Return the template of a resource object, those of its parents before it."""
    return _joined(getattr(part, _PATH) for part in _line(value))


def _line(value: Any) -> list[Any]:
    """Return a resource and its parents, the outermost first."""
    line = [value]
    while True:
        parents = [one for field in fields(line[0]) if is_resource(one := getattr(line[0], field.name))]
        if not parents:
            return line
        if len(parents) > 1:
            raise InvalidURL(f"{type(line[0]).__name__} holds two resources; one of them would be its parent")
        line.insert(0, parents[0])


def _joined(paths: Iterable[str]) -> str:
    """Put one slash between paths."""
    whole = ""
    for path in paths:
        whole = f"{whole.removesuffix('/')}/{path.removeprefix('/')}" if whole and path else whole + path
    return whole


def _path(value: Any) -> str:
    path: str = getattr(value, _PATH)
    kind = type(value).__name__

    def put(match: re.Match[str]) -> str:
        found = getattr(value, match[1])
        if found is None:
            if match[2]:
                return ""
            raise InvalidURL(f"{kind}.{match[1]} is None, but {path!r} needs it; {{{match[1]}?}} would not")
        if match[2] == "...":
            segments = found.split("/") if isinstance(found, str) else [text_of(one, match[1]) for one in found]
            return "/".join(quote(segment, safe="") for segment in segments)
        text = text_of(found, f"{kind}.{match[1]}")
        if not text:
            raise InvalidURL(f"{kind}.{match[1]} is empty, which would make another path of {path!r}")
        return quote(text, safe="")

    filled = _PLACE.sub(put, path)
    if "?}" in path or "...}" in path:
        # A segment that was left out takes its slash along.
        filled = re.sub(r"(?<!:)/{2,}", "/", filled)
        filled = filled.rstrip("/") or filled[:1]
    return filled


def _query(value: Any) -> list[tuple[str, Any]]:
    in_path = {match[1] for match in _PLACE.finditer(getattr(value, _PATH))}
    pairs = []
    for field in fields(value):
        found = getattr(value, field.name)
        if field.name not in in_path and not is_resource(found):
            pairs.append((field.metadata.get("name", field.name), found))
    return pairs

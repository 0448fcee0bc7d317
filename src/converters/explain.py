"""The words for bodies that can't be decoded or encoded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..exceptions import DecodingError, InvalidBody
from .kinds import type_name

__all__ = ["cannot_decode", "cannot_encode", "describe", "excerpt"]

_PATH = re.compile(r" - at (`key` in )?`([^`]*)`$")
_INNER = re.compile(r" at `\$([^`]*)`$")
_POSITION = re.compile(r" \(byte (\d+)\)$")


def describe(error: BaseException) -> str:
    """Return what an error of msgspec or pydantic says, and where: ``Expected `int`, got `str` at `$.a[0]```."""
    if hasattr(error, "errors") and hasattr(error, "error_count"):
        return _describe_pydantic(error)
    text = str(error) or type(error).__name__
    found = _PATH.search(text)
    if found is None:
        return f"{text} at `$`" if type(error).__name__ == "ValidationError" else text
    head, path = text[: found.start()], found[2]
    inner = _INNER.search(head)
    if inner is not None and head.count(" at `") == 1:  # from a hook, which counts from the part it was given
        head, path = head[: inner.start()], path + inner[1]
    return f"{head} at {'a key of ' if found[1] else ''}`{path}`"


def _describe_pydantic(error: Any) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    shown = "; ".join(f"{problem['msg']} at `{_path(problem['loc'])}`" for problem in problems[:3])
    more = len(problems) - 3
    return f"{shown}; and {more} more" if more > 0 else shown


def _path(steps: tuple[Any, ...]) -> str:
    return "$" + "".join(map(_step, steps))


def _step(step: Any) -> str:
    if isinstance(step, str):
        return f".{step}" if step.isidentifier() else f"[{step!r}]"
    return f"[{step}]"


def excerpt(data: bytes, position: int = 0) -> str:
    """Return the part of a body around a position, for a message."""
    start = max(0, position - 20)
    piece = data[start : start + 60].decode("utf-8", errors="replace")
    return f"{'…' if start else ''}{piece}{'…' if len(data) > start + 60 else ''}"


def cannot_decode(error: Exception, data: bytes, into: Any, format_name: str) -> DecodingError:
    """Return the DecodingError for an exception of a parser or of the conversion into the type."""
    import msgspec

    wanted = type_name(into)
    if isinstance(error, DecodingError):
        return error
    if isinstance(error, UnicodeDecodeError):
        return DecodingError(f"the body is not {format_name}: no valid {error.encoding} at byte {error.start}")
    if isinstance(error, RecursionError):
        return DecodingError(f"the body can't be decoded as {wanted}: it is nested too deeply")
    is_pydantic = hasattr(error, "errors") and hasattr(error, "error_count")
    if is_pydantic:
        problem: Any = error
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            reason = first["msg"].removeprefix("Invalid JSON: ")
            return DecodingError(f"the body is not {format_name}: {reason}, near {excerpt(data)!r}")
    if is_pydantic or isinstance(error, msgspec.ValidationError):
        return DecodingError(f"the body is not a valid {wanted}: {describe(error)}")
    reason = str(error).removeprefix("JSON is malformed: ").removeprefix("MessagePack data is malformed: ")
    position = _POSITION.search(reason)
    near = excerpt(data, int(position[1]) if position else 0)
    return DecodingError(f"the body is not {format_name}: {reason}, near {near!r}")


def cannot_encode(error: Exception, value: Any, encode: Callable[[Any], object], format_name: str) -> InvalidBody:
    """Return the InvalidBody for a value, naming the part that can't be encoded."""
    if isinstance(error, InvalidBody):
        return error
    found = None if isinstance(error, RecursionError) else _locate(value, encode, error)
    if found is None:
        return InvalidBody(f"the body can't be encoded as {format_name}: it is nested too deeply, or holds itself")
    path, culprit, reason = found
    kind = type(culprit).__qualname__
    return InvalidBody(f"the body can't be encoded as {format_name}: `{kind}` at `{path}`: {reason}")


def _locate(value: Any, encode: Callable[[Any], object], error: Exception) -> tuple[str, Any, Exception] | None:
    """Walk down to the smallest part that does not encode; None if there is no end to it."""
    path = "$"
    for _ in range(100):  # a value that holds itself has no smallest part
        for step, child in _children(value):
            try:
                encode(child)
            except Exception as failure:
                path, value, error = path + step, child, failure
                break
        else:
            return path, value, error
    return None


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield _step(key), child
    elif isinstance(value, (list, tuple, set, frozenset)):
        for index, child in enumerate(value):
            yield f"[{index}]", child
    elif not isinstance(value, type):
        names = getattr(value, "__struct_fields__", None) or getattr(value, "__dataclass_fields__", None)
        if names is None:
            names = [field.name for field in getattr(value, "__attrs_attrs__", ())]
        for name in names:
            if hasattr(value, name):
                yield f".{name}", getattr(value, name)

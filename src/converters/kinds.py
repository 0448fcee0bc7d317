"""Questions about a type that a body is decoded into."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from .fields import annotations_of, is_record

__all__ = [
    "TEXT",
    "accepts_none",
    "is_model_class",
    "is_union",
    "mentions_model",
    "plain_kind",
    "type_name",
    "unwrapped",
    "without_none",
]

TEXT = frozenset({bytes, bytearray, str})
"""Types that are the body itself, whatever its content type."""

QUALIFIERS = frozenset({"Required", "NotRequired", "ReadOnly", "Final"})


def is_union(into: Any) -> bool:
    """Whether this is ``A | B``, ``Union[A, B]`` or ``Optional[A]``."""
    return get_origin(into) in (Union, UnionType)


def unwrapped(into: Any) -> Any:
    """Return what an Annotated, NotRequired, NewType, type alias or the like stands for."""
    while True:
        if getattr(get_origin(into), "_name", "") in QUALIFIERS or get_origin(into) is Annotated:
            into = get_args(into)[0]
        elif hasattr(into, "__supertype__"):
            into = into.__supertype__
        elif type(into).__name__ == "TypeAliasType":
            into = into.__value__
        else:
            return into


def without_none(into: Any) -> Any:
    """Return T for ``T | None``, unwrapped; other types as they are."""
    into = unwrapped(into)
    if is_union(into):
        members = [member for member in get_args(into) if member is not NoneType]
        if len(members) == 1:
            return unwrapped(members[0])
    return into


def accepts_none(into: Any) -> bool:
    """Whether None is among the values of the type. ``Any`` and ``object`` do not count: they ask for a value."""
    into = unwrapped(into)
    if is_union(into):
        return any(accepts_none(member) for member in get_args(into))
    return into is None or into is NoneType


def plain_kind(into: Any) -> type[bytes | bytearray | str] | None:
    """Return bytes, bytearray or str if the body itself is asked for (``str | None`` too), else None."""
    kind = without_none(into)
    try:
        return kind if kind in TEXT else None
    except TypeError:  # an annotation that can't be hashed
        return None


def type_name(into: Any) -> str:
    """Return the type as a reader would write it, without modules: ``list[User] | None``."""
    if into is None or into is NoneType:
        return "None"
    if is_union(into):
        return " | ".join(type_name(member) for member in get_args(into))
    if get_origin(into) is Annotated:
        return type_name(get_args(into)[0])
    origin, args = get_origin(into), get_args(into)
    if origin is not None and args:
        inner = ", ".join("..." if arg is Ellipsis else type_name(arg) for arg in args)
        return f"{type_name(origin)}[{inner}]"
    if isinstance(into, type):
        return into.__qualname__.rpartition("<locals>.")[2]
    return getattr(into, "__name__", None) or repr(into).replace("typing.", "")


def is_model_class(kind: Any) -> bool:
    """Whether this class brings its own pydantic schema: a model, a pydantic dataclass, a pydantic type.

    pydantic is not imported to find out.
    """
    if not isinstance(kind, type):
        return False
    if "__pydantic_validator__" in dir(kind):
        return True
    return hasattr(kind, "__get_pydantic_core_schema__") and kind.__module__.partition(".")[0] == "pydantic"


def mentions_model(into: Any) -> bool:
    """Whether a pydantic model, type or constraint appears anywhere in the type, its arguments or its fields."""
    return any(map(_is_pydantic, _parts(into, [])))


def _is_pydantic(part: Any) -> bool:
    return is_model_class(part) or type(part).__module__.partition(".")[0] == "pydantic"


def _parts(into: Any, seen: list[Any]) -> Iterator[Any]:
    """Yield the type and all that it is made of, each class once."""
    into_class = get_origin(into) or into
    if any(known is into for known in seen):
        return
    seen.append(into)
    yield into
    if type(into).__name__ == "TypeAliasType" or hasattr(into, "__supertype__"):
        yield from _parts(unwrapped(into), seen)
    if get_origin(into) is Annotated:
        yield from into.__metadata__
        into_class = get_origin(into.__origin__) or into.__origin__
        yield from _parts(into.__origin__, seen)
    for arg in get_args(into):
        if not isinstance(arg, (str, bytes, int, list)):
            yield from _parts(arg, seen)
    if is_record(into_class) and not is_model_class(into_class):
        for annotation in annotations_of(into_class).values():
            yield from _parts(annotation, seen)

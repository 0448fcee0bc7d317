"""Data of formats that don't tell one item from a list, given the shape a type asks for."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable
from functools import partial
from types import NoneType
from typing import Any, get_args, get_origin

from .fields import wire_fields
from .kinds import is_union, unwrapped

__all__ = ["DICTS", "item_type", "shaper"]

_LISTS = (list, set, frozenset, tuple, abc.Sequence, abc.Set, abc.Collection, abc.Iterable)
DICTS = (dict, abc.Mapping)


def shaper(into: Any, attribute_prefix: str = "") -> Callable[[Any], Any]:
    """Return a function that wraps single items where the type has a list, and adds the lists that are absent.

    An absent value becomes "" where the type is str, and {} where it is a class with fields. Keys with the prefix
    fill the fields of that name, and ``#text`` the field ``text``.
    """
    known: dict[Any, dict[str, Any] | None] = {}

    def fields_of(kind: Any) -> dict[str, Any] | None:
        if kind not in known:
            known[kind] = wire_fields(kind)
        return known[kind]

    def shape(kind: Any, value: Any) -> Any:
        kind = unwrapped(kind)
        if is_union(kind):
            kind = _member(kind, value)
        item = item_type(kind)
        if item is not None:
            items = [] if value is None else value if isinstance(value, list) else [value]
            return [shape(item, part) for part in items]
        if kind is str and value is None:
            return ""
        if get_origin(kind) in DICTS and isinstance(value, dict):
            inner = get_args(kind)[-1]
            return {key: shape(inner, part) for key, part in value.items()}
        fields = fields_of(kind)
        if fields is None:
            loose = kind in (Any, object) or (get_origin(kind) or kind) in DICTS
            return value["#text"] if not loose and isinstance(value, dict) and "#text" in value else value
        return record(fields, {} if value is None else value)

    def record(fields: dict[str, Any], value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        shaped = dict(value)
        for name, kind in fields.items():
            other = attribute_prefix + name if attribute_prefix + name in shaped else "#text" if name == "text" else ""
            if name not in shaped and other in shaped:
                shaped[name] = shaped.pop(other)
            if name in shaped:
                shaped[name] = shape(kind, shaped[name])
            elif item_type(unwrapped(kind)) is not None:
                shaped[name] = []
        return shaped

    return partial(shape, into)


def item_type(kind: Any) -> Any:
    """Return the type of a list's items, None for what is no list."""
    if (get_origin(kind) or kind) not in _LISTS:
        return None
    args = get_args(kind)
    return args[0] if args else Any


def _member(union: Any, value: Any) -> Any:
    """Return the member of a union that a value most likely is."""
    members = [unwrapped(member) for member in get_args(union)]
    if value is None and NoneType in members:
        return NoneType
    members = [member for member in members if member is not NoneType]
    lists = [member for member in members if item_type(member) is not None]
    others = [member for member in members if member not in lists]
    if isinstance(value, list):
        return (lists or members)[0]
    if isinstance(value, dict):
        records = [member for member in others if wire_fields(member) is not None]
        best = max(records, key=lambda member: len((wire_fields(member) or {}).keys() & value.keys()), default=None)
        return best or (others or members)[0]
    return (others or members)[0]

"""A typed bag that plugins and users attach to a request."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

from .checks import check_options

__all__ = ["AttributeKey", "Attributes"]

T = TypeVar("T")
D = TypeVar("D")


class AttributeKey(Generic[T]):
    """A key whose values are of one type; two keys of one name are still two keys."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        check_options(AttributeKey, locals())
        self.name = name

    def __repr__(self) -> str:
        return f"AttributeKey({self.name!r})"


class Attributes(dict[Any, Any]):
    """A dict whose typed keys give typed values: ``attributes.get(AttributeKey[int]("n"))`` is an int or None."""

    @overload
    def get(self, key: AttributeKey[T] | type[T], default: None = None, /) -> T | None: ...
    @overload
    def get(self, key: AttributeKey[T] | type[T], default: D, /) -> T | D: ...
    @overload
    def get(self, key: object, default: Any = None, /) -> Any: ...
    def get(self, key: Any, default: Any = None, /) -> Any:
        """Return the value of a key, or the default."""
        return dict.get(self, key, default)

"""Plain frozen values with named fields: what a dataclass is, without the time its import takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from .checks import check_fields

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Value"]


@dataclass_transform(frozen_default=True)
class Value:
    """A frozen value: the annotated names of a subclass are its fields, in order, with defaults where they have one.

    ``dataclasses`` would do the same, but importing it and making the classes costs a fifth of the time in which
    this package is imported. Raises TypeError for wrong arguments.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    shown_as: ClassVar[str] = ""
    """What errors call it, if not by the name of its class."""

    def __init_subclass__(cls) -> None:
        own = [name for name, kind in cls.__annotations__.items() if "ClassVar" not in kind]
        cls._fields = (*cls._fields, *own)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fields = self._fields
        if len(args) > len(fields):
            raise TypeError(f"{type(self).__name__} takes {len(fields)} values, not {len(args)}")
        given = dict(zip(fields, args, strict=False))
        if twice := given.keys() & kwargs.keys():
            raise TypeError(f"{type(self).__name__} got {sorted(twice)[0]!r} twice")
        given.update(kwargs)
        if unknown := given.keys() - set(fields):
            raise TypeError(f"{type(self).__name__} has no {sorted(unknown)[0]!r}; it has {', '.join(fields)}")
        for name in fields:
            if name not in given and not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} needs {name!r}")
        check_fields(type(self), given)
        self.__dict__.update(given)
        self._check()

    def _check(self) -> None:
        """Raise ValueError where the fields make no sense."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        return type(self)(**{name: getattr(self, name) for name in self._fields} | changes)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} can't be changed; replace({name}=…) returns a changed copy")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._fields)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self._fields)

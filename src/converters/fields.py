"""The fields of a class as they appear in a body."""

from __future__ import annotations

from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

__all__ = ["annotations_of", "is_record", "wire_fields"]


def is_record(kind: Any) -> bool:
    """Whether this class is one msgspec takes apart: dataclass, TypedDict, NamedTuple, Struct or attrs class."""
    return isinstance(kind, type) and (
        hasattr(kind, "__dataclass_fields__")
        or is_typeddict(kind)
        or hasattr(kind, "__struct_fields__")
        or hasattr(kind, "__attrs_attrs__")
        or (issubclass(kind, tuple) and hasattr(kind, "_fields"))
    )


def annotations_of(kind: Any) -> dict[str, Any]:
    """Return the annotations of a record class by name; empty if they can't be resolved."""
    try:
        return get_type_hints(kind, include_extras=True)
    except (NameError, TypeError, AttributeError):  # names that only the type checker sees
        return {}


def wire_fields(into: Any) -> dict[str, Any] | None:
    """Return the types of a record's or model's fields by their names in the body; None for what has no fields."""
    kind = get_origin(into) or into
    model_fields = getattr(kind, "model_fields", None) if isinstance(kind, type) else None
    if isinstance(model_fields, dict):
        fields = {
            name: field.annotation for field_name, field in model_fields.items() for name in _names(field_name, field)
        }
    elif is_record(kind):
        fields = annotations_of(kind)
        own_names, names = getattr(kind, "__struct_fields__", ()), getattr(kind, "__struct_encode_fields__", ())
        renamed = dict(zip(own_names, names, strict=True))
        fields = {renamed.get(name, name): annotation for name, annotation in fields.items()}
    else:
        return None
    known = dict(zip(getattr(kind, "__parameters__", ()), get_args(into), strict=False))
    return {name: _substitute(annotation, known) for name, annotation in fields.items()}


def _names(field_name: str, field: Any) -> tuple[str, ...]:
    alias = field.validation_alias or field.alias
    return (field_name, alias) if isinstance(alias, str) else (field_name,)


def _substitute(annotation: Any, known: dict[Any, Any]) -> Any:
    """Put the arguments of a generic class in the place of its type variables."""
    if not known:
        return annotation
    if getattr(annotation, "__parameters__", ()) and not isinstance(annotation, type):
        return annotation[tuple(known.get(variable, variable) for variable in annotation.__parameters__)]
    try:
        return known.get(annotation, annotation)
    except TypeError:  # an annotation that can't be hashed
        return annotation

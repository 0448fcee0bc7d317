"""Keys and values as text, and the urlencoded form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any
from urllib.parse import quote_plus

from ..exceptions import InvalidBody, InvalidRequest
from .body import BytesBody

__all__ = ["FormBody", "form_encode", "is_form", "pairs_of", "text_of"]


class FormBody(BytesBody):
    """Fields in ``application/x-www-form-urlencoded``, UTF-8 (WHATWG URL section 5).

    Takes a mapping or pairs. A value is a str, bytes, int, float, bool (``true``, ``false``), date, UUID or Enum; a
    list repeats the key; None leaves it out. Raises InvalidBody for anything else; ``name`` is the option, for errors.
    """

    def __init__(self, fields: Any, name: str = "form") -> None:
        pairs = pairs_of(fields, f"{name}=", InvalidBody)
        BytesBody.__init__(self, form_encode(pairs).encode("ascii"), "application/x-www-form-urlencoded")


def is_form(data: object) -> bool:
    """Whether this is a mapping or a list of pairs, not content."""
    if isinstance(data, Mapping):
        return True
    return isinstance(data, (list, tuple)) and all(isinstance(item, (list, tuple)) and len(item) == 2 for item in data)


def form_encode(pairs: Iterable[tuple[str, str | bytes]]) -> str:
    """Return pairs as urlencoded text (WHATWG URL section 5.2). Raises InvalidBody for lone surrogates."""
    try:
        return "&".join([f"{_quote(key)}={_quote(value)}" for key, value in pairs])
    except UnicodeEncodeError:
        raise InvalidBody("a form field holds a lone surrogate, which is no character") from None


def _quote(text: str | bytes) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


def pairs_of(data: Any, what: str, error: type[InvalidRequest]) -> list[tuple[str, str | bytes]]:
    """Return the pairs of a mapping or an iterable of pairs, None left out and lists spread.

    ``what`` names the option for the message of ``error``, which is raised for keys and values of other types.
    """
    return [(key, text) for key, text in spread(data, what, error) if text is not None]


def spread(data: Any, what: str, error: type[InvalidRequest]) -> list[tuple[str, str | bytes | None]]:
    """As ``pairs_of``, but a key whose value is None, or an empty list, is given with None."""
    result: list[tuple[str, str | bytes | None]] = []
    for key, value in _items(data, what, error):
        if type(value) is str:
            result.append((key, value))
            continue
        values = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
        if not values:
            result.append((key, None))
        for item in values:
            try:
                result.append((key, text_of(item)))
            except TypeError:
                raise error(
                    f"{what} can't hold a {type(item).__name__} at {key!r}; give text, numbers, or lists of them"
                ) from None
    return result


def _items(data: Any, what: str, error: type[InvalidRequest]) -> list[tuple[str, Any]]:
    if isinstance(data, (str, bytes)) or not isinstance(data, Iterable):
        raise error(f"{what} takes a mapping or pairs, not {type(data).__name__}")
    items: list[tuple[str, Any]] = []
    for pair in data.items() if isinstance(data, Mapping) else data:
        if isinstance(pair, (str, bytes)):
            raise error(f"{what} takes pairs of key and value, not {type(pair).__name__}")
        try:
            key, value = pair
        except (TypeError, ValueError):
            raise error(f"{what} takes a mapping or pairs of key and value") from None
        if type(key) is not str:
            key = _key(key, what, error)
        items.append((key, value))
    return items


def _key(key: object, what: str, error: type[InvalidRequest]) -> str:
    try:
        text = text_of(key)
        text = text.decode() if isinstance(text, bytes) else text
    except (TypeError, UnicodeDecodeError):
        text = None
    if text is None:
        raise error(f"{what} has a key that is no text but {type(key).__name__}")
    return text


def text_of(value: object) -> str | bytes | None:
    """Return a value as it is written in a form or a query; None stays None. Raises TypeError for no such value."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, (str, bytes)):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    from datetime import date, time
    from decimal import Decimal
    from uuid import UUID

    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    raise TypeError(type(value).__name__)

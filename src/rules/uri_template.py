"""URI templates (RFC 6570), all four levels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import Enum
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from ..exceptions import InvalidURL

__all__ = ["expand", "expand_path", "refuse_dot_segments", "text_of"]

RESERVED = ":/?#[]@!$&'()*+,;="
_ENCODED = re.compile(r"(%[0-9A-Fa-f]{2})")
_VARIABLE = re.compile(r"((?:\w|%[0-9A-Fa-f]{2})+(?:\.(?:\w|%[0-9A-Fa-f]{2})+)*)(?::([1-9]\d{0,3})|(\*))?", re.ASCII)
_EXPRESSION = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Operator:
    """How the values of one expression are put together: RFC 6570 appendix A."""

    first: str
    separator: str
    named: bool = False
    if_empty: str = ""
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands between braces: an operator, and variables with the length of their prefix and whether exploded."""

    sign: str
    operator: Operator
    variables: tuple[tuple[str, int | None, bool], ...]


OPERATORS = {
    "": Operator("", ","),
    "+": Operator("", ",", reserved=True),
    "#": Operator("#", ",", reserved=True),
    ".": Operator(".", "."),
    "/": Operator("/", "/"),
    ";": Operator(";", ";", named=True),
    "?": Operator("?", "&", named=True, if_empty="="),
    "&": Operator("&", "&", named=True, if_empty="="),
}


def expand(template: str, variables: Mapping[str, Any]) -> str:
    """Return the template with its expressions replaced; a variable that is absent, None or an empty list is undefined.

    Values are text, numbers, booleans (``true``), dates, lists and mappings of those. Raises InvalidURL for a template
    that is none and for values of other types.
    """
    return "".join(part if isinstance(part, str) else _expanded(part, variables) for part in _parsed(template))


def expand_path(template: str, variables: Mapping[str, Any]) -> str:
    """As ``expand``, for a url: what ``{x}`` and ``{+x}`` name must be there, and no value may be a dot segment.

    ``/users/{id}`` without an id would be another resource, and so would it with ``..``. Raises InvalidURL.
    """
    for part in _parsed(template):
        if isinstance(part, Expression) and part.sign in ("", "+"):
            for name, _, _ in part.variables:
                if variables.get(name) is None:
                    raise InvalidURL(f"path_params= has no {name!r}, which {template!r} needs")
    url = expand(template, variables)
    refuse_dot_segments(url, template)
    return url


def refuse_dot_segments(url: str, template: str) -> None:
    """Raise InvalidURL where values have made path segments ``.`` or ``..``, which lead to another place."""
    if _dots(url) > _dots(template):
        raise InvalidURL(f"a value makes a segment of {template!r} '.' or '..', which leads to another path")


def _dots(url: str) -> int:
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    return sum(segment.replace("%2e", ".").replace("%2E", ".") in (".", "..") for segment in path.split("/"))


@lru_cache(maxsize=512)
def _parsed(template: str) -> tuple[str | Expression, ...]:
    parts: list[str | Expression] = []
    end = 0
    for match in _EXPRESSION.finditer(template):
        parts.append(_literal(template, end, match.start()))
        parts.append(_expression(template, match[1]))
        end = match.end()
    parts.append(_literal(template, end, len(template)))
    return tuple(part for part in parts if part)


def _literal(template: str, start: int, end: int) -> str:
    text = template[start:end]
    if "{" in text or "}" in text:
        raise InvalidURL(f"the URI template has a brace without its partner: {template!r}")
    return _quoted(text, reserved=True)


def _expression(template: str, text: str) -> Expression:
    sign = text[:1] if text[:1] in OPERATORS else ""
    variables = []
    for specification in text[len(sign) :].split(","):
        match = _VARIABLE.fullmatch(specification)
        if match is None:
            raise InvalidURL(f"the URI template has an expression that is none, {{{text}}}: {template!r}")
        variables.append((match[1], int(match[2]) if match[2] else None, bool(match[3])))
    return Expression(sign, OPERATORS[sign], tuple(variables))


def _expanded(expression: Expression, variables: Mapping[str, Any]) -> str:
    operator = expression.operator
    parts: list[str] = []
    for name, prefix, explode in expression.variables:
        value = variables.get(name)
        if isinstance(value, Mapping):
            pairs = [(str(key), text_of(item, name)) for key, item in value.items() if item is not None]
            if pairs:
                parts += _mapping(operator, name, pairs, prefix, explode)
        elif isinstance(value, (list, tuple, set, frozenset)):
            items = [text_of(item, name) for item in value if item is not None]
            if items:
                parts += _list(operator, name, items, prefix, explode)
        elif value is not None:
            text = text_of(value, name)[:prefix]
            parts.append(_named(operator, name, _quoted(text, operator.reserved)))
    return operator.first + operator.separator.join(parts) if parts else ""


def _list(operator: Operator, name: str, items: list[str], prefix: int | None, explode: bool) -> list[str]:
    _no_prefix(name, prefix)
    quoted = [_quoted(item, operator.reserved) for item in items]
    if explode:
        return [_named(operator, name, item) for item in quoted]
    return [_named(operator, name, ",".join(quoted))]


def _mapping(
    operator: Operator, name: str, pairs: list[tuple[str, str]], prefix: int | None, explode: bool
) -> list[str]:
    _no_prefix(name, prefix)
    quoted = [(_quoted(key, operator.reserved), _quoted(value, operator.reserved)) for key, value in pairs]
    if not explode:
        return [_named(operator, name, ",".join(text for pair in quoted for text in pair))]
    if operator.named:
        return [_named(operator, key, value) for key, value in quoted]
    return [f"{key}={value}" for key, value in quoted]


def _no_prefix(name: str, prefix: int | None) -> None:
    if prefix is not None:
        raise InvalidURL(f"{{{name}:{prefix}}} takes the begin of a text, but {name!r} is a list or mapping")


def _named(operator: Operator, name: str, value: str) -> str:
    if not operator.named:
        return value
    return f"{name}={value}" if value else name + operator.if_empty


def text_of(value: object, name: str) -> str:
    """Return a value as it stands in a url. Raises InvalidURL for what has no obvious text."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if value is None or isinstance(value, (bytes, bytearray, Mapping, list, tuple, set, frozenset)):
        raise InvalidURL(f"the value of {name!r} is {type(value).__name__}, which has no text in a url")
    return str(value)


def _quoted(text: str, reserved: bool) -> str:
    try:
        if not reserved:
            return quote(text, safe="")
        # What is encoded already stays so.
        return "".join(
            part if part[:1] == "%" and len(part) == 3 and _ENCODED.fullmatch(part) else quote(part, safe=RESERVED)
            for part in _ENCODED.split(text)
        )
    except UnicodeEncodeError:
        raise InvalidURL("a value for the url holds a lone surrogate, which is no character") from None

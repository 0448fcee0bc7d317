"""The directives of Cache-Control and of the fields that stand in for it (RFC 9111 section 5.2, RFC 9213)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..values.headers import Headers

__all__ = ["MAX_SECONDS", "Directives", "cache_control", "request_directives", "targeted"]

MAX_SECONDS = 2**31
"""What greater numbers count as (RFC 9111 section 1.2.2)."""

_MEMBER = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_DIRECTIVE = re.compile(r"[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*(?:=[ \t]*(.*?))?[ \t]*\Z", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\Z', re.DOTALL)
_NUMBER = re.compile(r"\d+\Z", re.ASCII)
# RFC 8941: members of a dictionary; of the values only numbers and booleans mean something here.
_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
# A list in parentheses may be there, too; no directive has one, but it breaks nothing.
_ITEM = re.compile(
    r"""\([\x20-\x27\x2a-\x7e]*\) | -?\d{1,12}\.\d{1,3} | -?\d{1,15} | \?[01] | :[A-Za-z0-9+/=]*:
    | "(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*" | [A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*""",
    re.VERBOSE,
)


class Directives:
    """The directives of one message. ``name in directives`` says whether one is there; names are in lower case."""

    __slots__ = ("_values", "is_targeted")

    def __init__(self, values: Mapping[str, list[str | None]], *, is_targeted: bool = False) -> None:
        self._values = values
        self.is_targeted = is_targeted
        """Whether they come from a field for this kind of cache, which also overrules Expires (RFC 9213)."""

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __bool__(self) -> bool:
        return bool(self._values)

    def seconds(self, name: str) -> int | None:
        """Return the number a directive has; None where it is not there.

        One that is no number, or is there twice with different ones, is 0: what it tells is stale (section 4.2.1).
        """
        values = self._values.get(name)
        if values is None:
            return None
        text = values[0]
        if text is None or not _NUMBER.match(text) or any(other != text for other in values):
            return 0
        return MAX_SECONDS if len(text) > 15 else min(int(text), MAX_SECONDS)

    def fields(self, name: str) -> frozenset[str] | None:
        """Return the header names that ``no-cache`` or ``private`` is limited to, in lower case.

        Empty where it is about the whole response, None where the directive is not there.
        """
        values = self._values.get(name)
        if values is None:
            return None
        if any(not value for value in values):
            return frozenset()
        names = ",".join(value for value in values if value).split(",")
        found = frozenset(each.strip().lower() for each in names)
        return found - {""}

    def is_whole(self, name: str) -> bool:
        """Whether ``no-cache`` or ``private`` is there and about the whole response."""
        return self.fields(name) == frozenset()


NONE = Directives({})


def cache_control(values: Iterable[str]) -> Directives:
    """Read Cache-Control. What is no directive is passed over; the same directive may be there several times."""
    found: dict[str, list[str | None]] = {}
    for value in values:
        for member in _MEMBER.findall(value):
            match = _DIRECTIVE.match(member)
            if match is None:
                continue
            name, argument = match.groups()
            if argument is not None and argument.startswith('"'):
                quoted = _QUOTED.match(argument)
                # A quoted string without an end limits nothing: the directive counts for the whole.
                argument = None if quoted is None else re.sub(r"\\(.)", r"\1", quoted[1])
            found.setdefault(name.lower(), []).append(argument)
    return Directives(found) if found else NONE


def request_directives(headers: Headers) -> Directives:
    """Read a request's Cache-Control; without one ``Pragma: no-cache`` stands in for it (section 5.4)."""
    values = headers.getall("cache-control", None)
    if values:
        return cache_control(values)
    pragma = headers.getall("pragma", None)
    if pragma and "no-cache" in [part.strip() for part in ",".join(pragma).lower().split(",")]:
        return Directives({"no-cache": [None]})
    return NONE


def targeted(values: Iterable[str]) -> Directives | None:
    """Read a targeted field, a structured dictionary (RFC 9213 section 2.1); None where it is empty or broken."""
    text = ",".join(values).strip(" \t")
    found: dict[str, list[str | None]] = {}
    at = 0
    while at < len(text):
        key = _KEY.match(text, at)
        if key is None:
            return None
        at = key.end()
        value = "?1"
        if text.startswith("=", at):
            item = _ITEM.match(text, at + 1)
            if item is None:
                return None
            value, at = item[0], item.end()
        after = _skip_parameters(text, at)
        if after is None:
            return None
        at = after
        if value == "?0":
            found.pop(key[0], None)
        else:
            # A string is no number, and so no lifetime.
            found[key[0]] = [None if value == "?1" else value]
        rest = text[at:].lstrip(" \t")
        if not rest:
            break
        if not rest.startswith(",") or not rest[1:].strip(" \t"):
            return None
        at = len(text) - len(rest[1:].lstrip(" \t"))
    return Directives(found, is_targeted=True) if found else None


def _skip_parameters(text: str, at: int) -> int | None:
    """Return where the parameters end, which mean nothing here; None where they are broken."""
    while text.startswith(";", at):
        at += 1
        at += len(text[at:]) - len(text[at:].lstrip(" "))
        key = _KEY.match(text, at)
        if key is None:
            return None
        at = key.end()
        if text.startswith("=", at):
            item = _ITEM.match(text, at + 1)
            if item is None:
                return None
            at = item.end()
    return at

"""What WWW-Authenticate and Proxy-Authenticate ask for (RFC 9110 section 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Challenge", "parse_auth_params", "parse_challenges", "quoted"]

# Possessive, so that no text takes more than one look at each character.
_SEPARATORS = re.compile(r"[ \t,]*+")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
_EQUALS = re.compile(r"[ \t]*+=[ \t]*+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
# What servers send unquoted is more than a token: "qop=auth/int", "realm=a@b".
_BARE = re.compile(r'[^ \t,"]*+')
_TOKEN68 = re.compile(r"[ \t]++([A-Za-z0-9\-._~+/]++=*+)(?=[ \t]*+(?:,|\Z))")
_REST = re.compile(r"[^,]*+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate: a scheme in lower case, and its parameters, names in lower case, or its token68."""

    scheme: str
    params: dict[str, str] = field(default_factory=dict)
    token: str = ""

    @property
    def realm(self) -> str | None:
        """The realm, where there is one (RFC 9110 section 11.5)."""
        return self.params.get("realm")


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Return the challenges of all header lines, in order.

    One line may hold several, and commas separate both challenges and parameters: a name with a value belongs to the
    scheme before it, another word is the next scheme. What makes no sense is passed over up to the next comma; of a
    repeated parameter the first counts.
    """
    result: list[Challenge] = []
    for value in values:
        _parse(value, result)
    return result


def parse_auth_params(values: Iterable[str]) -> dict[str, str]:
    """Return the parameters of a header that has no scheme, such as Authentication-Info (RFC 9110 section 11.6.3)."""
    params = Challenge("")
    for value in values:
        _parse(value, [], params)
    return params.params


def _parse(text: str, result: list[Challenge], current: Challenge | None = None) -> None:
    position = _SEPARATORS.match(text).end()  # type: ignore[union-attr]
    while position < len(text):
        word = _TOKEN.match(text, position)
        if word is None:
            position = _skip(text, position)
        elif equals := _EQUALS.match(text, word.end()):
            value, position = _value(text, equals.end())
            if current is not None and value is not None:
                current.params.setdefault(word[0].lower(), value)
        else:
            token = _TOKEN68.match(text, word.end())
            current = Challenge(word[0].lower(), {}, token[1] if token else "")
            result.append(current)
            position = token.end() if token else word.end()
        position = _SEPARATORS.match(text, position).end()  # type: ignore[union-attr]


def _value(text: str, position: int) -> tuple[str | None, int]:
    """Return a parameter's value and where it ends; None for a quoted string that has no end."""
    found = _QUOTED.match(text, position)
    if found:
        return _ESCAPE.sub(r"\1", found[1]), found.end()
    if text.startswith('"', position):
        return None, len(text)
    bare = _BARE.match(text, position)
    assert bare is not None
    return bare[0], bare.end()


def _skip(text: str, position: int) -> int:
    """Return the place of the next comma that is not inside quotes."""
    if text[position] == '"':
        found = _QUOTED.match(text, position)
        return found.end() if found else len(text)
    rest = _REST.match(text, position)
    assert rest is not None
    return rest.end()


def quoted(text: str) -> str:
    """Return a quoted-string (RFC 9110 section 5.6.4)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

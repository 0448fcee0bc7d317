"""The netrc file: which user name and password are for which host."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Login", "Netrc", "NetrcError", "parse_netrc"]

# A word, or one in quotes in which a backslash takes the next character as it is.
_WORD = re.compile(r'[ \t\r\f\v]*+(?:"((?:[^"\\]|\\.)*+)"|([^\s"]\S*+)|(\n)|(")|\Z)', re.ASCII | re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class NetrcError(ValueError):
    """The text is no netrc file."""


class Login(NamedTuple):
    """What one entry holds."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Login(…)"


class Netrc:
    """The entries of a file by host, and the one for all others."""

    __slots__ = ("default", "machines")

    def __init__(self) -> None:
        self.machines: dict[str, Login | None] = {}
        self.default: Login | None = None

    def login(self, host: str, *, default: bool = True) -> Login | None:
        """Return the login for a host, exactly that one; the default entry's where there is none and it may be.

        An entry without login or password gives nothing, and nothing of another entry is taken in its place.
        """
        host = host.lower()
        if host in self.machines:
            return self.machines[host]
        return self.default if default else None

    def __repr__(self) -> str:
        return f"<Netrc, {len(self.machines)} machines>"


def parse_netrc(text: str) -> Netrc:
    """Return what a netrc file says; the first entry for a host counts. Raises NetrcError, naming the line only."""
    words = _words(text)
    result = Netrc()
    position = 0
    while position < len(words):
        word, line = words[position]
        position += 1
        if word == "machine":
            host, position = _argument(words, position, "machine", line)
            login, position = _entry(words, position)
            result.machines.setdefault(host.lower(), login)
        elif word == "default":
            login, position = _entry(words, position)
            result.default = result.default or login
        elif word == "macdef":
            position = _macro(words, position)
        elif word != "\n":
            raise NetrcError(f"line {line}: expected machine, default or macdef")
    return result


def _entry(words: list[tuple[str, int]], position: int) -> tuple[Login | None, int]:
    found: dict[str, str] = {}
    while position < len(words):
        word, line = words[position]
        if word in ("login", "user", "password", "account"):
            value, position = _argument(words, position + 1, word, line)
            found.setdefault("login" if word == "user" else word, value)
        elif word == "macdef":
            position = _macro(words, position + 1)
        elif word == "\n":
            position += 1
        else:
            break
    complete = "login" in found and "password" in found
    return Login(found["login"], found["password"]) if complete else None, position


def _argument(words: list[tuple[str, int]], position: int, name: str, line: int) -> tuple[str, int]:
    while position < len(words) and words[position][0] == "\n":
        position += 1
    if position == len(words):
        raise NetrcError(f"line {line}: nothing follows {name}")
    return words[position][0], position + 1


def _macro(words: list[tuple[str, int]], position: int) -> int:
    """Return where a macro ends: after an empty line."""
    while position + 1 < len(words):
        if words[position][0] == "\n" and words[position + 1][0] == "\n":
            return position + 1
        position += 1
    return len(words)


def _words(text: str) -> list[tuple[str, int]]:
    """Cut into words and line ends, each with its line number; comments are left out."""
    result: list[tuple[str, int]] = []
    line = 1
    position = 0
    while True:
        match = _WORD.match(text, position)
        assert match is not None
        quoted, bare, end, broken = match.groups()
        position = match.end()
        if broken is not None:
            raise NetrcError(f"line {line}: a quoted word has no end")
        if quoted is not None:
            result.append((_ESCAPE.sub(r"\1", quoted), line))
            line += quoted.count("\n")
        elif end is not None:
            result.append(("\n", line))
            line += 1
        elif bare is None:
            return result
        elif bare.startswith("#") and _at_comment(result):
            position = text.find("\n", position)
            if position < 0:
                return result
        else:
            result.append((bare, line))
    return result


def _at_comment(words: list[tuple[str, int]]) -> bool:
    """Whether a word that starts with # begins a comment here; after ``password`` it is the password."""
    return not words or words[-1][0] not in ("machine", "login", "user", "password", "account")

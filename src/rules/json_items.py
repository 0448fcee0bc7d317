"""The items of a JSON array, one by one while it comes (RFC 8259)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..exceptions import DecodingError
from .lines import LineSplitter
from .pipes import JsonLines

__all__ = ["JsonArray", "JsonDepth", "JsonItems"]

# A whole string is one token, as braces in it count for nothing; one that is cut off is a quote alone.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_IN_STRING = re.compile(r'["\\]')
_SPACE = " \t\r\n"


class JsonStrings:
    """Where strings that are cut between pieces end."""

    __slots__ = ("_escaped", "_in_string")

    def __init__(self) -> None:
        self._in_string = self._escaped = False

    def _string(self, text: str, pos: int) -> int:
        """Return where a string that began in an earlier piece ends, or -1 if not in this one."""
        while pos < len(text):
            if self._escaped:
                self._escaped = False
                pos += 1
                continue
            match = _IN_STRING.search(text, pos)
            if match is None:
                return -1
            pos = match.end()
            if match[0] == '"':
                self._in_string = False
                return pos
            self._escaped = True
        return -1


class JsonDepth(JsonStrings):
    """Whether a text that comes in pieces stands between objects, arrays and strings."""

    __slots__ = ("_depth",)

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    @property
    def balanced(self) -> bool:
        """Whether all that was opened is closed."""
        return self._depth == 0 and not self._in_string

    def feed(self, text: str) -> None:
        """Take the next piece."""
        pos = 0
        while True:
            if self._in_string and (pos := self._string(text, pos)) < 0:
                return
            match = _TOKEN.search(text, pos)
            if match is None:
                return
            pos = match.end()
            token = match[0]
            if token == '"':
                self._in_string = True
            elif token in "[{":
                self._depth += 1
            elif token in "]}":
                self._depth -= 1


class JsonArray(JsonStrings):
    """Cuts pieces of the text of one array into its items, and decodes each; what is kept is the item under way.

    The cost is linear in the text. Raises DecodingError for what is no array, and for one that is cut off.
    """

    __slots__ = ("_decode", "_depth", "_items", "_pieces")

    def __init__(self, decode: Callable[[bytes], Any]) -> None:
        super().__init__()
        self._decode = decode
        self._depth = 0  # -1 after the end
        self._items = 0
        self._pieces: list[str] = []

    def feed(self, text: str) -> Iterator[Any]:
        """Return the items that a piece completes."""
        pos = start = 0
        if self._depth == 0:
            rest = text.lstrip(_SPACE)
            if not rest:
                return
            if rest[0] != "[":
                raise DecodingError("the body is no JSON array")
            pos = start = len(text) - len(rest) + 1
            self._depth = 1
        while self._depth > 0:
            if self._in_string and (pos := self._string(text, pos)) < 0:
                break
            match = _TOKEN.search(text, pos)
            if match is None:
                break
            pos = match.end()
            token = match[0]
            if token == '"':
                self._in_string = True
            elif token in "[{":
                self._depth += 1
            elif token in "]}":
                self._depth -= 1
            if self._depth == 0:
                item = self._taken(text[start : match.start()])
                self._depth = -1
                start = pos
                if item.strip(_SPACE) or self._items:
                    yield self._decode(item.encode())
            elif token == "," and self._depth == 1:
                item = self._taken(text[start : match.start()])
                start = pos
                self._items += 1
                yield self._decode(item.encode())
        if self._depth < 0 and text[start:].strip(_SPACE):
            raise DecodingError("there is more after the end of the JSON array")
        self._pieces.append(text[start:])

    def _taken(self, last: str) -> str:
        item = "".join([*self._pieces, last])
        self._pieces.clear()
        return item

    def finish(self) -> tuple[Any, ...]:
        """Note the end. Raises DecodingError where the array has none."""
        if self._depth > 0:
            raise DecodingError("the body ends within a JSON array")
        return ()


class JsonItems:
    """Items of an array where the text begins with one, else lines of JSON."""

    __slots__ = ("_array", "_decode", "_lines", "_objects")

    def __init__(self, decode: Callable[[bytes], Any]) -> None:
        self._decode = decode
        self._array: JsonArray | None = None
        self._lines: LineSplitter | None = None
        self._objects = JsonLines(decode)

    def feed(self, text: str) -> Iterator[Any]:
        """Return the items that a piece completes. Raises DecodingError."""
        if self._array is None and self._lines is None:
            if not text.strip(_SPACE):
                return
            if text.lstrip(_SPACE)[0] == "[":
                self._array = JsonArray(self._decode)
            else:
                self._lines = LineSplitter()
        if self._array is not None:
            yield from self._array.feed(text)
        elif self._lines is not None:
            for line in self._lines.feed(text):
                yield from self._objects.feed(line)

    def finish(self) -> Iterator[Any]:
        """Return the last line. Raises DecodingError for an array that is cut off."""
        if self._array is not None:
            yield from self._array.finish()
        elif self._lines is not None:
            for line in self._lines.finish():
                yield from self._objects.feed(line)

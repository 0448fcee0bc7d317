"""The texts of a JSON text sequence, one by one while it comes (RFC 7464)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..exceptions import DecodingError
from .json_items import JsonDepth

__all__ = ["JsonSequence", "is_json_sequence"]

SEPARATOR = "\x1e"
_SPACE = " \t\r\n"


def is_json_sequence(content_type: str) -> bool:
    """Whether a content type is application/json-seq, or ends with ``+json-seq`` (RFC 8091)."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json-seq" or media_type.endswith("+json-seq")


class JsonSequence:
    """Cuts a sequence into its texts, and decodes each as soon as the line feed after it is there.

    The cost is linear in the text; what is kept is the text under way. Raises DecodingError for a text that is cut
    off: one that the next one follows too soon, and a number, true, false or null without white space after it.
    """

    __slots__ = ("_begun", "_decode", "_depth", "_pieces")

    def __init__(self, decode: Callable[[bytes], Any]) -> None:
        self._decode = decode
        self._depth = JsonDepth()
        self._pieces: list[str] = []
        self._begun = False

    def feed(self, text: str) -> Iterator[Any]:
        """Return the objects that a piece completes."""
        first, *others = text.split(SEPARATOR)
        yield from self._add(first)
        for other in others:
            yield from self.finish()
            self._begun = True
            yield from self._add(other)

    def _add(self, text: str) -> Iterator[Any]:
        if not text or not (self._pieces or text.strip(_SPACE)):
            return
        if not self._begun:
            raise DecodingError("the body is no JSON text sequence: it begins with no record separator")
        self._pieces.append(text)
        self._depth.feed(text)
        if text[-1] == "\n" and self._depth.balanced:
            yield self._taken()

    def _taken(self) -> Any:
        item = "".join(self._pieces)
        self._pieces.clear()
        return self._decode(item.encode())

    def finish(self) -> Iterator[Any]:
        """Return the text that ends here, if any. Raises DecodingError where it is cut off."""
        if not self._pieces:
            return
        last = self._pieces[-1][-1]
        if not self._depth.balanced or last not in _SPACE + '"]}':
            raise DecodingError("a text of the JSON text sequence is cut off")
        yield self._taken()

"""Byte order marks: what stands before text and is not part of it (Unicode 16 section 23.8)."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from .pipes import TextDecoder

__all__ = ["BomStep", "BomTextDecoder", "split_bom"]

# The longer ones first: that of UTF-32 begins as that of UTF-16.
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LONGEST = 4


def split_bom(data: bytes) -> tuple[bytes, str | None]:
    """Return the data without its mark, and the encoding the mark tells; None where there is no mark."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :], encoding
    return data, None


class BomStep:
    """Takes the mark off a body that comes in pieces."""

    __slots__ = ("_head", "_passed", "encoding")

    def __init__(self) -> None:
        self._head = b""
        self._passed = False
        self.encoding: str | None = None

    def feed(self, item: bytes) -> tuple[bytes, ...]:
        """Return what is known to be no mark."""
        if self._passed:
            return (item,)
        self._head += item
        if len(self._head) < _LONGEST and any(bom.startswith(self._head) for bom, _ in _BOMS):
            return ()
        return self.finish()

    def finish(self) -> tuple[bytes, ...]:
        """Return what was kept back."""
        if self._passed:
            return ()
        self._passed = True
        rest, self.encoding = split_bom(self._head)
        return (rest,) if rest else ()


class BomTextDecoder:
    """Turns bytes into text, in the encoding a mark tells, or else in the given one; the mark is left out."""

    __slots__ = ("_default", "_marks", "_text")

    def __init__(self, default: str) -> None:
        self._default = default
        self._marks = BomStep()
        self._text: TextDecoder | None = None

    def feed(self, item: bytes) -> Iterable[str]:
        """Return the text that is whole."""
        return self._decoded(self._marks.feed(item))

    def finish(self) -> Iterable[str]:
        """Return what is left."""
        rest = self._decoded(self._marks.finish())
        return [*rest, *(self._text.finish() if self._text is not None else ())]

    def _decoded(self, pieces: tuple[bytes, ...]) -> list[str]:
        if pieces and self._text is None:
            self._text = TextDecoder(self._marks.encoding or self._default)
        return [text for piece in pieces for text in self._text.feed(piece)] if self._text is not None else []

"""Charsets of bodies that carry text."""

from __future__ import annotations

import codecs
from functools import lru_cache

from ..exceptions import DecodingError

__all__ = ["as_utf8", "has_bom", "to_utf8"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def has_bom(data: bytes) -> bool:
    """Whether the text starts with a byte order mark."""
    return any(data.startswith(mark) for mark, _ in _MARKS)


@lru_cache(maxsize=64)
def _codec(encoding: str) -> str:
    return codecs.lookup(encoding).name


def to_utf8(data: bytes, encoding: str) -> bytes:
    """Return text in another charset as UTF-8. Raises UnicodeDecodeError, and DecodingError for no known charset."""
    try:
        name = _codec(encoding)
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        raise DecodingError(f"the body's charset {encoding!r} is not known") from None
    if name in ("utf-8", "ascii"):  # what claims to be ASCII and is not, is UTF-8
        return data
    try:
        return data.decode(name).encode()
    except LookupError:  # hex, base64 and others that are no charsets
        raise DecodingError(f"the body's charset {encoding!r} is not known") from None


def as_utf8(data: bytes, encoding: str) -> bytes:
    """Return text as UTF-8 without byte order mark; a mark tells the charset better than ``encoding``."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name).encode()
    return to_utf8(data, encoding)

"""How the pieces of a body become what the caller iterates over: resized, as text, as lines, as objects."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

__all__ = ["JsonLines", "Pipe", "Resizer", "Step", "TextDecoder"]


class Step(Protocol):
    """One step: takes an item, gives any number of items; ``finish`` gives what was kept back."""

    def feed(self, item: Any, /) -> Iterable[Any]:
        """Take one item."""
        ...

    def finish(self) -> Iterable[Any]:
        """Note the end."""
        ...


class Pipe:
    """Steps one after the other. Items are made only when they are asked for, so that a dense body takes no room."""

    __slots__ = ("_steps",)

    def __init__(self, *steps: Step) -> None:
        self._steps = steps

    def feed(self, piece: bytes) -> Iterable[Any]:
        """Take one piece of the body; the items must be used up before the next piece."""
        items: Iterable[Any] = (piece,)
        for step in self._steps:
            items = _each(step.feed, items)
        return items

    def finish(self) -> Iterable[Any]:
        """Note the end of the body."""
        items: Iterable[Any] = ()
        for step in self._steps:
            items = _ending(step, items)
        return items


def _each(feed: Callable[[Any], Iterable[Any]], items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        yield from feed(item)


def _ending(step: Step, items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        yield from step.feed(item)
    yield from step.finish()


class Resizer:
    """Cuts bytes to one size; the last piece may be shorter."""

    __slots__ = ("_left", "_size")

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"chunk_size must be at least 1, not {size}")
        self._size = size
        self._left = bytearray()

    def feed(self, item: bytes) -> list[bytes]:
        """Return whole pieces."""
        size = self._size
        left = self._left
        left += item
        whole = len(left) // size * size
        parts = [bytes(left[start : start + size]) for start in range(0, whole, size)]
        del left[:whole]
        return parts

    def finish(self) -> tuple[bytes, ...]:
        """Return the rest."""
        return (bytes(self._left),) if self._left else ()


class TextDecoder:
    """Turns bytes into text; a character cut between two pieces is put together again."""

    __slots__ = ("_decode",)

    def __init__(self, encoding: str) -> None:
        self._decode = codecs.getincrementaldecoder(encoding)(errors="replace").decode

    def feed(self, item: bytes) -> tuple[str, ...]:
        """Return the text that is whole."""
        text = self._decode(item)
        return (text,) if text else ()

    def finish(self) -> tuple[str, ...]:
        """Return what is left of a cut character."""
        text = self._decode(b"", True)
        return (text,) if text else ()


class JsonLines:
    """Lines to objects; empty lines are passed over."""

    __slots__ = ("_decode",)

    def __init__(self, decode: Callable[[bytes], Any]) -> None:
        self._decode = decode

    def feed(self, item: str) -> tuple[Any, ...]:
        """Return the object of one line. Raises DecodingError."""
        return (self._decode(item.encode()),) if item.strip() else ()

    def finish(self) -> tuple[Any, ...]:
        """Return nothing."""
        return ()

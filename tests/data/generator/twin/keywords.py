"""Every place where the language itself says async."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager


class Doubled:
    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = numbers

    def __enter__(self) -> Doubled:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        raise StopIteration

    def close(self) -> None:
        pass


@contextmanager
def opened() -> Generator[Doubled]:
    with ExitStack() as stack:
        stack.push(None)
        yield Doubled(counted())


def counted() -> Iterator[int]:
    for number in range(3):
        yield same(number)


def same(value: int) -> int:
    return value


def both() -> list[int]:
    with opened() as one, opened() as two:
        found = [number for number in one if same(number) > 0]
        total = (same(1)) + same(2) * -(same(3))
        for number in two:
            found.append(number)
        else:
            print(same(total), end="")
    try:
        return [same(number) for number in found]
    except StopIteration:
        return same(total) if found else found

"""Every place where the language itself says async."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager


class AsyncDoubled:
    def __init__(self, numbers: AsyncIterable[int]) -> None:
        self.numbers = numbers

    async def __aenter__(self) -> AsyncDoubled:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[int]:
        return self

    async def __anext__(self) -> int:
        raise StopAsyncIteration

    async def aclose(self) -> None:
        pass


@asynccontextmanager
async def opened() -> AsyncGenerator[AsyncDoubled]:
    async with AsyncExitStack() as stack:
        stack.push(None)
        yield AsyncDoubled(counted())


async def counted() -> AsyncIterator[int]:
    for number in range(3):
        yield await same(number)


async def same(value: int) -> int:
    return value


async def both() -> list[int]:
    async with opened() as one, opened() as two:
        found = [number async for number in one if await same(number) > 0]
        total = (await same(1)) + await same(2) * -(await same(3))
        async for number in two:
            found.append(number)
        else:
            print(await same(total), end="")
    try:
        return [await same(number) for number in found]
    except StopAsyncIteration:
        return await same(total) if found else found

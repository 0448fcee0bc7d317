"""Streams in both directions, and what becomes of those that are left, over every engine."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from duohttp import AsyncClient, Capability, Limits, ResponseNotRead, StreamClosed, StreamConsumed

from ..behaviour import numbered
from ..marks import needs, without
from ..subjects import Subject
from .support import client_of, first_of, until

# httpcore's own generator for bodies is left to the collector when a body is given up half-way; trio says so.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:ResourceWarning"),
]


async def test_the_ways_to_read_a_stream(subject: Subject) -> None:
    async with client_of(subject) as client:
        async with client.stream("GET", "bytes/300000") as response:
            assert b"".join([piece async for piece in response.iter_bytes()]) == numbered(300_000)
        async with client.stream("GET", "bytes/300000") as response:
            sizes = [len(piece) async for piece in response.iter_bytes(70_000)]
            assert sizes == [70_000] * 4 + [20_000]
        async with client.stream("GET", "lines?n=4") as response:
            assert [item["number"] async for item in response.iter_json(dict[str, int])] == [0, 1, 2, 3]
        async with client.stream("GET", "lines?n=2") as response:
            assert [line async for line in response.iter_lines()] == ['{"number": 0}', '{"number": 1}']
        async with client.stream("GET", "bytes/10") as response:
            assert not response.is_read
            assert await response.read() == response.content == numbered(10)


async def test_a_stream_is_read_once_and_in_its_block(subject: Subject) -> None:
    async with client_of(subject) as client:
        async with client.stream("GET", "bytes/10") as response:
            with pytest.raises(ResponseNotRead):
                assert response.content
            assert [piece async for piece in response.iter_bytes()] != []
            with pytest.raises(StreamConsumed):
                await response.read()
        async with client.stream("GET", "bytes/10") as response:
            pass
        assert response.is_closed
        with pytest.raises(StreamClosed):
            await response.read()


async def test_a_stream_that_is_left_frees_what_it_held(subject: Subject) -> None:
    async with client_of(subject, limits=Limits(max_connections=1)) as client:
        for _ in range(3):
            async with client.stream("GET", "long") as response:
                assert len(await first_of(response.iter_raw())) > 0
            async with client.stream("GET", "long"):
                pass
            async with client.stream("GET", "bytes/100"):
                pass
            assert (await client.get("bytes/10")).content == numbered(10)


async def fail_in_the_middle(client: AsyncClient) -> None:
    async with client.stream("GET", "long") as response:
        await first_of(response.iter_raw())
        raise LookupError("mine")


async def test_an_exception_in_the_block_frees_what_it_held(subject: Subject) -> None:
    async with client_of(subject, limits=Limits(max_connections=1)) as client:
        with pytest.raises(LookupError, match="mine"):
            await fail_in_the_middle(client)
        assert (await client.get("bytes/10")).content == numbered(10)


@without("mock", because="it does not wait in the middle of a body")
async def test_pieces_come_as_they_are_sent(subject: Subject) -> None:
    async with client_of(subject) as client:
        async with client.stream("GET", "drip?n=2&delay=30") as response:
            assert await first_of(response.iter_lines()) == "drop 0"


async def test_much_is_read_with_little_memory(subject: Subject) -> None:
    async with client_of(subject) as client:
        size, longest = 0, 0
        async with client.stream("GET", "chunked?n=300&size=50000") as response:
            async for piece in response.iter_raw():
                size += len(piece)
                longest = max(longest, len(piece))
        assert size == 15_000_000
        assert longest <= 2**20


@without("httpcore-h2", "native-h2", because="hypercorn ends the connection when a stream goes on after its answer")
@without("mock", because="it reads the whole body before it answers")
async def test_an_early_answer_ends_the_upload(subject: Subject) -> None:
    taken = 0

    def pieces() -> Any:
        nonlocal taken
        while taken < 2000:
            taken += 1
            yield bytes(65_536)

    async with client_of(subject) as client:
        response = await client.post("refuse", content=pieces())
        assert response.status_code == 413
        assert (await client.get("bytes/1")).content == b"\0"
    assert taken < 2000


@without("httpcore", because="a fault: an answer ends the upload, also one that goes on when more comes")
async def test_an_answer_that_begins_while_the_body_is_sent(subject: Subject) -> None:
    data = numbered(200_000)

    def pieces() -> Any:
        for start in range(0, len(data), 20_000):
            yield data[start : start + 20_000]
            time.sleep(0.005)

    async with client_of(subject, timeout=5) as client:
        assert (await client.post("mirror", content=pieces())).content == data


@needs(Capability.FULL_DUPLEX)
async def test_both_ways_at_once(subject: Subject) -> None:
    got: list[bytes] = []
    async with client_of(subject) as client:
        async with client.stream("POST", "mirror", content=answering(got), duplex=True) as response:
            async for piece in response.iter_raw():
                got.append(piece)
    assert got == [b"0\n", b"1\n", b"2\n"]


async def answering(got: list[bytes]) -> AsyncIterator[bytes]:
    """Give a line, and the next when the one before has come back."""
    yield b"0\n"
    await until(lambda: len(got) == 1)
    yield b"1\n"
    await until(lambda: len(got) == 2)
    yield b"2\n"

"""``receive``, which hands over what comes, and ``looks_stale``, which only glances, beside the exact ways."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from duohttp.exceptions import ReadError, ReadTimeout, WriteError

from .network_support import FLAVOURS, AnyStream, echo, hold, pause, reset, until, with_stream

SIZE = 65536
both = pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
all_flavours = pytest.mark.parametrize("flavour", FLAVOURS)


@both
@all_flavours
def test_what_comes_is_handed_over_whole_and_in_order(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        for size in (1, 1000, 70_000, 1, 300_000):
            sent = bytes([size % 251]) * size
            got = b""
            await stream.write(sent, 5)
            while len(got) < size:
                piece = await stream.receive(SIZE, 5)
                assert 0 < len(piece) <= SIZE
                got += piece
            assert got == sent

    with_stream(flavour, secure, echo_all, test)


def echo_all(connection: Any) -> None:
    """Take what the client sends, and send it back when there is a moment's silence."""
    while data := connection.recv(1_000_000):
        connection.sendall(data)


@both
@all_flavours
def test_reads_and_receives_take_turns(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        await stream.write(b"abcdef", 5)
        assert await stream.read(2, 5) == b"ab"
        assert await stream.receive(2, 5) == b"cd"
        assert await stream.receive(SIZE, 5) == b"ef"
        with pytest.raises(ReadTimeout):
            await stream.receive(SIZE, 0.02)
        await stream.write(b"ghi", 5)
        await until(flavour, stream.looks_stale)
        assert stream.read_nowait(100) == b"ghi"
        await stream.write(b"jkl", 5)
        assert await stream.receive(SIZE, None) == b"jkl"

    with_stream(flavour, secure, echo, test)


@both
@all_flavours
def test_a_limit_that_is_reached_and_one_that_is_not(flavour: str, secure: bool) -> None:
    """The limit of an earlier call must not end a later one."""

    async def test(stream: AnyStream) -> None:
        for limit in (0.05, 0.02):
            began = time.monotonic()
            with pytest.raises(ReadTimeout, match=r"no byte came from 127\.0\.0\.1.* for 0\.0"):
                await stream.receive(SIZE, limit)
            assert time.monotonic() - began > limit - 0.005
        await stream.write(b"x", 5)
        assert await stream.receive(SIZE, 0.5) == b"x"
        await stream.write(b"later", 5)
        assert await stream.receive(SIZE, None) == b"later"

    def handle(connection: Any) -> None:
        connection.sendall(connection.recv(10))
        data = connection.recv(10)
        time.sleep(0.6)  # longer than the limit before
        connection.sendall(data)
        hold(connection)

    with_stream(flavour, secure, handle, test)


@both
@all_flavours
def test_the_end_comes_to_who_waits_and_to_who_comes_later(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        assert await stream.receive(SIZE, 5) == b"last"
        assert await stream.receive(SIZE, 5) == b""
        assert await stream.receive(SIZE, 5) == b""
        assert stream.is_stale()

    def handle(connection: Any) -> None:
        connection.sendall(b"last")
        time.sleep(0.05)

    with_stream(flavour, secure, handle, test)


@all_flavours
def test_a_reset_comes_to_who_waits(flavour: str) -> None:
    async def test(stream: AnyStream) -> None:
        await stream.write(b"x", 5)
        with pytest.raises(ReadError, match=r"127\.0\.0\.1.*reset"):
            await stream.receive(SIZE, 5)
        assert stream.is_stale()

    def handle(connection: socket.socket) -> None:
        time.sleep(0.05)
        reset(connection)

    with_stream(flavour, False, handle, test)


@both
@all_flavours
def test_closing_ends_the_wait(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        if flavour == "sync":
            stream.abort()
            with pytest.raises(ReadError, match="is closed"):
                await stream.receive(SIZE, 5)
            return
        failure = await aborted_meanwhile(flavour, stream)
        assert "is closed" in str(failure)

    with_stream(flavour, secure, hold, test)


async def aborted_meanwhile(flavour: str, stream: AnyStream) -> ReadError:
    if flavour == "trio":
        import trio

        async with trio.open_nursery() as nursery:
            nursery.start_soon(abort_soon, flavour, stream)
            with pytest.raises(ReadError) as caught:
                await stream.receive(SIZE, 5)
        return caught.value
    closing = asyncio.ensure_future(abort_soon(flavour, stream))
    with pytest.raises(ReadError) as caught:
        await stream.receive(SIZE, 5)
    await closing
    return caught.value


async def abort_soon(flavour: str, stream: AnyStream) -> None:
    await pause(flavour, 0.02)
    stream.abort()


@both
@pytest.mark.parametrize("flavour", ["asyncio", "protocol", "uvloop"])
def test_a_cancelled_receive_leaves_nothing_behind(flavour: str, secure: bool) -> None:
    """Nobody waits any more: what comes later is for the next one, and no error is told to nobody."""

    async def test(stream: AnyStream) -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        task = asyncio.ensure_future(receive(stream))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await stream.write(b"hello", 5)
        assert await stream.receive(SIZE, 5) == b"hello"
        waiting = asyncio.ensure_future(receive(stream))
        await asyncio.sleep(0)
        with pytest.raises(ReadError, match="two tasks read"):
            await stream.receive(SIZE, 5)
        stream.abort()
        waiting.cancel()
        with pytest.raises((asyncio.CancelledError, ReadError)):
            await waiting
        await asyncio.sleep(0)
        assert not told

    async def receive(stream: AnyStream) -> bytes:
        return await stream.receive(SIZE, 5)

    with_stream(flavour, secure, echo, test)


@both
@all_flavours
def test_a_glance_sees_data_and_the_end(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        await stream.write(b"a", 5)
        assert await stream.read(10, 5) == b"a"
        assert not stream.looks_stale()
        await stream.write(b"b", 5)
        await until(flavour, stream.looks_stale)
        assert await stream.read(10, 5) == b"b"
        assert not stream.looks_stale()
        await stream.write(b"end", 5)
        await until(flavour, stream.looks_stale)
        assert stream.is_stale()
        stream.abort()
        assert stream.looks_stale()

    def handle(connection: Any) -> None:
        while (data := connection.recv(10)) != b"end":
            connection.sendall(data)

    with_stream(flavour, secure, handle, test)


async def ask(stream: AnyStream) -> bytes:
    await stream.write(b"y", 5)
    return await stream.receive(SIZE, 5)


@all_flavours
def test_what_a_glance_overlooks_the_next_write_or_read_meets(flavour: str) -> None:
    """A reset; the exact way sees it."""

    async def test(stream: AnyStream) -> None:
        await stream.write(b"x", 5)
        await until(flavour, stream.is_stale)
        with pytest.raises((WriteError, ReadError), match=r"127\.0\.0\.1"):
            await ask(stream)

    with_stream(flavour, False, reset, test)

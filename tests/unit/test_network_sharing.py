"""Byte streams used from several sides: cancelled reads, reading while writing, many writers, the end of a process."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import trio

from duohttp._network import AsyncNetwork, Network
from duohttp.exceptions import ReadError

from .network_support import FLAVOURS, Certificates, echo, network, over_tls, pause, run, serve, until

CERTIFICATES = Certificates()
TRUSTING = CERTIFICATES.client()
ASYNC = [flavour for flavour in FLAVOURS if flavour != "sync"]


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["plain", "tls"])
def secure(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "tls")


def server_of(secure: bool, handle: Any) -> Any:
    return serve(over_tls(CERTIFICATES.localhost, handle) if secure else handle)


async def connect(flavour: str, secure: bool, port: int) -> Any:
    stream = await network(flavour).connect_tcp("127.0.0.1", port, 5)
    return await stream.start_tls(TRUSTING, "localhost", 5) if secure else stream


async def in_parallel(flavour: str, *functions: Any) -> None:
    if flavour == "trio":
        async with trio.open_nursery() as nursery:
            for function in functions:
                nursery.start_soon(function)
    elif flavour == "sync":
        threads = [threading.Thread(target=run, args=["sync", function]) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    else:
        await asyncio.gather(*[function() for function in functions])


def drip(connection: Any) -> None:
    """Send numbered bytes at uneven paces."""
    rng = random.Random(7)
    for number in range(200):
        connection.sendall(bytes([number]) * 3)
        if number % 3 == 0:
            threading.Event().wait(rng.random() * 0.003)


@pytest.mark.parametrize("flavour", ASYNC)
def test_a_cancelled_read_loses_no_byte(flavour: str, secure: bool) -> None:
    expected = b"".join(bytes([number]) * 3 for number in range(200))
    rng = random.Random(11)

    async def main(port: int) -> None:
        stream = await connect(flavour, secure, port)
        got = b""
        cancelled = 0

        async def read_on() -> None:
            nonlocal got
            while len(got) < len(expected):
                got += await stream.read(rng.randrange(1, 7), 5)

        while len(got) < len(expected):
            try:
                if flavour == "trio":
                    with trio.move_on_after(rng.random() * 0.004) as scope:
                        await read_on()
                    cancelled += scope.cancelled_caught
                else:
                    async with asyncio.timeout(rng.random() * 0.004):
                        await read_on()
            except TimeoutError:
                cancelled += 1
        assert got == expected
        assert cancelled > 5
        await stream.aclose()
        await pause(flavour, 0)

    with server_of(secure, drip) as server:
        run(flavour, main, server.port)


@pytest.mark.parametrize("flavour", ["asyncio", "protocol", "uvloop"])
def test_a_read_cancelled_as_its_data_arrives_loses_no_byte(flavour: str) -> None:
    """The data has woken the reader, which is cancelled before it runs."""

    async def main(port: int) -> None:
        stream = await connect(flavour, False, port)
        caught = rounds = 0
        while rounds < 200 or (not caught and rounds < 20_000):  # the moment is short: it may take some tries
            rounds += 1
            await stream.write(b"x", 5)
            task = asyncio.ensure_future(stream.read(10, 5))
            while not task.done():
                await asyncio.sleep(0)
                if stream.is_stale() and task.cancel():  # it came, and its reader has not run yet
                    break
            try:
                assert await task == b"x"
            except asyncio.CancelledError:
                caught += 1
                assert await stream.read(10, 5) == b"x"
        assert caught > 0
        await stream.aclose()
        await pause(flavour, 0)

    with serve(echo) as server:
        run(flavour, main, server.port)


def test_reading_while_writing(flavour: str, secure: bool) -> None:
    """As HTTP/2 does: megabytes both ways at the same time, which would lock up if one side waited for the other."""
    size = 3_000_000
    data = random.Random(3).randbytes(size)
    received = bytearray()

    async def main(port: int) -> None:
        stream = await connect(flavour, secure, port)

        async def send() -> None:
            for start in range(0, size, 70_000):
                await stream.write(data[start : start + 70_000], 10)

        async def receive() -> None:
            while len(received) < size:
                received.extend(await stream.read(100_000, 10))

        await in_parallel(flavour, send, receive)
        await stream.aclose()
        await pause(flavour, 0)

    with server_of(secure, echo) as server:
        run(flavour, main, server.port)
    assert received == data


def test_writers_take_turns(flavour: str, secure: bool) -> None:
    """What one call writes stays together, also when the socket's buffer is full."""
    size, writers, rounds = 300_000, 4, 3
    received = bytearray()
    total = size * writers * rounds

    def handle(connection: Any) -> None:
        threading.Event().wait(0.05)
        while len(received) < total:
            received.extend(connection.recv(65536))
        connection.sendall(b"done")

    async def main(port: int) -> None:
        stream = await connect(flavour, secure, port)

        def writer(number: int) -> Any:
            async def write() -> None:
                for _ in range(rounds):
                    await stream.write(bytes([number]) * size, 20)

            return write

        await in_parallel(flavour, *[writer(number) for number in range(writers)])
        assert await stream.read(10, 10) == b"done"
        await stream.aclose()
        await pause(flavour, 0)

    if flavour == "sync" and not secure:
        pytest.skip("a plain blocking stream has one writer at a time: nothing needs more, and a lock costs each write")
    with server_of(secure, handle) as server:
        run(flavour, main, server.port)
    for start in range(0, total, size):
        assert len(set(received[start : start + size])) == 1


@pytest.mark.parametrize("flavour", ASYNC)
def test_two_readers_are_refused(flavour: str) -> None:
    async def main(port: int) -> None:
        stream = await connect(flavour, False, port)
        refused = []

        async def first() -> None:
            assert await stream.read(10, 5) == b"x"

        async def second() -> None:
            await pause(flavour, 0.01)
            try:
                await stream.read(10, 5)
            except ReadError as error:
                refused.append(str(error))
            await stream.write(b"x", 5)

        await in_parallel(flavour, first, second)
        assert len(refused) == 1
        assert "two tasks read" in refused[0]
        await stream.aclose()
        await pause(flavour, 0)

    with serve(echo) as server:
        run(flavour, main, server.port)


def test_closing_while_threads_use_it(secure: bool) -> None:
    """Never another connection's bytes, never a hang: each thread ends with an error of ours."""
    with server_of(secure, echo) as server:
        for round_number in range(30):
            stream: Any = Network().connect_tcp("127.0.0.1", server.port, 5)
            if secure:
                stream = stream.start_tls(TRUSTING, "localhost", 5)
            failures: list[BaseException] = []

            def use(stream: Any = stream, failures: Any = failures) -> None:
                try:
                    while True:
                        stream.write(b"mine", 5)
                        assert set(stream.read(100, 5)) <= set(b"mine")
                except OSError as error:
                    failures.append(error)

            thread = threading.Thread(target=use)
            thread.start()
            threading.Event().wait(0.0005 * (round_number % 7))
            stream.abort()
            thread.join(10)
            assert not thread.is_alive()
            assert len(failures) == 1


SCRIPT = """
import asyncio, socket, sys, threading
from duohttp._network import AsyncNetwork, Network, make_context
from duohttp.values.tls import TLS

flavour, port, bundle = sys.argv[1], int(sys.argv[2]), sys.argv[3]
kept = []


async def main():
    for _ in range(2):
        stream = await AsyncNetwork().connect_tcp("127.0.0.1", port, 5)
        stream = await stream.start_tls(make_context(TLS(verify=bundle)), "localhost", 5)
        await stream.write(b"x", 5)
        assert await stream.read(1, 5) == b"x"
        kept.append(stream)


if flavour == "sync":
    stream = Network().connect_tcp("127.0.0.1", port, 5)
    kept.append(stream.start_tls(make_context(TLS(verify=bundle)), "localhost", 5))
elif flavour == "trio":
    import trio

    trio.run(main)
elif flavour == "uvloop":
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
if "drop" in sys.argv:
    kept.clear()
"""


@pytest.mark.parametrize("end", ["keep", "drop"])
@pytest.mark.parametrize("flavour", ["asyncio", "uvloop", "trio", "sync"])
def test_a_process_ends_quietly_with_open_streams(flavour: str, end: str, tmp_path: Path) -> None:
    bundle = str(tmp_path / "ca.pem")
    CERTIFICATES.authority.cert_pem.write_to_path(bundle)
    with server_of(True, echo) as server:
        result = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-c", SCRIPT, flavour, str(server.port), bundle, end],
            capture_output=True,
            text=True,
            timeout=50,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / ".dev")},
            check=False,
        )
    assert (result.returncode, result.stderr) == (0, "")


def test_streams_of_two_event_loops_at_once(secure: bool) -> None:
    failures: list[BaseException] = []

    async def main(port: int) -> None:
        stream = await connect("asyncio", secure, port)
        for number in range(50):
            text = f"{threading.get_ident()} {number}".encode()
            await stream.write(text, 5)
            assert await stream.read(100, 5) == text
        await stream.aclose()

    def work(port: int) -> None:
        try:
            run("asyncio", main, port)
        except BaseException as error:
            failures.append(error)

    with server_of(secure, echo) as server:
        threads = [threading.Thread(target=work, args=[server.port]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert failures == []


def test_one_network_serves_every_library() -> None:
    made = AsyncNetwork(resolver={"a.test": "127.0.0.1"})

    async def main(port: int) -> str:
        stream = await made.connect_tcp("a.test", port, 5)
        await stream.aclose()
        return type(stream).__name__

    with serve(echo) as server:
        names = [run(flavour, main, server.port) for flavour in ("asyncio", "trio", "uvloop")]
    assert names == ["AsyncioStream", "TrioStream", "AsyncioStream"]


@pytest.mark.parametrize("flavour", ["asyncio", "protocol", "uvloop", "trio"])
@pytest.mark.parametrize("secure", [False, True])
def test_cancelled_at_every_step_no_descriptor_stays(flavour: str, secure: bool) -> None:
    """Connect, shake hands, write, read: as a caller does who aborts the stream when anything is raised."""

    async def exchange(port: int) -> None:
        stream = await AsyncNetwork().connect_tcp("127.0.0.1", port, 5)
        try:
            if secure:
                stream = await stream.start_tls(TRUSTING, "localhost", 5)
            await stream.write(b"x" * 10_000, 5)
            got = b""
            while len(got) < 10_000:
                got += await stream.read(3_000, 5)
        finally:
            stream.abort()

    async def completes(port: int, steps: int) -> bool:
        if flavour == "trio":
            done = False
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:

                    async def run_exchange() -> None:
                        nonlocal done
                        await exchange(port)
                        done = True

                    nursery.start_soon(run_exchange)
                    for _ in range(steps):
                        await trio.lowlevel.checkpoint()
                    scope.cancel()
            return done
        task = asyncio.create_task(exchange(port))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return False
        finally:
            await asyncio.sleep(0)  # for a transport of the loop, which closes one step later
            await asyncio.sleep(0)
        return True

    async def main(server: Any) -> None:
        before = len(os.listdir("/proc/self/fd"))
        steps = 0
        while not await completes(server.port, steps):
            steps += 1 + steps // 8
        assert steps > 2

        def none_stays() -> bool:
            server.drop()
            return len(os.listdir("/proc/self/fd")) <= before

        await until(flavour, none_stays)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("there is no list of descriptors")
    with server_of(secure, echo) as server:
        run(flavour, main, server)

"""Connecting: Happy Eyeballs, limits, errors, options, cancellation, over asyncio, uvloop, trio and threads."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import trio

from duohttp._concurrency import CancelToken
from duohttp._network import AsyncNetwork, Network, Resolver, StaticResolver, asyncio_connect
from duohttp._network.addresses import interleave, literal
from duohttp.exceptions import ConnectError, ConnectTimeout, RequestCancelled, ResolveError

from .network_support import FLAVOURS, dead_address, echo, hold, network, pause, run, serve, until


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True, scope="module")
def loops_have_run() -> None:
    """An event loop of libuv opens descriptors once for the process."""
    for flavour in FLAVOURS:
        run(flavour, pause, flavour, 0)


@pytest.fixture(autouse=True)
def no_descriptor_stays() -> Iterator[None]:
    gc.collect()
    gc.freeze()  # what was there before the test needs no second look
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    yield
    gc.collect()
    if before:
        assert len(os.listdir("/proc/self/fd")) <= len(before)


async def _connected_to(flavour: str, made: Any, host: str, port: int, timeout: float | None = 5) -> str:
    stream = await made.connect_tcp(host, port, timeout)
    await stream.write(b"hi", 5)
    assert await stream.read(10, 5) == b"hi"
    address = str(stream.get_extra_info("server_addr")[0])
    await stream.aclose()
    await pause(flavour, 0)
    return address


def test_a_dead_first_address_costs_the_delay_only(flavour: str) -> None:
    with serve(echo, "127.0.0.1") as server, blocked("127.0.0.2", server.port):
        made = network(flavour, resolver={"two.test": ["127.0.0.2", "127.0.0.1"]}, happy_eyeballs_delay=0.1)
        start = time.monotonic()
        assert run(flavour, _connected_to, flavour, made, "two.test", server.port) == "127.0.0.1"
        assert 0.09 < time.monotonic() - start < 2


@contextlib.contextmanager
def blocked(host: str, port: int) -> Iterator[None]:
    """Have connections to this address neither accepted nor refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((host, port))
        yield


def test_a_refusing_first_address_costs_nothing(flavour: str) -> None:
    with serve(echo, "127.0.0.1") as server:
        made = network(flavour, resolver={"two.test": ["127.0.0.2", "127.0.0.1"]}, happy_eyeballs_delay=20)
        start = time.monotonic()
        assert run(flavour, _connected_to, flavour, made, "two.test", server.port) == "127.0.0.1"
        assert time.monotonic() - start < 5


def test_the_first_address_wins_when_it_answers(flavour: str) -> None:
    with serve(echo, "127.0.0.1") as server:
        made = network(flavour, resolver={"two.test": ["127.0.0.1", "127.0.0.2"]})
        assert run(flavour, _connected_to, flavour, made, "two.test", server.port) == "127.0.0.1"
        assert len(server.connections) == 1


def test_a_slow_first_address_still_wins_the_race(flavour: str) -> None:
    """The second one starts meanwhile and never answers; the first is not given up for it."""
    with serve(echo, "127.0.0.1") as server, blocked("127.0.0.2", server.port), blocked("127.0.0.3", server.port):
        made = network(
            flavour,
            resolver={"three.test": ["127.0.0.2", "127.0.0.3", "127.0.0.1"]},
            happy_eyeballs_delay=0.05,
        )
        assert run(flavour, _connected_to, flavour, made, "three.test", server.port) == "127.0.0.1"


def test_when_all_addresses_fail_the_error_names_each(flavour: str) -> None:
    port = free_port()

    async def main() -> None:
        made = network(flavour, resolver={"two.test": ["127.0.0.2", "127.0.0.1"]})
        with pytest.raises(ConnectError) as caught:
            await made.connect_tcp("two.test", port, 5)
        message = str(caught.value)
        assert f"two.test:{port}" in message
        assert f"127.0.0.2:{port}: Connection refused" in message
        assert f"127.0.0.1:{port}: Connection refused" in message
        assert isinstance(caught.value.__cause__, ConnectionRefusedError)

    run(flavour, main)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_refused(flavour: str) -> None:
    async def main() -> None:
        with pytest.raises(ConnectError, match="Connection refused"):
            await network(flavour).connect_tcp("127.0.0.1", free_port(), 5)

    run(flavour, main)


@pytest.mark.parametrize("hosts", [["127.0.0.2"], ["127.0.0.2", "127.0.0.3"]])
def test_one_limit_over_all_addresses(flavour: str, hosts: list[str]) -> None:
    with dead_address(hosts[0]) as port, contextlib.ExitStack() as stack:
        for host in hosts[1:]:
            stack.enter_context(blocked(host, port))

        async def main() -> None:
            made = network(flavour, resolver={"dead.test": hosts}, happy_eyeballs_delay=0.05)
            start = time.monotonic()
            with pytest.raises(ConnectTimeout) as caught:
                await made.connect_tcp("dead.test", port, 0.2)
            assert 0.19 < time.monotonic() - start < 2
            message = str(caught.value)
            assert f"dead.test:{port} within 0.2 s" in message
            assert all(f"{host}:{port}" in message for host in hosts)

        run(flavour, main)


def test_the_limit_covers_the_name_lookup(flavour: str) -> None:
    released = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        released.wait(10)
        return ["127.0.0.1"]

    async def main() -> None:
        start = time.monotonic()
        with pytest.raises(ConnectTimeout, match=r"name lookup for slow\.test:1 did not end within 0\.1 s"):
            await network(flavour, resolver=slow).connect_tcp("slow.test", 1, 0.1)
        assert time.monotonic() - start < 2

    try:
        run(flavour, main)
    finally:
        released.set()


def test_a_name_without_address(flavour: str) -> None:
    async def main() -> None:
        for timeout in (5, None):
            with pytest.raises(ResolveError, match=r"'does-not-exist\.invalid' has no address"):
                await network(flavour).connect_tcp("does-not-exist.invalid", 80, timeout)

    run(flavour, main)


@pytest.mark.parametrize("host", ["a" * 70 + ".test", "ünïcode.test", "", "bad\0host"])
def test_a_name_that_can_not_be_looked_up(flavour: str, host: str) -> None:
    async def main() -> None:
        with pytest.raises(ConnectError):
            await network(flavour).connect_tcp(host, 9, 5)

    run(flavour, main)


def test_no_limit_at_all(flavour: str) -> None:
    with serve(echo) as server:
        made = network(flavour, resolver=lambda host, port: ["127.0.0.1"])
        assert run(flavour, _connected_to, flavour, made, "any.test", server.port, None) == "127.0.0.1"


def test_ipv6_literals_and_localhost(flavour: str) -> None:
    if not ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    from .network_support import Server

    server = Server(echo, listener)
    try:
        assert run(flavour, _connected_to, flavour, network(flavour), "::1", server.port) == "::1"

        async def main() -> None:
            with pytest.raises(ConnectError, match=r"\[::1\]:9"):
                await network(flavour).connect_tcp("::1", 9, 5)

        run(flavour, main)
    finally:
        server.close()
    with serve(echo) as server:
        assert run(flavour, _connected_to, flavour, network(flavour), "localhost", server.port) == "127.0.0.1"


def ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as sock:
        sock.bind(("::1", 0))
        return True
    return False


def test_local_address_and_socket_options(flavour: str) -> None:
    seen: list[str] = []

    def handle(connection: socket.socket) -> None:
        seen.append(connection.getpeername()[0])
        echo(connection)

    with serve(handle) as server:

        async def main() -> None:
            made = network(
                flavour,
                local_address="127.0.0.5",
                socket_options=[(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)],
                resolver={"both.test": ["::1", "127.0.0.1"]},
            )
            stream = await made.connect_tcp("both.test", server.port, 5)
            sock = stream.get_extra_info("socket")
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
            assert sock.getsockname()[0] == "127.0.0.5"
            await stream.write(b"x", 5)
            await stream.read(1, 5)
            await stream.aclose()
            with pytest.raises(ConnectError, match=r"no address of the family of 127\.0\.0\.5"):
                await made.connect_tcp("::1", server.port, 5)
            with pytest.raises(ConnectError, match="'eth99' is neither an IP address nor an interface here"):
                await network(flavour, local_address="eth99").connect_tcp("127.0.0.1", server.port, 5)
            with pytest.raises(ConnectError, match="Cannot assign"):
                await network(flavour, local_address="192.0.2.1").connect_tcp("127.0.0.1", server.port, 5)

        run(flavour, main)
    assert seen == ["127.0.0.5"]


def test_out_of_descriptors_is_a_connect_error(flavour: str) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serve(hold) as server:

        async def main() -> None:
            made = network(flavour, resolver={"two.test": ["127.0.0.1", "127.0.0.2"]})
            with socket.socket() as probe:
                highest = probe.fileno()
            holes = [os.dup(0) for _ in range(3)]  # what lies lower is in use
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(holes[-1], highest) + 1, hard))
            try:
                for host in ("127.0.0.1", "two.test"):
                    with pytest.raises(ConnectError, match="Too many open files"):
                        await made.connect_tcp(host, server.port, 5)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                for hole in holes:
                    os.close(hole)
            stream = await made.connect_tcp("127.0.0.1", server.port, 5)
            await stream.aclose()
            await pause(flavour, 0)

        run(flavour, main)


# Cancellation


def test_a_task_cancelled_while_the_slower_attempts_end_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    won, other = socket.socketpair()
    ending = asyncio.Event()

    async def attempt(attempts: object, address: str) -> socket.socket:
        if address == "quick":
            await asyncio.sleep(0.01)
            return won
        try:
            await asyncio.sleep(30)
        finally:
            ending.set()
            await asyncio.sleep(0.01)
        return other

    async def main() -> None:
        task = asyncio.create_task(asyncio_connect._race(SimpleNamespace(addresses=["slow", "quick"]), 0.001))  # type: ignore[arg-type]
        await ending.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    monkeypatch.setattr(asyncio_connect, "_attempt", attempt)
    asyncio.run(main())
    assert won.fileno() == -1
    other.close()


@pytest.mark.parametrize("flavour", ["asyncio", "protocol", "uvloop"])
def test_a_cancelled_task_leaves_no_socket(flavour: str) -> None:
    """At each of the steps of connecting, once for one and once for several addresses."""
    with serve(hold) as server, blocked("127.0.0.2", server.port):

        async def attempt(hosts: list[str], steps: int) -> bool:
            made = AsyncNetwork(resolver={"some.test": hosts}, happy_eyeballs_delay=0.01)
            task = asyncio.create_task(made.connect_tcp("some.test", server.port, 5))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            try:
                stream = await task
            except asyncio.CancelledError:
                return False
            await stream.aclose()
            await asyncio.sleep(0)
            return True

        async def main() -> None:
            before = len(os.listdir("/proc/self/fd"))
            for hosts in (["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.2"]):
                for steps in range(30):
                    if await attempt(hosts, steps):
                        break
            await asyncio.sleep(0)
            gc.collect()
            server.drop()
            await until(flavour, lambda: len(os.listdir("/proc/self/fd")) <= before)

        run(flavour, main)


def test_a_cancelled_trio_task_leaves_no_socket() -> None:
    with serve(hold) as server, blocked("127.0.0.2", server.port):

        async def attempt(hosts: list[str], steps: int) -> bool:
            made = AsyncNetwork(resolver={"some.test": hosts}, happy_eyeballs_delay=0.01)
            streams: list[Any] = []

            async def connect() -> None:
                streams.append(await made.connect_tcp("some.test", server.port, 5))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(connect)
                for _ in range(steps):
                    await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()
            for stream in streams:
                await stream.aclose()
            return bool(streams)

        async def main() -> None:
            before = len(os.listdir("/proc/self/fd"))
            for hosts in (["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.2"]):
                for steps in range(30):
                    if await attempt(hosts, steps):
                        break
            gc.collect()
            server.drop()
            await until("trio", lambda: len(os.listdir("/proc/self/fd")) <= before)

        trio.run(main)


@contextlib.contextmanager
def cancelled_after(seconds: float) -> Iterator[CancelToken]:
    """Yield a token that another thread cancels."""
    token = CancelToken()
    timer = threading.Timer(seconds, token.cancel)
    timer.start()
    try:
        yield token
    finally:
        timer.cancel()
        timer.join()


def interrupted(task: Callable[[], object], seconds: float = 0.1) -> None:
    """Check that a blocking call ends with RequestCancelled soon after its token was cancelled."""
    start = time.monotonic()
    with cancelled_after(seconds) as token, pytest.raises(RequestCancelled):
        token.run(task)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("hosts", [["127.0.0.2"], ["127.0.0.2", "127.0.0.3"]])
def test_a_token_cancels_a_blocking_connect(hosts: list[str]) -> None:
    with dead_address(hosts[0]) as port, contextlib.ExitStack() as stack:
        for host in hosts[1:]:
            stack.enter_context(blocked(host, port))
        made = Network(resolver={"dead.test": hosts})
        for timeout in (20, None):
            interrupted(lambda timeout=timeout: made.connect_tcp("dead.test", port, timeout))  # type: ignore[misc]


def test_a_token_cancels_a_blocking_lookup() -> None:
    released = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        released.wait(10)
        return ["127.0.0.1"]

    try:
        for timeout in (20, None):
            interrupted(lambda timeout=timeout: Network(resolver=slow).connect_tcp("slow.test", 1, timeout))  # type: ignore[misc]
    finally:
        released.set()


def test_a_token_cancels_blocking_reads_and_writes() -> None:
    ended = threading.Event()
    with serve(lambda connection: ended.wait(10)) as server:
        for timeout in (20, None):
            stream = Network().connect_tcp("127.0.0.1", server.port, 5)
            interrupted(lambda stream=stream, timeout=timeout: stream.read(10, timeout))  # type: ignore[misc]
            stream.close()
            stream = Network().connect_tcp("127.0.0.1", server.port, 5)
            interrupted(lambda stream=stream, timeout=timeout: stream.write(bytes(50_000_000), timeout))  # type: ignore[misc]
            stream.close()
            stream = Network().connect_tcp("127.0.0.1", server.port, 5)
            interrupted(
                lambda stream=stream, timeout=timeout: stream.write_until_readable(bytes(50_000_000), timeout)  # type: ignore[misc]
            )
            stream.close()
        ended.set()


def test_a_token_that_is_not_cancelled_changes_nothing() -> None:
    with serve(echo) as server:
        token = CancelToken()
        stream = token.run(Network(resolver={"a.test": "127.0.0.1"}).connect_tcp, "a.test", server.port, 5)
        token.run(stream.write, b"hello", 5)
        assert token.run(stream.read, 10, 5) == b"hello"
        stream.write(b"again", 5)
        assert stream.read(10, 5) == b"again"
        token.cancel()
        for call in (lambda: stream.read(10, 5), lambda: stream.write(b"x", 5)):
            with pytest.raises(RequestCancelled):
                token.run(call)
        assert not stream.is_stale()  # a token that was cancelled before harms no connection
        stream.close()


# Addresses


def test_families_alternate() -> None:
    four, six = int(socket.AF_INET), int(socket.AF_INET6)
    a6, b6, c6 = (six, ("::1", 1)), (six, ("::2", 1)), (six, ("::3", 1))
    a4, b4 = (four, ("1.1.1.1", 1)), (four, ("2.2.2.2", 1))
    assert interleave([a6, b6, c6, a4, b4]) == [a6, a4, b6, b4, c6]
    assert interleave([a4, b4, a6]) == [a4, a6, b4]
    assert interleave([a4, a4]) == [a4]
    assert interleave([]) == []


def test_literals() -> None:
    assert literal("1.2.3.4", 80) == (int(socket.AF_INET), ("1.2.3.4", 80))
    found = literal("::1", 80)
    assert found is not None
    assert found[0] == int(socket.AF_INET6)
    assert found[1][:2] == ("::1", 80)
    for name in ("example.org", "1.2.3", "0x7f.1", "127.1", "2130706433", "1.2.3.4.", "", "::g", "[::1]"):
        assert literal(name, 80) is None


class Counting(Resolver):
    """Counts how it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.lock = threading.Lock()

    def resolve(self, host: str, port: int) -> list[str]:
        with self.lock:
            self.asked += 1
        time.sleep(0.1)
        return ["127.0.0.1"]


@pytest.mark.parametrize("flavour", ["asyncio", "trio"])
def test_lookups_of_one_name_at_one_time_are_shared(flavour: str) -> None:
    resolver = Counting()
    with serve(echo) as server:
        made = AsyncNetwork(resolver=resolver)

        async def one() -> None:
            await _connected_to(flavour, made, "same.test", server.port)

        async def main() -> None:
            if flavour == "asyncio":
                await asyncio.gather(*[one() for _ in range(10)])
            else:
                async with trio.open_nursery() as nursery:
                    for _ in range(10):
                        nursery.start_soon(one)

        run(flavour, main)
    assert resolver.asked == 1
    assert StaticResolver({"x": "127.0.0.1"}).resolve_now("X", 1) == ["127.0.0.1"]

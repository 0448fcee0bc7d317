"""The contract of byte streams, over asyncio, uvloop, trio and threads, plain and encrypted."""

from __future__ import annotations

import gc
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from duohttp._network import socket_stream
from duohttp.exceptions import ConnectError, ConnectTimeout, ReadError, ReadTimeout, WriteError, WriteTimeout

from .network_support import (
    FLAVOURS,
    AnyStream,
    echo,
    hold,
    network,
    over_tls,
    pause,
    reset,
    run,
    serve,
    shared_certificates,
    until,
    with_stream,
)

CERTIFICATES = shared_certificates()
TRUSTING = CERTIFICATES.client()


@pytest.fixture(params=[*FLAVOURS, "portable"])
def flavour(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """``portable`` is the blocking flavour without what Windows lacks."""
    if request.param != "portable":
        return str(request.param)
    monkeypatch.setattr(socket_stream, "KERNEL_LIMITS", False)
    monkeypatch.setattr(socket_stream, "DONT_WAIT", 0)
    monkeypatch.delattr(select, "poll", raising=False)
    return "sync"


ids = {False: "plain", True: "tls"}.get
BOTH = [(flavour, False) for flavour in [*FLAVOURS, "portable"]] + [
    (flavour, True) for flavour in ["asyncio", "uvloop", "trio", "sync"]
]
plain_and_tls = pytest.mark.parametrize(("flavour", "secure"), BOTH, indirect=["flavour"], ids=ids)


@plain_and_tls
def test_bytes_go_both_ways(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        for text in (b"hello", b"x" * 1000, b"bye"):
            await stream.write(text, 5)
            got = b""
            while len(got) < len(text):
                got += await stream.read(65536, 5)
            assert got == text

    with_stream(flavour, secure, echo, test)


@plain_and_tls
def test_read_returns_at_most_what_is_asked_for(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        await stream.write(b"abcdefghij", 5)
        parts = [await stream.read(3, 5)]
        while sum(map(len, parts)) < 10:
            parts.append(await stream.read(3, 5))
        assert b"".join(parts) == b"abcdefghij"
        assert max(map(len, parts)) == 3

    with_stream(flavour, secure, echo, test)


@plain_and_tls
def test_the_end_is_an_empty_read_again_and_again(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        assert await stream.read(100, 5) == b"last"
        assert await stream.read(100, 5) == b""
        assert await stream.read(100, 5) == b""
        assert stream.is_stale()

    with_stream(flavour, secure, lambda connection: connection.sendall(b"last"), test)


def test_a_half_closed_connection_can_still_be_written_to(flavour: str) -> None:
    received: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        connection.shutdown(socket.SHUT_WR)
        received.append(connection.recv(100))

    async def test(stream: AnyStream) -> None:
        assert await stream.read(100, 5) == b""
        await stream.write(b"still here", 5)
        await until(flavour, lambda: bool(received))

    with_stream(flavour, False, handle, test)
    assert received == [b"still here"]


def test_a_reset_is_a_read_error(flavour: str) -> None:
    async def test(stream: AnyStream) -> None:
        await stream.write(b"x", 5)
        with pytest.raises(ReadError, match=r"127\.0\.0\.1.*reset"):
            await stream.read(100, 5)
        assert stream.is_stale()

    with_stream(flavour, False, reset, test)


def test_tls_that_ends_without_farewell_is_a_read_error(flavour: str) -> None:
    def handle(encrypted: Any) -> None:
        encrypted.sendall(b"part")
        encrypted.shutdown(socket.SHUT_RDWR)

    async def test(stream: AnyStream) -> None:
        assert await stream.read(100, 5) == b"part"
        with pytest.raises(ReadError, match="data may be missing"):
            await stream.read(100, 5)

    with_stream(flavour, True, handle, test)


@plain_and_tls
def test_read_times_out_and_the_stream_goes_on(flavour: str, secure: bool) -> None:
    def handle(connection: Any) -> None:
        connection.recv(10)
        connection.sendall(b"late")
        connection.recv(10)

    async def test(stream: AnyStream) -> None:
        for limit in (0.03, 0.06, 0.02):
            start = time.monotonic()
            with pytest.raises(ReadTimeout, match="no byte came"):
                await stream.read(100, limit)
            assert limit - 0.005 <= time.monotonic() - start < limit + 1
        await stream.write(b"go", 5)
        assert await stream.read(100, 5) == b"late"
        with pytest.raises(ReadTimeout):
            await stream.read(100, 0.02)

    with_stream(flavour, secure, handle, test)


@plain_and_tls
def test_each_read_has_its_own_limit(flavour: str, secure: bool) -> None:
    def handle(connection: Any) -> None:
        for _ in range(3):
            time.sleep(0.06)
            connection.sendall(b".")
        connection.recv(1)

    async def test(stream: AnyStream) -> None:
        got = b""
        while len(got) < 3:
            got += await stream.read(100, 0.15)  # less than all of it takes
        with pytest.raises(ReadTimeout):
            await stream.read(100, 0.03)

    with_stream(flavour, secure, handle, test)


@plain_and_tls
def test_write_times_out_when_nobody_reads(flavour: str, secure: bool) -> None:
    ended = threading.Event()

    async def test(stream: AnyStream) -> None:
        try:
            start = time.monotonic()
            with pytest.raises(WriteTimeout, match="did not take the data"):
                await stream.write(bytes(20_000_000), 0.1)
            assert 0.09 <= time.monotonic() - start < 3
        finally:
            stream.abort()
            ended.set()

    with_stream(flavour, secure, lambda connection: ended.wait(10), test)


@plain_and_tls
def test_megabytes_go_both_ways_at_once_to_a_slow_reader(flavour: str, secure: bool) -> None:
    size = 8_000_000
    received = []

    def handle(connection: Any) -> None:
        total = 0
        while total < size:
            total += len(connection.recv(100_000))
            if total % 17 == 0:
                time.sleep(0.001)
        received.append(total)
        for start in range(0, size, 1_000_000):
            connection.sendall(bytes([start // 1_000_000]) * 1_000_000)

    async def test(stream: AnyStream) -> None:
        await stream.write(bytes(size), 20)
        total = 0
        while total < size:
            data = await stream.read(300_000, 5)
            for index in (0, len(data) - 1):
                assert data[index] == (total + index) // 1_000_000
            total += len(data)
        assert total == size

    with_stream(flavour, secure, handle, test)
    assert received == [size]


def test_a_reader_that_pauses_holds_the_sender_back(flavour: str) -> None:
    sent = [0]

    def handle(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        while sent[0] < 40_000_000:
            sent[0] += connection.send(bytes(100_000))

    async def test(stream: AnyStream) -> None:
        await stream.read(10, 5)
        before = -1
        while before != sent[0]:  # until nothing more is taken
            before = sent[0]
            await pause(flavour, 0.05)
        assert sent[0] < 20_000_000
        total = 10
        while total < 40_000_000:
            total += len(await stream.read(1_000_000, 5))

    with_stream(flavour, False, handle, test)


def test_writing_to_a_connection_that_is_gone_fails(flavour: str) -> None:
    async def test(stream: AnyStream) -> None:
        async def write_on() -> None:
            for _ in range(100):
                await stream.write(b"x" * 10_000, 5)
                await pause(flavour, 0.005)

        with pytest.raises(WriteError, match=r"127\.0\.0\.1"):
            await write_on()

    with_stream(flavour, False, reset, test)


@plain_and_tls
def test_a_closed_stream_says_so(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        assert not stream.is_stale()
        await stream.aclose()
        await stream.aclose()
        stream.abort()
        assert stream.is_stale()
        with pytest.raises(ReadError, match="is closed"):
            await stream.read(10, 1)
        with pytest.raises(WriteError, match="is closed"):
            await stream.write(b"x", 1)

    with_stream(flavour, secure, hold, test)


@plain_and_tls
def test_the_peer_sees_the_end_when_a_stream_is_closed(flavour: str, secure: bool) -> None:
    ends: list[bytes] = []

    async def test(stream: AnyStream) -> None:
        await stream.write(b"x", 5)
        assert await stream.read(1, 5) == b"y"
        await stream.aclose()
        await until(flavour, lambda: bool(ends))

    def handle(connection: Any) -> None:
        connection.recv(1)
        connection.sendall(b"y")
        ends.append(connection.recv(1))  # would raise for TLS without a farewell

    with_stream(flavour, secure, handle, test)
    assert ends == [b""]


@plain_and_tls
def test_unasked_bytes_and_the_end_make_an_idle_connection_stale(flavour: str, secure: bool) -> None:
    go = threading.Event()

    def handle(connection: Any) -> None:
        connection.recv(1)
        connection.sendall(b"y")
        go.wait(5)
        connection.sendall(b"unasked")
        connection.recv(1)

    async def test(stream: AnyStream) -> None:
        await stream.write(b"x", 5)
        assert await stream.read(1, 5) == b"y"
        assert not stream.is_stale()
        assert stream.get_extra_info("is_readable") is False
        go.set()
        await until(flavour, stream.is_stale)
        assert stream.is_stale()
        assert stream.read_nowait(2) == b"un"
        assert await stream.read(100, 1) == b"asked"
        assert stream.read_nowait(10) is None

    with_stream(flavour, secure, handle, test)


@plain_and_tls
def test_the_sockets_are_told(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        sock = stream.get_extra_info("socket")
        assert isinstance(sock, socket.socket)
        assert stream.get_extra_info("client_addr") == sock.getsockname()
        assert stream.get_extra_info("server_addr") == sock.getpeername()
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        assert (stream.get_extra_info("ssl_object") is not None) == secure
        assert stream.get_extra_info("colour") is None
        await stream.aclose()
        assert stream.get_extra_info("server_addr") is None

    with_stream(flavour, secure, hold, test)


@plain_and_tls
def test_abort_from_another_thread_ends_a_read(flavour: str, secure: bool) -> None:
    async def test(stream: AnyStream) -> None:
        timer = threading.Timer(0.1, stream.abort)
        timer.start()
        with pytest.raises(ReadError):
            await stream.read(10, 20)
        timer.join()
        with pytest.raises(ReadError, match="is closed"):
            await stream.read(10, 20)

    with_stream(flavour, secure, hold, test)


@plain_and_tls
def test_a_dropped_stream_closes_itself(flavour: str, secure: bool) -> None:
    ended = threading.Event()

    def handle(connection: Any) -> None:
        try:
            connection.recv(1)
        finally:
            ended.set()

    with serve(over_tls(CERTIFICATES.localhost, handle) if secure else handle) as server:

        async def main() -> None:
            stream: Any = await network(flavour).connect_tcp("127.0.0.1", server.port, 5)
            if secure:
                stream = await stream.start_tls(TRUSTING, "localhost", 5)
            del stream
            gc.collect()
            await until(flavour, ended.is_set)

        run(flavour, main)


@pytest.mark.parametrize("flavour", ["asyncio", "protocol", "uvloop", "trio"])
@pytest.mark.parametrize("secure", [False, True], ids=ids)
def test_a_stream_outlives_its_event_loop_quietly(flavour: str, secure: bool) -> None:
    with serve(over_tls(CERTIFICATES.localhost, hold) if secure else hold) as server:

        async def main() -> Any:
            stream: Any = await network(flavour).connect_tcp("127.0.0.1", server.port, 5)
            return await stream.start_tls(TRUSTING, "localhost", 5) if secure else stream

        dropped, aborted = run(flavour, main), run(flavour, main)
        sock = dropped.get_extra_info("socket")
        del dropped
        gc.collect()
        assert sock.fileno() == -1
        sock = aborted.get_extra_info("socket")
        aborted.abort()
        assert sock.fileno() == -1
        assert aborted.is_stale()
        del aborted
        gc.collect()


@pytest.mark.parametrize("flavour", ["asyncio", "protocol", "uvloop", "trio"])
def test_a_stream_dropped_in_another_thread_closes_itself(flavour: str) -> None:
    ended = threading.Event()

    def handle(connection: socket.socket) -> None:
        connection.recv(1)
        ended.set()

    with serve(handle) as server:

        async def main() -> None:
            box = [await network(flavour).connect_tcp("127.0.0.1", server.port, 5)]
            sock = box[0].get_extra_info("socket")
            thread = threading.Thread(target=box.clear)
            thread.start()
            thread.join()
            await until(flavour, ended.is_set)
            await until(flavour, lambda: sock.fileno() == -1)

        run(flavour, main)


def exit_code_of_child(task: Callable[[], int]) -> int:
    """Run a task in a forked child."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = task()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("end", ["abort", "drop"])
@plain_and_tls
def test_a_forked_child_says_nothing_on_its_parents_connection(flavour: str, secure: bool, end: str) -> None:
    box: list[Any] = []

    def in_child() -> int:
        descriptor = box[0].get_extra_info("socket").fileno()
        if end == "abort":
            box[0].abort()
            if not box[0].is_stale():
                return 1
        box.clear()
        try:
            os.fstat(descriptor)
        except OSError:
            return 0
        return 2

    with serve(over_tls(CERTIFICATES.localhost, echo) if secure else echo) as server:

        async def main() -> None:
            box.append(await network(flavour).connect_tcp("127.0.0.1", server.port, 5))
            if secure:
                box.append(await box.pop().start_tls(TRUSTING, "localhost", 5))
            await box[0].write(b"one", 5)
            assert await box[0].read(10, 5) == b"one"
            assert exit_code_of_child(in_child) == 0
            await box[0].write(b"two", 5)
            assert await box[0].read(10, 5) == b"two"
            assert not box[0].is_stale()
            await box[0].aclose()

        run(flavour, main)


@plain_and_tls
def test_an_upload_stops_when_the_server_answers_early(flavour: str, secure: bool) -> None:
    answered = threading.Event()

    def handle(connection: Any) -> None:
        connection.recv(1000)
        connection.sendall(b"413")
        answered.wait(10)  # keeps the connection open and reads no more

    async def test(stream: AnyStream) -> None:
        try:
            piece = bytes(200_000)
            total = 0
            while total < 50_000_000:
                sent = await stream.write_until_readable(piece, 5)
                total += sent
                if sent < len(piece):
                    break
            assert total < 50_000_000
            assert await stream.read(10, 5) == b"413"
        finally:
            answered.set()

    with_stream(flavour, secure, handle, test)


@plain_and_tls
def test_an_upload_goes_through_when_the_server_is_silent(flavour: str, secure: bool) -> None:
    received = []

    def handle(connection: Any) -> None:
        total = 0
        while total < 3_000_000:
            total += len(connection.recv(65536))
        received.append(total)
        connection.sendall(b"200")

    async def test(stream: AnyStream) -> None:
        for _ in range(3):
            assert await stream.write_until_readable(bytes(1_000_000), 10) == 1_000_000
        assert await stream.read(10, 5) == b"200"

    with_stream(flavour, secure, handle, test)
    assert received == [3_000_000]


@plain_and_tls
def test_an_upload_nobody_takes_times_out(flavour: str, secure: bool) -> None:
    ended = threading.Event()

    async def test(stream: AnyStream) -> None:
        try:
            with pytest.raises(WriteTimeout):
                await stream.write_until_readable(bytes(20_000_000), 0.1)
        finally:
            stream.abort()
            ended.set()

    with_stream(flavour, secure, lambda connection: ended.wait(10), test)


@pytest.fixture
def socket_path(tmp_path: Any) -> Iterator[str]:
    # a path of a Unix socket may have some 100 characters only
    path = os.path.join("/tmp" if len(str(tmp_path)) > 80 else str(tmp_path), f"duohttp-test-{os.getpid()}.sock")
    yield path
    if os.path.exists(path):
        os.unlink(path)


def test_unix_sockets(flavour: str, socket_path: str) -> None:
    from .network_support import Server

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(socket_path)
    listener.listen()
    server = Server(echo, listener)
    try:

        async def main() -> None:
            stream = await network(flavour).connect_unix(socket_path, 5)
            await stream.write(b"hello", 5)
            assert await stream.read(100, 5) == b"hello"
            assert not stream.is_stale()
            assert stream.get_extra_info("server_addr") == socket_path
            await stream.aclose()

        run(flavour, main)
    finally:
        server.close()


def test_no_unix_socket(flavour: str, socket_path: str) -> None:
    async def main() -> None:
        with pytest.raises(ConnectError, match=r"duohttp-test-.*No such file"):
            await network(flavour).connect_unix(socket_path, 5)

    run(flavour, main)


def test_a_unix_socket_with_a_full_queue_times_out(flavour: str, socket_path: str) -> None:
    fillers = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(socket_path)
        listener.listen(0)
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(socket_path)

        async def main() -> None:
            with pytest.raises(ConnectTimeout, match=r"duohttp-test-.*within 0\.1 s"):
                await network(flavour).connect_unix(socket_path, 0.1)

        run(flavour, main)
    for filler in fillers:
        filler.close()

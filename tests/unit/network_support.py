"""What the tests of byte streams share: scripted servers in threads, and one way to run all flavours of streams."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
import trio
import trustme

from duohttp._network import AsyncByteStream, AsyncNetwork, ByteStream, Network

T = TypeVar("T")

FLAVOURS = ["asyncio", "protocol", "uvloop", "trio", "sync"]
"""``protocol`` is asyncio on an event loop that can't watch sockets, as the one of Windows."""


NEVER_WAIT = {"get_extra_info", "is_stale", "looks_stale", "abort", "read_nowait", "send_farewell"}


class BlockingAsAsync:
    """A blocking network or stream in async clothes, so that a contract is written down once."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.inner, "close" if name == "aclose" else name)
        if name in {
            "get_extra_info",
            "is_stale",
            "looks_stale",
            "abort",
            "read_nowait",
            "send_farewell",
        } or not callable(value):
            return value

        async def call(*args: Any, **kwargs: Any) -> Any:
            result = value(*args, **kwargs)
            return BlockingAsAsync(result) if isinstance(result, ByteStream) else result

        return call


class ProactorLike(asyncio.SelectorEventLoop):
    """An event loop that refuses to watch sockets for us, but not for its own transports."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


def network(flavour: str, **options: Any) -> Any:
    """Return a network of a flavour; the calls of all are awaited."""
    return BlockingAsAsync(Network(**options)) if flavour == "sync" else AsyncNetwork(**options)


def run(flavour: str, function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Run a test's coroutine function on the library of a flavour."""
    if flavour == "sync":
        try:
            function(*args).send(None)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        raise AssertionError("the blocking flavour waited for an event loop")
    if flavour == "trio":
        return trio.run(function, *args)
    factory: Any = asyncio.SelectorEventLoop
    if flavour == "uvloop":
        uvloop = pytest.importorskip("uvloop")
        factory = uvloop.new_event_loop
    elif flavour == "protocol":
        factory = ProactorLike
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(function(*args))


async def pause(flavour: str, seconds: float) -> None:
    """Sleep while the event loop, if any, goes on."""
    if flavour == "trio":
        await trio.sleep(seconds)
    elif flavour == "sync":
        threading.Event().wait(seconds)
    else:
        await asyncio.sleep(seconds)


async def until(flavour: str, condition: Callable[[], bool]) -> None:
    """Wait for a condition, 5 s at most."""
    for _ in range(500):
        if condition():
            return
        await pause(flavour, 0.01)
    raise AssertionError("it did not come true")


class Server:
    """A listening socket whose connections are handled one by one in a thread each by a function of the test."""

    def __init__(self, handle: Callable[[socket.socket], object], listener: socket.socket) -> None:
        self.handle = handle
        self.listener = listener
        self.errors: list[BaseException] = []
        self.connections: list[socket.socket] = []
        self.threads: list[threading.Thread] = []
        self.accepting = threading.Thread(target=self._accept)
        self.accepting.start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            thread = threading.Thread(target=self._run, args=[connection])
            thread.start()
            self.threads.append(thread)

    def _run(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.handle(connection)
            except (ConnectionError, ssl.SSLError):
                pass
            except BaseException as error:
                self.errors.append(error)

    def drop(self) -> None:
        """End all connections."""
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join(5)
        self.listener.close()
        self.drop()
        assert not any(thread.is_alive() for thread in self.threads), "a handler of the test server hangs"
        if self.errors:
            raise self.errors[0]


@contextlib.contextmanager
def serve(handle: Callable[[socket.socket], object], host: str = "127.0.0.1") -> Iterator[Server]:
    """Serve on a port of the kernel's choice."""
    server = Server(handle, socket.create_server((host, 0)))
    try:
        yield server
    finally:
        server.close()


def echo(connection: socket.socket) -> None:
    """Send back what comes until the end."""
    while data := connection.recv(65536):
        connection.sendall(data)


def hold(connection: socket.socket) -> None:
    """Take everything and say nothing, until the end."""
    while connection.recv(65536):
        pass


def reset(connection: socket.socket) -> None:
    """Close with a reset, once a byte came."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def dead_address(host: str) -> Iterator[int]:
    """Yield a port where connections are neither accepted nor refused: the listener's queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


class Certificates:
    """An authority, and contexts for servers and clients."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.localhost = self.server_for("localhost")

    def server_for(self, *names: str, authority: trustme.CA | None = None, **options: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (authority or self.authority).issue_cert(*names, **options).configure_cert(context)
        return context

    def client(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        return context


def over_tls(context: ssl.SSLContext, handle: Callable[[Any], object]) -> Callable[[socket.socket], None]:
    """Return a handler that does the handshake first and says farewell last."""

    def run(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            handle(encrypted)
            with contextlib.suppress(OSError, ValueError):
                encrypted.unwrap()

    return run


AnyStream = AsyncByteStream


@functools.cache
def shared_certificates() -> Certificates:
    """Return one authority for all whom it does not matter which."""
    return Certificates()


def with_stream(
    flavour: str,
    secure: bool,
    handle: Callable[[Any], object],
    test: Callable[[AnyStream], Any],
) -> None:
    """Connect to a server that does ``handle``, and run the test on the stream."""
    certificates = shared_certificates()
    with serve(over_tls(certificates.localhost, handle) if secure else handle) as server:

        async def main() -> None:
            stream = await network(flavour).connect_tcp("127.0.0.1", server.port, 5)
            if secure:
                stream = await stream.start_tls(certificates.client(), "localhost", 5)
            try:
                await test(stream)
            finally:
                await stream.aclose()
                await pause(flavour, 0)

        run(flavour, main)

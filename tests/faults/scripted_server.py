"""A server of plain sockets and threads that does on each connection what it is told."""

from __future__ import annotations

import contextlib
import functools
import select
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import trustme

__all__ = ["PATIENCE", "Act", "Peer", "Received", "ScriptedServer", "reply", "scripted_server", "trusting_context"]

PATIENCE = 10.0
"""Seconds after which a wait of the server counts as hung."""


def reply(body: bytes = b"ok", status: str = "200 OK", *lines: str) -> bytes:
    """Return the bytes of a well-formed response with a Content-Length."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}"))
    return head.encode() + b"\r\n" + body


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def server_context() -> ssl.SSLContext:
    """Return what a TLS server on this host needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@functools.cache
def trusting_context() -> ssl.SSLContext:
    """Return what a client needs to trust the server."""
    context = ssl.create_default_context()
    _authority().configure_trust(context)
    return context


@dataclass(frozen=True)
class Received:
    """A request that came whole."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Peer:
    """One connection, from the server's side."""

    def __init__(self, server: ScriptedServer, sock: socket.socket, number: int) -> None:
        self.server = server
        self.sock = sock
        self.number = number
        self._buffer = b""

    def handshake(self) -> None:
        """Begin TLS, if the server speaks it."""
        if self.server.tls:
            self.sock = server_context().wrap_socket(self.sock, server_side=True)

    # Reading.

    def receive(self, size: int = 65536) -> bytes:
        """Return the next bytes, b"" at the end."""
        if self._buffer:
            data, self._buffer = self._buffer, b""
            return data
        return self.sock.recv(size)

    def _until(self, end: bytes) -> bytes:
        data = self._buffer
        while end not in data:
            piece = self.sock.recv(65536)
            if not piece:
                raise ConnectionResetError("the client closed the connection")
            data += piece
        head, _, self._buffer = data.partition(end)
        return head

    def exactly(self, size: int) -> bytes:
        """Return the next bytes, so many of them."""
        data = self._buffer
        while len(data) < size:
            piece = self.sock.recv(65536)
            if not piece:
                raise ConnectionResetError("the client closed the connection")
            data += piece
        self._buffer = data[size:]
        return data[:size]

    def unread(self, data: bytes) -> None:
        """Put bytes back, to be read again."""
        self._buffer = data + self._buffer

    def read_head(self) -> Received:
        """Read a request head; the body stays unread."""
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return Received(self.number, method, target, headers, b"")

    def read_body(self, head: Received) -> Received:
        """Read the body that goes with a head, and note the request as received."""
        body = b""
        if head.headers.get("transfer-encoding") == "chunked":
            while size := int(self._until(b"\r\n"), 16):
                body += self.exactly(size + 2)[:-2]
            while self._until(b"\r\n"):
                pass
        else:
            body = self.exactly(int(head.headers.get("content-length", "0")))
        received = Received(head.connection, head.method, head.target, head.headers, body)
        self.server.received.append(received)
        return received

    def read_request(self) -> Received:
        """Read a whole request and note it as received."""
        return self.read_body(self.read_head())

    def read_to_end(self) -> None:
        """Read and drop what comes until the client, or the end of the test, closes the connection."""
        with contextlib.suppress(OSError):
            while self.receive():
                pass

    def wait_for_hangup(self) -> None:
        """Wait until the client, or the end of the test, closes the connection; read nothing."""
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP)
        poll.poll(PATIENCE * 1000)

    # Writing.

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def pause(self, seconds: float) -> None:
        """Do nothing for a while, or until the end of the test."""
        self.server.closing.wait(seconds)

    # Ways to leave.

    def close(self) -> None:
        """Close the connection without a TLS close_notify; nothing unread, so that no reset is sent."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_WR)

    def close_notify(self) -> None:
        """Close the TLS session properly, then the connection."""
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(0.0)
            with contextlib.suppress(OSError):  # it would wait for the client's answer
                self.sock.unwrap()
            self.sock.settimeout(PATIENCE)
        self.close()

    def reset(self) -> None:
        """Send a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def serve(self) -> None:
        """Be a good server until the client goes."""
        while True:
            self.answer(self.read_request())

    def answer(self, request: Received) -> None:
        """Answer well: with method, target and length of the body, and the number of the connection."""
        told = f"{request.method} {request.target} {len(request.body)}".encode()
        answer = reply(told, "200 OK", f"Connection-Number: {self.number}")
        self.send(answer if request.method != "HEAD" else answer[: -len(told)])


@dataclass(frozen=True)
class Act:
    """What the server does on one connection; ``before_tls`` means without a handshake."""

    play: Callable[[Peer], object]
    before_tls: bool = False


class ScriptedServer:
    """Plays one act for each connection: those told with ``then``, in order, after them good service.

    ``received`` holds the requests that came whole, ``connections`` counts the accepted connections.
    """

    def __init__(self, *, tls: bool = False) -> None:
        self.tls = tls
        self.received: list[Received] = []
        self.connections = 0
        self.closing = threading.Event()
        self.gate = threading.Event()
        """Set by a test: what acts that wait for it wait for."""
        self.acted = threading.Event()
        """Set by acts that have done what they are for."""
        self._acts: deque[Act] = deque()
        self._peers: list[Peer] = []
        self._threads: list[threading.Thread] = []
        self._problems: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._accepting = threading.Thread(target=self._accept, name="scripted-server")
        self._accepting.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def url(self, path: str = "/") -> str:
        """Return a url of this server."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def then(self, *acts: Act | Callable[[Peer], object]) -> None:
        """Play these on the next connections, one each."""
        self._acts.extend(act if isinstance(act, Act) else Act(act) for act in acts)

    def count(self, method: str) -> int:
        """Return how many requests of a method came whole."""
        return sum(request.method == method for request in self.received)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(PATIENCE)
            self.connections += 1
            act = self._acts.popleft() if self._acts else Act(Peer.serve)
            peer = Peer(self, sock, self.connections)
            thread = threading.Thread(target=self._play, args=(act, peer), name=f"scripted-server-{peer.number}")
            self._peers.append(peer)
            self._threads.append(thread)
            thread.start()

    def _play(self, act: Act, peer: Peer) -> None:
        try:
            if not act.before_tls:
                peer.handshake()
            act.play(peer)
        except (ConnectionError, ssl.SSLError):
            pass  # the client left
        except OSError as error:
            if not self.closing.is_set():
                self._problems.append(error)
        except BaseException as error:
            self._problems.append(error)
        finally:
            peer.sock.close()

    def close(self) -> None:
        """Close all, wait for the threads, and raise what went wrong in an act."""
        self.closing.set()
        self.gate.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(PATIENCE)
        self._listener.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"{thread.name} hangs"
        if self._problems:
            raise self._problems[0]


@contextlib.contextmanager
def scripted_server(*, tls: bool = False) -> Iterator[ScriptedServer]:
    """Serve for the length of a block."""
    server = ScriptedServer(tls=tls)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """Return a port that refuses connections."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield int(sock.getsockname()[1])


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """Return a port whose connections are never answered: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])

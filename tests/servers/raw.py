"""A tiny TCP server that follows a script, one list of steps a connection, and keeps what it received."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Close", "Hang", "RawServer", "Reset", "Send", "Step", "Wait"]


@dataclass(frozen=True)
class Send:
    """Send these bytes at once, without reading a request before."""

    data: bytes


@dataclass(frozen=True)
class Wait:
    """Wait until the test sets the event."""

    event: threading.Event


@dataclass(frozen=True)
class Hang:
    """Say nothing more, until the client closes or the server stops."""


@dataclass(frozen=True)
class Reset:
    """Break the connection with a TCP reset: at once, or after a request was read with ``b""`` before it."""


@dataclass(frozen=True)
class Close:
    """Close the connection in order. The end of a script does the same."""


Step = bytes | Send | Wait | Hang | Reset | Close  # bytes: read one whole request, then send them

LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)", re.I | re.M)
CHUNKED = re.compile(rb"^transfer-encoding:.*chunked", re.I | re.M)


class RawServer:
    """Plays one script a connection, in the order of arrival; the last script serves all that come later.

    ``RawServer([b"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok"])`` reads a request, answers, closes.
    ``received[n]`` is what the n-th connection sent. The server is a context manager.
    """

    def __init__(self, *scripts: Sequence[Step], tls: ssl.SSLContext | None = None) -> None:
        self._scripts = [list(script) for script in scripts] or [[]]
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: list[socket.socket] = []
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.received: list[bytearray] = []
        self.errors: list[BaseException] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{self.port}"
        self._threads[0].start()

    @property
    def connections(self) -> int:
        """How many connections came so far."""
        return len(self.received)

    def __enter__(self) -> RawServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every socket and wait for the threads."""
        self._stopped.set()
        with self._lock:
            sockets = [self._listener, *self._open]
        for one in sockets:
            shut(one)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number = len(self.received)
                self.received.append(bytearray())
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.append(connection)
            for step in self._scripts[min(number, len(self._scripts) - 1)]:
                if not self._play(step, connection, self.received[number]):
                    return
        except OSError as error:  # the client went away: the test knows whether it should have
            self.errors.append(error)
        finally:
            shut(connection)
            connection.close()

    def _play(self, step: Step, connection: socket.socket, received: bytearray) -> bool:
        """Do one step; False ends the connection."""
        match step:
            case bytes():
                if not read_request(connection, received):
                    return False
                connection.sendall(step)
            case Send():
                connection.sendall(step.data)
            case Wait():
                step.event.wait(30)
            case Hang():
                while data := connection.recv(65536):
                    received += data
                return False
            case Reset():
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
                return False
            case Close():
                return False
        return not self._stopped.is_set()


def read_request(connection: socket.socket, received: bytearray) -> bool:
    """Read one request with its body into ``received``; False when the client closed before its end."""
    start = len(received)
    while not complete(bytes(received[start:])):
        data = connection.recv(65536)
        if not data:
            return False
        received += data
    return True


def complete(data: bytes) -> bool:
    """Tell whether the bytes hold a whole request."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    if CHUNKED.search(head):
        return body.startswith(b"0\r\n") or b"\r\n0\r\n" in body
    length = LENGTH.search(head)
    return len(body) >= (int(length[1]) if length else 0)


def shut(connection: socket.socket) -> None:
    """Wake whoever reads or accepts on a socket."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass

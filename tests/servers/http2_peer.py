"""An HTTP/2 server (without TLS) that a test scripts frame by frame, on plain sockets; it knows nothing of duohttp."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from hpack import Decoder, Encoder

__all__ = ["Frame", "Gone", "Http2Peer", "Http2PeerServer", "frame", "run_http2_peer"]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PATIENCE = 10.0
"""Seconds after which a wait of the server counts as hung."""


class Gone(Exception):
    """The client closed the connection."""


class Frame(NamedTuple):
    """A frame that came."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def number(self) -> int:
        """The number that RST_STREAM and WINDOW_UPDATE hold."""
        return int.from_bytes(self.payload[:4], "big")


class Request(NamedTuple):
    """A request whose head came."""

    stream: int
    headers: dict[str, str]
    ended: bool

    @property
    def path(self) -> str:
        return self.headers[":path"]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return the bytes of a frame."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


class Http2Peer:
    """One connection, from the server's side. Frames that are not waited for are kept in ``seen``."""

    def __init__(self, sock: Any, number: int) -> None:
        self.sock = sock
        self.number = number
        self.seen: list[Frame] = []
        self.encoder = Encoder()
        self.decoder = Decoder()
        self._buffer = b""

    def _read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            try:
                data = self.sock.recv(65536)
            except ConnectionError:
                raise Gone from None
            if not data:
                raise Gone
            self._buffer += data
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def greet(self, **settings: int) -> None:
        """Read the client's preface, and send SETTINGS: ``max_streams``, ``window``, ``frame_size``, ``table``."""
        assert self._read(len(PREFACE)) == PREFACE
        self.settings(**settings)

    def settings(self, **settings: int) -> None:
        """Send SETTINGS."""
        names = {"table": 1, "max_streams": 3, "window": 4, "frame_size": 5, "push": 2}
        payload = b"".join(struct.pack(">HI", names[name], value) for name, value in settings.items())
        self.send(SETTINGS, 0, 0, payload)

    def send(self, kind: int, flags: int, stream: int, payload: bytes = b"") -> None:
        """Send one frame."""
        self.send_bytes(frame(kind, flags, stream, payload))

    def send_bytes(self, data: bytes) -> None:
        """Send anything."""
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None

    def head(self, stream: int, status: int = 200, *fields: tuple[str, str], end: bool = False) -> None:
        """Send a response head."""
        block = self.encoder.encode([(":status", str(status)), *fields])
        self.send(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block)

    def trailers(self, stream: int, *fields: tuple[str, str]) -> None:
        """Send trailers, which end the stream."""
        self.send(HEADERS, END_HEADERS | END_STREAM, stream, self.encoder.encode(fields))

    def data(self, stream: int, data: bytes, *, end: bool = True) -> None:
        """Send DATA in frames of at most 16 KiB, whatever the windows say."""
        pieces = [data[start : start + 16384] for start in range(0, len(data), 16384)] or [b""]
        for index, piece in enumerate(pieces):
            self.send(DATA, END_STREAM if end and index == len(pieces) - 1 else 0, stream, piece)

    def reply(self, stream: int, body: bytes = b"ok", *fields: tuple[str, str]) -> None:
        """Send a whole response."""
        self.head(stream, 200, *fields)
        self.data(stream, body)

    def goaway(self, last: int, code: int = 0, debug: bytes = b"") -> None:
        """Send GOAWAY."""
        self.send(GOAWAY, 0, 0, struct.pack(">II", last, code) + debug)

    def reset(self, stream: int, code: int) -> None:
        """Send RST_STREAM."""
        self.send(RST_STREAM, 0, stream, struct.pack(">I", code))

    def open_window(self, stream: int, increment: int) -> None:
        """Send WINDOW_UPDATE."""
        self.send(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))

    def receive(self) -> Frame:
        """Read the next frame. Raises Gone."""
        head = self._read(9)
        payload = self._read(int.from_bytes(head[:3], "big"))
        return Frame(head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7FFFFFFF, payload)

    def wait(self, kind: int, stream: int | None = None, *, ack: bool = False) -> Frame:
        """Read on to a frame of a kind; those on the way are kept. PINGs and SETTINGS are found by ``ack``."""
        while True:
            got = self.receive()
            if got.kind == kind and stream in (None, got.stream) and (kind not in (PING, SETTINGS) or got.flags == ack):
                return got
            self.seen.append(got)

    def request(self) -> Request:
        """Read on to the next request's head."""
        got = self.wait(HEADERS)
        block = got.payload
        while not got.flags & END_HEADERS:
            more = self.receive()
            assert more.kind == CONTINUATION
            block += more.payload
            got = got._replace(flags=got.flags | more.flags)
        fields = {str(name): str(value) for name, value in self.decoder.decode(block)}
        return Request(got.stream, fields, bool(got.flags & END_STREAM))

    def body(self, stream: int) -> bytes:
        """Read the rest of a request's body, opening the windows as it comes."""
        parts = []
        while True:
            got = self.wait(DATA, stream)
            parts.append(got.payload)
            if got.flags & END_STREAM:
                return b"".join(parts)
            if got.payload:
                self.open_window(0, len(got.payload))
                self.open_window(stream, len(got.payload))

    def serve(self) -> None:
        """Answer all requests with their path, until the client is gone."""
        while True:
            request = self.request()
            if not request.ended:
                self.body(request.stream)
            self.reply(request.stream, request.path.encode())

    def drain(self) -> list[Frame]:
        """Read to the end and return all frames that came, those kept included."""
        try:
            while True:
                self.seen.append(self.receive())
        except (Gone, TimeoutError):
            return self.seen


Script = Callable[[Http2Peer], None]


class Http2PeerServer:
    """Plays one script a connection, the last one for all that come later."""

    def __init__(self, scripts: tuple[Script, ...], tls: ssl.SSLContext | None) -> None:
        self._scripts = scripts
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []
        self._sockets: list[socket.socket] = []
        self.connections = 0
        host = "localhost" if tls else "127.0.0.1"
        self.url = f"{'https' if tls else 'http'}://{host}:{self._listener.getsockname()[1]}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(sock)
            number = self.connections
            self.connections += 1
            thread = threading.Thread(target=self._play, args=(sock, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, sock: Any, number: int) -> None:
        try:
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._sockets.append(sock)
            self._scripts[min(number, len(self._scripts) - 1)](Http2Peer(sock, number))
        except (Gone, ConnectionError):
            pass
        except BaseException as error:
            self._failures.append(error)
        finally:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def close(self) -> None:
        """Stop, and raise what a script raised."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._acceptor.join(PATIENCE)
        for sock in self._sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads:
            thread.join(PATIENCE)
        if self._failures:
            raise self._failures[0]


@contextmanager
def run_http2_peer(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[Http2PeerServer]:
    """Run a server that plays these scripts until the block ends."""
    server = Http2PeerServer(scripts, tls)
    try:
        yield server
    finally:
        server.close()

"""A server that opens WebSockets and then does what a test says, byte by byte."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import closing

from duohttp.rules.websocket_handshake import accept_of

from .raw import read_request, shut

__all__ = ["RawWebSocket", "RawWebSocketServer", "breaking", "close_frame", "frame", "sending"]

KEY = re.compile(rb"^sec-websocket-key: *(\S+)", re.I | re.M)


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """Return a frame as servers send them."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    return head + b"\x7e" + struct.pack("!H", len(data)) + data


def close_frame(code: int, reason: bytes = b"") -> bytes:
    """Return a close frame."""
    return frame(8, struct.pack("!H", code) + reason)


class RawWebSocket:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, head: bytes) -> None:
        self.connection = connection
        self.head = head
        self.file = connection.makefile("rb")

    def close(self) -> None:
        """Let go of the connection."""
        self.file.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def read(self) -> tuple[int, bytes]:
        """Read a frame of the client's; return its opcode and its data. (-1, b"") at the end."""
        head = self.file.read(2)
        if len(head) < 2:
            return -1, b""
        size = head[1] & 127
        assert head[1] & 128, "a client's frame is masked"
        if size > 125:
            size = int.from_bytes(self.file.read(2 if size == 126 else 8), "big")
        mask = self.file.read(4)
        data = self.file.read(size)
        return head[0] & 15, bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))

    def read_to_end(self, *, hang: bool = False) -> list[tuple[int, bytes]]:
        """Read all frames up to a close, which is the last one; with ``hang`` up to the end of the connection."""
        found = []
        while (one := self.read())[0] != -1:
            found.append(one)
            if one[0] == 8 and not hang:
                break
        return found


class RawWebSocketServer:
    """Answers handshakes, then runs ``script(websocket)``, one for each connection; the last serves all later ones.

    A script that is bytes is sent instead of a 101. ``behind`` are bytes that go right behind the head of the answer,
    ``extra`` header lines in it. ``results`` are what the scripts returned, ``opened`` counts connections.
    """

    def __init__(
        self, *scripts: Callable[[RawWebSocket], object] | bytes, behind: bytes = b"", extra: bytes = b""
    ) -> None:
        self._scripts = scripts
        self._behind = behind
        self._extra = extra
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._sockets: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.opened = 0
        self.results: list[object] = []
        self.url = f"ws://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._threads[0].start()

    def __enter__(self) -> RawWebSocketServer:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._sockets:
            shut(one)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def finish(self) -> list[object]:
        """Wait for the scripts that run; return what all returned."""
        for thread in self._threads[1:]:
            thread.join(10)
            assert not thread.is_alive()
        return self.results

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, self.opened), daemon=True)
            self.opened += 1
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        received = bytearray()
        try:
            if not read_request(connection, received):
                return
            script = self._scripts[min(number, len(self._scripts) - 1)]
            if isinstance(script, bytes):
                connection.sendall(script)
                return
            found = KEY.search(received)
            assert found is not None
            connection.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + b"Sec-WebSocket-Accept: %b\r\n" % accept_of(found[1].decode()).encode()
                + self._extra
                + b"\r\n"
                + self._behind
            )
            with closing(RawWebSocket(connection, bytes(received))) as websocket:
                self.results.append(script(websocket))
        except OSError as error:
            self.results.append(error)
        finally:
            shut(connection)
            connection.close()


def sending(*pieces: bytes, hang: bool = False) -> Callable[[RawWebSocket], object]:
    """Send bytes, and read up to the close, or with ``hang`` to the end."""

    def script(ws: RawWebSocket) -> object:
        for piece in pieces:
            ws.send(piece)
        return ws.read_to_end(hang=hang)

    return script


def breaking(*pieces: bytes) -> Callable[[RawWebSocket], object]:
    """Send bytes, and end the connection."""
    return lambda ws: ws.send(b"".join(pieces))

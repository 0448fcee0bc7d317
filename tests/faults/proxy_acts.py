"""What proxies do, well or badly, on a connection of a ScriptedServer."""

from __future__ import annotations

import select
import socket
import ssl

from .acts import WAYS
from .scripted_server import PATIENCE, Act, Peer

__all__ = ["ESTABLISHED", "Sayer", "connect_then", "relay", "socks4", "socks5", "tunnel"]

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
GRANTED_4 = b"\0\x5a\0\0\0\0\0\0"
GRANTED_5 = b"\5\0\0\1\0\0\0\0\0\0"


class Sayer:
    """Says no more than so many bytes, and then leaves in one of WAYS."""

    def __init__(self, peer: Peer, left: int | None, way: str) -> None:
        self.peer = peer
        self.left = left
        self.way = way

    def say(self, data: bytes) -> bool:
        """Say it; return whether all of it might be said."""
        part = data if self.left is None else data[: self.left]
        if part:
            self.peer.send(part)
        if self.left is None:
            return True
        self.left -= len(part)
        if self.left > 0:
            return True
        if self.way == "reset":
            self.peer.pause(0.02)  # what was sent before a reset may be lost with it: time to arrive
        WAYS[self.way](self.peer)
        if self.way != "reset":
            self.peer.read_to_end()
        return False


def relay(peer: Peer, port: int, sayer: Sayer) -> None:
    """Carry bytes between the client and a server until one of them closes, or all that may be said is said."""
    with socket.create_connection(("127.0.0.1", port)) as back:
        while True:
            pending = isinstance(peer.sock, ssl.SSLSocket) and peer.sock.pending()
            ready = [peer.sock] if pending else select.select([peer.sock, back], [], [], PATIENCE)[0]
            if not ready:
                raise TimeoutError("nothing to relay")
            for source in ready:
                data = source.recv(65536)
                if not data:
                    return
                if source is back:
                    if not sayer.say(data):
                        return
                else:
                    back.sendall(data)


def tunnel(to: int, *, cut: int | None = None, way: str = "close") -> Act:
    """Be an HTTP proxy that ends a tunnel at a port, and leaves after so many bytes of what the server says."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(ESTABLISHED)
        sayer = Sayer(peer, cut, way)
        if cut != 0 or sayer.say(b""):
            relay(peer, to, sayer)

    return Act(play)


def connect_then(answer: bytes, way: str = "open") -> Act:
    """Answer a request for a tunnel with these bytes, and leave in one of WAYS."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(answer)
        WAYS[way](peer)
        if way != "reset":
            peer.read_to_end()

    return Act(play)


def socks5(to: int = 0, *, password: bool = False, code: int = 0, cut: int | None = None, way: str = "close") -> Act:
    """Be a SOCKS 5 proxy that refuses with a code, or leaves after so many bytes of its own, or relays to a port."""

    def play(peer: Peer) -> None:
        sayer = Sayer(peer, cut, way)
        if cut == 0 and not sayer.say(b""):
            return
        peer.exactly(peer.exactly(2)[1])
        if not sayer.say(b"\5\2" if password else b"\5\0"):
            return
        if password:
            peer.exactly(peer.exactly(2)[1])
            peer.exactly(peer.exactly(1)[0])
            if not sayer.say(b"\1\0"):
                return
        kind = peer.exactly(4)[3]
        peer.exactly({1: 4, 3: 0, 4: 16}[kind] or peer.exactly(1)[0])
        peer.exactly(2)
        if sayer.say(b"\5%c" % code + GRANTED_5[2:]) and not code:
            relay(peer, to, Sayer(peer, None, way))
        else:
            peer.read_to_end()

    return Act(play)


def socks4(to: int = 0, *, code: int = 90, cut: int | None = None, way: str = "close") -> Act:
    """Be a SOCKS 4 and 4a proxy; as ``socks5``."""

    def play(peer: Peer) -> None:
        sayer = Sayer(peer, cut, way)
        if cut == 0 and not sayer.say(b""):
            return
        head = peer.exactly(8)
        names = 2 if head[4:7] == b"\0\0\0" else 1
        for _ in range(names):
            while peer.exactly(1) != b"\0":
                pass
        if sayer.say(b"\0%c" % code + GRANTED_4[2:]) and code == 90:
            relay(peer, to, Sayer(peer, None, way))
        else:
            peer.read_to_end()

    return Act(play)

"""A thread that is cancelled while a way through a proxy is being opened: it ends at once, and as cancelled."""

from __future__ import annotations

import threading
import time

import pytest

from duohttp import Client, Limits, NativeEngine, RequestCancelled
from duohttp._concurrency import spawn

from .servers.raw import Hang, RawServer, Send, Step

OPENED = b"HTTP/1.1 200 OK\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

# What the proxy says before it keeps silent, and the bytes of the client's that come before that.
STAGES: dict[str, tuple[str, list[Step], bytes]] = {
    "CONNECT": ("http", [Hang()], b"\r\n\r\n"),
    "TLS in a tunnel": ("http", [OPENED, Hang()], b"\x16\x03"),
    "TLS of the proxy": ("https", [Hang()], b"\x16\x03"),
    "SOCKS 5": ("socks5", [Hang()], b"\5\1\0"),
    "SOCKS 5 request": ("socks5", [Send(b"\5\0"), Hang()], b"\5\1\0\1"),
    "SOCKS 4": ("socks4", [Hang()], b"\4\1"),
    "forwarding": ("http", [Hang()], b"GET http://127.0.0.1:1/"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_cancelled_thread(stage: str) -> None:
    scheme, script, seen = STAGES[stage]
    target = "http" if stage == "forwarding" else "https"
    limits = Limits(max_connections=1)
    with RawServer(script, [ANSWER]) as server, Client(engine=NativeEngine(), limits=limits) as client:
        proxy = f"{scheme}://127.0.0.1:{server.port}"

        def get() -> None:
            with pytest.raises(RequestCancelled):
                client.get(f"{target}://127.0.0.1:1/", proxy=proxy, timeout=30)
            ended.set()

        ended = threading.Event()
        task = spawn(get)
        limit = time.monotonic() + 10
        while not (server.connections and seen in server.received[0]):
            assert time.monotonic() < limit, bytes(server.received[0]) if server.connections else "no connection"
            threading.Event().wait(0.005)
        task.cancel()
        assert task.wait(5)
        assert ended.is_set()
        assert client.pool_stats().open == 0
        assert client.get(server.url).text == "ok"

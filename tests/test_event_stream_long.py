"""Event streams that are cut again and again lose no event, and long ones take no room.

By default seeded and short. DUOHTTP_SSE_SECONDS=60 cuts every 100 ms for that long, DUOHTTP_SSE_BYTES=1073741824
reads that many bytes of events.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from duohttp import AsyncClient, Client

SECONDS = float(os.environ.get("DUOHTTP_SSE_SECONDS", 0))
BYTES = int(os.environ.get("DUOHTTP_SSE_BYTES", 24 * 2**20))
EVENTS = 3000
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
ENDS = (b"\n", b"\r\n", b"\r")

pytestmark = pytest.mark.timeout(600 if SECONDS or BYTES > 2**28 else 60)

Act = Callable[[socket.socket, int], None]


@contextmanager
def serving(act: Act) -> Iterator[str]:
    """Answer each connection with an event stream: ``act(connection, last event id)`` writes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += connection.recv(65536)
                    found = re.search(rb"(?i)\r\nlast-event-id: *(\d+)", head)
                    try:
                        connection.sendall(HEAD)
                        act(connection, int(found[1]) if found else 0)
                    except OSError:  # the client has had enough
                        pass

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            # Closing alone does not wake accept.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def cutting(chance: random.Random, connections: list[int]) -> Act:
    """Number the events, and cut: in the middle of anything, after 100 ms or (seeded) so many bytes."""

    def act(connection: socket.socket, last: int) -> None:
        connections.append(last)
        end = chance.choice(ENDS)
        left = chance.randrange(20, 20_000)
        until = time.monotonic() + 0.1
        text = b"retry: 1" + end * 2
        number = last
        while (time.monotonic() < until) if SECONDS else left > 0:
            while len(text) < 4000:
                number += 1
                filling = b"x" * chance.randrange(200)
                text += b"id: %d%sdata: %d %s%s%s" % (number, end, number, filling, end, end)
            size = chance.randrange(1, 4000)
            size = size if SECONDS else min(size, left)
            connection.sendall(text[:size])
            text = text[size:]
            left -= size
            if SECONDS:
                time.sleep(0.001)

    return act


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Check:
    """Takes events, which must come one after the other."""

    def __init__(self) -> None:
        self.last = 0
        self.until = time.monotonic() + SECONDS
        self.began = 0

    def take(self, event: Any) -> bool:
        self.last += 1
        assert event.id == str(self.last), f"event {event.id} after {self.last - 1}"
        assert event.data.startswith(f"{self.last} ")
        if self.last == 500:
            self.began = resident()
        return time.monotonic() >= self.until if SECONDS else self.last >= EVENTS


def read(url: str, take: Callable[[Any], bool], **options: Any) -> None:
    with Client() as client, client.sse(url, **options) as events:
        for event in events:
            if take(event):
                return


async def read_async(url: str, take: Callable[[Any], bool], **options: Any) -> None:
    async with AsyncClient() as client, client.sse(url, **options) as events:
        async for event in events:
            if take(event):
                return


def both(colour: str, url: str, take: Callable[[Any], bool], **options: Any) -> None:
    if colour == "sync":
        read(url, take, **options)
    else:
        asyncio.run(read_async(url, take, **options))


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from /proc")
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_cut_and_gone_on_with(colour: str) -> None:
    connections: list[int] = []
    check = Check()
    with serving(cutting(random.Random(11), connections)) as url:
        both(colour, url, check.take, reconnect_delay=0.001, max_reconnects=None)
    print(f"{colour}: {check.last} events over {len(connections)} connections, {resident() - check.began:+} bytes")
    assert check.last >= EVENTS
    assert len(connections) > 20
    assert resident() - check.began < 8 * 2**20


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from /proc")
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_long_stream_takes_no_room(colour: str) -> None:
    block = b"".join(b"id: %d\r\ndata: %s\r\n\r\n" % (number, b"y" * 1000) for number in range(1000))
    blocks = BYTES // len(block)

    def act(connection: socket.socket, last: int) -> None:
        for _ in range(blocks):
            connection.sendall(block)

    count = began = 0

    def take(event: Any) -> bool:
        nonlocal count, began
        count += 1
        if count == 2000:
            began = resident()
        return count == blocks * 1000

    with serving(act) as url:
        both(colour, url, take)
    print(f"{colour}: {blocks * len(block):,} bytes, {resident() - began:+} bytes")
    assert count == blocks * 1000
    assert resident() - began < 8 * 2**20

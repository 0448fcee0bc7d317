"""Cancel a request at every single step of the event loop, and see whether the client still answers.

The servers here run in the loop of the test, so that a request takes the same few steps each time. ``sweep`` works
with any engine: it is given a client, a server, and a way to interrupt.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from duohttp import AsyncClient, HTTPError

__all__ = ["Http2SweepServer", "Report", "SweepServer", "fetch", "interrupt_by_cancel", "interrupt_by_timeout", "sweep"]

LONGEST = 400
"""More steps than any request here takes; a sweep that comes so far does not end."""
PATIENCE = 10.0
"""Seconds after which the request that must succeed counts as dead."""


@dataclass
class Report:
    """What a sweep found: how many steps a request takes, and at which of them an interruption did harm."""

    steps: int = 0
    dead: list[str] = field(default_factory=list)


class SweepServer:
    """An HTTP/1.1 server for GET ``/<id>/<size>``: the body is the id, over and over; so no answer can be mistaken.

    ``close`` closes after each answer; ``chunked`` sends chunks; ``early`` answers, and then closes a moment later.
    ``tunnel`` makes it a proxy for CONNECT that ends the tunnel in this same server.
    """

    def __init__(
        self,
        *,
        close: bool = False,
        chunked: bool = False,
        tls: ssl.SSLContext | None = None,
        tunnel_tls: ssl.SSLContext | None = None,
    ) -> None:
        self.close = close
        self.chunked = chunked
        self.tls = tls
        self.tunnel_tls = tunnel_tls
        self.connections = 0
        self.open = 0
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SweepServer]:
        """Serve inside the block."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://{'localhost' if self.tls else '127.0.0.1'}:{port}"
        try:
            yield self
        finally:
            server.close()
            for _ in range(500):  # whoever still holds a connection shows in ``open``
                if not self.open:
                    break
                await asyncio.sleep(0.01)

    def refuse(self, head: bytes) -> bytes | None:
        """Return what to answer instead, None for the usual."""
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while await self._answer(reader, writer) and not self.close:
                pass
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        if (refusal := self.refuse(head)) is not None:
            writer.write(refusal)
            await _pause(writer)
            return True
        if head.startswith(b"CONNECT "):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.start_tls(self.tunnel_tls or ssl.create_default_context())
            return True
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if length:
            await reader.readexactly(int(length[1]))
        name, size = _asked(head.split(b" ")[1])
        body = name * size
        framing = b"transfer-encoding: chunked" if self.chunked else b"content-length: %d" % len(body)
        connection = b"\r\nconnection: close" if self.close else b""
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await _pause(writer)
        writer.write(framing + connection + b"\r\n\r\n")
        await _pause(writer)
        half = len(body) // 2
        for piece in (body[:half], body[half:]):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if self.chunked and piece else piece)
            await _pause(writer)
        if self.chunked:
            writer.write(b"0\r\n\r\n")
            await _pause(writer)
        return True


def _asked(target: bytes) -> tuple[bytes, int]:
    name, _, size = target.rpartition(b"/")
    return name.rpartition(b"/")[2] + b",", int(size)


async def _pause(writer: asyncio.StreamWriter) -> None:
    """Let the client see what was sent so far before more comes."""
    await writer.drain()
    for _ in range(3):
        await asyncio.sleep(0)


class Http2SweepServer(SweepServer):
    """The same over HTTP/2, as far as the sweep needs it."""

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        from h2.config import H2Configuration
        from h2.connection import H2Connection
        from h2.events import RequestReceived
        from h2.exceptions import StreamClosedError, StreamIDTooLowError

        state = H2Connection(H2Configuration(client_side=False))
        state.initiate_connection()
        while True:
            writer.write(state.data_to_send())
            await _pause(writer)
            data = await reader.read(65536)
            if not data:
                return False
            for event in state.receive_data(data):
                if isinstance(event, RequestReceived):
                    name, size = _asked(dict(event.headers)[b":path"])
                    try:
                        state.send_headers(event.stream_id, [(":status", "200")])
                    except (StreamClosedError, StreamIDTooLowError):  # it was given up already
                        continue
                    writer.write(state.data_to_send())
                    await _pause(writer)
                    body = name * size
                    for start in range(0, len(body), 16384):
                        state.send_data(event.stream_id, body[start : start + 16384])
                    state.end_stream(event.stream_id)


async def fetch(client: AsyncClient, url: str, name: str, size: int = 20) -> None:
    """Get a body and check that it is this request's own."""
    response = await client.get(f"{url}/{name}/{size}")
    if response.content != f"{name},".encode() * size:
        raise AssertionError(f"the answer to {name} is another's: {response.content[:60]!r}")


Interrupt = Callable[[Callable[[], Awaitable[None]], int], Awaitable[bool]]


async def interrupt_by_cancel(work: Callable[[], Awaitable[None]], step: int) -> bool:
    """Start work, cancel it after some steps of the loop, wait for its end; return whether it was interrupted."""
    task = asyncio.ensure_future(work())
    for _ in range(step):
        await asyncio.sleep(0)
    interrupted = task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    return interrupted


async def interrupt_by_timeout(work: Callable[[], Awaitable[None]], step: int) -> bool:
    """As ``interrupt_by_cancel``, by a timeout that strikes at that step."""

    async def limited() -> bool:
        try:
            async with asyncio.timeout(None) as limit:
                limits.append(limit)
                await work()
        except TimeoutError:
            return True
        return False

    limits: list[asyncio.Timeout] = []
    task = asyncio.ensure_future(limited())
    for _ in range(step + 1):
        await asyncio.sleep(0)
    if not task.done():
        limits[0].reschedule(asyncio.get_running_loop().time())
    return await task


async def sweep(
    client: Callable[[], AsyncClient],
    url: str,
    *,
    interrupt: Interrupt = interrupt_by_cancel,
    work: Callable[[AsyncClient, str, str], Awaitable[None]] = fetch,
    fresh: bool = False,
    beside: int = 0,
    first: int = 0,
) -> Report:
    """Interrupt ``work(client, url, name)`` at step 0, 1, 2 … until it ends before; after each, a request must work.

    With ``fresh`` each step has a client of its own, else one client lives through all. ``beside`` is how many other
    requests run at the same time; they must succeed too.
    """
    report = Report()
    shared = client()
    step = first
    while True:
        used = client() if fresh else shared
        others = [asyncio.ensure_future(fetch(used, url, f"beside-{step}-{number}")) for number in range(beside)]
        interrupted = await interrupt(lambda: work(used, url, f"victim-{step}"), step)  # noqa: B023
        for what in [*others, fetch(used, url, f"next-{step}")]:
            await _alive(what, step, report)
        if fresh:
            await used.aclose()
        report.steps = step
        if not interrupted or len(report.dead) > 5:
            break
        step += 1
        if step > LONGEST:
            raise AssertionError("the work does not end")
    report.dead.extend(_left(shared))
    await shared.aclose()
    return report


async def _alive(what: Awaitable[None], step: int, report: Report) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await what
    except (HTTPError, TimeoutError, AssertionError) as error:
        report.dead.append(f"step {step}: {type(error).__name__}: {error}")


def _left(client: AsyncClient) -> list[str]:
    """What the pool still holds when nothing is under way."""
    stats: Any = client.pool_stats()
    busy = stats.open - stats.idle
    return [f"{busy} connections busy, {stats.waiting} requests waiting"] if busy or stats.waiting else []

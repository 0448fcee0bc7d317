"""Cancellation at every step of the event loop: the client can answer the next request at once, on one connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from duohttp import AsyncClient, HttpcoreEngine, HTTPError, Limits, NativeEngine, Timeout

from .servers.certificates import Certificates

BODY = b"x" * 30_000
MAX_STEPS = 2000


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, close: bool) -> None:
    """Answer GETs with a body in two pieces."""
    ending = b"Connection: close\r\n" if close else b""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = BODY if b"/long" in head else b"hello"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n" % (len(body), ending) + body[:3])
            await asyncio.sleep(0)
            writer.write(body[3:])
            await writer.drain()
            if close:
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A proxy for CONNECT, for plain requests, and for SOCKS 4a and 5, on streams."""
    try:
        begin = await reader.readexactly(1)
        if begin == b"\4":
            port = int.from_bytes((await reader.readexactly(7))[1:3], "big")
            await reader.readuntil(b"\0")
            host = (await reader.readuntil(b"\0"))[:-1].decode()
            await relay(reader, writer, host, port, answer=b"\0\x5a" + bytes(6))
        elif begin == b"\5":
            await reader.readexactly((await reader.readexactly(1))[0])
            writer.write(b"\5\2")
            await reader.readexactly((await reader.readexactly(2))[1])
            await reader.readexactly((await reader.readexactly(1))[0])
            writer.write(b"\1\0")
            host = (await reader.readexactly((await reader.readexactly(5))[4])).decode()
            port = int.from_bytes(await reader.readexactly(2), "big")
            await relay(reader, writer, host, port, answer=b"\5\0\0\1" + bytes(6))
        else:
            head = begin + await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b" ", 2)
            connect = method == b"CONNECT"
            host, _, number = (target if connect else target.split(b"/")[2]).decode().rpartition(":")
            answer = b"HTTP/1.1 200 Connection established\r\n\r\n" if connect else b""
            await relay(reader, writer, host.strip("[]"), int(number), answer, b"" if connect else head)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    host: str,
    port: int,
    answer: bytes,
    first: bytes = b"",
) -> None:
    """Connect, say so, and carry bytes both ways."""

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()

    back, other = await asyncio.open_connection(host, port)
    try:
        writer.write(answer)
        other.write(first)
        await asyncio.gather(pump(reader, other), pump(back, writer))
    finally:
        other.close()


@asynccontextmanager
async def listening(handler: Any, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(tracked, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.sleep(0.01)


class Case:
    """One way to the server."""

    def __init__(self, name: str, engine: Any, *, close: bool = False, tls: bool = False, proxy: str = "") -> None:
        self.name = f"{engine.__name__}-{name}"
        self.engine = engine
        self.close = close
        self.tls = tls
        self.proxy = proxy

    @asynccontextmanager
    async def running(self, certificates: Certificates) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield the url and the client's options."""
        context = certificates.server_context() if self.tls else None
        options: dict[str, Any] = {"engine": self.engine(), "limits": Limits(max_connections=1)}
        if self.tls:
            options["verify"] = str(certificates.ca)
        async with listening(lambda r, w: serve(r, w, close=self.close), context) as port:
            url = f"{'https' if self.tls else 'http'}://127.0.0.1:{port}"
            if not self.proxy:
                yield url, options
                return
            options["verify"] = str(certificates.ca)
            outer = certificates.server_context() if self.proxy.startswith("https:") else None
            async with listening(proxy, outer) as proxy_port:
                # By name, so that SOCKS has a name to carry.
                named = url.replace("127.0.0.1", "localhost")
                yield named, {**options, "proxy": f"{self.proxy}127.0.0.1:{proxy_port}"}


WAYS: dict[str, dict[str, Any]] = {
    "keep-alive": {},
    "closing": {"close": True},
    "tls": {"tls": True},
    "tls-closing": {"tls": True, "close": True},
    "forwarded": {"proxy": "http://"},
    "tunnelled": {"proxy": "http://", "tls": True},
}
MORE_WAYS: dict[str, dict[str, Any]] = {
    "forwarded-tls": {"proxy": "https://user:password@"},
    "tunnelled-tls": {"proxy": "https://user:password@", "tls": True},
    "socks4a": {"proxy": "socks4a://user@"},
    "socks5h": {"proxy": "socks5h://user:password@"},
    "socks5h-tls": {"proxy": "socks5h://user:password@", "tls": True},
}
CASES = [Case(name, engine, **way) for engine in (NativeEngine, HttpcoreEngine) for name, way in WAYS.items()]
CASES += [Case(name, NativeEngine, **way) for name, way in MORE_WAYS.items()]


async def get(client: AsyncClient, url: str) -> None:
    assert (await client.get(f"{url}/")).content == b"hello"


async def half_a_body(client: AsyncClient, url: str) -> None:
    async with client.stream("GET", f"{url}/long") as response:
        async for _ in response.iter_bytes():
            break


async def answers(client: AsyncClient, url: str) -> bool:
    """Whether the client can still be used."""
    try:
        async with asyncio.timeout(5):
            await get(client, url)
    except (TimeoutError, HTTPError):
        return False
    return True


async def sweep(
    certificates: Certificates, case: Case, job: Callable[[AsyncClient, str], Awaitable[None]], tasks: int, warm: bool
) -> tuple[int, list[int]]:
    """Cancel the first of some tasks at step 0, 1, 2 …; return the number of steps, and after which none went on."""
    dead: list[int] = []
    async with case.running(certificates) as (url, options):
        for step in range(MAX_STEPS):
            async with AsyncClient(**options) as client:
                if warm:
                    await get(client, url)
                running = [asyncio.ensure_future(job(client, url)) for _ in range(tasks)]
                for _ in range(step):
                    await asyncio.sleep(0)
                ended = running[0].done()
                running[0].cancel()
                results = await asyncio.gather(*running, return_exceptions=True)
                bystanders = [result for result in results[1:] if result is not None]
                if bystanders or not await answers(client, url):
                    dead.append(step)
            if ended:
                return step, dead
    raise AssertionError("the request never ended")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_dead_point_after_a_cancel(certificates: Certificates, case: Case, warm: bool) -> None:
    for tasks in (1, 2, 3):
        steps, dead = asyncio.run(sweep(certificates, case, get, tasks, warm))
        assert steps > 2
        assert dead == [], f"{tasks} tasks, {steps} steps"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_dead_point_after_half_a_body(certificates: Certificates, case: Case) -> None:
    steps, dead = asyncio.run(sweep(certificates, case, half_a_body, 2, warm=False))
    assert steps > 2
    assert dead == []


async def timeouts(certificates: Certificates, case: Case) -> tuple[int, list[float]]:
    """Let a request run out of time after ever longer times, until it does not."""
    dead: list[float] = []
    rounds, limit, passed = 0, 1e-5, 0
    async with case.running(certificates) as (url, options):
        while passed < 3 and rounds < 500:
            rounds += 1
            async with AsyncClient(**options) as client:
                try:
                    await client.get(f"{url}/", timeout=Timeout(5, total=limit))
                    passed += 1
                except TimeoutError:
                    pass
                if not await answers(client, url):
                    dead.append(limit)
            limit *= 1.15
    return rounds, dead


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_dead_point_after_a_timeout(certificates: Certificates, case: Case) -> None:
    rounds, dead = asyncio.run(timeouts(certificates, case))
    assert rounds > 5
    assert dead == []

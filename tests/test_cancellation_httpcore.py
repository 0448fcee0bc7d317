"""A request on the httpcore engine that is interrupted at any point leaves the client able to answer the next one."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from duohttp import (
    AsyncClient,
    AsyncResponse,
    Client,
    CloseError,
    ConnectTimeout,
    Deadline,
    HTTPError,
    Limits,
    PoolTimeout,
    ReadTimeout,
    RequestCancelled,
    Timeout,
    TotalTimeout,
)
from duohttp._concurrency import spawn
from duohttp.engines.httpcore import HttpcoreEngine

from .servers.asgi import AsgiServer
from .servers.certificates import Certificates
from .servers.nginx import SMALL, Nginx
from .servers.raw import Hang, RawServer, Send, Step
from .sweep import Http2SweepServer, Interrupt, SweepServer, fetch, interrupt_by_cancel, interrupt_by_timeout, sweep

ONE = Limits(max_connections=1)
PATIENT = Timeout(8)


@asynccontextmanager
async def served(kind: str, certificates: Certificates) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Run the server of a kind; yield its url and what a client needs for it."""
    trust = {"verify": str(certificates.ca)}
    tls = certificates.server_context("http/1.1")
    if kind == "http2":
        async with Http2SweepServer(tls=certificates.server_context("h2")).running() as server:
            yield server.url, {**trust, "http2": True}
    elif kind == "tunnel":
        async with SweepServer(tunnel_tls=tls).running() as proxy:
            yield "https://localhost:1", {**trust, "proxy": proxy.url}
    else:
        close, chunked = kind.endswith("closing"), kind.endswith("chunked")
        secured = tls if kind.startswith("tls") else None
        async with SweepServer(close=close, chunked=chunked, tls=secured).running() as server:
            yield server.url, trust
            await asyncio.sleep(0)
    gc.collect()


def maker(options: dict[str, Any], limits: Limits = ONE) -> Callable[[], AsyncClient]:
    return lambda: AsyncClient(engine=HttpcoreEngine(limits=limits), timeout=PATIENT, trust_env=False, **options)


KINDS = ["plain", "plain-closing", "plain-chunked", "tls", "tls-closing", "tunnel", "http2"]


@pytest.mark.parametrize("fresh", [False, True], ids=["one-client", "fresh-clients"])
@pytest.mark.parametrize("interrupt", [interrupt_by_cancel, interrupt_by_timeout])
@pytest.mark.parametrize("kind", KINDS)
def test_alone(kind: str, interrupt: Interrupt, fresh: bool, certificates: Certificates) -> None:
    async def main() -> None:
        async with served(kind, certificates) as (url, options):
            report = await sweep(maker(options), url, interrupt=interrupt, fresh=fresh)
            assert report.dead == []
            assert report.steps > 5

    asyncio.run(main())


@pytest.mark.parametrize("beside", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_beside_others(kind: str, beside: int, certificates: Certificates) -> None:
    async def main() -> None:
        async with served(kind, certificates) as (url, options):
            report = await sweep(maker(options), url, beside=beside)
            assert report.dead == []
            assert report.steps > 5

    asyncio.run(main())


async def read_half(client: AsyncClient, url: str, name: str) -> None:
    async with client.stream("GET", f"{url}/{name}/5000") as response:
        async for piece in response.iter_raw():
            assert piece.startswith(name.encode()[:1])
            break


async def upload(client: AsyncClient, url: str, name: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0)
            yield b"x" * 1000

    response = await client.put(f"{url}/{name}/20", content=pieces(), headers={"Content-Length": "4000"})
    assert response.content == f"{name},".encode() * 20


@pytest.mark.parametrize("work", [read_half, upload])
@pytest.mark.parametrize("kind", ["plain", "tls", "tunnel", "http2"])
def test_streams(kind: str, work: Any, certificates: Certificates) -> None:
    async def main() -> None:
        async with served(kind, certificates) as (url, options):
            report = await sweep(maker(options), url, work=work, beside=1)
            assert report.dead == []
            assert report.steps > 5

    asyncio.run(main())


def test_with_two_connections_for_four_tasks(certificates: Certificates) -> None:
    async def main() -> None:
        async with served("plain", certificates) as (url, options):
            report = await sweep(maker(options, Limits(max_connections=2)), url, beside=3)
            assert report.dead == []

    asyncio.run(main())


def test_all_connections_are_closed_in_the_end(certificates: Certificates) -> None:
    async def main() -> None:
        async with SweepServer().running() as server:
            await sweep(maker({}), server.url, beside=1)
            for _ in range(500):
                if not server.open:
                    break
                await asyncio.sleep(0.01)
            assert server.connections > 3
            assert server.open == 0

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["url", "https_url"])
def test_on_trio(kind: str, nginx: Nginx, certificates: Certificates) -> None:
    async def main() -> None:
        async with maker({"verify": str(certificates.ca), "http2": True})() as client:
            url = getattr(nginx, kind)
            for step in range(40):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(client.get, url)
                    for _ in range(step):
                        await trio.lowlevel.checkpoint()
                    nursery.cancel_scope.cancel()
                with trio.fail_after(10):
                    assert (await client.get(url)).content == SMALL
            stats = client.pool_stats()
            assert stats.open == stats.idle

    trio.run(main)


# Many at once, by chance.


class Chance:
    """What one of many requests does, and what came of all."""

    def __init__(self, url: str, number: int, tally: Counter[str]) -> None:
        self.url = url
        self.source = random.Random(number)
        self.number = number
        self.turn = 0
        self.tally = tally

    def next(self) -> tuple[str, str, Timeout]:
        """Return the url of the next request, how to end it, and its limits."""
        self.turn += 1
        how = self.source.choice(("read", "read", "partial", "timeout", "total", "cancel"))
        limits = Timeout(8)
        if how == "timeout":
            limits = Timeout(8, read=self.source.random() * 0.01)
        elif how == "total":
            limits = Timeout(8, total=self.source.random() * 0.02)
        return f"{self.url}/echo/{self.number}-{self.turn}", how, limits

    def check(self, content: bytes) -> None:
        """Check that a response is this request's own."""
        right = f'"/echo/{self.number}-{self.turn}"'.encode() in content
        self.tally["right" if right else "wrong"] += 1


@pytest.mark.parametrize("http2", [False, True])
def test_tasks_share_connections(http2: bool, asgi_server: AsgiServer, certificates: Certificates) -> None:
    tally: Counter[str] = Counter()

    async def one(client: AsyncClient, chance: Chance) -> None:
        url, how, limits = chance.next()

        async def run() -> None:
            async with client.stream("GET", url, timeout=limits) as response:
                if how != "partial":
                    chance.check(await response.read())

        task = asyncio.ensure_future(run())
        if how == "cancel":
            await asyncio.sleep(chance.source.random() * 0.01)
            task.cancel()
        try:
            await task
        except (asyncio.CancelledError, HTTPError) as error:
            tally[type(error).__name__] += 1

    async def work(client: AsyncClient, number: int, end: float) -> None:
        chance = Chance(asgi_server.https_url, number, tally)
        while time.monotonic() < end:
            await one(client, chance)

    async def main() -> None:
        options = {"verify": str(certificates.ca), "http2": http2}
        async with maker(options, Limits(max_connections=3))() as client:
            end = time.monotonic() + 1.5
            await asyncio.gather(*(work(client, number, end) for number in range(30)))
            stats = client.pool_stats()
            assert (stats.open, stats.waiting) == (stats.idle, 0)

    asyncio.run(main())
    assert tally["right"] > 20
    assert set(tally) <= {"right", "CancelledError", "ReadTimeout", "TotalTimeout"}, tally


@pytest.mark.parametrize("http2", [False, True])
def test_threads_share_connections(http2: bool, asgi_server: AsgiServer, certificates: Certificates) -> None:
    tally: Counter[str] = Counter()

    def work(client: Client, number: int, end: float) -> None:
        chance = Chance(asgi_server.https_url, number, tally)
        while time.monotonic() < end:
            url, how, limits = chance.next()
            try:
                with client.stream("GET", url, timeout=limits) as response:
                    if how != "partial":
                        chance.check(response.read())
            except HTTPError as error:
                tally[type(error).__name__] += 1

    engine = HttpcoreEngine(limits=Limits(max_connections=3), http2=http2, verify=str(certificates.ca))
    with Client(engine=engine) as client:
        end = time.monotonic() + 1.5
        threads = [threading.Thread(target=work, args=(client, number, end)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stats = client.pool_stats()
        assert (stats.open, stats.waiting) == (stats.idle, 0)
    assert tally["right"] > 20
    assert set(tally) <= {"right", "ReadTimeout", "TotalTimeout"}, tally


# Limits that strike while the server is silent, at each stage.


STAGES: dict[str, list[Step]] = {
    "head": [Hang()],
    "status line": [Send(b"HTTP/1.1 2"), Hang()],
    "headers": [Send(b"HTTP/1.1 200 OK\r\ncontent-le"), Hang()],
    "body": [Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"), Hang()],
    "chunk": [Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nha"), Hang()],
}
ANSWER = [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"] * 5


@pytest.mark.parametrize(
    ("limits", "error"), [(Timeout(0.1), ReadTimeout), (Timeout(5, total=0.1), TotalTimeout)], ids=["read", "total"]
)
@pytest.mark.parametrize("stage", STAGES)
def test_silent_server(stage: str, limits: Timeout, error: type[HTTPError]) -> None:
    with RawServer(STAGES[stage], ANSWER) as server:

        async def main() -> None:
            async with maker({})() as client:
                with pytest.raises(error):
                    await client.get(server.url, timeout=limits)
                assert (await client.get(server.url)).text == "ok"

        asyncio.run(main())
    with RawServer(STAGES[stage], ANSWER) as server, Client(engine=HttpcoreEngine(limits=ONE)) as client:
        with pytest.raises(error):
            client.get(server.url, timeout=limits)
        assert client.get(server.url).text == "ok"


def test_silence_in_the_handshake(certificates: Certificates) -> None:
    with RawServer([Hang()]) as server, Client(engine=HttpcoreEngine(limits=ONE)) as client:
        for _ in range(3):
            with pytest.raises(ConnectTimeout):
                client.get(server.url.replace("http:", "https:"), timeout=0.1)
        with pytest.raises(ReadTimeout):
            client.get(server.url, timeout=0.1)


# Threads.


@pytest.mark.parametrize("stage", STAGES)
def test_thread_is_cancelled(stage: str) -> None:
    with RawServer(STAGES[stage], ANSWER) as server, Client(engine=HttpcoreEngine(limits=ONE)) as client:
        task = spawn(client.get, server.url)
        while not server.connections or not server.received[0]:
            threading.Event().wait(0.005)
        task.cancel()
        assert task.wait(5)
        assert task.cancelled()
        assert client.get(server.url).text == "ok"


def test_waiting_thread_is_cancelled() -> None:
    with RawServer([Hang()], ANSWER) as server, Client(engine=HttpcoreEngine(limits=ONE)) as client:
        first = spawn(client.get, server.url)
        while not server.connections:
            threading.Event().wait(0.005)
        second = spawn(client.get, server.url)
        while not client.pool_stats().waiting:
            threading.Event().wait(0.005)
        second.cancel()
        assert second.wait(5)
        assert client.pool_stats().waiting == 0
        first.cancel()
        assert first.wait(5)
        with pytest.raises(RequestCancelled):
            first.value()
        assert client.get(server.url).text == "ok"


def test_pool_is_waited_for_no_longer_than_allowed() -> None:
    with RawServer([Hang()], ANSWER) as server, Client(engine=HttpcoreEngine(limits=ONE)) as client:
        first = spawn(client.get, server.url)
        while not server.connections:
            threading.Event().wait(0.005)
        with pytest.raises(PoolTimeout, match=r"no connection became free within 0.1 s; 1 are in use"):
            client.get(server.url, timeout=Timeout(pool=0.1))
        with pytest.raises(TotalTimeout):
            client.get(server.url, timeout=Timeout(pool=5, total=0.1))
        late = client.build_request("GET", server.url)
        late.deadline = Deadline(0)
        with pytest.raises(TotalTimeout):
            client.send(late)
        assert client.pool_stats().waiting == 0
        first.cancel()
        assert first.wait(5)


def test_closing_ends_what_is_under_way() -> None:
    with RawServer([Hang()], ANSWER) as server:
        client = Client(engine=HttpcoreEngine(limits=ONE))
        tasks = [spawn(client.get, server.url) for _ in range(3)]
        while not server.connections or client.pool_stats().waiting < 2:
            threading.Event().wait(0.005)
        client.close()
        for task in tasks:
            assert task.wait(5)
            assert isinstance(task.exception(), CloseError)


# Garbage.


@pytest.mark.parametrize("kind", ["plain", "tls", "http2"])
def test_response_that_is_dropped_frees_its_connection(kind: str, certificates: Certificates) -> None:
    async def main() -> None:
        async with served(kind, certificates) as (url, options), maker(options)() as client:
            for number in range(3):
                request = client.build_request("GET", f"{url}/x/50000")
                request.stream = True
                cycle: list[Any] = [await client.send(request)]
                cycle.append(cycle)
                del cycle
                with pytest.warns(ResourceWarning, match="dropped unread"):
                    gc.collect()
                await fetch(client, url, f"next-{number}")
            assert client.pool_stats().open == 1

    asyncio.run(main())


def test_dropped_response_of_a_thread_frees_its_connection() -> None:
    with RawServer(STAGES["body"], ANSWER) as server, Client(engine=HttpcoreEngine(limits=ONE)) as client:
        request = client.build_request("GET", server.url)
        request.stream = True
        response = client.send(request)
        with pytest.warns(ResourceWarning, match="dropped unread"):
            del response
        assert client.get(server.url).text == "ok"


@pytest.mark.parametrize("kind", ["plain", "tls", "http2"])
def test_iteration_that_is_dropped_frees_its_connection(kind: str, certificates: Certificates) -> None:
    async def main() -> None:
        async with served(kind, certificates) as (url, options), maker(options)() as client:
            for number in range(3):
                request = client.build_request("GET", f"{url}/x/50000")
                request.stream = True
                response: AsyncResponse | None = await client.send(request)
                assert response is not None
                async for _ in response.iter_raw():
                    break
                with pytest.warns(ResourceWarning, match="dropped unread"):  # noqa: PT031
                    response = None
                    gc.collect()
                await fetch(client, url, f"next-{number}")

    asyncio.run(main())

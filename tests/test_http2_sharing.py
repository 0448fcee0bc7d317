"""One HTTP/2 connection used by many: threads, tasks, event loops, forks, and a client that is closed meanwhile."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    Client,
    ClientClosed,
    Http2Options,
    HTTPError,
    Limits,
    NativeEngine,
    ReadTimeout,
    RequestCancelled,
    Timeout,
)

from .faults.leaks import nothing_left
from .servers.asgi import AsgiServer
from .servers.certificates import Certificates
from .servers.http2_peer import Http2Peer, run_http2_peer
from .servers.nginx import MEGABYTE, SMALL, Nginx

SEED = int(os.environ.get("DUOHTTP_SEED", "20261127"))
SECONDS = float(os.environ.get("DUOHTTP_SOAK_SECONDS", "3"))
ONE = Limits(max_connections=1)

pytestmark = pytest.mark.timeout(180)


def options(certificates: Certificates, **more: Any) -> dict[str, Any]:
    return {"http2": True, "verify": str(certificates.ca), "limits": ONE, "trust_env": False, **more}


def test_threads_share_a_connection(nginx: Nginx, certificates: Certificates) -> None:
    """32 threads, whole and partial reads, uploads and timeouts: every body belongs to its request."""
    tally: Counter[str] = Counter()
    failures: list[BaseException] = []

    def work(client: Client, number: int) -> None:
        source = random.Random(SEED * 100 + number)
        until = time.monotonic() + SECONDS
        count = 0
        try:
            while time.monotonic() < until:
                count += 1
                mark = f"{number}-{count}"
                how = source.choice(("whole", "whole", "whole", "echo", "partial", "timeout", "upload"))
                if how == "whole":
                    right = client.get(f"{nginx.https_url}/1mb.bin").content == MEGABYTE
                elif how == "echo":
                    text = client.get(f"{nginx.https_url}/echo?{mark}", headers={"X-Test": mark}).text
                    right = f"/echo?{mark}\n" in text and f"x-test={mark}\n" in text
                elif how == "upload":
                    content = mark.encode() * source.choice((1, 1000, 20_000))
                    right = client.put(f"{nginx.https_url}/uploads/{mark}", content=content).is_success
                    right = right and (nginx.uploads / mark).read_bytes() == content
                    (nginx.uploads / mark).unlink()
                elif how == "partial":
                    with client.stream("GET", f"{nginx.https_url}/1mb.bin") as response:
                        right = MEGABYTE.startswith(next(response.iter_raw()))
                else:
                    try:
                        client.get(f"{nginx.https_url}/slow/1mb.bin", timeout=Timeout(10, total=source.random() * 0.05))
                        right = False
                    except TimeoutError:
                        right = True
                tally[how if right else f"WRONG {how}"] += 1
        except BaseException as error:
            failures.append(error)

    with nothing_left(), Client(**options(certificates)) as client:
        threads = [threading.Thread(target=work, args=(client, number)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert [name for name in tally if name.startswith("WRONG")] == []
        assert sum(tally.values()) > 50
        stats = client.pool_stats()
        assert (stats.opened, stats.streams, stats.waiting, stats.idle) == (1, 0, 0, 1)
        assert client.get(f"{nginx.https_url}/small.txt").content == SMALL


NARROW = NativeEngine(
    limits=Limits(max_connections=4), http2_options=Http2Options(max_streams=3, stream_window=70_000, probe_after=0.0)
)
"""A few connections for a few requests each, and every idle one is asked whether its server is there."""


@pytest.mark.parametrize("engine", [None, NARROW], ids=["one", "few"])
def test_tasks_share_connections(nginx: Nginx, certificates: Certificates, engine: NativeEngine | None) -> None:
    tally: Counter[str] = Counter()

    async def work(client: AsyncClient, number: int) -> None:
        source = random.Random(SEED * 100 + number)
        until = time.monotonic() + SECONDS / 2
        while time.monotonic() < until:
            mark = f"{number}-{source.random()}"
            how = source.choice(("whole", "echo", "echo", "echo", "partial", "cancel", "timeout"))
            right = True
            if how == "whole":
                right = (await client.get(f"{nginx.https_url}/1mb.bin")).content == MEGABYTE
            elif how == "echo":
                right = f"/echo?{mark}\n" in (await client.get(f"{nginx.https_url}/echo?{mark}")).text
            elif how == "partial":
                async with client.stream("GET", f"{nginx.https_url}/1mb.bin") as response:
                    async for piece in response.iter_raw():
                        right = MEGABYTE.startswith(piece)
                        break
            elif how == "cancel":
                task = asyncio.ensure_future(client.get(f"{nginx.https_url}/slow/1mb.bin"))
                await asyncio.sleep(source.random() * 0.02)
                task.cancel()
                await asyncio.wait([task])
            else:
                try:
                    await client.get(
                        f"{nginx.https_url}/slow/1mb.bin", timeout=Timeout(10, read=source.random() * 0.02)
                    )
                except ReadTimeout:
                    pass
                except TimeoutError:
                    right = False
            tally[how if right else f"WRONG {how}"] += 1

    async def main() -> None:
        async with AsyncClient(**options(certificates), engine=engine) as client:
            await asyncio.gather(*(work(client, number) for number in range(32)))
            stats = client.pool_stats()
            assert (stats.streams, stats.waiting, stats.idle) == (0, 0, stats.open)
            assert stats.opened == 1 if engine is None else stats.open <= 4
            assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL

    with nothing_left():
        asyncio.run(main())
    assert [name for name in tally if name.startswith("WRONG")] == []
    assert sum(tally.values()) > 50


def test_a_cancelled_thread_that_reads_for_all_leaves_the_connection(
    asgi_server: AsgiServer, certificates: Certificates
) -> None:
    with Client(**options(certificates)) as client:
        client.get(f"{asgi_server.https_url}/echo")
        with client.scope(supervisor=True) as scope:
            reader = scope.get(f"{asgi_server.https_url}/slow?delay=30")
            others = [scope.get(f"{asgi_server.https_url}/slow?delay=0.5") for _ in range(4)]
            time.sleep(0.2)
            reader.cancel()
            assert [other.result().status_code for other in others] == [200] * 4
        with pytest.raises(RequestCancelled):
            reader.result()
        stats = client.pool_stats()
        assert (stats.opened, stats.streams) == (1, 0)


def test_closing_a_client_that_threads_use(asgi_server: AsgiServer, certificates: Certificates) -> None:
    outcomes: list[object] = []

    def work(client: Client) -> None:
        try:
            while True:
                client.get(f"{asgi_server.https_url}/slow?delay=0.05")
        except BaseException as error:
            outcomes.append(error)

    with nothing_left():
        client = Client(**options(certificates))
        threads = [threading.Thread(target=work, args=(client,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        client.close()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)
    assert len(outcomes) == 8
    assert {type(outcome).__name__ for outcome in outcomes} <= {"CloseError", "ClientClosed"}


def test_closing_a_client_that_tasks_use(asgi_server: AsgiServer, certificates: Certificates) -> None:
    async def main() -> list[Any]:
        client = AsyncClient(**options(certificates))
        await client.get(f"{asgi_server.https_url}/echo")
        tasks = [asyncio.ensure_future(client.get(f"{asgi_server.https_url}/slow?delay=30")) for _ in range(8)]
        await asyncio.sleep(0.2)
        await client.aclose()
        async with asyncio.timeout(5):
            return await asyncio.gather(*tasks, return_exceptions=True)

    with nothing_left():
        outcomes = asyncio.run(main())
    assert {type(outcome).__name__ for outcome in outcomes} <= {"CloseError", "ClientClosed"}


def leaving(peer: Http2Peer) -> None:
    """Say goodbye while a body comes, and break the connection."""
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    peer.greet(window=2**30)
    peer.open_window(0, 2**30)
    peer.reply(peer.request().stream)
    peer.request()
    peer.goaway(1)
    peer.sock.shutdown(socket.SHUT_RDWR)


def serving(peer: Http2Peer) -> None:
    peer.greet()
    peer.serve()


def test_a_goodbye_before_the_break_tells_more_than_the_break() -> None:
    """Not on uvloop, which drops what came when a write fails."""

    async def post(url: str) -> str:
        async with AsyncClient(http1=False, trust_env=False) as client:
            await client.get(url)
            return (await client.post(url, content=bytes(6 * 2**20))).text

    with run_http2_peer(leaving, serving) as server:
        assert asyncio.run(post(f"{server.url}/a")) == "/a"
        assert server.connections == 2
    with run_http2_peer(leaving, serving) as server, Client(http1=False, trust_env=False) as client:
        client.get(f"{server.url}/a")
        assert client.post(f"{server.url}/a", content=bytes(6 * 2**20)).text == "/a"


def test_event_loops_one_after_the_other(nginx: Nginx, certificates: Certificates) -> None:
    client = AsyncClient(**options(certificates))

    async def some() -> set[bytes]:
        responses = await client.parallel_get([f"{nginx.https_url}/small.txt"] * 10)
        return {response.content for response in responses}

    with nothing_left():
        for _ in range(3):
            assert asyncio.run(some()) == {SMALL}
        asyncio.run(client.aclose())


def test_event_loops_at_once(nginx: Nginx, certificates: Certificates) -> None:
    client = AsyncClient(**options(certificates, limits=Limits()))
    results: list[set[bytes]] = []

    def run() -> None:
        async def some() -> None:
            for _ in range(5):
                responses = await client.parallel_get([f"{nginx.https_url}/small.txt"] * 10)
                results.append({response.content for response in responses})

        asyncio.run(some())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{SMALL}] * 20
    asyncio.run(client.aclose())


def in_child(client: Client, url: str, pipe: Any) -> None:
    try:
        pipe.send((client.get(url).text.split()[1], client.pool_stats().opened))
    except HTTPError as error:
        pipe.send(repr(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_opens_its_own_connection(nginx: Nginx, certificates: Certificates) -> None:
    url = f"{nginx.https_url}/connection"
    context = multiprocessing.get_context("fork")
    with Client(**options(certificates)) as client:
        before = client.get(url).text.split()[1]
        with client.stream("GET", f"{nginx.https_url}/1mb.bin") as response:
            here, there = context.Pipe()
            child = context.Process(target=in_child, args=(client, url, there))
            child.start()
            assert here.poll(20)
            connection, opened = here.recv()
            child.join(10)
            assert (connection != before, opened) == (True, 1)
            assert response.read() == MEGABYTE  # the child closed nothing of the parent's
        assert client.get(url).text.split()[1] == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_while_a_thread_is_at_work_on_the_connection(nginx: Nginx, certificates: Certificates) -> None:
    """A lock that another thread held at the fork is held for ever in the child."""
    url = f"{nginx.https_url}/connection"
    context = multiprocessing.get_context("fork")
    holding, done = threading.Event(), threading.Event()
    with Client(**options(certificates)) as client:
        client.get(url)
        driver: Any = client._engine
        (connection,) = driver._pool._connections

        def hold() -> None:
            with connection.lock, driver._pool._lock:
                holding.set()
                done.wait(30)

        thread = threading.Thread(target=hold)
        thread.start()
        assert holding.wait(10)
        here, there = context.Pipe()
        child = context.Process(target=in_child, args=(client, url, there))
        child.start()
        answered = here.poll(20)
        done.set()
        thread.join()
        child.kill()
        child.join(10)
        assert answered
        assert here.recv()[1] == 1


@pytest.mark.parametrize("ending", ["", "client.close()", "del client", "raise SystemExit"])
def test_the_interpreter_ends_cleanly(nginx: Nginx, certificates: Certificates, ending: str) -> None:
    script = f"""
import duohttp
client = duohttp.Client(http2=True, verify={str(certificates.ca)!r}, trust_env=False)
stream = client.stream("GET", {nginx.https_url + "/100mb.bin"!r})
response = stream.__enter__()
print(response.http_version)
{ending}
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("HTTP/2\n", "", 0)


def test_a_client_that_was_closed(nginx: Nginx, certificates: Certificates) -> None:
    client = Client(**options(certificates))
    client.get(f"{nginx.https_url}/small.txt")
    client.close()
    with pytest.raises(ClientClosed):
        client.get(f"{nginx.https_url}/small.txt")

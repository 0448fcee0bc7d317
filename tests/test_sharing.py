"""One client used by many: threads, tasks, event loops, forks, and the end of the interpreter."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    Client,
    ClientClosed,
    CloseError,
    HttpcoreEngine,
    HTTPError,
    Limits,
    NativeEngine,
    Plugin,
    Request,
    Stage,
    Timeout,
)
from duohttp.plugins.flow import call

from .echo_server import body_of, echo_server

SEED = int(os.environ.get("DUOHTTP_SEED", "20261124"))
SECONDS = float(os.environ.get("DUOHTTP_SOAK_SECONDS", "4"))
MODES = ("length", "length", "chunked", "close", "drop", "stall")


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    with echo_server() as url:
        yield url


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


class Plan:
    """What one request does, from a seeded source."""

    def __init__(self, source: random.Random, identity: str) -> None:
        self.size = source.choice((0, 10, 1000, 70_000))
        self.mode = source.choice(MODES)
        self.how = source.choice(("read", "read", "read", "partial", "timeout", "cancel"))
        self.wait = source.random() * 0.01
        self.identity = identity
        delay = source.choice((0, 0, 0, 1, 5))
        self.target = f"/{identity}?delay={delay}&size={self.size}&mode={self.mode}"

    def check(self, content: bytes, tally: Counter[str], *, whole: bool) -> None:
        expected = body_of(self.identity, self.size)
        right = content == expected if whole else expected.startswith(content)
        tally["right" if right else "WRONG"] += 1


@pytest.mark.timeout(180)
def test_threads_share_a_client(echo: str) -> None:
    """32 threads, random partial reads and timeouts: every body belongs to its request, and nothing is left."""
    before = descriptors()
    tally: Counter[str] = Counter()
    end = time.monotonic() + SECONDS
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        with Client(limits=Limits(max_connections=16), timeout=Timeout(5)) as client:

            def work(number: int) -> None:
                source = random.Random(SEED * 1000 + number)
                counts: Counter[str] = Counter()
                turn = 0
                while time.monotonic() < end:
                    turn += 1
                    plan = Plan(source, f"{number}-{turn}")
                    timeout = Timeout(5, read=plan.wait) if plan.how in ("timeout", "cancel") else Timeout(5)
                    try:
                        with client.stream("GET", echo + plan.target, timeout=timeout) as response:
                            if plan.how == "partial":
                                for piece in response.iter_bytes():
                                    plan.check(piece, counts, whole=False)
                                    break
                            else:
                                plan.check(response.read(), counts, whole=True)
                    except HTTPError as error:
                        counts[type(error).__name__] += 1
                tally.update(counts)

            threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            stats = client.pool_stats()
            assert stats.open == stats.idle <= 16
            assert stats.waiting == 0
            assert client.get(f"{echo}/last").content == body_of("last", 0)
    finally:
        sys.setswitchinterval(switch)
    assert tally["WRONG"] == 0, f"seed {SEED}: {tally}"
    assert tally["right"] > 500, tally
    assert tally["ServerDisconnected"] > 0, tally
    gc.collect()
    assert descriptors() <= before


@pytest.mark.timeout(180)
def test_tasks_share_a_client(echo: str) -> None:
    """500 tasks, random cancels, timeouts and partial reads: every body belongs to its request."""
    tally: Counter[str] = Counter()

    async def one(client: AsyncClient, plan: Plan) -> None:
        timeout = Timeout(5, read=plan.wait) if plan.how == "timeout" else Timeout(5)
        try:
            async with client.stream("GET", echo + plan.target, timeout=timeout) as response:
                if plan.how == "partial":
                    async for piece in response.iter_bytes():
                        plan.check(piece, tally, whole=False)
                        break
                else:
                    plan.check(await response.read(), tally, whole=True)
        except HTTPError as error:
            tally[type(error).__name__] += 1

    async def work(client: AsyncClient, number: int, end: float) -> None:
        source = random.Random(SEED * 1000 + number)
        turn = 0
        while time.monotonic() < end:
            turn += 1
            plan = Plan(source, f"{number}-{turn}")
            task = asyncio.ensure_future(one(client, plan))
            if plan.how == "cancel":
                await asyncio.sleep(plan.wait)
                task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                tally["cancelled"] += 1

    async def main() -> None:
        async with AsyncClient(limits=Limits(max_connections=50), timeout=Timeout(5)) as client:
            end = time.monotonic() + SECONDS
            await asyncio.gather(*(work(client, number, end) for number in range(500)))
            stats = client.pool_stats()
            assert stats.open == stats.idle <= 50
            assert stats.waiting == 0
            assert (await client.get(f"{echo}/last")).content == body_of("last", 0)
            assert len(asyncio.all_tasks()) == 1

    before = descriptors()
    asyncio.run(main())
    assert tally["WRONG"] == 0, f"seed {SEED}: {tally}"
    assert tally["right"] > 500, tally
    assert tally["cancelled"] > 0, tally
    gc.collect()
    assert descriptors() <= before


def test_closing_a_client_that_threads_use(echo: str) -> None:
    """Whatever is under way ends at once, with an error of ours that says why."""
    client = Client(limits=Limits(max_connections=4))
    started = threading.Barrier(9)
    caught: list[BaseException | None] = []

    def work(number: int) -> None:
        started.wait()
        try:
            client.get(f"{echo}/{number}?delay=20000")
            caught.append(None)
        except BaseException as error:
            caught.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    started.wait()
    deadline = time.monotonic() + 10
    while (stats := client.pool_stats()).open < 4 or stats.waiting < 4:
        assert time.monotonic() < deadline, stats
        time.sleep(0.01)
    client.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert [type(error) for error in caught] == [CloseError] * 8
    with pytest.raises(ClientClosed):
        client.get(f"{echo}/x")


def test_event_loops_one_after_the_other(echo: str) -> None:
    client = AsyncClient()

    async def twice() -> bytes:
        await client.get(f"{echo}/x")
        return (await client.get(f"{echo}/y")).content

    before = descriptors()
    for _ in range(5):
        assert asyncio.run(twice()) == body_of("y", 0)
    # The loops are gone, and so are the connections that lived in them, but for the last one's.
    gc.collect()
    assert descriptors() <= before + 1

    async def end() -> None:
        await client.aclose()

    asyncio.run(end())
    gc.collect()
    assert descriptors() <= before


@pytest.mark.parametrize("engine", [NativeEngine(), HttpcoreEngine()], ids=["native", "httpcore"])
def test_runs_of_trio_one_after_the_other(echo: str, engine: NativeEngine | HttpcoreEngine) -> None:
    trio = pytest.importorskip("trio")
    client = AsyncClient(engine=engine)

    async def once() -> bytes:
        return (await client.get(f"{echo}/x")).content

    before = descriptors()
    for _ in range(5):
        assert trio.run(once) == body_of("x", 0)
    gc.collect()
    assert descriptors() <= before + 1
    trio.run(client.aclose)
    gc.collect()
    assert descriptors() <= before


@pytest.mark.parametrize("engine", [NativeEngine(), HttpcoreEngine()], ids=["native", "httpcore"])
def test_a_thread_without_an_event_loop_counts_connections(echo: str, engine: NativeEngine | HttpcoreEngine) -> None:
    client = AsyncClient(engine=engine)
    assert client.pool_stats().open == 0

    async def main() -> None:
        await asyncio.gather(*(client.get(f"{echo}/{number}?delay=50") for number in range(3)))
        stats = await asyncio.to_thread(client.pool_stats)
        assert (stats.open, stats.idle, stats.opened) == (3, 3, 3)
        await client.aclose()
        assert (await asyncio.to_thread(client.pool_stats)).open == 0

    asyncio.run(main())


@pytest.mark.parametrize("engine", [NativeEngine(), HttpcoreEngine()], ids=["native", "httpcore"])
def test_a_closed_client_opens_nothing_for_a_retry(echo: str, engine: NativeEngine | HttpcoreEngine) -> None:
    """The client is closed while a plugin waits before it sends again."""
    closed: list[int] = []

    class Again(Plugin):
        stage = Stage.RETRY

        def flow(self, request: Request) -> Any:
            yield request
            yield call(client.aclose)
            closed.append(1)
            return (yield request)

    client = AsyncClient(engine=engine, plugins=[Again()])

    async def main() -> None:
        with pytest.raises(CloseError, match="the client was closed"):
            await client.get(f"{echo}/x")

    asyncio.run(main())
    assert closed == [1]
    assert client.pool_stats().opened == 0


def test_event_loops_at_once(echo: str) -> None:
    client = AsyncClient()
    found: list[bytes] = []
    errors: list[BaseException] = []

    def run(number: int) -> None:
        async def main() -> None:
            for turn in range(50):
                response = await client.get(f"{echo}/{number}-{turn}")
                if response.content != body_of(f"{number}-{turn}", 0):
                    raise AssertionError("a response of another request")
                found.append(response.content)

        try:
            asyncio.run(main())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(found) == 200


def _child(client: Client, url: str, queue: multiprocessing.Queue[tuple[bytes, int]]) -> None:
    content = client.get(f"{url}/child").content
    queue.put((content, client.pool_stats().opened))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_opens_its_own_connections(echo: str) -> None:
    context = multiprocessing.get_context("fork")
    with Client() as client:
        client.get(f"{echo}/parent")
        queue: multiprocessing.Queue[tuple[bytes, int]] = context.Queue()
        process = context.Process(target=_child, args=(client, echo, queue))
        process.start()
        assert queue.get(timeout=20) == (body_of("child", 0), 1)
        process.join(20)
        assert process.exitcode == 0
        # The parent's connection is untouched by the child.
        assert client.get(f"{echo}/again").content == body_of("again", 0)
        assert client.pool_stats().opened == 1
        queue.close()
        queue.join_thread()


SCRIPTS = {
    "open client": "client = Client(); print(client.get(url).status_code)",
    "dropped client": "print(Client().get(url).status_code)",
    "async client": (
        "async def main():\n"
        "    asyncio.get_running_loop().slow_callback_duration = 60  # a busy machine is no finding\n"
        "    global client\n"
        "    client = AsyncClient()\n"
        "    print((await client.get(url)).status_code)\n"
        "asyncio.run(main())"
    ),
    "threads": (
        "import threading\nclient = Client()\n"
        "threads = [threading.Thread(target=client.get, args=(url,)) for _ in range(8)]\n"
        "[thread.start() for thread in threads]\n[thread.join() for thread in threads]\nprint(200)"
    ),
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_the_interpreter_ends_cleanly_with_an_open_client(echo: str, script: str) -> None:
    source = f"import asyncio\nfrom duohttp import AsyncClient, Client\nurl = {echo + '/x'!r}\n{script}\n"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1] / ".dev")}
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", source],
        capture_output=True,
        text=True,
        env=environment,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "200", "")

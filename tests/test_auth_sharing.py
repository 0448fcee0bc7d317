"""One BearerAuth used by many: threads, event loops, clients of both colours, and forks."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
import trio

from duohttp import AsyncClient, BearerAuth, Client, DigestAuth, MockEngine, reply
from duohttp.engines.mock import Recorded, Reply

from .digest_server import DigestServer
from .servers.asgi import AsgiServer

URL = "http://a.test/"
SECONDS = 30.0


def answer(recorded: Recorded) -> Reply:
    """Take the token "new"."""
    return reply(200 if recorded.headers.get("authorization") == "Bearer new" else 401)


class Source:
    """Gives the token "new" when it may go on, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.began, self.go = threading.Event(), threading.Event()

    def refresh(self, old: Any) -> str:
        """Give another token."""
        self.asked += 1
        self.began.set()
        assert self.go.wait(SECONDS)
        return "new"


def waiting(auth: BearerAuth) -> int:
    """Return how many wait for tokens."""
    states: Any = vars(auth)["_states"]
    fetch = states[0].value.fetch
    return 0 if fetch is None else len(fetch.waiters)


def until(condition: Callable[[], object]) -> None:
    """Wait for what another thread is about to do."""
    tick = threading.Event()
    for _ in range(int(SECONDS * 1000)):
        if condition():
            return
        tick.wait(0.001)
    raise AssertionError("it did not happen")


def test_two_hundred_threads_cause_one_refresh(asgi_server: AsgiServer) -> None:
    calls = []
    everybody = threading.Barrier(200, timeout=SECONDS)

    def refresh(old: Any) -> str:
        calls.append(threading.current_thread().name)
        return "letmein"

    def held(request: Any, proceed: Any) -> Any:
        response = proceed(request)
        if request.headers["authorization"] == "Bearer old":
            everybody.wait()  # nobody is refreshed before all were refused
        return response

    with Client(base_url=asgi_server.url, auth=BearerAuth("old", refresh_tokens=refresh)) as client:
        client.intercept(held)
        with ThreadPoolExecutor(200) as pool:
            statuses = list(pool.map(lambda _: client.get("bearer").status_code, range(200)))
    assert statuses == [200] * 200
    assert len(calls) == 1


@pytest.mark.parametrize("first", ["thread", "loop"])
def test_both_colours_wait_for_one_refresh(first: str) -> None:
    source = Source()
    auth = BearerAuth("old", refresh_tokens=source.refresh)

    def blocking() -> int:
        return Client(engine=MockEngine(answer), plugins=[auth]).get(URL).status_code

    async def get() -> int:
        return (await AsyncClient(engine=MockEngine(answer), plugins=[auth]).get(URL)).status_code

    def tasks() -> int:
        # The blocking function would stop a loop that shares its thread with others, so this one has its own.
        return asyncio.run(get())

    starters = [blocking, tasks] if first == "thread" else [tasks, blocking]
    with ThreadPoolExecutor(3) as pool:
        results = [pool.submit(starters[0])]
        assert source.began.wait(SECONDS)
        results += [pool.submit(starters[1]), pool.submit(lambda: trio.run(get))]
        until(lambda: waiting(auth) == 3)
        source.go.set()
        assert [result.result(SECONDS) for result in results] == [200, 200, 200]
    assert source.asked == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_that_ends_takes_nothing_with_it(backend: str) -> None:
    """A refresh that its loop interrupts is begun again by the next who needs it."""
    asked = []
    began: list[anyio.Event] = []

    async def refresh(old: Any) -> str:
        asked.append(old)
        if len(asked) == 1:
            began[0].set()
            await anyio.sleep(SECONDS)
        return "new"

    auth = BearerAuth("old", refresh_tokens=refresh)

    async def get() -> int:
        return (await AsyncClient(engine=MockEngine(answer), plugins=[auth]).get(URL)).status_code

    async def given_up() -> None:
        began.append(anyio.Event())
        async with anyio.create_task_group() as group:
            group.start_soon(get)
            await began[0].wait()
            group.cancel_scope.cancel()

    anyio.run(given_up, backend=backend)
    assert anyio.run(get, backend=backend) == 200
    assert len(asked) == 2


def test_async_functions_are_for_the_async_client() -> None:
    async def load() -> str:
        return "new"

    client = Client(engine=MockEngine(answer), plugins=[BearerAuth(load_tokens=load)])
    with pytest.raises(TypeError, match="is async; the blocking client needs a plain function"):
        client.get(URL)


def child(client: Client, queue: Any) -> None:
    """Use the client in a forked process."""
    queue.put((os.getpid(), client.get(URL).status_code))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("held", [False, True])
def test_a_fork_waits_for_nobody(held: bool) -> None:
    """A child process never waits for a refresh, or a lock, that only its parent could end."""
    parent, source = os.getpid(), Source()

    def refresh(old: Any) -> str:
        return "new" if os.getpid() != parent else source.refresh(old)

    auth = BearerAuth("old", refresh_tokens=refresh)
    client = Client(engine=MockEngine(answer), plugins=[auth])
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(client.get, URL)
        assert source.began.wait(SECONDS)
        states: Any = vars(auth)["_states"]
        if held:
            states[0].lock.acquire()
        process = context.Process(target=child, args=(client, queue))
        process.start()
        if held:
            states[0].lock.release()
        assert queue.get(timeout=SECONDS) == (process.pid, 200)
        process.join(SECONDS)
        source.go.set()
        assert result.result(SECONDS).status_code == 200
    assert process.exitcode == 0
    assert source.asked == 1


def test_threads_and_loops_never_share_a_nonce_count() -> None:
    server = DigestServer()
    auth = DigestAuth("ada", "secret")
    blocking = Client(engine=server.engine, plugins=[auth])
    assert blocking.get(URL).status_code == 200

    async def many() -> list[int]:
        client = AsyncClient(engine=server.engine, plugins=[auth])
        return [response.status_code for response in await asyncio.gather(*[client.get(URL) for _ in range(50)])]

    with ThreadPoolExecutor(16) as pool:
        loops = [pool.submit(lambda: asyncio.run(many())) for _ in range(2)]
        threads = list(pool.map(lambda _: blocking.get(URL).status_code, range(100)))
        assert [loop.result(SECONDS) for loop in loops] == [[200] * 50] * 2
    assert threads == [200] * 100
    assert server.problems == []
    assert len(server.nonces["nonce-1"]) == 201

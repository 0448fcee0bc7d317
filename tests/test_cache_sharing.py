"""One cache in many hands: threads, clients of both colours, a forked child."""

from __future__ import annotations

import asyncio
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

from duohttp import AsyncClient, Client, HttpCache, MemoryCacheStorage, MockEngine, reply
from duohttp.engines.mock import Recorded

URL = "http://a.test/"
HOUR = {"Cache-Control": "max-age=3600", "ETag": '"1"'}


class BlockingStorage(MemoryCacheStorage):
    blocking: ClassVar[bool] = True


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.001)


def state_of(cache: HttpCache) -> Any:
    (state,) = vars(cache)["_states"].values()
    return state.value


def waiting(cache: HttpCache) -> int:
    if "_states" not in vars(cache):
        return 0
    return sum(len(flight.waiters) for flight in list(state_of(cache).flights._flights.values()))


async def get_async(engine: MockEngine, cache: HttpCache) -> tuple[str, str]:
    async with AsyncClient(engine=engine, plugins=[cache]) as client:
        response = await client.get(URL)
        assert response.cache_status is not None
        return response.cache_status.outcome, response.text


def get_blocking(engine: MockEngine, cache: HttpCache) -> tuple[str, str]:
    with Client(engine=engine, plugins=[cache]) as client:
        response = client.get(URL)
        assert response.cache_status is not None
        return response.cache_status.outcome, response.text


@pytest.mark.parametrize("storage", [MemoryCacheStorage, BlockingStorage])
def test_both_colours_share_what_is_stored(storage: type[MemoryCacheStorage]) -> None:
    engine = MockEngine(reply(200, text="x", headers=HOUR), cycle=False)
    cache = HttpCache(storage())
    assert get_blocking(engine, cache) == ("miss", "x")
    assert asyncio.run(get_async(engine, cache)) == ("hit", "x")
    assert get_blocking(engine, cache) == ("hit", "x")


@pytest.mark.parametrize("leader", ["blocking", "async"])
def test_both_colours_wait_for_one_request(leader: str) -> None:
    cache = HttpCache()
    sent, go = threading.Event(), threading.Event()

    def answer(request: Recorded) -> Any:
        sent.set()
        assert go.wait(20)
        return reply(200, text="x", headers=HOUR)

    engine = MockEngine(answer)
    calls: list[Callable[[], tuple[str, str]]] = [
        lambda: get_blocking(engine, cache),
        lambda: asyncio.run(get_async(engine, cache)),
    ]
    if leader == "async":
        calls.reverse()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(calls[0])
        assert sent.wait(20)
        second = pool.submit(calls[1])
        until(lambda: waiting(cache) == 1)
        go.set()
        assert first.result(20) == ("miss", "x")
        assert second.result(20) == ("hit", "x")
    assert len(engine.history) == 1


def test_many_threads() -> None:
    """Each gets a right body, whatever is stored, confirmed, removed and changed meanwhile."""
    controls = ["max-age=60", "no-cache", "no-store", "max-age=0, stale-while-revalidate=60", "max-age=0"]

    def answer(request: Recorded) -> Any:
        path = request.url.path
        number = int(path.strip("/"))
        headers = {"Cache-Control": controls[number % 5], "ETag": f'"{number}"', "X-Path": path}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return reply(304, headers=headers)
        return reply(200, content=path.encode() * 5000, headers=headers)

    engine = MockEngine()
    engine.on("GET").answer(answer)
    engine.on("POST").reply(204)
    cache = HttpCache(MemoryCacheStorage(120_000))
    outcomes: set[str] = set()

    def work(worker: int) -> None:
        for turn in range(60):
            path = f"/{(worker * 7 + turn) % 10}"
            if turn % 20 == 19:
                client.post(f"http://a.test{path}")
            if turn % 3:
                response = client.get(f"http://a.test{path}")
                content = response.content
            else:
                with client.stream("GET", f"http://a.test{path}") as response:
                    content = response.read()
            assert content == path.encode() * 5000
            assert response.headers["x-path"] == path
            assert response.cache_status is not None
            outcomes.add(response.cache_status.outcome)

    with Client(engine=engine, plugins=[cache]) as client, ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert outcomes == {"hit", "miss", "revalidated", "stale"}
    state = state_of(cache)
    assert (len(state.flights), state._pending, state.refreshing, state.background) == (0, {}, set(), set())


def test_who_looked_too_early_looks_again() -> None:
    """Between the look at the storage and the sending another request may have come and gone."""
    looked, go = threading.Event(), threading.Event()

    class Slow(MemoryCacheStorage):
        def entries(self, key: str) -> Any:
            found = super().entries(key)
            if threading.current_thread().name == "late" and not looked.is_set():
                looked.set()
                assert go.wait(20)
            return found

    engine = MockEngine(reply(200, text="x", headers=HOUR))
    found = []
    with Client(engine=engine, plugins=[HttpCache(Slow())]) as client:
        late = threading.Thread(target=lambda: found.append(client.get(URL).from_cache), name="late")
        late.start()
        assert looked.wait(20)
        assert not client.get(URL).from_cache
        go.set()
        late.join(20)
    assert found == [True]
    assert len(engine.history) == 1


def test_a_client_without_a_cache_loads_nothing_of_it() -> None:
    code = (
        "import sys, duohttp; client = duohttp.Client(engine=duohttp.MockEngine(duohttp.reply(200)));"
        "client.get('http://a.test/'); print(*[name for name in sys.modules if 'cach' in name and 'duohttp' in name])"
    )
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["duohttp.values.cached_response"]


def test_no_thread_is_left() -> None:
    """Closing ends what is validated beside its use, in whatever thread that is."""
    go = threading.Event()

    def names() -> list[str]:
        return [thread.name for thread in threading.enumerate()]

    def answer(request: Recorded) -> Any:
        if "if-none-match" in request.headers:
            go.wait(20)
        return reply(200, text="x", headers={"Cache-Control": "max-age=0, stale-while-revalidate=60", "ETag": '"1"'})

    cache = HttpCache()
    with Client(engine=MockEngine(answer), plugins=[cache]) as client:
        client.get(URL)
        assert client.get(URL).from_cache
        assert "duohttp" in names()
        go.set()
    assert "duohttp" not in names()


def child(connection: Any, client: Client) -> None:
    response = client.get(URL)
    connection.send((response.from_cache, response.text))
    connection.close()


def test_a_forked_child_asks_itself() -> None:
    """It takes no locks along, and none of what its parent waited for."""
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("needs fork")
    cache = HttpCache()
    client = Client(engine=MockEngine(reply(200, text="x", headers=HOUR)), plugins=[cache])
    client.get(URL)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    storage = cache.storage
    assert isinstance(storage, MemoryCacheStorage)
    (state,) = vars(cache)["_states"].values()
    with storage._room().lock, state.lock:  # as if other threads were at it
        process = context.Process(target=child, args=(theirs, client))
        process.start()
    assert ours.poll(20)
    assert ours.recv() == (False, "x")
    process.join(20)
    assert process.exitcode == 0
    assert client.get(URL).from_cache

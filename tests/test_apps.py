"""Applications in this process, where tasks, threads, loops and processes end."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
import trio

from duohttp import AsgiEngine, AsyncClient, Client, CloseError, RequestCancelled, WsgiEngine

from .apps.asgi import END, PIECE, START, Lives, Script
from .apps.wsgi import Pieces, Waiting, environ_app
from .servers.asgi_app import app

BASE = "http://app.test"


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duohttp._apps.asgi_host.GRACE", 0.1)


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


def threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("messages", [[30], [START, 30], [START, PIECE, 30]], ids=["head", "body", "middle"])
def test_a_cancelled_request_ends_the_application(backend: str, messages: list[Any]) -> None:
    script = Script(*messages)

    async def main() -> None:
        async with AsyncClient(engine=AsgiEngine(script), base_url=BASE) as client:
            with anyio.move_on_after(0.05) as scope:
                await client.get("x")
            assert scope.cancelled_caught
            await anyio.to_thread.run_sync(until, lambda: script.ended)
            assert script.ended in ("CancelledError", "Cancelled")
        if backend == "asyncio":
            assert asyncio.all_tasks() == {asyncio.current_task()}
        else:
            assert len(trio.lowlevel.current_task().parent_nursery.child_tasks) == 1  # type: ignore[union-attr]

    anyio.run(main, backend=backend)


def test_a_cancelled_scope_ends_its_requests() -> None:
    script = Script(START, PIECE, 30)
    with Client(engine=AsgiEngine(script), base_url=BASE) as client:
        with client.scope() as scope:
            job = scope.get("x")
            until(lambda: script.done == 2)
            scope.cancel()
        with pytest.raises(RequestCancelled):
            job.result()
        until(lambda: script.ended == "CancelledError")
    before = set(threads("duohttp-wsgi"))
    waiting = Waiting()
    with Client(engine=WsgiEngine(waiting), base_url=BASE) as client:
        with client.scope() as scope:
            job = scope.get("x")
            until(lambda: set(threads("duohttp-wsgi")) - before)
            scope.cancel()
        with pytest.raises(RequestCancelled):
            job.result()
        waiting.go.set()
    until(lambda: not set(threads("duohttp-wsgi")) - before)


def test_the_thread_of_an_application_ends_with_the_client() -> None:
    lives = Lives()
    client = Client(engine=AsgiEngine(lives), base_url=BASE)
    assert threads("duohttp-asgi") == []
    client.get("x")
    client.get("x")
    (thread,) = threads("duohttp-asgi")
    client.close()
    assert not thread.is_alive()
    assert lives.events[-1] == "shutdown"


def test_the_thread_of_an_application_ends_with_a_client_that_is_dropped() -> None:
    client = Client(engine=AsgiEngine(app), base_url=BASE)
    client.get("users/1")
    (thread,) = threads("duohttp-asgi")
    del client
    gc.collect()
    until(lambda: not thread.is_alive())


def test_threads_share_one_application() -> None:
    lives = Lives()
    with Client(engine=AsgiEngine(lives), base_url=BASE) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: client.get(f"{number}").status_code, range(100)))
        assert len(threads("duohttp-asgi")) == 1
    assert answers == [200] * 100
    assert lives.events == ["startup", *["request"] * 100, "shutdown"]
    with Client(engine=WsgiEngine(environ_app), base_url=BASE) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: client.get(f"{number}").status_code, range(100)))
    assert answers == [200] * 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("engine", [AsgiEngine(Lives()), WsgiEngine(environ_app)], ids=["asgi", "wsgi"])
def test_a_forked_child_runs_the_application_anew(engine: Any) -> None:
    with Client(engine=engine, base_url=BASE, timeout=10) as client:
        assert client.get("x").status_code == 200
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if client.get("x").status_code == 200 else 2
                client.close()
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.get("x").status_code == 200


def test_each_event_loop_has_its_own_lifespan() -> None:
    lives = Lives()
    client = AsyncClient(engine=AsgiEngine(lives), base_url=BASE)

    async def once() -> int:
        response = await client.get("x")
        return response.status_code

    for _ in range(2):
        assert asyncio.run(once()) == 200
    assert lives.events == ["startup", "request", "startup", "request"]
    asyncio.run(client.aclose())


def test_event_loops_that_have_ended_are_let_go() -> None:
    client = AsyncClient(engine=AsgiEngine(Lives()), base_url=BASE)
    loops: list[weakref.ref[Any]] = []

    async def once() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await client.get("x")

    for _ in range(4):
        asyncio.run(once())
    gc.collect()
    assert [loop() is None for loop in loops] == [True, True, True, False]
    asyncio.run(client.aclose())


def test_closing_in_another_thread_ends_a_request_with_close_error() -> None:
    script = Script(START, 30, END)
    client = Client(engine=AsgiEngine(script), base_url=BASE)
    with ThreadPoolExecutor(1) as pool:
        request = pool.submit(client.get, "x")
        until(lambda: script.done)
        client.close()
        with pytest.raises(CloseError):
            request.result(10)
    pieces = Pieces(1000, 50_000)
    client = Client(engine=WsgiEngine(pieces), base_url=BASE)
    with client.stream("GET", "x") as response:
        until(lambda: pieces.given)
        client.close()
        assert pieces.ended.is_set()
        with pytest.raises(CloseError):
            response.read()

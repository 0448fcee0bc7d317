"""What only threads have: tokens, interrupters, executors, and no thread left behind."""

from __future__ import annotations

import math
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import ContextVar
from multiprocessing import get_context
from typing import Any

import pytest

from duohttp import _concurrency
from duohttp._concurrency import (
    CancelToken,
    Event,
    Lock,
    Semaphore,
    Shield,
    TaskGroup,
    Waiter,
    body_chunks,
    call,
    current_token,
    fork_generation,
    iterate,
    monotonic,
    owner,
    runner,
    sleep,
    spawn,
)
from duohttp.exceptions import InvalidBody, RequestCancelled
from duohttp.values.body import AsyncIteratorBody

FOREVER = 20.0


def taken(lock: Any) -> Any:
    lock.acquire()
    return lock


WAITS: dict[str, Callable[[], object]] = {
    "waiter": lambda: Waiter[None]().wait(FOREVER),
    "waiter without limit": lambda: Waiter[None]().wait(),
    "event": lambda: Event().wait(FOREVER),
    "semaphore": lambda: Semaphore(0).acquire(),
    "lock": lambda: taken(Lock()).acquire(),
    "sleep": lambda: sleep(FOREVER),
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_cancel_wakes_every_wait(wait: Callable[[], object]) -> None:
    token = CancelToken()
    timer = threading.Timer(0.02, token.cancel)
    timer.start()
    started = monotonic()
    with pytest.raises(RequestCancelled):
        token.run(wait)
    assert monotonic() - started < FOREVER / 4
    timer.join()
    assert not token._interrupters
    with pytest.raises(RequestCancelled):  # and none begins
        token.run(wait)


def test_the_current_token_is_the_threads_own() -> None:
    token = CancelToken()
    seen: list[CancelToken | None] = []

    def look() -> None:
        seen.append(current_token())
        thread = threading.Thread(target=lambda: seen.append(current_token()))
        thread.start()
        thread.join()

    token.run(look)
    assert seen == [token, None]
    assert current_token() is None


def test_interrupters_are_called_once_and_all() -> None:
    token = CancelToken()
    calls: list[str] = []

    def fail() -> None:
        calls.append("fail")
        raise OSError("already closed")

    def note() -> None:
        calls.append("note")

    def never() -> None:
        calls.append("never")

    token.register(fail)
    token.register(never)
    token.register(note)
    token.unregister(never)
    token.unregister(never)
    token.check()
    token.cancel()
    token.cancel()
    assert calls == ["fail", "note"]
    assert token.cancelled
    with pytest.raises(RequestCancelled):
        token.register(note)
    with pytest.raises(RequestCancelled):
        token.check()


def test_unregister_waits_for_an_interrupter_that_runs() -> None:
    token = CancelToken()
    inside = threading.Event()
    go_on = threading.Event()
    order: list[str] = []

    def interrupt() -> None:
        inside.set()
        go_on.wait(FOREVER)
        order.append("interrupted")

    token.register(interrupt)
    thread = threading.Thread(target=token.cancel)
    thread.start()
    assert inside.wait(FOREVER)
    threading.Timer(0.02, go_on.set).start()
    token.unregister(interrupt)
    order.append("unregistered")
    thread.join()
    assert order == ["interrupted", "unregistered"]


def test_a_token_is_cancelled_with_its_parent() -> None:
    parent = CancelToken()
    child = CancelToken(parent)
    closed = CancelToken(parent)
    closed.close()
    closed.close()
    grandchild = CancelToken(child)
    child_only = CancelToken(parent)
    child_only.cancel()
    assert not parent.cancelled
    parent.cancel()
    assert child.cancelled
    assert grandchild.cancelled
    assert not closed.cancelled
    assert CancelToken(parent).cancelled


def test_a_blocked_socket_is_interrupted_as_the_docstring_says() -> None:
    near, far = socket.socketpair()
    token = CancelToken()

    def interrupt() -> None:
        near.shutdown(socket.SHUT_RDWR)

    def read() -> bytes:
        current = current_token()
        assert current is token
        current.register(interrupt)
        try:
            data = near.recv(10)
        finally:
            current.unregister(interrupt)
        current.check()
        return data

    with near, far:
        far.send(b"first")
        assert token.run(read) == b"first"
        timer = threading.Timer(0.02, token.cancel)
        timer.start()
        with pytest.raises(RequestCancelled):
            token.run(read)
        timer.join()


def test_a_shield_hides_the_token() -> None:
    token = CancelToken()

    def work() -> str:
        token.cancel()
        with Shield():
            sleep(0.001)
            assert current_token() is None
        assert current_token() is token
        return "cleaned up"

    assert token.run(work) == "cleaned up"


def test_what_was_set_as_the_wait_was_cancelled_can_be_taken() -> None:
    # The value comes first, the cancellation before the thread runs: both orders must lose nothing.
    for _ in range(200):
        waiter = Waiter[str]()
        token = CancelToken()
        got: list[str] = []

        def wait(waiter: Waiter[str] = waiter, got: list[str] = got) -> None:
            try:
                got.append(waiter.wait(FOREVER))
            except RequestCancelled:
                value = waiter.take()
                if value is not None:
                    got.append(value)

        thread = threading.Thread(target=token.run, args=(wait,))
        thread.start()
        handed_over = waiter.set("x")
        token.cancel()
        thread.join()
        assert got == (["x"] if handed_over else [])


def test_a_timeout_and_a_value_never_both_happen() -> None:
    for _ in range(300):
        waiter = Waiter[int]()
        got: list[int] = []

        def wait(waiter: Waiter[int] = waiter, got: list[int] = got) -> None:
            try:
                got.append(waiter.wait(0.0002))
            except TimeoutError:
                pass

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.0001)
        handed_over = waiter.set(1)
        thread.join()
        assert got == ([1] if handed_over else [])


def test_no_thread_is_left_by_a_group() -> None:
    before = set(threading.enumerate())
    with TaskGroup() as group:
        tasks = [group.start_soon(sleep, 0.01) for _ in range(8)]
    assert set(threading.enumerate()) == before
    assert all(task.done() for task in tasks)


def test_a_group_keeps_its_threads() -> None:
    idents: set[int] = set()

    def work() -> None:
        idents.add(threading.get_ident())

    with TaskGroup() as group:
        for _ in range(20):
            assert group.start_soon(work).wait(FOREVER)
    assert len(idents) <= 2


def test_a_system_that_gives_no_more_threads_fails_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)

    tasks: list[Any] = []

    def work(isolated: bool) -> None:
        with TaskGroup(limit=1) as group:
            tasks[:] = [group.start_soon(sleep, FOREVER, isolated=isolated) for _ in range(3)]

    with pytest.raises(RuntimeError, match="can't start"):
        work(isolated=False)
    work(isolated=True)
    assert all(isinstance(task.exception(), RuntimeError) for task in tasks)


def test_jobs_see_the_callers_context() -> None:
    variable: ContextVar[str] = ContextVar("variable")
    variable.set("outside")
    with TaskGroup() as group, ThreadPoolExecutor(1) as executor:
        task = group.start_soon(variable.get)
        assert runner(executor)(variable.get) == "outside"
    assert task.value() == "outside"


def test_an_executor_of_threads_runs_the_work_and_is_interrupted() -> None:
    with ThreadPoolExecutor(4) as executor:
        run = runner(executor)
        assert run(abs, -3) == 3
        with pytest.raises(ZeroDivisionError):
            run(divmod, 1, 0)
        started = monotonic()
        with TaskGroup() as group:
            tasks = [group.start_soon(run, sleep, FOREVER) for _ in range(6)]  # two of them never start
            sleep(0.02)
            group.cancel()
        assert all(task.cancelled() for task in tasks)
    assert monotonic() - started < FOREVER / 2


def test_work_that_runs_elsewhere_is_left_to_itself() -> None:
    class Elsewhere(Executor):
        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            pickle.dumps(function)
            future: Future[Any] = Future()
            future.set_running_or_notify_cancel()
            return future

    token = CancelToken()
    timer = threading.Timer(0.02, token.cancel)
    timer.start()
    started = monotonic()
    with pytest.raises(RequestCancelled):
        token.run(runner(Elsewhere()), math.sqrt, 4.0)
    assert monotonic() - started < FOREVER / 2
    timer.join()


def test_jobs_travel_to_other_processes_as_plain_functions() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        assert runner(executor)(math.sqrt, 4.0) == 2.0
        with pytest.raises(ValueError, match="math domain"):
            runner(executor)(math.sqrt, -1.0)


def test_what_is_no_executor_is_refused() -> None:
    with pytest.raises(TypeError, match="executor"):
        runner(5)  # type: ignore[arg-type]
    assert runner(None)(abs, -1) == 1


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals go to no thread in particular here")
def test_an_interrupt_from_the_keyboard_ends_the_group() -> None:
    before = set(threading.enumerate())

    def work() -> None:
        with TaskGroup() as group:
            for _ in range(3):
                group.start_soon(sleep, FOREVER)
            timer = threading.Timer(0.05, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
            timer.start()

    started = monotonic()
    with pytest.raises(KeyboardInterrupt):
        work()
    assert monotonic() - started < FOREVER / 2
    assert {thread for thread in threading.enumerate() if thread.name.startswith("duohttp")} <= before


def test_a_token_around_a_group_cancels_it() -> None:
    token = CancelToken()
    tasks: list[Any] = []

    def work() -> None:
        with TaskGroup() as group:
            tasks.extend(group.start_soon(sleep, FOREVER) for _ in range(3))

    timer = threading.Timer(0.02, token.cancel)
    timer.start()
    started = monotonic()
    with pytest.raises(RequestCancelled):
        token.run(work)
    assert monotonic() - started < FOREVER / 2
    assert all(task.cancelled() for task in tasks)
    assert not token._interrupters
    timer.join()


def test_a_spawned_thread_is_gone_after_the_wait() -> None:
    task = spawn(sleep, FOREVER)
    thread = task._thread
    assert thread is not None
    assert thread.daemon
    task.cancel()
    assert task.wait(FOREVER)
    assert not thread.is_alive()


def test_a_coroutine_function_is_refused() -> None:
    async def callback() -> int:
        raise AssertionError("it must not run")

    with pytest.raises(TypeError, match=r"callback is async.*AsyncClient"):
        call(callback)
    assert call(max, 1, 2) == 2


def test_an_async_body_is_refused() -> None:
    async def chunks() -> Any:
        yield b""

    with pytest.raises(InvalidBody, match="AsyncClient"):
        body_chunks(AsyncIteratorBody(chunks()))


def test_an_async_iterable_is_refused() -> None:
    async def source() -> Any:
        yield 1

    with pytest.raises(TypeError, match="AsyncClient"):
        iterate(source())
    assert list(iterate([1])) == [1]


def test_threads_have_no_owner() -> None:
    assert owner() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_is_another_generation() -> None:
    code = (
        "import os\n"
        "from duohttp._concurrency import fork_generation\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os._exit(10 + fork_generation())\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), fork_generation())\n"
    )
    assert run_python(code) == "11 0"
    assert fork_generation() >= 0


def run_python(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return done.stdout.strip()


def test_sync_names_load_no_event_loop() -> None:
    names = [name for name in _concurrency._HOMES if not name.lower().startswith("async")]
    code = (
        "import sys\n"
        f"from duohttp._concurrency import {', '.join(names)}\n"
        "print([name for name in ('asyncio', 'trio', 'anyio', 'ssl') if name in sys.modules])\n"
    )
    assert run_python(code) == "[]"


def test_async_names_do_not_load_trio() -> None:
    names = [name for name in _concurrency._HOMES if name.lower().startswith("async")]
    code = (
        "import sys, asyncio\n"
        f"from duohttp._concurrency import {', '.join(names)}\n"
        "from duohttp._concurrency import async_sleep\n"
        "async def main():\n"
        "    async_owner()\n"
        "    async with AsyncTaskGroup() as group, AsyncShield():\n"
        "        group.start_soon(async_sleep, 0)\n"
        "asyncio.run(main())\n"
        "print([name for name in ('trio', 'anyio') if name in sys.modules])\n"
    )
    assert run_python(code) == "[]"


def test_every_name_can_be_imported() -> None:
    for name in _concurrency._HOMES:
        value = getattr(_concurrency, name)
        assert vars(_concurrency)[name] is value  # kept for the next time
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = _concurrency.nothing_of_the_kind

"""One library in one process: open it, warm it up, then measure a round whenever the parent asks.

Started as ``python -m benchmarks.worker JSON``; every answer is one line of JSON. A line on standard input asks for a
round, the end of input ends the process.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .task import SMALL_BODY_LENGTH, Setup, Unsupported

Round = Callable[[], dict[str, float]]
Measure = Callable[[int], tuple[float, float]]

WARM_UP = 0.15
"""Seconds of warming up before the number of requests a round is fixed."""


def main() -> None:
    # Whatever a library prints must not end up between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value: dict[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    setup = Setup(**json.loads(sys.argv[1]))
    try:
        runner = importlib.import_module(f"benchmarks.runners.{setup.library}")
        with TASKS[setup.task](runner, setup) as measure_round:
            answer({"ready": True})
            for _ in sys.stdin:
                answer(measure_round())
    except (Unsupported, ImportError) as error:
        answer({"left_out": str(error)})
    except Exception as error:
        if type(error).__name__ != "UnsupportedByEngine":
            raise
        answer({"left_out": str(error)})
    answers.close()
    # Background threads of the libraries are not waited for.
    sys.stderr.flush()
    os._exit(0)


def function_of(runner: Any, name: str) -> Any:
    found = getattr(runner, name, None)
    if found is None:
        raise Unsupported("has no such operation")
    return found


def check_small(body: Any, setup: Setup) -> None:
    content = bytes(body)
    if len(content) != SMALL_BODY_LENGTH:
        raise RuntimeError(f"{setup.library}: a body of {len(content)} bytes instead of {SMALL_BODY_LENGTH}")
    if setup.http2 and not content.startswith(b"HTTP/2.0"):
        raise Unsupported("did not speak HTTP/2")


def settle() -> None:
    """Give all libraries the same heap: what exists now is never scanned again, what they make is."""
    gc.collect()
    gc.freeze()


def fixed_round(measure: Measure, setup: Setup) -> Round:
    """Choose how many requests fill the budget; each round starts with some that are not measured.

    Those open again what was closed while the others had their turn.
    """
    count = max(1, setup.concurrency)
    seconds = measure(count)[0]
    while seconds < WARM_UP:
        count *= 2
        seconds = measure(count)[0]
    again = max(setup.concurrency, count // 20) if setup.warm_rounds else 0
    count = max(round(count * setup.budget / seconds), setup.concurrency)
    settle()

    def measure_round() -> dict[str, float]:
        if again:
            measure(again)
        wall, processor = measure(count)
        return {"seconds": wall / count, "cpu_seconds": processor / count, "count": count}

    return measure_round


def timed(function: Callable[[], object]) -> tuple[float, float]:
    processor = time.process_time()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start, time.process_time() - processor


@contextmanager
def get(runner: Any, setup: Setup) -> Iterator[Round]:
    """One request after the other."""
    with function_of(runner, "get")(setup) as call:
        check_small(call(), setup)

        def loop(count: int) -> None:
            for _ in range(count):
                call()

        yield fixed_round(lambda count: timed(lambda: loop(count)), setup)


@contextmanager
def threads(runner: Any, setup: Setup) -> Iterator[Round]:
    """So many threads on one client; a runner with PER_THREAD opens one in each thread."""
    per_thread = getattr(runner, "PER_THREAD", None)
    if per_thread is False:
        raise Unsupported("one client cannot be shared by threads")
    shares = [0] * setup.concurrency
    start, end = threading.Barrier(setup.concurrency + 1), threading.Barrier(setup.concurrency + 1)
    opened = threading.Barrier(setup.concurrency + 1)

    def work(index: int, shared: Any) -> None:
        with ExitStack() as stack:
            call = stack.enter_context(runner.get(setup)) if shared is None else shared
            call()
            opened.wait()
            while True:
                start.wait()
                for _ in range(shares[index]):
                    call()
                end.wait()

    def go() -> None:
        start.wait()
        end.wait()

    def measure(count: int) -> tuple[float, float]:
        for index in range(setup.concurrency):
            shares[index] = count // setup.concurrency + (index < count % setup.concurrency)
        return timed(go)

    with ExitStack() as stack:
        shared = None if per_thread else stack.enter_context(function_of(runner, "get")(setup))
        for index in range(setup.concurrency):
            threading.Thread(target=work, args=(index, shared), daemon=True).start()
        opened.wait(30)
        yield fixed_round(measure, setup)


@contextmanager
def event_loop(setup: Setup) -> Iterator[Callable[[Any], Any]]:
    factory = None
    if setup.loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner.run


@contextmanager
def async_get(runner: Any, setup: Setup) -> Iterator[Round]:
    """So many tasks, each one request after the other; a runner with PER_TASK opens one client in each."""
    function = function_of(runner, "async_get")
    clients = setup.concurrency if getattr(runner, "PER_TASK", False) else 1
    stack = AsyncExitStack()
    calls: list[Any] = []

    async def start() -> None:
        for _ in range(clients):
            calls.append(await stack.enter_async_context(function(setup)))
        check_small(await calls[0](), setup)

    async def loop(call: Any, count: int) -> None:
        for _ in range(count):
            await call()

    async def all_tasks(count: int) -> tuple[float, float]:
        tasks = min(count, setup.concurrency)
        processor = time.process_time()
        begin = time.perf_counter()
        if tasks == 1:
            await loop(calls[0], count)
        else:
            shares = [count // tasks + (index < count % tasks) for index in range(tasks)]
            await asyncio.gather(*(loop(calls[index % clients], share) for index, share in enumerate(shares)))
        return time.perf_counter() - begin, time.process_time() - processor

    with event_loop(setup) as run:
        run(start())
        yield fixed_round(lambda count: run(all_tasks(count)), setup)
        run(stack.aclose())


def messages(setup: Setup) -> list[bytes]:
    """Return some messages to send in turn: of words where they are compressed, so that there is something to gain."""
    words = [b"alpha", b"beta", b"gamma", b"delta", b"epsilon", b"zeta"]
    made = []
    for number in range(8):
        if setup.compression:
            order = random.Random(number)
            made.append(b" ".join(order.choice(words) for _ in range(setup.size // 4))[: setup.size])
        else:
            made.append(random.Random(number).randbytes(setup.size))
    return made


@contextmanager
def echo(runner: Any, setup: Setup) -> Iterator[Round]:
    """One message after the other, each sent and received again."""
    sent = messages(setup)
    with function_of(runner, "echo")(setup) as call:

        def loop(count: int) -> None:
            for number in range(count):
                message = sent[number & 7]
                if call(message) != message:
                    raise RuntimeError("another message came back")

        yield fixed_round(lambda count: timed(lambda: loop(count)), setup)


@contextmanager
def async_echo(runner: Any, setup: Setup) -> Iterator[Round]:
    sent = messages(setup)
    with event_loop(setup) as run:
        stack = AsyncExitStack()
        call = run(stack.enter_async_context(function_of(runner, "async_echo")(setup)))

        async def loop(count: int) -> tuple[float, float]:
            processor, begin = time.process_time(), time.perf_counter()
            for number in range(count):
                message = sent[number & 7]
                if await call(message) != message:
                    raise RuntimeError("another message came back")
            return time.perf_counter() - begin, time.process_time() - processor

        yield fixed_round(lambda count: run(loop(count)), setup)
        run(stack.aclose())


@contextmanager
def download(runner: Any, setup: Setup) -> Iterator[Round]:
    with function_of(runner, "download")(setup) as fetch:

        def loop(count: int) -> None:
            for _ in range(count):
                check_length(fetch(setup.url), setup)

        yield fixed_round(lambda count: timed(lambda: loop(count)), setup)


@contextmanager
def upload(runner: Any, setup: Setup) -> Iterator[Round]:
    body = b"u" * setup.size
    with function_of(runner, "upload")(setup) as send:

        def loop(count: int) -> None:
            for _ in range(count):
                check_status(send(setup.url, body), setup)

        yield fixed_round(lambda count: timed(lambda: loop(count)), setup)


@contextmanager
def async_download(runner: Any, setup: Setup) -> Iterator[Round]:
    with event_loop(setup) as run:
        stack = AsyncExitStack()
        fetch = run(stack.enter_async_context(function_of(runner, "async_download")(setup)))

        async def loop(count: int) -> tuple[float, float]:
            processor, begin = time.process_time(), time.perf_counter()
            for _ in range(count):
                check_length(await fetch(setup.url), setup)
            return time.perf_counter() - begin, time.process_time() - processor

        yield fixed_round(lambda count: run(loop(count)), setup)
        run(stack.aclose())


@contextmanager
def async_upload(runner: Any, setup: Setup) -> Iterator[Round]:
    body = b"u" * setup.size
    with event_loop(setup) as run:
        stack = AsyncExitStack()
        send = run(stack.enter_async_context(function_of(runner, "async_upload")(setup)))

        async def loop(count: int) -> tuple[float, float]:
            processor, begin = time.process_time(), time.perf_counter()
            for _ in range(count):
                check_status(await send(setup.url, body), setup)
            return time.perf_counter() - begin, time.process_time() - processor

        yield fixed_round(lambda count: run(loop(count)), setup)
        run(stack.aclose())


@contextmanager
def memory(runner: Any, setup: Setup) -> Iterator[Round]:
    """The most memory a long stream adds over what a short one has already taken."""
    with function_of(runner, "download")(setup) as fetch:
        yield lambda: added_memory(lambda url: fetch(url), setup)


@contextmanager
def async_memory(runner: Any, setup: Setup) -> Iterator[Round]:
    with event_loop(setup) as run:
        stack = AsyncExitStack()
        fetch = run(stack.enter_async_context(function_of(runner, "async_download")(setup)))
        yield lambda: added_memory(lambda url: run(fetch(url)), setup)
        run(stack.aclose())


def added_memory(fetch: Callable[[str], int], setup: Setup) -> dict[str, float]:
    fetch(setup.short_url)
    gc.collect()
    # Linux only: 5 resets the high-water mark.
    Path("/proc/self/clear_refs").write_text("5")
    before = process_status("VmRSS")
    check_length(fetch(setup.url), setup)
    return {"megabytes": max(0, process_status("VmHWM") - before) / 1024}


def process_status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise Unsupported(f"this system does not tell {name}")


def check_length(length: int, setup: Setup) -> None:
    if length != setup.size:
        raise RuntimeError(f"{setup.library}: {length} bytes instead of {setup.size}")


def check_status(status: int, setup: Setup) -> None:
    if status not in (201, 204):
        raise RuntimeError(f"{setup.library}: status {status} after an upload")


TASKS = {
    "get": get,
    "threads": threads,
    "async_get": async_get,
    "download": download,
    "upload": upload,
    "async_download": async_download,
    "async_upload": async_upload,
    "echo": echo,
    "async_echo": async_echo,
    "memory": memory,
    "async_memory": async_memory,
}

if __name__ == "__main__":
    main()

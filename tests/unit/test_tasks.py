"""What only tasks have: cancellation from outside, at any step, by asyncio, trio and anyio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import anyio
import pytest
import trio

from duohttp._concurrency import (
    AsyncSemaphore,
    AsyncShield,
    AsyncTask,
    AsyncTaskGroup,
    AsyncWaiter,
    async_body_chunks,
    async_call,
    async_iterate,
    async_owner,
    async_runner,
    async_sleep,
    async_spawn,
    monotonic,
)
from duohttp._concurrency.asyncio_timer import _timers
from duohttp.values.body import AsyncIteratorBody, IteratorBody

FOREVER = 20.0
RUNNERS: dict[str, Callable[[Callable[[], Awaitable[Any]]], Any]] = {
    "asyncio": lambda function: anyio.run(function),
    "uvloop": lambda function: anyio.run(function, backend_options={"use_uvloop": True}),
    "trio": lambda function: trio.run(function),
}
both = pytest.mark.parametrize("run", RUNNERS.values(), ids=RUNNERS)


async def fail() -> None:
    raise KeyError("child")


@both
def test_a_value_set_from_another_thread_wakes_the_waiter(run: Any) -> None:
    async def main() -> None:
        waiter = AsyncWaiter[int]()
        timer = threading.Timer(0.01, waiter.set, (7,))
        timer.start()
        assert await waiter.wait(FOREVER) == 7
        timer.join()

    run(main)


def test_a_waiter_whose_loop_is_gone_takes_nothing() -> None:
    async def in_asyncio() -> AsyncWaiter[int]:
        waiter = AsyncWaiter[int]()
        waiter._future = asyncio.get_running_loop().create_future()
        return waiter

    async def in_trio() -> AsyncWaiter[int]:
        waiter = AsyncWaiter[int]()
        waiter._trio = (trio.lowlevel.current_trio_token(), trio.Event())
        return waiter

    assert not asyncio.run(in_asyncio()).set(1)
    assert not trio.run(in_trio).set(1)


def test_a_value_and_a_cancellation_at_once() -> None:
    async def main() -> None:
        waiter = AsyncWaiter[str]()
        task = asyncio.create_task(waiter.wait(FOREVER))
        await asyncio.sleep(0)
        assert waiter.set("x")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert waiter.take() == "x"
        assert waiter.take() is None

    asyncio.run(main())


def test_a_value_and_a_timeout_at_once() -> None:
    async def main() -> None:
        waiter = AsyncWaiter[str]()
        task = asyncio.create_task(waiter.wait(FOREVER))
        await asyncio.sleep(0)
        assert waiter._future is not None
        waiter._future.set_result(None)  # as the timer does; the task has not run yet
        assert waiter.set("x")
        assert await task == "x"

    asyncio.run(main())


@both
def test_limits_of_all_lengths_are_kept_by_one_timer(run: Any) -> None:
    async def main() -> set[float]:
        ended: set[float] = set()

        async def wait(timeout: float) -> None:
            began = monotonic()
            with pytest.raises(TimeoutError):
                await AsyncWaiter[None]().wait(timeout)
            assert timeout - 0.002 < monotonic() - began < FOREVER / 2  # not by the timer that was armed before
            ended.add(timeout)

        async with AsyncTaskGroup() as group:
            waiter = AsyncWaiter[int]()
            group.start_soon(waiter.wait, FOREVER)
            await async_sleep(0)
            async with AsyncTaskGroup() as shorter:
                for timeout in (0.06, 0.02, 0.04, 0.0):
                    shorter.start_soon(wait, timeout)
                    await async_sleep(0)
            waiter.set(1)
        return ended

    assert run(main) == {0.0, 0.02, 0.04, 0.06}
    assert all(timer._loop.is_closed() for timer in _timers.values())


def test_timers_of_closed_loops_are_forgotten() -> None:
    async def main() -> None:
        waiter = AsyncWaiter[int]()
        asyncio.get_running_loop().call_soon(waiter.set, 1)
        assert await waiter.wait(FOREVER) == 1

    for _ in range(3):
        asyncio.run(main())
    assert len(_timers) <= 1


@both
def test_a_permit_handed_to_a_cancelled_task_goes_on(run: Any) -> None:
    async def main() -> None:
        semaphore = AsyncSemaphore(1)
        await semaphore.acquire()
        async with AsyncTaskGroup() as group:
            tasks = [group.start_soon(semaphore.acquire) for _ in range(2)]
            while len(semaphore._waiters) < 2:
                await async_sleep(0)
            first = next(iter(semaphore._waiters))
            semaphore.release()  # to the first, which is woken, and cancelled before it runs
            assert not first.is_open
            for task in tasks:
                task.cancel()
        assert semaphore.value + sum(not task.cancelled() for task in tasks) == 1

    run(main)


# Groups under asyncio: the count of cancellations must be right afterwards.


async def steps(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_the_host_is_whole_after_a_failure_in_the_block_and_at_its_end() -> None:
    async def in_the_block() -> None:
        async with AsyncTaskGroup() as group:
            group.start_soon(fail)
            await asyncio.sleep(FOREVER)

    async def at_its_end() -> None:
        async with AsyncTaskGroup() as group:
            group.start_soon(fail)

    async def main() -> None:
        host = asyncio.current_task()
        assert host is not None
        for work in (in_the_block, at_its_end):
            with pytest.raises(KeyError, match="child"):
                await work()
            assert host.cancelling() == 0
            await asyncio.sleep(0.001)
        async with AsyncTaskGroup() as group:
            group.cancel()
        await asyncio.sleep(0.001)  # a block that ended before its own cancellation could reach it is let go
        assert host.cancelling() == 0
        async with asyncio.timeout(FOREVER):
            with pytest.raises(KeyError):
                await at_its_end()
            await asyncio.sleep(0.001)

    asyncio.run(main())


def test_a_timeout_around_a_group_is_a_timeout() -> None:
    tasks: list[AsyncTask[None]] = []

    async def work() -> None:
        async with AsyncTaskGroup() as group:
            tasks.append(group.start_soon(async_sleep, FOREVER))

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(work(), 0.01)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await work()

    asyncio.run(main())
    assert all(task.cancelled() for task in tasks)


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("kind", ["failing child", "cancel()", "failing block", "nothing"])
def test_a_group_cancelled_from_outside_at_any_step(step: int, kind: str) -> None:
    ended: list[str] = []

    async def child(name: str) -> None:
        try:
            await steps(4)
            if name == "fails":
                raise KeyError("child")
            await asyncio.sleep(FOREVER if kind != "nothing" else 0)
        finally:
            ended.append(name)
            await steps(2)

    async def host() -> str:
        async with AsyncTaskGroup() as group:
            group.start_soon(child, "first")
            group.start_soon(child, "fails" if kind == "failing child" else "second")
            await steps(5)
            if kind == "cancel()":
                group.cancel()
            elif kind == "failing block":
                raise KeyError("block")
        return "done"

    async def main() -> None:
        task = asyncio.create_task(host())
        await steps(step)
        cancelled = task.cancel()
        try:
            result: object = await task
        except asyncio.CancelledError:
            result = "cancelled"
        except KeyError:
            result = "failed"
        # What was cancelled from outside ends as cancelled, unless it had come to its end already.
        assert result == "cancelled" or not cancelled or (result in ("failed", "done") and step >= 5)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert len(ended) in (0, 2)

    asyncio.run(main())


# Groups under cancel scopes.


@both
def test_a_cancel_scope_around_a_group(run: Any) -> None:
    tasks: list[AsyncTask[None]] = []

    async def nested() -> None:
        async with AsyncTaskGroup() as group:
            tasks.extend(group.start_soon(async_sleep, FOREVER) for _ in range(2))

    async def main() -> None:
        with anyio.move_on_after(0.01) as scope:
            async with AsyncTaskGroup() as group:
                tasks.append(group.start_soon(nested))
                tasks.append(group.start_soon(async_sleep, FOREVER))
                await async_sleep(FOREVER)
        assert scope.cancelled_caught
        await async_sleep(0.001)
        with anyio.move_on_after(0.01) as scope:
            async with AsyncTaskGroup() as group:
                tasks.append(group.start_soon(nested))
        assert scope.cancelled_caught
        await async_sleep(0.001)

    run(main)
    assert len(tasks) == 7
    assert all(task.cancelled() for task in tasks)


@both
def test_a_shielded_block_in_a_cancelled_scope(run: Any) -> None:
    done: list[str] = []

    async def main() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            async with AsyncShield():
                await async_sleep(0.01)
                done.append("shielded")
            await async_sleep(0.01)
            done.append("not reached")

    run(main)
    assert done == ["shielded"]


@both
def test_what_a_queue_holds_never_starts_after_a_cancellation_from_outside(run: Any) -> None:
    started: list[int] = []

    async def work(number: int) -> None:
        await async_sleep(0)
        started.append(number)
        await async_sleep(FOREVER)

    async def main() -> None:
        with anyio.move_on_after(0.02):
            async with AsyncTaskGroup(limit=2) as group:
                for number in range(6):
                    group.start_soon(work, number)

    run(main)
    assert sorted(started) == [0, 1]


@both
def test_a_spawned_task_outlives_the_scope_it_was_spawned_in(run: Any) -> None:
    async def main() -> None:
        with anyio.CancelScope() as scope:
            task = async_spawn(async_sleep, 0.01)
            scope.cancel()
            await async_sleep(FOREVER)
        assert await task.wait(FOREVER)
        assert not task.cancelled()
        stopped = async_spawn(async_sleep, FOREVER)
        stopper = threading.Thread(target=stopped.cancel)  # as a finaliser in another thread would
        stopper.start()
        stopper.join()
        assert await stopped.wait(FOREVER)
        assert stopped.cancelled()

    run(main)


@both
def test_a_spawned_task_keeps_whatever_it_raises(run: Any) -> None:
    class Odd(BaseException):
        pass

    async def raises() -> None:
        raise Odd

    async def main() -> None:
        task = async_spawn(raises)
        assert await task.wait(5)
        assert isinstance(task.exception(), Odd)
        with pytest.raises(Odd):
            task.value()
        await async_sleep(0.01)  # on trio it would have cancelled everything

    run(main)


def test_tasks_run_on_no_executor() -> None:
    with pytest.raises(ValueError, match="executor"):
        async_runner(object())


@both
def test_loops_are_told_apart(run: Any) -> None:
    async def main() -> object:
        return async_owner()

    assert run(main) is not run(main)
    with pytest.raises(RuntimeError):
        async_owner()


# Callbacks and bodies.


@both
def test_callbacks_may_be_async(run: Any) -> None:
    async def double(value: int) -> int:
        await async_sleep(0)
        return value * 2

    async def main() -> object:
        return await async_call(double, 4), await async_call(max, 1, 2)

    assert run(main) == (8, 2)


@both
def test_an_async_body_is_iterated_as_it_is(run: Any) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    async def main() -> list[bytes]:
        return [chunk async for chunk in async_body_chunks(AsyncIteratorBody(source()))]

    assert run(main) == [b"a", b"b"]


@both
def test_a_blocking_body_is_read_in_another_thread(run: Any) -> None:
    idents: set[int] = set()

    def source() -> Iterator[bytes]:
        idents.add(threading.get_ident())
        yield b"a"

    class Blocking(IteratorBody):
        blocking = True

    async def main() -> list[bytes]:
        return [chunk async for chunk in async_body_chunks(Blocking(source()))]

    assert run(main) == [b"a"]
    assert idents.isdisjoint({threading.get_ident()})


@both
def test_iterables_of_both_kinds_are_iterated(run: Any) -> None:
    async def source() -> AsyncIterator[int]:
        yield 1
        yield 2

    async def main() -> list[int]:
        return [item async for item in async_iterate(source())] + [item async for item in async_iterate([3, 4])]

    assert run(main) == [1, 2, 3, 4]
    with pytest.raises(TypeError):
        async_iterate(5)  # type: ignore[arg-type]

"""The contract of ``_concurrency``, over both columns: tasks here, threads in the generated twin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from duohttp import _concurrency
from duohttp._concurrency import (
    AsyncEvent,
    AsyncLock,
    AsyncSemaphore,
    AsyncShield,
    AsyncStateLock,
    AsyncTask,
    AsyncTaskGroup,
    AsyncWaiter,
    Clock,
    ManualClock,
    async_body_chunks,
    async_call,
    async_owner,
    async_sleep,
    async_spawn,
    monotonic,
    use_clock,
    wall_time,
)
from duohttp.exceptions import RequestCancelled
from duohttp.values.body import Body, BytesBody, IteratorBody

pytestmark = pytest.mark.anyio

FOREVER = 20.0  # a bound that is never reached unless something hangs


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another task is about to do."""
    started = monotonic()
    while not condition():
        assert monotonic() - started < FOREVER, "it did not happen"
        await async_sleep(0.001)


async def test_a_waiter_returns_what_was_set_before() -> None:
    waiter = AsyncWaiter[int]()
    assert waiter.is_open
    assert waiter.set(1)
    assert not waiter.set(2)
    assert await waiter.wait() == 1
    assert waiter.take() is None
    assert not waiter.is_open


async def test_a_waiter_is_woken() -> None:
    waiter = AsyncWaiter[str]()
    async with AsyncTaskGroup() as group:
        task = group.start_soon(waiter.wait, FOREVER)
        await async_sleep(0.01)
        assert not task.done()
        assert waiter.set("x")
    assert task.value() == "x"
    assert not waiter.set("y")


async def test_a_waiter_gives_up_after_its_timeout() -> None:
    waiter = AsyncWaiter[int]()
    started = monotonic()
    with pytest.raises(TimeoutError):
        await waiter.wait(0.02)
    assert 0.015 < monotonic() - started < FOREVER
    assert not waiter.set(1)
    assert waiter.take() is None


@pytest.mark.parametrize("timeout", [0, -1])
async def test_a_waiter_without_time_gives_up_at_once(timeout: float) -> None:
    with pytest.raises(TimeoutError):
        await AsyncWaiter[int]().wait(timeout)
    waiter = AsyncWaiter[int]()
    waiter.set(3)
    assert await waiter.wait(timeout) == 3


async def test_a_cancelled_waiter_gives_up() -> None:
    waiter = AsyncWaiter[int]()
    async with AsyncTaskGroup() as group:
        task = group.start_soon(waiter.wait)
        await async_sleep(0.01)
        task.cancel()
        await task.wait(FOREVER)
    assert task.cancelled()
    assert not waiter.set(1)
    assert waiter.take() is None


async def test_take_gives_a_waiter_up() -> None:
    waiter = AsyncWaiter[int]()
    assert waiter.take() is None
    assert not waiter.set(1)
    waiter = AsyncWaiter[int]()
    assert waiter.set(1)
    assert waiter.take() == 1
    assert waiter.take() is None


async def test_an_event_wakes_all() -> None:
    event = AsyncEvent()
    assert not event.is_set()
    async with AsyncTaskGroup() as group:
        tasks = [group.start_soon(event.wait, FOREVER) for _ in range(5)]
        await async_sleep(0.01)
        event.set()
        event.set()
    assert all(task.value() for task in tasks)
    assert event.is_set()
    assert await event.wait(0)


async def test_a_wait_for_an_event_times_out() -> None:
    event = AsyncEvent()
    assert not await event.wait(0.01)
    assert not await event.wait(0)


async def test_a_semaphore_lets_so_many_in() -> None:
    semaphore = AsyncSemaphore(3)
    inside = 0
    most = 0

    async def work() -> None:
        nonlocal inside, most
        async with semaphore:
            inside += 1
            most = max(most, inside)
            await async_sleep(0.002)
            inside -= 1

    async with AsyncTaskGroup() as group:
        for _ in range(12):
            group.start_soon(work)
    assert most == 3
    assert semaphore.value == 3


async def test_a_semaphore_is_fair() -> None:
    semaphore = AsyncSemaphore(1)
    order: list[int] = []

    async def work(number: int) -> None:
        async with semaphore:
            order.append(number)

    async with AsyncTaskGroup() as group:
        assert await semaphore.acquire()
        for number in range(5):
            group.start_soon(work, number)
            await until(lambda: len(semaphore._waiters) > number)  # noqa: B023
        semaphore.release()
    assert order == [0, 1, 2, 3, 4]


async def test_a_semaphore_times_out() -> None:
    semaphore = AsyncSemaphore(1)
    assert await semaphore.acquire(0)
    assert not await semaphore.acquire(0.01)
    assert not await semaphore.acquire(0)
    assert not semaphore.acquire_nowait()
    semaphore.release()
    assert semaphore.value == 1
    assert semaphore.acquire_nowait()
    assert semaphore.value == 0
    semaphore.release()
    assert await semaphore.acquire(0.01)


async def test_a_cancelled_wait_loses_no_permit() -> None:
    semaphore = AsyncSemaphore(1)
    async with AsyncTaskGroup() as group:
        await semaphore.acquire()
        first = group.start_soon(semaphore.acquire)
        await until(lambda: len(semaphore._waiters) == 1)
        second = group.start_soon(semaphore.acquire)
        await until(lambda: len(semaphore._waiters) == 2)
        first.cancel()
        semaphore.release()
        await second.wait(FOREVER)
        await first.wait(FOREVER)
        # the permit went to one of the two, or was given back
        had = [task for task in (first, second) if not task.cancelled()]
        assert len(had) + semaphore.value == 1


@pytest.mark.parametrize("rounds", [200])
async def test_permits_survive_cancellation_at_any_moment(rounds: int) -> None:
    semaphore = AsyncSemaphore(2)

    async def work() -> None:
        async with semaphore:
            await async_sleep(0)

    async with AsyncTaskGroup() as group:
        for number in range(rounds):
            task = group.start_soon(work)
            if number % 3 == 0:
                await async_sleep(0)
            if number % 2 == 0:
                task.cancel()
    assert semaphore.value == 2


async def test_a_lock_admits_one() -> None:
    lock = AsyncLock()
    assert not lock.locked()
    async with lock:
        assert lock.locked()
        assert not await lock.acquire(0.01)
    assert not lock.locked()


async def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        AsyncSemaphore(-1)
    with pytest.raises(ValueError, match="limit"):
        AsyncTaskGroup(limit=0)


async def test_a_state_lock_can_be_entered_again() -> None:
    lock = AsyncStateLock()
    with lock, lock:
        pass


async def test_a_group_waits_for_all() -> None:
    done: list[int] = []

    async def work(number: int) -> int:
        await async_sleep(0.002)
        done.append(number)
        return number * 2

    async with AsyncTaskGroup() as group:
        tasks = [group.start_soon(work, number) for number in range(10)]
    assert sorted(done) == list(range(10))
    assert [task.value() for task in tasks] == [number * 2 for number in range(10)]
    assert all(task.done() and not task.cancelled() and task.exception() is None for task in tasks)
    with pytest.raises(RuntimeError, match="block"):
        group.start_soon(work, 1)


async def test_the_first_failure_cancels_the_rest_and_is_raised_as_it_is() -> None:
    forever: list[AsyncTask[Any]] = []
    failed: list[AsyncTask[Any]] = []

    async def fail() -> None:
        await async_sleep(0.005)
        raise KeyError("first")

    async def work() -> None:
        async with AsyncTaskGroup() as group:
            forever.extend(group.start_soon(async_sleep, FOREVER) for _ in range(5))
            failed.append(group.start_soon(fail))
            forever.extend(group.start_soon(AsyncWaiter[None]().wait) for _ in range(5))

    started = monotonic()
    with pytest.raises(KeyError, match="first") as caught:
        await work()
    assert monotonic() - started < FOREVER / 2
    assert all(task.cancelled() for task in forever)
    assert failed[0].exception() is caught.value
    assert caught.value.__context__ is None
    with pytest.raises(RequestCancelled):
        forever[0].value()
    with pytest.raises(KeyError):
        failed[0].value()


async def test_a_failure_interrupts_the_block_too() -> None:
    async def fail() -> None:
        raise KeyError("child")

    async def work() -> None:
        async with AsyncTaskGroup() as group:
            group.start_soon(fail)
            await async_sleep(FOREVER)
            pytest.fail("the block went on")

    started = monotonic()
    with pytest.raises(KeyError, match="child"):
        await work()
    assert monotonic() - started < FOREVER / 2


async def test_a_failing_block_cancels_what_it_started() -> None:
    error = ValueError("block")
    tasks: list[AsyncTask[None]] = []

    async def work() -> None:
        async with AsyncTaskGroup() as group:
            tasks.append(group.start_soon(async_sleep, FOREVER))
            await async_sleep(0.002)
            raise error

    with pytest.raises(ValueError, match="block") as caught:
        await work()
    assert caught.value is error
    assert tasks[0].cancelled()


async def test_isolated_failures_stay_in_their_task() -> None:
    async def fail() -> None:
        raise KeyError("alone")

    async with AsyncTaskGroup() as group:
        failed = group.start_soon(fail, isolated=True)
        fine = group.start_soon(async_sleep, 0.005)
    assert isinstance(failed.exception(), KeyError)
    assert fine.done()
    assert not fine.cancelled()


async def test_a_cancelled_group_raises_nothing() -> None:
    async with AsyncTaskGroup() as group:
        task = group.start_soon(async_sleep, FOREVER)
        await async_sleep(0.002)
        group.cancel()
        group.cancel()
        assert group.is_cancelled
        late = group.start_soon(async_sleep, FOREVER)
        assert late.cancelled()
        await async_sleep(FOREVER)
        pytest.fail("the block went on")
    assert task.cancelled()


async def test_a_group_can_be_cancelled_from_inside() -> None:
    async with AsyncTaskGroup() as group:

        async def stop() -> None:
            group.cancel()

        task = group.start_soon(async_sleep, FOREVER)
        group.start_soon(stop)
    assert task.cancelled()


async def test_cancelling_the_outer_group_cancels_the_inner() -> None:
    inner_tasks: list[AsyncTask[Any]] = []
    ended: list[str] = []

    async def inner() -> None:
        try:
            async with AsyncTaskGroup() as group:
                inner_tasks.append(group.start_soon(async_sleep, FOREVER))
        finally:
            ended.append("inner")

    async with AsyncTaskGroup() as outer:
        task = outer.start_soon(inner)
        await until(lambda: inner_tasks)
        outer.cancel()
    assert ended == ["inner"]
    assert task.cancelled()
    assert inner_tasks[0].cancelled()


async def test_cancelling_the_inner_group_leaves_the_outer_alone() -> None:
    async with AsyncTaskGroup() as outer:
        task = outer.start_soon(async_sleep, 0.01)
        async with AsyncTaskGroup() as inner:
            inner.start_soon(async_sleep, FOREVER)
            inner.cancel()
        await async_sleep(0.001)
    assert not task.cancelled()


async def test_a_limited_group_runs_so_many_at_once() -> None:
    running = 0
    most = 0
    order: list[int] = []

    async def work(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        order.append(number)
        await async_sleep(0.001)
        running -= 1

    async with AsyncTaskGroup(limit=1) as group:
        tasks = [group.start_soon(work, number) for number in range(20)]
    assert all(task.done() for task in tasks)
    assert most == 1
    assert order == list(range(20))


async def test_what_waits_for_a_place_can_be_cancelled() -> None:
    async with AsyncTaskGroup(limit=1) as group:
        running = group.start_soon(async_sleep, FOREVER)
        queued = group.start_soon(async_sleep, FOREVER)
        dropped = group.start_soon(async_sleep, FOREVER)
        await async_sleep(0.002)
        dropped.cancel()
        assert await dropped.wait(FOREVER)
        assert not queued.done()
        group.cancel()
    assert running.cancelled()
    assert queued.cancelled()
    assert dropped.cancelled()


async def test_cancelling_a_task_before_it_runs() -> None:
    ran: list[int] = []

    async def work() -> None:
        await async_sleep(0.05)
        ran.append(1)

    async with AsyncTaskGroup() as group:
        task = group.start_soon(work)
        task.cancel()
        assert await task.wait(FOREVER)
        assert task.cancelled()
        task.cancel()
    assert not ran


async def test_a_group_is_entered_once() -> None:
    group = AsyncTaskGroup()
    with pytest.raises(RuntimeError, match="block"):
        group.start_soon(async_sleep, 0)
    async with group:
        pass
    with pytest.raises(RuntimeError, match="once"):
        await group.__aenter__()


async def test_a_spawned_task_ends_with_its_handle() -> None:
    async def fail() -> None:
        raise KeyError("spawned")

    failed = async_spawn(fail)
    assert await failed.wait(FOREVER)
    assert isinstance(failed.exception(), KeyError)
    task = async_spawn(async_sleep, FOREVER)
    assert not await task.wait(0.005)
    task.cancel()
    assert await task.wait(FOREVER)
    assert task.cancelled()


async def test_a_shield_keeps_cancellation_out() -> None:
    steps: list[str] = []

    async def work() -> None:
        try:
            await async_sleep(FOREVER)
        finally:
            async with AsyncShield():
                await async_sleep(0.01)
                steps.append("cleaned up")

    async with AsyncTaskGroup() as group:
        group.start_soon(work)
        await async_sleep(0.005)
        group.cancel()
    assert steps == ["cleaned up"]


async def test_a_callback_may_be_plain() -> None:
    def plain(value: int) -> int:
        return value + 1

    assert await async_call(plain, 1) == 2


async def test_body_chunks_of_bytes_and_iterators() -> None:
    async def chunks_of(body: Body) -> list[bytes]:
        chunks = []
        async for chunk in async_body_chunks(body):
            chunks.append(chunk)
        return chunks

    assert await chunks_of(BytesBody(b"abc")) == [b"abc"]
    assert await chunks_of(BytesBody(b"")) == []
    assert await chunks_of(IteratorBody([b"a", b"b"])) == [b"a", b"b"]
    blocking = IteratorBody(iter([b"a", b"b"]))
    blocking.blocking = True
    assert await chunks_of(blocking) == [b"a", b"b"]


async def test_next_takes_a_default() -> None:
    async def numbers() -> AsyncIterator[int]:
        yield 1

    source = numbers()
    assert await _concurrency.async_next(source, None) == 1
    assert await _concurrency.async_next(source, None) is None


async def test_an_owner_is_hashable_and_stays() -> None:
    assert hash(async_owner()) == hash(async_owner())
    assert async_owner() is async_owner()


async def test_a_manual_clock_replaces_time() -> None:
    clock = ManualClock(monotonic=5.0, wall_time=100.0)
    with use_clock(clock):
        assert monotonic() == 5.0
        assert wall_time() == 100.0
        await async_sleep(30)
        assert clock.sleeps == [30]
        assert monotonic() == 35.0
        clock.advance(5)
        assert wall_time() == 135.0

    class Fast(Clock):
        def monotonic(self) -> float:
            return 10 * super().monotonic()

    with use_clock(Fast()) as fast:
        before = monotonic()
        await async_sleep(0.01)
        assert monotonic() - before > 0.05  # loops round their timers
        assert abs(wall_time() - Clock().wall_time()) < FOREVER
        assert fast.monotonic() >= before
    before = monotonic()
    await async_sleep(0.005)
    assert monotonic() > before
    assert wall_time() > 1_700_000_000

# Generated from tests/_async/test_concurrency.py by scripts/generate_sync.py. Do not edit.
"""The contract of ``_concurrency``, over both columns: tasks here, threads in the generated twin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from duohttp import _concurrency
from duohttp._concurrency import (
    Clock,
    Event,
    Lock,
    ManualClock,
    Semaphore,
    Shield,
    StateLock,
    Task,
    TaskGroup,
    Waiter,
    body_chunks,
    call,
    monotonic,
    owner,
    sleep,
    spawn,
    use_clock,
    wall_time,
)
from duohttp.exceptions import RequestCancelled
from duohttp.values.body import Body, BytesBody, IteratorBody

pytestmark = pytest.mark.anyio

FOREVER = 20.0  # a bound that is never reached unless something hangs


def until(condition: Callable[[], object]) -> None:
    """Wait for what another task is about to do."""
    started = monotonic()
    while not condition():
        assert monotonic() - started < FOREVER, "it did not happen"
        sleep(0.001)


def test_a_waiter_returns_what_was_set_before() -> None:
    waiter = Waiter[int]()
    assert waiter.is_open
    assert waiter.set(1)
    assert not waiter.set(2)
    assert waiter.wait() == 1
    assert waiter.take() is None
    assert not waiter.is_open


def test_a_waiter_is_woken() -> None:
    waiter = Waiter[str]()
    with TaskGroup() as group:
        task = group.start_soon(waiter.wait, FOREVER)
        sleep(0.01)
        assert not task.done()
        assert waiter.set("x")
    assert task.value() == "x"
    assert not waiter.set("y")


def test_a_waiter_gives_up_after_its_timeout() -> None:
    waiter = Waiter[int]()
    started = monotonic()
    with pytest.raises(TimeoutError):
        waiter.wait(0.02)
    assert 0.015 < monotonic() - started < FOREVER
    assert not waiter.set(1)
    assert waiter.take() is None


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_waiter_without_time_gives_up_at_once(timeout: float) -> None:
    with pytest.raises(TimeoutError):
        Waiter[int]().wait(timeout)
    waiter = Waiter[int]()
    waiter.set(3)
    assert waiter.wait(timeout) == 3


def test_a_cancelled_waiter_gives_up() -> None:
    waiter = Waiter[int]()
    with TaskGroup() as group:
        task = group.start_soon(waiter.wait)
        sleep(0.01)
        task.cancel()
        task.wait(FOREVER)
    assert task.cancelled()
    assert not waiter.set(1)
    assert waiter.take() is None


def test_take_gives_a_waiter_up() -> None:
    waiter = Waiter[int]()
    assert waiter.take() is None
    assert not waiter.set(1)
    waiter = Waiter[int]()
    assert waiter.set(1)
    assert waiter.take() == 1
    assert waiter.take() is None


def test_an_event_wakes_all() -> None:
    event = Event()
    assert not event.is_set()
    with TaskGroup() as group:
        tasks = [group.start_soon(event.wait, FOREVER) for _ in range(5)]
        sleep(0.01)
        event.set()
        event.set()
    assert all(task.value() for task in tasks)
    assert event.is_set()
    assert event.wait(0)


def test_a_wait_for_an_event_times_out() -> None:
    event = Event()
    assert not event.wait(0.01)
    assert not event.wait(0)


def test_a_semaphore_lets_so_many_in() -> None:
    semaphore = Semaphore(3)
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        with semaphore:
            inside += 1
            most = max(most, inside)
            sleep(0.002)
            inside -= 1

    with TaskGroup() as group:
        for _ in range(12):
            group.start_soon(work)
    assert most == 3
    assert semaphore.value == 3


def test_a_semaphore_is_fair() -> None:
    semaphore = Semaphore(1)
    order: list[int] = []

    def work(number: int) -> None:
        with semaphore:
            order.append(number)

    with TaskGroup() as group:
        assert semaphore.acquire()
        for number in range(5):
            group.start_soon(work, number)
            until(lambda: len(semaphore._waiters) > number)  # noqa: B023
        semaphore.release()
    assert order == [0, 1, 2, 3, 4]


def test_a_semaphore_times_out() -> None:
    semaphore = Semaphore(1)
    assert semaphore.acquire(0)
    assert not semaphore.acquire(0.01)
    assert not semaphore.acquire(0)
    assert not semaphore.acquire_nowait()
    semaphore.release()
    assert semaphore.value == 1
    assert semaphore.acquire_nowait()
    assert semaphore.value == 0
    semaphore.release()
    assert semaphore.acquire(0.01)


def test_a_cancelled_wait_loses_no_permit() -> None:
    semaphore = Semaphore(1)
    with TaskGroup() as group:
        semaphore.acquire()
        first = group.start_soon(semaphore.acquire)
        until(lambda: len(semaphore._waiters) == 1)
        second = group.start_soon(semaphore.acquire)
        until(lambda: len(semaphore._waiters) == 2)
        first.cancel()
        semaphore.release()
        second.wait(FOREVER)
        first.wait(FOREVER)
        # the permit went to one of the two, or was given back
        had = [task for task in (first, second) if not task.cancelled()]
        assert len(had) + semaphore.value == 1


@pytest.mark.parametrize("rounds", [200])
def test_permits_survive_cancellation_at_any_moment(rounds: int) -> None:
    semaphore = Semaphore(2)

    def work() -> None:
        with semaphore:
            sleep(0)

    with TaskGroup() as group:
        for number in range(rounds):
            task = group.start_soon(work)
            if number % 3 == 0:
                sleep(0)
            if number % 2 == 0:
                task.cancel()
    assert semaphore.value == 2


def test_a_lock_admits_one() -> None:
    lock = Lock()
    assert not lock.locked()
    with lock:
        assert lock.locked()
        assert not lock.acquire(0.01)
    assert not lock.locked()


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        Semaphore(-1)
    with pytest.raises(ValueError, match="limit"):
        TaskGroup(limit=0)


def test_a_state_lock_can_be_entered_again() -> None:
    lock = StateLock()
    with lock, lock:
        pass


def test_a_group_waits_for_all() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        sleep(0.002)
        done.append(number)
        return number * 2

    with TaskGroup() as group:
        tasks = [group.start_soon(work, number) for number in range(10)]
    assert sorted(done) == list(range(10))
    assert [task.value() for task in tasks] == [number * 2 for number in range(10)]
    assert all(task.done() and not task.cancelled() and task.exception() is None for task in tasks)
    with pytest.raises(RuntimeError, match="block"):
        group.start_soon(work, 1)


def test_the_first_failure_cancels_the_rest_and_is_raised_as_it_is() -> None:
    forever: list[Task[Any]] = []
    failed: list[Task[Any]] = []

    def fail() -> None:
        sleep(0.005)
        raise KeyError("first")

    def work() -> None:
        with TaskGroup() as group:
            forever.extend(group.start_soon(sleep, FOREVER) for _ in range(5))
            failed.append(group.start_soon(fail))
            forever.extend(group.start_soon(Waiter[None]().wait) for _ in range(5))

    started = monotonic()
    with pytest.raises(KeyError, match="first") as caught:
        work()
    assert monotonic() - started < FOREVER / 2
    assert all(task.cancelled() for task in forever)
    assert failed[0].exception() is caught.value
    assert caught.value.__context__ is None
    with pytest.raises(RequestCancelled):
        forever[0].value()
    with pytest.raises(KeyError):
        failed[0].value()


def test_a_failure_interrupts_the_block_too() -> None:
    def fail() -> None:
        raise KeyError("child")

    def work() -> None:
        with TaskGroup() as group:
            group.start_soon(fail)
            sleep(FOREVER)
            pytest.fail("the block went on")

    started = monotonic()
    with pytest.raises(KeyError, match="child"):
        work()
    assert monotonic() - started < FOREVER / 2


def test_a_failing_block_cancels_what_it_started() -> None:
    error = ValueError("block")
    tasks: list[Task[None]] = []

    def work() -> None:
        with TaskGroup() as group:
            tasks.append(group.start_soon(sleep, FOREVER))
            sleep(0.002)
            raise error

    with pytest.raises(ValueError, match="block") as caught:
        work()
    assert caught.value is error
    assert tasks[0].cancelled()


def test_isolated_failures_stay_in_their_task() -> None:
    def fail() -> None:
        raise KeyError("alone")

    with TaskGroup() as group:
        failed = group.start_soon(fail, isolated=True)
        fine = group.start_soon(sleep, 0.005)
    assert isinstance(failed.exception(), KeyError)
    assert fine.done()
    assert not fine.cancelled()


def test_a_cancelled_group_raises_nothing() -> None:
    with TaskGroup() as group:
        task = group.start_soon(sleep, FOREVER)
        sleep(0.002)
        group.cancel()
        group.cancel()
        assert group.is_cancelled
        late = group.start_soon(sleep, FOREVER)
        assert late.cancelled()
        sleep(FOREVER)
        pytest.fail("the block went on")
    assert task.cancelled()


def test_a_group_can_be_cancelled_from_inside() -> None:
    with TaskGroup() as group:

        def stop() -> None:
            group.cancel()

        task = group.start_soon(sleep, FOREVER)
        group.start_soon(stop)
    assert task.cancelled()


def test_cancelling_the_outer_group_cancels_the_inner() -> None:
    inner_tasks: list[Task[Any]] = []
    ended: list[str] = []

    def inner() -> None:
        try:
            with TaskGroup() as group:
                inner_tasks.append(group.start_soon(sleep, FOREVER))
        finally:
            ended.append("inner")

    with TaskGroup() as outer:
        task = outer.start_soon(inner)
        until(lambda: inner_tasks)
        outer.cancel()
    assert ended == ["inner"]
    assert task.cancelled()
    assert inner_tasks[0].cancelled()


def test_cancelling_the_inner_group_leaves_the_outer_alone() -> None:
    with TaskGroup() as outer:
        task = outer.start_soon(sleep, 0.01)
        with TaskGroup() as inner:
            inner.start_soon(sleep, FOREVER)
            inner.cancel()
        sleep(0.001)
    assert not task.cancelled()


def test_a_limited_group_runs_so_many_at_once() -> None:
    running = 0
    most = 0
    order: list[int] = []

    def work(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        order.append(number)
        sleep(0.001)
        running -= 1

    with TaskGroup(limit=1) as group:
        tasks = [group.start_soon(work, number) for number in range(20)]
    assert all(task.done() for task in tasks)
    assert most == 1
    assert order == list(range(20))


def test_what_waits_for_a_place_can_be_cancelled() -> None:
    with TaskGroup(limit=1) as group:
        running = group.start_soon(sleep, FOREVER)
        queued = group.start_soon(sleep, FOREVER)
        dropped = group.start_soon(sleep, FOREVER)
        sleep(0.002)
        dropped.cancel()
        assert dropped.wait(FOREVER)
        assert not queued.done()
        group.cancel()
    assert running.cancelled()
    assert queued.cancelled()
    assert dropped.cancelled()


def test_cancelling_a_task_before_it_runs() -> None:
    ran: list[int] = []

    def work() -> None:
        sleep(0.05)
        ran.append(1)

    with TaskGroup() as group:
        task = group.start_soon(work)
        task.cancel()
        assert task.wait(FOREVER)
        assert task.cancelled()
        task.cancel()
    assert not ran


def test_a_group_is_entered_once() -> None:
    group = TaskGroup()
    with pytest.raises(RuntimeError, match="block"):
        group.start_soon(sleep, 0)
    with group:
        pass
    with pytest.raises(RuntimeError, match="once"):
        group.__enter__()


def test_a_spawned_task_ends_with_its_handle() -> None:
    def fail() -> None:
        raise KeyError("spawned")

    failed = spawn(fail)
    assert failed.wait(FOREVER)
    assert isinstance(failed.exception(), KeyError)
    task = spawn(sleep, FOREVER)
    assert not task.wait(0.005)
    task.cancel()
    assert task.wait(FOREVER)
    assert task.cancelled()


def test_a_shield_keeps_cancellation_out() -> None:
    steps: list[str] = []

    def work() -> None:
        try:
            sleep(FOREVER)
        finally:
            with Shield():
                sleep(0.01)
                steps.append("cleaned up")

    with TaskGroup() as group:
        group.start_soon(work)
        sleep(0.005)
        group.cancel()
    assert steps == ["cleaned up"]


def test_a_callback_may_be_plain() -> None:
    def plain(value: int) -> int:
        return value + 1

    assert call(plain, 1) == 2


def test_body_chunks_of_bytes_and_iterators() -> None:
    def chunks_of(body: Body) -> list[bytes]:
        chunks = []
        for chunk in body_chunks(body):
            chunks.append(chunk)
        return chunks

    assert chunks_of(BytesBody(b"abc")) == [b"abc"]
    assert chunks_of(BytesBody(b"")) == []
    assert chunks_of(IteratorBody([b"a", b"b"])) == [b"a", b"b"]
    blocking = IteratorBody(iter([b"a", b"b"]))
    blocking.blocking = True
    assert chunks_of(blocking) == [b"a", b"b"]


def test_next_takes_a_default() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    source = numbers()
    assert _concurrency.next(source, None) == 1
    assert _concurrency.next(source, None) is None


def test_an_owner_is_hashable_and_stays() -> None:
    assert hash(owner()) == hash(owner())
    assert owner() is owner()


def test_a_manual_clock_replaces_time() -> None:
    clock = ManualClock(monotonic=5.0, wall_time=100.0)
    with use_clock(clock):
        assert monotonic() == 5.0
        assert wall_time() == 100.0
        sleep(30)
        assert clock.sleeps == [30]
        assert monotonic() == 35.0
        clock.advance(5)
        assert wall_time() == 135.0

    class Fast(Clock):
        def monotonic(self) -> float:
            return 10 * super().monotonic()

    with use_clock(Fast()) as fast:
        before = monotonic()
        sleep(0.01)
        assert monotonic() - before > 0.05  # loops round their timers
        assert abs(wall_time() - Clock().wall_time()) < FOREVER
        assert fast.monotonic() >= before
    before = monotonic()
    sleep(0.005)
    assert monotonic() > before
    assert wall_time() > 1_700_000_000

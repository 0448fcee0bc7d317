# Generated from tests/_async/test_pool.py by scripts/generate_sync.py. Do not edit.
"""The native engine's pool, over connections that are no connections: counts and order at the limits."""

from __future__ import annotations

from typing import Any

import pytest

from duohttp import CloseError, Limits, PoolTimeout, TotalTimeout
from duohttp._concurrency import TaskGroup, Waiter, sleep
from duohttp._sync.engines.native.pool import Pool, RoutePool
from duohttp.values.timeout import Deadline

pytestmark = pytest.mark.anyio


class Fake:
    """Stands for a connection."""

    def __init__(self, pool: RoutePool) -> None:
        self.pool = pool
        self.idle_since = 0.0
        self.stale = False
        self.old = False
        self.aborted = 0

    def usable(self, again: int) -> bool:
        return not self.stale and not self.old

    def expired(self, now: float) -> bool:
        return self.old

    def abort(self) -> None:
        self.aborted += 1


def opened(pool: Pool, route: str) -> Any:
    """Take a permit and pretend to connect with it."""
    permit = pool.take(route)
    assert isinstance(permit, RoutePool)
    connection: Any = Fake(permit)
    pool.add(connection)
    return connection


def counts(pool: Pool) -> tuple[int, int, int]:
    stats = pool.stats()
    return stats.open, stats.idle, stats.waiting


def test_the_last_one_back_is_the_first_one_out() -> None:
    pool = Pool(Limits())
    first, second = opened(pool, "a"), opened(pool, "a")
    pool.release(first, reusable=True)
    pool.release(second, reusable=True)
    assert counts(pool) == (2, 2, 0)
    assert pool.take("a") is second
    assert pool.take("a") is first
    assert isinstance(pool.take("a"), RoutePool)
    assert pool.stats().reused == 2


def test_a_broken_connection_is_closed_and_its_route_forgotten() -> None:
    pool = Pool(Limits())
    connection = opened(pool, "a")
    pool.release(connection, reusable=False)
    assert connection.aborted == 1
    assert counts(pool) == (0, 0, 0)
    assert pool.stats().routes == {}
    pool.release(connection, reusable=False)
    assert counts(pool) == (0, 0, 0)


@pytest.mark.parametrize("limits", [Limits(max_connections=1), Limits(max_connections_per_host=1)])
def test_waiters_are_served_in_order(limits: Limits) -> None:
    pool = Pool(limits)
    connection = opened(pool, "a")
    waiters = [pool.take("a") for _ in range(3)]
    assert all(isinstance(waiter, Waiter) for waiter in waiters)
    assert counts(pool) == (1, 0, 3)
    for waiter in waiters:
        pool.release(connection, reusable=True)
        assert isinstance(waiter, Waiter)
        assert pool.wait(waiter, 1.0, None) is connection
    assert counts(pool) == (1, 0, 0)


def test_a_closed_connection_gives_its_permit_to_the_oldest_waiter() -> None:
    pool = Pool(Limits(max_connections=1))
    connection = opened(pool, "a")
    second, third = pool.take("b"), pool.take("a")
    assert isinstance(second, Waiter)
    assert isinstance(third, Waiter)
    pool.release(connection, reusable=False)
    permit = pool.wait(second, 1.0, None)
    assert isinstance(permit, RoutePool)
    assert permit.route == "b"
    assert counts(pool) == (1, 0, 1)
    pool.give_back(permit)
    permit = pool.wait(third, 1.0, None)
    assert permit.route == "a"
    pool.give_back(permit)
    assert counts(pool) == (0, 0, 0)


def test_a_route_without_connections_does_not_starve() -> None:
    pool = Pool(Limits(max_connections=1))
    connection = opened(pool, "a")
    starving, busy = pool.take("b"), pool.take("a")
    assert isinstance(starving, Waiter)
    assert isinstance(busy, Waiter)
    pool.release(connection, reusable=True)
    assert connection.aborted == 1
    permit = pool.wait(starving, 1.0, None)
    assert permit.route == "b"


def test_the_idle_of_others_make_room() -> None:
    pool = Pool(Limits(max_connections=2))
    first, second = opened(pool, "a"), opened(pool, "b")
    pool.release(first, reusable=True)
    pool.release(second, reusable=True)
    opened(pool, "c")
    assert (first.aborted, second.aborted) == (1, 0)
    assert counts(pool) == (2, 1, 0)


def test_fresh_passes_idle_ones_over() -> None:
    pool = Pool(Limits(max_connections_per_host=1))
    connection = opened(pool, "a")
    pool.release(connection, reusable=True)
    permit = pool.take("a", fresh=True)
    assert isinstance(permit, RoutePool)
    assert connection.aborted == 1
    assert counts(pool) == (1, 0, 0)
    fresh: Any = Fake(permit)
    pool.add(fresh)
    pool.release(fresh, reusable=True)
    taken: Any = pool.take("a")
    assert taken is fresh


def test_bound_on_idle_connections() -> None:
    pool = Pool(Limits(max_keepalive_connections=1))
    first, second = opened(pool, "a"), opened(pool, "b")
    pool.release(first, reusable=True)
    pool.release(second, reusable=True)
    assert (first.aborted, second.aborted) == (1, 0)
    none = Pool(Limits(max_keepalive_connections=0))
    connection = opened(none, "a")
    none.release(connection, reusable=True)
    assert connection.aborted == 1
    assert counts(none) == (0, 0, 0)


def test_the_sweep_drops_what_nobody_asks_for() -> None:
    pool = Pool(Limits())
    forgotten, other = opened(pool, "a"), opened(pool, "b")
    pool.release(forgotten, reusable=True)
    forgotten.old = True
    pool._next_sweep = 0.0
    pool.release(other, reusable=True)
    assert forgotten.aborted == 1
    assert counts(pool) == (1, 1, 0)


def test_waiting_ends_at_the_timeout_and_leaves_nothing() -> None:
    pool = Pool(Limits(max_connections=1))
    connection = opened(pool, "a")
    for timeout, seconds in ((0.01, None), (None, 0.01), (None, 0.0)):
        waiter = pool.take("a")
        assert isinstance(waiter, Waiter)
        with pytest.raises((PoolTimeout, TotalTimeout), match=r"1 are in use|longer than 0 s"):
            pool.wait(waiter, timeout, None if seconds is None else Deadline(seconds))
    assert counts(pool) == (1, 0, 0)
    pool.release(connection, reusable=True)
    assert pool.take("a") is connection


def test_what_a_lost_waiter_was_given_goes_on() -> None:
    pool = Pool(Limits(max_connections=1))
    connection = opened(pool, "a")
    lost, next_one = pool.take("a"), pool.take("a")
    assert isinstance(lost, Waiter)
    assert isinstance(next_one, Waiter)
    pool.release(connection, reusable=True)
    # Its task was cancelled after the hand-over and before it ran.
    pool._give_up(lost)
    assert pool.wait(next_one, 1.0, None) is connection
    pool.release(connection, reusable=True)
    assert counts(pool) == (1, 1, 0)


def test_closing_wakes_waiters_and_refuses() -> None:
    pool = Pool(Limits(max_connections=1))
    connection = opened(pool, "a")
    waiter = pool.take("a")
    assert isinstance(waiter, Waiter)
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            pool.wait(waiter, 5.0, None)
        except CloseError as error:
            caught.append(error)

    with TaskGroup() as group:
        group.start_soon(wait)
        sleep(0.01)
        assert pool.close() == [connection]
    assert len(caught) == 1
    with pytest.raises(CloseError):
        pool.take("a")
    pool.release(connection, reusable=True)
    assert counts(pool) == (0, 0, 0)


def test_a_connection_opened_while_the_pool_closed_is_refused() -> None:
    pool = Pool(Limits())
    permit = pool.take("a")
    assert isinstance(permit, RoutePool)
    pool.close()
    with pytest.raises(CloseError):
        pool.add(Fake(permit))  # type: ignore[arg-type]


def test_waiters_blocked_by_their_route_do_not_block_others() -> None:
    pool = Pool(Limits(max_connections=2, max_connections_per_host=1))
    first, second = opened(pool, "a"), opened(pool, "b")
    blocked, free = pool.take("a"), pool.take("c")
    assert isinstance(blocked, Waiter)
    assert isinstance(free, Waiter)
    pool.release(second, reusable=False)
    permit = pool.wait(free, 1.0, None)
    assert permit.route == "c"
    pool.release(first, reusable=True)
    assert pool.wait(blocked, 1.0, None) is first

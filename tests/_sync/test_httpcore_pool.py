# Generated from tests/_async/test_httpcore_pool.py by scripts/generate_sync.py. Do not edit.
"""The pool of the httpcore engine: who gets which connection, and that nothing is lost."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from duohttp import CloseError, Deadline, Limits, PoolTimeout, TotalTimeout
from duohttp._concurrency import ManualClock, TaskGroup, Waiter, sleep, use_clock
from duohttp._sync.engines.httpcore_connection import CoreConnection
from duohttp._sync.engines.httpcore_pool import CorePool
from duohttp._sync.engines.httpcore_routes import CoreRoute, Route
from duohttp.values.proxy import Proxy
from duohttp.values.url import Origin

pytestmark = pytest.mark.anyio

A = Route(Origin("http", "a.test", 80), None)
B = Route(Origin("https", "::1", 443), Proxy("socks5://p.test"))


class Wire:
    """Stands for a socket."""

    def __init__(self) -> None:
        self.aborted = False
        self.shared = False

    def abort(self) -> None:
        """Note it."""
        self.aborted = True


class Core:
    """Stands for httpcore's connection."""

    def __init__(self) -> None:
        self.available = True
        self.expired = False

    def handle_request(self, request: object) -> None:
        """Never called."""

    def is_available(self) -> bool:
        """Tell what the test says."""
        return self.available

    def has_expired(self) -> bool:
        """Tell what the test says."""
        return self.expired


class Pool(CorePool):
    """A pool whose connections are made here."""

    def ask(self, route: Route = A, *, shares: bool = False, fresh: bool = False) -> Any:
        """Take, and make the connection where there is a permit; HTTP/1.1 unless it may be shared."""
        given = self.take(route, shares=shares, fresh=fresh)
        return self.open(given) if isinstance(given, CoreRoute) else given

    def open(self, permit: CoreRoute) -> Any:
        """Make a connection with a permit."""
        connection: Any = CoreConnection(Core(), Wire(), permit)  # type: ignore[arg-type]
        self.add(connection)
        if not permit.shares:
            self.settled(connection, 1, shares=False)
        return connection

    def counts(self) -> tuple[int, int, int]:
        """Open, idle, waiting."""
        stats = self.stats()
        return stats.open, stats.idle, stats.waiting


def limited(**limits: Any) -> Pool:
    return Pool(Limits(**limits))


def test_the_connection_used_last_is_used_next() -> None:
    pool = limited()
    first, second = pool.ask(), pool.ask()
    pool.release(first, reusable=True)
    pool.release(second, reusable=True)
    assert pool.counts() == (2, 2, 0)
    assert pool.ask() is second
    assert pool.ask() is first
    assert pool.stats().reused == 2


def test_waiters_are_served_in_turn() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask()
    waiters = [pool.ask() for _ in range(3)]
    assert pool.counts() == (1, 0, 3)
    for waiter in waiters:
        pool.release(connection, reusable=True)
        assert pool.wait(waiter, 1, None) is connection
    pool.release(connection, reusable=True)
    assert pool.counts() == (1, 1, 0)


def test_a_lost_connection_gives_its_permit_to_a_waiter() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask()
    waiter = pool.ask()
    pool.release(connection, reusable=False)
    assert connection.wire.aborted
    permit = pool.wait(waiter, 1, None)
    assert isinstance(permit, CoreRoute)
    pool.give_back(permit)
    assert pool.counts() == (0, 0, 0)
    assert pool.stats().routes == {}


def test_an_idle_connection_makes_room_for_another_route() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask(A)
    pool.release(connection, reusable=True)
    other = pool.ask(B)
    assert connection.wire.aborted
    assert list(pool.stats().routes) == ["https://[::1]:443 through socks5://p.test:1080"]
    waiter = pool.ask(A)
    pool.release(other, reusable=True)
    assert isinstance(pool.wait(waiter, 1, None), CoreRoute)
    assert other.wire.aborted


def test_a_route_does_not_starve_behind_a_busy_one() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask(A)
    starving = pool.ask(B)
    behind = pool.ask(A)
    pool.release(connection, reusable=True)
    permit = pool.wait(starving, 1, None)
    assert permit.route == B
    with pytest.raises(PoolTimeout):
        pool.wait(behind, 0, None)


def test_routes_take_turns() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask(A)
    order = []
    waiters = [pool.ask(A), pool.ask(A), pool.ask(B), pool.ask(B)]
    for _ in range(4):
        pool.release(connection, reusable=False)
        (served,) = [waiter for waiter in waiters if not waiter.is_open]
        waiters.remove(served)
        permit = pool.wait(served, 1, None)
        order.append("AB"[permit.route == B])
        connection = pool.open(permit)
    assert order == ["A", "B", "A", "B"]


def test_limit_of_a_route() -> None:
    pool = limited(max_connections_per_host=1)
    connection = pool.ask(A)
    waiter = pool.ask(A)
    assert isinstance(waiter, Waiter)
    assert not isinstance(pool.ask(B), Waiter)
    pool.release(connection, reusable=True)
    assert pool.wait(waiter, 1, None) is connection
    pool.release(connection, reusable=True)
    assert pool.ask(A, fresh=True) is not connection
    assert connection.wire.aborted
    with pytest.raises(PoolTimeout):
        pool.wait(pool.ask(A, fresh=True), 0, None)


def test_connections_that_ended_are_not_given() -> None:
    pool = limited()
    closed, dead, alive = pool.ask(), pool.ask(), pool.ask()
    for connection in (alive, dead, closed):
        pool.release(connection, reusable=True)
    closed._core.available = False
    dead._core.expired = True
    assert pool.ask() is alive
    assert closed.wire.aborted
    assert dead.wire.aborted
    assert pool.counts() == (1, 0, 0)


def test_connections_that_are_old_or_were_idle_for_long_are_not_given() -> None:
    with use_clock(ManualClock()) as clock:
        assert isinstance(clock, ManualClock)
        pool = limited(keepalive_expiry=10, max_age=25)
        connection = pool.ask()
        pool.release(connection, reusable=True)
        clock.advance(9)
        assert pool.ask() is connection
        pool.release(connection, reusable=True)
        clock.advance(10)
        other = pool.ask()
        assert other is not connection
        for _ in range(5):
            pool.release(other, reusable=True)
            clock.advance(6)
            third = pool.ask()
            if third is not other:
                break
        assert other.wire.aborted
        # Those that nobody asks for are closed on the occasion of others.
        pool.release(third, reusable=True)
        clock.advance(11)
        pool.release(pool.ask(B), reusable=True)
        assert third.wire.aborted


def test_no_more_than_some_are_kept() -> None:
    pool = limited(max_keepalive_connections=1)
    first, second = pool.ask(), pool.ask()
    pool.release(first, reusable=True)
    pool.release(second, reusable=True)
    assert first.wire.aborted
    assert pool.counts() == (1, 1, 0)


# Shared connections.


def test_others_wait_for_a_connection_that_may_be_shared() -> None:
    pool = limited(max_connections=10)
    connection = pool.ask(shares=True)
    waiters = [pool.ask(shares=True) for _ in range(3)]
    assert pool.counts() == (1, 0, 3)
    pool.settled(connection, 3, shares=True)
    assert pool.wait(waiters[0], 1, None) is connection
    assert pool.wait(waiters[1], 1, None) is connection
    # The third finds it full, and opens another.
    assert isinstance(pool.wait(waiters[2], 1, None), CoreRoute)
    pool.release(connection, reusable=True)
    assert pool.ask(shares=True) is connection
    assert isinstance(pool.ask(shares=True), Waiter)


def test_others_go_their_own_ways_when_it_can_not_be_shared() -> None:
    pool = limited(max_connections=3)
    connection = pool.ask(shares=True)
    waiters = [pool.ask(shares=True) for _ in range(4)]
    pool.settled(connection, 1, shares=False)
    assert [waiter.is_open for waiter in waiters] == [False, False, True, True]


@pytest.mark.parametrize("reusable", [True, False])
def test_others_go_their_own_ways_when_it_fails(reusable: bool) -> None:
    pool = limited()
    connection = pool.ask(shares=True)
    waiters = [pool.ask(shares=True) for _ in range(2)]
    pool.release(connection, reusable=reusable)
    assert not any(waiter.is_open for waiter in waiters)


def test_a_permit_given_back_lets_the_next_try() -> None:
    pool = limited()
    permit = pool.take(A, shares=True)
    waiter = pool.take(A, shares=True)
    pool.give_back(permit)
    assert isinstance(pool.wait(waiter, 1, None), CoreRoute)


def test_a_retired_connection_is_closed_by_the_last_one_out() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask(shares=True)
    pool.settled(connection, 10, shares=True)
    assert pool.ask(shares=True) is connection
    pool.release(connection, reusable=False)
    assert not connection.wire.aborted
    other = pool.ask(shares=True)
    assert other is not connection
    pool.release(connection, reusable=True)
    assert connection.wire.aborted
    assert not other.wire.aborted


def test_a_shared_connection_that_takes_no_more_is_left_to_those_on_it() -> None:
    pool = limited(max_connections=2)
    connection = pool.ask(shares=True)
    pool.settled(connection, 10, shares=True)
    connection._core.available = False
    assert pool.ask(shares=True) is not connection
    assert not connection.wire.aborted
    pool.release(connection, reusable=False)
    assert connection.wire.aborted


def test_room_may_shrink_and_grow() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask(shares=True)
    pool.settled(connection, 3, shares=True)
    assert pool.ask(shares=True) is connection
    pool.settled(connection, 1, shares=True)
    waiter = pool.ask(shares=True)
    assert isinstance(waiter, Waiter)
    pool.settled(connection, 3, shares=True)
    assert pool.wait(waiter, 1, None) is connection


# Giving up.


@pytest.mark.parametrize("deadline", [None, 0.02, -1.0])
def test_waiting_ends_in_time(deadline: float | None) -> None:
    pool = limited(max_connections=1)
    connection = pool.ask()
    waiter = pool.ask()
    error = PoolTimeout if deadline is None else (PoolTimeout, TotalTimeout)
    with pytest.raises(error):
        pool.wait(waiter, 0.02 if deadline is None else 5, None if deadline is None else Deadline(deadline))
    assert pool.counts() == (1, 0, 0)
    pool.release(connection, reusable=True)
    assert pool.ask() is connection


@pytest.mark.parametrize("reusable", [True, False])
def test_what_was_given_to_one_who_gave_up_goes_on(reusable: bool) -> None:
    pool = limited(max_connections=1)
    connection = pool.ask()
    first, second = pool.ask(), pool.ask()
    pool.release(connection, reusable=reusable)
    pool._give_up(first)
    assert pool.counts() == (1, 0, 0)
    given = pool.wait(second, 1, None)
    assert given is connection if reusable else isinstance(given, CoreRoute)


def test_waiters_that_ended_are_passed_over() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask()
    for _ in range(2):
        assert pool.ask().take() is None
    pool.release(connection, reusable=True)
    assert pool.counts() == (1, 1, 0)
    again = pool.ask()
    assert again is connection
    assert pool.ask().take() is None
    pool.release(again, reusable=False)
    assert pool.counts() == (0, 0, 0)


def test_cancelled_waiters_leave_nothing() -> None:
    pool = limited(max_connections=1)
    connection = pool.ask()

    def wait() -> None:
        pool.wait(pool.ask(), 30, None)

    with TaskGroup() as group:
        for _ in range(3):
            group.start_soon(wait)
        while pool.stats().waiting < 3:
            sleep(0.001)
        group.cancel()
    assert pool.counts() == (1, 0, 0)
    pool.release(connection, reusable=True)
    assert pool.ask() is connection


# Finalisers and the end.


def test_a_finaliser_may_come_at_any_moment() -> None:
    """The garbage collector ends a response in the middle of the pool's own work."""
    pool = limited(max_connections=2)
    first, second = pool.ask(), pool.ask()
    waiter = pool.ask()
    with pool._guard:
        pool.release(first, reusable=True)
        assert not first.wire.aborted
        assert waiter.is_open
    pool.release(second, reusable=False)
    assert pool.wait(waiter, 1, None) is first
    assert pool.counts() == (1, 0, 0)


def test_a_retired_pool_keeps_nothing() -> None:
    pool = limited()
    idle, busy = pool.ask(), pool.ask()
    pool.release(idle, reusable=True)
    pool.retire()
    assert idle.wire.aborted
    assert not busy.wire.aborted
    pool.release(busy, reusable=True)
    assert busy.wire.aborted


def test_closing() -> None:
    pool = limited(max_connections=2)
    idle, busy = pool.ask(), pool.ask(B)
    pool.release(idle, reusable=True)
    permit = pool.take(A, shares=False, fresh=True)
    waiter = pool.ask(B)
    pool.close()
    assert idle.wire.aborted
    assert busy.wire.aborted
    with pytest.raises(CloseError):
        pool.wait(waiter, 1, None)
    with pytest.raises(CloseError):
        pool.take(A, shares=False)
    with pytest.raises(CloseError):
        pool.open(permit)
    pool.give_back(permit)
    pool.release(busy, reusable=True)
    pool.settled(busy, 5, shares=True)
    assert pool.counts() == (0, 0, 0)


def test_what_a_fork_inherits_is_closed() -> None:
    pool = limited()
    connection = pool.ask()
    with pool._guard:
        pool.disown()
    assert connection.wire.aborted


def test_tidying_runs_generators_to_their_end() -> None:
    pool = limited()
    ended: list[str] = []

    def two() -> Any:
        yield b"1"
        yield b"2"
        ended.append("two")

    def fails() -> Any:
        yield b"1"
        ended.append("fails")
        raise CloseError("closed")

    for generator in (two(), fails()):
        assert generator.__next__() == b"1"
        pool.leftovers.append(generator)
    pool.leftovers.finish()
    assert ended == ["two", "fails"]
    assert not pool.leftovers
    gc.collect()

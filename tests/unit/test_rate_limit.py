"""The arithmetic of RateLimit, and what servers tell of their limits."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp import Headers, RateLimit
from duohttp._concurrency import ManualClock, use_clock
from duohttp.rules.rate_limit_fields import Quota, quota_of
from duohttp.rules.rate_limits import Gate, Gates

FIELDS: list[tuple[dict[str, str], Quota | None]] = [
    ({"RateLimit": '"default";r=50;t=30'}, Quota(50, 30)),
    ({"RateLimit": '"default" ; r=0 ; t=5', "RateLimit-Policy": '"default";q=100;w=60'}, Quota(0, 5)),
    ({"RateLimit": '"burst";r=9;t=1, "daily";r=3;t=4000'}, Quota(3, 4000)),
    ({"RateLimit": '"a";r=0;t=5, "b";r=0;t=50'}, Quota(0, 50)),
    ({"RateLimit": '"daily";r=3', "RateLimit-Policy": '"burst";q=9;w=1, "daily";q=9;w=86400'}, Quota(3, 86400)),
    ({"RateLimit": '"daily";r=3'}, None),
    ({"RateLimit": '"daily";t=3'}, None),
    ({"RateLimit": "limit=100, remaining=7, reset=12"}, Quota(7, 12)),
    ({"RateLimit": '"x;r=0;t=9";r=5;t=30'}, Quota(5, 30)),
    ({"RateLimit": "100"}, None),
    ({"RateLimit": '"a";r=-1;t=5'}, None),
    ({"RateLimit": '"a";r=99999999999999999999;t=5'}, None),
    ({"RateLimit-Limit": "10", "RateLimit-Remaining": "1", "RateLimit-Reset": "9"}, Quota(1, 9)),
    ({"RateLimit-Remaining": "1, 100;w=60", "RateLimit-Reset": "9"}, Quota(1, 9)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2.5"}, Quota(0, 2)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000060"}, Quota(0, 60)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1600000000"}, Quota(0, 0)),
    ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "2"}, Quota(0, 2)),
    ({"X-RateLimit-Remaining": "0"}, None),
    ({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "5"}, None),
    ({"X-RateLimit-Remaining": "٣", "X-RateLimit-Reset": "5"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("fields", "expected"), FIELDS)
def test_what_servers_tell(fields: dict[str, str], expected: Quota | None) -> None:
    with use_clock(ManualClock(wall_time=1_700_000_000)):
        assert quota_of(Headers(fields)) == expected


def test_a_bucket_fills_at_its_rate() -> None:
    gate = Gate(2.0, 4.0, None)
    assert [gate.take(100.0) for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 0.5]
    assert gate.take(100.25) == 0.25
    assert gate.take(100.5) == 0.0
    assert gate.wait(100.5, ahead=3) == 2.0
    assert [gate.take(200.0) for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 0.5]


def test_waiting_as_long_as_asked_is_enough() -> None:
    gate = Gate(3.0, 1.0, None)
    now = 0.1
    for _ in range(1000):
        seconds = gate.take(now)
        assert seconds is not None
        if seconds:
            now += seconds
            assert gate.take(now) == 0.0
    assert now == pytest.approx(0.1 + 999 / 3)


def test_places() -> None:
    gate = Gate(None, 1.0, 2)
    assert [gate.take(0.0) for _ in range(3)] == [0.0, 0.0, None]
    gate.leave()
    assert gate.take(0.0) == 0.0


def test_a_block_and_a_quota() -> None:
    gate = Gate(None, 1.0, None)
    gate.block(10.0)
    gate.block(5.0)
    assert gate.take(4.0) == 6.0
    assert gate.take(10.0) == 0.0
    gate.learn(Quota(2, 30), 50.0)
    assert [gate.take(20.0) for _ in range(3)] == [0.0, 0.0, 30.0]
    assert gate.wait(20.0, ahead=5) == 30.0
    assert gate.take(50.0) == 0.0


def test_gates_that_say_nothing_are_forgotten() -> None:
    gates = Gates(1.0, 1.0, None)
    blocked = gates.gate("blocked", 0.0)
    blocked.block(1e9)
    for number in range(1000):
        gate = gates.gate(number, float(number))
        assert gate.take(float(number)) == 0.0
        gate.leave()
    assert len(gates) < 300
    assert gates.gate("blocked", 1000.0) is blocked


@pytest.mark.parametrize(
    "options",
    [
        {"requests": 0},
        {"requests": -1},
        {"requests": float("inf")},
        {"per": 0},
        {"per": float("nan")},
        {"burst": 0.5},
        {"concurrent": 0},
        {"concurrent": 1.5},
        {"max_retry_after": -1},
        {"max_wait": float("nan")},
    ],
)
def test_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        RateLimit(**options)


def test_repr_and_travel() -> None:
    limit = RateLimit(10, per=60, concurrent=2)
    vars(limit)["_states"] = {0: object()}
    assert repr(limit) == "RateLimit(requests=10, per=60, concurrent=2)"
    copy = pickle.loads(pickle.dumps(limit))
    assert repr(copy) == repr(limit)
    assert "_states" not in vars(copy)

"""Timeouts and deadlines."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp.exceptions import TotalTimeout
from duohttp.values.limits import Limits
from duohttp.values.timeout import DEFAULT_TIMEOUT, Deadline, Timeout, shown_seconds


def fields(timeout: Timeout) -> tuple[float | None, ...]:
    return timeout.connect, timeout.read, timeout.write, timeout.pool, timeout.total


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Timeout(), (5, 30, 30, 30, None)),
        (Timeout(7), (7, 7, 7, 7, None)),
        (Timeout(None), (None, None, None, None, None)),
        (Timeout(7, read=None, total=9), (7, None, 7, 7, 9)),
        (Timeout.of(3), (3, 3, 3, 3, None)),
        (Timeout.of((1, 2)), (1, 2, 30, 30, None)),
        (Timeout.of(None), (None, None, None, None, None)),
        (Timeout.of(Timeout(total=1)), (5, 30, 30, 30, 1)),
        (Timeout(1).replace(read=5), (1, 5, 1, 1, None)),
        (Timeout(float("inf")), (None, None, None, None, None)),
        (Timeout(0), (0, 0, 0, 0, None)),
    ],
)
def test_fields(given: Timeout, expected: tuple[float | None, ...]) -> None:
    assert fields(given) == expected


@pytest.mark.parametrize("value", [-1, float("nan"), "5", True, (1, 2, 3), object()])
def test_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        Timeout.of(value)


def test_is_a_value() -> None:
    assert Timeout(5) == Timeout(5)
    assert Timeout(5) != Timeout(6)
    assert hash(Timeout(5)) == hash(Timeout(5))
    assert pickle.loads(pickle.dumps(Timeout(5, total=1))) == Timeout(5, total=1)
    assert eval(repr(DEFAULT_TIMEOUT)) == DEFAULT_TIMEOUT
    with pytest.raises(AttributeError):
        DEFAULT_TIMEOUT.read = 1


def test_deadline() -> None:
    later = Deadline(1000)
    assert 999 < later.remaining() <= 1000
    assert later.clamp(5) == 5
    assert 999 < later.clamp(None) <= 1000
    assert not later.expired
    now = Deadline(0)
    assert now.expired
    assert now.remaining() == 0
    with pytest.raises(TotalTimeout, match="longer than 0 s"):
        now.clamp(5)


@pytest.mark.parametrize(
    "options", [{"max_connections": 0}, {"keepalive_expiry": -1}, {"max_age": "x"}, {"max_connections": True}]
)
def test_limits_refuse(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        Limits(**options)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (5, "5 s"),
        (4.99969, "5 s"),
        (0.286269, "0.29 s"),
        (0.0941084, "0.094 s"),
        (12.5, "12.5 s"),
        (3600, "3600 s"),
        (0, "0 s"),
    ],
)
def test_seconds_of_errors_have_few_digits(seconds: float, shown: str) -> None:
    assert shown_seconds(seconds) == shown

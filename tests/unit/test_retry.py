"""The options and the arithmetic of Retry."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from duohttp import Retry
from duohttp.rules.retries import RetryBudget


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 2, 4, 8, 16, 32, 60, 60]),
        ({"base_delay": 0.2}, [0.2, 0.4, 0.8]),
        ({"base": 1.1}, [1, 1.1, 1.21]),
        ({"base": 10, "max_delay": 5}, [1, 5, 5]),
        ({"base_delay": 0}, [0, 0]),
        ({"constant_delay": 0.123}, [0.123, 0.123]),
        ({"constant_delay": 0}, [0, 0]),
    ],
)
def test_delays_without_chance(options: dict[str, Any], expected: list[float]) -> None:
    retry = Retry(jitter=0, **options)
    assert [retry.own_delay(count) for count in range(1, len(expected) + 1)] == pytest.approx(expected)


def test_the_delay_of_a_late_retry_is_no_overflow() -> None:
    assert Retry(jitter=0).own_delay(10**6) == 60
    assert Retry(jitter=0, base=1e300).own_delay(10**6) == 60


def test_jitter_leaves_out_a_share() -> None:
    assert Retry(random=lambda: 0.25).own_delay(3) == 3
    assert Retry(random=lambda: 0.5, jitter=0.5).own_delay(3) == 3
    drawn = {Retry().own_delay(3) for _ in range(100)}
    assert len(drawn) > 90
    assert all(0 < delay <= 4 for delay in drawn)


@pytest.mark.parametrize(
    "options",
    [
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"base_delay": -1},
        {"base_delay": float("nan")},
        {"base": 0.5},
        {"base": float("inf")},
        {"max_delay": float("inf")},
        {"jitter": 1.5},
        {"constant_delay": -1},
        {"constant_delay": 1, "delay": lambda count, response, error: 1},
        {"max_retry_after": -1},
        {"budget": -0.1},
        {"budget_per_second": float("nan")},
    ],
)
def test_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        Retry(**options)


def test_methods_is_no_text() -> None:
    with pytest.raises(TypeError, match="methods of Retry is a collection, not str; put it into a list"):
        Retry(methods="POST")


def test_repr_tells_what_was_chosen() -> None:
    assert repr(Retry()) == "Retry()"
    assert repr(Retry(5, jitter=0, methods=["GET"])) == "Retry(max_retries=5, methods=frozenset({'GET'}), jitter=0)"


def test_the_budget_does_not_travel() -> None:
    retry = Retry(budget=0.5)
    vars(retry)["_states"] = {0: object()}
    for other in (pickle.loads(pickle.dumps(Retry(budget=0.5))), copy.copy(retry)):
        assert other.budget == 0.5
        assert "_states" not in vars(other)


def test_budget() -> None:
    budget = RetryBudget(0.1, 1)
    assert [budget.withdraw(0.0) for _ in range(11)] == [True] * 10 + [False]
    assert not budget.withdraw(0.5)
    assert budget.withdraw(1.0)
    for _ in range(10):
        budget.deposit()
    assert budget.withdraw(1.0)
    assert not budget.withdraw(1.0)
    assert [budget.withdraw(1000.0) for _ in range(11)] == [True] * 10 + [False]
    for _ in range(10_000):
        budget.deposit()
    assert budget.tokens == pytest.approx(20)

"""The circuits of CircuitBreaker."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from yarl import URL

from duohttp import (
    CircuitBreaker,
    CircuitOpen,
    ConnectError,
    HTTPError,
    InvalidURL,
    LocalProtocolError,
    PoolTimeout,
    ReadTimeout,
    Request,
    RequestCancelled,
    ServerDisconnected,
    TotalTimeout,
)
from duohttp.rules.circuits import Circuit, CircuitRules, Circuits, Window
from duohttp.values.response import BaseResponse


def circuit_of(threshold: int = 3, ratio: float = 0.5, window: float = 10.0, open_for: float = 5.0) -> Circuit:
    return Circuit(CircuitRules(threshold, ratio, window, open_for))


def fail(circuit: Circuit, now: float, times: int = 1) -> None:
    for _ in range(times):
        circuit.failed(circuit.enter(now), now)


def succeed(circuit: Circuit, now: float, times: int = 1) -> None:
    for _ in range(times):
        circuit.succeeded(circuit.enter(now), now)


def test_it_opens_at_the_threshold() -> None:
    circuit = circuit_of()
    fail(circuit, 100.0, 2)
    assert circuit.state == "closed"
    fail(circuit, 101.0)
    assert circuit.state == "open"
    assert circuit.enter(105.9) == 0
    assert circuit.next_try(105.9) == 106.0
    assert circuit.enter(106.0)
    assert circuit.state == "half-open"


def test_failures_must_be_a_share_of_all() -> None:
    circuit = circuit_of()
    succeed(circuit, 100.0, 4)
    fail(circuit, 100.0, 3)
    assert circuit.state == "closed"
    fail(circuit, 100.0)
    assert circuit.state == "open"
    circuit = circuit_of(ratio=0)
    succeed(circuit, 100.0, 1000)
    fail(circuit, 100.0, 3)
    assert circuit.state == "open"


def test_old_failures_are_forgotten() -> None:
    circuit = circuit_of()
    fail(circuit, 100.0, 2)
    fail(circuit, 111.0)
    assert circuit.state == "closed"
    fail(circuit, 119.0, 2)
    assert circuit.state == "open"


def test_one_at_a_time_tries() -> None:
    circuit = circuit_of()
    fail(circuit, 100.0, 3)
    ticket = circuit.enter(105.0)
    assert ticket
    assert circuit.enter(105.0) == 0
    circuit.failed(ticket, 106.0)
    assert circuit.state == "open"
    assert circuit.enter(110.9) == 0
    ticket = circuit.enter(111.0)
    circuit.succeeded(ticket, 111.5)
    assert circuit.state == "closed"
    fail(circuit, 112.0, 2)
    assert circuit.state == "closed"


def test_a_try_that_ends_without_a_result_lets_another_one() -> None:
    circuit = circuit_of()
    fail(circuit, 100.0, 3)
    ticket = circuit.enter(105.0)
    assert circuit.enter(105.0) == 0
    circuit.gave_up(ticket)
    other = circuit.enter(105.0)
    assert other > ticket
    circuit.failed(ticket, 105.0)
    assert circuit.state == "half-open"
    assert circuit.enter(109.9) == 0
    assert circuit.enter(110.0) > other


def test_what_began_before_the_change_does_not_count() -> None:
    circuit = circuit_of()
    early = [circuit.enter(100.0) for _ in range(6)]
    for ticket in early[:3]:
        circuit.failed(ticket, 100.0)
    assert circuit.state == "open"
    circuit.succeeded(early[3], 101.0)
    circuit.failed(early[4], 104.0)
    assert circuit.next_try(104.0) == 105.0
    probe = circuit.enter(105.0)
    circuit.gave_up(early[5])
    circuit.succeeded(early[3], 105.0)
    assert circuit.enter(105.0) == 0
    circuit.succeeded(probe, 105.0)
    assert circuit.state == "closed"


def test_the_window_counts_what_is_not_too_old() -> None:
    window = Window(10.0)
    for second in range(1000, 1030):
        window.add(float(second), failed=second % 2 == 0)
    assert (window.total, window.failed) == (10, 5)
    window.add(1025.0, failed=True)  # a clock that another thread read before
    assert (window.total, window.failed) == (11, 6)
    window.advance(5000.0)
    assert (window.total, window.failed) == (0, 0)


def test_circuits_that_say_nothing_are_forgotten() -> None:
    circuits = Circuits(CircuitRules(1, 0.5, 10.0, 1e9))
    fail(circuits.circuit("down", 0.0), 0.0)
    for number in range(1000):
        succeed(circuits.circuit(number, float(number)), float(number))
    assert len(circuits) < 300
    assert circuits.circuit("down", 1000.0).state == "open"


def response_of(status: int) -> BaseResponse:
    response = BaseResponse.__new__(BaseResponse)
    response.status_code = status
    return response


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectError, True),
        (ServerDisconnected, True),
        (ReadTimeout, True),
        (TotalTimeout, True),
        (PoolTimeout, None),
        (LocalProtocolError, None),
        (CircuitOpen, None),
        (RequestCancelled, None),
        (InvalidURL, None),
    ],
)
def test_which_errors_are_failures(error: type[HTTPError], expected: bool | None) -> None:
    assert CircuitBreaker().is_failure(None, error("it broke")) is expected


def test_which_responses_are_failures() -> None:
    assert [CircuitBreaker().is_failure(response_of(status), None) for status in (200, 404, 429, 500, 599)] == [
        *(False, False, False, True, True)
    ]
    breaker = CircuitBreaker(statuses=[429], failure_if=lambda response, error: None if response else False)
    assert breaker.is_failure(response_of(429), None)
    assert not breaker.is_failure(response_of(500), None)
    assert breaker.is_failure(None, ConnectError("no")) is False


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0},
        {"threshold": True},
        {"ratio": 1.5},
        {"ratio": float("nan")},
        {"window": 0},
        {"open_for": float("inf")},
    ],
)
def test_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        CircuitBreaker(**options)


def test_travel() -> None:
    copy = pickle.loads(pickle.dumps(CircuitBreaker(threshold=2)))
    assert repr(copy) == "CircuitBreaker(threshold=2)"
    error = CircuitOpen("left alone", request=Request("GET", URL("http://a.test/")))
    error.retry_after = 2.5
    assert pickle.loads(pickle.dumps(error)).retry_after == 2.5

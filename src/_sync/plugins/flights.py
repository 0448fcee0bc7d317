# Generated from src/_async/plugins/flights.py by scripts/generate_sync.py. Do not edit.
"""Waiting for what an equal request brings."""

from __future__ import annotations

import copy
from typing import Any

from ..._concurrency import Waiter
from ...exceptions import HTTPError
from ...rules.coalescing import LEAD, Flight, Flights
from ...values.request import Request
from .state import SharedState

__all__ = ["follow", "hand_over", "own_error"]


def follow(waiter: Waiter[Any], flight: Flight, flights: Flights, state: SharedState, request: Request) -> Any:
    """Wait as long as the request's deadline allows; return the result, or LEAD. Raises TotalTimeout."""
    deadline = request.deadline
    try:
        return waiter.wait(None if deadline is None else deadline.remaining())
    except BaseException as error:
        with state.lock:
            flight.waiters.pop(waiter, None)
            if waiter.take() is LEAD:
                hand_over(flight, flights)
        if deadline is not None and isinstance(error, TimeoutError) and not isinstance(error, HTTPError):
            overrun = deadline.overrun("waiting for the answer to an equal request")
            overrun.request = request
            raise overrun from None
        raise


def hand_over(flight: Flight, flights: Flights) -> None:
    """Let the one that waits longest make the exchange; end the flight where nobody waits. To be called locked."""
    while flight.waiters:
        waiter, _ = flight.waiters.popitem(last=False)
        if waiter.set(LEAD):
            return
    flights.end(flight)


def own_error(error: HTTPError, request: Request) -> HTTPError:
    """Return a copy of another's error for a request."""
    own = copy.copy(error)
    own.request = request
    own.__cause__ = error.__cause__
    return own

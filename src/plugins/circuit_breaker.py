"""Leave a server alone that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..exceptions import (
    CircuitOpen,
    CloseError,
    HTTPError,
    LocalProtocolError,
    PoolTimeout,
    RateLimitTimeout,
    TransportError,
)
from ..rules.circuits import CircuitRules, Circuits
from ..values.checks import check_options
from .plugin import Stage
from .shared_state import StatefulPlugin

if TYPE_CHECKING:
    from ..values.response import BaseResponse

__all__ = ["CircuitBreaker"]

LOCAL = (CircuitOpen, CloseError, LocalProtocolError, PoolTimeout, RateLimitTimeout)
"""Failures on this side, which say nothing of the server."""


class CircuitBreaker(StatefulPlugin):
    """Refuses requests to an origin that keeps failing, at once and without asking it, and tries it again later::

        Client(plugins=[CircuitBreaker(threshold=5, open_for=30), Retry()])

    A circuit opens when, in the last ``window`` (30) seconds, at least ``threshold`` (5) requests failed and these
    were at least ``ratio`` (0.5) of all. For ``open_for`` (30) seconds it then raises CircuitOpen, whose
    ``retry_after`` says how long that will last. After that one request may try, while the others are refused still:
    its success closes the circuit, its failure opens it for as long again.

    A failure is a TransportError, other than one on this side (PoolTimeout, say), or a response with one of
    ``statuses`` (500 to 599); ``failure_if(response, error)`` decides instead: true, false, or None for the default;
    one of its arguments is None. Every attempt counts; Retry does not try again what the circuit refused. A cancelled
    request counts as nothing. Of a streamed response the head counts.

    All clients that have this object share its circuits, one for each origin (scheme, host, port). Raises ValueError
    for options out of range.
    """

    stage = Stage.CIRCUIT_BREAKER
    handler = "circuit_breaker"

    def __init__(
        self,
        *,
        threshold: int = 5,
        ratio: float = 0.5,
        window: float = 30.0,
        open_for: float = 30.0,
        statuses: Iterable[int] = range(500, 600),
        failure_if: Callable[[BaseResponse | None, HTTPError | None], Any] | None = None,
    ) -> None:
        check_options(CircuitBreaker, locals())
        if threshold < 1:
            raise ValueError(f"threshold must be a whole number from 1 on, not {threshold!r}")
        if not 0 <= ratio <= 1:
            raise ValueError(f"ratio must be a number from 0 to 1, not {ratio!r}")
        for name, value in (("window", window), ("open_for", open_for)):
            if not 0 < value < float("inf"):
                raise ValueError(f"{name} must be a number of seconds above 0, not {value!r}")
        self.threshold = threshold
        self.ratio = ratio
        self.window = window
        self.open_for = open_for
        self.statuses = statuses if isinstance(statuses, (range, frozenset)) else frozenset(statuses)
        self.failure_if = failure_if

    def new_state(self) -> Circuits:
        """Return circuits, all closed."""
        return Circuits(CircuitRules(self.threshold, self.ratio, self.window, self.open_for))

    def is_failure(self, response: BaseResponse | None, error: HTTPError | None) -> bool | None:
        """Return whether an end is the server's failure, or None where it says nothing of the server."""
        if self.failure_if is not None:
            decided = self.failure_if(response, error)
            if decided is not None:
                return bool(decided)
        if response is not None:
            return response.status_code in self.statuses
        if isinstance(error, LOCAL) or not isinstance(error, TransportError):
            return None
        return True

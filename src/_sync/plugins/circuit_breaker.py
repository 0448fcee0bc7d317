# Generated from src/_async/plugins/circuit_breaker.py by scripts/generate_sync.py. Do not edit.
"""Leaves a server alone that fails."""

from __future__ import annotations

from ..._concurrency import monotonic
from ...exceptions import CircuitOpen, HTTPError, RequestCancelled
from ...plugins.circuit_breaker import CircuitBreaker
from ...rules.circuits import Circuit
from ...values.request import Request
from ...values.url import Origin, endpoint_of
from ..proceed import Proceed
from ..response import Response
from .state import shared_state

__all__ = ["HANDLER", "CircuitBreakerHandler"]


class CircuitBreakerHandler:
    """The waiting half of CircuitBreaker."""

    __slots__ = ("_options",)

    def __init__(self, options: CircuitBreaker) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send where the circuit is closed or this is the one that tries, and count how it went."""
        options = self._options
        state = shared_state(options)
        origin = endpoint_of(request.url).origin
        with state.lock:
            now = monotonic()
            circuit: Circuit = state.value.circuit(origin, now)
            ticket = circuit.enter(now)
            wait = 0.0 if ticket else max(0.0, circuit.next_try(now) - now)
        if not ticket:
            raise self._refusal(request, origin, wait)
        failed: bool | None = None
        try:
            response = proceed(request)
            try:
                failed = options.is_failure(response, None)
            except BaseException:
                response.close()
                raise
        except RequestCancelled:
            raise
        except HTTPError as error:
            failed = options.is_failure(None, error)
            raise
        finally:
            with state.lock:
                if failed is None:
                    circuit.gave_up(ticket)
                elif failed:
                    circuit.failed(ticket, monotonic())
                else:
                    circuit.succeeded(ticket, monotonic())
        return response

    def _refusal(self, request: Request, origin: Origin, wait: float) -> CircuitOpen:
        error = CircuitOpen(
            f"{origin} failed too often and is left alone; it will be tried again in {wait:.3g} s", request=request
        )
        error.retry_after = wait
        return error


HANDLER = CircuitBreakerHandler

# Generated from src/_async/plugins/coalesce.py by scripts/generate_sync.py. Do not edit.
"""Shares one exchange between equal requests."""

from __future__ import annotations

from typing import Any

from ..._concurrency import Waiter, monotonic
from ...exceptions import HTTPError
from ...plugins.coalesce import Coalesce
from ...rules.coalescing import LEAD, Flight, can_be_shared, is_shared_error, key_of
from ...values.request import Request
from ...values.response import BaseResponse
from ..proceed import Proceed
from ..response import Response
from .flights import follow, hand_over, own_error
from .state import SharedState, shared_state

__all__ = ["HANDLER", "CoalesceHandler"]


class CoalesceHandler:
    """The waiting half of Coalesce."""

    __slots__ = ("_options",)

    def __init__(self, options: Coalesce) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Make the exchange, or wait for that of an equal request."""
        if not can_be_shared(request):
            return proceed(request)
        state = shared_state(self._options)
        key = key_of(request, self._options.ignored)
        waiter: Waiter[Any] | None = None
        with state.lock:
            flight: Flight | None = state.value.find(key)
            if flight is None:
                flight = state.value.begin(key)
            else:
                waiter = Waiter()
                flight.waiters[waiter] = None
        if waiter is None:
            return self._lead(flight, state, request, proceed)
        started = monotonic()
        result = follow(waiter, flight, state.value, state, request)
        if result is LEAD:
            return self._lead(flight, state, request, proceed)
        if isinstance(result, HTTPError):
            raise own_error(result, request)
        response = _own_response(result, request)
        response.elapsed_seconds = monotonic() - started
        return response

    def _lead(self, flight: Flight, state: SharedState, request: Request, proceed: Proceed) -> Response:
        result: Any = LEAD
        try:
            response = proceed(request)
            if response.is_read:
                result = response
        except HTTPError as error:
            if is_shared_error(error):
                result = error
            raise
        finally:
            if result is LEAD:
                with state.lock:
                    hand_over(flight, state.value)
            else:
                with state.lock:
                    waiters = state.value.end(flight)
                for waiter in waiters:
                    waiter.set(result)
        return response


def _own_response(shared: BaseResponse, request: Request) -> Response:
    """Return a response to this request from that to an equal one, which may be of a client of the other colour."""
    own = Response(
        shared.status_code,
        list(shared.raw_headers),
        None,
        request,
        reason_phrase=shared.reason_phrase,
        http_version=shared.http_version,
    )
    own.fill(shared.raw_content, list(shared.raw_trailers))
    if shared.early_hints:
        own.early_hints = list(shared.early_hints)
    return own


HANDLER = CoalesceHandler

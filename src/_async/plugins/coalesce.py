"""Shares one exchange between equal requests."""

from __future__ import annotations

from typing import Any

from ..._concurrency import AsyncWaiter, monotonic
from ...exceptions import HTTPError
from ...plugins.coalesce import Coalesce
from ...rules.coalescing import LEAD, Flight, can_be_shared, is_shared_error, key_of
from ...values.request import Request
from ...values.response import BaseResponse
from ..proceed import AsyncProceed
from ..response import AsyncResponse
from .flights import async_follow, hand_over, own_error
from .state import SharedState, shared_state

__all__ = ["HANDLER", "AsyncCoalesceHandler"]


class AsyncCoalesceHandler:
    """The waiting half of Coalesce."""

    __slots__ = ("_options",)

    def __init__(self, options: Coalesce) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Make the exchange, or wait for that of an equal request."""
        if not can_be_shared(request):
            return await proceed(request)
        state = shared_state(self._options)
        key = key_of(request, self._options.ignored)
        waiter: AsyncWaiter[Any] | None = None
        with state.lock:
            flight: Flight | None = state.value.find(key)
            if flight is None:
                flight = state.value.begin(key)
            else:
                waiter = AsyncWaiter()
                flight.waiters[waiter] = None
        if waiter is None:
            return await self._lead(flight, state, request, proceed)
        started = monotonic()
        result = await async_follow(waiter, flight, state.value, state, request)
        if result is LEAD:
            return await self._lead(flight, state, request, proceed)
        if isinstance(result, HTTPError):
            raise own_error(result, request)
        response = _own_response(result, request)
        response.elapsed_seconds = monotonic() - started
        return response

    async def _lead(self, flight: Flight, state: SharedState, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        result: Any = LEAD
        try:
            response = await proceed(request)
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


def _own_response(shared: BaseResponse, request: Request) -> AsyncResponse:
    """Return a response to this request from that to an equal one, which may be of a client of the other colour."""
    own = AsyncResponse(
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


HANDLER = AsyncCoalesceHandler

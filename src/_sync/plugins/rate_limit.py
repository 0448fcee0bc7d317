# Generated from src/_async/plugins/rate_limit.py by scripts/generate_sync.py. Do not edit.
"""Holds requests back."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..._concurrency import Waiter, monotonic, sleep
from ...exceptions import HTTPError, RateLimitTimeout, TotalTimeout
from ...plugins.rate_limit import RateLimit
from ...rules.rate_limits import Gate
from ...values.request import Request
from ...values.url import endpoint_of
from ..proceed import Proceed
from ..response import Response
from .on_close import when_closed
from .state import SharedState, shared_state

__all__ = ["HANDLER", "RateLimitHandler"]


class RateLimitHandler:
    """The waiting half of RateLimit.

    One request at a time stands at a gate, and sleeps or waits there until it may go; then it lets the next one come.
    """

    __slots__ = ("_options",)

    def __init__(self, options: RateLimit) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Wait until the request may go, send it, and heed what the server says of its limits."""
        options = self._options
        state = shared_state(options)
        key = None if options.overall else endpoint_of(request.url).origin
        with state.lock:
            now = monotonic()
            gate: Gate = state.value.gate(key, now)
            gone = not gate.busy and gate.take(now) == 0.0
        if not gone:
            self._pass(gate, state, request)
        try:
            response = proceed(request)
        except BaseException:
            _leave(gate, state)
            raise
        if options.learn:
            with state.lock:
                options.heed(response, gate, monotonic())
        if request.stream:
            when_closed(response, partial(_leave, gate, state))
        else:
            _leave(gate, state)
        return response

    def _pass(self, gate: Gate, state: SharedState, request: Request) -> None:
        """Queue, stand at the gate and go through."""
        patience = _Patience(self._options.max_wait, request)
        waiter: Waiter[bool] | None = None
        with state.lock:
            patience.check(gate.wait(monotonic(), len(gate.queue) + gate.busy))
            if gate.busy:
                waiter = Waiter()
                gate.queue[waiter] = None
            gate.busy = True
        if waiter is not None:
            self._queue(waiter, gate, state, patience)
        try:
            self._stand(gate, state, patience)
        finally:
            with state.lock:
                _call_next(gate)

    def _queue(self, waiter: Waiter[bool], gate: Gate, state: SharedState, patience: _Patience) -> None:
        try:
            waiter.wait(patience.left())
        except BaseException as error:
            with state.lock:
                gate.queue.pop(waiter, None)
                if waiter.take():
                    _call_next(gate)
            if isinstance(error, TimeoutError) and not isinstance(error, HTTPError):
                raise patience.overrun() from None
            raise

    def _stand(self, gate: Gate, state: SharedState, patience: _Patience) -> None:
        while True:
            freed: Waiter[bool] | None = None
            with state.lock:
                seconds = gate.take(monotonic())
                if seconds is None:
                    gate.freed = freed = Waiter()
            if seconds == 0.0:
                return
            try:
                if freed is not None:
                    freed.wait(patience.left())
                elif seconds is not None:
                    patience.check(seconds)
                    sleep(seconds)
            except TimeoutError as error:
                if isinstance(error, HTTPError):
                    raise
                raise patience.overrun() from None
            finally:
                gate.freed = None


class _Patience:
    """How long one request can wait."""

    __slots__ = ("_limit", "_request", "_until")

    def __init__(self, limit: float | None, request: Request) -> None:
        self._limit = limit
        self._until = None if limit is None else monotonic() + limit
        self._request = request

    def left(self) -> float | None:
        """Return the seconds left, or None for no end."""
        left = None if self._until is None else max(0.0, self._until - monotonic())
        deadline = self._request.deadline
        if deadline is None:
            return left
        return deadline.remaining() if left is None else min(left, deadline.remaining())

    def check(self, seconds: float) -> None:
        """Raise what ``overrun`` returns where a wait of so many seconds is too long."""
        left = self.left()
        if left is not None and seconds > 0 and seconds >= left:
            raise self.overrun(seconds)

    def overrun(self, seconds: float | None = None) -> HTTPError:
        """Return the error for a wait that is too long, whosever limit it is."""
        wait = "a wait" if seconds is None else f"a wait of {seconds:.3g} s"
        deadline = self._request.deadline
        own = None if self._until is None else max(0.0, self._until - monotonic())
        if deadline is not None and (own is None or deadline.remaining() < own):
            limit = f"the call's limit of {deadline.seconds:g} s"
            return TotalTimeout(f"RateLimit asks for {wait} that would pass {limit}", request=self._request)
        limit = f"its max_wait of {self._limit:g} s"
        return RateLimitTimeout(f"RateLimit asks for {wait} that would pass {limit}", request=self._request)


def _call_next(gate: Gate) -> None:
    """Let the one that waits longest come to the gate, if anybody waits."""
    queue: Any = gate.queue
    while queue:
        waiter, _ = queue.popitem(last=False)
        if waiter.set(True):
            return
    gate.busy = False


def _leave(gate: Gate, state: SharedState) -> None:
    """Free the place of a request that is done."""
    with state.lock:
        gate.leave()
        freed = gate.freed
        if freed is not None:
            gate.freed = None
            freed.set(True)


HANDLER = RateLimitHandler

# Generated from src/_async/plugins/http_cache.py by scripts/generate_sync.py. Do not edit.
"""Answers requests from a cache, and keeps what comes for others."""

from __future__ import annotations

from typing import Any

from ..._concurrency import Shield, Task, Waiter, owner, spawn, wall_time
from ...exceptions import HTTPError, TransportError
from ...plugins.http_cache import HttpCache
from ...rules.caching_keys import invalidated_keys
from ...rules.caching_request import Asked
from ...rules.caching_serving import Decision, bypasses, choose, decide
from ...rules.coalescing import LANDED, LEAD, can_be_shared, is_shared_error, key_of
from ...values.cache_status import CacheStatus
from ...values.options import OVERRIDES_HOST
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .cache_access import CacheAccess
from .cache_exchange import CacheExchange
from .cache_forward import CacheForward
from .flights import follow, hand_over, own_error
from .state import SharedState, shared_state

__all__ = ["FINISH", "HANDLER", "CacheHandler"]

MISSED = object()
IGNORED = frozenset({"traceparent", "tracestate", "baggage", "x-request-id", "x-correlation-id", "b3"})
"""Headers that equal requests differ in."""
END = 5.0
"""For how many seconds a closing client waits for work that was told to end."""


class CacheHandler:
    """The waiting half of HttpCache."""

    __slots__ = ("_access", "_options", "_policy")

    def __init__(self, options: HttpCache) -> None:
        self._options = options
        self._policy = options.policy
        self._access = CacheAccess(options.storage)

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Answer from the cache, or send and keep what comes."""
        if request.method not in ("GET", "HEAD"):
            return self._unsafe(request, proceed)
        if request.body is not None or bypasses(request.headers) or request.attribute(OVERRIDES_HOST) is not None:
            # A request that trusts otherwise has answers of its own.
            response = proceed(request)
            response.cache_status = CacheStatus("bypass", fwd="bypass", fwd_status=response.status_code)
            return response
        asked = Asked(request, self._policy)
        exchange = CacheExchange(self._access, shared_state(self._options), asked, request, proceed)
        collapsed = looked_again = False
        while True:
            landings = exchange.state.value.landings
            exchange.look()
            decision = self._decide(exchange)
            if decision.action == "refuse":
                return exchange.refusal(decision.reason)
            if decision.action == "use":
                exchange.collapsed = collapsed
                stored = exchange.answer(decision)
                if stored is not None:
                    if decision.refresh:
                        self._refresh(request, exchange, proceed)
                    return stored
                decision = Decision("forward", "miss")  # its body is gone
                exchange.forget()
            if collapsed:
                exchange.note(useful=False)
                return CacheForward(exchange, decision).run()
            outcome = self._wait_or_lead(request, exchange, decision, None if looked_again else landings)
            if outcome is LANDED:
                collapsed = True
            elif outcome is MISSED:
                looked_again = True
            else:
                return outcome  # type: ignore[no-any-return]

    def _decide(self, exchange: CacheExchange) -> Decision:
        asked = exchange.asked
        if not asked.readable_range:
            # Several ranges, or units nobody here knows: the server's to answer.
            exchange.forget()
            return decide(asked.directives, None, None, 0.0)
        exchange.found = found = choose(exchange.candidates, asked.wanted)
        return decide(asked.directives, asked.range_for(found), found, wall_time())

    # Equal requests.

    def _wait_or_lead(self, request: Request, exchange: CacheExchange, decision: Decision, landings: int | None) -> Any:
        """Return the response; or LANDED where an equal request brought one that may be of use.

        MISSED says that one may have come since the look at the storage, before which there were so many ``landings``.
        """
        if not (exchange.asked.may_wait and can_be_shared(request)):
            return CacheForward(exchange, decision).run()
        state = exchange.state
        key = key_of(request, IGNORED)
        waiter: Waiter[Any] | None = None
        with state.lock:
            if state.value.goes_alone(exchange.asked.key):
                flight = None
            elif (flight := state.value.flights.find(key)) is None:
                if landings not in (None, state.value.landings):
                    return MISSED
                flight = state.value.flights.begin(key)
            else:
                waiter = Waiter()
                flight.waiters[waiter] = None
        if flight is None:
            return CacheForward(exchange, decision).run()
        if waiter is None:
            return self._lead(flight, exchange, decision)
        result = follow(waiter, flight, state.value.flights, state, request)
        if result is LEAD:
            return self._lead(flight, exchange, decision)
        if not isinstance(result, HTTPError):
            return result
        # The server failed the other one: what is stale may do here, too.
        exchange.collapsed = True
        response = exchange.instead(result)
        if response is None and isinstance(result, TransportError):
            raise own_error(result, request)
        return response or LANDED

    def _lead(self, flight: Any, exchange: CacheExchange, decision: Decision) -> Response:
        state = exchange.state
        result: Any = LEAD
        try:
            response = CacheForward(exchange, decision).run()
            result = exchange.failure or LANDED
        except HTTPError as error:
            if is_shared_error(error):
                result = error
            raise
        finally:
            with state.lock:
                waiters = [] if result is LEAD else state.value.flights.end(flight)
                state.value.landings += 1
                if result is LEAD:
                    hand_over(flight, state.value.flights)
            for waiter in waiters:
                waiter.set(result)
        return response

    # Validation beside the use of a stale response.

    def _refresh(self, request: Request, exchange: CacheExchange, proceed: Proceed) -> None:
        state = exchange.state
        key = key_of(request, IGNORED)
        with state.lock:
            if key in state.value.refreshing:
                return
            state.value.refreshing.add(key)
        again = request.again()
        again.stream = True  # it is read piece by piece, whatever its size
        other = CacheExchange(self._access, state, exchange.asked, again, proceed)
        other.candidates, other.found = exchange.candidates, exchange.found
        work = Background(key)
        # On its own: who asked has the response, and may be cancelled.
        with Shield():
            with state.lock:
                state.value.background.add(work)
            try:
                work.task = spawn(_refreshed, work, other)
            except RuntimeError:  # the system gives no more threads
                _done(work, state)

    # Methods that change things.

    def _unsafe(self, request: Request, proceed: Proceed) -> Response:
        response = proceed(request)
        try:
            response.cache_status = CacheStatus("bypass", fwd="method", fwd_status=response.status_code)
            shared = self._policy.shared
            keys = invalidated_keys(request, response.status_code, response.headers, shared=shared)
            if keys:
                state = shared_state(self._options)
                with state.lock:
                    state.value.drop(keys)
                for key in keys:
                    self._access.remove(key)
        except BaseException:
            response.close()
            raise
        return response


class Background:
    """Work that goes on when its call has ended."""

    __slots__ = ("key", "owner", "task")

    def __init__(self, key: Any) -> None:
        self.key = key
        self.owner = owner()
        self.task: Task[None] | None = None


def _done(work: Background, state: SharedState) -> None:
    with state.lock:
        state.value.refreshing.discard(work.key)
        state.value.background.discard(work)


def _refreshed(work: Background, exchange: CacheExchange) -> None:
    """Validate a stale response, and read what comes in its place to the end."""
    try:
        with CacheForward(exchange, Decision("forward", "stale")).run() as response:
            for _ in response.iter_raw():
                pass
    except HTTPError:
        pass  # the next request will find it stale, and say what is wrong
    except Exception:
        from logging import getLogger

        getLogger("duohttp.cache").warning("validation beside the use of a stale response failed", exc_info=True)
    finally:
        _done(work, exchange.state)


def finish(plugin: HttpCache) -> None:
    """End the work that goes on beside calls, and have the storage free what it holds."""
    state = shared_state(plugin)
    with state.lock:
        background = list(state.value.background)
    for work in background:
        if work.task is not None:
            work.task.cancel()
    for work in background:
        # What belongs to another loop ends there; nobody here can wait for it.
        if isinstance(work, Background) and work.task is not None and work.owner == owner():
            work.task.wait(END)
            _done(work, state)  # it may have been cancelled before it began
    CacheAccess(plugin.storage).ask(None, plugin.storage.close)


FINISH = finish
HANDLER = CacheHandler

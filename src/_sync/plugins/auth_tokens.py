# Generated from src/_async/plugins/auth_tokens.py by scripts/generate_sync.py. Do not edit.
"""The waiting half of BearerAuth: tokens are fetched once, for all who wait."""

from __future__ import annotations

import copy

from ..._concurrency import Shield, Waiter, monotonic, spawn
from ...exceptions import RequestCancelled, RequestError, TimeoutException
from ...plugins.auth_bearer import FETCHING, BearerAuth, Fetch, TokenState
from ...rules.challenges import Challenge
from ...values.bearer_tokens import BearerTokens
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .auth_provider import Provider, Sent
from .blame import blame
from .flow import FlowHandler
from .state import shared_state

__all__ = ["BearerProvider"]

MAX_ROUNDS = 3
"""How often a caller asks for tokens when those who fetch them are interrupted."""


class Held:
    """Tokens that a request takes along: their version in which state, and since when."""

    __slots__ = ("refreshed", "since", "state", "tokens", "version")

    def __init__(self, state: TokenState) -> None:
        self.state = state
        self.tokens = state.tokens
        self.version = state.version
        self.since = monotonic()
        self.refreshed = False


class Landing:
    """How a fetch ended: with other tokens, perhaps none; with an error; or interrupted, and to be done again."""

    __slots__ = ("again", "error")

    def __init__(self, error: Exception | None = None, *, again: bool = False) -> None:
        self.error = error
        self.again = again


class BearerProvider(Provider):
    """The waiting half of BearerAuth."""

    __slots__ = ("statuses",)

    # A server that asks first gets the tokens there are, then others.
    max_tries = 2

    def __init__(self, options: BearerAuth) -> None:
        Provider.__init__(self, options)
        self.statuses = options.statuses

    def belongs(self, request: Request) -> bool:
        """Whether the tokens belong to the origin, and the request does not come from those who fetch them."""
        return self.options not in FETCHING.get() and Provider.belongs(self, request)

    def ahead(self, request: Request, proceed: Proceed, *, alone: bool) -> Sent | None:
        """Return the tokens, loaded or replaced where that is due."""
        if not self.options.goes_ahead(request, alone=alone):
            return None
        return self._sent(self._current(request, proceed))

    def answers_unasked(self, challenges: list[Challenge]) -> bool:
        """Whether to replace tokens without being asked for any: yes, unless others would do no better."""
        return not any(each.scheme == "bearer" for each in challenges)

    def answer(self, request: Request, challenge: Challenge | None, sent: Sent | None, proceed: Proceed) -> Sent | None:
        """Return the tokens, or others in place of those that were refused."""
        options = self.options
        if sent is not None and sent.provider is self:
            held = sent.detail
            if held.refreshed or not (options.refreshes or options.loads):
                return None
        else:
            # Where tokens go ahead, none were to be had a moment ago.
            held = self._held() if options.preemptive is True else self._current(request, proceed)
            if held.tokens is not None:
                return self._sent(held)
            if not options.refreshes:
                return None
        self._fetch(held, request, proceed, refresh=True)
        fresh = self._held()
        if fresh.state is not held.state:  # cleared meanwhile
            fresh = self._current(request, proceed)
        fresh.refreshed = True
        return None if fresh.tokens == held.tokens else self._sent(fresh)

    def note(self, request: Request, challenge: Challenge | None, sent: Sent | None) -> None:
        """Have refused tokens replaced before the next request."""
        if sent is not None and sent.provider is self and (self.options.refreshes or self.options.loads):
            with shared_state(self.options).lock:
                if sent.detail.state.version == sent.detail.version:
                    sent.detail.state.due_at = 0.0

    def _held(self) -> Held:
        shared = shared_state(self.options)
        with shared.lock:
            return Held(shared.value)

    def _sent(self, held: Held) -> Sent | None:
        if held.tokens is None:
            return None
        return Sent(self, f"Bearer {held.tokens.access_token}", held)

    def _current(self, request: Request, proceed: Proceed) -> Held:
        """Return the tokens in use, after waiting for what must be loaded or replaced."""
        shared = shared_state(self.options)
        for _ in range(MAX_ROUNDS):
            with shared.lock:
                state: TokenState = shared.value
                held = Held(state)
                missing = state.tokens is None and self.options.loads
                due = state.tokens is not None and state.is_due() and (self.options.refreshes or self.options.loads)
            if not (missing or due):
                return held
            try:
                self._fetch(held, request, proceed, refresh=due)
            except RequestCancelled:
                raise
            except Exception:
                # Tokens that still live are good enough while others can't be had.
                if missing or state.has_expired():
                    raise
                return held
            held = self._held()
            if held.state is state:
                held.refreshed = due
                return held
        raise RequestError("the tokens were cleared again and again while they were fetched", request=request)

    def _fetch(self, held: Held, request: Request, proceed: Proceed, *, refresh: bool) -> None:
        """Wait until these tokens were replaced; be the one who sees to it where nobody does."""
        shared = shared_state(self.options)
        for _ in range(MAX_ROUNDS):
            waiter = Waiter[Landing]()
            with shared.lock:
                state: TokenState = shared.value
                if state is not held.state or state.version != held.version:
                    return
                if state.failure is not None and held.since < state.failed_at:
                    raise _twin(state.failure)
                fetch = state.fetch
                begins = fetch is None
                if fetch is None:
                    fetch = state.fetch = Fetch(state, refresh=refresh)
                fetch.waiters.append(waiter)
            if begins:
                self._begin(fetch, request, proceed)
            landing = self._wait(fetch, waiter, request)
            if landing.error is not None:
                raise landing.error if begins else _twin(landing.error)
            if not landing.again:
                return
        raise RequestError("fetching tokens was interrupted again and again", request=request)

    def _begin(self, fetch: Fetch, request: Request, proceed: Proceed) -> None:
        # On its own: who begins may be cancelled, the others still want the tokens.
        try:
            with Shield():
                fetch.task = spawn(self._run, fetch, request.again(), proceed)
        except BaseException:
            self._land(fetch, None, Landing(again=True))
            raise

    def _wait(self, fetch: Fetch, waiter: Waiter[Landing], request: Request) -> Landing:
        limit, deadline = self.options.fetch_timeout, request.deadline
        left = None if deadline is None else deadline.remaining()
        limits = [seconds for seconds in (limit, left) if seconds is not None]
        try:
            return waiter.wait(min(limits, default=None))
        except TimeoutError:
            if deadline is not None and left is not None and (limit is None or left <= limit):
                error = deadline.overrun(f"waiting for the tokens of {self.options.name}")
                error.request = request
                raise error from None
        with shared_state(self.options).lock:
            if fetch.state.fetch is fetch:
                fetch.state.fetch = None
        if fetch.task is not None:
            fetch.task.cancel()
        raise TimeoutException(f"{self.options.name} got no tokens within {limit:g} s", request=request)

    def _run(self, fetch: Fetch, request: Request, proceed: Proceed) -> None:
        FETCHING.set((*FETCHING.get(), self.options))
        tokens: BearerTokens | None = None
        landing = Landing(again=True)
        try:
            tokens = self._obtain(fetch, request, proceed)
            landing = Landing()
        except RequestCancelled:
            raise
        except Exception as error:
            blame(error, self.options.name)
            landing = Landing(error)
        finally:
            self._land(fetch, tokens, landing)

    def _obtain(self, fetch: Fetch, request: Request, proceed: Proceed) -> BearerTokens | None:
        options = self.options
        flow = options.refresh(request, fetch.state.tokens) if fetch.refresh else options.load(request)
        opened: list[Response] = []
        try:
            value = FlowHandler(options).drive(flow, request, proceed, opened)
        finally:
            flow.close()
            for response in opened:
                response.close()
        return BearerTokens.of(value, f"{options.name}.{'refresh_tokens' if options.refreshes else 'load_tokens'}")

    def _land(self, fetch: Fetch, tokens: BearerTokens | None, landing: Landing) -> None:
        shared = shared_state(self.options)
        with shared.lock:
            state = fetch.state
            if shared.value is not state or state.fetch is not fetch:
                landing = Landing(again=True)  # nobody wants these tokens any more
            else:
                state.fetch = None
                if landing.error is not None:
                    state.fail(_twin(landing.error))
                elif not landing.again:
                    state.install(tokens, self.options.skew)
            waiters, fetch.waiters = fetch.waiters, []
        for waiter in waiters:
            waiter.set(landing)


def _twin(error: Exception) -> Exception:
    """Return a copy of an error for another caller, whose traceback is its own."""
    try:
        twin = copy.copy(error)
    except Exception:  # some can't be made again
        return error
    if type(twin) is not type(error):
        return error
    twin.__cause__ = error.__cause__
    return twin

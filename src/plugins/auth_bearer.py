"""Tokens that are replaced when they run out (RFC 6750)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextvars import ContextVar
from typing import Any

from .._concurrency import monotonic, wall_time
from ..rules.challenges import Challenge
from ..values.bearer_tokens import BearerTokens
from ..values.checks import check_options
from ..values.request import Request
from .auth import AuthProvider, AuthState, OriginTypes, Preemptive
from .flow import call

__all__ = ["FETCHING", "BearerAuth", "Fetch", "TokenFlow", "TokenState"]

TokenFlow = Generator[Any, Any, Any]
"""A flow that returns tokens: BearerTokens, a str, or None where there are none to be had."""

FETCHING: ContextVar[tuple[int, ...]] = ContextVar("FETCHING", default=())
"""The providers whose tokens are being fetched by what runs here: their own requests can't wait for those tokens."""


class Fetch:
    """One way to the tokens and back, for all who wait for it."""

    __slots__ = ("refresh", "state", "task", "waiters")

    def __init__(self, state: TokenState, *, refresh: bool) -> None:
        self.state = state
        self.refresh = refresh
        self.waiters: list[Any] = []
        self.task: Any = None


class TokenState(AuthState):
    """The tokens, and who is fetching others. A version counts how often they were replaced."""

    __slots__ = ("due_at", "failed_at", "failure", "fetch", "tokens", "version")

    def __init__(self, tokens: BearerTokens | None) -> None:
        AuthState.__init__(self)
        self.tokens = tokens
        self.version = 0
        self.due_at: float | None = None
        self.fetch: Fetch | None = None
        self.failure: Exception | None = None
        self.failed_at = 0.0

    def inherit(self, other: Any) -> None:
        """Take over what the state of the parent process knew."""
        AuthState.inherit(self, other)
        self.tokens, self.version, self.due_at = other.tokens, other.version, other.due_at

    def install(self, tokens: BearerTokens | None, skew: float) -> None:
        """Use other tokens from now on, and others again ``skew`` seconds before they expire."""
        self.tokens = tokens
        self.version += 1
        self.failure = self.due_at = None
        if tokens is not None and tokens.expires_at is not None:
            left = tokens.expires_at - wall_time()
            # Tokens that live shorter than that must be used all the same.
            self.due_at = tokens.expires_at - min(skew, max(left, 0.0) / 2)

    def fail(self, error: Exception) -> None:
        """Remember that fetching failed, for the requests that were under way."""
        self.failure, self.failed_at = error, monotonic()

    def is_due(self) -> bool:
        """Whether the tokens are about to expire."""
        return self.due_at is not None and wall_time() >= self.due_at

    def has_expired(self) -> bool:
        """Whether the tokens are of no use any more."""
        return self.tokens is not None and self.tokens.expires_at is not None and wall_time() >= self.tokens.expires_at


class BearerAuth(AuthProvider):
    """Sends a token (RFC 6750), and gets another one when the server refuses it or it is about to expire::

        Client(plugins=[BearerAuth("letmein")])
        Client(plugins=[BearerAuth(load_tokens=read_file, refresh_tokens=log_in)])

    ``token`` is a str or BearerTokens. ``load_tokens()`` is asked for tokens before the first request instead, and
    ``refresh_tokens(old)`` for others; ``old`` may be None. They return BearerTokens, a str, or None for "there are
    none", and may be async functions in the async client. Without ``refresh_tokens``, ``load_tokens`` is asked again.

    However many requests are refused, tokens are fetched once at a time: the others wait, and are sent again with
    the new tokens, each at most once. A caller that is cancelled leaves the fetching to the others. Requests that the
    functions themselves send with the same client carry no token. An error they raise reaches all who waited for it.
    After ``fetch_timeout`` seconds (60, None for no limit) a fetch is given up with a TimeoutException.

    Tokens go to ``origins`` only; see Auth. They are replaced ``skew`` seconds (30) before they expire, where that is
    known, and when the status of a response is one of ``statuses`` (401). If the body can't be sent again, that
    response stands, and the next request gets new tokens first. ``realm`` restricts them to what a server calls so.
    ``preemptive=False`` waits for a server to ask; it may be a function of the request.

    ``clear()`` forgets the tokens, so that they are loaded again. Raises TypeError, ValueError, InvalidURL.
    """

    driver = "bearer"

    def __init__(
        self,
        token: str | BearerTokens | None = None,
        *,
        load_tokens: Callable[[], Any] | None = None,
        refresh_tokens: Callable[[BearerTokens | None], Any] | None = None,
        realm: str | None = None,
        preemptive: Preemptive = True,
        origins: OriginTypes = None,
        skew: float = 30.0,
        statuses: Iterable[int] = (401,),
        fetch_timeout: float | None = 60.0,
    ) -> None:
        check_options(BearerAuth, locals())
        AuthProvider.__init__(self, realm=realm, preemptive=preemptive, origins=origins)
        if not 0 <= skew < float("inf"):
            raise ValueError(f"skew must be a number from 0 on, not {skew!r}")
        if fetch_timeout is not None and not fetch_timeout > 0:
            raise ValueError(f"fetch_timeout must be a number above 0, or None, not {fetch_timeout!r}")
        if token is not None and load_tokens is not None:
            raise ValueError("give token or load_tokens, not both")
        self._token = BearerTokens.of(token, "token")
        self.load_tokens = load_tokens
        self.refresh_tokens = refresh_tokens
        if token is None and not (self.loads or self.refreshes):
            raise ValueError("give token, load_tokens or refresh_tokens")
        self.skew = skew
        self.statuses = frozenset(statuses)
        self.fetch_timeout = fetch_timeout

    @property
    def loads(self) -> bool:
        """Whether there is a way to get tokens before the first request."""
        return self.load_tokens is not None or type(self).load is not BearerAuth.load

    @property
    def refreshes(self) -> bool:
        """Whether there is another way to replace tokens than to load them again."""
        return self.refresh_tokens is not None or type(self).refresh is not BearerAuth.refresh

    def fresh_state(self) -> TokenState:
        """Return the state with the token that was given."""
        state = TokenState(self._token)
        if self._token is not None:
            state.install(self._token, self.skew)
        return state

    @property
    def tokens(self) -> BearerTokens | None:
        """The tokens in use; None before the first were loaded."""
        states = list(vars(self).get("_states", {}).values())
        current: BearerTokens | None = states[-1].value.tokens if states else self._token
        return current

    def load(self, request: Request) -> TokenFlow:
        """Get tokens where there are none: a flow, which may yield requests; ``request`` is what they are for."""
        return (yield call(self.load_tokens)) if self.load_tokens is not None else None

    def refresh(self, request: Request, tokens: BearerTokens | None) -> TokenFlow:
        """Get tokens in place of others, or of none; a flow as ``load``."""
        if self.refresh_tokens is None:
            return (yield from self.load(request))
        return (yield call(self.refresh_tokens, tokens))

    def rank(self, challenge: Challenge) -> int:
        """Return how good it is to answer a challenge; 0 where that can't be done."""
        if challenge.scheme != "bearer" or challenge.params.get("error") == "insufficient_scope":
            return 0
        return self._ranked(challenge, 100)

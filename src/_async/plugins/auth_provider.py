"""What the waiting halves of the AuthProviders share."""

from __future__ import annotations

from typing import Any

from ...plugins.auth import Auth, AuthProvider
from ...rules.challenges import Challenge
from ...values.options import AUTH_ORIGIN
from ...values.request import Request
from ...values.url import endpoint_of
from ..proceed import AsyncProceed
from ..response import AsyncResponse
from .state import shared_state

__all__ = ["AsyncProvider", "Sent", "belongs"]


class Sent:
    """Credentials on their way: whose they are, the Authorization value, and what the provider must remember."""

    __slots__ = ("ahead", "detail", "lasts", "provider", "value")

    def __init__(
        self, provider: AsyncProvider, value: str, detail: Any = None, *, ahead: bool = False, lasts: bool = True
    ) -> None:
        self.provider = provider
        self.value = value
        self.detail = detail
        self.ahead = ahead
        self.lasts = lasts
        """Whether the next request may have the same value."""

    def __repr__(self) -> str:
        return f"<Sent by {self.provider.options.name}>"


class AsyncProvider:
    """The waiting half of one AuthProvider."""

    __slots__ = ("options",)

    max_tries = 1
    """How many challenges it may answer in a row."""
    statuses = frozenset({401})
    """The statuses of responses that say that credentials are missing or wrong."""

    def __init__(self, options: AuthProvider) -> None:
        self.options: Any = options

    def belongs(self, request: Request) -> bool:
        """Whether the credentials belong to the origin of a request."""
        return belongs(self.options, request)

    async def ahead(self, request: Request, proceed: AsyncProceed, *, alone: bool) -> Sent | None:
        """Return what to send before the server asks, or None."""
        raise NotImplementedError

    def answers_unasked(self, challenges: list[Challenge]) -> bool:
        """Whether there is an answer to a refusal that holds no challenge for this provider."""
        return False

    async def answer(
        self, request: Request, challenge: Challenge | None, sent: Sent | None, proceed: AsyncProceed
    ) -> Sent | None:
        """Return what to send after a refusal of ``sent``, or None where that would be no use."""
        raise NotImplementedError

    def note(self, request: Request, challenge: Challenge | None, sent: Sent | None) -> None:
        """Learn from a refusal that can't be answered, since the body can't be sent again."""

    def accepted(self, request: Request, response: AsyncResponse, sent: Sent) -> None:
        """Learn from a response to credentials that were not refused."""


def belongs(options: Auth, request: Request) -> bool:
    """Whether a secret belongs to the origin of a request; see Auth."""
    origin = endpoint_of(request.url).origin
    if options.origins is not None:
        return origin in options.origins
    own = request.attribute(AUTH_ORIGIN) or request.settings.origin
    if own is not None:
        return origin == own
    shared = shared_state(options)
    state = shared.value
    if state.origin is None:
        with shared.lock:
            state = shared.value
            if state.origin is None:
                state.origin = origin
    first: Any = state.origin
    return bool(origin == first)

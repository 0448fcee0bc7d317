"""What all ways to authenticate share: which servers a secret belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeAlias

from yarl import URL

from ..exceptions import InvalidURL
from ..rules.challenges import Challenge
from ..values.checks import check_options
from ..values.request import Request
from ..values.url import Origin, endpoint_of, parse_url
from .plugin import Stage
from .shared_state import StatefulPlugin

__all__ = ["Auth", "AuthProvider", "AuthState", "OriginTypes", "Preemptive"]

OriginTypes: TypeAlias = "str | URL | Iterable[str | URL] | None"
Preemptive: TypeAlias = "bool | Callable[[Request], Any] | None"


class AuthState:
    """What an Auth remembers."""

    __slots__ = ("origin",)

    def __init__(self) -> None:
        self.origin: Origin | None = None
        """The first origin that was used, where nobody said which ones to use."""

    def inherit(self, other: Any) -> None:
        """Take over what the state of the parent process knew."""
        self.origin = other.origin


class Auth(StatefulPlugin):
    """A way to authenticate; subclass it for a scheme of your own, with a flow that both clients drive::

        class ApiKey(Auth):
            def __init__(self, key, *, origins=None):
                super().__init__(origins=origins)
                self._key = key

            def flow(self, request):
                request.headers["X-Api-Key"] = self._key
                response = yield request
                return response

    The flow gets a copy of each request, which it may change, for the origins (scheme, host and port) that the secret
    belongs to, and for no others, after redirects neither. These are ``origins``, one url or several; without them
    that of the client's ``base_url``; without one the first origin that is used. For ``auth=`` of a single request it
    is the origin of that request. Requests to other origins go on as they are.

    Attributes whose names begin with an underscore stay out of ``repr()``. Raises InvalidURL for bad ``origins``.
    """

    stage = Stage.AUTH
    repeatable = True
    handler = "auth_flow"
    origins: frozenset[Origin] | None = None

    def __init__(self, *, origins: OriginTypes = None) -> None:
        check_options(Auth, locals())
        self.origins = _origins(origins)

    def new_state(self) -> AuthState:
        """Return the state to begin with; after a fork it is what the parent knew."""
        state = self.fresh_state()
        before = list(vars(self).get("_states", {}).values())
        if before:
            state.inherit(before[-1].value)
        return state

    def fresh_state(self) -> AuthState:
        """Return a state that knows nothing."""
        return AuthState()

    def clear(self) -> None:
        """Forget what servers gave: tokens and nonces. The origin that was used first is kept."""
        for shared in list(vars(self).get("_states", {}).values()):
            state = self.fresh_state()
            state.origin = shared.value.origin
            # Whoever works on the old state goes on with it, in vain.
            shared.value = state

    @property
    def calls_back(self) -> bool:
        """Whether it calls functions of the user's that may wait."""
        return True


class AuthProvider(Auth):
    """A way to authenticate that a server asks for by a challenge (RFC 9110 section 11.6.1).

    The providers of one client act together: the best one that can answer a challenge does.
    """

    handler = "auth"
    joint = True
    driver: ClassVar[str]
    """Which of the handlers of ``auth`` does the waiting."""

    def __init__(self, *, realm: str | None, preemptive: Preemptive, origins: OriginTypes) -> None:
        Auth.__init__(self, origins=origins)
        self.realm = realm
        self.preemptive = preemptive

    def goes_ahead(self, request: Request, *, alone: bool) -> bool:
        """Whether to send credentials before the server asks; ``alone``: no other provider could do it."""
        if self.preemptive is None:
            return alone and self.realm is None
        if callable(self.preemptive):
            return bool(self.preemptive(request))
        return self.preemptive

    def rank(self, challenge: Challenge) -> int:
        """Return how good it is to answer a challenge, from 1 on; 0 where that can't be done."""
        raise NotImplementedError

    def _ranked(self, challenge: Challenge, rank: int) -> int:
        """Return the rank for this realm: the one that was named is better than any."""
        if self.realm is None:
            return rank * 2
        return rank * 2 + 1 if self.realm == challenge.realm else 0


def _origins(given: OriginTypes) -> frozenset[Origin] | None:
    if given is None:
        return None
    found = []
    for url in [given] if isinstance(given, (str, URL)) else given:
        parsed = parse_url(url)
        origin = endpoint_of(parsed).origin
        if parsed.raw_path not in ("", "/") or parsed.raw_query_string or parsed.raw_user is not None:
            raise InvalidURL(f"an origin is a scheme, a host and perhaps a port, without anything else: {origin}")
        found.append(origin)
    return frozenset(found)

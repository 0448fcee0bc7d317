# Generated from src/_async/plugins/auth.py by scripts/generate_sync.py. Do not edit.
"""Authenticates: sends credentials ahead, and answers challenges (RFC 9110 section 11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...plugins.auth import AuthProvider
from ...rules.challenges import Challenge, parse_challenges
from ...values.headers import Headers, SharedHeaders
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .auth_passwords import BasicProvider, DigestProvider, NetrcProvider
from .auth_provider import Provider, Sent
from .auth_tokens import BearerProvider

__all__ = ["HANDLER", "AuthHandler"]

DRIVERS: dict[str, Callable[[Any], Provider]] = {
    "basic": BasicProvider,
    "bearer": BearerProvider,
    "digest": DigestProvider,
    "netrc": NetrcProvider,
}


class AuthHandler:
    """The waiting half of all the AuthProviders of a chain."""

    __slots__ = ("_prepared", "_providers", "_statuses")

    def __init__(self, options: Sequence[AuthProvider]) -> None:
        self._providers = [DRIVERS[each.driver](each) for each in options]
        self._statuses = frozenset().union(*[each.statuses for each in self._providers])
        self._prepared: tuple[SharedHeaders, str, SharedHeaders] | None = None

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send with the credentials that belong to the origin, and again with those that the server asks for.

        A request that has an Authorization header already goes on as it is.
        """
        headers = request.headers if request.shared_headers is None else request.shared_headers
        providers = [each for each in self._providers if each.belongs(request)]
        if not providers or "authorization" in headers:
            return proceed(request)
        alone = len(providers) == 1
        sent: Sent | None = None
        for provider in providers:
            sent = provider.ahead(request, proceed, alone=alone)
            if sent is not None:
                break
        response = proceed(request if sent is None else self._with(request, sent))
        if response.status_code in self._statuses:
            return self._answered(request, response, proceed, providers, sent)
        if sent is not None:
            sent.provider.accepted(request, response, sent)
        return response

    def _answered(
        self,
        request: Request,
        response: Response,
        proceed: Proceed,
        providers: list[Provider],
        sent: Sent | None,
    ) -> Response:
        """Send with other credentials until the server takes them, or nobody has any."""
        tries: dict[Provider, int] = {}
        while True:
            concerned = [each for each in providers if response.status_code in each.statuses]
            if not concerned:
                if sent is not None:
                    sent.provider.accepted(request, response, sent)
                return response
            try:
                sent = self._next(request, response, proceed, concerned, sent, tries)
            except BaseException:
                response.close()
                raise
            if sent is None:
                return response
            # What is left of a streamed body is of no use: its connection is given up.
            response.close()
            response = proceed(self._with(request, sent))

    def _next(
        self,
        request: Request,
        response: Response,
        proceed: Proceed,
        providers: list[Provider],
        sent: Sent | None,
        tries: dict[Provider, int],
    ) -> Sent | None:
        """Return what the best provider that has something to say says to the challenges."""
        challenges = parse_challenges(response.headers.getall("www-authenticate", []))
        ranked = _ranked(providers, challenges, sent)
        if request.body is not None and not request.body.replayable:
            for provider, challenge in ranked[:1]:
                provider.note(request, challenge, sent)
            return None
        for provider, challenge in ranked:
            count = tries.get(provider, 0)
            if count >= provider.max_tries:
                continue
            tries[provider] = count + 1
            following = provider.answer(request, challenge, sent, proceed)
            if following is not None:
                return following
        return None

    def _with(self, request: Request, sent: Sent) -> Request:
        # A copy: what a redirect or a retry sends next begins without credentials.
        authorized = request.copy()
        shared = request.shared_headers
        if shared is None or not sent.lasts:
            authorized.headers["Authorization"] = sent.value
            return authorized
        # Most requests of a client differ in nothing but the url, and then share their headers here too.
        prepared = self._prepared
        if prepared is None or prepared[0] is not shared or prepared[1] != sent.value:
            headers = Headers(shared)
            headers["Authorization"] = sent.value
            prepared = self._prepared = (shared, sent.value, SharedHeaders(headers))
        authorized.shared_headers = prepared[2]
        return authorized


def _ranked(
    providers: list[Provider], challenges: list[Challenge], sent: Sent | None
) -> list[tuple[Provider, Challenge | None]]:
    """Return the providers that may answer, the best first, each with the challenge it answers best.

    One that needs no challenge may answer without one when it is the only provider, or when what was refused is its.
    """
    found: list[tuple[int, Provider, Challenge | None]] = []
    for provider in providers:
        rank, best = 0, None
        for challenge in challenges:
            value = provider.options.rank(challenge)
            if value > rank:
                rank, best = value, challenge
        unasked = len(providers) == 1 or (sent is not None and sent.provider is provider)
        if best is not None or (unasked and provider.answers_unasked(challenges)):
            found.append((rank, provider, best))
    found.sort(key=lambda each: each[0], reverse=True)
    return [(provider, challenge) for _, provider, challenge in found]


HANDLER = AuthHandler

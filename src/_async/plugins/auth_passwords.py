"""The waiting halves of BasicAuth, NetrcAuth and DigestAuth."""

from __future__ import annotations

import os
from typing import Any

from ..._concurrency import async_body_chunks
from ...exceptions import InvalidRequest
from ...plugins.auth_digest import new_cnonce
from ...rules.challenges import Challenge, parse_auth_params
from ...rules.digest import DigestSession, answer_digest, body_hasher
from ...rules.netrc_rules import Netrc
from ...values.request import Request
from ...values.url import endpoint_of
from ..proceed import AsyncProceed
from ..response import AsyncResponse
from .auth_provider import AsyncProvider, Sent
from .state import shared_state

__all__ = ["AsyncBasicProvider", "AsyncDigestProvider", "AsyncNetrcProvider"]


class AsyncBasicProvider(AsyncProvider):
    """The waiting half of BasicAuth."""

    __slots__ = ()

    def authorization(self, request: Request) -> str | None:
        """Return the value for a request, if there is one."""
        value: str | None = self.options.authorization
        return value

    async def ahead(self, request: Request, proceed: AsyncProceed, *, alone: bool) -> Sent | None:
        """Return the credentials where they may be sent unasked."""
        if not self.options.goes_ahead(request, alone=alone):
            return None
        value = self.authorization(request)
        return None if value is None else Sent(self, value, ahead=True)

    async def answer(
        self, request: Request, challenge: Challenge | None, sent: Sent | None, proceed: AsyncProceed
    ) -> Sent | None:
        """Return the credentials, unless these are what was refused."""
        value = self.authorization(request)
        return None if value is None or (sent is not None and sent.value == value) else Sent(self, value)


class AsyncNetrcProvider(AsyncBasicProvider):
    """The waiting half of NetrcAuth."""

    __slots__ = ()

    def belongs(self, request: Request) -> bool:
        """Whether the file may be asked about the origin; the file knows for which hosts it has something."""
        origin = endpoint_of(request.url).origin
        if request.call.origin is None:
            request.call.origin = origin
        return self.options.origins is None or origin in self.options.origins

    def authorization(self, request: Request) -> str | None:
        """Return the value that the file has for the host of a request. Raises InvalidRequest."""
        origin, first = endpoint_of(request.url).origin, request.call.origin
        if first is not None and origin != first and origin.host == first.host:
            return None  # a redirect to another port, or to no TLS, is no way to have the password of this one
        value: str | None = self.options.authorization_for(self._netrc(), origin.host, default=origin == first)
        return value

    def _netrc(self) -> Netrc:
        shared = shared_state(self.options)
        netrc: Netrc | None = shared.value.netrc
        if netrc is None:
            netrc = shared.value.netrc = self._read()
        return netrc

    def _read(self) -> Netrc:
        places = self.options.places(os.environ, os.path.expanduser("~"), windows=os.name == "nt")
        for place in places:
            try:
                with open(place, encoding="utf-8") as file:
                    text = file.read()
            except FileNotFoundError:
                if self.options.path is not None:
                    raise InvalidRequest(f"the netrc file {place} is not there") from None
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
                raise InvalidRequest(f"the netrc file {place} can't be read: {reason}") from None
            else:
                netrc: Netrc = self.options.parse(text, place)
                return netrc
        return Netrc()


class AsyncDigestProvider(AsyncProvider):
    """The waiting half of DigestAuth."""

    __slots__ = ()

    # The first challenge, and nonces that ran out meanwhile.
    max_tries = 3

    async def ahead(self, request: Request, proceed: AsyncProceed, *, alone: bool) -> Sent | None:
        """Return an answer to the last challenge of the origin, if there was one."""
        session = shared_state(self.options).value.sessions.get(endpoint_of(request.url).origin)
        if session is None or not self.options.goes_ahead(request, alone=alone):
            return None
        return await self._use(session, request, ahead=True)

    async def answer(
        self, request: Request, challenge: Challenge | None, sent: Sent | None, proceed: AsyncProceed
    ) -> Sent | None:
        """Return an answer to a challenge, unless it says that the password is wrong."""
        session = None if challenge is None else self.options.session(challenge)
        if session is None:
            return None
        mine = sent is not None and sent.provider is self
        if sent is not None and mine and not sent.detail.yields_to(session.challenge, ahead=sent.ahead):
            self._keep(request, None)
            return None
        self._keep(request, session)
        return await self._use(session, request)

    def note(self, request: Request, challenge: Challenge | None, sent: Sent | None) -> None:
        """Remember the challenge: the next request can answer it."""
        self._keep(request, None if challenge is None else self.options.session(challenge))

    def accepted(self, request: Request, response: AsyncResponse, sent: Sent) -> None:
        """Take up the nonce that the server wants to be used next (RFC 7616 section 3.5)."""
        values = response.headers.getall("authentication-info", None)
        nonce = parse_auth_params(values).get("nextnonce") if values else None
        if nonce and nonce != sent.detail.challenge.nonce:
            self._keep(request, sent.detail.following(nonce))

    def _keep(self, request: Request, session: DigestSession | None) -> None:
        """Use a session from now on, or none."""
        shared = shared_state(self.options)
        with shared.lock:
            shared.value.keep(endpoint_of(request.url).origin, session)

    async def _use(self, session: DigestSession, request: Request, *, ahead: bool = False) -> Sent | None:
        challenge = session.challenge
        hashed = None
        if challenge.qop == "auth-int":
            if request.body is not None and not request.body.replayable:
                return None  # the body would have to be read before it is sent
            hashed = await _body_hash(body_hasher(challenge), request)
        with shared_state(self.options).lock:
            session.count += 1
            count = session.count
        value = answer_digest(
            session,
            method=request.method,
            uri=endpoint_of(request.url).target.decode("ascii"),
            count=count,
            cnonce=session.cnonce if challenge.session else new_cnonce(),
            body_hash=hashed,
        )
        return Sent(self, value, session, ahead=ahead, lasts=False)


async def _body_hash(hasher: Any, request: Request) -> str:
    if request.body is not None:
        async for piece in async_body_chunks(request.body):
            hasher.update(piece)
    value: str = hasher.hexdigest()
    return value

"""What a proxy is told about who asks (RFC 9110 section 11.7): the password ahead, or answers to its challenges."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from .challenges import parse_auth_params, parse_challenges
from .digest import DigestSession, answer_digest, body_hasher, new_session, read_digest

if TYPE_CHECKING:
    from ..values.body import Body
    from ..values.proxy import Proxy

__all__ = ["MAX_ANSWERS", "ProxyLogin", "Said"]

MAX_ANSWERS = 3
"""How many challenges in a row are answered: the first one, and nonces that ran out meanwhile."""


class Said(NamedTuple):
    """A Proxy-Authorization value, and how it came about."""

    value: str
    session: DigestSession | None = None
    ahead: bool = False


class ProxyLogin:
    """The credentials for one proxy, and the nonce that it gave last. ``lock`` guards what is remembered."""

    __slots__ = ("_basic", "_basic_goes_ahead", "_lock", "_password", "_session", "_user")

    def __init__(self, proxy: Proxy, lock: AbstractContextManager[Any]) -> None:
        self._user = (proxy.username or "").encode()
        self._password = (proxy.password or "").encode()
        self._basic = None if proxy.auth == "digest" else proxy.authorization
        self._basic_goes_ahead = proxy.auth == "basic"
        self._session: DigestSession | None = None
        self._lock = lock

    def ahead(self, method: str, uri: str, body: Body | None = None) -> Said | None:
        """Return what to say before the proxy asks, None for nothing yet."""
        with self._lock:
            session, basic = self._session, self._basic if self._basic_goes_ahead else None
        if session is not None:
            return self._digest(session, method, uri, body, ahead=True)
        return None if basic is None else Said(basic, None, ahead=True)

    def answer(
        self, challenges: Iterable[str], said: Said | None, method: str, uri: str, body: Body | None = None
    ) -> Said | None:
        """Return what to say after a 407 with these Proxy-Authenticate values, None where nothing would help.

        The Digest challenge with the strongest algorithm is preferred to Basic, as the password stays here then.
        """
        parsed = parse_challenges(challenges)
        readable = [found for each in parsed if (found := read_digest(each)) is not None]
        if readable:
            best = max(readable, key=lambda found: found.strength)
            if said is not None and said.session is not None and not said.session.yields_to(best, ahead=said.ahead):
                self._keep(None)
                return None
            session = new_session(best, self._user, self._password, os.urandom(16).hex())
            self._keep(session)
            return self._digest(session, method, uri, body)
        self._keep(None)
        if self._basic is None or not any(each.scheme == "basic" for each in parsed):
            return None
        if said is not None and said.value == self._basic:
            return None
        self._basic_goes_ahead = True
        return Said(self._basic)

    def accepted(self, said: Said, info: Iterable[str]) -> None:
        """Learn from the Proxy-Authentication-Info values of a response: the nonce to use next, if there is one."""
        nonce = parse_auth_params(info).get("nextnonce")
        if nonce and said.session is not None and nonce != said.session.challenge.nonce:
            self._keep(said.session.following(nonce))

    def _keep(self, session: DigestSession | None) -> None:
        with self._lock:
            self._session = session

    def _digest(
        self, session: DigestSession, method: str, uri: str, body: Body | None, *, ahead: bool = False
    ) -> Said | None:
        challenge = session.challenge
        hashed = None
        if challenge.qop == "auth-int":
            if body is not None and body.data is None:
                return None  # it would have to be read before it is sent
            hasher = body_hasher(challenge)
            hasher.update(b"" if body is None else body.data)
            hashed = hasher.hexdigest()
        with self._lock:
            session.count += 1
            count = session.count
        cnonce = session.cnonce if challenge.session else os.urandom(16).hex()
        value = answer_digest(session, method=method, uri=uri, count=count, cnonce=cnonce, body_hash=hashed)
        return Said(value, session, ahead)

    def __repr__(self) -> str:
        return "<ProxyLogin>"

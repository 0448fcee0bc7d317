"""A proof of the password instead of the password (RFC 7616)."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..exceptions import InvalidRequest
from ..rules.challenges import Challenge
from ..rules.digest import ALGORITHMS, DigestSession, new_session, read_digest
from ..values.checks import check_options
from .auth import AuthProvider, AuthState, OriginTypes, Preemptive

if TYPE_CHECKING:
    from ..values.url import Origin

__all__ = ["DigestAuth", "DigestState"]

MAX_SESSIONS = 64


class DigestState(AuthState):
    """The nonces in use, the last one of each origin."""

    __slots__ = ("sessions",)

    def __init__(self) -> None:
        AuthState.__init__(self)
        self.sessions: OrderedDict[Origin, DigestSession] = OrderedDict()

    def keep(self, origin: Origin, session: DigestSession | None) -> None:
        """Use a session from now on, or none."""
        if session is None:
            self.sessions.pop(origin, None)
            return
        self.sessions[origin] = session
        self.sessions.move_to_end(origin)
        if len(self.sessions) > MAX_SESSIONS:
            self.sessions.popitem(last=False)


class DigestAuth(AuthProvider):
    """Answers Digest challenges (RFC 7616): the server learns that the password is known, not the password::

        Client(plugins=[DigestAuth("ada", "secret")])

    MD5, SHA-256, SHA-512-256 and their ``-sess`` variants, ``auth`` and ``auth-int``, hashed user names, and the form
    without qop of RFC 2069. Of several challenges the one with the strongest algorithm is answered; ``algorithms``
    (all, strongest first: ``("SHA-512-256", "SHA-256", "MD5")``) says which ones may be. Nothing is ever answered to a
    Basic challenge.

    The credentials are for ``origins`` only, see Auth; ``realm`` restricts them further. A nonce that a server gave is
    used again for the next requests to the same origin, counted, so that these need no second round; unless
    ``preemptive=False``, or a function of the request that says no. A nonce that became stale is replaced.

    Raises InvalidRequest for a user name that holds a colon, ValueError for an unknown algorithm, InvalidURL.
    """

    driver = "digest"

    def __init__(
        self,
        user: str | bytes,
        password: str | bytes,
        *,
        realm: str | None = None,
        algorithms: Iterable[str] = ALGORITHMS,
        preemptive: Preemptive = True,
        origins: OriginTypes = None,
    ) -> None:
        check_options(DigestAuth, locals())
        AuthProvider.__init__(self, realm=realm, preemptive=preemptive, origins=origins)
        self._user, self._password = (part if isinstance(part, bytes) else part.encode() for part in (user, password))
        if b":" in self._user:
            raise InvalidRequest("a user name for Digest authentication can't hold a colon (RFC 7616 section 3.4.2)")
        self.algorithms = tuple(algorithms)
        if unknown := set(self.algorithms) - set(ALGORITHMS):
            raise ValueError(f"algorithms are {', '.join(ALGORITHMS)}, not {sorted(unknown)[0]!r}")

    def fresh_state(self) -> DigestState:
        """Return a state that knows nothing."""
        return DigestState()

    def rank(self, challenge: Challenge) -> int:
        """Return how good it is to answer a challenge; 0 where that can't be done."""
        read = read_digest(challenge, self.algorithms)
        return 0 if read is None else self._ranked(challenge, 10 + read.strength)

    def session(self, challenge: Challenge) -> DigestSession | None:
        """Begin to use the nonce of a challenge; None where it can't be answered."""
        read = read_digest(challenge, self.algorithms)
        return None if read is None else new_session(read, self._user, self._password, new_cnonce())


def new_cnonce() -> str:
    """Return a nonce of the client's own, which nobody can guess."""
    return os.urandom(16).hex()

"""What goes with a TLS context: the pins of a host, and the sessions with which later connections go on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from ssl import SSLContext, SSLObject, SSLSession
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..exceptions import TLSError
from ..rules.pins import checked_pins, pin_of, pins_for

if TYPE_CHECKING:
    from ..values.tls import TLS

__all__ = ["TLSPlan", "TLSProfile"]

MAX_SESSIONS = 256
MAX_SESSION_AGE = 3600.0
"""Seconds for which a session is used: until then the certificate, which may expire meanwhile, is not seen again."""


class TLSProfile:
    """The TLS of all connections with equal settings.

    Sessions are kept for an origin and for this profile alone, at most ``MAX_SESSIONS`` of them: what was not verified,
    or verified otherwise, is never gone on with. None are kept for a context of the user's, which may change.
    """

    def __init__(self, context: SSLContext, tls: TLS) -> None:
        self.context = context
        self.pins = checked_pins(tls.pins)
        own = context is not tls.verify and tls.verify != "system"  # which verifies after the handshake
        self._resumes = own and tls.session_resumption
        # Without a lock, which a thread of the parent might hold while a child is forked: each step is one of the dict.
        self._sessions: dict[Hashable, tuple[SSLSession, float]] = {}

    def plan(self, origin: Hashable) -> TLSPlan:
        """Return what a connection to an origin needs."""
        return TLSPlan(self, origin)

    def take(self, key: Hashable) -> SSLSession | None:
        """Return a session to go on with, which is then given to no other connection (RFC 8446 appendix C.4)."""
        session, until = self._sessions.pop(key, (None, 0.0))
        return session if monotonic() < until else None

    def keep(self, key: Hashable, ssl_object: SSLObject) -> None:
        """Keep the session of a connection, if it has one that can be gone on with."""
        session = ssl_object.session
        if session is None or not (session.has_ticket or (session.id and ssl_object.version() != "TLSv1.3")):
            return
        sessions = self._sessions
        sessions.pop(key, None)
        sessions[key] = session, monotonic() + MAX_SESSION_AGE
        if len(sessions) > MAX_SESSIONS:
            try:
                sessions.pop(next(iter(sessions)), None)
            except (RuntimeError, StopIteration):  # another thread changes it: the next one tidies up
                pass

    def keeper(self, key: Hashable, ssl_object: SSLObject) -> Callable[[], None] | None:
        """Return what keeps the session once a first answer came, with which tickets come; None to keep none."""
        if not self._resumes:
            return None
        return lambda: self.keep(key, ssl_object)


class TLSPlan:
    """The TLS of one connection to an origin; it stands where an SSLContext may."""

    __slots__ = ("context", "origin", "profile")

    def __init__(self, profile: TLSProfile, origin: Hashable) -> None:
        self.profile = profile
        self.context = profile.context
        self.origin = origin

    def session(self, host: str | None) -> SSLSession | None:
        """Return a session to go on with."""
        return self.profile.take((self.origin, host))

    def keeper(self, host: str | None, ssl_object: SSLObject) -> Callable[[], None] | None:
        """Return what keeps the session of this connection; see TLSProfile.keeper."""
        return self.profile.keeper((self.origin, host), ssl_object)

    def check_pins(self, host: str | None, ssl_object: SSLObject) -> None:
        """Raise TLSError where none of the host's pins is that of its certificate or of one above it."""
        pins = pins_for(self.profile.pins, host) if host and self.profile.pins else None
        if not pins or ssl_object.session_reused:  # then it was checked when the session began
            return
        found = [pin_of(certificate) for certificate in _proven(ssl_object)]
        if pins.isdisjoint(found):
            raise TLSError(
                f"the certificates of {host!r} have none of the pinned keys; they have {', '.join(found)}: "
                "the server has a new key, or somebody stands in between"
            )


def _proven(ssl_object: SSLObject) -> list[bytes]:
    """Return the certificates in DER, the server's first: those above it only as far as they were verified."""
    leaf = ssl_object.getpeercert(binary_form=True)
    if leaf is None:
        return []
    chain: list[bytes] = []
    if ssl_object.context.verify_mode:
        native: Any = ssl_object if hasattr(ssl_object, "get_verified_chain") else getattr(ssl_object, "_sslobj", None)
        verified = getattr(native, "get_verified_chain", lambda: None)() or ()
        chain = [item if isinstance(item, bytes) else item.public_bytes(2) for item in verified]
    return [leaf, *(certificate for certificate in chain if certificate != leaf)]

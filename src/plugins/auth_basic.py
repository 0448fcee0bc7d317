"""User name and password as they are (RFC 7617)."""

from __future__ import annotations

from ..rules.challenges import Challenge
from ..values.authorization import basic_authorization
from ..values.checks import check_options
from .auth import AuthProvider, OriginTypes, Preemptive

__all__ = ["BasicAuth"]


class BasicAuth(AuthProvider):
    """Sends user name and password in Basic authentication (RFC 7617), as UTF-8::

        Client(plugins=[BasicAuth("ada", "secret", origins="https://api.test")])
        client.get(url, auth=BasicAuth("ada", "secret", preemptive=False))

    They go to ``origins`` only; see Auth. ``realm`` restricts them to what a server calls so. ``preemptive`` says
    whether they are sent before the server asks: True, False, or a function of the request; by default they are,
    unless there is a realm to wait for, or another provider in the client that might do better.

    Raises InvalidRequest for a user name that holds a colon, InvalidURL for bad ``origins``.
    """

    driver = "basic"

    def __init__(
        self,
        user: str | bytes,
        password: str | bytes,
        *,
        realm: str | None = None,
        preemptive: Preemptive = None,
        origins: OriginTypes = None,
    ) -> None:
        check_options(BasicAuth, locals())
        AuthProvider.__init__(self, realm=realm, preemptive=preemptive, origins=origins)
        self._value = basic_authorization((user, password))

    @property
    def authorization(self) -> str:
        """The Authorization value."""
        return self._value

    def rank(self, challenge: Challenge) -> int:
        """Return how good it is to answer a challenge; 0 where that can't be done."""
        return self._ranked(challenge, 1) if challenge.scheme == "basic" else 0

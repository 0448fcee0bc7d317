"""User names and passwords from the netrc file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..exceptions import InvalidRequest
from ..rules.netrc_rules import Netrc, NetrcError, parse_netrc
from ..values.authorization import basic_authorization
from ..values.checks import check_options
from .auth import AuthProvider, AuthState, OriginTypes, Preemptive

if TYPE_CHECKING:
    from ..rules.challenges import Challenge

__all__ = ["NetrcAuth", "NetrcState"]


class NetrcState(AuthState):
    """The file's entries, once it was read."""

    __slots__ = ("netrc",)

    def __init__(self) -> None:
        AuthState.__init__(self)
        self.netrc: Netrc | None = None


class NetrcAuth(AuthProvider):
    """Sends what a netrc file holds for a host, in Basic authentication::

        Client(plugins=[NetrcAuth()])

    The file is ``path``; without it the one that the variable NETRC names, or ``.netrc`` (``_netrc`` on Windows) in
    the home directory, if there is one. It is opened at the first request, and only where this plugin is installed;
    ``clear()`` has it read again.

    An entry is for exactly its host, on any port; after a redirect to another host it is that host's own entry that
    counts, and after one to another port or scheme of the same host there is none. The ``default`` entry is only for
    the host that a call begins with. An entry without login or password gives nothing. ``origins`` restricts all that
    further. ``preemptive=False`` waits for a server to ask.

    Raises InvalidRequest, at a request, for a ``path`` that can't be read and for a file that is no netrc.
    """

    driver = "netrc"

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, preemptive: Preemptive = True, origins: OriginTypes = None
    ) -> None:
        check_options(NetrcAuth, locals())
        AuthProvider.__init__(self, realm=None, preemptive=preemptive, origins=origins)
        self.path = path

    def fresh_state(self) -> NetrcState:
        """Return a state that knows nothing."""
        return NetrcState()

    def places(self, environment: Mapping[str, str], home: str, *, windows: bool) -> list[str]:
        """Return where the file may be, the first that is there counts."""
        if self.path is not None:
            return [os.fspath(self.path)]
        if environment.get("NETRC"):
            return [environment["NETRC"]]
        names = ["_netrc", ".netrc"] if windows else [".netrc"]
        return [os.path.join(home, name) for name in names]

    def parse(self, text: str, place: str) -> Netrc:
        """Return the entries. Raises InvalidRequest, naming the line and nothing of what it holds."""
        try:
            return parse_netrc(text)
        except NetrcError as error:
            raise InvalidRequest(f"the netrc file {place} can't be read: {error}") from None

    def authorization_for(self, netrc: Netrc, host: str, *, default: bool) -> str | None:
        """Return the Authorization value for a host, or None."""
        login = netrc.login(host, default=default)
        return None if login is None else basic_authorization(login)

    def rank(self, challenge: Challenge) -> int:
        """Return how good it is to answer a challenge; 0 where that can't be done."""
        return self._ranked(challenge, 1) if challenge.scheme == "basic" else 0

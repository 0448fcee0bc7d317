"""The name a client gives itself."""

from __future__ import annotations

from ..values.checks import check_options
from ..values.headers import Headers
from .default_request import RequestDefaults

__all__ = ["UserAgent"]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
CURL = "curl/8.11.1"


class UserAgent(RequestDefaults):
    """Sends ``agent`` as User-Agent (RFC 9110 section 10.1.5) where neither the request nor its client has another.

    None sends none. Without the plugin it is ``duohttp/`` and the version. Raises InvalidHeader.
    """

    def __init__(self, agent: str | None) -> None:
        check_options(UserAgent, locals())
        if agent is not None:
            Headers.of({"User-Agent": agent})
        self.agent = agent
        self.headers = {"User-Agent": agent}

    @classmethod
    def browser(cls) -> UserAgent:
        """A browser's name, for servers that turn away what is none."""
        return cls(BROWSER)

    @classmethod
    def curl(cls) -> UserAgent:
        """The name of the curl tool."""
        return cls(CURL)

    def __repr__(self) -> str:
        return f"UserAgent({self.agent!r})"

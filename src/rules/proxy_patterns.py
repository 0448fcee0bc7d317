"""Patterns of urls, each with a proxy of its own, as httpx's mounts know them."""

from __future__ import annotations

from typing import NamedTuple

from ..exceptions import InvalidURL
from ..values.url import Origin, parse_url
from .no_proxy import address_of, split_port

__all__ = ["ProxyPattern"]

SCHEMES = ("http", "https", "all")


class ProxyPattern(NamedTuple):
    """A scheme, a host and a port, any of which may be left open.

    Written ``"all://"``, ``"http://"``, ``"https://example.org"`` (that host alone), ``"all://*.example.org"`` (its
    subdomains), ``"all://*example.org"`` (both), ``"all://*:8080"``, ``"https://[::1]:8443"``. Schemes may stand alone
    (``"https"``). ``ws`` urls go as ``http``, ``wss`` as ``https``. The pattern with a port goes before that without,
    the longer host before the shorter one, a scheme before ``all``.
    """

    scheme: str | None
    host: str
    itself: bool
    below: bool
    port: int | None

    @classmethod
    def of(cls, key: object) -> ProxyPattern:
        """Return the pattern as it is written. Raises InvalidURL, TypeError."""
        if not isinstance(key, str):
            raise TypeError(f"the keys of proxies are patterns of urls, not {type(key).__name__}")
        scheme, separator, rest = key.strip().lower().partition("://")
        rest = rest.removesuffix("/")
        if scheme not in SCHEMES or any(character in rest for character in "/?#@"):
            shown = key.rpartition("@")[2]
            raise InvalidURL(f"the keys of proxies are http://, https:// or all://, and maybe host and port: {shown!r}")
        known = None if scheme == "all" else scheme
        if not separator or not rest:
            return cls(known, "", itself=True, below=True, port=None)
        name, port = split_port(rest)
        if port is None and ":" in rest.rpartition("]")[2]:
            raise InvalidURL(f"a port is a number, and IPv6 addresses stand in brackets: {key!r}")
        below = name.startswith("*")
        itself = not name.startswith("*.")
        name = name.removeprefix("*").removeprefix(".") if below else name
        if "*" in name:
            raise InvalidURL(f"a star stands only at the beginning of a host: {key!r}")
        return cls(known, _host(name), itself, below, port)

    @property
    def rank(self) -> tuple[bool, int, bool, bool]:
        """What patterns are sorted by, the one that says most first."""
        return self.port is None, -len(self.host), self.below, self.scheme is None

    def matches(self, origin: Origin) -> bool:
        """Whether an origin is meant."""
        if self.scheme not in (None, origin.scheme) or self.port not in (None, origin.port):
            return False
        if not self.host:
            return True
        host = origin.host.rstrip(".")
        if host == self.host:
            return self.itself
        # An address has no subdomains, whatever its zone looks like.
        return self.below and host.endswith(f".{self.host}") and address_of(host) is None


def _host(name: str) -> str:
    """Return the host as urls have it: IDNA-encoded, addresses in their short form."""
    if not name:
        return ""
    return (parse_url(f"http://[{name}]/" if ":" in name else f"http://{name}/").raw_host or "").rstrip(".")

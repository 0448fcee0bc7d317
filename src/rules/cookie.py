"""One stored cookie, and the rules on which it is kept and sent (RFC 6265bis section 5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..exceptions import InvalidHeader
from .set_cookie import CONTROL, MAX_COOKIE, SameSite, SetCookie, octets

__all__ = ["Cookie", "default_path", "domain_matches", "domain_of", "is_address", "path_matches", "received"]

# Section 5.5: no cookie outlives this, in seconds.
MAX_AGE = 400 * 86400
_IPV4 = re.compile(r"[0-9.]+\Z")


class Cookie:
    """One stored cookie.

    ``domain`` is in lower case without a leading dot; "" (only for cookies set by hand) is any host. ``host_only`` is
    False when sub-domains get it too. ``expires`` is in seconds since 1970, None for the end of the session.
    ``same_site`` is kept and otherwise ignored: a client has no third parties. ``repr`` never shows the value.
    """

    __slots__ = (
        "_created",
        "_last_access",
        "domain",
        "expires",
        "host_only",
        "http_only",
        "name",
        "path",
        "same_site",
        "secure",
        "value",
    )

    def __init__(
        self,
        name: str,
        value: str,
        domain: str = "",
        path: str = "/",
        *,
        host_only: bool = True,
        secure: bool = False,
        http_only: bool = False,
        same_site: SameSite | None = None,
        expires: float | None = None,
    ) -> None:
        self.name = name
        self.value = value
        self.domain = domain
        self.path = path
        self.host_only = host_only
        self.secure = secure
        self.http_only = http_only
        self.same_site: SameSite | None = same_site
        self.expires = expires
        # Set by the jar: a place in the order of arrival, and a time.
        self._created = 0
        self._last_access = 0.0

    def check(self) -> Cookie:
        """Return the cookie itself. Raises InvalidHeader for what a Cookie header would not carry as it is."""
        name, value = self.name, self.value
        if not (isinstance(name, str) and isinstance(value, str)):
            raise InvalidHeader(f"the name and the value of a cookie are str, not {_types(name, value)}")
        if CONTROL.search(name) or CONTROL.search(value) or ";" in name or ";" in value or "=" in name:
            raise InvalidHeader(f"the cookie {name!r} holds a control character or a semicolon; percent-encode it")
        if name.strip(" \t") != name or value.strip(" \t") != value or not (name or value):
            raise InvalidHeader(f"the cookie {name!r} is empty, or starts or ends with a space")
        if octets(name) + octets(value) > MAX_COOKIE:
            raise InvalidHeader(f"the cookie {name[:40]!r} is longer than {MAX_COOKIE} bytes")
        if not self.path.startswith("/") or CONTROL.search(self.path) or not self.domain.isascii():
            raise InvalidHeader(f"the path of cookie {name!r} starts with a slash, and its domain is ASCII")
        if self.expires is not None and not abs(self.expires) < 1e15:
            raise InvalidHeader(f"the cookie {name!r} expires at {self.expires}, which is no time")
        return self

    def is_expired(self, now: float) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now

    def copy(self) -> Cookie:
        """Return an equal cookie."""
        return Cookie(self.name, self.value, self.domain, self.path, **self.attributes())

    def attributes(self) -> dict[str, Any]:
        """Return what is neither name, value, domain nor path."""
        return {
            "host_only": self.host_only,
            "secure": self.secure,
            "http_only": self.http_only,
            "same_site": self.same_site,
            "expires": self.expires,
        }

    def _fields(self) -> tuple[Any, ...]:
        return (self.name, self.value, self.domain, self.path, *self.attributes().values())

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if isinstance(other, Cookie) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Cookie {self.name} for {'' if self.host_only else '*.'}{self.domain or 'any host'}{self.path}>"


def _types(*values: object) -> str:
    return " and ".join(type(value).__name__ for value in values)


def is_address(host: str) -> bool:
    """Whether a host is an IP address, which has no sub-domains."""
    return ":" in host or _IPV4.match(host) is not None


def domain_matches(host: str, domain: str) -> bool:
    """Whether a host is the domain or, being no address, under it (section 5.1.3)."""
    return host == domain or (host.endswith(domain) and host.endswith("." + domain) and not is_address(host))


def path_matches(path: str, cookie_path: str) -> bool:
    """Whether a request path is at or under a cookie's (section 5.1.4)."""
    if not path.startswith(cookie_path):
        return False
    return len(path) == len(cookie_path) or cookie_path.endswith("/") or path[len(cookie_path)] == "/"


def default_path(path: str) -> str:
    """Return the path of a cookie that names none: that of the request up to its last slash (section 5.1.4)."""
    return (path[: path.rfind("/")] or "/") if path.startswith("/") else "/"


def domain_of(host: str, attribute: str | None, is_public: Callable[[str], bool]) -> tuple[str, bool] | None:
    """Return the domain of a cookie from this host, and whether it is for the host only; None refuses the cookie.

    Section 5.7 steps 7 to 10. Stricter in two points: a dot alone is no domain, and one before an address is refused.
    """
    if not attribute:
        return host, True
    if is_address(host):
        return (host, True) if attribute == host else None
    domain = attribute.removeprefix(".")
    if not domain or not domain.isascii() or not domain_matches(host, domain):
        return None
    if is_public(domain):
        return (host, True) if domain == host else None
    return domain, False


def received(new: SetCookie, host: str, path: str, now: float, is_public: Callable[[str], bool]) -> Cookie | None:
    """Return the cookie that a response from this host and path sets; None refuses it (section 5.7).

    Left to the jar are the steps that depend on the scheme and on what is stored.
    """
    place = domain_of(host, new.domain, is_public)
    if place is None:
        return None
    domain, host_only = place
    if new.max_age is not None:
        expires: float | None = now + min(new.max_age, MAX_AGE) if new.max_age > 0 else 0.0
    else:
        expires = None if new.expires is None else min(new.expires, now + MAX_AGE)
    cookie_path = default_path(path) if new.path is None else new.path
    # Step 19, and steps 20 to 22 on prefixes; these are matched in any case.
    if new.same_site == "None" and not new.secure:
        return None
    prefix = (new.name or new.value)[:9].lower()
    if prefix.startswith("__secure-") and not (new.name and new.secure):
        return None
    if prefix.startswith("__host-") and not (new.name and new.secure and host_only and new.path == "/"):
        return None
    return Cookie(
        new.name,
        new.value,
        domain,
        cookie_path,
        host_only=host_only,
        secure=new.secure,
        http_only=new.http_only,
        same_site=new.same_site,
        expires=expires,
    )

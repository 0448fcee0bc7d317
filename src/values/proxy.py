"""A proxy server: where it is, and what it is told."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

from yarl import URL

from ..exceptions import InvalidURL
from .checks import check_options
from .headers import Headers, HeaderTypes, header_lines
from .settings import VerifyTypes
from .tls import checked_verify
from .url import display_url, parse_url

__all__ = ["Proxy", "ProxyAuth", "ProxyOption", "ProxyTypes"]

ProxyAuth: TypeAlias = Literal["basic", "digest", "any"]

PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}


class Proxy:
    """A proxy: ``Proxy("http://user:password@proxy.test:3128")``.

    The scheme is ``http``, ``https`` (TLS to the proxy itself), ``socks4`` or ``socks5`` (names are looked up here),
    ``socks4a`` or ``socks5h`` (the proxy looks them up; ``socks`` is that too). Ports default to 80, 443 and 1080.
    ``username`` and ``password`` may stand in the url, percent-encoded, or be given; SOCKS 4 knows no password.
    ``headers`` are for an HTTP proxy alone, no server sees them. ``verify`` is for the TLS to an https proxy; None
    means as the client's option.

    ``auth`` says how user name and password are sent (RFC 9110 section 11.7). ``"basic"``: as they are, ahead; a
    proxy that asks for Digest gets that. ``"digest"``: never as they are, only as an answer to a Digest challenge
    (RFC 7616). ``"any"``: as the proxy asks, Digest before Basic, and nothing before it asks. Raises InvalidURL,
    InvalidHeader, and ValueError for another ``auth`` or one that a SOCKS proxy does not know.
    """

    __slots__ = ("auth", "headers", "host", "password", "port", "scheme", "username", "verify")

    def __init__(
        self,
        url: str | URL,
        *,
        username: str | None = None,
        password: str | None = None,
        auth: ProxyAuth = "basic",
        headers: HeaderTypes | None = None,
        verify: VerifyTypes | None = None,
    ) -> None:
        check_options(Proxy, locals())
        parsed = parse_url(url if not isinstance(url, str) or "://" in url else f"http://{url}")
        user, word = parsed.raw_user, parsed.raw_password
        shown = display_url(parsed.with_fragment(None))
        # Desktops write socks:// into the environment, and mean a proxy for SOCKS 5 that looks names up.
        scheme = "socks5h" if parsed.scheme == "socks" else parsed.scheme
        if scheme not in PORTS:
            raise InvalidURL(f"a proxy's scheme is {', '.join(PORTS)}: {shown}")
        if not parsed.raw_host:
            raise InvalidURL(f"the proxy's url has no host: {shown}")
        if parsed.raw_path not in ("", "/") or parsed.raw_query_string or parsed.raw_fragment:
            raise InvalidURL(f"a proxy's url ends after the port: {shown}")
        self.scheme = scheme
        self.host = parsed.raw_host
        self.port = PORTS[scheme] if parsed.port is None else parsed.port
        if username is None and (user is not None or word is not None):
            username = unquote(user or "")
        self.username = username
        self.password: str = unquote(word or "") if password is None else password
        if auth not in ("basic", "digest", "any") or (auth != "basic" and self.is_socks):
            raise ValueError(f"auth is 'basic', 'digest' or 'any', and for a SOCKS proxy 'basic', not {auth!r}")
        self.auth: ProxyAuth = auth
        self.headers = Headers.of(headers)
        self.verify = None if verify is None else checked_verify(verify)
        self._check_login()
        header_lines(self.headers)

    def _check_login(self) -> None:
        """Refuse credentials that the proxy's protocol can't carry, so that none is cut or read as another."""
        user, password = (self.username or "").encode(), self.password.encode()
        if not self.is_socks:
            if b":" in user:
                raise InvalidURL(f"a user name for the proxy {self} can't hold a colon (RFC 7617 section 2)")
        elif self.scheme in ("socks5", "socks5h"):
            if len(user) > 255 or len(password) > 255:
                raise InvalidURL(f"user name and password for the proxy {self} have at most 255 bytes (RFC 1929)")
        elif password or b"\0" in user:
            raise InvalidURL(f"SOCKS 4 knows a user name without zero bytes and no password: {self}")

    @property
    def is_socks(self) -> bool:
        """Whether this is a SOCKS proxy."""
        return self.scheme.startswith("socks")

    @property
    def logs_in(self) -> bool:
        """Whether there are credentials for an HTTP proxy; a Proxy-Authorization among ``headers`` comes instead."""
        return self.username is not None and not self.is_socks and "proxy-authorization" not in self.headers

    @property
    def authorization(self) -> str | None:
        """The value of Proxy-Authorization that sends the credentials as they are (RFC 7617), None without such."""
        if self.username is None:
            return None
        return "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")

    @classmethod
    def of(cls, value: ProxyTypes) -> Proxy:
        """Return a Proxy for what users write. Raises InvalidURL, TypeError."""
        if isinstance(value, Proxy):
            return value
        if isinstance(value, (str, URL)):
            return cls(value)
        raise TypeError(f"a proxy is a url or a Proxy, not {type(value).__name__}")

    def _key(self) -> tuple[Any, ...]:
        headers = tuple(sorted((name.lower(), value) for name, value in self.headers.items()))
        return (self.scheme, self.host, self.port, self.username, self.password, self.auth, headers, self.verify)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Proxy) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def __repr__(self) -> str:
        # Neither credentials nor headers, which may hold them.
        return f"Proxy({str(self)!r})"


ProxyTypes: TypeAlias = "str | URL | Proxy"
ProxyOption: TypeAlias = "ProxyTypes | Mapping[str, Any] | Callable[[URL], ProxyTypes | None] | None"

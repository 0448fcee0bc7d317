"""Urls: yarl's URL behind a strict gate, and what an engine needs to know of one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias

from yarl import URL

from ..exceptions import InvalidURL, UnsupportedProtocol
from .unix_url import UNIX, is_unix, join_unix, parse_unix

__all__ = [
    "DEFAULT_PORTS",
    "NOWHERE",
    "Endpoint",
    "Located",
    "Origin",
    "ResourceObject",
    "URLTypes",
    "display_url",
    "endpoint_of",
    "join_base",
    "join_url",
    "parse_url",
]


class ResourceObject(Protocol):
    """An object of a class made with ``@resource``; to a type checker, of any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


URLTypes: TypeAlias = "str | URL | ResourceObject"

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
SECURE = {"http": "http", "https": "https", "ws": "http", "wss": "https"}

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
# RFC 3986 section 3.2: the authority ends at the first of these.
_AUTHORITY = re.compile(r"\A(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//([^/?#]*)")
_SCHEME = re.compile(r"\A([A-Za-z][A-Za-z0-9+.\-]*):")
_PORT = re.compile(r":([^:\]]*)\Z")


class Origin(NamedTuple):
    """Scheme, host and port: what two urls must share to use one connection (RFC 9110 section 4.3)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" if self.scheme != UNIX else f"{UNIX}://{host}"


class Endpoint(NamedTuple):
    """What an engine needs of a url, computed once for each url."""

    origin: Origin
    target: bytes
    """The request target in origin form, RFC 9112 section 3.2.1."""
    host: bytes
    """The value of the Host header."""


Located: TypeAlias = "tuple[URL | None, Endpoint | None]"
"""A url and what is known of it; to be asked again where the url is another object by now."""
NOWHERE: Located = (None, None)


def display_url(url: URL) -> str:
    """Return the url without user name and password, as errors and logs show it."""
    return str(url.with_user(None)) if url.raw_user is not None or url.raw_password is not None else str(url)


def _safe(text: str) -> str:
    """A url text for a message: no credentials, no control characters, not endless."""
    shown = re.sub(r"//[^/?#]*@", "//", text.encode("unicode_escape").decode("ascii"))
    return shown if len(shown) <= 200 else shown[:200] + "…"


def _check_text(text: str) -> None:
    """Refuse what yarl would quote, strip or read in another way than a server does."""
    if _FORBIDDEN.search(text):
        raise InvalidURL(f"the url holds a control character: {_safe(text)}")
    match = _AUTHORITY.match(text)
    if match is None:
        scheme = _SCHEME.match(text)
        if scheme and scheme[1].lower() in DEFAULT_PORTS:
            raise InvalidURL(f"the url has no host; write {scheme[1]}://host/path: {_safe(text)}")
        return
    authority = match[1]
    if "\\" in authority or any(char.isspace() for char in authority):
        raise InvalidURL(f"the url's authority holds a backslash or white space: {_safe(text)}")
    host_port = authority.rpartition("@")[2]
    if not host_port and not text.startswith("file:"):
        raise InvalidURL(f"the url has no host: {_safe(text)}")
    if "@" in authority.rpartition("@")[0]:
        raise InvalidURL(f"the url's authority has more than one '@'; write it as %40: {_safe(text)}")
    port = _PORT.search(host_port)
    if port and port[1] and not (port[1].isascii() and port[1].isdigit() and int(port[1]) <= 65535):
        raise InvalidURL(f"the url's port is not a number from 0 to 65535: {_safe(text)}")


@lru_cache(maxsize=4096)
def _parse(text: str) -> URL:
    _check_text(text)
    try:
        if is_unix(text):
            return parse_unix(text)
        url = URL(text)
        if url.absolute and url.host is not None:
            _check_host(url, text)
    except InvalidURL:
        raise
    except (ValueError, TypeError, UnicodeError) as error:
        raise InvalidURL(f"not a url ({error}): {_safe(text)}") from None
    return url


def _check_host(url: URL, text: str) -> None:
    host = url.raw_host or ""
    if not host:
        raise InvalidURL(f"the url has no host: {_safe(text)}")
    if "%" in host and ":" not in host:
        raise InvalidURL(f"the url's host holds a percent sign: {_safe(text)}")
    if any(char in ' "<>\\^`{|}' for char in host):
        raise InvalidURL(f"the url's host holds a character no host may have: {_safe(text)}")
    # Four numbers, or one that stands for four, mean different hosts to different parsers.
    last = host.rstrip(".").rpartition(".")[2]
    if (last.isdigit() or last.startswith("0x")) and not re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", host):
        raise InvalidURL(f"the url's host is no valid IPv4 address; write it as a.b.c.d: {_safe(text)}")
    if re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", host):
        parts = host.split(".")
        if any(int(part) > 255 or (len(part) > 1 and part[0] == "0") for part in parts):
            raise InvalidURL(f"the url's host is no valid IPv4 address: {_safe(text)}")


def parse_url(url: URLTypes) -> URL:
    """Return a checked URL. Raises InvalidURL for text no server would understand the way it is meant."""
    if isinstance(url, str):
        return _parse(url)
    if isinstance(url, URL):
        return _parse(str(url))
    from .resource import is_resource, resource_url

    if is_resource(url):
        return resource_url(url)
    raise InvalidURL(f"a url is a str, a yarl.URL or an object of a @resource class, not {type(url).__name__}")


@lru_cache(maxsize=4096)
def endpoint_of(url: URL) -> Endpoint:
    """Return origin, request target and Host value. Raises UnsupportedProtocol, InvalidURL."""
    scheme = url.scheme
    if scheme == UNIX and url.raw_host:
        target = url.raw_path_qs or "/"
        return Endpoint(Origin(UNIX, url.raw_host or "", 0), target.encode("ascii"), b"localhost")
    if scheme not in SECURE:
        if not scheme:
            raise InvalidURL(f"the url needs a scheme and a host, or the client a base_url: {_safe(str(url))}")
        hint = "; write http:// in front" if "." in scheme or url.path.partition("/")[0].isdigit() else ""
        raise UnsupportedProtocol(f"the scheme {scheme!r} is not http or https{hint}: {_safe(str(url))}")
    host = url.raw_host
    if not host:
        raise InvalidURL(f"the url has no host: {_safe(str(url))}")
    default = DEFAULT_PORTS[scheme]
    port = url.port if url.port is not None else default
    shown = f"[{host.partition('%')[0]}]" if ":" in host else host
    value = shown if port == default else f"{shown}:{port}"
    target = url.raw_path_qs or "/"
    return Endpoint(Origin(SECURE[scheme], host, port), target.encode("ascii"), value.encode("ascii"))


def join_url(base: URL, relative: URL) -> URL:
    """Return what a reference in a response from ``base`` means (RFC 3986 section 5)."""
    return join_unix(base, relative) if base.scheme == UNIX else base.join(relative)


def join_base(base: URL, url: URL) -> URL:
    """Join as httpx does: ``https://h/v1`` and ``users`` or ``/users`` give ``https://h/v1/users``.

    An absolute url stands as it is. The base's query is kept, key by key, where the url has none of it.
    """
    if url.absolute or url.scheme:
        return url
    path = base.raw_path.rstrip("/") + "/" + url.raw_path.lstrip("/") if url.raw_path else base.raw_path
    kept = URL().with_query([(key, value) for key, value in base.query.items() if key not in url.query])
    # The query of the url stays as it was written: "a" and "a=" are different things to some servers.
    query = "&".join(filter(None, (kept.raw_query_string, url.raw_query_string)))
    joined = base.with_path(path, encoded=True)
    if query:
        joined = URL(f"{joined}?{query}", encoded=True)  # yarl joins only schemes that it knows
    return joined.with_fragment(url.fragment or None)

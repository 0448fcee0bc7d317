"""Cookies kept between requests (RFC 6265bis)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ..values.url import URLTypes, parse_url
from .plugin import Plugin, Stage

if TYPE_CHECKING:
    from http.cookiejar import CookieJar as LibraryJar

    from yarl import URL

    from ..rules.cookie_jar import Cookie, CookieJar

__all__ = ["ClientCookies", "ConstantCookies", "CookieStorage", "HttpCookies", "cookies_plugin"]


class CookieStorage(Protocol):
    """Where HttpCookies keeps cookies. A ``CookieJar`` is one; write these two methods for one of your own.

    Both may be async functions for an AsyncClient. What they raise ends the call. ``now`` is in seconds since 1970.
    """

    def cookies_for(self, url: URL, now: float) -> Any:
        """Return a list of the Cookies for a request to this url, in the order they are sent."""
        ...

    def set_from_response(self, url: URL, set_cookie_values: Iterable[bytes], now: float) -> Any:
        """Store what the Set-Cookie headers of a response from this url say."""
        ...


Given: TypeAlias = "CookieJar | LibraryJar | Mapping[str, str] | Iterable[tuple[str, str]] | Iterable[Cookie]"
ClientCookies: TypeAlias = "HttpCookies | CookieStorage | Given | bool | None"
"""What a client takes as ``cookies=``."""


class HttpCookies(Plugin):
    """Keeps the cookies that servers set and sends them where they belong. Every client has one unless told otherwise.

    ``storage`` is a ``CookieJar``, which keeps what the RFC allows; ``ConstantCookies``, which never change; any
    object with the methods of CookieStorage; or cookies to begin with (a mapping, pairs, Cookies, a jar of requests
    or ``http.cookiejar``), which go to every host. None, the default, is a new jar. Clients that have the same
    object share its cookies, of either colour, between threads, tasks and event loops.

    What a response sets is stored for the host of its url, whatever Host header was sent; also that of a redirect,
    and that of an attempt which Retry or an authentication step repeats. Each hop of a redirect gets the cookies of
    its own url. A Cookie header or ``cookies=`` of the request is sent beside those of the jar, and instead of one
    of the same name, until the server sets that one anew. It is not stored.

    Raises TypeError for a storage that is none. ``plugins=[HttpCookies()]`` begins with an empty jar for one request;
    ``cookies=False`` sends and stores none.
    """

    stage = Stage.COOKIES
    handler = "http_cookies"
    started: Any = None
    """The storage; None where it would be a jar that was never used."""

    def __init__(self, storage: CookieStorage | Given | None = None) -> None:
        if storage is not None:
            self.started = _storage_of(storage)
            _guard(self.started)

    @property
    def storage(self) -> Any:
        """The CookieJar, or the storage that was given."""
        storage = self.started
        if storage is None:
            from ..rules.cookie_jar import CookieJar

            jar = CookieJar()
            _guard(jar)
            # Two threads may come here at once.
            storage = vars(self).setdefault("started", jar)
        return storage

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if self.started is not None:
            _guard(self.started)

    def __repr__(self) -> str:
        return "HttpCookies()" if self.started is None else f"HttpCookies({self.started!r})"


class ConstantCookies:
    """A storage whose cookies servers can't change.

    ``cookies`` are Cookies, a jar, or a mapping or pairs of name and value, which then go to every host.
    """

    never_waits = True

    def __init__(self, cookies: Given) -> None:
        self._jar = _jar_of(cookies)

    def cookies_for(self, url: URL, now: float) -> list[Cookie]:
        """Return the cookies for a request to this url."""
        return self._jar.cookies_for(url, now)

    def set_from_response(self, url: URL, set_cookie_values: Iterable[bytes], now: float) -> None:
        """Store nothing."""

    def guard(self, lock: Any) -> None:
        """Use this lock, as the cookies are shared between threads."""
        self._jar.guard(lock)

    def __repr__(self) -> str:
        return f"ConstantCookies({self._jar!r})"


def _guard(storage: Any) -> None:
    from .._concurrency import StateLock

    if hasattr(storage, "guard"):
        storage.guard(StateLock())


def _storage_of(given: Any) -> Any:
    if isinstance(given, type):
        raise TypeError(f"a storage of cookies is an object, not {given!r}; add ()")
    if callable(getattr(given, "cookies_for", None)) and callable(getattr(given, "set_from_response", None)):
        return given
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        hint = "; to read a file use load() of a CookieJar" if isinstance(given, str) else ""
        kept = "the storage of cookies is a CookieJar or an object with cookies_for() and set_from_response()"
        raise TypeError(f"{kept}, not {given!r}{hint}")
    return _jar_of(given)


def _jar_of(cookies: Any) -> CookieJar:
    from ..rules.cookie_jar import CookieJar

    # A jar of requests is a mapping too, which would lose the domains.
    return CookieJar(list(cookies) if hasattr(cookies, "extract_cookies") else cookies)


def cookies_plugin(given: Any, base_url: URLTypes | None) -> HttpCookies:
    """Return the plugin for the ``cookies=`` of a client. Raises TypeError, InvalidHeader.

    A mapping or pairs belong to the host of ``base_url``, over https only if that is https; without base_url to
    every host, as in requests.
    """
    if isinstance(given, HttpCookies):
        return given
    if given is None or given is True:
        return HttpCookies()
    plugin = HttpCookies(given)
    if base_url and plugin.storage is not given:
        base = parse_url(base_url)
        jar = plugin.storage
        for cookie in jar.cookies():
            if not cookie.domain:
                jar.delete(cookie.name, "", cookie.path)
                cookie.domain = base.raw_host or ""
                cookie.secure = base.scheme in ("https", "wss")
                jar.add(cookie)
    return plugin

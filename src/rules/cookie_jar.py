"""A cookie jar by RFC 6265bis, used by hand as in requests and httpx."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from operator import attrgetter
from os import PathLike
from typing import Any, Literal, TypeAlias, overload

from ..exceptions import InvalidHeader
from ..values.checks import check_options
from .cookie import Cookie
from .cookie_store import CookieStore, sending_order
from .public_suffix import PublicSuffixes
from .set_cookie import SameSite

__all__ = ["Cookie", "CookieJar", "CookieTypes"]

CookieTypes: TypeAlias = "CookieJar | Mapping[str, str] | Iterable[tuple[str, str]] | Iterable[Cookie]"

_order = attrgetter("_created")


class CookieJar(CookieStore):
    """Cookies, kept and sent by RFC 6265bis. It knows no clock: ``now`` is in seconds since 1970.

    ``max_cookies`` and ``max_per_domain`` bound it; the RFC's order decides who goes (section 5.7): the expired, then
    those that are not Secure, then the rest, the least recently used first. ``public_suffixes`` is the list of
    publicsuffix.org as it was when this version was made, or that of the ``psl`` extra, which may be newer. ``lock``
    guards every method where the jar is shared between threads.

    By hand it is used as in requests and httpx: ``jar.set(...)``, ``jar["name"]``, ``jar.get``, ``jar.delete``,
    ``jar.items()``. Iterating gives names; ``cookies()`` the cookies themselves.
    """

    def __init__(
        self,
        cookies: CookieTypes | None = None,
        *,
        max_cookies: int = 20_000,
        max_per_domain: int = 180,
        public_suffixes: PublicSuffixes | None = None,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        check_options(CookieJar, locals())
        if public_suffixes is not None and not hasattr(public_suffixes, "is_public"):
            raise TypeError(f"public_suffixes is an object with is_public(), not {type(public_suffixes).__name__}")
        CookieStore.__init__(
            self, max_cookies=max_cookies, max_per_domain=max_per_domain, public_suffixes=public_suffixes, lock=lock
        )
        if cookies is not None:
            self.update(cookies)

    def set(
        self,
        name: str,
        value: str,
        domain: str = "",
        path: str = "/",
        *,
        secure: bool = False,
        http_only: bool = False,
        same_site: SameSite | None = None,
        expires: float | None = None,
    ) -> None:
        """Store a cookie. Without a domain it goes to every host; with a leading dot, to sub-domains too.

        ``expires`` is in seconds since 1970. Raises InvalidHeader.
        """
        self.add(
            Cookie(
                name,
                value,
                _ascii(domain.lower().removeprefix(".")),
                path,
                host_only=not domain.startswith("."),
                secure=secure,
                http_only=http_only,
                same_site=same_site,
                expires=expires,
            )
        )

    def add(self, cookie: Cookie) -> None:
        """Store a copy of a cookie, as it is. Raises InvalidHeader for what can't be sent."""
        cookie = cookie.copy().check()
        with self._lock:
            self._store(cookie, self._now)

    def update(self, cookies: CookieTypes) -> None:
        """Store several: a jar, a mapping of names and values, pairs, cookies, or a jar of ``http.cookiejar``."""
        if isinstance(cookies, CookieJar):
            cookies = cookies.cookies()
        items: Iterable[Any] = cookies.items() if isinstance(cookies, Mapping) else cookies
        for item in items:
            if isinstance(item, Cookie):
                self.add(item)
            elif hasattr(item, "domain_initial_dot"):
                self.add(_of_library(item))
            else:
                try:
                    name, value = item
                except (TypeError, ValueError):
                    raise InvalidHeader("cookies are a mapping or pairs of name and value, or a CookieJar") from None
                self.set(name, value)

    @overload
    def get(
        self, name: str, default: None = None, domain: str | None = None, path: str | None = None
    ) -> str | None: ...
    @overload
    def get(self, name: str, default: str, domain: str | None = None, path: str | None = None) -> str: ...
    def get(
        self, name: str, default: str | None = None, domain: str | None = None, path: str | None = None
    ) -> str | None:
        """Return the value of a cookie; of several of that name, the one with the longest path that came first."""
        found = sorted(self._find(name, domain, path), key=sending_order)
        return found[0].value if found else default

    def delete(self, name: str, domain: str | None = None, path: str | None = None) -> None:
        """Delete all cookies of a name, or those of this domain or path. Raises KeyError if there is none."""
        if not self._discard(name, domain, path):
            raise KeyError(name)

    def clear(self, domain: str | None = None, path: str | None = None) -> None:
        """Delete all cookies, or those of this domain or path."""
        self._discard(None, domain, path)

    def clear_session(self) -> None:
        """Delete the cookies that do not outlive the session."""
        with self._lock:
            for cookie in self._all():
                if cookie.expires is None:
                    self._remove(cookie)

    def clear_expired(self, now: float) -> None:
        """Delete the cookies whose time is over. They are never sent in any case."""
        with self._lock:
            for cookie in self._all():
                if cookie.is_expired(now):
                    self._remove(cookie)

    def _discard(self, name: str | None, domain: str | None, path: str | None) -> int:
        found = self._find(name, domain, path)
        with self._lock:
            for cookie in found:
                self._remove(cookie)
        return len(found)

    def _find(self, name: str | None, domain: str | None, path: str | None) -> list[Cookie]:
        domain = None if domain is None else domain.lower().removeprefix(".")
        with self._lock:
            cookies = self._all() if domain is None else list(self._domains.get(domain, {}).values())
        return [c for c in cookies if name in (None, c.name) and path in (None, c.path)]

    def cookies(self) -> list[Cookie]:
        """Return copies of all cookies, in the order they came."""
        with self._lock:
            return [cookie.copy() for cookie in sorted(self._all(), key=_order)]

    def items(self) -> list[tuple[str, str]]:
        """Return names and values of all cookies, in the order they came."""
        return [(cookie.name, cookie.value) for cookie in self.cookies()]

    def keys(self) -> list[str]:
        """Return the names of all cookies, in the order they came."""
        return [cookie.name for cookie in self.cookies()]

    def values(self) -> list[str]:
        """Return the values of all cookies, in the order they came."""
        return [cookie.value for cookie in self.cookies()]

    def copy(self) -> CookieJar:
        """Return a jar with the same cookies and options, and no lock."""
        return CookieJar(
            self,
            max_cookies=self.max_cookies,
            max_per_domain=self.max_per_domain,
            public_suffixes=self._public_suffixes,
        )

    def save(self, path: str | PathLike[str], kind: Literal["json", "netscape"] | None = None) -> None:
        """Write all cookies to a file that only its owner may read, replacing it as a whole.

        ``kind`` is "json", which keeps everything, or "netscape", the cookies.txt of curl and browsers; None decides
        by the name: ``.txt`` is Netscape's. Cookies of the session are written too. Raises OSError.
        """
        from ..saved_cookies import write_cookies

        write_cookies(self, path, kind)

    def load(self, path: str | PathLike[str]) -> None:
        """Add the cookies of a file in either format. Raises OSError, DecodingError."""
        from ..saved_cookies import read_cookies

        self.update(read_cookies(path))

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        self.delete(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._find(name, None, None))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return bool(self._domains)

    def __eq__(self, other: object) -> bool:
        return self.cookies() == other.cookies() if isinstance(other, CookieJar) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        # A lock stays where it is; the copy guards itself anew, if at all.
        return {**self.__dict__, "_lock": nullcontext()}

    def __repr__(self) -> str:
        return f"<CookieJar of {self._count} cookies for {len(self._domains)} domains>"


def _ascii(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidHeader(f"the cookie's domain {domain!r} is no host name") from None


def _of_library(cookie: Any) -> Cookie:
    """Convert a cookie of ``http.cookiejar``, as requests keeps it."""
    return Cookie(
        cookie.name,
        cookie.value or "",
        cookie.domain.removeprefix("."),
        cookie.path or "/",
        host_only=not cookie.domain.startswith("."),
        secure=bool(cookie.secure),
        http_only=cookie.has_nonstandard_attr("HttpOnly"),
        expires=None if cookie.expires is None else float(cookie.expires),
    )

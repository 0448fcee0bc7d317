"""Stored cookies: what is kept of a response, and what goes with a request (RFC 6265bis sections 5.7 and 5.8)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from ..values.unix_url import UNIX
from .cookie import Cookie, domain_matches, is_address, path_matches, received
from .cookie_header import header_of
from .public_suffix import PublicSuffixes, is_public_suffix
from .set_cookie import parse_set_cookie

if TYPE_CHECKING:
    from yarl import URL

__all__ = ["CookieStore", "sending_order"]

_SECURE = {"https": True, "wss": True, "http": False, "ws": False, UNIX: False}
_Key: TypeAlias = tuple[str, str, bool]


class CookieStore:
    """The part of a CookieJar that follows the RFC. Cookies are indexed by domain: their number costs nothing."""

    never_waits = True

    def __init__(
        self,
        *,
        max_cookies: int,
        max_per_domain: int,
        public_suffixes: PublicSuffixes | None,
        lock: AbstractContextManager[Any] | None,
    ) -> None:
        self.max_cookies = max_cookies
        self.max_per_domain = max_per_domain
        self._public_suffixes = public_suffixes
        self._lock: AbstractContextManager[Any] = nullcontext() if lock is None else lock
        self._domains: dict[str, dict[_Key, Cookie]] = {}
        self._count = 0
        self._created = 0
        self._now = 0.0
        self._secure_names: dict[str, int] = {}

    def guard(self, lock: AbstractContextManager[Any]) -> None:
        """Take this lock where the jar has none, as it is going to be shared between threads."""
        if isinstance(self._lock, nullcontext):
            self._lock = lock

    # Requests and responses.

    def header_for(self, url: URL, now: float) -> str | None:
        """Return the value of the Cookie header for a request, None for none (section 5.8.3)."""
        return header_of(self.cookies_for(url, now)) if self._domains else None

    def cookies_for(self, url: URL, now: float) -> list[Cookie]:
        """Return the cookies for a request, longer paths first, then as they came; note that they were used."""
        secure = _SECURE.get(url.scheme)
        host = url.raw_host
        if secure is None or not host:
            return []
        path = url.raw_path or "/"
        found: list[Cookie] = []
        with self._lock:
            expired: list[Cookie] = []
            domains = self._domains
            for domain in _parents(host):
                bucket = domains.get(domain)
                if bucket is None:
                    continue
                for cookie in bucket.values():
                    if cookie.expires is not None and cookie.expires <= now:
                        expired.append(cookie)
                    elif (
                        (secure or not cookie.secure)
                        and (not cookie.host_only or domain == host or not domain)
                        and (cookie.path == "/" or path_matches(path, cookie.path))
                    ):
                        cookie._last_access = now
                        found.append(cookie)
            for cookie in expired:
                self._remove(cookie)
        if len(found) > 1:
            if "" in domains:
                # One set by hand for any host gives way to what the server of this one set.
                known = {cookie.name for cookie in found if cookie.domain}
                found = [cookie for cookie in found if cookie.domain or cookie.name not in known]
            found.sort(key=sending_order)
        return found

    def set_from_response(self, url: URL, set_cookie_values: Iterable[str | bytes], now: float) -> None:
        """Store what the Set-Cookie headers of a response from this url say; what the RFC refuses is passed over.

        Values may be bytes as they came, so that they are sent back byte for byte.
        """
        secure = _SECURE.get(url.scheme)
        host = url.raw_host
        if secure is None or not host:
            return
        suffixes = self._public_suffixes
        is_public = is_public_suffix if suffixes is None else suffixes.is_public
        self._now = now
        for value in set_cookie_values:
            parsed = parse_set_cookie(value if isinstance(value, str) else value.decode("utf-8", "surrogateescape"))
            if parsed is None or (parsed.secure and not secure):  # step 13
                continue
            cookie = received(parsed, host, url.raw_path, now, is_public)
            if cookie is not None:
                with self._lock:
                    if secure or not self._shadows_secure(cookie):
                        self._store(cookie, now)

    def _shadows_secure(self, new: Cookie) -> bool:
        """Whether a cookie from an insecure connection would overlay a secure one (section 5.7 step 16)."""
        if new.name not in self._secure_names:
            return False
        return any(
            old.name == new.name and old.secure and path_matches(new.path, old.path)
            for domain, bucket in self._domains.items()
            if domain_matches(domain, new.domain) or domain_matches(new.domain, domain)
            for old in bucket.values()
        )

    # Storing.

    def _store(self, cookie: Cookie, now: float) -> None:
        """Steps 23 and 24: a cookie takes the place of the one it replaces."""
        bucket = self._domains.get(cookie.domain)
        old = None if bucket is None else bucket.get(_key(cookie))
        if old is not None:
            self._remove(old)
        if cookie.is_expired(now):
            return
        self._created += 1
        cookie._created = self._created if old is None else old._created
        cookie._last_access = now
        bucket = self._domains.setdefault(cookie.domain, {})
        bucket[_key(cookie)] = cookie
        self._count += 1
        if cookie.secure:
            self._secure_names[cookie.name] = self._secure_names.get(cookie.name, 0) + 1
        if len(bucket) > self.max_per_domain:
            self._evict(list(bucket.values()), self.max_per_domain, 0, now)
        if self._count > self.max_cookies:
            self._evict(self._all(), self.max_cookies, self.max_per_domain // 2, now)

    def _remove(self, cookie: Cookie) -> None:
        bucket = self._domains.get(cookie.domain)
        if bucket is None or bucket.get(_key(cookie)) is not cookie:
            return
        del bucket[_key(cookie)]
        if not bucket:
            del self._domains[cookie.domain]
        self._count -= 1
        if cookie.secure:
            left = self._secure_names[cookie.name] - 1
            if left:
                self._secure_names[cookie.name] = left
            else:
                del self._secure_names[cookie.name]

    def _evict(self, cookies: list[Cookie], limit: int, crowd: int, now: float) -> None:
        """Remove excess cookies in the order of section 5.7, and some more: looking through all is then seldom.

        A domain with more than ``crowd`` cookies gives some before others do.
        """

        def rank(cookie: Cookie) -> tuple[int, float, int]:
            if cookie.is_expired(now):
                group = 0
            elif len(self._domains[cookie.domain]) > crowd:
                group = 2 if cookie.secure else 1
            else:
                group = 3
            return group, cookie._last_access, cookie._created

        cookies.sort(key=rank)
        keep = max(1, limit - limit // 10)
        for cookie in cookies[: len(cookies) - keep]:
            self._remove(cookie)

    def _all(self) -> list[Cookie]:
        return [cookie for bucket in self._domains.values() for cookie in bucket.values()]


def _key(cookie: Cookie) -> _Key:
    return cookie.name, cookie.path, cookie.host_only


def sending_order(cookie: Cookie) -> tuple[int, int]:
    return -len(cookie.path), cookie._created


@lru_cache(maxsize=1024)
def _parents(host: str) -> tuple[str, ...]:
    """Return the domains whose cookies a host may get: any, its own, and those it is under."""
    domains = ["", host]
    if not is_address(host):
        dot = host.find(".")
        while dot >= 0:
            domains.append(host[dot + 1 :])
            dot = host.find(".", dot + 1)
    return tuple(domains)

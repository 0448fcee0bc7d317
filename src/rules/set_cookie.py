"""The Set-Cookie header (RFC 6265bis section 5.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

__all__ = ["SameSite", "SetCookie", "cookies_of", "parse_cookie_date", "parse_set_cookie"]

SameSite: TypeAlias = Literal["Strict", "Lax", "None"]

# Section 5.6: octets of name and value together, and of one attribute.
MAX_COOKIE = 4096
MAX_ATTRIBUTE = 1024

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WSP = " \t"
_MAX_AGE = re.compile(r"-?[0-9]+\Z")
_SAME_SITE: dict[str, SameSite] = {"strict": "Strict", "lax": "Lax", "none": "None"}

# Section 5.1.1, the delimiters of a date and its four kinds of token.
_DELIMITERS = re.compile(r"[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One Set-Cookie header as the server wrote it, before any rule on whether to store it.

    ``expires`` is in seconds since 1970, ``max_age`` in seconds from now; None means that the attribute is absent or
    not understood. ``domain`` is in lower case and keeps a leading dot. ``path`` is None unless it starts with "/".
    """

    name: str
    value: str
    expires: float | None = None
    max_age: int | None = None
    domain: str | None = None
    path: str | None = None
    secure: bool = False
    http_only: bool = False
    same_site: SameSite | None = None


def octets(text: str) -> int:
    """Return how many octets the text is on the wire."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def parse_set_cookie(header: str) -> SetCookie | None:
    """Return what a Set-Cookie header says, or None when it is to be ignored (RFC 6265bis section 5.6)."""
    if CONTROL.search(header):
        return None
    pair, _, rest = header.partition(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    name, value = name.strip(_WSP), value.strip(_WSP)
    if not (name or value) or octets(name) + octets(value) > MAX_COOKIE:
        return None
    if not rest:
        return SetCookie(name, value)
    return _with_attributes(name, value, rest)


def _with_attributes(name: str, value: str, rest: str) -> SetCookie:
    """The last attribute of a name counts, but one that is too long or not understood is as good as absent."""
    expires: float | None = None
    max_age: int | None = None
    domain: str | None = None
    path: str | None = None
    secure = http_only = False
    same_site: SameSite | None = None
    for attribute in rest.split(";"):
        key, _, text = attribute.partition("=")
        key, text = key.strip(_WSP).lower(), text.strip(_WSP)
        if len(text) > MAX_ATTRIBUTE or octets(text) > MAX_ATTRIBUTE:
            continue
        if key == "expires":
            parsed = parse_cookie_date(text)
            expires = expires if parsed is None else parsed
        elif key == "max-age":
            max_age = int(text) if _MAX_AGE.match(text) else max_age
        elif key == "domain":
            domain = text.lower()
        elif key == "path":
            path = text if text.startswith("/") else None
        elif key == "secure":
            secure = True
        elif key == "httponly":
            http_only = True
        elif key == "samesite":
            same_site = _SAME_SITE.get(text.lower())
    return SetCookie(name, value, expires, max_age, domain, path, secure, http_only, same_site)


def parse_cookie_date(text: str) -> float | None:
    """Return a cookie date in seconds since 1970, or None (RFC 6265bis section 5.1.1: as servers really write them)."""
    time: tuple[int, int, int] | None = None
    day = month = year = None
    for token in _DELIMITERS.split(text):
        if time is None and (match := _TIME.match(token)):
            time = (int(match[1]), int(match[2]), int(match[3]))
        elif day is None and (match := _DAY.match(token)):
            day = int(match[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS[token[:3].lower()]
        elif year is None and (match := _YEAR.match(token)):
            year = int(match[1])
    if time is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 1900 if year >= 70 else 2000
    hour, minute, second = time
    if year < 1601 or hour > 23 or minute > 59 or second > 59:
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    return days * 86400.0 + hour * 3600 + minute * 60 + second


def cookies_of(set_cookie_values: Iterable[str], now: float | None = None) -> dict[str, str]:
    """Return the cookies that a response sets, by name; the last of a name stands, and one it deletes is left out.

    Only ``Max-Age`` tells a deletion unless ``now`` (seconds since 1970) is given to judge ``Expires`` by.
    """
    cookies: dict[str, str] = {}
    for header in set_cookie_values:
        cookie = parse_set_cookie(header)
        if cookie is None:
            continue
        if cookie.max_age is not None:
            deleted = cookie.max_age <= 0
        else:
            deleted = now is not None and cookie.expires is not None and cookie.expires <= now
        if deleted:
            cookies.pop(cookie.name, None)
        else:
            cookies[cookie.name] = cookie.value
    return cookies

"""The Cookie header: as users give it (RFC 6265 section 4.2), and together with stored cookies."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..exceptions import InvalidHeader

if TYPE_CHECKING:
    from .cookie import Cookie

__all__ = ["SentCookies", "cookie_pairs", "header_of", "merged_header"]

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
# RFC 6265 section 4.1.1 has fewer; servers set, and so clients send, quotes, commas and spaces as well.
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e\x80-\xff]*\Z")


def cookie_pairs(cookies: Mapping[str, str] | Iterable[tuple[str, str]] | None) -> str:
    """Return ``name=value; name=value``. Raises InvalidHeader, naming the cookie but not its value."""
    if cookies is None:
        return ""
    if isinstance(cookies, Mapping):
        cookies = cookies.items()
    elif isinstance(cookies, (str, bytes)) or not isinstance(cookies, Iterable):
        raise InvalidHeader(f"cookies are a mapping or pairs of name and value, not {type(cookies).__name__}")
    result = []
    for pair in cookies:
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise InvalidHeader(f"cookies are a mapping or pairs of name and value, not of {type(pair).__name__}")
        name, value = pair
        if not isinstance(name, str) or not _NAME.match(name):
            raise InvalidHeader(f"the cookie name {name!r} holds a character cookies may not have")
        if not isinstance(value, str) or not _VALUE.match(value):
            raise InvalidHeader(f"the value of cookie {name!r} is no str, or holds a character cookies may not have")
        result.append(f"{name}={value}")
    return "; ".join(result)


def header_of(cookies: Iterable[Cookie]) -> str | None:
    """Return the value of the Cookie header, None for no cookies.

    What is beyond ASCII is UTF-8, each byte a Latin-1 character, as header values are written.
    """
    header = "; ".join([f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in cookies])
    if not header:
        return None
    return header if header.isascii() else header.encode("utf-8", "surrogateescape").decode("latin-1")


def merged_header(own: str, cookies: Collection[Cookie], renewed: Collection[str]) -> str | None:
    """Return the Cookie header for stored cookies and the request's own, None for neither.

    An own cookie stands for the stored ones of its name, unless the server renewed that name.
    """
    pairs = [pair for part in own.split(";") if (pair := part.strip(" \t"))]
    if renewed:
        pairs = [pair for pair in pairs if pair.partition("=")[0].rstrip(" \t") not in renewed]
    if cookies:
        names = {pair.partition("=")[0].rstrip(" \t") for pair in pairs}
        stored = header_of([cookie for cookie in cookies if cookie.name not in names])
        if stored:
            pairs.insert(0, stored)
    return "; ".join(pairs) or None


class SentCookies:
    """What one call knows of the Cookie headers it sent."""

    __slots__ = ("own", "renewed", "sent")

    def __init__(self) -> None:
        self.own: str | None = None
        """The request's own part of ``sent``."""
        self.sent: str | None = None
        """The header that was sent last, where it is more than the request's own."""
        self.renewed: set[str] = set()
        """The names of own cookies that the server has set anew."""

"""The Cookie header as users give it (RFC 6265 section 4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..exceptions import InvalidHeader

__all__ = ["cookie_pairs"]

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
# RFC 6265 section 4.1.1 has fewer; servers set, and so clients send, quotes, commas and spaces as well.
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e\x80-\xff]*\Z")


def cookie_pairs(cookies: Mapping[str, str] | Iterable[tuple[str, str]] | None) -> str:
    """Return ``name=value; name=value``. Raises InvalidHeader, naming the cookie but not its value."""
    if cookies is None:
        return ""
    pairs = cookies.items() if isinstance(cookies, Mapping) else cookies
    result = []
    for name, value in pairs:
        if not isinstance(name, str) or not _NAME.match(name):
            raise InvalidHeader(f"the cookie name {name!r} holds a character cookies may not have")
        if not isinstance(value, str) or not _VALUE.match(value):
            raise InvalidHeader(f"the value of cookie {name!r} is no str, or holds a character cookies may not have")
        result.append(f"{name}={value}")
    return "; ".join(result)

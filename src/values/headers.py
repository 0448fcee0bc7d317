"""Headers: a case-insensitive multi-dict, and the one place where names and values are checked and encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from multidict import CIMultiDict

from ..exceptions import InvalidHeader, InvalidMethod

__all__ = [
    "METHODS",
    "SECRETS",
    "HeaderTypes",
    "Headers",
    "RawHeaders",
    "SharedHeaders",
    "check_method",
    "encode_header",
    "header_lines",
]

SECRETS = frozenset(
    {
        *("authorization", "proxy-authorization", "cookie", "set-cookie", "cookie2", "set-cookie2"),
        *("authentication-info", "proxy-authentication-info", "x-api-key", "api-key", "x-auth-token", "x-csrf-token"),
    }
)
"""The headers whose values are secrets, in lower case: they are shown neither in ``repr`` nor in logs."""

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]
HeaderTypes: TypeAlias = (
    "Mapping[str, str] | Mapping[str, str | None] | Mapping[bytes, bytes] | Iterable[tuple[str, str]] | RawHeaders"
)

# RFC 9110 section 5.6.2 (token) and 5.5 (field-value: visible characters, space, tab, obs-text).
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_OWS = " \t"
_USERINFO = re.compile(r"//[^/?#\s@]*@")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")

# Names and values that repeat from request to request are checked and encoded once. Cleared when full: values
# such as dates and ids pass through and must not pile up.
_LINES: dict[tuple[str, str], bytes] = {}
_LINES_MAX = 2048


class Headers(CIMultiDict[str]):
    """A case-insensitive multi-dict of header names and values, in order.

    ``headers["name"]`` is the first value; ``getall(name)`` (or httpx's ``get_list``) all of them; ``add`` appends.
    ``repr`` shows no credentials and no cookies.
    """

    def get_list(self, name: str) -> list[str]:
        """Return all values of a header, an empty list if there is none."""
        return self.getall(name, [])

    def multi_items(self) -> list[tuple[str, str]]:
        """Return all pairs in order, repeated names included."""
        return list(self.items())

    def __repr__(self) -> str:
        shown = [
            f"{name!r}: {'***' if name.lower() in SECRETS else repr(_USERINFO.sub('//', value))}"
            for name, value in self.items()
        ]
        return f"<{type(self).__name__}({', '.join(shown)})>"

    @classmethod
    def from_raw(cls, raw: Iterable[tuple[bytes, bytes]]) -> Headers:
        """Decode what came from the wire: UTF-8 where it is that, else Latin-1."""
        return cls([(str(name, "latin-1"), _decode(value)) for name, value in raw])

    @classmethod
    def of(cls, headers: HeaderTypes | None) -> Headers:
        """Return checked headers for what users write. Raises InvalidHeader."""
        result = cls()
        if headers is None:
            return result
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        for pair in pairs:
            try:
                name, value = pair
            except (TypeError, ValueError):
                raise InvalidHeader("headers are a mapping, or pairs of name and value") from None
            result.add(*checked(name, value))
        return result


class SharedHeaders(Headers):
    """The headers of a client, which its requests share until one of them looks at them; never changed."""

    def __init__(self, headers: Headers) -> None:
        super().__init__(headers)
        self.heads: dict[tuple[str, bytes, bytes], bytes] = {}
        """Request heads made with nothing but these headers."""


def _decode(value: bytes) -> str:
    if value.isascii():
        return str(value, "ascii")
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError:
        return str(value, "latin-1")


def checked(name: object, value: object) -> tuple[str, str]:
    """Return name and value as text. Raises InvalidHeader, naming the header but not a value that may be secret."""
    if isinstance(name, bytes):
        name = str(name, "latin-1")
    if not isinstance(name, str):
        raise InvalidHeader(f"a header name is a str, not {type(name).__name__}")
    if isinstance(value, bytes):
        value = str(value, "latin-1")
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise InvalidHeader(f"the value of header {name!r} is a str, not {type(value).__name__}")
    encode_header(name, value)
    return name, value


def encode_header(name: str, value: str) -> bytes:
    """Return the header line, CRLF included. Raises InvalidHeader for what RFC 9110 section 5 does not allow."""
    line = _LINES.get((name, value))
    if line is None:
        if not _TOKEN.match(name):
            raise InvalidHeader(f"the header name {name!r} holds a character HTTP does not allow")
        if not _VALUE.match(value):
            raise InvalidHeader(
                f"the value of header {name!r} holds a control character or one beyond Latin-1; percent-encode it"
            )
        # RFC 9110 section 5.5: outer white space is not part of a value.
        line = f"{name}: {value.strip(_OWS)}\r\n".encode("latin-1")
        if len(value) <= 256:
            if len(_LINES) >= _LINES_MAX:
                _LINES.clear()
            _LINES[name, value] = line
    return line


def header_lines(headers: Headers) -> bytes:
    """Return all header lines as they go on an HTTP/1.1 wire."""
    get = _LINES.get
    return b"".join([get(item) or encode_header(*item) for item in headers.items()])


METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "QUERY", "TRACE", "CONNECT"}
"""The methods of RFC 9110, RFC 5789 and the QUERY draft; others are sent as they are written."""


def check_method(method: object) -> str:
    """Return the method, standard ones in upper case. Raises InvalidMethod (RFC 9110 section 9.1)."""
    if method in METHODS:
        return method
    if not isinstance(method, str):
        raise InvalidMethod(f"a method is a str, not {type(method).__name__}")
    if not _TOKEN.match(method):
        raise InvalidMethod(f"the method {method!r} holds a character HTTP does not allow")
    return method.upper() if method.upper() in METHODS else method

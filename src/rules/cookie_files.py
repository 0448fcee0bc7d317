"""Cookies as text: JSON, and the cookies.txt of Netscape, curl and browser extensions. Data only, never code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..exceptions import DecodingError, HTTPError
from .cookie import Cookie

__all__ = ["dump_json", "dump_netscape", "load_json", "load_netscape"]

_FIELDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "value": (str,),
    "domain": (str,),
    "path": (str,),
    "host_only": (bool,),
    "secure": (bool,),
    "http_only": (bool,),
    "same_site": (str, type(None)),
    "expires": (int, float, type(None)),
}
_SAME_SITE = ("Strict", "Lax", "None", None)
_HEADER = "# Netscape HTTP Cookie File\n"
_HTTP_ONLY = "#HttpOnly_"


def dump_json(cookies: Iterable[Cookie]) -> str:
    """Return cookies as JSON with all their attributes. It holds secrets: keep the file to yourself."""
    items = [
        {
            "name": cookie.name,
            "value": cookie.value,
            "domain": cookie.domain,
            "path": cookie.path,
            **cookie.attributes(),
        }
        for cookie in cookies
    ]
    return json.dumps({"version": 1, "cookies": items}, indent=1) + "\n"


def load_json(text: str) -> list[Cookie]:
    """Return the cookies that ``dump_json`` wrote. Raises DecodingError, naming the cookie that is wrong."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise DecodingError(f"the cookies are no JSON: {error}") from None
    if not isinstance(data, dict) or data.get("version") != 1 or not isinstance(data.get("cookies"), list):
        raise DecodingError("the JSON holds no cookies in version 1 of this format")
    return [_cookie(item, number) for number, item in enumerate(data["cookies"], 1)]


def _cookie(item: Any, number: int) -> Cookie:
    if not isinstance(item, dict) or item.keys() != _FIELDS.keys():
        raise DecodingError(f"cookie {number} does not have the fields {', '.join(_FIELDS)}")
    for name, types in _FIELDS.items():
        if type(item[name]) not in types or (name == "same_site" and item[name] not in _SAME_SITE):
            raise DecodingError(f"cookie {number} has a wrong {name}")
    try:
        return Cookie(**item).check()
    except HTTPError as error:
        raise DecodingError(f"cookie {number} can't be: {error}") from None


def dump_netscape(cookies: Iterable[Cookie]) -> str:
    """Return cookies as cookies.txt, which keeps neither SameSite nor the order of arrival.

    Left out are cookies for any host and those with a tab in name or path: the format has no place for them. Cookies
    of the session have the time 0. Characters that came as no UTF-8 are lone surrogates (``surrogateescape``).
    """
    lines = [_HEADER]
    for cookie in cookies:
        if not cookie.domain or "\t" in cookie.name or "\t" in cookie.path:
            continue
        fields = (
            (_HTTP_ONLY if cookie.http_only else "") + ("" if cookie.host_only else ".") + cookie.domain,
            "FALSE" if cookie.host_only else "TRUE",
            cookie.path,
            "TRUE" if cookie.secure else "FALSE",
            str(0 if cookie.expires is None else max(1, int(cookie.expires))),
            cookie.name,
            cookie.value,
        )
        lines.append("\t".join(fields) + "\n")
    return "".join(lines)


def load_netscape(text: str) -> list[Cookie]:
    """Return the cookies of a cookies.txt. Raises DecodingError, naming the line that is wrong."""
    cookies = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.rstrip("\r")
        http_only = line.startswith(_HTTP_ONLY)
        line = line.removeprefix(_HTTP_ONLY)
        if not line.strip() or (line.startswith("#") and not http_only):
            continue
        fields = line.split("\t", 6)
        # Editors cut the tab before an empty value.
        if len(fields) == 6:
            fields.append("")
        try:
            cookies.append(_of_fields(fields, http_only))
        except (HTTPError, ValueError) as error:
            reason = str(error) if isinstance(error, HTTPError) else "it has no seven fields, or a wrong time"
            raise DecodingError(f"line {number} of the cookies can't be read: {reason}") from None
    return cookies


def _of_fields(fields: list[str], http_only: bool) -> Cookie:
    domain, subdomains, path, secure, expires, name, value = fields
    time = float(expires or 0)
    if time != time or not domain:
        raise ValueError(expires)
    return Cookie(
        name,
        value.strip(" \t"),
        domain.removeprefix(".").lower(),
        path,
        host_only=subdomains.upper() != "TRUE",
        secure=secure.upper() == "TRUE",
        http_only=http_only,
        expires=time or None,
    ).check()

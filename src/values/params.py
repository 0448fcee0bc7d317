"""The query of a url, merged from its own, the client's and the request's parameters."""

from __future__ import annotations

import re
from typing import Any, TypeAlias
from urllib.parse import quote, quote_plus, unquote_plus

from yarl import URL

from ..exceptions import InvalidURL
from .form import spread
from .unset import UNSET

__all__ = ["ParamTypes", "merge_params"]

ParamTypes: TypeAlias = "Any"

# RFC 3986 section 3.4, and the percent sign of what is encoded already.
_QUERY_SAFE = "!$&'()*+,;=:@/?-._~%[]"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def merge_params(url: URL, client_params: ParamTypes = None, request_params: ParamTypes = None) -> URL:
    """Return the url with parameters added: for each key the request's win over the url's own, those over the client's.

    Parameters are a mapping, pairs, or a query as text. None drops a key that would be there otherwise, True is
    ``true``, a list repeats the key. What the url holds already keeps its encoding. Raises InvalidURL for values of
    other types.
    """
    if not client_params and not request_params:
        return url
    own = [(_key(part), part) for part in url.raw_query_string.split("&") if part]
    added = _parts(request_params)
    dropped = {key for key, _ in added}
    parts: list[tuple[str, str | None]] = [(key, part) for key, part in own if key not in dropped]
    if client_params:
        dropped.update(key for key, _ in own)
        parts += [(key, part) for key, part in _parts(client_params) if key not in dropped]
    query = "&".join([part for _, part in [*parts, *added] if part is not None])
    if query == url.raw_query_string:
        return url
    return URL.build(
        scheme=url.scheme,
        authority=url.raw_authority,
        path=url.raw_path,
        query_string=query,
        fragment=url.raw_fragment,
        encoded=True,
    )


def _parts(params: ParamTypes) -> list[tuple[str, str | None]]:
    """Return keys, and the text each is in the query; None where it is to be dropped."""
    if params is None or params is UNSET:
        return []
    if isinstance(params, str):
        try:
            text = quote(_STRAY_PERCENT.sub("%25", params.removeprefix("?")), safe=_QUERY_SAFE)
        except UnicodeEncodeError:
            raise InvalidURL("params= holds a lone surrogate, which is no character") from None
        return [(_key(part), part) for part in text.split("&") if part]
    try:
        return [
            (key, None if value is None else f"{quote_plus(key)}={quote_plus(value)}")
            for key, value in spread(params, "params=", InvalidURL)
        ]
    except UnicodeEncodeError:
        raise InvalidURL("params= holds a lone surrogate, which is no character") from None


def _key(part: str) -> str:
    return unquote_plus(part.partition("=")[0])

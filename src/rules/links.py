"""The Link header (RFC 8288)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..exceptions import InvalidURL
from ..values.url import join_url, parse_url

if TYPE_CHECKING:
    from yarl import URL

__all__ = ["parse_links"]

_MAX_LINKS = 10_000

# Possessive throughout: every character is looked at once, whatever a server sends.
_PARAMETER = re.compile(
    r"""[ \t]*+;[ \t]*+
    (?: ([^\s=;,"]++) [ \t]*+
        (?: = [ \t]*+ (?: "([^"\\]*+(?:\\.[^"\\]*+)*+) (?:"|\\?\Z) | ([^;,"]*+) ) )?+
    )?+""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_EXT_VALUE = re.compile(r"(utf-8|iso-8859-1)'[^']*+'([!#$&+\-.^_`|~0-9A-Za-z%]*+)\Z", re.IGNORECASE)


def parse_links(values: list[str], base: URL) -> dict[str, dict[str, str]]:
    """Return the links by relation, each with ``url`` (resolved against ``base``), ``rel`` and its parameters.

    As in requests: a link without a relation is keyed by its url, and the last link of a relation stands. A link of
    several relations is found under each; relations are in lower case (section 2.1.1). Left out are targets that are
    no url, and links whose ``anchor`` gives them another context (section 3.2). Never raises.
    """
    found: dict[str, dict[str, str]] = {}
    count = 0
    for value in values:
        pos = 0
        while count < _MAX_LINKS and (start := value.find("<", pos)) >= 0:
            end = value.find(">", start)
            if end < 0:
                break
            count += 1
            link, pos = _parameters(value, end + 1)
            link["url"] = value[start + 1 : end].strip()
            for key in _relations(link) or [link["url"]]:
                found[key] = link
    return _resolved(found, base)


def _parameters(value: str, pos: int) -> tuple[dict[str, str], int]:
    """Read the parameters of one link; return them and where the next link may begin."""
    parameters: dict[str, str] = {}
    extended: dict[str, str] = {}
    while match := _PARAMETER.match(value, pos):
        pos = match.end()
        name, quoted, plain = match.groups()
        if not name:
            continue
        name = name.lower()
        text = _ESCAPE.sub(r"\1", quoted) if quoted is not None else (plain or "").strip()
        if name.endswith("*"):
            if (decoded := _extended(text)) is not None:
                extended.setdefault(name[:-1], decoded)
        elif name != "url":
            parameters.setdefault(name, text)
    parameters.update((name, text) for name, text in extended.items() if name not in ("rel", "anchor", "url"))
    comma = value.find(",", pos)
    return parameters, len(value) if comma < 0 else comma


def _relations(link: dict[str, str]) -> list[str]:
    return link.get("rel", "").lower().split()


def _extended(text: str) -> str | None:
    """Decode ``charset'language'percent-encoded`` (RFC 8187)."""
    match = _EXT_VALUE.match(text)
    return None if match is None else unquote(match[2], match[1], "replace")


def _resolved(found: dict[str, dict[str, str]], base: URL) -> dict[str, dict[str, str]]:
    links: dict[str, dict[str, str]] = {}
    done: dict[int, bool] = {}
    for key, link in found.items():
        usable = done.get(id(link))
        if usable is None:
            usable = done[id(link)] = _resolve(link, base)
        if usable:
            links[key if _relations(link) else link["url"]] = link
    return links


def _resolve(link: dict[str, str], base: URL) -> bool:
    try:
        if "anchor" in link and join_url(base, parse_url(link["anchor"])) != base:
            return False
        link["url"] = str(join_url(base, parse_url(link["url"])))
    except (InvalidURL, ValueError):
        return False
    return True

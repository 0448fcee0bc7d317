"""The Content-Disposition header (RFC 6266), and file names that are safe to use."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

__all__ = ["content_disposition", "file_name_of", "safe_file_name"]

_EXTENDED = re.compile(r"(utf-?8|iso-8859-1)'[^']*'((?:[^%]|%[0-9A-Fa-f]{2})*)", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)
MAX_NAME = 255


def content_disposition(value: str) -> tuple[str, dict[str, str]]:
    """Return the type in lower case and the parameters, names in lower case; what is broken is passed over.

    A parameter ``x*`` (RFC 8187) that decodes gives ``x`` too, and goes before a plain one. Of two of one name the
    first stands. Never raises.
    """
    kind, _, rest = value.partition(";")
    parameters: dict[str, str] = {}
    extended: dict[str, str] = {}
    while rest:
        name, found, rest = _parameter(rest)
        if found is None or name in parameters:
            continue
        text, quoted = found
        parameters[name] = text
        if name.endswith("*") and not quoted and (decoded := _decoded(text)) is not None:
            extended[name[:-1]] = decoded
    return kind.strip().lower(), {**parameters, **extended}


def _parameter(text: str) -> tuple[str, tuple[str, bool] | None, str]:
    """Read one parameter; return its name, its value and whether that was quoted, and what comes after."""
    end = re.search(r"[=;]", text)
    if end is None:
        return "", None, ""
    name, rest = text[: end.start()].strip().lower(), text[end.end() :]
    if end[0] == ";":
        return name, None, rest
    value = rest.lstrip(" \t")
    if not value.startswith('"'):
        token, _, rest = rest.partition(";")
        return name, (token.strip(" \t"), False), rest
    match = _QUOTED.match(value)
    if match is None:
        return name, None, ""
    rest = value[match.end() :].partition(";")[2]
    return name, (re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL), True), rest


def _decoded(text: str) -> str | None:
    match = _EXTENDED.fullmatch(text)
    if match is None:
        return None
    charset = "utf-8" if match[1].lower().startswith("utf") else "latin-1"
    try:
        return unquote_to_bytes(match[2]).decode(charset)
    except UnicodeDecodeError:
        return None


def safe_file_name(name: str) -> str | None:
    """Return a name that stays in its folder and is a plain file everywhere, or None where nothing is left of it.

    Folders before it are cut off, and with them control and invisible characters, dots at the begin, dots and
    spaces at the end; characters and device names that Windows knows are changed. At most 255 bytes.
    """
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = _FORBIDDEN.sub("_", name).strip().lstrip(".").rstrip(". ")
    if not name:
        return None
    if _DEVICES.match(name):
        name = f"_{name}"
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 20:
        stem, suffix = name, ""
    else:
        suffix = dot + suffix
    return stem.encode()[: MAX_NAME - len(suffix.encode())].decode(errors="ignore") + suffix


def file_name_of(disposition: str, path: str) -> str:
    """Return the safe name of a file: what Content-Disposition says, else the end of the url's path."""
    named = content_disposition(disposition)[1].get("filename", "") if disposition else ""
    return safe_file_name(named) or safe_file_name(path) or "download"

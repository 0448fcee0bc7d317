"""Cookies in files: JSON, which keeps everything, and the cookies.txt of Netscape, curl and browser extensions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from .exceptions import DecodingError

if TYPE_CHECKING:
    from .rules.cookie import Cookie
    from .rules.cookie_jar import CookieJar

__all__ = ["read_cookies", "write_cookies"]


def write_cookies(jar: CookieJar, path: str | os.PathLike[str], kind: Literal["json", "netscape"] | None) -> None:
    """Write a jar's cookies to a file that only its owner may read; the old one stays until the new one is whole.

    ``kind`` None means Netscape's format for a name that ends in ``.txt``, else JSON. Raises OSError, ValueError.
    """
    from .rules.cookie_files import dump_json, dump_netscape

    target = os.path.realpath(path)  # what a link leads to is written, not the link
    if kind is None:
        kind = "netscape" if target.endswith(".txt") else "json"
    if kind not in ("json", "netscape"):
        raise ValueError(f"cookies are saved as 'json' or 'netscape', not {kind!r}")
    text = dump_json(jar.cookies()) if kind == "json" else dump_netscape(jar.cookies())
    _replace(target, text.encode("utf-8", "surrogateescape"))


def _replace(target: str, data: bytes) -> None:
    from tempfile import mkstemp

    # mkstemp gives mode 0600.
    descriptor, temporary = mkstemp(prefix=".cookies-", dir=os.path.dirname(target))
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def read_cookies(path: str | os.PathLike[str]) -> list[Cookie]:
    """Return the cookies of a file in either format. Raises OSError, and DecodingError naming the file."""
    from .rules.cookie_files import load_json, load_netscape

    with open(path, "rb") as file:
        text = file.read().decode("utf-8-sig", "surrogateescape")
    try:
        return load_json(text) if text.lstrip().startswith("{") else load_netscape(text)
    except DecodingError as error:
        raise DecodingError(f"{os.fspath(path)}: {error.message}") from None

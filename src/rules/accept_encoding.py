"""Which content codings can be undone here; asked whenever a client is made, so nothing is imported for it."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec

__all__ = ["accept_encoding"]


@cache
def accept_encoding() -> str:
    """Return the Accept-Encoding that says what can be undone here; the libraries are looked for, not imported."""
    names = ["gzip", "deflate"]
    if any(map(find_spec, ("brotli", "brotlicffi"))):
        names.append("br")
    if _has_zstd():
        names.append("zstd")
    return ", ".join(names)


def _has_zstd() -> bool:
    """Whether one of the libraries that ``zstd`` takes is there."""
    if sys.version_info >= (3, 14) and find_spec("_zstd") is not None:
        return True
    if find_spec("backports") is not None and find_spec("backports.zstd") is not None:
        return True
    return find_spec("zstandard") is not None

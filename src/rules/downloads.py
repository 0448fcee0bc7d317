"""Going on with a download: what to remember of the first part, and whether the second fits to it."""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..exceptions import InvalidRequest

if TYPE_CHECKING:
    from ..values.headers import Headers

__all__ = ["Digest", "PartState", "content_range", "digest_of", "digest_wanted"]

_CONTENT_RANGE = re.compile(r"bytes[ \t]+(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.IGNORECASE)
_REPR_DIGEST = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]*):")


@dataclass(frozen=True, slots=True)
class PartState:
    """What the part of a file belongs to: the url, its validators, and the length of the whole where it is known."""

    url: str
    etag: str = ""
    last_modified: str = ""
    length: int | None = None

    @classmethod
    def of(cls, url: str, headers: Headers, length: int | None) -> PartState:
        """Return the state for a response; a weak ETag says nothing about bytes (RFC 9110 section 8.8.1)."""
        etag = headers.get("etag", "")
        return cls(url, etag if etag.startswith('"') else "", headers.get("last-modified", ""), length)

    @property
    def validator(self) -> str:
        """The value of If-Range; empty where nothing tells whether the file is still the same."""
        return self.etag or self.last_modified

    def goes_on(self, headers: Headers, size: int) -> bool:
        """Whether a 206 is the rest of the same file, from byte ``size`` on."""
        found = content_range(headers.get("content-range", ""))
        if found is None or found[0] != size:
            return False
        if self.length is not None and found[1] is not None and found[1] != self.length:
            return False
        etag = headers.get("etag", "")
        return not (self.etag and etag) or etag == self.etag


def content_range(value: str) -> tuple[int | None, int | None] | None:
    """Return the first byte (None where the range was refused) and the length of the whole (None for ``*``)."""
    match = _CONTENT_RANGE.fullmatch(value.strip())
    if match is None:
        return None
    return None if match[1] is None else int(match[1]), None if match[3] == "*" else int(match[3])


@dataclass(frozen=True, slots=True)
class Digest:
    """What the bytes of a file must hash to; ``algorithm`` is a name of hashlib."""

    algorithm: str
    value: bytes


def digest_of(text: str) -> Digest:
    """Return the digest for ``sha256:HEX``, or what else hashlib knows. Raises InvalidRequest."""
    name, _, value = text.partition(":") if isinstance(text, str) else ("", "", "")
    algorithm = name.strip().lower().replace("sha-", "sha")
    try:
        wanted = Digest(algorithm, binascii.unhexlify(value.strip()))
        if not wanted.value or len(wanted.value) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
            raise ValueError("length")
    except ValueError:
        raise InvalidRequest("digest= is an algorithm and the hash in hex: 'sha256:9f86d0…'") from None
    return wanted


def digest_wanted(headers: Headers) -> Digest | None:
    """Return what the Repr-Digest field promises (RFC 9530), the strongest that is known; None without one."""
    found = dict(_REPR_DIGEST.findall(headers.get("repr-digest", "")))
    for name in ("sha-512", "sha-256"):
        if name in found:
            algorithm = name.replace("-", "")
            try:
                value = b64decode(found[name], validate=True)
            except ValueError:
                continue
            if len(value) == hashlib.new(algorithm, usedforsecurity=False).digest_size:
                return Digest(algorithm, value)
    return None

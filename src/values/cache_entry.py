"""What a cache keeps of a response beside its body."""

from __future__ import annotations

from typing import Any

from .value import Value

__all__ = ["CacheEntry"]

FORMAT = 1


class CacheEntry(Value):
    """The head of one stored response, and what it is an answer to. Immutable; ``replace`` makes a changed copy.

    - ``id``: names the stored body; no two are alike, in whatever process they were made.
    - ``key``: what the response belongs to: its url without fragment and credentials. One key may have several
      entries, its variants.
    - ``vary``: the request headers that chose this variant, as pairs of a name in lower case and the digest of its
      value, so that no secret is kept in them (RFC 9111 section 4.1).
    - ``status_code``, ``reason_phrase``, ``http_version``, ``headers``, ``trailers``: of the response.
    - ``request_time``, ``response_time``: when it was asked for and when its head came, in seconds since 1970.
    - ``start``: the first byte of the body that is stored; 0 but for a part (206).
    - ``size``: how many bytes are stored.
    - ``length``: how many bytes the whole body has. Where that is more than ``size`` this is a part.
    - ``expires_at``: after that time nobody has a use for the entry; None where that is not known, as for what can
      be validated. A storage may drop it then, or at any time.
    """

    id: str
    key: str
    vary: tuple[tuple[str, str], ...] = ()
    status_code: int = 200
    reason_phrase: str = ""
    http_version: str = "HTTP/1.1"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    trailers: tuple[tuple[bytes, bytes], ...] = ()
    request_time: float = 0.0
    response_time: float = 0.0
    start: int = 0
    size: int = 0
    length: int = 0
    expires_at: float | None = None

    @property
    def is_partial(self) -> bool:
        """Whether a part of the body is missing."""
        return self.size != self.length

    @property
    def head_size(self) -> int:
        """About how many bytes all but the body takes."""
        lines = sum(len(name) + len(value) + 4 for name, value in (*self.headers, *self.trailers))
        return lines + len(self.key) + 100 * len(self.vary) + 500

    def dump(self) -> bytes:
        """Return the entry as bytes, for a storage that keeps bytes."""
        import json

        fields: dict[str, Any] = {name: getattr(self, name) for name in self._fields}
        for name in ("headers", "trailers"):
            fields[name] = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in fields[name]]
        return json.dumps([FORMAT, fields], separators=(",", ":")).encode()

    @classmethod
    def load(cls, data: bytes) -> CacheEntry:
        """Return what ``dump`` made bytes of. Raises ValueError for anything else."""
        import json

        try:
            version, fields = json.loads(data)
            if version != FORMAT:
                raise ValueError(f"format {version!r}")
            for name in ("headers", "trailers"):
                pairs = fields[name]
                fields[name] = tuple([(key.encode("latin-1"), value.encode("latin-1")) for key, value in pairs])
            fields["vary"] = tuple([(str(name), str(value)) for name, value in fields["vary"]])
            entry = cls(**fields)
            _check_types(entry)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not a cache entry of this version ({error})") from None
        return entry


def _check_types(entry: CacheEntry) -> None:
    for name in ("id", "key", "reason_phrase", "http_version"):
        if not isinstance(getattr(entry, name), str):
            raise TypeError(name)
    for name in ("status_code", "start", "size", "length"):
        number = getattr(entry, name)
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise TypeError(name)
    for name in ("request_time", "response_time", "expires_at"):
        if not isinstance(getattr(entry, name), (float, int, type(None))):
            raise TypeError(name)
    if entry.request_time is None or entry.response_time is None or entry.start + entry.size > entry.length:
        raise TypeError("size")

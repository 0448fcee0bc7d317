"""How much of a response head a server may make us take."""

from __future__ import annotations

from ..values.value import Value

__all__ = ["DEFAULT_HTTP1_LIMITS", "Http1Limits"]


class Http1Limits(Value):
    """Bounds on what surrounds a body; a response beyond one of them is a RemoteProtocolError.

    ``max_head_bytes`` counts status line and header lines of one head, ``max_headers`` its header lines,
    ``max_informational`` the 1xx responses before the final one. ``max_chunk_extension_bytes`` and
    ``max_trailer_bytes`` count over the whole body; ``max_trailers`` counts trailer lines. Raises ValueError for a
    negative bound.
    """

    max_head_bytes: int = 256 * 1024
    max_headers: int = 1000
    max_informational: int = 20
    max_chunk_extension_bytes: int = 16 * 1024
    max_trailer_bytes: int = 16 * 1024
    max_trailers: int = 100

    def _check(self) -> None:
        for name in self._fields:
            value = getattr(self, name)
            if value < 0:
                raise ValueError(f"{name} must be an int of at least 0, not {value!r}")


DEFAULT_HTTP1_LIMITS = Http1Limits()

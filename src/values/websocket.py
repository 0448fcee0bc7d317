"""Options of a WebSocket that are values."""

from __future__ import annotations

from .value import Value

__all__ = ["MAX_MESSAGE_SIZE", "CompressionTypes", "PerMessageDeflate"]

MAX_MESSAGE_SIZE = 16 * 1024 * 1024


class PerMessageDeflate(Value):
    """Compression of WebSocket messages, as it is offered to the server (RFC 7692).

    With ``…_context_takeover`` a message may refer to the ones before, which compresses better, and keeps up to
    300 KiB for each connection. ``…_max_window_bits`` (9 to 15) bounds how far back; None leaves the client's to the
    server, and the server's as it is. ``level`` (0 to 9, -1 for zlib's default) and ``memory_level`` (1 to 9) are for
    what the client compresses. Raises ValueError.
    """

    server_context_takeover: bool = True
    client_context_takeover: bool = True
    server_max_window_bits: int | None = None
    client_max_window_bits: int | None = None
    level: int = -1
    memory_level: int = 8

    def _check(self) -> None:
        for name, least, most in (
            ("server_max_window_bits", 9, 15),
            ("client_max_window_bits", 9, 15),
            ("level", -1, 9),
            ("memory_level", 1, 9),
        ):
            value = getattr(self, name)
            if value is None and name.endswith("bits"):
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ValueError(f"{name} is from {least} to {most}, not {value!r}")


CompressionTypes = bool | PerMessageDeflate

"""Options of a WebSocket that are values."""

from __future__ import annotations

from .value import Value

__all__ = ["CompressionTypes", "PerMessageDeflate"]


class PerMessageDeflate(Value):
    """Compression of WebSocket messages, as it is offered to the server (RFC 7692).

    With ``…_context_takeover`` a message may refer to the ones before, which compresses better, and keeps some memory
    for each connection. ``…_max_window_bits`` (9 to 15) bounds how far back; None leaves it to the server. Many servers
    take no bounds for themselves, and then don't compress at all. ``level`` (0 to 9, -1 for zlib's default) and
    ``memory_level`` (1 to 9) are for what the client compresses. The defaults are quick, take 32 KiB for the client's
    side, and make messages some hundredths longer than the most thorough ones would. Raises ValueError.
    """

    server_context_takeover: bool = True
    client_context_takeover: bool = True
    server_max_window_bits: int | None = None
    client_max_window_bits: int | None = 12
    level: int = 3
    memory_level: int = 5

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
            if not least <= value <= most:
                raise ValueError(f"{name} is from {least} to {most}, not {value!r}")


CompressionTypes = bool | PerMessageDeflate

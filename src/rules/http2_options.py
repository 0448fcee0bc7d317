"""How HTTP/2 is spoken: windows, bounds on what a server may send, and how dead connections are noticed."""

from __future__ import annotations

from ..values.value import Value

__all__ = ["DEFAULT_HTTP2_OPTIONS", "Http2Options"]


class Http2Options(Value):
    """Options of HTTP/2 connections; beyond a bound, a response is a RemoteProtocolError.

    ``stream_window`` is how many bytes of one body a server may send ahead of the reader (2 MiB); more of it is
    faster over long ways and takes more memory. ``max_streams`` (256) bounds the requests at once on one connection,
    where the server allows more. ``max_header_bytes`` and ``max_headers`` are for one decoded header list,
    ``max_informational`` for the 1xx responses before the final one, ``max_idle_frames`` for frames in a row that
    bring no response on.

    ``probe_after`` (20 s) is how long a connection may be idle and then be used without asking the server with a
    PING whether it is still there; ``ping_interval`` (None: never) how long a server may be silent during a response
    before it is asked. A server that does not answer within ``ping_timeout`` seconds (5) has lost its connection.
    Raises ValueError for values that make no sense.
    """

    stream_window: int = 2 * 1024 * 1024
    max_streams: int = 256
    max_header_bytes: int = 256 * 1024
    max_headers: int = 1000
    max_informational: int = 20
    max_idle_frames: int = 1000
    probe_after: float | None = 20.0
    ping_interval: float | None = None
    ping_timeout: float = 5.0

    def _check(self) -> None:
        for name, least, most in (
            ("stream_window", 65535, 2**31 - 1),
            ("max_streams", 1, 2**31 - 1),
            ("max_header_bytes", 1, 2**31 - 1),
            ("max_headers", 1, 2**31 - 1),
            ("max_informational", 0, 2**31 - 1),
            ("max_idle_frames", 1, 2**31 - 1),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name} must be an int from {least} to {most}, not {value!r}")
        for name in ("probe_after", "ping_interval", "ping_timeout"):
            value = getattr(self, name)
            if value is None and name != "ping_timeout":
                continue
            if not value >= 0:
                raise ValueError(f"{name} must be a number of seconds of at least 0, not {value!r}")


DEFAULT_HTTP2_OPTIONS = Http2Options()

"""What an engine can do."""

from __future__ import annotations

from enum import Enum

__all__ = ["Capability"]


class Capability(Enum):
    """Something a request may need and an engine may lack; asking in vain fails before any I/O."""

    HTTP2 = "HTTP/2"
    HTTP3 = "HTTP/3"
    WEBSOCKET = "WebSocket"
    UPGRADE = "protocol upgrades"
    TRAILERS = "trailers"
    EARLY_HINTS = "early hints"
    PROXY = "HTTP proxies"
    SOCKS = "SOCKS proxies"
    UNIX_SOCKET = "Unix sockets"
    ADDRESS_GUARD = "guarding addresses"
    TIMEOUTS = "timeouts"
    STREAM_UPLOAD = "streamed uploads"
    STREAM_DOWNLOAD = "streamed downloads"
    FULL_DUPLEX = "reading while sending"

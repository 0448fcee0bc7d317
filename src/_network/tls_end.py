"""The end of a TLS stream that the server did not announce (RFC 8446 section 6.1)."""

from __future__ import annotations

from ssl import SSLEOFError

from ..exceptions import ReadError, ServerDisconnected

__all__ = ["unannounced"]


def unannounced(error: ReadError) -> ReadError:
    """Return what to raise where no plain bytes can be had: a connection that was just closed is ServerDisconnected.

    It is that without TLS too; what broke otherwise stays the error it is.
    """
    return ServerDisconnected(error.message) if isinstance(error.__cause__, SSLEOFError) else error

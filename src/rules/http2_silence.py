"""What is said of an HTTP/2 server that says nothing: which one, and how long it was waited for."""

from __future__ import annotations

from typing import Any

from ..exceptions import ReadTimeout, ServerDisconnected, WriteTimeout
from ..values.timeout import shown_seconds
from ..values.url import Origin

__all__ = ["lost", "not_taken", "silent", "window_closed"]


def silent(route: Any, timeout: float | None) -> ReadTimeout:
    """Return the error of a request for which nothing came, though other requests may have got answers."""
    return ReadTimeout(f"nothing came from {_peer(route)} for this request for {shown_seconds(timeout)} (HTTP/2)")


def not_taken(route: Any, timeout: float | None) -> WriteTimeout:
    """Return the error of a request that was not sent, as the server read nothing."""
    return WriteTimeout(f"{_peer(route)} did not take the data for {shown_seconds(timeout)} (HTTP/2)")


def window_closed(route: Any, timeout: float | None) -> WriteTimeout:
    """Return the error of a body of which the server lets no more come (RFC 9113 section 5.2)."""
    waited = shown_seconds(timeout)
    return WriteTimeout(f"{_peer(route)} did not take more of the body for {waited} (HTTP/2 flow control)")


def lost(route: Any) -> ServerDisconnected:
    """Return the error of a connection on which not even a PING was answered (RFC 9113 section 6.7)."""
    return ServerDisconnected(f"{_peer(route)} does not answer; the connection is lost")


def _peer(route: Any) -> str:
    origin = route if isinstance(route, Origin) else route[0]
    return str(origin).rpartition("//")[2]

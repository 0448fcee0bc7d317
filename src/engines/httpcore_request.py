"""A request in httpcore's terms."""

from __future__ import annotations

from typing import Any

from ..exceptions import StreamClosed
from ..values.headers import Headers, RawHeaders
from ..values.timeout import Deadline, Timeout

__all__ = ["Closed", "Timeouts", "async_max_streams", "header_pairs", "max_streams", "timeouts_of"]


# How many requests share one HTTP/2 connection, at most. httpcore's HTTP/2 code keeps its own limit of 100 among tasks.
# Among threads it is not safe to share: two of them can be given the same stream, so there each has a connection.
async_max_streams = 100
max_streams = 1


class Timeouts(dict[str, Any]):
    """httpcore's limits of operations, none of them beyond the deadline."""

    def __init__(self, limits: dict[str, float | None], deadline: Deadline) -> None:
        dict.__init__(self, limits)
        self._deadline = deadline

    def get(self, name: str, default: Any = None) -> Any:
        """Return a limit."""
        return self._deadline.clamp(dict.get(self, name, default))


class Closed(dict[str, Any]):
    """The limits of a request that was given up: whoever asks for them, to read or write, is stopped."""

    def get(self, name: str, default: Any = None) -> Any:
        """Raise StreamClosed."""
        raise StreamClosed("the response was closed")


def timeouts_of(timeout: Timeout, deadline: Deadline | None) -> dict[str, Any]:
    """Return the limits of a request as httpcore takes them."""
    limits = {"connect": timeout.connect, "read": timeout.read, "write": timeout.write}
    return limits if deadline is None else Timeouts(limits, deadline)


def header_pairs(head: bytes, own: Headers, *, forwarded: bool) -> RawHeaders:
    """Return the headers of an encoded head; with the Proxy-Authorization of ``own`` where a proxy reads them.

    The head itself is encoded as for a server, which must not get it.
    """
    pairs = []
    # The first line is the request's, the last two are empty.
    for line in head.split(b"\r\n")[1:-2]:
        name, _, value = line.partition(b":")
        pairs.append((name, value.strip()))
    if forwarded:
        said = own.getall("proxy-authorization", [])
        pairs += [(b"Proxy-Authorization", value.strip(" \t").encode("latin-1")) for value in said]
    return pairs

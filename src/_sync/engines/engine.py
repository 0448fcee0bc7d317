# Generated from src/_async/engines/engine.py by scripts/generate_sync.py. Do not edit.
"""What an engine is."""

from __future__ import annotations

from ...exceptions import UnsupportedByEngine
from ...values.capabilities import Capability
from ...values.pool_stats import PoolStats
from ...values.request import Request
from ..response import Response

__all__ = ["Engine"]


class Engine:
    """An engine turns one request into one response head and a body stream.

    Subclass it, set ``capabilities`` and write ``execute``. An engine

    - sends the request as it is: method, url, headers, body. It adds Host and the framing headers
      (``encode`` helpers in ``rules.framing``), and checks header names and values through ``Headers``' encoder;
    - does not follow redirects, interpret the status, store cookies, add credentials or decode the body: that is
      the work of plugins and of the response;
    - does not change the request, which may be sent again;
    - honours ``request.timeout`` and ``request.deadline`` where it has the capability TIMEOUTS;
    - may be used by many tasks (or threads) at once;
    - lets out only errors of this package's tree: a foreign exception is mapped, with the original as ``__cause__``.
      Exceptions of the user's own body iterator pass unchanged;
    - when ``execute`` raises or is cancelled, has freed all that the request held. Once it returned, the response
      owns the body stream, and closing the response frees it. The request's body is never closed by the engine.
    """

    capabilities: frozenset[Capability] = frozenset()

    def execute(self, request: Request) -> Response:
        """Send the request and return its response with an unread stream. Raises RequestError."""
        raise NotImplementedError

    def pool_stats(self) -> PoolStats:
        """Return counts of connections and waiters. Raises UnsupportedByEngine where there is no pool to ask."""
        raise UnsupportedByEngine(f"{self!r} has no pool of its own to count")

    def close(self) -> None:
        """Close all connections; requests in flight fail with a CloseError. May be called again."""

    def abandon(self) -> None:
        """Free what can be freed without waiting: the last client was dropped without being closed."""

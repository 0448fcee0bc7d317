"""One exchange for equal requests."""

from __future__ import annotations

from collections.abc import Iterable

from ..rules.coalescing import Flights
from ..values.checks import check_options
from .plugin import Stage
from .shared_state import StatefulPlugin

__all__ = ["Coalesce"]

TRACES = ("traceparent", "tracestate", "x-request-id", "x-correlation-id")
"""Headers that name a request and change nothing about its answer."""


class Coalesce(StatefulPlugin):
    """Lets equal requests that are under way at one time share one exchange with the server::

        client = Client(plugins=[Coalesce()])
        client.parallel_get(["https://example.org/config"] * 100)  # asks once, or a few times

    Equal are GET, or HEAD, requests to one url with the same headers, Authorization and Cookie among them, and the
    same ``timeout``; ``ignore_headers`` names headers that may differ: by default those that trace a request
    (traceparent, tracestate, x-request-id, x-correlation-id). Requests that are streamed or have a body go alone.

    The first of them makes the exchange; the others wait for it, as long as their own deadlines allow. Each gets a
    response of its own, or its own copy of the error. When the first is cancelled, or its own deadline ends, the next
    one makes the exchange in its place. All clients that have this object share.

    A response that came is not kept: the next request after it asks again (that is the work of a cache).
    """

    stage = Stage.COALESCING
    handler = "coalesce"

    def __init__(self, *, ignore_headers: Iterable[str] = TRACES) -> None:
        check_options(Coalesce, locals())
        self.ignore_headers = tuple(ignore_headers)
        self._ignored = frozenset(name.lower() for name in self.ignore_headers)

    def new_state(self) -> Flights:
        """Return the record of the exchanges under way: none."""
        return Flights()

    @property
    def ignored(self) -> frozenset[str]:
        """The names of ``ignore_headers`` in lower case."""
        return self._ignored

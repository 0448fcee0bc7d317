"""Which requests are the same, and who waits for whose answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from ..exceptions import TotalTimeout, TransportError
from ..values.options import OVERRIDES_HOST
from ..values.request import Request
from ..values.url import endpoint_of

__all__ = ["LANDED", "LEAD", "Flight", "Flights", "can_be_shared", "is_shared_error", "key_of"]

# What those who wait are told where there is no result. They may be in clients of the other colour.
LEAD = object()
"""Make the exchange yourself."""
LANDED = object()
"""It was made; look what came of it."""


def can_be_shared(request: Request) -> bool:
    """Whether a request may share the exchange of an equal one: a saved GET or HEAD without a body."""
    if request.attribute(OVERRIDES_HOST) is not None:
        return False  # what one request trusts, another may not
    if request.stream or request.body is not None or request.method not in ("GET", "HEAD"):
        return False
    return "upgrade" not in request.headers


def key_of(request: Request, ignored: frozenset[str]) -> Hashable:
    """Return what equal requests share: method, url without fragment, limits, and all headers but the ignored ones."""
    endpoint = endpoint_of(request.url)
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    # The sort is stable: the values of one name keep their order.
    compared = tuple(sorted([item for item in headers if item[0] not in ignored], key=lambda item: item[0]))
    return request.method, endpoint.origin, endpoint.target, request.timeout, compared


def is_shared_error(error: BaseException) -> bool:
    """Whether an error is about the exchange, and not about the one who made it: its deadline, its cancellation."""
    return isinstance(error, TransportError) and not isinstance(error, TotalTimeout)


class Flight:
    """One exchange under way; ``waiters`` wait for its result, oldest first."""

    __slots__ = ("key", "waiters")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.waiters: OrderedDict[Any, None] = OrderedDict()


class Flights:
    """The exchanges under way, by key. Not safe between threads."""

    __slots__ = ("_flights",)

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}

    def find(self, key: Hashable) -> Flight | None:
        """Return the exchange under way, if there is one."""
        return self._flights.get(key)

    def begin(self, key: Hashable) -> Flight:
        """Note that an exchange begins."""
        flight = self._flights[key] = Flight(key)
        return flight

    def end(self, flight: Flight) -> list[Any]:
        """Note that it has ended; return who waits for its result."""
        del self._flights[flight.key]
        return list(flight.waiters)

    def __len__(self) -> int:
        return len(self._flights)

"""What the pool of the httpcore engine keeps its books in: the ways that requests go, and the lock around them."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from ..._concurrency import AsyncStateLock, AsyncWaiter
from ...values.proxy import Proxy
from ...values.url import Origin

if TYPE_CHECKING:
    from .httpcore_connection import AsyncCoreConnection

__all__ = ["AsyncCoreRoute", "AsyncPoolGuard", "Route"]


class Route(NamedTuple):
    """Where a request goes, by which way, and whether that must be HTTP/1.1 where others may use HTTP/2."""

    origin: Origin
    proxy: Proxy | None
    only_http1: bool = False

    def __str__(self) -> str:
        shown = str(self.origin)
        return shown if self.proxy is None else f"{shown} through {self.proxy}"


class AsyncCoreRoute:
    """The connections on one route."""

    __slots__ = ("open", "opening", "ready", "route", "shares", "waiters")

    def __init__(self, route: Route, shares: bool) -> None:
        self.route = route
        self.ready: OrderedDict[AsyncCoreConnection, None] = OrderedDict()
        self.waiters: OrderedDict[AsyncWaiter[Any], None] = OrderedDict()
        self.open = 0
        self.opening = 0
        # Whether a connection being opened may serve those who come meanwhile, as far as is known: HTTP/2.
        self.shares = shares


class AsyncPoolGuard:
    """Holds the pool's lock, and marks the pool busy, so that a finaliser in between leaves its books alone."""

    __slots__ = ("busy", "lock")

    def __init__(self) -> None:
        self.lock = AsyncStateLock()
        self.busy = False

    def __enter__(self) -> None:
        self.lock.acquire()
        self.busy = True

    def __exit__(self, *args: object) -> None:
        self.busy = False
        self.lock.release()

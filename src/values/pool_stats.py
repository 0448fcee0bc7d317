"""What a connection pool tells of itself."""

from __future__ import annotations

from .value import Value

__all__ = ["NO_CONNECTIONS", "PoolStats", "RouteStats"]


class RouteStats(Value):
    """Connections open (idle ones included), idle, requests waiting and on HTTP/2 connections, for one origin."""

    open: int
    idle: int
    waiting: int
    streams: int = 0

    def plus(self, other: RouteStats) -> RouteStats:
        """Return the sums."""
        return RouteStats(**{name: getattr(self, name) + getattr(other, name) for name in self._fields})


class PoolStats(Value):
    """Connections open (idle ones included), idle, requests waiting, and how many were ever opened and reused.

    ``streams`` counts the requests on HTTP/2 connections, which share them.
    """

    open: int
    idle: int
    waiting: int
    opened: int
    reused: int
    routes: dict[str, RouteStats]
    streams: int = 0

    def plus(self, other: PoolStats) -> PoolStats:
        """Return the sums, also route by route."""
        routes = dict(self.routes)
        for name, route in other.routes.items():
            routes[name] = routes[name].plus(route) if name in routes else route
        counts = {name: getattr(self, name) + getattr(other, name) for name in self._fields if name != "routes"}
        return PoolStats(**counts, routes=routes)


NO_CONNECTIONS = PoolStats(open=0, idle=0, waiting=0, opened=0, reused=0, routes={})

"""What a connection pool tells of itself."""

from __future__ import annotations

from .value import Value

__all__ = ["PoolStats", "RouteStats"]


class RouteStats(Value):
    """Connections open (idle ones included), idle, and requests waiting, for one origin."""

    open: int
    idle: int
    waiting: int

    def plus(self, other: RouteStats) -> RouteStats:
        """Return the sums."""
        return RouteStats(self.open + other.open, self.idle + other.idle, self.waiting + other.waiting)


class PoolStats(Value):
    """Connections open (idle ones included), idle, requests waiting, and how many were ever opened and reused."""

    open: int
    idle: int
    waiting: int
    opened: int
    reused: int
    routes: dict[str, RouteStats]

    def plus(self, other: PoolStats) -> PoolStats:
        """Return the sums, also route by route."""
        routes = dict(self.routes)
        for name, route in other.routes.items():
            routes[name] = routes[name].plus(route) if name in routes else route
        counts = {name: getattr(self, name) + getattr(other, name) for name in self._fields if name != "routes"}
        return PoolStats(**counts, routes=routes)

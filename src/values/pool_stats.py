"""What a connection pool tells of itself."""

from __future__ import annotations

from .value import Value

__all__ = ["PoolStats", "RouteStats"]


class RouteStats(Value):
    """Connections open (idle ones included), idle, and requests waiting, for one origin."""

    open: int
    idle: int
    waiting: int


class PoolStats(Value):
    """Connections open (idle ones included), idle, requests waiting, and how many were ever opened and reused."""

    open: int
    idle: int
    waiting: int
    opened: int
    reused: int
    routes: dict[str, RouteStats]

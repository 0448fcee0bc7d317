"""What a connection pool tells of itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PoolStats", "RouteStats"]


@dataclass(frozen=True, slots=True)
class RouteStats:
    """Connections open (idle ones included), idle, and requests waiting, for one origin."""

    open: int
    idle: int
    waiting: int


@dataclass(frozen=True, slots=True)
class PoolStats:
    """Connections open (idle ones included), idle, requests waiting, and how many were ever opened and reused."""

    open: int
    idle: int
    waiting: int
    opened: int
    reused: int
    routes: dict[str, RouteStats]

"""What a cache did with a request."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .value import Value

__all__ = ["CacheOutcome", "CacheStatus"]

CacheOutcome: TypeAlias = Literal["hit", "stale", "revalidated", "miss", "bypass"]


class CacheStatus(Value):
    """What the cache did; ``str()`` of it is a Cache-Status field (RFC 9211).

    - ``outcome``: ``hit`` (a fresh stored response), ``stale`` (a stored one that is not fresh, where that is
      allowed), ``revalidated`` (a stored one that the server confirmed), ``miss`` (the server's response), ``bypass``
      (the cache had no part in it).
    - ``age``: the seconds since the server made or confirmed a stored response; None for others.
    - ``fwd``: why the request went to the server: ``uri-miss``, ``vary-miss``, ``miss``, ``stale``, ``partial``,
      ``request``, ``method``, ``bypass``; empty where it did not.
    - ``fwd_status``: the status the server answered, 0 for none.
    - ``ttl``: for how many seconds more a stored response is fresh; negative for a stale one.
    - ``stored``: the response is stored, or will be when its body has been read.
    - ``collapsed``: the call waited for that of an equal request.
    - ``detail``: why it was not stored, or what went wrong.
    """

    outcome: CacheOutcome
    age: float | None = None
    fwd: str = ""
    fwd_status: int = 0
    ttl: int | None = None
    stored: bool = False
    collapsed: bool = False
    detail: str = ""

    @property
    def from_cache(self) -> bool:
        """Whether the body comes from the cache."""
        return self.outcome in ("hit", "stale", "revalidated")

    def __str__(self) -> str:
        parts = [f"fwd={self.fwd}" if self.fwd else "hit"]
        if self.fwd_status:
            parts.append(f"fwd-status={self.fwd_status}")
        if self.ttl is not None:
            parts.append(f"ttl={self.ttl}")
        parts += ["stored"] if self.stored else []
        parts += ["collapsed"] if self.collapsed else []
        if self.detail:
            parts.append(f'detail="{self.detail}"')
        return "; ".join(["duohttp", *parts])

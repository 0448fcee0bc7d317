"""What a cache is told to do where HTTP leaves it a choice."""

from __future__ import annotations

from ..values.value import Value

__all__ = ["CachePolicy"]


class CachePolicy(Value):
    """The choices of one cache.

    ``shared``: responses to one user are given to others. ``heuristic``: the part of its age that a response without
    a lifetime lives on. ``stale_if_error`` and ``stale_while_revalidate``: seconds, for responses that name none.
    ``targets``: the fields for this cache that stand in for Cache-Control, the first that is there counts.
    """

    shared: bool = False
    heuristic: float = 0.1
    stale_if_error: float = 0.0
    stale_while_revalidate: float = 0.0
    targets: tuple[str, ...] = ()

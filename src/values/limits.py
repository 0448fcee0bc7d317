"""How many connections a client may hold."""

from __future__ import annotations

from .value import Value

__all__ = ["DEFAULT_LIMITS", "MAX_EVENT_SIZE", "MAX_MESSAGE_SIZE", "Limits"]


class Limits(Value):
    """Bounds on connections; None means no bound.

    ``max_connections`` counts all, ``max_connections_per_host`` those to one origin, ``max_keepalive_connections``
    the idle ones. ``keepalive_expiry`` is the longest idle time and ``max_age`` the longest life, in seconds.
    Raises ValueError for a bound below what makes sense.
    """

    max_connections: int | None = 100
    max_connections_per_host: int | None = None
    max_keepalive_connections: int | None = None
    keepalive_expiry: float | None = 60.0
    max_age: float | None = None

    def _check(self) -> None:
        for name, least in (
            ("max_connections", 1),
            ("max_connections_per_host", 1),
            ("max_keepalive_connections", 0),
            ("keepalive_expiry", 0),
            ("max_age", 0),
        ):
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise ValueError(f"{name} must be None or at least {least}, not {value!r}")


DEFAULT_LIMITS = Limits()

MAX_EVENT_SIZE = 16 * 1024 * 1024
MAX_MESSAGE_SIZE = 16 * 1024 * 1024

"""Tokens as an authorization server gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .checks import check_options

__all__ = ["BearerTokens"]


@dataclass(frozen=True, slots=True)
class BearerTokens:
    """An access token, and what is known of it; what ``load_tokens`` and ``refresh_tokens`` return.

    ``refresh_token`` is what a new one is had for. ``expires_at`` is in seconds since the epoch (``time.time()``), None
    where nobody said.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None

    def __post_init__(self) -> None:
        given = {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_at": self.expires_at}
        check_options(BearerTokens, given)

    @classmethod
    def of(cls, value: Any, source: str) -> BearerTokens | None:
        """Return tokens for what users give: tokens, an access token as text, or None for none. Raises TypeError."""
        if value is None or isinstance(value, BearerTokens):
            return value
        if isinstance(value, str):
            return cls(value)
        raise TypeError(f"{source} must return BearerTokens, a str or None: it returned {type(value).__name__}")

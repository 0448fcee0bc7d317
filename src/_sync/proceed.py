# Generated from src/_async/proceed.py by scripts/generate_sync.py. Do not edit.
"""The step inside a plugin: what it calls to go on."""

from __future__ import annotations

from typing import Protocol

from ..values.request import Request
from .response import Response

__all__ = ["Proceed", "Send"]


class Proceed(Protocol):
    """Sends a request through the rest of the chain; may be called again."""

    def __call__(self, request: Request) -> Response:
        """Return the response. Raises HTTPError."""
        ...


class Send(Protocol):
    """Acts around a call."""

    def __call__(self, request: Request, proceed: Proceed) -> Response:
        """Return the response that ``proceed(request)`` or something else brought."""
        ...

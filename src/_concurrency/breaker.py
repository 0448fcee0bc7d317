"""A call of a thread that may be broken off from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..exceptions import RequestCancelled
from .cancel import CancelToken, current_token

__all__ = ["Breaker"]

T = TypeVar("T")


class Breaker:
    """Runs one call, which ``break_off`` ends from anywhere: other threads too.

    Then ``run`` raises what ``error`` makes. A call that ended before is left as it is.
    """

    __slots__ = ("_error", "_token")

    def __init__(self, error: Callable[[], Exception]) -> None:
        self._error = error
        self._token = CancelToken(current_token())

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Return ``function(*args)``, or raise the error if it was broken off, even before it began."""
        around = current_token()
        try:
            self._token.check()
            return self._token.run(function, *args)
        except RequestCancelled:
            if around is not None and around.cancelled:
                raise
            raise self._error() from None
        finally:
            self._token.close()

    def break_off(self) -> None:
        """End the call, if it is still under way."""
        self._token.cancel()

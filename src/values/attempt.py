"""What came of one attempt of a call."""

from __future__ import annotations

from typing import NamedTuple

from ..exceptions import HTTPError

__all__ = ["Attempt", "bare_error"]


class Attempt(NamedTuple):
    """One try of a call, as the Retry plugin saw it; ``response.attempts`` and ``error.attempts`` list them.

    ``number`` counts from 1 over the whole call. Either ``status_code`` or ``error`` is set; the error is a copy
    without request, response and traceback. ``elapsed`` is how long it took and ``delay`` how long was waited before
    it, in seconds. ``final`` says why nothing was tried after a failure; it is empty where there was no need to, or
    where another attempt followed.
    """

    number: int
    status_code: int | None
    error: HTTPError | None
    elapsed: float
    delay: float
    final: str = ""


def bare_error(error: HTTPError) -> HTTPError:
    """Return a copy of an error that keeps neither request nor response nor frames alive."""
    new = error.__class__.__new__(error.__class__)
    new.__dict__.update(error.__dict__, request=None, response=None, attempts=())
    new.args = error.args
    return new

"""Errors get to know the request they belong to."""

from __future__ import annotations

from ..exceptions import AttemptTimeout, HTTPError, TimeoutException, TotalTimeout
from ..values.request import Request

__all__ = ["located"]


def located(error: HTTPError, request: Request) -> HTTPError:
    """Return the error with its request; a timeout at the end of the whole call's time becomes a TotalTimeout."""
    if error.request is None:
        error.request = request
    deadline = request.deadline
    # A timer may fire a little before the time it was set for.
    if deadline is not None and isinstance(error, TimeoutException) and deadline.remaining() < 0.02:
        if isinstance(error, (AttemptTimeout, TotalTimeout)):
            return error
        overrun = deadline.overrun(error.message)
        overrun.request = request
        overrun.__cause__ = error
        return overrun
    return error

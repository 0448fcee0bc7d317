"""When a server wants the next request (RFC 9110 section 10.2.3)."""

from __future__ import annotations

import re

from .. import _concurrency
from ..values.response import BaseResponse
from .http_date import http_date

__all__ = ["retry_after"]

# Servers also send fractions; more digits than these are no waiting time.
_SECONDS = re.compile(r"\d{1,12}(?:\.\d{1,6})?\Z", re.ASCII)


def retry_after(response: BaseResponse) -> float | None:
    """Return the seconds a response's Retry-After asks to wait, from 0 on; None where it has none that is valid.

    A date is taken relative to the response's own Date, so that clocks which differ do no harm.
    """
    value = response.headers.get("retry-after")
    if value is None:
        return None
    value = value.strip()
    if _SECONDS.match(value):
        return float(value)
    until = http_date(value)
    if until is None:
        return None
    said = response.headers.get("date")
    now = http_date(said) if said is not None else None
    return max(0.0, until - (_concurrency.wall_time() if now is None else now))

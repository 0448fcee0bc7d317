"""Dates in headers (RFC 9110 section 5.6.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["http_date"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Tue, 14 Nov 2023 22:13:30 GMT   and the obsolete   Tuesday, 14-Nov-23 22:13:30 GMT
_USUAL = re.compile(
    r"[A-Za-z]{3,9}, *(\d{1,2})[ -]([A-Za-z]{3})[ -](\d{4}|\d\d) +(\d\d):(\d\d):(\d\d) *(?:GMT|UTC|[+-]0000)?\Z"
)
# Tue Nov 14 22:13:30 2023
_ASCTIME = re.compile(r"[A-Za-z]{3} +([A-Za-z]{3}) +(\d{1,2}) +(\d\d):(\d\d):(\d\d) +(\d{4})(?: *(?:GMT|UTC))?\Z")


def http_date(value: str) -> float | None:
    """Return a date, in any of the three forms, as seconds since the epoch; None for what is no date.

    A year of two digits is the one that is less than 50 years ahead of 2020.
    """
    if len(value) > 64 or not value.isascii():
        return None
    value = value.strip()
    if match := _USUAL.match(value):
        day, month, year, hour, minute, second = match.groups()
    elif match := _ASCTIME.match(value):
        month, day, hour, minute, second, year = match.groups()
    else:
        return None
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 70 else 1900
    try:
        # A leap second counts as the one before it.
        time = (int(hour), int(minute), min(int(second), 59))
        return datetime(number, _MONTHS.index(month.lower()) + 1, int(day), *time, tzinfo=UTC).timestamp()
    except ValueError:
        return None

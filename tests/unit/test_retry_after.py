"""Retry-After and the dates of HTTP."""

from __future__ import annotations

import pytest
from yarl import URL

from duohttp import Request
from duohttp._concurrency import ManualClock, use_clock
from duohttp.rules.http_date import http_date
from duohttp.rules.retry_after import retry_after
from duohttp.values.response import BaseResponse

NOVEMBER = 784111777.0  # the date of the examples in RFC 9110 section 5.6.7


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", NOVEMBER),
        ("Sunday, 06-Nov-94 08:49:37 GMT", NOVEMBER),
        ("Sun Nov  6 08:49:37 1994", NOVEMBER),
        (" sun, 6 nov 1994 08:49:37 +0000 ", NOVEMBER),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1483228799.0),
        ("Thursday, 01-Jan-70 00:00:00 GMT", 0.0),
        ("Wednesday, 01-Jan-69 00:00:00 GMT", 3124224000.0),
        ("Mon, 01 Jan 0001 00:00:00 GMT", -62135596800.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799.0),
        ("Sun, 06 Nov 1994 08:49:37 PST", None),
        ("Sun, 31 Feb 1994 08:49:37 GMT", None),
        ("Sun, 06 Foo 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 24:49:37 GMT", None),
        ("Sun, 06 Nov 0000 08:49:37 GMT", None),
        ("1994-11-06T08:49:37Z", None),
        ("Sun, 06 Nov 1994 ٠٨:49:37 GMT", None),
        ("", None),
        ("9" * 10_000, None),
    ],
)
def test_http_date(value: str, expected: float | None) -> None:
    assert http_date(value) == expected


def response_with(headers: dict[str, str]) -> BaseResponse:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return BaseResponse(503, raw, request=Request("GET", URL("http://a.test/")))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 0.0), ("120", 120.0), ("2.25", 2.25), ("-1", None), ("+1", None), ("1e9", None), ("nan", None), ("٣", None)],
)
def test_seconds(value: str, expected: float | None) -> None:
    assert retry_after(response_with({"Retry-After": value})) == expected


def test_dates_by_the_servers_clock_or_ours() -> None:
    with use_clock(ManualClock(wall_time=NOVEMBER - 30)):
        date = "Sun, 06 Nov 1994 08:49:37 GMT"
        assert retry_after(response_with({"Retry-After": date})) == 30.0
        assert retry_after(response_with({"Retry-After": date, "Date": "Sun, 06 Nov 1994 08:49:36 GMT"})) == 1.0
        assert retry_after(response_with({"Retry-After": date, "Date": "Sun, 06 Nov 1994 08:49:38 GMT"})) == 0.0
        assert retry_after(response_with({"Retry-After": date, "Date": "today"})) == 30.0
    assert retry_after(response_with({})) is None

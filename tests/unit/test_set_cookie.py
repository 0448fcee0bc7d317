"""The Set-Cookie header."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from duohttp.rules.set_cookie import SetCookie, cookies_of, parse_cookie_date, parse_set_cookie


@pytest.mark.parametrize(
    ("header", "name", "value"),
    [
        ("a=b", "a", "b"),
        (" a\t=\tb c ; Path=/", "a", "b c"),
        ("a=b=c", "a", "b=c"),
        ("a=", "a", ""),
        ("=b", "", "b"),
        ("b", "", "b"),
        ('a="quoted; not really"', "a", '"quoted'),
        ("a=%3B%00", "a", "%3B%00"),
        ("a=ü", "a", "ü"),
        ("a=x\ty", "a", "x\ty"),
    ],
)
def test_name_and_value(header: str, name: str, value: str) -> None:
    cookie = parse_set_cookie(header)
    assert cookie is not None
    assert (cookie.name, cookie.value) == (name, value)


@pytest.mark.parametrize(
    "header", ["", "=", " = ;Path=/", ";", "a=\x00", "a=b; Path=/\n", "a\x7f=b", "a=b\r\nSet-Cookie: c"]
)
def test_what_is_ignored_as_a_whole(header: str) -> None:
    assert parse_set_cookie(header) is None


def test_the_limit_on_name_and_value_is_4096_octets_section_5_6() -> None:
    assert parse_set_cookie("a=" + "x" * 4095) is not None
    assert parse_set_cookie("a=" + "x" * 4096) is None
    assert parse_set_cookie("a=" + "ü" * 2047) is not None
    assert parse_set_cookie("a=" + "ü" * 2048) is None


def test_attributes() -> None:
    header = (
        "a=b; EXPIRES=Wed, 09 Jun 2021 10:18:14 GMT; max-age=60;Domain=.Example.COM; path = /x ;"
        " Secure=yes; HttpOnly; SameSite=lax; Priority=High; ="
    )
    expires = datetime(2021, 6, 9, 10, 18, 14, tzinfo=UTC).timestamp()
    assert parse_set_cookie(header) == SetCookie("a", "b", expires, 60, ".example.com", "/x", True, True, "Lax")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("Path=/a; Path=/b", SetCookie("n", "v", path="/b")),
        ("Path=/a; Path=b", SetCookie("n", "v")),
        ("Path=/a; Path", SetCookie("n", "v")),
        ("Path=/" + "x" * 1023, SetCookie("n", "v", path="/" + "x" * 1023)),
        ("Path=/a; Path=/" + "x" * 1024, SetCookie("n", "v", path="/a")),
        ("Path=/a; Path=/" + "ü" * 512, SetCookie("n", "v", path="/a")),
        ("Domain=", SetCookie("n", "v", domain="")),
        ("Max-Age=1; Max-Age=x", SetCookie("n", "v", max_age=1)),
        ("Max-Age=-0", SetCookie("n", "v", max_age=0)),
        ("Max-Age=+1", SetCookie("n", "v")),
        ("Max-Age=1.5", SetCookie("n", "v")),
        ("Max-Age=-", SetCookie("n", "v")),
        ("Max-Age=٣", SetCookie("n", "v")),
        ("Max-Age=" + "9" * 100, SetCookie("n", "v", max_age=int("9" * 100))),
        ("Expires=never", SetCookie("n", "v")),
        ("SameSite=None", SetCookie("n", "v", same_site="None")),
        ("SameSite=Strict; SameSite=odd", SetCookie("n", "v")),
    ],
)
def test_the_last_usable_attribute_counts(attributes: str, expected: SetCookie) -> None:
    assert parse_set_cookie("n=v; " + attributes) == expected


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("Wed, 09 Jun 2021 10:18:14 GMT", (2021, 6, 9, 10, 18, 14)),
        ("Wednesday, 09-Jun-21 10:18:14 GMT", (2021, 6, 9, 10, 18, 14)),
        ("Wed Jun  9 10:18:14 2021", (2021, 6, 9, 10, 18, 14)),
        ("9 june 2021 1:2:3 +0200", (2021, 6, 9, 1, 2, 3)),
        ("10:18:14 09 Jun 2021", (2021, 6, 9, 10, 18, 14)),
        ("Wed, 09-Jun-2021 10:18:14 GMT", (2021, 6, 9, 10, 18, 14)),
        ("Thu, 01-Jan-70 00:00:00 GMT", (1970, 1, 1, 0, 0, 0)),
        ("Thu, 01-Jan-69 00:00:00 GMT", (2069, 1, 1, 0, 0, 0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", (9999, 12, 31, 23, 59, 59)),
        ("1 Jan 1601 0:0:0", (1601, 1, 1, 0, 0, 0)),
        ("29 Feb 2024 00:00:00", (2024, 2, 29, 0, 0, 0)),
        ("1st Jan 2030th 12:13:14Z", (2030, 1, 1, 12, 13, 14)),
    ],
)
def test_dates_as_servers_really_write_them(text: str, when: tuple[int, int, int, int, int, int]) -> None:
    assert parse_cookie_date(text) == datetime(*when, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "Wed, 09 Jun 2021",
        "09 Jun 10:18:14",
        "09 2021 10:18:14",
        "Jun 2021 10:18:14",
        "Wed, 09 Jun 2021 24:00:00",
        "Wed, 09 Jun 2021 10:60:00",
        "Wed, 09 Jun 2021 10:18:60",
        "Wed, 32 Jun 2021 10:18:14",
        "Wed, 00 Jun 2021 10:18:14",
        "Wed, 30 Feb 2021 10:18:14",
        "Wed, 09 Jun 1600 10:18:14",
        "Wed, 09 Jun 20211 10:18:14",
        "Wed, 09 Jun 2021 100:18:14",
        "Wed, 09 Jun 2021 10:18",
        "1623233894",
    ],
)
def test_what_is_no_date_is_ignored(text: str) -> None:
    assert parse_cookie_date(text) is None


def test_cookies_of_a_response_are_its_names_and_values() -> None:
    assert cookies_of(["a=1; Path=/", "b=2", "a=3", "\x00", "c=4"]) == {"a": "3", "b": "2", "c": "4"}
    assert cookies_of([]) == {}


def test_a_cookie_that_is_deleted_is_left_out() -> None:
    past = "Thu, 01 Jan 1970 00:00:00 GMT"
    assert cookies_of(["a=1", "a=; Max-Age=0"]) == {}
    assert cookies_of(["a=1", f"a=2; Expires={past}"]) == {"a": "2"}
    assert cookies_of(["a=1", f"a=2; Expires={past}"], now=1.0) == {}
    assert cookies_of([f"a=2; Max-Age=5; Expires={past}"], now=1.0) == {"a": "2"}


@pytest.mark.parametrize("unit", [";", "=", " ", "a=b;", "Expires=1 ", "Path=/;", "\t", "Max-Age=9;", "1:"])
def test_a_megabyte_of_anything_costs_linear_time(unit: str) -> None:
    start = time.process_time()
    parse_set_cookie("a=b;" + unit * (1_000_000 // len(unit)))
    parse_cookie_date(unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 5

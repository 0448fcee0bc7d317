"""Directives, age and freshness: RFC 9111 sections 4.2 and 5, RFC 9213."""

from __future__ import annotations

import pytest

from duohttp import Headers
from duohttp.rules.caching_directives import MAX_SECONDS, cache_control, request_directives, targeted
from duohttp.rules.caching_policy import CachePolicy

from .caching_support import NOW, PRIVATE, SHARED, date, stored


@pytest.mark.parametrize(
    ("value", "name", "seconds"),
    [
        ("max-age=60", "max-age", 60),
        ("MAX-AGE=60", "max-age", 60),
        ("public,max-age=60,,", "max-age", 60),
        ('max-age="60"', "max-age", 60),  # 5.2: both forms ought to be read
        (" max-age = 60 ", "max-age", 60),
        ("max-age=99999999999999999999", "max-age", MAX_SECONDS),  # 1.2.2
        ("max-age=" + "9" * 5000, "max-age", MAX_SECONDS),
        ("max-age=60, max-age=60", "max-age", 60),
        ("max-age=60, max-age=70", "max-age", 0),  # 4.2.1: contradictory is stale
        ("max-age", "max-age", 0),
        ("max-age=", "max-age", 0),
        ("max-age=-1", "max-age", 0),
        ("max-age=1.5", "max-age", 0),
        ("max-age=abc", "max-age", 0),
        ("max-age=\N{SUPERSCRIPT TWO}", "max-age", 0),
        ("max-age: 120", "max-age", None),
        ("x-max-age=60", "max-age", None),
        ('ext="max-age=60"', "max-age", None),
        ('ext="a\\",max-age=60"', "max-age", None),
        ('ext="a, max-age=60', "max-age", None),  # a quote that never ends hides the rest
        ("", "max-age", None),
    ],
)
def test_seconds_of_a_directive(value: str, name: str, seconds: int | None) -> None:
    assert cache_control([value]).seconds(name) == seconds


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ("no-store", None),
        ("private", frozenset()),
        ('private="Set-Cookie, X-User"', {"set-cookie", "x-user"}),
        ("private=x-user", {"x-user"}),
        ('private="x-user", private', frozenset()),  # the more restrictive one counts
        ('private="x", private="y"', {"x", "y"}),
        ('private=""', frozenset()),
        ('private="x', frozenset()),
    ],
)
def test_fields_a_directive_is_limited_to(value: str, fields: frozenset[str] | None) -> None:
    """Sections 5.2.2.4 and 5.2.2.7."""
    assert cache_control([value]).fields("private") == fields
    assert cache_control([value]).is_whole("private") == (fields == frozenset())


def test_several_lines_are_one_list() -> None:
    directives = cache_control(["public", "max-age=1, no-cache"])
    assert [name in directives for name in ("public", "max-age", "no-cache", "private")] == [True] * 3 + [False]
    assert not cache_control([])
    assert not cache_control(["@@@, ()"])


@pytest.mark.parametrize(
    ("headers", "no_cache"),
    [
        ({"Pragma": "no-cache"}, True),
        ({"Pragma": "x, No-Cache"}, True),
        ({"Pragma": "no-cache=x"}, False),
        ({"Pragma": "no-cache", "Cache-Control": "max-age=5"}, False),
        ({"Cache-Control": "no-cache"}, True),
        ({}, False),
    ],
)
def test_pragma(headers: dict[str, str], no_cache: bool) -> None:
    """Section 5.4: only where there is no Cache-Control."""
    assert ("no-cache" in request_directives(Headers(headers))) is no_cache


@pytest.mark.parametrize(
    ("value", "max_age", "no_store"),
    [
        ("max-age=60", 60, False),
        ("max-age=60, no-store", 60, True),
        ("max-age=60;x=1;y, no-store=?0", 60, False),
        ('max-age="60"', 0, False),
        ("max-age=60, max-age=70", 70, False),  # in a dictionary the last one counts
        ('x=(1 2);a, y="a,b", z=:YQ==:, max-age=60', 60, False),
    ],
)
def test_targeted_fields(value: str, max_age: int, no_store: bool) -> None:
    """RFC 9213 section 2.1: a structured dictionary."""
    found = targeted([value])
    assert found is not None
    assert found.is_targeted
    assert (found.seconds("max-age"), "no-store" in found) == (max_age, no_store)


@pytest.mark.parametrize(
    "value", ["", " ", "Max-Age=60", "max-age=60,", "max-age=", "max-age=60;", "max-age=60;A", "a b", "a;b=", "=", '"']
)
def test_a_broken_targeted_field_does_not_count(value: str) -> None:
    """RFC 9213 section 2.2."""
    assert targeted([value]) is None
    old = stored({"CDN-Cache-Control": value, "Cache-Control": "max-age=7"}, SHARED)
    assert old.lifetime == 7


@pytest.mark.parametrize(
    ("policy", "headers", "lifetime"),
    [
        (PRIVATE, {"Cache-Control": "max-age=60"}, 60),  # 5.2.2.1
        (PRIVATE, {"Cache-Control": "max-age=60", "Expires": date(10)}, 60),  # 5.3: max-age wins
        (PRIVATE, {"Cache-Control": "max-age=60, s-maxage=5"}, 60),
        (SHARED, {"Cache-Control": "max-age=60, s-maxage=5"}, 5),  # 5.2.2.10
        (SHARED, {"Cache-Control": "s-maxage=5", "Expires": date(10)}, 5),
        (PRIVATE, {"Cache-Control": "s-maxage=5", "Expires": date(10)}, 10),
        (PRIVATE, {"Expires": date(10)}, 10),
        (PRIVATE, {"Expires": date(-10)}, 0),
        (PRIVATE, {"Expires": "0"}, 0),  # 5.3: what is no date is in the past
        (PRIVATE, {"Expires": ""}, 0),
        (PRIVATE, {"Expires": "soon", "Last-Modified": date(-1000)}, 0),
        (PRIVATE, {"Cache-Control": "max-age=x", "Last-Modified": date(-1000)}, 0),
        (PRIVATE, {"Cache-Control": "max-age=x", "Expires": date(10)}, 0),
        (PRIVATE, {"Last-Modified": date(-1000)}, 100),  # 4.2.2
        (PRIVATE, {"Last-Modified": date(-1000), "Cache-Control": "public"}, 100),
        (PRIVATE, {"Last-Modified": date(1000)}, 0),
        (PRIVATE, {"Last-Modified": "?"}, 0),
        (PRIVATE, {"Last-Modified": date(-100_000_000)}, 86400),
        (PRIVATE, {}, 0),
        (PRIVATE, {"CDN-Cache-Control": "max-age=9", "Cache-Control": "max-age=60"}, 60),
        (SHARED, {"CDN-Cache-Control": "max-age=9", "Cache-Control": "s-maxage=60", "Expires": date(5)}, 9),
        (SHARED, {"CDN-Cache-Control": "public", "Cache-Control": "max-age=60", "Expires": date(5)}, 0),
        (SHARED, {"CDN-Cache-Control": "max-age=9, s-maxage=8"}, 8),
    ],
)
def test_lifetime(policy: CachePolicy, headers: dict[str, str], lifetime: float) -> None:
    """Section 4.2.1."""
    assert stored({"Date": date(), **headers}, policy).lifetime == lifetime


def test_two_expires_that_differ() -> None:
    """Section 4.2.1: contradictory is stale."""
    same = [("Date", date()), ("Expires", date(10)), ("Expires", date(10))]
    assert stored(same).lifetime == 10
    assert stored([*same, ("Expires", date(20))]).lifetime == 0


@pytest.mark.parametrize(("status", "lifetime"), [(200, 100), (404, 100), (410, 100), (302, 0), (500, 0), (299, 0)])
def test_heuristics_by_status(status: int, lifetime: float) -> None:
    """Section 4.2.2, RFC 9110 section 15.1."""
    headers = {"Date": date(), "Last-Modified": date(-1000)}
    assert stored(headers, status_code=status).lifetime == lifetime
    assert stored({**headers, "Cache-Control": "public"}, status_code=status).lifetime == 100
    assert stored(headers, CachePolicy(heuristic=0.0)).lifetime == 0


@pytest.mark.parametrize(
    ("headers", "ago", "delay", "age"),
    [
        ({"Date": date(-30)}, 30, 0, 30),
        ({"Date": date(-50)}, 30, 0, 50),  # apparent age 20
        ({"Date": date(-10)}, 30, 0, 30),  # a date in the future of the response
        ({}, 30, 0, 30),  # RFC 9110 section 6.6.1: without a Date, when it came
        ({"Date": "never"}, 30, 0, 30),
        ({"Age": "100"}, 30, 0, 130),
        ({"Age": "100"}, 30, 5, 135),  # response delay
        ({"Date": date(-50), "Age": "100"}, 30, 0, 130),
        ({"Date": date(-500), "Age": "100"}, 30, 0, 500),
        ({"Age": "100, 7"}, 30, 0, 130),
        ({"Age": "-5"}, 30, 0, 30),
        ({"Age": "x"}, 30, 0, 30),
        ({"Age": "9" * 30}, 0, 0, MAX_SECONDS),
        ({}, 0, -7, 0),  # the clock was set back between request and response
        ({}, -20, 0, 0),  # and after the response
    ],
)
def test_age(headers: dict[str, str], ago: float, delay: float, age: float) -> None:
    """Section 4.2.3."""
    assert stored(headers, ago=ago, delay=delay).age(NOW) == age


def test_a_clock_that_was_set_back() -> None:
    """A response from the future is of no known age: it is validated. A second of it is but another clock."""
    assert stored("max-age=1000", ago=-30).left(NOW) == 1000
    assert stored("max-age=1000", ago=-3600).left(NOW) < 0
    assert stored("max-age=1000", ago=3600).left(NOW) == 1000 - 3600


@pytest.mark.parametrize(
    ("control", "private", "shared"),
    [
        ("max-age=1", False, False),
        ("must-revalidate", True, True),  # 5.2.2.2
        ("proxy-revalidate", False, True),  # 5.2.2.8
        ("s-maxage=1", False, True),  # 5.2.2.10
    ],
)
def test_what_must_not_be_served_stale(control: str, private: bool, shared: bool) -> None:
    """Section 4.2.4."""
    assert stored(control, PRIVATE).never_stale is private
    assert stored(control, SHARED).never_stale is shared
    graces = [stored(f"{control}, stale-if-error=60", each).grace("stale-if-error") for each in (PRIVATE, SHARED)]
    assert graces == [0 if private else 60, 0 if shared else 60]


def test_grace_of_the_policy() -> None:
    policy = CachePolicy(stale_if_error=5.0, stale_while_revalidate=6.0)
    assert stored("max-age=1", policy).grace("stale-if-error") == 5
    assert stored("max-age=1", policy).grace("stale-while-revalidate") == 6
    assert stored("max-age=1, stale-if-error=0", policy).grace("stale-if-error") == 0
    assert stored("max-age=1, must-revalidate", policy).grace("stale-while-revalidate") == 0


@pytest.mark.parametrize(
    ("headers", "useful"),
    [
        ({"Cache-Control": "max-age=1"}, True),
        ({"Cache-Control": "max-age=0"}, False),
        ({"Cache-Control": "max-age=10", "Age": "20"}, False),
        ({"Cache-Control": "max-age=10, stale-if-error=20", "Age": "20"}, True),
        ({"Cache-Control": "max-age=10, no-cache"}, False),
        ({"ETag": '"1"'}, True),
        ({"Last-Modified": date(-5), "Cache-Control": "no-cache"}, True),
        ({}, False),
    ],
)
def test_what_could_ever_be_of_use(headers: dict[str, str], useful: bool) -> None:
    assert stored(headers).is_useful is useful

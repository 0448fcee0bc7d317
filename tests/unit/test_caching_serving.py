"""Whether a stored response is used: RFC 9111 sections 4, 4.2.4, 4.3.2 and 5.2.1, RFC 5861, RFC 8246; ranges."""

from __future__ import annotations

from typing import Any

import pytest

from duohttp.rules.caching_directives import request_directives
from duohttp.rules.caching_freshness import Stored
from duohttp.rules.caching_policy import CachePolicy
from duohttp.rules.caching_ranges import (
    ByteRange,
    covers,
    if_range_holds,
    joint_of,
    missing,
    parse_content_range,
    parse_range,
)
from duohttp.rules.caching_serving import choose, decide, is_conditional, not_modified, stale_on_error, wanted_range

from .caching_support import NOW, PRIVATE, SHARED, asked, date, stored


def outcome(request: str, response: Stored | None, wanted: ByteRange | None = None) -> str:
    """Return what is decided, in short."""
    decision = decide(request_directives(asked(request)), wanted, response, NOW)
    words = [decision.action, decision.reason, "stale" * decision.stale, "refresh" * decision.refresh]
    return " ".join(word for word in words if word)


@pytest.mark.parametrize(
    ("request_control", "control", "ago", "expected"),
    [
        ("", "max-age=60", 30, "use"),
        ("", "max-age=60", 60, "forward stale"),  # 4.2: fresh while its lifetime is greater than its age
        ("", "max-age=60", 90, "forward stale"),
        ("", "max-age=0", 0, "forward stale"),
        ("", "", 0, "forward stale"),
        ("", "no-cache, max-age=60", 0, "forward stale"),  # 5.2.2.4
        ("", 'no-cache="x-a", max-age=60', 30, "use"),
        ("no-cache", "max-age=60", 0, "forward request"),  # 5.2.1.4
        ("no-store", "max-age=60", 0, "forward request"),  # 5.2.1.5
        ("max-age=40", "max-age=60", 30, "use"),  # 5.2.1.1
        ("max-age=30", "max-age=60", 30, "use"),
        ("max-age=20", "max-age=60", 30, "forward request"),
        ("max-age=0", "max-age=60", 0, "forward request"),
        ("max-age=x", "max-age=60", 0, "forward request"),
        ("min-fresh=20", "max-age=60", 30, "use"),  # 5.2.1.3
        ("min-fresh=30", "max-age=60", 30, "use"),
        ("min-fresh=40", "max-age=60", 30, "forward request"),
        ("min-fresh=1, max-stale", "max-age=60", 90, "forward stale"),
        ("max-stale", "max-age=60", 9000, "use stale"),  # 5.2.1.2
        ("max-stale=30", "max-age=60", 90, "use stale"),
        ("max-stale=29", "max-age=60", 90, "forward stale"),
        ("max-stale=x", "max-age=60", 90, "forward stale"),
        ("max-stale=0", "max-age=60", 60, "forward stale"),
        ("max-stale=30", "max-age=60", 30, "use"),
        ("max-stale, max-age=100", "max-age=60", 90, "use stale"),
        ("max-stale, max-age=80", "max-age=60", 90, "forward stale"),
        ("max-stale", "max-age=60, must-revalidate", 90, "forward stale"),  # 5.2.2.2
        ("max-stale", "max-age=60, no-cache", 90, "forward stale"),
        ("max-stale, no-cache", "max-age=60", 90, "forward request"),
        ("", "max-age=60, stale-while-revalidate=40", 90, "use stale refresh"),  # RFC 5861 section 3
        ("", "max-age=60, stale-while-revalidate=30", 90, "use stale refresh"),
        ("", "max-age=60, stale-while-revalidate=29", 90, "forward stale"),
        ("", "max-age=60, stale-while-revalidate=40, must-revalidate", 90, "forward stale"),
        ("", "max-age=60, stale-while-revalidate=40, no-cache", 90, "forward stale"),
        ("max-age=100", "max-age=60, stale-while-revalidate=40", 90, "forward stale"),
        ("min-fresh=1", "max-age=60, stale-while-revalidate=40", 90, "forward stale"),
        ("max-age=0", "max-age=60, immutable", 30, "use"),  # RFC 8246 section 2
        ("max-age=20", "max-age=60, immutable", 30, "forward request"),
        ("no-cache", "max-age=60, immutable", 30, "forward request"),
        ("max-age=0", "max-age=60, immutable", 90, "forward stale"),
        ("only-if-cached", "max-age=60", 30, "use"),  # 5.2.1.7
        ("only-if-cached", "max-age=60", 90, "refuse stale"),
        ("only-if-cached, max-stale", "max-age=60", 90, "use stale"),
        ("only-if-cached, no-cache", "max-age=60", 30, "refuse request"),
        ("only-if-cached, max-age=20", "max-age=60", 30, "refuse request"),
        ("only-if-cached, no-store", "max-age=60", 30, "use"),
        ("only-if-cached", "max-age=60, stale-while-revalidate=40", 90, "use stale"),
    ],
)
def test_decisions(request_control: str, control: str, ago: float, expected: str) -> None:
    """Section 4."""
    assert outcome(request_control, stored(control, ago=ago)) == expected


def test_nothing_is_stored() -> None:
    assert outcome("", None) == "forward miss"
    assert outcome("no-cache", None) == "forward miss"
    assert outcome("only-if-cached", None) == "refuse miss"  # 5.2.1.7


@pytest.mark.parametrize("control", ["s-maxage=60", "max-age=60, proxy-revalidate"])
def test_shared_caches_validate(control: str) -> None:
    """Sections 5.2.2.8 and 5.2.2.10."""
    assert outcome("max-stale", stored(control, SHARED, ago=90)) == "forward stale"
    assert outcome("max-stale", stored(control, PRIVATE, ago=90)) == "use stale"


def test_a_clock_set_back_means_validation() -> None:
    assert outcome("", stored("max-age=60", ago=-3600)) == "forward stale"


@pytest.mark.parametrize(
    ("request_control", "control", "ago", "policy", "expected"),
    [
        ("", "max-age=60, stale-if-error=40", 90, PRIVATE, True),
        ("", "max-age=60, stale-if-error=29", 90, PRIVATE, False),
        ("", "max-age=60", 90, PRIVATE, False),
        ("", "max-age=60", 90, CachePolicy(stale_if_error=40.0), True),
        ("", "max-age=60, stale-if-error=0", 90, CachePolicy(stale_if_error=40.0), False),
        ("stale-if-error=40", "max-age=60", 90, PRIVATE, True),
        ("stale-if-error=20", "max-age=60", 90, PRIVATE, False),
        ("max-age=0, stale-if-error=40", "max-age=60", 30, PRIVATE, True),
        ("no-cache, stale-if-error=40", "max-age=60", 30, PRIVATE, False),
        ("no-store, stale-if-error=40", "max-age=60", 30, PRIVATE, False),
        ("stale-if-error=40", "max-age=60, must-revalidate", 90, PRIVATE, False),
        ("stale-if-error=40", "max-age=60, no-cache", 90, PRIVATE, False),
        ("stale-if-error=40", "s-maxage=60", 90, SHARED, False),
    ],
)
def test_stale_if_error(request_control: str, control: str, ago: float, policy: CachePolicy, expected: bool) -> None:
    """RFC 5861 section 4, RFC 9111 section 4.2.4."""
    directives = request_directives(asked(request_control))
    assert stale_on_error(directives, None, stored(control, policy, ago=ago), NOW) is expected


def test_stale_if_error_without_anything_stored() -> None:
    directives = request_directives(asked("stale-if-error=40"))
    assert not stale_on_error(directives, None, None, NOW)
    assert not stale_on_error(directives, None, stored("max-age=60", ago=90, length=100), NOW)


@pytest.mark.parametrize(
    ("headers", "etag", "modified", "expected"),
    [
        ({"If-None-Match": '"1"'}, '"1"', -100, True),
        ({"If-None-Match": '"2"'}, '"1"', -100, False),
        ({"If-None-Match": '"2", W/"1"'}, '"1"', -100, True),  # weak comparison: RFC 9110 section 13.1.2
        ({"If-None-Match": '"1"'}, 'W/"1"', -100, True),
        ({"If-None-Match": "*"}, "", -100, True),
        ({"If-None-Match": '"1"'}, "", -100, False),
        ({"If-None-Match": '"2"', "If-Modified-Since": date()}, '"1"', -100, False),  # If-None-Match alone counts
        ({"If-Modified-Since": date(-100)}, '"1"', -100, True),
        ({"If-Modified-Since": date(-99)}, '"1"', -100, True),
        ({"If-Modified-Since": date(-101)}, '"1"', -100, False),
        ({"If-Modified-Since": "?"}, '"1"', -100, False),
        ({"If-Modified-Since": date(-20)}, "", None, False),  # without Last-Modified: the Date
        ({"If-Modified-Since": date(-5)}, "", None, True),
        ({}, '"1"', -100, False),
    ],
)
def test_conditions_of_the_client(headers: dict[str, str], etag: str, modified: float | None, expected: bool) -> None:
    """Section 4.3.2."""
    fields = {"Date": date(-10)}
    fields |= {"ETag": etag} if etag else {}
    fields |= {"Last-Modified": date(modified)} if modified is not None else {}
    assert not_modified(asked(headers), stored(fields)) is expected
    assert is_conditional(asked(headers)) is bool(headers)


@pytest.mark.parametrize(
    ("value", "length", "expected"),
    [
        ("bytes=0-4", 10, (0, 5)),
        ("bytes=5-", 10, (5, 10)),
        ("bytes=-3", 10, (7, 10)),
        ("bytes=-30", 10, (0, 10)),
        ("bytes=8-20", 10, (8, 10)),
        ("Bytes= 0-0 ", 10, (0, 1)),
        ("bytes=10-", 10, None),
        ("bytes=-0", 10, None),
        ("bytes=0-", 0, None),
        ("bytes=-5", 0, None),
    ],
)
def test_ranges(value: str, length: int, expected: tuple[int, int] | None) -> None:
    """RFC 9110 section 14.1.2."""
    wanted = parse_range(value)
    assert wanted is not None
    assert wanted.within(length) == expected
    assert wanted_range(asked({"Range": value})) == (wanted, True)


@pytest.mark.parametrize("value", ["", "bytes=", "bytes=-", "bytes=4-3", "bytes=0-1,3-4", "items=0-1", "bytes=a-b"])
def test_what_is_no_range_here(value: str) -> None:
    assert parse_range(value) is None
    assert wanted_range(asked({"Range": value})) == (None, False)
    assert wanted_range(asked()) == (None, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes 0-4/10", (0, 5, 10)),
        ("bytes 5-9/10", (5, 10, 10)),
        ("bytes 5-10/10", None),
        ("bytes 5-4/10", None),
        ("bytes 0-4/*", None),
        ("bytes */10", None),
        ("", None),
    ],
)
def test_content_ranges(value: str, expected: tuple[int, int, int] | None) -> None:
    assert parse_content_range(value) == expected


def part(start: int, size: int, etag: str = '"1"', **fields: Any) -> Stored:
    headers = {"ETag": etag} if etag else {}
    return stored(headers, id=f"{start}+{size}", start=start, body=size, **{"length": 100, **fields})


def test_what_a_part_covers() -> None:
    """Section 3.3."""
    entry = part(10, 20).entry
    ranges = {(10, 29): True, (15, 20): True, (9, 20): False, (10, 30): False, (None, 80): False, (200, None): True}
    for (first, last), expected in ranges.items():
        assert covers(entry, ByteRange(first, last)) is expected, (first, last)
    assert not covers(entry, None)
    assert covers(part(0, 100).entry, None)
    assert covers(part(90, 10).entry, ByteRange(None, 10))


def test_a_part_answers_only_what_it_has() -> None:
    fresh = stored("max-age=60", start=10, body=20, length=100)
    assert outcome("", fresh, ByteRange(10, 20)) == "use"
    assert outcome("", fresh, ByteRange(0, 20)) == "forward partial"
    assert outcome("", fresh) == "forward partial"
    assert outcome("only-if-cached", fresh) == "refuse partial"


@pytest.mark.parametrize(
    ("start", "size", "etag", "expected"),
    [
        (0, 40, '"1"', (40, 100)),
        (40, 60, '"1"', (0, 40)),
        (10, 20, '"1"', None),
        (0, 40, 'W/"1"', None),  # 3.4: the validator must be strong
        (0, 40, "", None),
        (0, 100, '"1"', None),
    ],
)
def test_what_is_missing(start: int, size: int, etag: str, expected: tuple[int, int] | None) -> None:
    assert missing(part(start, size, etag)) == expected


def test_parts_are_put_together() -> None:
    """Section 3.4."""
    a, b, c = part(0, 20), part(30, 20), part(60, 10)
    new = asked({"ETag": '"1"'})
    joint = joint_of(20, 30, 100, [a, b, c], new)
    assert joint == (0, (a.entry, 0, 20), (b.entry, 0, 20), (a.entry, b.entry))
    assert joint_of(21, 29, 100, [a, b, c], new) == (21, None, None, ())
    overlapping = joint_of(10, 65, 100, [a, b, c], new)
    assert overlapping == (0, (a.entry, 0, 10), (c.entry, 5, 5), (a.entry, b.entry, c.entry))
    assert joint_of(0, 100, 100, [a, b, c], new).used == (a.entry, b.entry, c.entry)
    inside = joint_of(35, 40, 100, [b], new)
    assert inside == (30, (b.entry, 0, 5), (b.entry, 10, 10), (b.entry,))


@pytest.mark.parametrize(
    ("etag", "length", "new"), [('"2"', 100, '"1"'), ('W/"1"', 100, 'W/"1"'), ("", 100, ""), ('"1"', 101, '"1"')]
)
def test_parts_of_other_bodies_are_not(etag: str, length: int, new: str) -> None:
    """Section 3.4: the same strong validator."""
    old = part(0, 20, etag, length=length)
    assert joint_of(20, 30, 100, [old], asked({"ETag": new})) == (20, None, None, ())


@pytest.mark.parametrize(
    ("value", "headers", "expected"),
    [
        ('"1"', {"ETag": '"1"'}, True),
        ('"2"', {"ETag": '"1"'}, False),
        ('W/"1"', {"ETag": 'W/"1"'}, False),
        ('"1"', {"ETag": 'W/"1"'}, False),
        ('"1"', {}, False),
        (date(-100), {"Last-Modified": date(-100), "Date": date()}, True),
        (date(-100), {"Last-Modified": date(-99), "Date": date()}, False),
        (date(), {"Last-Modified": date(), "Date": date()}, False),  # changed in the second it was sent
        ("x", {"Last-Modified": "x"}, False),
    ],
)
def test_if_range(value: str, headers: dict[str, str], expected: bool) -> None:
    """RFC 9110 section 13.1.5."""
    assert if_range_holds(value, stored(headers)) is expected


def test_the_newest_answers() -> None:
    """Section 4: by Date."""
    old = stored({"Date": date(-50), "ETag": '"1"'}, ago=10, id="old")
    new = stored({"Date": date(-20), "ETag": '"2"'}, ago=20, id="new")
    assert choose([old, new], None) is new
    assert choose([], None) is None
    newer, older = part(0, 10, response_time=NOW), part(50, 10, response_time=NOW - 5)
    assert choose([newer, older], ByteRange(50, 55)) is older
    assert choose([newer, older], ByteRange(70, 75)) is newer
    other = part(50, 10, '"2"', response_time=NOW - 5)
    assert choose([newer, other], ByteRange(50, 55)) is newer

"""Validation: RFC 9111 sections 3.2, 4.3.1, 4.3.4 and 4.3.5."""

from __future__ import annotations

import pytest

from duohttp import Headers
from duohttp.rules.caching_freshness import Stored
from duohttp.rules.caching_keys import selecting
from duohttp.rules.caching_validation import conditions, freshened, head_agrees, merged, updated_by, with_expiry

from .caching_support import NOW, PRIVATE, SHARED, asked, date, raw, stored


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": '"1"'}, {"If-None-Match": '"1"'}),
        ({"ETag": 'W/"1"'}, {"If-None-Match": 'W/"1"'}),
        ({"Last-Modified": date(-9)}, {"If-Modified-Since": date(-9)}),
        ({"ETag": '"1"', "Last-Modified": "x"}, {"If-None-Match": '"1"', "If-Modified-Since": "x"}),
        ({"ETag": ""}, {}),
        ({}, {}),
    ],
)
def test_conditions(headers: dict[str, str], expected: dict[str, str]) -> None:
    """Section 4.3.1."""
    assert conditions(stored(headers)) == expected


MODIFIED = date(-9)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"ETag": '"1"'}, ["a", "c"]),  # all with the strong validator
        ({"ETag": '"1"', "Last-Modified": MODIFIED}, ["a", "c"]),
        ({"ETag": '"3"'}, []),  # none has it: nothing may be updated
        ({"ETag": '"3"', "Last-Modified": MODIFIED}, []),
        ({"ETag": 'W/"2"'}, ["b"]),  # a weak one: the newest that matches
        ({"ETag": 'W/"1"'}, ["a"]),
        ({"ETag": 'W/"3"'}, []),
        ({"Last-Modified": MODIFIED}, ["b"]),
        ({"Last-Modified": date(-8)}, []),
        ({}, ["a"]),  # no validator at all: the one that was validated
    ],
)
def test_which_responses_a_304_is_about(answer: dict[str, str], expected: list[str]) -> None:
    """Section 4.3.4."""
    a = stored({"ETag": '"1"'}, id="a")
    b = stored({"ETag": 'W/"2"', "Last-Modified": MODIFIED}, id="b")
    c = stored({"ETag": '"1"', "Last-Modified": MODIFIED}, id="c")
    d = stored({"ETag": 'W/"2"', "Last-Modified": MODIFIED}, id="d")
    assert [found.entry.id for found in updated_by(Headers(answer), [a, b, c, d], a)] == expected


def test_a_304_nobody_asked_for() -> None:
    """Section 4.3.4: without validators only a lone response without one."""
    bare, tagged = stored({}), stored({"ETag": '"1"'})
    assert updated_by(Headers(), [bare], None) == [bare]
    assert updated_by(Headers(), [tagged], None) == []
    assert updated_by(Headers(), [bare, tagged], None) == []
    assert updated_by(Headers(), [], None) == []


def test_merging() -> None:
    """Section 3.2."""
    old = raw(
        [
            ("Content-Length", "10"),
            ("Content-Encoding", "gzip"),
            ("Content-Type", "text/plain"),
            ("X-Old", "stays"),
            ("X-Both", "1"),
            ("x-both", "2"),
            ("Age", "50"),
        ]
    )
    new = raw(
        [
            ("Content-Length", "0"),
            ("content-encoding", "br"),
            ("Content-Range", "bytes 0-1/2"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Type", "text/html"),
            ("X-BOTH", "3"),
            ("X-New", "a"),
            ("X-New", "b"),
        ]
    )
    assert merged(old, new) == raw(
        [
            ("Content-Length", "10"),
            ("Content-Encoding", "gzip"),
            ("X-Old", "stays"),
            ("Content-Type", "text/html"),
            ("X-BOTH", "3"),
            ("X-New", "a"),
            ("X-New", "b"),
        ]
    )
    assert merged(old, raw({"Age": "7"}))[-1] == (b"Age", b"7")


def test_a_304_makes_it_fresh() -> None:
    """Sections 3.1, 3.2, 4.3.4."""
    old = stored({"Cache-Control": "max-age=5", "ETag": '"1"', "Date": date(-100)}, ago=100)
    answer = {"Date": date(-1), "Cache-Control": "max-age=60", "Connection": "X-Hop", "X-Hop": "1", "Set-Cookie": "a=1"}
    new = freshened(old.entry, raw(answer), asked(), (NOW - 2, NOW - 1), PRIVATE)
    assert (new.id, new.key, new.size, new.request_time, new.response_time) == (
        "1",
        old.entry.key,
        10,
        NOW - 2,
        NOW - 1,
    )
    assert Headers.from_raw(new.headers) == Headers({"ETag": '"1"', "Date": date(-1), "Cache-Control": "max-age=60"})
    assert Stored(new, PRIVATE).left(NOW) == 59 - 1  # one second of delay, one since


def test_a_304_that_changes_vary() -> None:
    """Section 4.1: the variant is chosen as the newer head says."""
    old = stored({"ETag": '"1"', "Vary": "Accept"}, vary=selecting(("accept",), asked({"Accept": "a"}), shared=True))
    request = asked({"Accept": "a", "Origin": "o"})
    new = freshened(old.entry, raw({"Vary": "Accept, Origin"}), request, (NOW, NOW), SHARED)
    assert new.vary == selecting(("accept", "origin"), request, shared=True)
    assert freshened(old.entry, (), request, (NOW, NOW), SHARED).vary == old.entry.vary


def test_a_304_that_makes_fields_private() -> None:
    """Section 5.2.2.7: what a shared cache must not keep goes, too."""
    old = stored({"ETag": '"1"', "X-User": "ada"}, SHARED)
    new = freshened(old.entry, raw({"Cache-Control": 'private="x-user"'}), asked(), (NOW, NOW), SHARED)
    assert Headers.from_raw(new.headers) == Headers({"ETag": '"1"', "Cache-Control": 'private="x-user"'})


@pytest.mark.parametrize(
    ("headers", "expires"),
    [
        ({"Cache-Control": "max-age=60"}, NOW + 60),
        ({"Cache-Control": "max-age=60, stale-if-error=40, stale-while-revalidate=9"}, NOW + 100),
        ({"Cache-Control": "max-age=60", "Age": "10"}, NOW + 50),
        ({"Cache-Control": "max-age=60", "ETag": '"1"'}, None),
        ({"Last-Modified": date(-5)}, None),
        ({}, NOW),
    ],
)
def test_when_nobody_has_a_use_for_it(headers: dict[str, str], expires: float | None) -> None:
    assert with_expiry(stored(headers).entry, PRIVATE).expires_at == expires


@pytest.mark.parametrize(
    ("answer", "agrees"),
    [
        ({}, True),
        ({"ETag": '"1"', "Last-Modified": MODIFIED, "Content-Length": "10"}, True),
        ({"ETag": '"2"'}, False),
        ({"Last-Modified": date(-8)}, False),
        ({"Content-Length": "11"}, False),
        ({"X": "1"}, True),
    ],
)
def test_a_head_is_about_the_stored_body_or_not(answer: dict[str, str], agrees: bool) -> None:
    """Section 4.3.5."""
    assert head_agrees(stored({"ETag": '"1"', "Last-Modified": MODIFIED}), Headers(answer)) is agrees
    assert head_agrees(stored({}), Headers({"ETag": '"1"'}))

"""What a cache remembers of calls under way, bodies on their way into a storage, and what is told of it all."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duohttp import CacheEntry, CacheStatus, CacheWriter, Headers, MemoryCacheStorage
from duohttp.plugins.cache_body import BodyStore, open_slice, read_slice
from duohttp.rules.caching_directives import MAX_SECONDS, cache_control, targeted
from duohttp.rules.caching_freshness import age_value
from duohttp.rules.caching_ranges import parse_content_range, parse_range
from duohttp.rules.caching_state import MAX_ALONE, CacheState

from .caching_support import SHARED, stored

ENTRY = CacheEntry(id="1", key="k")


def test_keys_that_go_alone_are_bounded() -> None:
    state = CacheState()
    for number in range(MAX_ALONE + 10):
        state.note(str(number), useful=False)
    assert [state.goes_alone(str(number)) for number in (0, 9, 10, MAX_ALONE)] == [False, False, True, True]
    state.note("10", useful=True)
    assert not state.goes_alone("10")
    assert len(state._alone) == MAX_ALONE - 1


def test_what_is_on_its_way_can_be_dropped() -> None:
    state = CacheState()
    one, two, other = state.begin("k"), state.begin("k"), state.begin("other")
    state.end(two)
    state.end(two)
    state.drop(["k", "never"])
    assert (one.dropped, two.dropped, other.dropped) == (True, False, False)
    state.drop(None)
    assert other.dropped
    assert not state.begin("k").dropped
    state.end(one)


def test_a_body_that_is_dropped_before_it_is_shown() -> None:
    storage, state = MemoryCacheStorage(), CacheState()
    pending = state.begin("k")
    store = BodyStore(storage, ENTRY, pending)
    assert store.add([b"abc"])
    state.drop(["k"])
    assert not store.finish([])
    assert storage.entries("k") == []


def test_a_body_that_is_dropped_at_that_very_moment() -> None:
    state = CacheState()
    pending = state.begin("k")

    class Late(MemoryCacheStorage):
        def create(self, entry: CacheEntry) -> CacheWriter:
            return Writer(super().create(entry))

    class Writer(CacheWriter):
        def __init__(self, inner: CacheWriter | None) -> None:
            assert inner is not None
            self.inner = inner

        def write(self, data: bytes) -> bool:
            return self.inner.write(data)

        def commit(self, entry: CacheEntry, replaces: Iterable[str] = ()) -> bool:
            state.drop(["k"])
            return self.inner.commit(entry, replaces)

        def abort(self) -> None:
            self.inner.abort()

    storage = Late()
    assert not BodyStore(storage, ENTRY, pending).whole(b"abc", [])
    assert storage.entries("k") == []


def test_parts_that_make_a_whole() -> None:
    """RFC 9111 section 3.4."""
    storage, state = MemoryCacheStorage(), CacheState()
    part = ENTRY.replace(status_code=206, reason_phrase="Partial Content", start=0, size=3, length=9)
    assert BodyStore(storage, part, state.begin("k"), expected=3).whole(b"abc", [])
    rest = part.replace(id="2", start=6)
    assert BodyStore(storage, rest, state.begin("k"), expected=3).whole(b"ghi", [])
    first, last = sorted(storage.entries("k"), key=lambda entry: entry.start)
    middle = part.replace(id="3")
    store = BodyStore(
        storage, middle, state.begin("k"), replaces=["1", "2"], before=(first, 0, 3), after=(last, 0, 3), expected=3
    )
    assert store.whole(b"def", [])
    (entry,) = storage.entries("k")
    assert (entry.status_code, entry.reason_phrase, entry.size, entry.length) == (200, "OK", 9, 9)
    assert entry.headers == ((b"Content-Length", b"9"),)
    assert read_slice(storage, (entry, 0, 9)) == b"abcdefghi"


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_part_that_is_gone_meanwhile(where: str) -> None:
    storage, state = MemoryCacheStorage(), CacheState()
    gone = ENTRY.replace(id="gone", size=3, length=9)
    places = {where: (gone, 0, 3)}
    store = BodyStore(storage, ENTRY.replace(status_code=206, length=9), state.begin("k"), **places)  # type: ignore[arg-type]
    assert not store.whole(b"abc", [])
    assert storage.entries("k") == []


def test_bytes_that_are_not_there() -> None:
    storage, state = MemoryCacheStorage(), CacheState()
    assert BodyStore(storage, ENTRY, state.begin("k")).whole(b"abc", [])
    (entry,) = storage.entries("k")
    assert read_slice(storage, (entry, 1, 3)) is None
    assert open_slice(storage, (entry, 1, 3)) is None
    opened = open_slice(storage, (entry, 1, 2))
    assert opened is not None
    assert opened[1] == b"bc"
    storage.clear()
    assert read_slice(storage, (entry, 0, 3)) is None
    assert open_slice(storage, (entry, 0, 3)) is None


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (CacheStatus("hit", age=1.0, ttl=5), "duohttp; hit; ttl=5"),
        (CacheStatus("stale", ttl=-5, collapsed=True), "duohttp; hit; ttl=-5; collapsed"),
        (
            CacheStatus("miss", fwd="uri-miss", fwd_status=200, stored=True),
            "duohttp; fwd=uri-miss; fwd-status=200; stored",
        ),
        (CacheStatus("bypass", fwd="method"), "duohttp; fwd=method"),
        (CacheStatus("miss", fwd="miss", detail="no-store"), 'duohttp; fwd=miss; detail="no-store"'),
    ],
)
def test_the_field_that_tells_it(status: CacheStatus, text: str) -> None:
    """RFC 9211."""
    assert str(status) == text
    assert status.from_cache is (status.outcome in ("hit", "stale"))


FIELDS = st.text(st.sampled_from('abmax-age=no-store,private"\\; \t()?:0159x*\x7f\xe9'), max_size=60)


@given(FIELDS, FIELDS)
def test_whatever_comes_is_read(one: str, two: str) -> None:
    """No field makes the rules fail, nor gives a number that is none."""
    for directives in (cache_control([one, two]), targeted([one, two])):
        if directives is not None:
            for name in ("max-age", "s-maxage", "stale-if-error"):
                assert 0 <= (directives.seconds(name) or 0) <= MAX_SECONDS
            assert directives.fields("private") is None or isinstance(directives.fields("private"), frozenset)
    parse_range(one)
    parse_content_range(one)
    assert 0 <= age_value(Headers({"Age": one})) <= MAX_SECONDS
    response = stored({"Cache-Control": one, "CDN-Cache-Control": two, "Expires": one, "Age": two, "Vary": one}, SHARED)
    assert response.age(0.0) >= 0
    assert response.lifetime >= 0

"""The storage in memory: what every storage does, and its bounds."""

from __future__ import annotations

import os
import pickle

import pytest

from duohttp import CacheEntry, CacheStorage, MemoryCacheStorage

from .cache_storage_contract import KEY, CacheStorageContract, body_of, entry, put


class TestContract(CacheStorageContract):
    @pytest.fixture
    def storage(self) -> CacheStorage:
        return MemoryCacheStorage()


def test_the_last_used_stay() -> None:
    storage = MemoryCacheStorage(40_000)
    one = put(storage, entry("1", "k1"), b"1" * 10_000)
    two = put(storage, entry("2", "k2"), b"2" * 10_000)
    put(storage, entry("3", "k3"), b"3" * 10_000)
    assert body_of(storage, one) is not None
    put(storage, entry("4", "k4"), b"4" * 10_000)
    assert body_of(storage, two) is None
    assert storage.entries("k2") == []
    assert [len(storage.entries(key)) for key in ("k1", "k3", "k4")] == [1, 1, 1]
    assert len(storage) == 3
    assert 30_000 < storage.size <= 40_000


def test_large_bodies_are_refused_while_they_come() -> None:
    storage = MemoryCacheStorage(40_000)
    put(storage, entry("1"), b"1")
    writer = storage.create(entry("2"))
    assert writer is not None
    assert writer.write(b"x" * 9_000)
    assert not writer.write(b"x" * 2_000)
    writer.abort()
    assert storage.create(entry("3", body=b"x" * 10_001)) is None
    assert len(storage) == 1


def test_a_storage_of_no_size_keeps_nothing() -> None:
    storage = MemoryCacheStorage(0)
    writer = storage.create(entry("1"))
    assert writer is not None
    assert not writer.commit(entry("1"))
    small = MemoryCacheStorage(2000, max_body=10_000)
    kept = put(small, entry("kept"), b"kept")
    writer = small.create(entry("1"))
    assert writer is not None
    assert writer.write(b"x" * 5000)
    assert not writer.commit(entry("1", body=b"x" * 5000), ("other",))
    assert small.entries(KEY) == [kept]


def test_longer_heads_count() -> None:
    storage = MemoryCacheStorage(5000)
    put(storage, entry("1", "k1"), b"1")
    new = put(storage, entry("2", "k2"), b"2")
    before = storage.size
    assert storage.update(new.replace(headers=((b"X", b"x" * 4000),)))
    assert storage.size > before
    assert storage.entries("k1") == []
    assert storage.update(new.replace(headers=((b"X", b"x" * 5000),)))
    assert storage.entries("k2") == []
    assert storage.size == len(storage) == 0


def test_sizes_come_back_to_nothing() -> None:
    storage = MemoryCacheStorage()
    for number in range(5):
        put(storage, entry(str(number), f"k{number % 2}"), b"x" * number)
    put(storage, entry("0", "k0"), b"again")
    storage.remove("k0")
    storage.remove("k1", ["1", "3"])
    assert storage.size == len(storage) == 0


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "1"])
def test_sizes_are_checked(wrong: object) -> None:
    with pytest.raises((TypeError, ValueError), match="max_size"):
        MemoryCacheStorage(wrong)  # type: ignore[arg-type]
    with pytest.raises((TypeError, ValueError), match="max_body"):
        MemoryCacheStorage(max_body=wrong)  # type: ignore[arg-type]


def test_a_copy_has_the_bounds_and_no_responses() -> None:
    storage = MemoryCacheStorage(1000, max_body=10)
    copy = pickle.loads(pickle.dumps(storage))
    assert (copy.max_size, copy.max_body, len(copy)) == (1000, 10, 0)
    assert bool(copy)
    assert repr(copy) == "MemoryCacheStorage(1000)"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_begins_with_nothing() -> None:
    storage = MemoryCacheStorage()
    put(storage, entry("1"), b"1")
    with storage._room().lock:  # held by another thread, as far as the child can tell
        child = os.fork()
        if child == 0:
            os._exit(0 if storage.entries(KEY) == [] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(storage) == 1


def test_entries_as_bytes() -> None:
    stored = entry("1", time=12.25, body=b"abc", expires_at=None)
    assert CacheEntry.load(stored.dump()) == stored
    part = entry("1", key="ä", start=5, size=3, length=9, expires_at=1.5)
    assert CacheEntry.load(part.dump()) == part


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"{}",
        b"[1]",
        b"[2,{}]",
        b"[1,{}]",
        b'[1,{"id":"1","key":"k","headers":[],"trailers":[],"vary":[],"more":1}]',
        b'[1,{"id":1,"key":"k","headers":[],"trailers":[],"vary":[]}]',
        b'[1,{"id":"1","key":"k","headers":[["a"]],"trailers":[],"vary":[]}]',
        b'[1,{"id":"1","key":"k","headers":[],"trailers":[],"vary":[],"size":-1}]',
        b'[1,{"id":"1","key":"k","headers":[],"trailers":[],"vary":[],"size":5,"length":4}]',
        b'[1,{"id":"1","key":"k","headers":[],"trailers":[],"vary":[],"response_time":null}]',
        b'[1,{"id":"1","key":"k","headers":[],"trailers":[],"vary":[],"response_time":"x"}]',
    ],
)
def test_what_is_no_entry_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a cache entry of this version"):
        CacheEntry.load(data)

"""The storage in Redis: what every storage does, and a server that forgets, is slow, or is not there."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import CacheStorage, Client, HttpCache, MissingExtra, MockEngine, RedisCacheStorage, reply

from ..servers.raw import Close, Hang, RawServer
from ..servers.redis_server import Redis, run_redis
from .cache_storage_contract import KEY, CacheStorageContract, body_of, entry, put

pytest.importorskip("redis")


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """A running Redis."""
    with run_redis() as server:
        yield server


@pytest.fixture
def storage(redis: Redis) -> Iterator[RedisCacheStorage]:
    """An empty storage."""
    storage = RedisCacheStorage(redis.url)
    storage.clear()
    yield storage
    storage.close()


def keys(storage: RedisCacheStorage, pattern: str = "*") -> list[bytes]:
    """Return the keys on the server."""
    found: list[bytes] = storage._client().keys(pattern)
    return found


class TestContract(CacheStorageContract):
    outside = True

    @pytest.fixture
    def storage(self, redis: Redis) -> Iterator[CacheStorage]:
        storage = RedisCacheStorage(redis.url)
        storage.clear()
        yield storage
        storage.close()


def test_nothing_is_left_behind(storage: RedisCacheStorage) -> None:
    one = put(storage, entry("1", time=1.0), b"1")
    put(storage, entry("1", time=2.0), b"again")
    put(storage, entry("2"), b"2", replaces=("1",))
    assert body_of(storage, one) is None
    assert len(keys(storage)) == 2  # one entry, one body
    storage.remove(KEY)
    assert keys(storage) == []


def test_prefixes_keep_storages_apart(redis: Redis, storage: RedisCacheStorage) -> None:
    other = RedisCacheStorage(redis.url, prefix="a[b]*?\\c^d")
    stored = put(storage, entry("1"), b"1")
    put(other, entry("1"), b"other")
    assert body_of(storage, stored) == b"1"
    other.clear()
    assert other.entries(KEY) == []
    assert body_of(storage, stored) == b"1"
    assert {name.split(b":")[0] for name in keys(storage)} == {b"duohttp"}
    other.close()


def test_what_nobody_uses_goes(redis: Redis) -> None:
    storage = RedisCacheStorage(redis.url, ttl=100)
    storage.clear()
    stored = put(storage, entry("1"), b"1")
    client = storage._client()
    assert {0 < client.ttl(name) <= 100 for name in keys(storage)} == {True}
    for name in keys(storage):
        client.expire(name, 10)
    assert body_of(storage, stored) == b"1"  # a use
    assert {client.ttl(name) > 10 for name in keys(storage)} == {True}
    for name in keys(storage):
        client.expire(name, 10)
    assert storage.update(stored)
    assert {client.ttl(name) > 10 for name in keys(storage)} == {True}
    storage.close()


def test_what_nobody_has_a_use_for_goes_sooner(storage: RedisCacheStorage) -> None:
    put(storage, entry("1", expires_at=1.0), b"1")  # long ago
    assert sorted(storage._client().ttl(name) < 10 for name in keys(storage)) == [False, True]


def test_bodies_that_the_server_evicted(storage: RedisCacheStorage) -> None:
    stored = put(storage, entry("1"), b"body")
    reader = storage.open(stored)
    assert reader is not None
    (body,) = [name for name in keys(storage) if storage._client().type(name) == b"string"]
    storage._client().delete(body)
    with pytest.raises(LookupError):
        reader.read(0, 4)
    assert storage.entries(KEY) == [stored]
    assert storage.open(stored) is None


@pytest.mark.parametrize("damage", [b"", b"bod", b"body and more"])
def test_bodies_of_another_size(storage: RedisCacheStorage, damage: bytes) -> None:
    stored = put(storage, entry("1"), b"body")
    (body,) = [name for name in keys(storage) if storage._client().type(name) == b"string"]
    storage._client().set(body, damage)
    assert storage.open(stored) is None


def test_values_that_are_no_entries(storage: RedisCacheStorage) -> None:
    stored = put(storage, entry("1"), b"body")
    (home,) = [name for name in keys(storage) if storage._client().type(name) == b"hash"]
    storage._client().hset(home, "2", b"x" * 100)
    storage._client().hset(home, "3", b"")
    assert storage.entries(KEY) == [stored]


def test_large_bodies_are_refused_while_they_come(redis: Redis) -> None:
    storage = RedisCacheStorage(redis.url, max_body=1000)
    writer = storage.create(entry("1"))
    assert writer is not None
    assert writer.write(b"x" * 1000)
    assert not writer.write(b"x")
    writer.abort()
    assert storage.create(entry("1", body=b"x" * 1001)) is None
    storage.close()


def test_a_body_that_is_not_as_long_as_its_entry_says(storage: RedisCacheStorage) -> None:
    writer = storage.create(entry("1"))
    assert writer is not None
    writer.write(b"abc")
    assert not writer.commit(entry("1", body=b"abcd"))
    assert keys(storage) == []


def test_updates_of_others_at_the_same_time(storage: RedisCacheStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = put(storage, entry("1"), b"body")
    other = RedisCacheStorage(storage._url)
    really = type(stored).dump
    rivals = [stored.replace(response_time=1.0), stored.replace(response_time=2.0)]

    def dump(self: Any) -> bytes:
        if rivals:
            assert other.update(rivals.pop())
        return really(self)

    changed = stored.replace(response_time=3.0)
    monkeypatch.setattr(type(stored), "dump", dump)
    assert storage.update(changed)
    assert rivals == []
    assert storage.entries(KEY) == [changed]
    other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_uses_connections_of_its_own(storage: RedisCacheStorage) -> None:
    one = put(storage, entry("1"), b"1")
    child = os.fork()
    if child == 0:
        fine = body_of(storage, one) == b"1" and put(storage, entry("2", time=1.0), b"2")
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [each.id for each in storage.entries(KEY)] == ["1", "2"]


def test_secrets_are_not_shown(storage: RedisCacheStorage, redis: Redis) -> None:
    assert repr(storage) == f"RedisCacheStorage('redis://127.0.0.1:{redis.port}/0')"
    copy = pickle.loads(pickle.dumps(storage))
    assert (copy.prefix, copy.ttl, copy.max_body) == (storage.prefix, storage.ttl, storage.max_body)
    wrong = RedisCacheStorage(redis.url.replace("secret", "s3cret"))
    with pytest.raises(OSError, match="the cache in Redis failed") as caught:
        wrong.entries(KEY)
    assert "s3cret" not in str(caught.value)
    wrong.close()


@pytest.mark.parametrize(
    "options", [{"ttl": 0}, {"ttl": True}, {"max_body": -1}, {"max_body": 1.5}, {"url": "http://x"}]
)
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"is a (whole )?number|scheme"):
        RedisCacheStorage(**options)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(MissingExtra, match=r"install duohttp\[redis\]"):
        RedisCacheStorage()


@pytest.mark.parametrize("answer", [[Close()], [Hang()], [b"", Close()]])
def test_a_server_that_does_not_answer_is_a_miss(answer: list[Any]) -> None:
    with RawServer(answer) as server:
        storage = RedisCacheStorage(f"redis://127.0.0.1:{server.port}/0", socket_timeout=0.1)
        engine = MockEngine(reply(200, content=b"ok", headers={"Cache-Control": "max-age=60"}))
        with Client(engine=engine, plugins=[HttpCache(storage)]) as client:
            assert [client.get("https://a.test/").text for _ in range(2)] == ["ok"] * 2
        assert len(engine.history) == 2


def test_clients_of_two_storages_share_responses(redis: Redis, storage: RedisCacheStorage) -> None:
    engine = MockEngine(reply(200, content=b"ok", headers={"Cache-Control": "max-age=60"}))
    for _ in range(2):
        with Client(engine=engine, plugins=[HttpCache(RedisCacheStorage(redis.url))]) as client:
            assert client.get("https://a.test/").text == "ok"
    assert len(engine.history) == 1

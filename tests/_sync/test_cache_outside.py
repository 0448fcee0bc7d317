# Generated from tests/_async/test_cache_outside.py by scripts/generate_sync.py. Do not edit.
"""HttpCache with storages outside of the process: a SQLite file and a Redis server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from duohttp import (
    CacheEntry,
    CacheStorage,
    Client,
    HttpCache,
    MemoryCacheStorage,
    MockEngine,
    RedisCacheStorage,
    SqliteCacheStorage,
    reply,
)
from duohttp._concurrency import ManualClock, use_clock
from duohttp.engines.mock import Recorded, Reply

from ..servers.redis_server import run_redis

pytestmark = pytest.mark.anyio

URL = "https://a.test/page"
LARGE = hashlib.shake_256(b"large").digest(3_000_000)
Storages = Callable[[], CacheStorage]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """Where a Redis runs."""
    pytest.importorskip("redis")
    with run_redis() as server:
        yield server.url


@pytest.fixture(params=["sqlite", "redis"])
def storages(request: pytest.FixtureRequest, tmp_path: Path) -> Storages:
    """Make objects for the same, empty place."""
    if request.param == "sqlite":
        return lambda: SqliteCacheStorage(tmp_path / "cache.db")
    url = request.getfixturevalue("redis_url")
    RedisCacheStorage(url).clear()
    return lambda: RedisCacheStorage(url)


class Site:
    """A server that counts, and clients of it."""

    def __init__(self, body: bytes = b"hello", *, control: str = "max-age=60") -> None:
        self.body = body
        self.control = control
        self.engine = MockEngine(self.answer)

    def answer(self, recorded: Recorded) -> Reply:
        """Answer with the body, or that it is the same."""
        headers = {"Cache-Control": self.control, "ETag": '"1"'}
        if recorded.headers.get("if-none-match") == '"1"':
            return reply(304, headers=headers)
        return reply(200, content=self.body, headers=headers)

    def client(self, storage: CacheStorage) -> Client:
        """Return a client with a cache."""
        return Client(engine=self.engine, plugins=[HttpCache(storage)])


def test_one_client_stores_and_another_finds(storages: Storages) -> None:
    site = Site()
    for expected in ("miss", "hit", "hit"):
        with site.client(storages()) as client:
            response = client.get(URL)
            assert (response.text, response.cache_status.outcome) == ("hello", expected)  # type: ignore[union-attr]
    assert len(site.engine.history) == 1


def test_large_bodies_are_streamed_in_and_out(storages: Storages) -> None:
    site = Site(LARGE)
    with site.client(storages()) as client:
        for expected in ("miss", "hit"):
            with client.stream("GET", URL) as response:
                pieces = [piece for piece in response.iter_bytes()]
                assert response.cache_status is not None
                assert response.cache_status.outcome == expected
            assert b"".join(pieces) == LARGE
        part = client.get(URL, headers={"Range": "bytes=2000000-2000099"})
        assert (part.status_code, part.content) == (206, LARGE[2_000_000:2_000_100])
    assert len(site.engine.history) == 1


def test_what_is_left_early_is_not_stored(storages: Storages) -> None:
    site = Site(LARGE)
    storage = storages()
    with site.client(storage) as client:
        with client.stream("GET", URL) as response:
            for _ in response.iter_bytes(1000):
                break
        assert storage.entries(URL) == []
        assert (client.get(URL)).content == LARGE


def test_heads_are_renewed(storages: Storages) -> None:
    site = Site(control="no-cache")
    with site.client(storages()) as client:
        outcomes = [(client.get(URL)).cache_status.outcome for _ in range(3)]  # type: ignore[union-attr]
    assert outcomes == ["miss", "revalidated", "revalidated"]


def test_many_at_once(storages: Storages) -> None:
    site = Site(LARGE[:100_000])
    with site.client(storages()) as one, site.client(storages()) as other:
        for _ in range(2):
            for client in (one, other):
                responses = client.parallel_get([f"{URL}/{number % 5}" for number in range(30)], limit=10)
                assert {response.content for response in responses} == {site.body}
    assert len(site.engine.history) == 5


def test_removing(storages: Storages) -> None:
    site = Site()
    storage = storages()
    cache = HttpCache(storage)
    with Client(engine=site.engine, plugins=[cache]) as client:
        client.get(URL)
        cache.remove(URL)
        client.get(URL)
        client.post(URL)
        client.get(URL)
        cache.clear()
        client.get(URL)
    assert len(site.engine.history) == 5


def test_both_close_and_open_again(storages: Storages) -> None:
    site, storage = Site(), storages()
    with site.client(storage) as one, site.client(storage) as other:
        one.get(URL)
        one.close()
        assert (other.get(URL)).from_cache
    assert len(site.engine.history) == 1


class Full(MemoryCacheStorage):
    """A storage that fails in one of two ways."""

    def entries(self, key: str) -> list[CacheEntry]:
        """Fail."""
        raise OSError("read" if key.endswith("/read") else "full")


def test_a_failure_that_goes_on_is_not_logged_for_each_request(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    with use_clock(clock):
        with Site().client(Full()) as client:
            for _ in range(3):
                for path in ("read", "full", "full", "full"):
                    assert (client.get(f"https://a.test/{path}")).text == "hello"
                clock.advance(31)
    told = [record.getMessage().rpartition(": ")[2] for record in caplog.records]
    assert told == ["read", "full"] * 2  # at 0 and at 62 seconds

# Generated from tests/_async/test_http_cache_streams.py by scripts/generate_sync.py. Do not edit.
"""HttpCache: bodies stored while they are read, and storages that fail."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import pytest

from duohttp import (
    CacheEntry,
    CacheReader,
    CacheStorage,
    CacheWriter,
    Client,
    HttpCache,
    MemoryCacheStorage,
    ReadError,
    reply,
)
from duohttp._concurrency import ManualClock, use_clock

from .caching import URL, BlockingStorage, cached, outcomes
from .scripted import ScriptedEngine

pytestmark = pytest.mark.anyio

HOUR = {"Cache-Control": "max-age=3600"}
KEY = "http://a.test:80/x"
PIECES = [bytes([number]) * 50_000 for number in range(10)]


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    """Time that stands still."""
    with use_clock(ManualClock()) as manual:
        assert isinstance(manual, ManualClock)
        yield manual


@pytest.fixture(params=["quick", "blocking"])
def storage(request: pytest.FixtureRequest) -> MemoryCacheStorage:
    """A storage that is called at once, and one that is called as those on disks are."""
    return MemoryCacheStorage() if request.param == "quick" else BlockingStorage()


def test_a_stream_is_stored_while_it_is_read(storage: MemoryCacheStorage) -> None:
    client, engine, _ = cached(reply(200, stream=PIECES, headers=HOUR), storage=storage)
    with client.stream("GET", URL) as first:
        got = [piece for piece in first.iter_bytes()]
    assert got == PIECES
    assert str(first.cache_status) == "duohttp; fwd=uri-miss; fwd-status=200; stored"
    assert (client.get(URL)).content == b"".join(PIECES)
    with client.stream("GET", URL) as second:
        assert [len(piece) for piece in second.iter_bytes(70_000)][:2] == [70_000, 70_000]
    with client.stream("GET", URL) as third:
        assert third.read() == b"".join(PIECES)
    assert third.from_cache
    assert len(engine.history) == 1


def test_a_stream_is_never_held_whole() -> None:
    """It goes into the storage in pieces, while it comes."""
    sizes: list[int] = []

    class Writer(CacheWriter):
        def write(self, data: bytes) -> bool:
            sizes.append(len(data))
            return True

        def commit(self, entry: CacheEntry, replaces: Iterable[str] = ()) -> bool:
            return True

        def abort(self) -> None:
            pass

    class Counting(BlockingStorage):
        def create(self, entry: CacheEntry) -> CacheWriter:
            return Writer()

    pieces = [bytes(10_000)] * 200
    client, _, _ = cached(reply(200, stream=pieces, headers=HOUR), storage=Counting())
    came = 0
    with client.stream("GET", URL) as response:
        for piece in response.iter_raw():
            came += len(piece)
            assert came - sum(sizes) <= 140_000
    assert sum(sizes) == 2_000_000


def test_an_empty_stream_is_stored(storage: MemoryCacheStorage) -> None:
    client, engine, _ = cached(reply(200, stream=[], headers=HOUR), storage=storage)
    for _ in range(2):
        with client.stream("GET", URL) as response:
            assert response.read() == b""
    assert len(engine.history) == 1


def test_a_stream_that_is_left_is_not_stored(storage: MemoryCacheStorage) -> None:
    """Section 3.3."""
    client, _, cache = cached(*[reply(200, stream=PIECES, headers=HOUR)] * 2, storage=storage)
    with client.stream("GET", URL) as response:
        for _ in response.iter_bytes():
            break
    with client.stream("GET", URL):
        pass
    assert len(storage) == 0
    (state,) = vars(cache)["_states"].values()
    assert not state.value._pending


def test_all_was_read_but_the_end(storage: MemoryCacheStorage) -> None:
    client, _, _ = cached(reply(200, stream=PIECES, headers={**HOUR, "Content-Length": "500000"}), storage=storage)
    with client.stream("GET", URL) as response:
        pieces = response.iter_raw()
        for _ in PIECES:
            pieces.__next__()
    assert len(storage) == 1
    assert (client.get(URL)).content == b"".join(PIECES)


@pytest.mark.parametrize("length", ["499999", "500001"])
def test_a_stream_of_another_length_is_not_stored(length: str, storage: MemoryCacheStorage) -> None:
    """Section 3.3."""
    headers = {**HOUR, "Content-Length": length}
    client, _, _ = cached(reply(200, stream=PIECES, headers=headers), storage=storage)
    with client.stream("GET", URL) as response:
        response.read()
    assert len(storage) == 0


def test_a_stream_that_breaks_is_not_stored(storage: MemoryCacheStorage) -> None:
    """Section 3.3."""
    client, _, _ = cached(reply(200, stream=[*PIECES, ReadError("cut")], headers=HOUR), storage=storage)
    with client.stream("GET", URL) as response:
        with pytest.raises(ReadError):
            response.read()
    assert len(storage) == 0


def test_a_stream_that_is_dropped_leaves_nothing(storage: MemoryCacheStorage) -> None:
    engine = ScriptedEngine(lambda request: (200, HOUR, [b"one", b"two"]))
    cache = HttpCache(storage)
    client = Client(engine=engine, plugins=[cache])
    response = client.send(streamed(client))
    dropped = [response]
    del response
    with pytest.warns(ResourceWarning, match="dropped unread"):
        dropped.clear()
    gc.collect()
    (state,) = vars(cache)["_states"].values()
    assert not state.value._pending
    assert engine.streams[0].closed
    # A stored body holds no connection, so dropping it is nothing to warn of.
    client.get(URL)
    stored = client.send(streamed(client))
    assert stored.from_cache
    del stored
    gc.collect()


def streamed(client: Client) -> Any:
    request = client.build_request("GET", URL)
    request.stream = True
    return request


def test_a_body_that_is_too_large_goes_by(storage: MemoryCacheStorage) -> None:
    storage.max_body = 100_000
    client, _, _ = cached(*[reply(200, stream=PIECES, headers=HOUR)] * 2, storage=storage)
    for _ in range(2):
        with client.stream("GET", URL) as response:
            assert response.read() == b"".join(PIECES)
        assert not response.from_cache
    assert len(storage) == 0
    saved, _, _ = cached(reply(200, content=b"x" * 200_000, headers=HOUR), storage=storage)
    response = saved.get(URL)
    assert response.cache_status is not None
    assert (response.cache_status.stored, response.cache_status.detail) == (False, "the storage does not keep it")


def test_it_is_changed_while_it_is_read(storage: MemoryCacheStorage) -> None:
    client, engine, _ = cached(storage=storage)
    engine.on("GET").reply(200, stream=PIECES, headers=HOUR)
    engine.on("DELETE").reply(204)
    with client.stream("GET", URL) as response:
        client.delete(URL)
        assert response.read() == b"".join(PIECES)
    assert len(storage) == 0


def test_a_stored_body_that_goes_while_it_is_read() -> None:
    """A wrong body never: an error, and the next call asks the server."""

    class Reader(CacheReader):
        def read(self, start: int, size: int) -> bytes:
            if start:
                raise LookupError
            return b"x" * size

        def close(self) -> None:
            pass

    class Losing(MemoryCacheStorage):
        def open(self, entry: CacheEntry) -> CacheReader | None:
            return Reader()

    client, engine, _ = cached(*[reply(200, content=b"x" * 600_000, headers=HOUR)] * 2, storage=Losing())
    client.get(URL)
    with client.stream("GET", URL) as response:
        with pytest.raises(ReadError, match="was removed while it was read") as caught:
            response.read()
    assert caught.value.request is response.request
    assert len(engine.history) == 1


def test_what_may_not_be_kept_is_read_before_it_is_removed(clock: ManualClock) -> None:
    """A 304 with no-store: the stored body answers once more, though a removed body can't be read here."""

    class Reader(CacheReader):
        def __init__(self, home: MemoryCacheStorage, entry: CacheEntry) -> None:
            self.home = home
            self.entry = entry

        def read(self, start: int, size: int) -> bytes:
            inner = MemoryCacheStorage.open(self.home, self.entry)
            if inner is None:
                raise LookupError
            return inner.read(start, size)

        def close(self) -> None:
            pass

    class Strict(MemoryCacheStorage):
        def open(self, entry: CacheEntry) -> CacheReader | None:
            return Reader(self, entry)

    body = b"x" * 600_000
    client, engine, _ = cached(
        reply(200, content=body, headers=TAGGED),
        reply(304, headers={"ETag": '"1"', "Cache-Control": "no-store"}),
        storage=Strict(),
    )
    client.get(URL)
    clock.advance(100)
    with client.stream("GET", URL) as response:
        assert response.read() == body
    assert len(engine.history) == 2


class Broken(CacheStorage):
    """A storage whose methods fail, from one on."""

    blocking: ClassVar[bool] = False

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.inner = MemoryCacheStorage()

    def _check(self, name: str) -> None:
        if name in self.failing:
            raise OSError(28, f"No space left on device: {name}")

    def entries(self, key: str) -> list[CacheEntry]:
        self._check("entries")
        return self.inner.entries(key)

    def open(self, entry: CacheEntry) -> CacheReader | None:
        self._check("open")
        found = self.inner.open(entry)
        return None if found is None else BrokenReader(self, found)

    def create(self, entry: CacheEntry) -> CacheWriter | None:
        self._check("create")
        found = self.inner.create(entry)
        return None if found is None else BrokenWriter(self, found)

    def update(self, entry: CacheEntry) -> bool:
        self._check("update")
        return self.inner.update(entry)

    def remove(self, key: str, ids: Iterable[str] | None = None) -> None:
        self._check("remove")
        self.inner.remove(key, ids)

    def clear(self) -> None:
        self.inner.clear()

    def close(self) -> None:
        self._check("close")


class BrokenReader(CacheReader):
    def __init__(self, storage: Broken, inner: CacheReader) -> None:
        self.storage = storage
        self.inner = inner

    def read(self, start: int, size: int) -> bytes:
        self.storage._check("read")
        if "short" in self.storage.failing:
            size -= 1
        return self.inner.read(start, size)

    def close(self) -> None:
        self.inner.close()
        self.storage._check("close_reader")


class BrokenWriter(CacheWriter):
    def __init__(self, storage: Broken, inner: CacheWriter) -> None:
        self.storage = storage
        self.inner = inner

    def write(self, data: bytes) -> bool:
        self.storage._check("write")
        return self.inner.write(data)

    def commit(self, entry: CacheEntry, replaces: Iterable[str] = ()) -> bool:
        self.storage._check("commit")
        return self.inner.commit(entry, replaces)

    def abort(self) -> None:
        self.storage._check("abort")
        self.inner.abort()


TAGGED = {"Cache-Control": "max-age=60", "ETag": '"1"'}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "failing",
    [
        ("entries",),
        ("open",),
        ("read",),
        ("short",),
        ("create",),
        ("write",),
        ("write", "abort"),
        ("commit",),
        ("update",),
        ("remove",),
        ("close_reader",),
        ("close",),
        ("entries", "open", "read", "create", "write", "commit", "abort", "update", "remove", "close"),
    ],
    ids="+".join,
)
def test_a_broken_storage_breaks_no_call(
    failing: tuple[str, ...], stream: bool, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "duohttp.cache")
    storage = Broken(*failing)
    client, engine, _ = cached(storage=storage)
    engine.on("GET", headers={"if-none-match": '"1"'}).reply(304, headers=TAGGED)
    engine.on("GET").reply(200, stream=PIECES, headers=TAGGED)
    engine.on("POST").reply(200)
    with client:
        for _ in range(3):
            if stream:
                with client.stream("GET", URL) as response:
                    assert response.read() == b"".join(PIECES)
            else:
                assert (client.get(URL)).content == b"".join(PIECES)
            clock.advance(40)
        assert (client.post(URL)).status_code == 200
        assert (client.get(URL)).content == b"".join(PIECES)
    if failing != ("short",):
        assert any("No space left on device" in record.message for record in caplog.records)


def test_a_storage_may_fail_at_any_read_of_a_saved_response() -> None:
    client, _, _ = cached(*[reply(200, text=text, headers=HOUR) for text in "12"], storage=Broken("read"))
    assert outcomes(client, 2) == ["miss 1", "miss 2"]

"""What every storage of HttpCache must do. Subclass it, and say how to make one."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from duohttp import CacheEntry, CacheStorage, CacheWriter

KEY = "https://a.test/x?y=1"
LONG = bytes(range(256)) * 2000


def entry(id_: str, key: str = KEY, *, time: float = 1000.0, body: bytes = b"", **fields: object) -> CacheEntry:
    """Return an entry for a body."""
    headers = ((b"Content-Type", b"text/plain"), (b"X-Bytes", b"\xe4\xff"), (b"X-Twice", b"1"), (b"X-Twice", b"2"))
    whole = CacheEntry(
        id=id_,
        key=key,
        vary=(("accept", "digest"), ("cookie", "")),
        status_code=200,
        reason_phrase="Göd",
        http_version="HTTP/1.1",
        headers=headers,
        trailers=((b"X-Check", b"sum"),),
        request_time=time - 0.5,
        response_time=time,
        size=len(body),
        length=len(body),
    )
    return whole.replace(**fields)


def put(storage: CacheStorage, new: CacheEntry, *pieces: bytes, replaces: tuple[str, ...] = ()) -> CacheEntry:
    """Store an entry with its body; the size is not known when it begins."""
    writer = storage.create(new.replace(size=0, length=0))
    assert writer is not None
    for piece in pieces:
        assert writer.write(piece)
    whole = b"".join(pieces)
    committed = new.replace(size=len(whole), length=max(new.length, len(whole)))
    assert writer.commit(committed, replaces)
    return committed


def body_of(storage: CacheStorage, stored: CacheEntry) -> bytes | None:
    """Read a stored body in pieces; None where it is gone."""
    reader = storage.open(stored)
    if reader is None:
        return None
    pieces: list[bytes] = []
    try:
        while piece := reader.read(sum(map(len, pieces)), 100_000):
            pieces.append(piece)
    except LookupError:
        return None
    finally:
        reader.close()
    return b"".join(pieces)


class CacheStorageContract:
    """The tests. ``storage`` is a fixture of the subclass; ``outside`` says that the data are outside the process."""

    outside = False
    large = LONG
    """A body the storage keeps."""

    @pytest.fixture
    def storage(self) -> CacheStorage:
        """Return an empty storage."""
        raise NotImplementedError

    def again(self, storage: CacheStorage) -> CacheStorage:
        """Return another object for the same data, as another process would have it; for those outside."""
        return pickle.loads(pickle.dumps(storage))  # type: ignore[no-any-return]

    def test_an_entry_comes_back_as_it_was(self, storage: CacheStorage) -> None:
        assert storage.entries(KEY) == []
        stored = put(storage, entry("1", expires_at=2000.25), b"one ", b"two")
        assert storage.entries(KEY) == [stored]
        assert storage.entries(KEY + "2") == []
        assert body_of(storage, stored) == b"one two"
        assert storage.entries(KEY)[0].headers == stored.headers

    def test_a_body_may_be_empty(self, storage: CacheStorage) -> None:
        for number, pieces in enumerate(((), (b"",))):
            assert body_of(storage, put(storage, entry(f"e{number}"), *pieces)) == b""

    def test_ranges_are_read(self, storage: CacheStorage) -> None:
        stored = put(storage, entry("1"), *[self.large[at : at + 70_001] for at in range(0, len(self.large), 70_001)])
        reader = storage.open(stored)
        assert reader is not None
        size = len(self.large)
        for start, count in ((0, 10), (5, 70_000), (69_999, 5), (size - 3, 10), (size, 10), (0, size), (1, size)):
            assert reader.read(start, count) == self.large[start : start + count], (start, count)
        reader.close()
        reader.close()
        assert body_of(storage, stored) == self.large

    def test_two_readers_at_once(self, storage: CacheStorage) -> None:
        stored = put(storage, entry("1"), b"abc", b"def")
        one, two = storage.open(stored), storage.open(stored)
        assert one is not None
        assert two is not None
        assert [one.read(0, 2), two.read(0, 4), one.read(2, 9), two.read(4, 9)] == [b"ab", b"abcd", b"cdef", b"ef"]
        one.close()
        assert two.read(0, 9) == b"abcdef"
        two.close()

    def test_nothing_is_seen_before_it_is_committed(self, storage: CacheStorage) -> None:
        new = entry("1", body=b"abc")
        writer = storage.create(new)
        assert writer is not None
        assert writer.write(b"abc")
        assert storage.entries(KEY) == []
        assert storage.open(new) is None
        assert writer.commit(new)
        assert storage.entries(KEY) == [new]
        writer.abort()
        assert body_of(storage, new) == b"abc"

    def test_what_is_aborted_never_was(self, storage: CacheStorage) -> None:
        old = put(storage, entry("old"), b"old")
        writer = storage.create(entry("new"))
        assert writer is not None
        writer.write(b"new")
        writer.abort()
        writer.abort()
        assert storage.entries(KEY) == [old]
        assert storage.open(entry("new")) is None

    def test_variants_are_listed_newest_first(self, storage: CacheStorage) -> None:
        second = put(storage, entry("2", time=20.0), b"2")
        third = put(storage, entry("3", time=30.0), b"3")
        first = put(storage, entry("1", time=10.0), b"1")
        same = put(storage, entry("4", time=30.0), b"4")
        assert storage.entries(KEY) == [same, third, second, first]
        assert [body_of(storage, each) for each in storage.entries(KEY)] == [b"4", b"3", b"2", b"1"]

    def test_one_entry_replaces_others(self, storage: CacheStorage) -> None:
        kept = put(storage, entry("kept", time=1.0), b"kept")
        put(storage, entry("old"), b"old")
        put(storage, entry("older"), b"older")
        elsewhere = put(storage, entry("else", KEY + "2"), b"else")
        new = put(storage, entry("new", time=2.0), b"new", replaces=("old", "older", "never", "else"))
        assert storage.entries(KEY) == [new, kept]
        assert storage.entries(KEY + "2") == [elsewhere]

    def test_a_head_is_updated_and_the_body_stays(self, storage: CacheStorage) -> None:
        other = put(storage, entry("2", time=1.0), b"other")
        stored = put(storage, entry("1"), b"body")
        changed = stored.replace(headers=((b"ETag", b'"2"'),), response_time=3000.0, vary=(), expires_at=None)
        assert storage.update(changed)
        assert storage.entries(KEY) == [changed, other]
        assert body_of(storage, changed) == b"body"
        assert not storage.update(entry("3"))
        assert not storage.update(stored.replace(id="gone"))
        assert len(storage.entries(KEY)) == 2

    def test_entries_are_removed(self, storage: CacheStorage) -> None:
        one, two = put(storage, entry("1", time=1.0), b"1"), put(storage, entry("2", time=2.0), b"2")
        other = put(storage, entry("3", KEY + "2"), b"3")
        storage.remove(KEY, ["1", "3", "never"])
        assert storage.entries(KEY) == [two]
        assert storage.open(one) is None
        assert storage.entries(other.key) == [other]
        storage.remove(KEY)
        storage.remove(KEY)
        assert storage.entries(KEY) == []
        assert body_of(storage, other) == b"3"

    def test_everything_is_removed(self, storage: CacheStorage) -> None:
        stored = put(storage, entry("1"), b"1")
        put(storage, entry("2", KEY + "2"), b"2")
        storage.clear()
        assert storage.entries(KEY) == storage.entries(KEY + "2") == []
        assert storage.open(stored) is None
        assert body_of(storage, put(storage, entry("1"), b"new")) == b"new"

    def test_a_reader_of_what_is_removed_reads_right_or_says_so(self, storage: CacheStorage) -> None:
        stored = put(storage, entry("1"), self.large)
        reader = storage.open(stored)
        assert reader is not None
        assert reader.read(0, 1000) == self.large[:1000]
        put(storage, entry("2"), b"another body", replaces=("1",))
        try:
            assert reader.read(1000, len(self.large)) == self.large[1000:]
        except LookupError:
            pass
        reader.close()

    def test_a_writer_outlives_the_removal_of_its_key(self, storage: CacheStorage) -> None:
        writer = storage.create(entry("1"))
        assert writer is not None
        writer.write(b"abc")
        storage.clear()
        assert writer.commit(entry("1", body=b"abc"))
        assert body_of(storage, entry("1", body=b"abc")) == b"abc"

    def test_a_closed_storage_opens_again(self, storage: CacheStorage) -> None:
        storage.close()
        stored = put(storage, entry("1"), b"1")
        storage.close()
        storage.close()
        assert body_of(storage, stored) == b"1"

    def test_odd_keys(self, storage: CacheStorage) -> None:
        keys = [
            "https://a.test/" + "a" * 3000,
            "http://a.test/%2e%2e/x",
            "https://a.test/ä'\";--",
            "a\x00b",
            "%",
            "_",
            "",
        ]
        stored = [put(storage, entry(f"id{number}", key), key.encode()) for number, key in enumerate(keys)]
        for one in stored:
            assert storage.entries(one.key) == [one]
            assert body_of(storage, one) == one.key.encode()

    def test_a_part_of_a_body(self, storage: CacheStorage) -> None:
        stored = put(storage, entry("1", start=100, length=1000, status_code=206), b"part")
        found = storage.entries(KEY)[0]
        assert (found.start, found.size, found.length, found.is_partial) == (100, 4, 1000, True)
        assert body_of(storage, stored) == b"part"

    def test_threads_share_it(self, storage: CacheStorage) -> None:
        bodies = {f"{number}": f"{number} ".encode() * 3000 for number in range(8)}

        def work(number: int) -> None:
            for turn in range(12):
                id_ = str((number + turn) % 8)
                key = f"{KEY}{id_}"
                new = entry(f"{number}-{turn}", key, time=float(turn))
                put(storage, new, bodies[id_], replaces=tuple(each.id for each in storage.entries(key)))
                for found in storage.entries(key):
                    assert body_of(storage, found) in (bodies[id_], None)
                    storage.update(found.replace(response_time=found.response_time + 1))
                if turn % 5 == 4:
                    storage.remove(key)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
        for id_, body in bodies.items():
            for found in storage.entries(f"{KEY}{id_}"):
                assert body_of(storage, found) == body

    def test_writers_side_by_side_do_not_mix(self, storage: CacheStorage) -> None:
        writers: list[tuple[CacheEntry, CacheWriter]] = []
        for number in range(4):
            new = entry(str(number), time=float(number))
            writer = storage.create(new)
            assert writer is not None
            writers.append((new, writer))
        for turn in range(50):
            for new, writer in writers:
                assert writer.write(f"{new.id}:{turn} ".encode() * 20)
        for new, writer in writers:
            whole = b"".join(f"{new.id}:{turn} ".encode() * 20 for turn in range(50))
            done = new.replace(size=len(whole), length=len(whole))
            assert writer.commit(done)
            assert body_of(storage, done) == whole

    def test_a_pickled_storage(self, storage: CacheStorage) -> None:
        stored = put(storage, entry("1"), b"1")
        copy = pickle.loads(pickle.dumps(storage))
        assert copy.entries(KEY) == ([stored] if self.outside else [])
        two = put(copy, entry("2", time=1.0), b"2")
        assert body_of(copy, two) == b"2"
        assert storage.entries(KEY) == ([stored, two] if self.outside else [stored])
        copy.close()

    def test_another_process_sees_it(self, storage: CacheStorage) -> None:
        if not self.outside:
            pytest.skip("this storage is inside the process")
        other = self.again(storage)
        stored = put(storage, entry("1"), b"abc", b"def")
        assert other.entries(KEY) == [stored]
        assert body_of(other, stored) == b"abcdef"
        changed = stored.replace(headers=(), response_time=2000.0)
        assert other.update(changed)
        assert storage.entries(KEY) == [changed]
        other.remove(KEY)
        assert storage.entries(KEY) == []
        assert storage.open(stored) is None
        other.close()

"""The storage in a SQLite file: what every storage does, its bounds, and files that are not what they should be."""

from __future__ import annotations

import os
import pickle
import random
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from duohttp import CacheStorage, SqliteCacheStorage

from .cache_storage_contract import KEY, CacheStorageContract, body_of, entry, put

BODY = random.Random(1).randbytes(300_000)


class TestContract(CacheStorageContract):
    outside = True

    @pytest.fixture
    def storage(self, tmp_path: Path) -> CacheStorage:
        return SqliteCacheStorage(tmp_path / "cache.db")


def test_the_last_used_stay(tmp_path: Path) -> None:
    storage = SqliteCacheStorage(tmp_path / "c.db", 45_000, max_body=20_000)
    one = put(storage, entry("1", "k1"), b"1" * 10_000)
    two = put(storage, entry("2", "k2"), b"2" * 10_000)
    put(storage, entry("3", "k3"), b"3" * 10_000)
    assert body_of(storage, one) is not None
    put(storage, entry("4", "k4"), b"4" * 10_000)
    assert 40_000 < storage.size <= 45_000
    put(storage, entry("5", "k5"), b"5" * 10_000)
    assert body_of(storage, two) is None
    assert [len(storage.entries(f"k{number}")) for number in (1, 2, 3, 4, 5)] == [1, 0, 1, 1, 1]
    assert len(storage) == 4
    assert storage.size <= 45_000


def test_uses_are_kept_when_it_is_closed(tmp_path: Path) -> None:
    storage = SqliteCacheStorage(tmp_path / "c.db", 25_000, max_body=20_000)
    one = put(storage, entry("1", "k1"), b"1" * 10_000)
    put(storage, entry("2", "k2"), b"2" * 10_000)
    assert body_of(storage, one) is not None
    storage.close()
    put(storage, entry("3", "k3"), b"3" * 10_000)
    assert [len(storage.entries(key)) for key in ("k1", "k2", "k3")] == [1, 0, 1]


def test_many_uses_are_written_at_once(tmp_path: Path) -> None:
    storage = SqliteCacheStorage(tmp_path / "c.db")
    stored = [put(storage, entry(str(number), f"k{number}"), b"x") for number in range(300)]
    for each in stored:
        assert body_of(storage, each) == b"x"
    assert 0 < len(storage._touched) < 256


def test_large_bodies_are_refused_while_they_come(tmp_path: Path) -> None:
    storage = SqliteCacheStorage(tmp_path / "c.db", 40_000)
    put(storage, entry("1"), b"1")
    writer = storage.create(entry("2"))
    assert writer is not None
    assert writer.write(b"x" * 9_000)
    assert not writer.write(b"x" * 2_000)
    writer.abort()
    assert storage.create(entry("3", body=b"x" * 10_001)) is None
    assert len(storage) == 1


def test_what_is_too_large_removes_what_it_replaces_and_nothing_else(tmp_path: Path) -> None:
    storage = SqliteCacheStorage(tmp_path / "c.db", 3000, max_body=10_000)
    kept = put(storage, entry("kept", time=1.0), b"kept")
    put(storage, entry("old"), b"old")
    writer = storage.create(entry("1"))
    assert writer is not None
    assert writer.write(b"x" * 5000)
    assert not writer.commit(entry("1", body=b"x" * 5000), ("old",))
    assert storage.entries(KEY) == [kept]
    assert storage.update(kept.replace(headers=((b"X", b"x" * 4000),)))
    assert storage.entries(KEY) == []
    assert storage.size == len(storage) == 0


def test_a_body_that_is_not_as_long_as_its_entry_says(tmp_path: Path) -> None:
    storage = SqliteCacheStorage(tmp_path / "c.db")
    writer = storage.create(entry("1"))
    assert writer is not None
    writer.write(b"abc")
    assert not writer.commit(entry("1", body=b"abcd"))
    assert storage.entries(KEY) == []


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "1"])
def test_sizes_are_checked(tmp_path: Path, wrong: object) -> None:
    with pytest.raises((TypeError, ValueError), match="max_size"):
        SqliteCacheStorage(tmp_path / "c.db", wrong)  # type: ignore[arg-type]
    with pytest.raises((TypeError, ValueError), match="max_body"):
        SqliteCacheStorage(tmp_path / "c.db", max_body=wrong)  # type: ignore[arg-type]


def test_the_file_is_for_its_owner_and_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "c.db"
    storage = SqliteCacheStorage(path)
    assert not path.exists()
    put(storage, entry("1"), b"1")
    assert {stat.S_IMODE(os.stat(each).st_mode) for each in path.parent.iterdir()} == {0o600}
    storage.close()
    assert [each.name for each in path.parent.iterdir()] == ["c.db"]
    assert repr(storage) == f"SqliteCacheStorage('{path}')"
    assert bool(storage)


def test_a_copy_has_the_bounds(tmp_path: Path) -> None:
    copy = pickle.loads(pickle.dumps(SqliteCacheStorage(tmp_path / "c.db", 1000, max_body=10)))
    assert (copy.path, copy.max_size, copy.max_body) == (str(tmp_path / "c.db"), 1000, 10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_uses_connections_of_its_own(tmp_path: Path) -> None:
    storage = SqliteCacheStorage(tmp_path / "c.db")
    one = put(storage, entry("1"), b"1")
    child = os.fork()
    if child == 0:
        fine = body_of(storage, one) == b"1" and put(storage, entry("2", time=1.0), b"2")
        storage.close()
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [each.id for each in storage.entries(KEY)] == ["1", "2"]
    assert body_of(storage, one) == b"1"


# Files that are not what they should be: F37.


def filled(path: Path) -> SqliteCacheStorage:
    """Return a storage with one response, closed: all of it is in one file."""
    storage = SqliteCacheStorage(path)
    put(storage, entry("1"), BODY)
    storage.close()
    return storage


def test_a_broken_database_is_put_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "c.db"
    content = b"SQLite format 3\x00" + bytes(5000)
    path.write_bytes(content)
    storage = SqliteCacheStorage(path)
    with pytest.raises(OSError, match=r"the cache .*c.db failed"):
        storage.entries(KEY)
    assert storage.entries(KEY) == []
    assert body_of(storage, put(storage, entry("1"), b"new")) == b"new"
    assert (tmp_path / "c.db.broken").read_bytes() == content
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "begins anew" in caplog.text


def test_a_broken_file_can_be_cleared(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(b"SQLite format 3\x00" + b"no database" * 1000)
    storage = SqliteCacheStorage(path)
    storage.clear()
    assert len(storage) == 0


@pytest.mark.parametrize("content", [b"a diary, kept for years", b"S"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "diary.txt"
    path.write_bytes(content + bytes(50))
    storage = SqliteCacheStorage(path)
    for act in (lambda: storage.entries(KEY), storage.clear, lambda: storage.remove(KEY)):
        with pytest.raises(OSError, match="is no database; a cache needs a file of its own"):
            act()
    assert path.read_bytes() == content + bytes(50)
    assert [each.name for each in tmp_path.iterdir()] == ["diary.txt"]


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "c.db").touch()
    storage = SqliteCacheStorage(tmp_path / "c.db")
    assert body_of(storage, put(storage, entry("1"), b"new")) == b"new"


@pytest.mark.parametrize("part", [0.9, 0.5, 0.1, 0.01])
def test_a_file_that_is_cut(tmp_path: Path, part: float) -> None:
    path = tmp_path / "c.db"
    stored = filled(path).entries(KEY)[0]
    filled(path).close()
    os.truncate(path, int(path.stat().st_size * part))
    storage = SqliteCacheStorage(path)
    for _ in range(3):
        try:
            assert body_of(storage, stored) in (None, BODY)
        except OSError:
            continue
    new = put(storage, entry("2", time=2000.0), b"new", replaces=("1",))
    assert body_of(storage, new) == b"new"


def test_bytes_that_change_are_noticed(tmp_path: Path) -> None:
    """Wherever a byte of the file is another: what was stored comes back as it was, or not at all."""
    path = tmp_path / "c.db"
    expected = filled(path).entries(KEY)[0]
    filled(path).close()
    sound = path.read_bytes()
    generator, lost = random.Random(37), 0
    for _ in range(30):
        at = generator.randrange(len(sound))
        path.write_bytes(sound[:at] + bytes([sound[at] ^ generator.randrange(1, 256)]) + sound[at + 1 :])
        storage = SqliteCacheStorage(path)
        try:
            for found in storage.entries(KEY):
                assert found == expected
                body = body_of(storage, found)
                assert body in (BODY, None)
                lost += body is None
        except OSError:
            lost += 1
        storage.close()
        for name in ("c.db-wal", "c.db-shm", "c.db.broken"):
            (tmp_path / name).unlink(missing_ok=True)
    assert lost > 15  # most of the file is the body


def test_damage_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    storage = filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE chunks SET data = zeroblob(length(data)) WHERE number = 2")
    connection.close()
    stored = storage.entries(KEY)[0]
    reader = storage.open(stored)
    assert reader is not None
    assert reader.read(0, 100_000) == BODY[:100_000]
    with pytest.raises(LookupError, match="damaged"):
        reader.read(100_000, 100_000)
    assert storage.entries(KEY) == []
    assert len(storage) == 0


@pytest.mark.parametrize("column", ["head", "size", "digest", "id"])
def test_heads_that_change_are_no_entries(tmp_path: Path, column: str) -> None:
    path = tmp_path / "c.db"
    storage = filled(path)
    change = {"size": "size - 1", "id": "'2'"}.get(column, f"zeroblob(length({column}))")
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE entries SET {column} = {change}")
    connection.close()
    assert storage.entries(KEY) == []
    assert len(storage) == 0


def test_a_file_in_the_place_of_another(tmp_path: Path) -> None:
    """A reader that opened its body in one file never reads from the other, whose numbers are the same."""
    path = tmp_path / "c.db"
    stored = filled(path).entries(KEY)[0]
    storage = SqliteCacheStorage(path)
    reader = storage.open(stored)
    assert reader is not None
    for name in ("c.db", "c.db-wal", "c.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    other = SqliteCacheStorage(path)
    put(other, entry("2"), BODY[::-1])
    storage._file()._idle.clear()
    with pytest.raises(LookupError):
        reader.read(0, 1000)
    other.close()


def test_tables_of_another_version_are_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    storage = filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
        connection.execute("ALTER TABLE chunks RENAME TO pieces")
    connection.close()
    assert storage.entries(KEY) == []
    assert body_of(storage, put(storage, entry("1"), b"new")) == b"new"


def test_tables_that_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    storage = filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE chunks")
    connection.close()
    with pytest.raises(OSError, match="no such table"):
        storage.open(entry("1")).read(0, 10)  # type: ignore[union-attr]
    assert body_of(storage, put(storage, entry("1"), b"new")) == b"new"


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE users (name)")
        connection.execute("INSERT INTO users VALUES ('ada')")
    connection.close()
    storage = SqliteCacheStorage(path)
    for use in (lambda: storage.entries(KEY), lambda: put(storage, entry("1"), b"1"), storage.clear):
        with pytest.raises(OSError, match="a cache needs a file of its own"):
            use()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT * FROM users").fetchall() == [("ada",)]
    connection.close()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"directory|failed"):
        SqliteCacheStorage(tmp_path).entries(KEY)


def test_a_writer_waits_for_another(tmp_path: Path) -> None:
    storage = SqliteCacheStorage(tmp_path / "c.db")
    old = put(storage, entry("1", time=1.0), b"1")
    holder = sqlite3.connect(tmp_path / "c.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(put, storage, entry("2"), b"2")
        assert storage.entries(KEY) == [old]  # readers do not wait
        holder.execute("COMMIT")
        assert waiting.result(30).id == "2"
    holder.close()


def test_a_writer_that_waits_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duohttp._files.sqlite_file.BUSY_SECONDS", 0.05)
    storage = SqliteCacheStorage(tmp_path / "c.db")
    put(storage, entry("1"), b"1")
    holder = sqlite3.connect(tmp_path / "c.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(OSError, match="locked"):
        put(storage, entry("2"), b"2")
    assert len(storage.entries(KEY)) == 1
    holder.close()

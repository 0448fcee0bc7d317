"""Responses kept in a SQLite file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from errno import ENOSPC
from hashlib import blake2b
from typing import IO, TYPE_CHECKING, Any

from .._concurrency import fork_generation, wall_time
from ..plugins.cache_storage import CacheReader, CacheStorage, CacheWriter
from ..values.cache_entry import CacheEntry
from ..values.checks import check_options
from .spooled import SpooledWriter
from .sqlite_file import SqliteFile

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["SqliteCacheStorage"]

CHUNK = 64 * 1024
# Uses are written with the next response that is stored, or when they are so many.
TOUCHED = 256

# Connections of a parent process are neither used nor closed in a forked one.
INHERITED: list[SqliteFile] = []


class SqliteCacheStorage(CacheStorage):
    """Keeps responses in one SQLite file, at most ``max_size`` bytes of them (256 MiB), the last used.

    ``path`` is made where it is not there, for its owner only. Threads, clients of both colours and processes may share
    it. A response is written in one transaction, and each piece of it is checked by a digest when it is read: whatever
    happens to the process or the file, a response is there as it was, or it is not there. A file that is broken is
    put aside as ``<path>.broken``, with a warning (logger ``duohttp.cache``). A body of more than ``max_body`` bytes (a
    quarter of ``max_size``) is not kept. The file may be somewhat larger than what it holds.

    Methods raise OSError, which HttpCache logs and takes as "not there". Raises ValueError for sizes that are none.
    """

    def __init__(
        self, path: str | os.PathLike[str], max_size: int = 256 * 1024 * 1024, *, max_body: int | None = None
    ) -> None:
        check_options(SqliteCacheStorage, locals())
        for name, value in (("max_size", max_size), ("max_body", 0 if max_body is None else max_body)):
            if value < 0:
                raise ValueError(f"{name} is a number of bytes from 0 on, not {value!r}")
        self.path = os.path.abspath(os.fspath(path))
        self.max_size = max_size
        self.max_body = max_size // 4 if max_body is None else max_body
        self._files: dict[int, SqliteFile] = {}
        self._touched: dict[int, float] = {}

    def _file(self) -> SqliteFile:
        generation = fork_generation()
        file = self._files.get(generation)
        if file is None:
            INHERITED.extend(self._files.values())
            file = self._files.setdefault(generation, SqliteFile(self.path))
        return file

    @property
    def size(self) -> int:
        """How many bytes the responses take, about. Raises OSError."""
        with self._file().reading() as connection:
            (weight,) = connection.execute("SELECT weight FROM total").fetchone()
        return int(weight)

    def __len__(self) -> int:
        with self._file().reading() as connection:
            (count,) = connection.execute("SELECT count(*) FROM entries").fetchone()
        return int(count)

    def __bool__(self) -> bool:
        # An empty storage is one all the same.
        return True

    def entries(self, key: str) -> list[CacheEntry]:
        """Return all entries of a key, the newest first."""
        with self._file().reading() as connection:
            rows = connection.execute(
                "SELECT id, size, head, digest FROM entries WHERE key = ? ORDER BY response_time DESC, serial DESC",
                (_digest_of_key(key),),
            ).fetchall()
        found = []
        for id_, size, head, digest in rows:
            entry = _load(id_, size, head, digest)
            if entry is None:
                self._forget(id_)
            elif entry.key == key:
                found.append(entry)
        return found

    def open(self, entry: CacheEntry) -> CacheReader | None:
        """Return a reader of the body of an entry; None where it is gone."""
        with self._file().reading() as connection:
            row = connection.execute(
                "SELECT serial, size FROM entries WHERE id = ? AND key = ?", (entry.id, _digest_of_key(entry.key))
            ).fetchone()
        if row is None:
            return None
        serial, size = row
        self._touched[serial] = wall_time()
        if len(self._touched) >= TOUCHED:
            with self._file().writing() as connection:
                self._write_touched(connection)
        return _Reader(self, entry.id, serial, size)

    def create(self, entry: CacheEntry) -> CacheWriter | None:
        """Begin to store a body; None where it is known to be too large."""
        return None if entry.size > self.max_body else SpooledWriter(self._store, self.max_body)

    def update(self, entry: CacheEntry) -> bool:
        """Replace the entry with this id; False where it is gone."""
        key, head = _digest_of_key(entry.key), entry.dump()
        with self._file().writing() as connection:
            row = connection.execute(
                "SELECT serial, size FROM entries WHERE id = ? AND key = ?", (entry.id, key)
            ).fetchone()
            if row is None:
                return False
            serial, size = row
            connection.execute(
                "UPDATE entries SET response_time = ?, weight = ?, head = ?, digest = ? WHERE serial = ?",
                (entry.response_time, size + len(head), head, _digest(head, entry.id, size), serial),
            )
            self._shrink(connection)
        return True

    def remove(self, key: str, ids: Iterable[str] | None = None) -> None:
        """Remove entries of a key: those with these ids, or all."""
        digest = _digest_of_key(key)
        with self._file().writing() as connection:
            if ids is None:
                connection.execute("DELETE FROM entries WHERE key = ?", (digest,))
            else:
                _delete(connection, digest, ids)

    def clear(self) -> None:
        """Remove all; where the disk is full, the file itself. Raises OSError."""
        self._touched.clear()
        try:
            with self._file().writing() as connection:
                connection.execute("DELETE FROM entries")
        except OSError as error:
            if error.errno == ENOSPC:
                self._file().delete()
            if os.path.exists(self.path):
                raise  # else it is gone, or it was broken and is put aside

    def close(self) -> None:
        """Close the file; what is stored stays."""
        file = self._files.pop(fork_generation(), None)
        if file is not None:
            if self._touched:
                try:
                    with file.writing() as connection:
                        self._write_touched(connection)
                except OSError:
                    pass  # who used what is no loss
            file.close()

    def _store(self, entry: CacheEntry, body: IO[bytes], size: int, replaces: Iterable[str]) -> bool:
        """Write a response and remove what it replaces, in one transaction. Where that fails, remove all the same."""
        key, head, replaced = _digest_of_key(entry.key), entry.dump(), list(replaces)
        weight = size + len(head)
        try:
            with self._file().writing() as connection:
                _delete(connection, key, replaced)
                connection.execute("DELETE FROM entries WHERE id = ?", (entry.id,))
                if weight > self.max_size or size != entry.size:
                    return False  # nor should all others make room in vain
                digest = _digest(head, entry.id, size)
                cursor = connection.execute(
                    "INSERT INTO entries (id, key, response_time, used, weight, size, head, digest)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (entry.id, key, entry.response_time, wall_time(), weight, size, head, digest),
                )
                serial = cursor.lastrowid
                assert serial is not None
                connection.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?)", _chunks(body, serial, entry.id))
                self._write_touched(connection)
                self._shrink(connection)
        except OSError:
            try:
                self.remove(entry.key, replaced)
            except OSError:
                pass
            raise
        return True

    def _shrink(self, connection: Connection) -> None:
        """Remove those that were used longest ago, until the rest is small enough."""
        while connection.execute("SELECT weight FROM total").fetchone()[0] > self.max_size:
            connection.execute(
                "DELETE FROM entries WHERE serial = (SELECT serial FROM entries ORDER BY used, serial LIMIT 1)"
            )

    def _write_touched(self, connection: Connection) -> None:
        touched, self._touched = self._touched, {}
        connection.executemany(
            "UPDATE entries SET used = ? WHERE serial = ?", [(used, serial) for serial, used in touched.items()]
        )

    def _forget(self, id_: str) -> None:
        """Remove an entry that is not what it was."""
        try:
            with self._file().writing() as connection:
                connection.execute("DELETE FROM entries WHERE id = ?", (id_,))
        except OSError:
            pass  # it is not used in any case

    def __del__(self) -> None:
        files = vars(self).get("_files", {})
        for generation, file in files.items():
            if generation == fork_generation():
                file.close()
            else:
                INHERITED.append(file)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_files": {}, "_touched": {}}

    def __repr__(self) -> str:
        return f"SqliteCacheStorage({self.path!r})"


class _Reader(CacheReader):
    """Reads chunks; it holds nothing open between two calls. One file never gives a serial twice."""

    __slots__ = ("_id", "_serial", "_size", "_storage")

    def __init__(self, storage: SqliteCacheStorage, id_: str, serial: int, size: int) -> None:
        self._storage = storage
        self._id = id_
        self._serial = serial
        self._size = size

    def read(self, start: int, size: int) -> bytes:
        end = min(start + size, self._size)
        if start >= end:
            return b""
        first, last = start // CHUNK, (end - 1) // CHUNK
        with self._storage._file().reading() as connection:
            rows = connection.execute(
                "SELECT number, digest, data FROM chunks WHERE serial = ? AND number BETWEEN ? AND ? ORDER BY number",
                (self._serial, first, last),
            ).fetchall()
        if [row[0] for row in rows] != list(range(first, last + 1)):
            raise LookupError("the stored body is gone")
        for number, digest, data in rows:
            expected = min(CHUNK, self._size - number * CHUNK)
            if len(data) != expected or digest != _digest(data, self._id, number):
                self._storage._forget(self._id)
                raise LookupError("the stored body is damaged")
        skip = start - first * CHUNK
        return b"".join([row[2] for row in rows])[skip : skip + end - start]

    def close(self) -> None:
        pass


def _digest_of_key(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _digest(data: bytes, id_: str, number: int) -> bytes:
    """Return a digest of data at its place, so that neither damage nor a mix-up of two files goes unnoticed."""
    place = blake2b(f"{number} {id_}".encode("utf-8", "surrogatepass"), digest_size=32).digest()
    return blake2b(data, digest_size=16, key=place).digest()


def _load(id_: str, size: int, head: bytes, digest: bytes) -> CacheEntry | None:
    if digest != _digest(head, id_, size):
        return None
    try:
        entry = CacheEntry.load(head)
    except ValueError:
        return None  # of another version of this package
    return entry if entry.id == id_ and entry.size == size else None


def _delete(connection: Connection, key: bytes, ids: Iterable[str]) -> None:
    connection.executemany("DELETE FROM entries WHERE key = ? AND id = ?", [(key, id_) for id_ in ids])


def _chunks(body: IO[bytes], serial: int, id_: str) -> Iterator[tuple[int, int, bytes, bytes]]:
    number = 0
    while data := body.read(CHUNK):
        yield serial, number, _digest(data, id_, number), data
        number += 1

"""A SQLite file whose contents may be lost at any time, but never wrong: how it is opened, shared, and begun anew."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from logging import getLogger
from time import sleep

__all__ = ["SqliteFile"]

MAGIC = b"SQLite format 3\0"
APPLICATION = 0x64756F68  # "duoh", which marks the file as ours
VERSION = 1
IDLE = 8
BUSY_SECONDS = 10.0
BUSY_STEP = 0.01
WAL_BYTES = 4 * 1024 * 1024
# What SQLite says of a file that is none of its own, or broken (sqlite3.SQLITE_NOTADB, SQLITE_CORRUPT).
BROKEN = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})

# Deleting an entry deletes its chunks, and ``total`` is always the sum, whoever writes: all in one transaction.
SCHEMA = """
CREATE TABLE entries (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    key BLOB NOT NULL,
    response_time REAL NOT NULL,
    used REAL NOT NULL,
    weight INTEGER NOT NULL,
    size INTEGER NOT NULL,
    head BLOB NOT NULL,
    digest BLOB NOT NULL
);
CREATE INDEX entries_by_key ON entries (key);
CREATE INDEX entries_by_use ON entries (used);
CREATE TABLE chunks (
    serial INTEGER NOT NULL,
    number INTEGER NOT NULL,
    digest BLOB NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (serial, number)
) WITHOUT ROWID;
CREATE TABLE total (weight INTEGER NOT NULL);
INSERT INTO total VALUES (0);
CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN
    UPDATE total SET weight = weight + NEW.weight;
END;
CREATE TRIGGER entry_changed AFTER UPDATE OF weight ON entries BEGIN
    UPDATE total SET weight = weight + NEW.weight - OLD.weight;
END;
CREATE TRIGGER entry_removed AFTER DELETE ON entries BEGIN
    UPDATE total SET weight = weight - OLD.weight;
    DELETE FROM chunks WHERE serial = OLD.serial;
END;
"""


class SqliteFile:
    """The connections of one process to one file. Each is used by one caller at a time, and kept for the next.

    In WAL mode readers and one writer work side by side, in several processes too. ``synchronous = NORMAL``: a process
    that is killed loses nothing it committed; a machine that loses power may lose the last of it, and no more.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection. Raises OSError; a broken file is put aside, so that the next caller begins anew."""
        inode = None
        try:
            connection = self._idle.pop()
        except IndexError:
            inode = self._make_place()
            try:
                connection = self._connect()
            except sqlite3.Error as error:
                raise self._failure(error, inode) from error
        try:
            yield connection
        except sqlite3.Error as error:
            inode = _inode(self._path)
            connection.close()
            raise self._failure(error, inode) from error
        except BaseException:
            connection.close()
            raise
        if self._closed or len(self._idle) >= IDLE:
            connection.close()
        else:
            self._idle.append(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for one transaction: all of it is done when the block ends, or nothing. Raises OSError."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connections that nobody uses, and the others when they are given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def delete(self) -> None:
        """Remove the file; whoever has it open goes on with what nobody else sees."""
        while self._idle:
            self._idle.pop().close()
        for suffix in ("-wal", "-shm", ""):
            _remove(self._path + suffix)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        try:
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
            if _state(connection) != (APPLICATION, VERSION):
                self._begin(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Make the tables, in the place of those of another version. Raises OSError for a file of somebody else."""
        connection.execute("BEGIN IMMEDIATE")
        application, version = _state(connection)
        if (application, version) == (APPLICATION, VERSION):
            connection.execute("COMMIT")  # another process was quicker
            return
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        if tables and application != APPLICATION:
            raise OSError(f"{self._path} is a database of something else; a cache needs a file of its own")
        for name in tables:
            connection.execute(f'DROP TABLE "{name}"')
        for statement in _statements():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")

    def _make_place(self) -> int | None:
        """Make the file where there is none, for its owner only: responses may be private. Return its inode.

        Raises OSError, for a file that never was a database too: a slip of the pen must not cost anybody a file.
        """
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        except PermissionError:
            pass  # one that may be read only is read
        with open(self._path, "rb") as file:
            if not MAGIC.startswith(file.read(len(MAGIC))):
                raise OSError(f"{self._path} is no database; a cache needs a file of its own")
        return _inode(self._path)

    def _failure(self, error: sqlite3.Error, inode: int | None) -> OSError:
        """Return what to raise; a file that is broken is put aside before."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in BROKEN or "no such table" in str(error):
            self._put_aside(error, inode)
        message = f"the cache {self._path} failed: {error}"
        return OSError(ENOSPC, message) if code == sqlite3.SQLITE_FULL else OSError(message)

    def _put_aside(self, error: sqlite3.Error, inode: int | None) -> None:
        while self._idle:
            self._idle.pop().close()
        if inode is None or _inode(self._path) != inode:
            return  # another process has begun anew already
        # They would be replayed into the next file.
        for suffix in ("-wal", "-shm"):
            _remove(self._path + suffix)
        try:
            os.replace(self._path, f"{self._path}.broken")
        except OSError:
            return
        getLogger("duohttp.cache").warning(
            "the cache %s was broken (%s) and begins anew; it is kept as %s.broken", self._path, error, self._path
        )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Choose the WAL mode, in turn with others who do: SQLite itself does not wait for them here."""
    patience = BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or patience <= 0:
                raise
        else:
            return
        sleep(BUSY_STEP)
        patience -= BUSY_STEP


def _state(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def _statements() -> Iterator[str]:
    """Return the statements of the schema; ``executescript`` would commit before it begins."""
    statement = ""
    for line in SCHEMA.splitlines(keepends=True):
        statement += line
        if statement.strip() and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        pass

"""A body on its way into a cache that is outside this process's memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import IO, TypeAlias

from ..plugins.cache_storage import CacheWriter
from ..values.cache_entry import CacheEntry

__all__ = ["SpooledWriter"]

StoreTypes: TypeAlias = Callable[[CacheEntry, IO[bytes], int, Iterable[str]], bool]

# What is kept in memory of one body; the rest of it goes to a temporary file.
SPOOLED = 1024 * 1024


class SpooledWriter(CacheWriter):
    """Takes a body of at most ``most`` bytes, and gives it to ``store`` once it is whole, with its size."""

    __slots__ = ("_file", "_most", "_size", "_store")

    def __init__(self, store: StoreTypes, most: int) -> None:
        from tempfile import SpooledTemporaryFile

        self._store = store
        self._most = most
        self._file: IO[bytes] = SpooledTemporaryFile(SPOOLED)  # noqa: SIM115  # closed by commit and abort
        self._size = 0

    def write(self, data: bytes) -> bool:
        self._size += len(data)
        if self._size > self._most:
            return False
        self._file.write(data)
        return True

    def commit(self, entry: CacheEntry, replaces: Iterable[str] = ()) -> bool:
        self._file.seek(0)
        try:
            return self._store(entry, self._file, self._size, replaces)
        finally:
            self._file.close()

    def abort(self) -> None:
        self._file.close()

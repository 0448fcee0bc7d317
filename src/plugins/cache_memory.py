"""Responses kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from .._concurrency import StateLock, fork_generation
from ..values.checks import check_options
from .cache_storage import CacheReader, CacheStorage, CacheWriter

if TYPE_CHECKING:
    from ..values.cache_entry import CacheEntry

__all__ = ["MemoryCacheStorage"]


class MemoryCacheStorage(CacheStorage):
    """Keeps responses in the memory of this process, at most ``max_size`` bytes of them (64 MiB), the last used.

    A body of more than ``max_body`` bytes (a quarter of ``max_size``) is not kept. Clients of both colours may share
    one. A pickled copy and a forked process begin with nothing. Raises ValueError for sizes that are none.
    """

    blocking: ClassVar[bool] = False

    def __init__(self, max_size: int = 64 * 1024 * 1024, *, max_body: int | None = None) -> None:
        check_options(MemoryCacheStorage, locals())
        for name, value in (("max_size", max_size), ("max_body", 0 if max_body is None else max_body)):
            if value < 0:
                raise ValueError(f"{name} is a number of bytes from 0 on, not {value!r}")
        self.max_size = max_size
        self.max_body = max_size // 4 if max_body is None else max_body
        self._rooms: dict[int, _Room] = {}

    def _room(self) -> _Room:
        generation = fork_generation()
        room = self._rooms.get(generation)
        # Two threads may come here at once.
        return self._rooms.setdefault(generation, _Room(self.max_size)) if room is None else room

    @property
    def size(self) -> int:
        """How many bytes the entries and their bodies take, about."""
        return self._room().size

    def __len__(self) -> int:
        return len(self._room().stored)

    def __bool__(self) -> bool:
        # An empty storage is one all the same.
        return True

    def entries(self, key: str) -> list[CacheEntry]:
        """Return all entries of a key, the newest first."""
        room = self._room()
        with room.lock:
            found = [room.stored[id_][0] for id_ in room.keys.get(key, ())]
        found.reverse()
        return sorted(found, key=lambda entry: -entry.response_time)

    def open(self, entry: CacheEntry) -> CacheReader | None:
        """Return a reader of the body of an entry; None where it is gone."""
        room = self._room()
        with room.lock:
            stored = room.stored.get(entry.id)
            if stored is None:
                return None
            room.stored.move_to_end(entry.id)
        return _Reader(stored[1])

    def create(self, entry: CacheEntry) -> CacheWriter | None:
        """Begin to store a body; None where it is known to be too large."""
        return None if entry.size > self.max_body else _Writer(self._room(), self.max_body)

    def update(self, entry: CacheEntry) -> bool:
        """Replace the entry with this id; False where it is gone."""
        room = self._room()
        with room.lock:
            stored = room.stored.get(entry.id)
            if stored is None:
                return False
            room.size += entry.head_size - stored[0].head_size
            room.stored[entry.id] = entry, stored[1]
            room.shrink()
        return True

    def remove(self, key: str, ids: Iterable[str] | None = None) -> None:
        """Remove entries of a key: those with these ids, or all."""
        room = self._room()
        with room.lock:
            room.drop(key, list(room.keys.get(key, ())) if ids is None else ids)

    def clear(self) -> None:
        """Remove all."""
        room = self._room()
        with room.lock:
            room.stored.clear()
            room.keys.clear()
            room.size = 0

    def __getstate__(self) -> dict[str, Any]:
        return {"max_size": self.max_size, "max_body": self.max_body, "_rooms": {}}

    def __repr__(self) -> str:
        return f"MemoryCacheStorage({self.max_size})"


class _Room:
    """What one process keeps. ``stored`` is ordered by use; all but ``lock`` is changed under it."""

    __slots__ = ("keys", "limit", "lock", "size", "stored")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.lock = StateLock()
        self.stored: OrderedDict[str, tuple[CacheEntry, bytes | bytearray]] = OrderedDict()
        self.keys: dict[str, dict[str, None]] = {}
        self.size = 0

    def add(self, entry: CacheEntry, body: bytes | bytearray) -> bool:
        self.drop(entry.key, (entry.id,))
        if entry.head_size + len(body) > self.limit:
            return False  # nor should all others make room in vain
        self.stored[entry.id] = entry, body
        self.keys.setdefault(entry.key, {})[entry.id] = None
        self.size += entry.head_size + len(body)
        self.shrink()
        return entry.id in self.stored

    def drop(self, key: str, ids: Iterable[str]) -> None:
        home = self.keys.get(key)
        if home is None:
            return
        for id_ in ids:
            if id_ in home:
                del home[id_]
                entry, body = self.stored.pop(id_)
                self.size -= entry.head_size + len(body)
        if not home:
            del self.keys[key]

    def shrink(self) -> None:
        while self.size > self.limit:
            id_, (entry, _) = next(iter(self.stored.items()))
            self.drop(entry.key, (id_,))


class _Writer(CacheWriter):
    __slots__ = ("_body", "_limit", "_room")

    def __init__(self, room: _Room, limit: int) -> None:
        self._room = room
        self._limit = limit
        self._body: bytes | bytearray = b""

    def write(self, data: bytes) -> bool:
        if len(self._body) + len(data) > self._limit:
            self._body = b""
            return False
        if not self._body:
            self._body = bytes(data)  # most bodies come in one piece, which is kept as it is
            return True
        if isinstance(self._body, bytes):
            self._body = bytearray(self._body)
        self._body += data
        return True

    def commit(self, entry: CacheEntry, replaces: Iterable[str] = ()) -> bool:
        room = self._room
        with room.lock:
            room.drop(entry.key, replaces)
            return room.add(entry, self._body)

    def abort(self) -> None:
        self._body = b""


class _Reader(CacheReader):
    __slots__ = ("_body",)

    def __init__(self, body: bytes | bytearray) -> None:
        self._body = body

    def read(self, start: int, size: int) -> bytes:
        body = self._body
        if start == 0 and size >= len(body) and isinstance(body, bytes):
            return body
        return bytes(memoryview(body)[start : start + size])

    def close(self) -> None:
        self._body = b""

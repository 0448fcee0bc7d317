"""Bodies on their way into a storage and out of it: the calls that may block, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ..rules.caching_state import Pending
    from ..values.cache_entry import CacheEntry
    from ..values.headers import RawHeaders
    from .cache_storage import CacheReader, CacheStorage, CacheWriter

__all__ = ["BodyStore", "Slice", "open_slice", "read_piece", "read_slice"]

Slice: TypeAlias = "tuple[CacheEntry, int, int]"
"""Some bytes of a stored body: its entry, where they begin in what is stored, and how many they are."""

PIECE = 256 * 1024


def read_slice(storage: CacheStorage, wanted: Slice) -> bytes | None:
    """Return some bytes of a stored body; None where they are gone."""
    entry, start, size = wanted
    reader = storage.open(entry)
    if reader is None:
        return None
    try:
        data = reader.read(start, size)
    except LookupError:
        return None
    finally:
        reader.close()
    return data if len(data) == size else None


def open_slice(storage: CacheStorage, wanted: Slice) -> tuple[CacheReader, bytes] | None:
    """Return a reader of a stored body and the first of the bytes that are wanted; None where they are gone."""
    entry, start, size = wanted
    reader = storage.open(entry)
    if reader is None:
        return None
    try:
        return reader, read_piece(reader, start, size)
    except BaseException as error:
        reader.close()
        if isinstance(error, LookupError):
            return None
        raise


def read_piece(reader: CacheReader, start: int, size: int) -> bytes:
    """Return the next bytes of a body, at most ``size``. Raises LookupError where they are gone."""
    wanted = min(size, PIECE)
    data = reader.read(start, wanted)
    if len(data) != wanted:
        raise LookupError(start)
    return data


class BodyStore:
    """Stores one response: ``begin``, ``add`` again and again, then ``finish`` or ``abort``; or ``whole``.

    ``before`` and ``after`` are stored bytes that the new ones are put between. ``expected`` is how many new ones
    there must be, None where nobody knows. ``kept_trailers`` chooses the trailer fields to keep. Nothing is kept of a
    response that was ``dropped`` meanwhile.
    """

    def __init__(
        self,
        storage: CacheStorage,
        entry: CacheEntry,
        pending: Pending,
        *,
        replaces: Iterable[str] = (),
        before: Slice | None = None,
        after: Slice | None = None,
        expected: int | None = None,
        kept_trailers: Callable[[RawHeaders], tuple[tuple[bytes, bytes], ...]] = tuple,
    ) -> None:
        self.entry = entry
        self.expected = expected
        self.size = 0
        self.pending = pending
        self._storage = storage
        self._replaces = tuple(replaces)
        self._before = before
        self._after = after
        self._kept_trailers = kept_trailers
        self._writer: CacheWriter | None = None
        self._begun = False

    def whole(self, data: bytes, trailers: RawHeaders) -> bool:
        """Store a body that is in memory; return whether it is stored."""
        try:
            return self.add([data]) and self.finish(trailers)
        finally:
            self.abort()

    def add(self, pieces: Iterable[bytes]) -> bool:
        """Add bytes; return False where the storage won't have them, and forget all."""
        if not self._begun:
            self._begun = True
            self._writer = self._storage.create(self.entry)
            if self._before is not None and not self._copy(self._before):
                return False
        for piece in pieces:
            self.size += len(piece)
            if not self._write(piece):
                return False
        return self._writer is not None

    def _write(self, data: bytes) -> bool:
        if self._writer is None:
            return False
        if self._writer.write(data):
            return True
        self.abort()
        return False

    def _copy(self, wanted: Slice) -> bool:
        """Add bytes of another entry."""
        entry, start, size = wanted
        reader = self._storage.open(entry)
        if reader is None:
            self.abort()
            return False
        try:
            while size:
                data = read_piece(reader, start, size)
                if not self._write(data):
                    return False
                start, size = start + len(data), size - len(data)
        except LookupError:
            self.abort()
            return False
        finally:
            reader.close()
        return True

    def finish(self, trailers: RawHeaders) -> bool:
        """Show the entry; return whether it is stored. A body that is shorter or longer than it should be is not."""
        if self.expected is not None and self.size != self.expected:
            self.abort()
            return False
        if not self.add(()) or (self._after is not None and not self._copy(self._after)):
            return False
        writer, self._writer = self._writer, None
        if writer is None:
            return False
        if self.pending.dropped:
            writer.abort()
            return False
        size = sum(slice_[2] for slice_ in (self._before, self._after) if slice_ is not None) + self.size
        entry = self.entry
        length = entry.length if entry.status_code == 206 else size
        if size == length:
            # The parts are all there: it is the whole (RFC 9111 section 3.4).
            entry = _as_whole(entry) if entry.status_code == 206 else entry
        self.entry = entry = entry.replace(size=size, length=length, trailers=self._kept_trailers(trailers))
        try:
            kept = writer.commit(entry, self._replaces)
        except BaseException:
            writer.abort()
            raise
        if kept and self.pending.dropped:
            # It was changed at this very moment.
            self._storage.remove(entry.key, (entry.id,))
            return False
        return kept

    def abort(self) -> None:
        """Leave nothing behind. No effect on what is stored."""
        self._begun = True
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.abort()


def _as_whole(entry: CacheEntry) -> CacheEntry:
    headers = (*entry.headers, (b"Content-Length", b"%d" % entry.length))
    return entry.replace(status_code=200, reason_phrase="OK", headers=headers)

"""Where HttpCache keeps responses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ..values.cache_entry import CacheEntry

__all__ = ["CacheReader", "CacheStorage", "CacheWriter"]


class CacheReader:
    """Reads one stored body. It is used by one caller at a time, each call maybe in another thread."""

    def read(self, start: int, size: int) -> bytes:
        """Return ``size`` bytes from byte ``start`` of what is stored on; fewer only where the body ends.

        ``start`` counts within what is stored, from 0 on, whatever part of the whole that is. Raises LookupError
        where the body is gone, as it was removed meanwhile: never other bytes, and never fewer.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Free what the reader holds. May be called again, and from any thread, a finaliser's too: it must be quick."""


class CacheWriter:
    """Takes one body, piece by piece. It is used by one caller at a time, each call maybe in another thread."""

    def write(self, data: bytes) -> bool:
        """Add bytes; return False where the storage won't keep a body of this size, after which ``abort`` follows."""
        raise NotImplementedError

    def commit(self, entry: CacheEntry, replaces: Iterable[str] = ()) -> bool:
        """Show the entry, with the body written, and remove those of its key with the ids ``replaces``: all at once.

        Whoever looks sees what was there before, or all of the new; also when this process dies meanwhile. ``entry``
        has the ``id`` and ``key`` given to ``create``; ``size`` is what was written. Returns False where the storage
        does not keep it, for want of room say; what is replaced is removed all the same.
        """
        raise NotImplementedError

    def abort(self) -> None:
        """Leave nothing behind. No effect after ``commit``; may be called again.

        It is called from any thread, a finaliser's too, so it must be quick and must not wait for a lock that is
        held for long.
        """
        raise NotImplementedError


class CacheStorage:
    """Where HttpCache keeps responses. Subclass it for one of your own.

    A response is a ``CacheEntry`` and a body. All methods are plain functions; both clients call them, several at
    once, from many threads. Where ``blocking`` is true (files, databases, sockets) the AsyncClient calls them in
    worker threads; set it to False only where nothing ever takes more than some microseconds.

    - **Nothing is lost but responses.** A storage may drop any entry at any time, and answers "not there" rather
      than wrongly. What a method raises is logged (logger ``duohttp.cache``) and counts as "not there" or "not
      stored": a broken storage makes a cache slow, and never breaks a call.
    - **Bodies are streamed**: ``create`` gives a writer, ``open`` a reader that reads any range. An entry is seen
      once it is committed, never before, and never in part.
    - **A body never changes.** ``update`` changes the head of an entry alone. A reader that is open when its entry
      is removed reads on, or raises LookupError.
    - **Many use it**: several clients of both colours, and several processes where the storage is outside of the
      process. Between two processes the last one wins.
    - **After ``close``** it opens again when it is used again: clients that share a storage close it one by one.
    - **Forks and pickles**: what is inside the process (locks, connections) is made anew in a forked process, and
      does not travel with a pickle.

    ``tests/unit/cache_storage_contract.py`` holds any storage to this.
    """

    blocking: ClassVar[bool] = True

    def entries(self, key: str) -> list[CacheEntry]:
        """Return all entries of a key, the newest first: by ``response_time``, then by when they were committed."""
        raise NotImplementedError

    def open(self, entry: CacheEntry) -> CacheReader | None:
        """Return a reader of the body of an entry; None where it is gone. It counts as used now."""
        raise NotImplementedError

    def create(self, entry: CacheEntry) -> CacheWriter | None:
        """Begin to store a body; None where the storage does not want it. ``size`` and ``length`` may not be known yet.

        The writer is committed or aborted in the end.
        """
        raise NotImplementedError

    def update(self, entry: CacheEntry) -> bool:
        """Replace the entry with this ``id`` under this ``key``, its body untouched; False where it is gone."""
        raise NotImplementedError

    def remove(self, key: str, ids: Iterable[str] | None = None) -> None:
        """Remove entries of a key: those with these ids, or all. What is not there is no error."""
        raise NotImplementedError

    def clear(self) -> None:
        """Remove all."""
        raise NotImplementedError

    def close(self) -> None:
        """Free connections and files; what is stored stays. May be called again."""

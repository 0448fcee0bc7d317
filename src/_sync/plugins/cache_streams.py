# Generated from src/_async/plugins/cache_streams.py by scripts/generate_sync.py. Do not edit.
"""Bodies that come out of a cache, go into it on their way, or both."""

from __future__ import annotations

from collections.abc import Callable

from ...exceptions import ReadError
from ...plugins.cache_body import BodyStore, Slice, open_slice, read_piece
from ...plugins.cache_storage import CacheReader
from ...values.headers import RawHeaders
from ..response import BodyStream
from .cache_access import CacheAccess

__all__ = ["JoinedStream", "StoringStream", "stored_stream"]

BATCH = 128 * 1024
"""So much is collected before a storage that blocks is called."""


def stored_stream(access: CacheAccess, wanted: Slice, trailers: RawHeaders) -> BodyStream | None:
    """Return some bytes of a stored body as a stream; None where they are gone.

    The first of them are read at once, so that for most bodies nothing can go wrong any more.
    """
    opened = access.ask(None, open_slice, access.storage, wanted)
    if opened is None:
        return None
    reader, first = opened
    return StoredStream(access, reader, first, wanted, trailers)


class StoredStream(BodyStream):
    """A stored body, or a part of one, of which the ``first`` bytes are there."""

    __slots__ = ("_access", "_at", "_first", "_left", "_reader", "_trailers")

    def __init__(
        self, access: CacheAccess, reader: CacheReader, first: bytes, wanted: Slice, trailers: RawHeaders
    ) -> None:
        self._access = access
        self._reader: CacheReader | None = reader
        self._first = first
        self._at = wanted[1] + len(first)
        self._left = wanted[2] - len(first)
        self._trailers = trailers

    def receive(self) -> bytes:
        """Return the next piece, or b"" at the end. Raises ReadError where the body was removed meanwhile."""
        reader = self._reader
        first, self._first = self._first, b""
        if reader is None or first or not self._left:
            return first
        piece = self._access.ask(None, _piece, reader, self._at, self._left)
        if piece is None:
            raise ReadError("the stored response was removed while it was read; ask again")
        self._at += len(piece)
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Give up what is unread. May be called again."""
        self.abandon()

    def abandon(self) -> bool:
        """Give up what is unread: no connection is held, so nothing is lost."""
        reader, self._reader, self._first = self._reader, None, b""
        if reader is not None:
            self._access.release(reader)
        return False

    def trailers(self) -> RawHeaders:
        """Return the trailer fields."""
        return self._trailers


def _piece(reader: CacheReader, start: int, size: int) -> bytes | None:
    try:
        return read_piece(reader, start, size)
    except LookupError:
        return None


class JoinedStream(BodyStream):
    """Several bodies, one after the other; ``told`` is the one whose trailers count."""

    __slots__ = ("_at", "_streams", "_told")

    def __init__(self, streams: list[BodyStream], told: BodyStream) -> None:
        self._streams = streams
        self._told = told
        self._at = 0

    def receive(self) -> bytes:
        """Return the next piece, or b"" at the end."""
        while self._at < len(self._streams):
            piece = self._streams[self._at].receive()
            if piece:
                return piece
            self._at += 1
        return b""

    def close(self) -> None:
        """Give up what is unread and free the connection."""
        for stream in self._streams:
            stream.close()

    def abandon(self) -> bool:
        """Free the connection without waiting."""
        left = [stream.abandon() for stream in self._streams]
        return any(left)

    def trailers(self) -> RawHeaders:
        """Return the trailer fields of the body that came from the network."""
        return self._told.trailers()


class StoringStream(BodyStream):
    """Another stream, which is stored while it is read; ``ended`` is called once, when nothing more is stored."""

    __slots__ = ("_access", "_ended", "_pieces", "_size", "_store", "_stream")

    def __init__(self, stream: BodyStream, access: CacheAccess, store: BodyStore, ended: Callable[[], None]) -> None:
        self._stream = stream
        self._access = access
        self._store: BodyStore | None = store
        self._ended = ended
        self._pieces: list[bytes] = []
        self._size = 0

    def receive(self) -> bytes:
        """Return the next piece, or b"" at the end, when it is stored."""
        try:
            piece = self._stream.receive()
            if self._store is not None:
                if piece:
                    self._add(piece)
                else:
                    self._finish()
        except BaseException:
            self._forget()
            raise
        return piece

    def _add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size < BATCH and self._access.storage.blocking:
            return
        assert self._store is not None
        pieces, self._pieces, self._size = self._pieces, [], 0
        if not self._access.ask(False, self._store.add, pieces):
            self._forget()

    def _finish(self) -> None:
        store = self._store
        assert store is not None
        if not self._pieces or self._access.ask(False, store.add, self._pieces):
            self._access.ask(False, store.finish, self._stream.trailers())
        self._forget()  # no effect on what is stored

    def _forget(self) -> None:
        store, self._store = self._store, None
        self._pieces = []
        if store is not None:
            self._access.forget(store)
            self._ended()

    def close(self) -> None:
        """Give up what is unread and free the connection; what was not read to its end is not stored."""
        try:
            self._stream.close()
            store = self._store
            if store is not None and store.expected == store.size + self._size:
                self._finish()  # all has come, only the end was not waited for
        finally:
            self._forget()

    def abandon(self) -> bool:
        """Free the connection without waiting."""
        self._forget()
        return self._stream.abandon()

    def trailers(self) -> RawHeaders:
        """Return the trailer fields."""
        return self._stream.trailers()

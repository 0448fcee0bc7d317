"""Applying content codings to a request body (RFC 9110 section 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from ..exceptions import InvalidRequest, MissingExtra
from ..values.body import Body, Chunks
from ..values.content_codec import Compressor, ContentCodec

__all__ = ["EncodedBody", "check_codings", "compressors", "encode_all"]

_SLICE = 64 * 1024


class _Brotli:
    """brotli's compressor under zlib's names."""

    def __init__(self, module: Any) -> None:
        compressor = module.Compressor(quality=5)
        self.compress = compressor.process
        self.flush = compressor.finish


def _brotli() -> Compressor:
    for name in ("brotli", "brotlicffi"):
        try:
            return _Brotli(import_module(name))
        except ImportError:
            pass
    raise MissingExtra("install duohttp[brotli] to compress with br")


def _zstd() -> Compressor:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            compressor: Compressor = import_module(name).ZstdCompressor()
            return compressor
        except ImportError:
            pass
    try:
        compressor = import_module("zstandard").ZstdCompressor().compressobj()
    except ImportError:
        raise MissingExtra("install duohttp[zstd] to compress with zstd") from None
    return compressor


_MAKERS: dict[str, Callable[[], Compressor]] = {
    "gzip": lambda: zlib.compressobj(wbits=31),
    "deflate": zlib.compressobj,
    "br": _brotli,
    "zstd": _zstd,
}


def check_codings(names: Iterable[str], codecs: Iterable[ContentCodec]) -> tuple[str, ...]:
    """Return the names in lower case, identity left out. Raises InvalidRequest for one nobody knows."""
    known = {*_MAKERS, *(codec.name for codec in codecs)}
    result = tuple(name.strip().lower() for name in names)
    for name in result:
        if name not in known and name != "identity":
            raise InvalidRequest(f"the content coding {name!r} is not known, only {', '.join(sorted(known))}")
    return tuple(name for name in result if name != "identity")


def compressors(names: Iterable[str], codecs: Iterable[ContentCodec]) -> list[Compressor]:
    """Return what encodes one body, first coding first. Raises MissingExtra."""
    makers = _MAKERS | {codec.name: codec.compressor for codec in codecs}
    return [makers[name]() for name in names]


def _feed(chain: Sequence[Compressor], data: bytes) -> bytes:
    for compressor in chain:
        data = compressor.compress(data)
    return data


def _flush(chain: Sequence[Compressor]) -> bytes:
    data = b""
    for compressor in chain:
        data = (compressor.compress(data) if data else b"") + compressor.flush()
    return data


def encode_all(data: bytes, chain: Sequence[Compressor]) -> bytes:
    """Return a whole body in its codings."""
    return _feed(chain, data) + _flush(chain)


class EncodedBody(Body):
    """Another body in some content codings, encoded while it is sent; its length is not known before."""

    def __init__(self, body: Body, make: Callable[[], list[Compressor]]) -> None:
        self.content_type = body.content_type
        self.replayable = body.replayable
        self.is_async = body.is_async
        # Compressing takes time even where the data is at hand: an event loop goes on meanwhile.
        self.blocking = not body.is_async
        self._body = body
        self._make = make

    def open(self) -> Chunks:
        """Start one pass. Raises BodyNotReplayable as the body itself."""
        chunks: Any = self._body.open()
        return _AsyncEncoded(chunks, self._make()) if self.is_async else _Encoded(chunks, self._make())


class _Encoded(Iterator[bytes]):
    def __init__(self, chunks: Any, chain: list[Compressor]) -> None:
        self._source = chunks
        self._chunks = _cut(chunks)
        self._chain: list[Compressor] | None = chain

    def __next__(self) -> bytes:
        chain = self._chain
        if chain is None:
            raise StopIteration
        for piece in self._chunks:
            if encoded := _feed(chain, piece):
                return encoded
        self._chain = None
        return _flush(chain)

    def close(self) -> None:
        """End the body's own iterator, where it can be ended."""
        self._chain = None
        if hasattr(self._source, "close"):
            self._source.close()


class _AsyncEncoded(AsyncIterator[bytes]):
    def __init__(self, chunks: Any, chain: list[Compressor]) -> None:
        self._chunks = chunks
        self._chain: list[Compressor] | None = chain

    async def __anext__(self) -> bytes:
        chain = self._chain
        if chain is None:
            raise StopAsyncIteration
        async for piece in self._chunks:
            if encoded := _feed(chain, piece):
                return encoded
        self._chain = None
        return _flush(chain)

    async def aclose(self) -> None:
        """End the body's own iterator, where it can be ended."""
        self._chain = None
        if hasattr(self._chunks, "aclose"):
            await self._chunks.aclose()


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut what is long: a body in memory is encoded while it is sent, too."""
    for piece in pieces:
        for start in range(0, len(piece), _SLICE):
            yield piece[start : start + _SLICE]

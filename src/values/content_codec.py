"""A content coding of the user's own."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Compressor", "ContentCodec", "Decompressor"]


class Compressor(Protocol):
    """Encodes one body piece by piece; the compressors of ``zlib``, ``bz2`` and ``lzma`` are such."""

    def compress(self, data: bytes, /) -> bytes:
        """Take the next piece; return what of the coding is ready."""
        ...

    def flush(self) -> bytes:
        """Return the rest."""
        ...


class Decompressor(Protocol):
    """Decodes one body piece by piece; the decompressors of ``zlib``, ``bz2`` and ``lzma`` are such.

    An attribute ``eof``, where there is one, says whether the coding is complete; a body that ends before is cut.
    """

    def decompress(self, data: bytes, /) -> bytes:
        """Take the next piece; return what of the body is ready. Any exception means that the body is broken."""
        ...


class ContentCodec:
    """A content coding: subclass it and write the side you need, for ``ContentEncoding(MyCodec())``.

    ``name`` is what stands in Content-Encoding and Accept-Encoding, in lower case. One that has the name of a coding
    that is built in takes its place.
    """

    name = ""

    def compressor(self) -> Compressor:
        """Return what encodes one body."""
        raise NotImplementedError

    def decompressor(self) -> Decompressor:
        """Return what decodes one body."""
        raise NotImplementedError

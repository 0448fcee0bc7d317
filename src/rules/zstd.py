"""The zstd coding (RFC 8878) by whichever library is there: Python's own, its backport, or zstandard."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["BlockStage", "FrameStage", "make_stage"]

# RFC 9659: what a content coding may ask a receiver to remember.
_WINDOW_LOG = 23
_MAX_BLOCK = 128 * 1024
_SKIPPABLE = b"\x2a\x4d\x18"
_RLE = 1


@cache
def _library() -> tuple[bool, Any]:
    """Return the best library there is, and whether it bounds its output. Cached: a failed import is not cheap."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return True, import_module(name)
        except ImportError:
            pass
    return False, import_module("zstandard")


def make_stage(piece: int) -> FrameStage | BlockStage:
    """Return a decoder whose pieces are at most ``piece`` bytes, 128 KiB or more. Raises ImportError."""
    bounded, module = _library()
    return FrameStage(module, piece) if bounded else BlockStage(module)


class FrameStage:
    """Frames one after another, by a library that bounds its output: ``compression.zstd`` or ``backports.zstd``."""

    __slots__ = ("_decoder", "_module", "_piece")

    def __init__(self, module: Any, piece: int) -> None:
        self._module = module
        self._piece = piece
        self._decoder: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take encoded bytes and yield decoded pieces."""
        while data:
            if self._decoder is None:
                window = self._module.DecompressionParameter.window_log_max
                self._decoder = self._module.ZstdDecompressor(options={window: _WINDOW_LOG})
            decoder = self._decoder
            piece = decoder.decompress(data, self._piece)
            while True:
                if piece:
                    yield piece
                if decoder.eof or decoder.needs_input:
                    break
                piece = decoder.decompress(b"", self._piece)
            if not decoder.eof:
                return
            data = decoder.unused_data
            self._decoder = None

    def finish(self) -> None:
        """Raise EOFError in the middle of a frame."""
        if self._decoder is not None:
            raise EOFError


class BlockStage:
    """Frames one after another, by ``zstandard``, which decodes all it is given at once.

    So it is given one block at a time: that decodes to 128 KiB at most (RFC 8878 section 3.1.1.2.4).
    """

    __slots__ = ("_buffer", "_checksum", "_decoder", "_library", "_skip")

    def __init__(self, module: Any) -> None:
        self._library = module.ZstdDecompressor(max_window_size=1 << _WINDOW_LOG)
        self._decoder: Any = None
        self._buffer = bytearray()
        self._checksum = 0
        self._skip = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take encoded bytes and yield decoded pieces."""
        buffer = self._buffer
        buffer += data
        start = 0
        while True:
            skipped = min(self._skip, len(buffer) - start)
            self._skip -= skipped
            start += skipped
            size = self._unit(memoryview(buffer)[start : start + 8])
            if self._skip:
                if start < len(buffer):
                    continue
                break
            if not size or len(buffer) - start < size:
                break
            unit = bytes(memoryview(buffer)[start : start + size])
            start += size
            if output := self._decode(unit):
                yield output
        del buffer[:start]

    def _unit(self, head: memoryview) -> int:
        """Return the size of the frame header or block that comes next, 0 if too little of it is here."""
        if self._decoder is not None:
            if len(head) < 3:
                return 0
            block = int.from_bytes(head[:3], "little")
            size = block >> 3
            if size > _MAX_BLOCK:
                raise ValueError("a block is larger than 128 KiB")
            return 3 + (1 if block >> 1 & 3 == _RLE else size) + (self._checksum if block & 1 else 0)
        if len(head) >= 4 and head[1:4] == _SKIPPABLE and head[0] & 0xF0 == 0x50:
            if len(head) == 8:
                self._skip = 8 + int.from_bytes(head[4:8], "little")
            return 0
        if len(head) < 5:
            return 0
        # Section 3.1.1.1: the descriptor says which fields follow it.
        descriptor = head[4]
        single_segment = descriptor >> 5 & 1
        content_size = (single_segment, 2, 4, 8)[descriptor >> 6]
        return 5 + (1 - single_segment) + (0, 1, 2, 4)[descriptor & 3] + content_size

    def _decode(self, unit: bytes) -> bytes:
        if self._decoder is None:
            self._decoder = self._library.decompressobj()
            self._checksum = 4 if unit[4] & 4 else 0
            output: bytes = self._decoder.decompress(unit)
            return output
        output = self._decoder.decompress(unit)
        if unit[0] & 1:
            self._decoder = None
        return output

    def finish(self) -> None:
        """Raise EOFError in the middle of a frame."""
        if self._buffer or self._skip or self._decoder is not None:
            raise EOFError

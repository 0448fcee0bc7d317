"""Content codings: undoing what Content-Encoding says, within bounds (RFC 9110 section 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, Protocol

from ..exceptions import DecodingError, HTTPError, MissingExtra
from ..values.content_codec import ContentCodec
from ..values.settings import CodingLimits
from . import zstd

__all__ = ["ContentDecoder", "coding_names", "decode_all", "make_decoder"]

_PIECE = 128 * 1024
"""The most that one step decodes, in bytes: what bounds memory, whatever the body."""
_SLICE = 64 * 1024
"""The most that one step is fed: zlib copies what it leaves over, so a whole body at once would cost its square."""
_GZIP_MAGIC = b"\x1f\x8b\x08"


class Stage(Protocol):
    """Undoes one coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take encoded bytes and yield decoded pieces of bounded size. The iterator is to be used up."""

    def finish(self) -> None:
        """Raise EOFError when the coding is not complete."""


class ContentDecoder:
    """Undoes all codings of one body as it comes. Made by ``make_decoder``.

    ``feed`` and ``finish`` return iterables that decode lazily: use one up before the next call. No piece is larger
    than 128 KiB, however dense the body is.
    """

    __slots__ = ("_decoded", "_encoded", "_limits", "_names", "_stages")

    def __init__(self, names: list[str], stages: list[Stage], limits: CodingLimits) -> None:
        self._names = names
        self._stages = stages
        self._limits = limits
        self._encoded = 0
        self._decoded = [0] * len(stages)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next encoded bytes and yield what they decode to.

        Raises DecodingError for what is broken or beyond the limits.
        """
        self._encoded += len(data)
        if not self._stages:
            if data:
                yield bytes(data)
        elif len(data) <= _SLICE:
            yield from self._run(0, data)
        else:
            for start in range(0, len(data), _SLICE):
                yield from self._run(0, data[start : start + _SLICE])

    def finish(self) -> Iterable[bytes]:
        """End the body. Raises DecodingError when it is cut."""
        for name, stage in zip(self._names, self._stages, strict=True):
            try:
                stage.finish()
            except EOFError:
                raise DecodingError(f"the body is cut: its {name} coding is not complete") from None
        return ()

    def _run(self, index: int, data: bytes) -> Iterator[bytes]:
        last = index == len(self._stages) - 1
        pieces = self._stages[index].feed(data)
        while True:
            try:
                piece = next(pieces, None)
            except (HTTPError, MemoryError):
                raise
            except Exception as error:
                # zlib.error, brotli.error, ZstdError: none is of a class known here, each means broken data.
                raise DecodingError(f"the body is no valid {self._names[index]}: {error}") from error
            if piece is None:
                return
            self._count(index, len(piece), last)
            if last:
                yield piece
            else:
                yield from self._run(index + 1, piece)

    def _count(self, index: int, size: int, last: bool) -> None:
        self._decoded[index] = decoded = self._decoded[index] + size
        limits = self._limits
        ratio = limits.max_ratio
        if ratio is not None and decoded > limits.ratio_floor and decoded > ratio * self._encoded:
            raise DecodingError(
                f"the body decodes to more than {ratio:g} times its size ({decoded:,} bytes from {self._encoded:,}); "
                "raise CodingLimits.max_ratio if that is meant"
            )
        if last and limits.max_size is not None and decoded > limits.max_size:
            raise DecodingError(f"the body decodes to more than CodingLimits.max_size, {limits.max_size:,} bytes")


class _Gzip:
    """Members one after another (RFC 1952). What follows them and is no member is passed over, as browsers do."""

    __slots__ = ("_inflate", "_magic", "_members", "_over")

    def __init__(self) -> None:
        self._inflate: Any = None
        self._magic = b""
        self._members = 0
        self._over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._over:
            if self._inflate is None:
                data = self._start(data)
                if self._inflate is None:
                    return
            inflate = self._inflate
            yield from _inflate_all(inflate, data)
            if not inflate.eof:
                return
            data = inflate.unused_data
            self._inflate = None
            self._members += 1

    def _start(self, data: bytes) -> bytes:
        if self._members:
            data = self._magic + data
            self._magic = b""
            if not data.startswith(_GZIP_MAGIC):
                if _GZIP_MAGIC.startswith(data):
                    self._magic = data
                else:
                    self._over = True
                return b""
        self._inflate = zlib.decompressobj(31)
        return data

    def finish(self) -> None:
        if self._inflate is not None or self._magic:
            raise EOFError


class _Deflate:
    """zlib's format, as RFC 9110 section 8.4.1.2 says, or raw deflate, as some servers send."""

    __slots__ = ("_head", "_inflate")

    def __init__(self) -> None:
        self._head = b""
        self._inflate: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            data = self._head + data
            if len(data) < 2:
                self._head = data
                return
            # RFC 1950 section 2.2. No encoder of raw deflate starts a stream like this.
            is_zlib = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._inflate = zlib.decompressobj(15 if is_zlib else -15)
            self._head = b""
        if not self._inflate.eof:
            yield from _inflate_all(self._inflate, data)

    def finish(self) -> None:
        if self._head or (self._inflate is not None and not self._inflate.eof):
            raise EOFError


def _inflate_all(inflate: Any, data: bytes) -> Iterator[bytes]:
    piece = inflate.decompress(data, _PIECE)
    while piece:
        yield piece
        # A full piece may have left output inside zlib although all input is taken.
        if inflate.eof or (len(piece) < _PIECE and not inflate.unconsumed_tail):
            return
        piece = inflate.decompress(inflate.unconsumed_tail, _PIECE)


class _Brotli:
    """RFC 7932. Bounded by brotli 1.2; before it, by feeding a few bytes at a time."""

    __slots__ = ("_bounded", "_decoder", "_started")

    def __init__(self, module: Any) -> None:
        self._decoder = module.Decompressor()
        self._bounded = hasattr(self._decoder, "can_accept_more_data")
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._started = self._started or bool(data)
        decoder = self._decoder
        if not self._bounded:
            for start in range(0, len(data), 16):
                output = decoder.process(data[start : start + 16])
                yield from (output[at : at + _PIECE] for at in range(0, len(output), _PIECE))
            return
        if decoder.is_finished() and data:
            raise ValueError("something follows its end")
        piece = decoder.process(data, output_buffer_limit=_PIECE // 2)
        while piece or not decoder.can_accept_more_data():
            if piece:
                yield piece
            if decoder.is_finished():
                return
            piece = decoder.process(b"", output_buffer_limit=_PIECE // 2)

    def finish(self) -> None:
        if self._started and not self._decoder.is_finished():
            raise EOFError


class _Custom:
    """A coding of the user's."""

    __slots__ = ("_decoder", "_started")

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._started = self._started or bool(data)
        if not getattr(self._decoder, "eof", False):
            output = self._decoder.decompress(data)
            yield from (output[at : at + _PIECE] for at in range(0, len(output), _PIECE))

    def finish(self) -> None:
        if self._started and not getattr(self._decoder, "eof", True):
            raise EOFError


def _brotli() -> Stage:
    for name in ("brotli", "brotlicffi"):
        try:
            return _Brotli(import_module(name))
        except ImportError:
            pass
    raise MissingExtra("the body is coded with br; install duohttp[brotli] to read it")


def _zstd() -> Stage:
    try:
        return zstd.make_stage(_PIECE)
    except ImportError:
        raise MissingExtra("the body is coded with zstd; install duohttp[zstd] to read it") from None


_STAGES: dict[str, Callable[[], Stage]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _brotli,
    "zstd": _zstd,
}


def coding_names(codings: list[str], limits: CodingLimits, codecs: Sequence[ContentCodec] = ()) -> list[str]:
    """Return the codings in the order they are undone, the last applied first. Raises DecodingError."""
    names = [name for value in codings for part in value.split(",") if (name := part.strip(" \t").lower())]
    if len(names) > limits.max_codings:
        raise DecodingError(f"the body has {len(names)} content codings, more than {limits.max_codings}")
    names = [name for name in reversed(names) if name != "identity"]
    own = [codec.name for codec in codecs]
    for name in names:
        if name not in _STAGES and name not in own:
            known = ", ".join([*_STAGES, *own])
            raise DecodingError(f"the content coding {name[:40]!r} is not known, only {known}; read the body raw")
    return names


def make_decoder(codings: list[str], limits: CodingLimits, codecs: Sequence[ContentCodec] = ()) -> ContentDecoder:
    """Return a decoder for the values of a response's Content-Encoding headers.

    Raises DecodingError for too many codings and for an unknown one, MissingExtra for one whose library is not
    installed.
    """
    names = coding_names(codings, limits, codecs)
    own = {codec.name: codec for codec in codecs}
    stages = [_Custom(own[name].decompressor()) if name in own else _STAGES[name]() for name in names]
    return ContentDecoder(names, stages, limits)


def decode_all(raw: bytes, codings: list[str], limits: CodingLimits, codecs: Sequence[ContentCodec] = ()) -> bytes:
    """Return a whole body, codings undone. Raises as ``make_decoder`` and ``ContentDecoder.feed`` do."""
    if len(codings) == 1 and codings[0] in ("gzip", "x-gzip") and not codecs:
        # Most bodies are one gzip member and small.
        content = _small_gzip(raw, limits)
        if content is not None:
            return content
    decoder = make_decoder(codings, limits, codecs)
    pieces = list(decoder.feed(raw))
    pieces.extend(decoder.finish())
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _small_gzip(raw: bytes, limits: CodingLimits) -> bytes | None:
    bound = min(1024 * 1024, limits.ratio_floor, 1024 * 1024 if limits.max_size is None else limits.max_size)
    if bound <= 0 or len(raw) > bound:
        return None
    inflate = zlib.decompressobj(31)
    try:
        content = inflate.decompress(raw, bound)
    except zlib.error:
        return None
    return content if inflate.eof and not inflate.unused_data else None

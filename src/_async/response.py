"""The response a client returns: saved, or streamed."""

from __future__ import annotations

import codecs
import warnings
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ..exceptions import HTTPError, StreamClosed, StreamConsumed
from ..values.headers import RawHeaders
from ..values.request import Request
from ..values.response import BaseResponse

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import TypeForm

__all__ = ["AsyncBodyStream", "AsyncBytesStream", "AsyncResponse"]

T = TypeVar("T")


class AsyncBodyStream:
    """The bytes of one response body, as they come. An engine returns one with each response."""

    __slots__ = ()

    async def receive(self) -> bytes:
        """Return the next piece, or b"" at the end. Raises TransportError."""
        raise NotImplementedError

    async def read(self) -> bytes:
        """Return all that is left."""
        pieces = []
        while piece := await self.receive():
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def aclose(self) -> None:
        """Give up what is unread and free the connection. May be called again, also after the end."""

    def abandon(self) -> bool:
        """Free the connection without waiting, the response being garbage; return whether there was one to free."""
        return False

    def trailers(self) -> RawHeaders:
        """Return the trailer fields, known once receive() returned b""."""
        return []


class AsyncBytesStream(AsyncBodyStream):
    """A body that is in memory already."""

    __slots__ = ("_left",)

    def __init__(self, data: bytes) -> None:
        self._left = data

    async def receive(self) -> bytes:
        """Return the whole body the first time, then b""."""
        data, self._left = self._left, b""
        return data


class AsyncResponse(BaseResponse):
    """A response: status, headers, and a body that is in memory (the verbs) or still to be read (``stream``).

    The streamed body is read once, by ``iter_bytes``, ``iter_raw``, ``iter_text``, ``iter_lines`` or ``read``; a
    second pass raises StreamConsumed. The response is a context manager; leaving it frees the connection.
    ``network_stream`` is the raw stream of a connection that left HTTP (101, CONNECT), else None.
    A streamed response that is dropped unread frees its connection and warns (ResourceWarning).
    """

    __slots__ = ("_closed", "_consumed", "_stream", "network_stream")

    def __init__(
        self,
        status_code: int,
        raw_headers: RawHeaders,
        stream: AsyncBodyStream,
        *,
        request: Request,
        reason_phrase: str | None = None,
        http_version: str = "HTTP/1.1",
    ) -> None:
        BaseResponse.__init__(
            self, status_code, raw_headers, request=request, reason_phrase=reason_phrase, http_version=http_version
        )
        self._stream: AsyncBodyStream | None = stream
        self.network_stream: Any = None
        self._consumed = False
        self._closed = False

    def switch(self, network_stream: Any, stream: AsyncBodyStream) -> None:
        """For engines: the connection left HTTP (101, CONNECT); ``network_stream`` reads and writes its bytes."""
        self.network_stream = network_stream
        self._stream = stream

    async def read(self) -> bytes:
        """Read the whole body into memory, so that ``content`` and the like work; return it decoded."""
        if self._raw is None:
            await self.load()
        return self.content

    async def load(self) -> None:
        """Read the whole body into memory as it comes, content codings left on, and free the connection."""
        if self._raw is not None:
            return
        stream = self._begin()
        try:
            self._raw = await stream.read()
            self.raw_trailers = stream.trailers()
        except HTTPError as error:
            raise self._located(error) from error.__cause__
        finally:
            self._closed = True
            self._stream = None
            await stream.aclose()

    async def iter_raw(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Yield the body as it comes, content codings left on; pieces of ``chunk_size`` bytes if that is given."""
        if self._raw is not None:
            for piece in _cut(self._raw, chunk_size):
                yield piece
            return
        async for piece in self._pieces(_Resizer(chunk_size)):
            yield piece

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Yield the body, content codings undone, in pieces as they come or of ``chunk_size`` bytes.

        Raises DecodingError for a broken or unreasonably dense coding.
        """
        if self._raw is not None:
            for piece in _cut(self.content, chunk_size):
                yield piece
            return
        codings = self.headers.getall("content-encoding", None)
        if not codings:
            async for piece in self._pieces(_Resizer(chunk_size)):
                yield piece
            return
        from ..rules.codings import make_decoder

        resizer = _Resizer(chunk_size)
        try:
            decoder = make_decoder(codings, self.request.settings.coding_limits)
            async for piece in self._pieces(_Resizer(None)):
                for decoded in decoder.feed(piece):
                    for part in resizer.feed(decoded):
                        yield part
            for decoded in decoder.finish():
                for part in resizer.feed(decoded):
                    yield part
        except HTTPError as error:
            raise self._located(error) from error.__cause__
        for part in resizer.finish():
            yield part

    async def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Yield the body as text; a character cut between two pieces is put together again."""
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        async for piece in self.iter_bytes(chunk_size):
            if text := decoder.decode(piece):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text

    async def iter_lines(self) -> AsyncIterator[str]:
        r"""Yield the body line by line, without line ends: LF, CRLF or CR, wherever the pieces are cut."""
        from ..rules.lines import LineSplitter

        splitter = LineSplitter()
        async for text in self.iter_text():
            for line in splitter.feed(text):
                yield line
        for line in splitter.finish():
            yield line

    async def iter_json(self, into: TypeForm[T]) -> AsyncIterator[T]:
        """Yield a T for each line of JSON (JSON lines, NDJSON); empty lines are passed over. Raises DecodingError."""
        from ..converters import DEFAULT_CONVERTERS

        converters = self.request.settings.converters or DEFAULT_CONVERTERS
        async for line in self.iter_lines():
            if line.strip():
                try:
                    item = converters.decode(line.encode(), into, "application/json", "utf-8")
                except HTTPError as error:
                    raise self._located(error) from error.__cause__
                yield item

    async def aclose(self) -> None:
        """Free the connection; what is unread is given up. May be called again."""
        self._closed = True
        stream = self._stream
        if stream is not None:
            self._stream = None
            await stream.aclose()

    @property
    def is_closed(self) -> bool:
        """Whether the response holds no connection any more."""
        return self._closed

    @property
    def is_stream_consumed(self) -> bool:
        """Whether reading of a streamed body has begun."""
        return self._consumed

    def _begin(self) -> AsyncBodyStream:
        if self._consumed:
            raise StreamConsumed("the body was read already; a streamed body can be read once", request=self.request)
        stream = self._stream
        if stream is None:
            raise StreamClosed("the response was closed before its body was read", request=self.request)
        self._consumed = True
        return stream

    async def _pieces(self, resizer: _Resizer) -> AsyncIterator[bytes]:
        """Yield pieces of the stream; free the connection at the end, or when the caller stops."""
        stream = self._begin()
        try:
            while piece := await stream.receive():
                for part in resizer.feed(piece):
                    yield part
            self.raw_trailers = stream.trailers()
        except HTTPError as error:
            raise self._located(error) from error.__cause__
        finally:
            await self.aclose()
        for part in resizer.finish():
            yield part

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        stream = getattr(self, "_stream", None)
        if stream is not None and stream.abandon():
            message = f"{self!r} from {self.request.display_url} was dropped unread; use it in a with block"
            warnings.warn(message, ResourceWarning, stacklevel=2, source=self)


class _Resizer:
    """Cuts pieces to one size, or passes them on as they are."""

    __slots__ = ("_left", "_size")

    def __init__(self, size: int | None) -> None:
        if size is not None and size < 1:
            raise ValueError(f"chunk_size must be at least 1, not {size}")
        self._size = size
        self._left = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, ...] | list[bytes]:
        size = self._size
        if size is None:
            return (data,) if data else ()
        left = self._left
        left += data
        whole = len(left) // size * size
        parts = [bytes(left[start : start + size]) for start in range(0, whole, size)]
        del left[:whole]
        return parts

    def finish(self) -> tuple[bytes, ...]:
        return (bytes(self._left),) if self._left else ()


def _cut(data: bytes, size: int | None) -> list[bytes]:
    resizer = _Resizer(size)
    return [*resizer.feed(data), *resizer.finish()]

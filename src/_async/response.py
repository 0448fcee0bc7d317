"""The response a client returns: saved, or streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ..exceptions import HTTPError, StreamClosed, StreamConsumed
from ..rules.lines import LineSplitter
from ..rules.pipes import JsonLines, Pipe, Resizer, Step, TextDecoder
from ..values.head_notes import HeadNotes
from ..values.headers import RawHeaders
from ..values.request import Request
from ..values.response import BaseResponse
from .unread import AsyncUnread

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import TypeForm

    from ..rules.multipart_parts import BodyPart

__all__ = ["AsyncBodyStream", "AsyncBytesStream", "AsyncResponse"]

T = TypeVar("T")

_new = object.__new__


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

    network_stream: Any = None
    _stream: AsyncBodyStream | None = None
    _unread: AsyncUnread | None = None
    is_closed = False
    """Whether the response holds no connection any more."""
    is_stream_consumed = False
    """Whether reading of a streamed body has begun."""

    def __init__(
        self,
        status_code: int,
        raw_headers: RawHeaders,
        stream: AsyncBodyStream | None,
        request: Request,
        reason_phrase: str | None = None,
        http_version: str = "HTTP/1.1",
    ) -> None:
        super().__init__(
            status_code, raw_headers, request=request, reason_phrase=reason_phrase, http_version=http_version
        )
        if stream is not None:
            self.attach(stream)

    def attach(self, stream: AsyncBodyStream) -> None:
        """For engines: give the response its body."""
        self._stream = stream
        if self._unread is None:
            self._unread = AsyncUnread(stream, self.request)
        else:
            self._unread.stream = stream

    def detach(self) -> AsyncBodyStream | None:
        """For plugins: take the unread body out of the response; it is for the caller to close from now on."""
        stream = self._stream
        self._stream = None
        if self._unread is not None:
            self._unread.stream = None
        return stream

    def fill(self, raw: bytes, trailers: RawHeaders) -> None:
        """For engines: give the response its body, all of it, as it came."""
        self._raw = raw
        self.is_closed = self.is_stream_consumed = True
        if trailers:
            self.raw_trailers = trailers

    @staticmethod
    def whole(
        status_code: int,
        reason_phrase: str,
        http_version: str,
        raw_headers: RawHeaders,
        notes: HeadNotes,
        raw: bytes,
        request: Request,
    ) -> AsyncResponse:
        """For engines: return a response that came with all its body, in half the time of making and filling it."""
        response = _new(AsyncResponse)
        response.status_code = status_code
        response.reason_phrase = reason_phrase
        response.http_version = http_version
        response._raw_headers = raw_headers
        response.notes = notes
        response._raw = raw
        response.is_closed = response.is_stream_consumed = True
        response.request = request
        return response

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
            self.is_closed = True
            self.detach()
            await stream.aclose()

    def iter_raw(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Iterate over the body as it comes, content codings left on; in pieces of ``chunk_size`` bytes if given."""
        return AsyncPieces(self, Pipe(*_resizing(chunk_size)))

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Iterate over the body, content codings undone, in pieces as they come or of ``chunk_size`` bytes.

        Raises DecodingError for a broken or unreasonably dense coding.
        """
        return AsyncPieces(self, Pipe(*self._as_bytes(), *_resizing(chunk_size)))

    def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Iterate over the body as text; a character cut between two pieces is put together again."""
        return AsyncPieces(self, Pipe(*self._as_text(chunk_size)))

    def iter_lines(self) -> AsyncIterator[str]:
        r"""Iterate over the lines, without their ends: LF, CRLF or CR, wherever the pieces are cut."""
        return AsyncPieces(self, Pipe(*self._as_text(), LineSplitter()))

    def iter_json(self, into: TypeForm[T], *, array: bool | None = None) -> AsyncIterator[T]:
        """Iterate over JSON lines (NDJSON), the items of a JSON array, or a JSON text sequence (RFC 7464).

        Each is a T, and comes as soon as it is whole. By default it is an array if the content type is application/json
        and the body begins with a bracket; ``array`` says what it is. application/json-seq is a sequence. Empty lines
        are passed over. Raises DecodingError, also for an array or a text that is cut off.
        """
        from ..rules.json_items import JsonArray, JsonItems
        from ..rules.json_sequence import JsonSequence, is_json_sequence

        content_type = self.headers.get("content-type", "")
        decode = partial(self._json_line, into)
        steps: tuple[Step, ...] = (LineSplitter(), JsonLines(decode))
        if array:
            steps = (JsonArray(decode),)
        elif array is None and is_json_sequence(content_type):
            steps = (JsonSequence(decode),)
        elif array is None and content_type.lower().startswith("application/json"):
            steps = (JsonItems(decode),)
        return AsyncPieces(self, Pipe(*self._as_text(), *steps))

    def iter_multipart(self, *, max_part_size: int | None = 64 * 1024 * 1024) -> AsyncIterator[BodyPart]:
        """Iterate over the parts of a multipart body (multipart/mixed, byteranges, form-data …), each in memory.

        Raises DecodingError for a body that is none or is cut off, and for a part of more than ``max_part_size`` bytes.
        """
        from ..rules.multipart_parts import MultipartParts, boundary_of

        try:
            step = MultipartParts(boundary_of(self.headers.get("content-type", "")), max_part_size)
        except HTTPError as error:
            raise self._located(error) from None
        return AsyncPieces(self, Pipe(*self._decoding(), step))

    def _json_line(self, into: TypeForm[T], line: bytes) -> T:
        from ..converters import DEFAULT_CONVERTERS

        converters = self.request.settings.converters or DEFAULT_CONVERTERS
        return converters.decode(line, into, "application/json", "utf-8")

    def _as_bytes(self) -> tuple[Step, ...]:
        if not self.request.settings.remove_bom:
            return self._decoding()
        from ..rules.boms import BomStep

        return (*self._decoding(), BomStep())

    def _as_text(self, chunk_size: int | None = None) -> tuple[Step, ...]:
        steps = (*self._decoding(), *_resizing(chunk_size))
        if not self.request.settings.remove_bom:
            return (*steps, TextDecoder(self.encoding))
        from ..rules.boms import BomTextDecoder

        return (*steps, BomTextDecoder(self.encoding))

    def _decoding(self) -> tuple[Step, ...]:
        codings = self.headers.getall("content-encoding", None)
        if not codings:
            return ()
        from ..rules.codings import make_decoder

        try:
            settings = self.request.settings
            return (make_decoder(codings, settings.coding_limits, settings.codecs),)
        except HTTPError as error:
            raise self._located(error) from error.__cause__

    async def aclose(self) -> None:
        """Free the connection; what is unread is given up. May be called again."""
        self.is_closed = True
        stream = self.detach()
        if stream is not None:
            await stream.aclose()

    def _begin(self) -> AsyncBodyStream:
        if self.is_stream_consumed:
            raise StreamConsumed("the body was read already; a streamed body can be read once", request=self.request)
        stream = self._stream
        if stream is None:
            raise StreamClosed("the response was closed before its body was read", request=self.request)
        self.is_stream_consumed = True
        return stream

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncPieces(Generic[T]):
    """Iterates over a body through a pipe.

    A generator would not do: one that is left with ``break`` is closed late, elsewhere, and with a warning on trio.
    """

    __slots__ = ("_ended", "_pipe", "_ready", "_response", "_stream")

    def __init__(self, response: AsyncResponse, pipe: Pipe) -> None:
        self._response = response
        self._pipe = pipe
        self._ready: Any = iter(())
        self._stream: AsyncBodyStream | None = None
        self._ended = False

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        response = self._response
        try:
            while True:
                for item in self._ready:
                    return cast("T", item)
                if self._ended:
                    break
                piece = await self._next_piece(response)
                self._ended = not piece
                self._ready = iter(self._pipe.feed(piece) if piece else self._pipe.finish())
        except HTTPError as error:
            self._ended = True
            await response.aclose()
            raise response._located(error) from error.__cause__
        raise StopAsyncIteration

    async def _next_piece(self, response: AsyncResponse) -> bytes:
        stream = self._stream
        if stream is None:
            if response.is_read:
                self._stream = AsyncBytesStream(b"")
                return response.raw_content
            stream = self._stream = response._begin()
        if response.is_closed and not response.is_read:
            raise StreamClosed("the response was closed before its body was read to the end")
        piece = await stream.receive()
        if not piece and not response.is_read:
            response.raw_trailers = stream.trailers()
            await response.aclose()
        return piece


def _resizing(chunk_size: int | None) -> tuple[Step, ...]:
    return () if chunk_size is None else (Resizer(chunk_size),)

"""One HTTP/1.1 connection: a byte stream, a parser, one exchange at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any, cast

from ...._concurrency import async_body_chunks, async_checkpoint, clock
from ....exceptions import (
    CloseError,
    HTTPError,
    LocalProtocolError,
    NetworkError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from ....rules.framing import LAST_CHUNK, LengthGuard, encode_chunk
from ....rules.http1 import ResponseParser
from ....rules.request_head import encode_head
from ....values.headers import Headers
from ....values.options import DUPLEX
from ....values.request import Request
from ...response import AsyncResponse
from .http1_body import AsyncHttp1Body

if TYPE_CHECKING:
    from ...._network import AsyncByteStream
    from ....values.body import Body
    from ....values.timeout import Deadline
    from ....values.url import Endpoint
    from .pool import AsyncPool, AsyncRoutePool

__all__ = ["AsyncConnection"]

READ_SIZE = 65536
# A body up to this size goes out with its head in one write.
JOINED_SIZE = 65536
UPLOAD_SIZE = 262144
# How much of a streamed response is kept while the request's body is still being sent.
EARLY_SIZE = 4 * 1024 * 1024
# How long ``Expect: 100-continue`` waits for the server's word before the body is sent all the same, in seconds.
CONTINUE_WAIT = 1.0
FOREVER = float("inf")


class Refused(Exception):
    """The server wants no more of the body."""


class AsyncConnection:
    """A connection of the pool. It belongs to one exchange from ``take`` to ``release``."""

    __slots__ = (
        "_expiry",
        "_keep_alive",
        "_owner",
        "_retire_at",
        "_room",
        "idle_since",
        "parser",
        "pool",
        "stream",
        "unfinished",
        "used",
    )

    def __init__(
        self,
        stream: AsyncByteStream,
        owner: AsyncPool,
        pool: AsyncRoutePool,
        *,
        parser: ResponseParser,
        expiry: float | None,
        max_age: float | None,
    ) -> None:
        self.stream = stream
        self.pool = pool
        self.used = False
        self.idle_since = clock.now()
        self._owner = owner
        self.unfinished = False
        self.parser = parser
        self._expiry = self._keep_alive = FOREVER if expiry is None else expiry
        self._retire_at = FOREVER if max_age is None else self.idle_since + max_age

    # Idle.

    def expired(self, now: float) -> bool:
        """Whether the connection was idle for too long, or is too old."""
        return now - self.idle_since >= self._keep_alive or now >= self._retire_at

    def usable(self, again: int) -> bool:
        """Whether an idle connection may be used again: in time, not closed by the server, no bytes nobody asked.

        For a request that may be sent ``again`` a glance is enough, until one was wrong.
        """
        if self.expired(clock.now()):
            return False
        return not (self.stream.looks_stale() if again and not self._owner.wary else self.stream.is_stale())

    def abort(self) -> None:
        """Close at once, without waiting."""
        self.stream.abort()

    # One exchange.

    async def exchange(self, request: Request, endpoint: Endpoint) -> AsyncResponse:
        """Send a request and return its response, whose body is read from here. Raises TransportError.

        When it raises, or is cancelled, the connection is closed and its permit given back.
        """
        try:
            parser = self.parser
            deadline = request.deadline
            timeout = request.timeout
            head, length = encode_head(request, endpoint)
            parser.start(request.method, upgrade=request.stream and request.upgrades)
            body = request.body
            if body is None:
                await self.stream.write(head, timeout.write if deadline is None else deadline.clamp(timeout.write))
            elif request.stream and request.attribute(DUPLEX):
                from .duplex import async_exchange_both_ways

                return await async_exchange_both_ways(self, request, head, body, length)
            else:
                await self._upload(request, head, body, length)
            read = timeout.read
            if not parser.head_complete:
                data = await self.stream.receive(READ_SIZE, read if deadline is None else deadline.clamp(read))
                if not (data and parser.feed(data)) and not parser.head_complete:
                    await self.read_head(data, read, deadline)
            self.used = True
            if parser.complete and not request.stream:
                # All of it is here, as is usual for small ones.
                response = AsyncResponse.whole(
                    parser.status_code,
                    parser.reason_phrase,
                    parser.http_version,
                    parser.headers,
                    parser.notes,
                    parser.take_body(),
                    request,
                )
                if parser.trailers:
                    response.raw_trailers = parser.trailers
                self.finish()
            else:
                response = self._begun(request)
            if parser.informational:
                response.early_hints = [Headers.from_raw(raw) for status, raw in parser.informational if status == 103]
        except BaseException as error:
            self._owner.release(self, reusable=False)
            self.explain(error)
            raise
        return response

    def explain(self, error: BaseException) -> None:
        """Raise CloseError instead of a network error where the client itself closed the connection."""
        if isinstance(error, NetworkError) and self._owner.is_closed:
            raise CloseError("the client was closed while the request was under way") from error

    def _begun(self, request: Request) -> AsyncResponse:
        """Return the response whose head came, with its body to be read from here."""
        parser = self.parser
        response = AsyncResponse(
            parser.status_code, parser.headers, None, request, parser.reason_phrase, parser.http_version
        )
        response.notes = parser.notes
        if parser.upgraded:
            from .upgraded import AsyncUpgradedBody, AsyncUpgradedStream

            stream = AsyncUpgradedStream(self, parser.leftover)
            response.network_stream = stream
            response.attach(AsyncUpgradedBody(stream))
        else:
            response.attach(AsyncHttp1Body(self, request.timeout.read, request.deadline))
        return response

    async def read_head(self, data: bytes | None, read: float | None, deadline: Deadline | None) -> None:
        """Go on to the end of the head; ``data`` is what came last, None for nothing yet, b"" for the end."""
        parser = self.parser
        stream = self.stream
        while not parser.head_complete:
            if data == b"":
                parser.feed_eof()
                return
            data = await stream.receive(READ_SIZE, read if deadline is None else deadline.clamp(read))
            if data:
                parser.feed(data)

    async def _upload(self, request: Request, head: bytes, body: Body, length: int | None) -> None:
        """Send head and body. Stops where the server refuses before the end (RFC 9112 section 9.5)."""
        deadline = request.deadline
        write = request.timeout.write
        data = body.data
        if data is not None and len(data) <= JOINED_SIZE and "expect" not in request.headers:
            await self.stream.write(head + data, write if deadline is None else deadline.clamp(write))
            return
        pieces = async_body_chunks(body)  # one that can't be sent is refused before anything is
        self._room = EARLY_SIZE if request.stream else float("inf")
        uploaded = False
        try:
            uploaded = await self.invited(request, head) and await self._send_body(request, pieces, length)
        except (WriteError, WriteTimeout) as error:
            # The server may have answered and then closed its reading side: the answer says more than the error.
            if not self.stream.is_stale() and not isinstance(error, WriteError):
                raise
            await self._read_answer(error, request)
        finally:
            if not uploaded:
                self.unfinished = True
                await close_source(pieces)

    async def _read_answer(self, error: HTTPError, request: Request) -> None:
        try:
            await self.read_head(None, request.timeout.read, request.deadline)
        except HTTPError:
            raise error from error.__cause__

    async def invited(self, request: Request, head: bytes) -> bool:
        """Send the head; with ``Expect: 100-continue`` wait for the server (RFC 9110 section 10.1.1)."""
        deadline = request.deadline
        write = request.timeout.write
        await self.stream.write(head, write if deadline is None else deadline.clamp(write))
        if request.headers.get("expect", "").lower() != "100-continue":
            return True
        parser = self.parser
        try:
            while not parser.head_complete and not parser.informational:
                data = await self.stream.read(
                    READ_SIZE, CONTINUE_WAIT if deadline is None else deadline.clamp(CONTINUE_WAIT)
                )
                if data:
                    parser.feed(data)
                else:
                    parser.feed_eof()
        except ReadTimeout:
            # Servers that know nothing of it just wait for the body.
            return True
        return not parser.head_complete

    async def _send_body(self, request: Request, pieces: AsyncIterator[bytes], length: int | None) -> bool:
        """Send the body piece by piece; return whether all of it went out."""
        stream = self.stream
        deadline = request.deadline
        write = request.timeout.write
        guard = LengthGuard(length)
        try:
            async for piece in pieces:
                guard.add(len(piece))
                for part in cut(piece, UPLOAD_SIZE):
                    if stream.is_stale() and (heard := stream.read_nowait(READ_SIZE)) is not None:
                        self._hear(heard)
                    await async_checkpoint()
                    rest = stream.send_nowait(encode_chunk(part) if length is None else part)
                    if rest:
                        await stream.send_rest(rest, write if deadline is None else deadline.clamp(write), self._hear)
        except Refused:
            return False
        guard.finish()
        if length is None:
            await stream.write(LAST_CHUNK, write if deadline is None else deadline.clamp(write))
        return True

    def _hear(self, data: bytes) -> None:
        """Take what the server says while the body is sent. Raises Refused when it wants no more of it.

        A server that answers well may still be reading: to stop would cut off what it takes for whole.
        """
        parser = self.parser
        if not data or parser.complete:
            raise Refused
        self._room -= len(data)
        if self._room < 0:
            raise LocalProtocolError(
                f"more than {EARLY_SIZE} bytes of a streamed response came before the request's body was sent; "
                "duplex=True reads while it sends"
            )
        parser.feed(data)
        if parser.head_complete and parser.status_code >= 300:
            raise Refused

    def finish(self) -> None:
        """The response was read to its end: give the connection back."""
        parser = self.parser
        reusable = parser.reusable and not self.unfinished
        if parser.notes.keep_alive is not None:
            self._take_hint(parser.notes.keep_alive[0])
        self._owner.release(self, reusable=reusable)

    def _take_hint(self, seconds: float | None) -> None:
        """Keep the server's own limit of idle time, less a moment for the way there."""
        if seconds is not None:
            self._keep_alive = min(max(seconds - 1.0, 0.0), self._expiry)

    def drop(self) -> None:
        """The response was given up: close the connection."""
        self._owner.release(self, reusable=False)


def cut(data: bytes, size: int) -> Iterable[bytes]:
    """Return the pieces of a long piece, without copying them."""
    if len(data) <= size:
        return (data,) if data else ()
    view = memoryview(data)
    return (cast("bytes", view[start : start + size]) for start in range(0, len(data), size))


async def close_source(pieces: Any) -> None:
    """Close a body's iterator that is left before its end, if it can be closed: a generator's clean-up runs now."""
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()

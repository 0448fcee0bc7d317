"""One request and its response on a shared HTTP/2 connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ...._concurrency import AsyncShield, async_body_chunks, async_give_way
from ....exceptions import ReadTimeout
from ....rules.framing import EXPECT_BODY, LengthGuard
from ....rules.http2_silence import window_closed
from ....rules.http2_stream import Http2Stream
from ....rules.request_head import encode_head
from ....values.headers import Headers, RawHeaders
from ....values.request import Request
from ....values.response_head import reason_of
from ...response import AsyncBodyStream, AsyncResponse
from .connection import CONTINUE_WAIT, JOINED_SIZE, UPLOAD_SIZE, close_source
from .http2_connection import FAREWELL_TIMEOUT

if TYPE_CHECKING:
    from ....values.body import Body
    from ....values.timeout import Deadline
    from ....values.url import Endpoint
    from .http2_connection import AsyncHttp2Connection

__all__ = ["AsyncHttp2Body", "AsyncHttp2Exchange"]


class AsyncHttp2Exchange:
    """Sends one request; ``connection`` counts it among its streams until it or its response's body ends."""

    __slots__ = ("_connection", "_deadline", "_request", "stream")

    def __init__(self, connection: AsyncHttp2Connection, request: Request) -> None:
        self._connection = connection
        self._request = request
        self._deadline = request.deadline
        self.stream: Http2Stream | None = None
        """None as long as nothing was sent."""

    def unprocessed(self) -> bool:
        """Whether it is certain that the server did nothing with the request."""
        return self.stream is None or self.stream.unprocessed

    def needs_http1(self) -> bool:
        """Whether the server wants the request by HTTP/1.1 (RFC 9113 section 7)."""
        return self.stream is not None and self.stream.needs_http1

    async def run(self, endpoint: Endpoint) -> AsyncResponse | None:
        """Send the request and return its response; None where the connection takes no more requests.

        Raises TransportError. When it raises, or is cancelled, the server is told to stop.
        """
        connection = self._connection
        request = self._request
        body = request.body
        try:
            _, length = encode_head(request, endpoint)
            if body is None:
                stream = self._open(endpoint, length if request.method in EXPECT_BODY else None, end=True)
                if stream is not None:
                    await self._send(stream)
            else:
                stream = await self._upload(endpoint, body, length)
            if stream is None:
                connection.owner.release_stream(connection)
                return None
            read = request.timeout.read
            while not stream.head_complete:
                if stream.error is not None:
                    raise stream.error
                await connection.wait(stream, self._limit(read))
            return self._respond(stream)
        except BaseException:
            await self._give_up()
            raise

    def _limit(self, timeout: float | None) -> float | None:
        deadline = self._deadline
        return timeout if deadline is None else deadline.clamp(timeout)

    def _open(self, endpoint: Endpoint, length: int | None, *, end: bool) -> Http2Stream | None:
        connection = self._connection
        request = self._request
        shared = request.shared_headers
        with connection.lock:
            if connection.machine.goaway:
                return None
            self.stream = stream = connection.machine.open(
                request.method,
                endpoint.origin.scheme,
                endpoint.host,
                endpoint.target,
                request.headers if shared is None else shared,
                length,
                end=end,
            )
        return stream

    async def _send(self, stream: Http2Stream) -> None:
        """Send what was queued, together with what others queue meanwhile."""
        connection = self._connection
        if connection.gathering:
            return
        if connection.streams > 1:
            connection.gathering = True
            try:
                await async_give_way()
            finally:
                connection.gathering = False
        await connection.flush(self._limit(self._request.timeout.write))

    def _respond(self, stream: Http2Stream) -> AsyncResponse:
        connection = self._connection
        request = self._request
        connection.used = True
        if stream.ended and stream.local_ended and stream.error is None and not request.stream:
            # All of it is here, as is usual for small ones.
            reason = reason_of(stream.status)
            response = AsyncResponse.whole(
                stream.status, reason, "HTTP/2", stream.headers, stream.notes, stream.take(), request
            )
            if stream.trailers:
                response.raw_trailers = stream.trailers
            connection.owner.release_stream(connection)
        else:
            response = AsyncResponse(stream.status, stream.headers, None, request, None, "HTTP/2")
            response.notes = stream.notes
            response.attach(AsyncHttp2Body(connection, stream, request.timeout.read, self._deadline))
        if stream.informational:
            response.early_hints = [Headers.from_raw(raw) for status, raw in stream.informational if status == 103]
        return response

    async def _give_up(self) -> None:
        connection = self._connection
        stream = self.stream
        if stream is not None:
            connection.give_up(stream)
        connection.owner.release_stream(connection)
        async with AsyncShield():
            await connection.flush(FAREWELL_TIMEOUT)

    # Bodies.

    async def _upload(self, endpoint: Endpoint, body: Body, length: int | None) -> Http2Stream | None:
        """Send head and body. Stops where the server answers or resets the stream before the end."""
        data = body.data
        expects = "expect" in self._request.headers
        if data is not None and len(data) <= JOINED_SIZE and not expects:
            stream = self._open(endpoint, length, end=not data)
            if stream is not None and data:
                await self._send_piece(stream, memoryview(data), last=True)
            elif stream is not None:
                await self._send(stream)
            return stream
        pieces = async_body_chunks(body)  # one that can't be sent is refused before anything is
        uploaded = False
        try:
            stream = self._open(endpoint, length, end=False)
            if stream is not None and await self._invited(stream):
                uploaded = await self._send_body(stream, pieces, length)
        finally:
            if not uploaded:
                await close_source(pieces)
        return stream

    async def _invited(self, stream: Http2Stream) -> bool:
        """Send the head; with ``Expect: 100-continue`` wait for the server (RFC 9110 section 10.1.1)."""
        request = self._request
        if request.headers.get("expect", "").lower() != "100-continue":
            return True
        await self._connection.flush(self._limit(request.timeout.write))
        try:
            while not stream.informational and not self._answered(stream):
                await self._connection.wait(stream, self._limit(CONTINUE_WAIT))
        except ReadTimeout:
            # Servers that know nothing of it just wait for the body.
            return True
        return not self._answered(stream)

    async def _send_body(self, stream: Http2Stream, pieces: AsyncIterator[bytes], length: int | None) -> bool:
        """Send the body piece by piece; return whether all of it went out."""
        guard = LengthGuard(length)
        async for piece in pieces:
            guard.add(len(piece))
            if not await self._send_piece(stream, memoryview(piece)):
                return False
        guard.finish()
        with self._connection.lock:
            self._connection.machine.send_end(stream)
        await self._connection.flush(self._limit(self._request.timeout.write), wait=True)
        return True

    async def _send_piece(self, stream: Http2Stream, piece: memoryview, *, last: bool = False) -> bool:
        """Send a piece as the windows allow; return whether all of it went out."""
        connection = self._connection
        machine = connection.machine
        write = self._request.timeout.write
        while piece:
            connection.poll()
            if self._answered(stream):
                return False
            with connection.lock:
                sent = machine.send_data(stream, piece[:UPLOAD_SIZE])
                piece = piece[sent:]
                if last and not piece:
                    machine.send_end(stream)
                if not sent:
                    machine.widen(stream)
            if machine.outgoing:
                await connection.flush(self._limit(write), wait=True)
            if not sent:
                await self._wait_window(stream, write)
        return True

    async def _wait_window(self, stream: Http2Stream, write: float | None) -> None:
        """Wait until the server lets more of the body come, or says something else."""
        try:
            await self._connection.wait(stream, self._limit(write))
        except ReadTimeout:
            raise window_closed(self._connection.pool.route, write) from None

    def _answered(self, stream: Http2Stream) -> bool:
        """Whether the rest of the body is of no use: the final answer came, unless it is one that reads on."""
        if stream.ended or self._connection.write_error is not None:
            return True
        return stream.head_complete and stream.status >= 300


class AsyncHttp2Body(AsyncBodyStream):
    """The body of one response; its stream counts until its end."""

    __slots__ = ("_connection", "_deadline", "_stream", "_timeout")

    def __init__(
        self, connection: AsyncHttp2Connection, stream: Http2Stream, timeout: float | None, deadline: Deadline | None
    ) -> None:
        self._connection: AsyncHttp2Connection | None = connection
        self._stream = stream
        self._timeout = timeout
        self._deadline = deadline

    async def receive(self) -> bytes:
        """Return the next piece, or b"" at the end. Raises ReadTimeout, ServerDisconnected, RemoteProtocolError."""
        connection = self._connection
        if connection is None:
            return b""
        stream = self._stream
        machine = connection.machine
        try:
            while True:
                with connection.lock:
                    data = stream.take()
                    if data:
                        machine.acknowledge(stream)
                if data:
                    if machine.outgoing:
                        await connection.flush(self._limit())
                    return data
                if stream.error is not None:
                    raise stream.error
                if stream.ended:
                    break
                await connection.wait(stream, self._limit())
        except BaseException:
            await self.aclose()
            raise
        await self.aclose()
        return b""

    def _limit(self) -> float | None:
        deadline = self._deadline
        return self._timeout if deadline is None else deadline.clamp(self._timeout)

    async def aclose(self) -> None:
        """Give up what is unread; the server is told to stop unless it has sent all, and got all."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        stream = self._stream
        whole = stream.ended and stream.local_ended
        if not whole:
            connection.give_up(stream)
        connection.owner.release_stream(connection)
        if not whole:
            async with AsyncShield():
                await connection.flush(FAREWELL_TIMEOUT)

    def abandon(self) -> bool:
        """Give up what is unread without waiting; return whether there was anything."""
        connection, self._connection = self._connection, None
        if connection is None:
            return False
        if not (self._stream.ended and self._stream.local_ended):
            connection.drop(self._stream)
        connection.owner.release_stream(connection)
        return True

    def trailers(self) -> RawHeaders:
        """Return the trailer fields, known at the end of the body."""
        return self._stream.trailers

"""An exchange whose response is read while the request's body is still being sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ...._concurrency import AsyncShield, AsyncTask, async_body_chunks, async_spawn
from ....exceptions import WriteError
from ....rules.framing import LAST_CHUNK, LengthGuard, encode_chunk
from ....values.headers import Headers, RawHeaders
from ....values.request import Request
from ...response import AsyncBodyStream, AsyncResponse
from .connection import UPLOAD_SIZE, AsyncConnection, close_source, cut
from .http1_body import AsyncHttp1Body

if TYPE_CHECKING:
    from ....values.body import Body

__all__ = ["async_exchange_both_ways"]

STOP = 1.0
"""How long the sending may take to end when it was told to, in seconds; a body of the user's may hang."""


async def async_exchange_both_ways(
    connection: AsyncConnection, request: Request, head: bytes, body: Body, length: int | None
) -> AsyncResponse:
    """Send the head, begin to send the body, and return the response as soon as its head is there.

    A response other than 2xx stops the sending, as does the end of any response. What goes wrong with the body is
    raised to whoever reads the response.
    """
    pieces = async_body_chunks(body)  # one that can't be sent is refused before anything is
    parser = connection.parser
    deadline = request.deadline
    read = request.timeout.read
    upload: AsyncUpload | None = None
    try:
        if await connection.invited(request, head):
            upload = AsyncUpload(connection, request, length)
            upload.start(pieces)
        await connection.read_head(None, read, deadline)
    except BaseException as error:
        if upload is None:
            await close_source(pieces)
        else:
            await upload.stop()
            upload.explain(error)
        raise
    connection.used = True
    response = AsyncResponse(
        parser.status_code, parser.headers, None, request, parser.reason_phrase, parser.http_version
    )
    response.notes = parser.notes
    if parser.informational:
        response.early_hints = [Headers.from_raw(raw) for status, raw in parser.informational if status == 103]
    answer = AsyncHttp1Body(connection, read, deadline)
    if upload is None:
        await close_source(pieces)
        response.attach(answer)
        return response
    if parser.status_code >= 300:
        upload.unwanted = True
    response.attach(AsyncDuplexBody(answer, upload))
    return response


class AsyncUpload:
    """Sends a body beside the reading of the response."""

    __slots__ = ("_connection", "_failure", "_length", "_request", "_task", "unwanted")

    def __init__(self, connection: AsyncConnection, request: Request, length: int | None) -> None:
        self.unwanted = False
        """Whether no more pieces are to be sent; the one under way still is, as the response is not read yet."""
        self._connection = connection
        self._request = request
        self._length = length
        self._task: AsyncTask[None] | None = None
        self._failure: Exception | None = None

    def start(self, pieces: AsyncIterator[bytes]) -> None:
        """Begin."""
        self._connection.unfinished = True
        self._task = async_spawn(self._run, pieces)

    async def _run(self, pieces: AsyncIterator[bytes]) -> None:
        try:
            if await self._send(pieces):
                self._connection.unfinished = False
        except WriteError:
            pass  # the server reads no more: what it answers, or why not, is for the reader to find out
        except Exception as error:
            if not self.unwanted:
                self._failure = error
                self._connection.abort()  # which wakes the reader
        finally:
            if self._connection.unfinished:
                async with AsyncShield():
                    await close_source(pieces)

    async def _send(self, pieces: AsyncIterator[bytes]) -> bool:
        """Send the body; return whether all of it went out."""
        stream = self._connection.stream
        deadline = self._request.deadline
        write = self._request.timeout.write
        guard = LengthGuard(self._length)
        async for piece in pieces:
            guard.add(len(piece))
            for part in cut(piece, UPLOAD_SIZE):
                if self.unwanted:
                    return False
                data = encode_chunk(part) if self._length is None else part
                await stream.write(data, write if deadline is None else deadline.clamp(write))
        guard.finish()
        if self._length is None:
            await stream.write(LAST_CHUNK, write if deadline is None else deadline.clamp(write))
        return True

    def cancel(self) -> None:
        """Stop the sending, without waiting."""
        self.unwanted = True
        if self._task is not None:
            self._task.cancel()

    async def stop(self) -> None:
        """Stop the sending, and wait for its end."""
        self.unwanted = True
        task = self._task
        if task is not None and not task.done():
            task.cancel()
            async with AsyncShield():
                await task.wait(STOP)

    def explain(self, error: BaseException) -> None:
        """Raise what went wrong with the body instead of what came of it."""
        failure, self._failure = self._failure, None
        if failure is not None and isinstance(error, Exception):
            raise failure from error


class AsyncDuplexBody(AsyncBodyStream):
    """The body of a response; its end is the end of the sending too."""

    __slots__ = ("_answer", "_upload")

    def __init__(self, answer: AsyncHttp1Body, upload: AsyncUpload) -> None:
        self._answer = answer
        self._upload = upload

    async def receive(self) -> bytes:
        """Return the next piece, or b"" at the end. Raises ReadTimeout, ReadError, and what the body sent raised."""
        try:
            piece = await self._answer.receive()
        except BaseException as error:
            await self._upload.stop()
            self._upload.explain(error)
            raise
        if not piece:
            await self._upload.stop()
        return piece

    async def aclose(self) -> None:
        """Give up what is unread and unsent."""
        await self._answer.aclose()
        await self._upload.stop()

    def abandon(self) -> bool:
        """Close the connection without waiting; return whether there was one."""
        self._upload.cancel()
        return self._answer.abandon()

    def trailers(self) -> RawHeaders:
        """Return the trailer fields, known at the end of the body."""
        return self._answer.trailers()

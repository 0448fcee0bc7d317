"""The body of an HTTP/1.1 response, as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....values.body import BODY_READ_SIZE
from ....values.headers import RawHeaders
from ...response import AsyncBodyStream

if TYPE_CHECKING:
    from ....values.timeout import Deadline
    from .connection import AsyncConnection

__all__ = ["AsyncHttp1Body"]


class AsyncHttp1Body(AsyncBodyStream):
    """The body of one response; it holds the connection until its end."""

    __slots__ = ("_connection", "_deadline", "_timeout", "_trailers")

    def __init__(self, connection: AsyncConnection, timeout: float | None, deadline: Deadline | None) -> None:
        self._connection: AsyncConnection | None = connection
        self._timeout = timeout
        self._deadline = deadline
        self._trailers: RawHeaders | None = None

    async def read(self) -> bytes:
        """Return all that is left. Raises ReadTimeout, ServerDisconnected, RemoteProtocolError."""
        connection = self._connection
        if connection is None:
            return b""
        parser = connection.parser
        if parser.complete:
            data = parser.take_body()
            self._end(connection)
            return data
        pieces = []
        while piece := await self.receive():
            pieces.append(piece)
        return b"".join(pieces)

    async def receive(self) -> bytes:
        """Return the next piece, or b"" at the end. Raises ReadTimeout, ServerDisconnected, RemoteProtocolError."""
        connection = self._connection
        if connection is None:
            return b""
        parser = connection.parser
        try:
            while not (data := parser.take_body()):
                if parser.complete:
                    break
                deadline = self._deadline
                timeout = self._timeout
                piece = await connection.stream.receive(
                    BODY_READ_SIZE, timeout if deadline is None else deadline.clamp(timeout)
                )
                if piece:
                    parser.feed(piece)
                else:
                    parser.feed_eof()
        except BaseException as error:
            self._connection = None
            connection.drop()
            connection.explain(error)
            raise
        if not data:
            self._end(connection)
        return data

    def _end(self, connection: AsyncConnection) -> None:
        self._connection = None
        trailers = connection.parser.trailers
        if trailers:
            self._trailers = trailers
        connection.finish()

    async def aclose(self) -> None:
        """Give up what is unread: keep the connection if nothing more is to come, else close it."""
        connection = self._connection
        if connection is not None:
            if connection.parser.complete:
                connection.parser.take_body()
                self._end(connection)
            else:
                self._connection = None
                connection.drop()

    def abandon(self) -> bool:
        """Close the connection without waiting; return whether there was one."""
        connection = self._connection
        if connection is None:
            return False
        self._connection = None
        connection.drop()
        return True

    def trailers(self) -> RawHeaders:
        """Return the trailer fields, known at the end of the body."""
        return self._trailers or []

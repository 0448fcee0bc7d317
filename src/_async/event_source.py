"""Server-sent events over a streamed response, connected again when the connection ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import random
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .._concurrency import async_sleep
from ..exceptions import DecodingError, HTTPError, StreamClosed, TotalTimeout, TransportError
from ..rules.event_stream import EventStreamParser, ServerSentEvent, reconnect_delay
from ..values.response import status_error
from ..values.timeout import Deadline
from .response import AsyncResponse

if TYPE_CHECKING:
    from typing import Self

    from .statement import AsyncStatement

__all__ = ["AsyncEventSource"]

T = TypeVar("T")

READABLE = 1024 * 1024
"""How long a body of the wrong type may be that is read for the error."""


class AsyncEventSource(AsyncIterator[ServerSentEvent[T]], Generic[T]):
    """The events of ``client.sse(url)``: a context manager, which connects, and an iterator.

    ``response`` is the response that is read now. The iteration ends where the server answers 204, or where the
    stream ends and no reconnect is due.
    """

    def __init__(
        self,
        statement: AsyncStatement,
        *,
        into: Any,
        reconnect: bool,
        max_reconnects: int | None,
        delay: float,
        last_event_id: str,
        comments: bool,
        max_event_size: int | None,
    ) -> None:
        self._statement = statement
        self._into = into
        body = statement.request.body
        self._reconnect = reconnect and (body is None or body.replayable)
        self._max_reconnects = max_reconnects
        self._delay = delay
        self._retry: int | None = None
        self._failures = 0
        self._parsing: dict[str, Any] = {"comments": comments, "max_size": max_event_size}
        self._parser = EventStreamParser(last_event_id=last_event_id, **self._parsing)
        self._last_event_id = last_event_id
        self._deadline: Deadline | None = None
        self._ready: Any = iter(())
        self._pieces: Any = None
        self._entered = self._ended = False
        self.response: AsyncResponse | None = None

    @property
    def last_event_id(self) -> str:
        """The id of the last event that was taken; empty where the server gave none."""
        return self._last_event_id

    async def __aenter__(self) -> Self:
        if self._entered:
            raise RuntimeError("this block was entered already; call sse() again")
        self._entered = True
        total = self._statement.request.timeout.total
        if total is not None and "timeout" in self._statement._options:
            self._deadline = Deadline(total)
        await self._connect()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Free the connection; the iteration is over. May be called again."""
        self._ended = True
        self._ready = iter(())
        if self.response is not None:
            await self.response.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ServerSentEvent[T]:
        if not self._entered:
            raise StreamClosed("use client.sse() in a with block", request=self._statement.request)
        while True:
            for event in self._ready:
                self._last_event_id = event.id
                return self._typed(event)
            if self._ended:
                break
            await self._read()
        raise StopAsyncIteration

    def _typed(self, event: ServerSentEvent[Any]) -> ServerSentEvent[T]:
        into = self._into
        if into is None or into is str or event.comment is not None:
            return event
        from ..converters import DEFAULT_CONVERTERS

        assert self.response is not None
        converters = self.response.request.settings.converters or DEFAULT_CONVERTERS
        try:
            data = converters.decode(event.data.encode(), into, "application/json", "utf-8")
        except HTTPError as error:
            raise self.response._located(error) from error.__cause__
        return ServerSentEvent(event.event, cast("T", data), event.id, event.retry)

    # One connection after the other.

    async def _read(self) -> None:
        """Read one piece, or connect again where there is none."""
        failure: TransportError | None = None
        try:
            piece = await self._receive()
        except HTTPError as error:
            if not isinstance(error, TransportError) or isinstance(error, TotalTimeout):
                self._ended = True
                raise
            piece, failure = b"", error
        if piece:
            self._failures = 0
            try:
                self._ready = iter(self._parser.feed(piece))
            except HTTPError as error:
                await self.aclose()
                assert self.response is not None
                raise self.response._located(error) from None
        else:
            await self._resume(failure)

    async def _receive(self) -> bytes:
        async for piece in self._pieces:
            return cast("bytes", piece)
        return b""

    async def _resume(self, failure: TransportError | None) -> None:
        """Connect until it works; end, or raise the failure, when that is not wanted, or was tried often enough."""
        while True:
            if not self._reconnect or (self._max_reconnects is not None and self._failures >= self._max_reconnects):
                await self.aclose()
                if failure is not None:
                    raise failure
                return None
            if self._parser.retry is not None:
                self._retry = self._parser.retry
            delay = reconnect_delay(self._failures, self._delay, self._retry, random())
            if self._deadline is not None:
                delay = self._deadline.clamp(delay)
            await async_sleep(delay)
            if self._ended:  # closed meanwhile
                return None
            self._failures += 1
            try:
                return await self._connect()
            except HTTPError as error:
                if not isinstance(error, TransportError) or isinstance(error, TotalTimeout):
                    self._ended = True
                    raise
                failure = error

    async def _connect(self) -> None:
        if self.response is not None:
            await self.response.aclose()
        last = self._parser.last_event_id
        self._parser = EventStreamParser(last_event_id=last, **self._parsing)
        request = self._statement.request.again()
        request.stream = True
        request.deadline = self._deadline
        if last:
            # As UTF-8, says the standard; to us fields are Latin-1.
            request.headers["Last-Event-ID"] = last.encode().decode("latin-1")
        response = await self._statement._start(request)
        self.response = response
        try:
            if response.status_code == 204:
                await self.aclose()
            elif response.status_code != 200:
                await response.load()
                raise status_error(response)
            else:
                await self._check_type(response)
                self._pieces = response.iter_bytes()
        except BaseException:
            await response.aclose()
            raise

    async def _check_type(self, response: AsyncResponse) -> None:
        found = response.headers.get("content-type", "")
        if found.partition(";")[0].strip().lower() == "text/event-stream":
            return
        length = response.headers.get("content-length", "")
        if length.isdigit() and len(length) < 10 and int(length) <= READABLE:
            await response.load()
        shown = repr(found[:100]) if found else "no content type"
        message = f"the server answered with {shown}, not with 'text/event-stream'"
        raise DecodingError(message, request=response.request, response=response)

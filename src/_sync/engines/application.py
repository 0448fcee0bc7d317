# Generated from src/_async/engines/application.py by scripts/generate_sync.py. Do not edit.
"""What the engines of applications share: the client's side of an exchange."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..._apps import Exchange
from ..._concurrency import body_chunks
from ...exceptions import CloseError, ReadTimeout, TimeoutException
from ...rules.app_response import AppEvent, AppKind
from ...rules.framing import LengthGuard
from ...values.headers import Headers, RawHeaders
from ...values.request import Request
from ..response import BodyStream, Response

if TYPE_CHECKING:
    from ...values.body import Body

__all__ = ["AppReader", "AppStream", "answer_of", "send_body"]


def send_body(exchange: Exchange, body: Body | None) -> None:
    """Give the application the body that is in memory; what is not is asked for piece by piece."""
    if body is None:
        exchange.feed(b"", more=False)
    elif body.data is not None:
        exchange.feed(body.data, more=False)
    else:
        exchange.stream_body()


class AppReader:
    """Reads what an application tells, and gives it the request's body when it wants some."""

    def __init__(self, exchange: Exchange, request: Request, length: int | None) -> None:
        self.exchange = exchange
        self._request = request
        self._guard = LengthGuard(length)
        body = request.body
        self._pieces: Iterator[bytes] | None = None
        if body is not None and body.data is None:
            self._pieces = body_chunks(body)  # one that can't be sent is refused before anything is

    def next(self) -> AppEvent:
        """Return what the application tells next. Raises what it raised, ReadTimeout, TotalTimeout, CloseError."""
        request = self._request
        return self.next_within(request.timeout.read)

    def next_within(self, timeout: float | None) -> AppEvent:
        """As ``next``, with a limit of its own."""
        deadline = self._request.deadline
        while True:
            limit = timeout if deadline is None else deadline.clamp(timeout)
            try:
                event = self.exchange.outbox.take(limit)
            except TimeoutError as error:
                raise ReadTimeout(f"the application {self.exchange.app} told nothing for {limit:g} s") from error
            if event is None:
                raise CloseError("the client was closed while the request was under way")
            if event[0] is AppKind.WANT:
                self._feed()
            elif event[0] is AppKind.FAILED:
                raise event[1]
            else:
                return event

    def _feed(self) -> None:
        """Give the application the next piece of the body."""
        pieces = self._pieces
        if pieces is None:
            return
        try:
            piece = pieces.__next__()
        except StopIteration:
            self._pieces = None
            self._guard.finish()
            self.exchange.feed(b"", more=False)
        else:
            self._guard.add(len(piece))
            self.exchange.feed(bytes(piece), more=True)

    def give_up(self) -> None:
        """Let the application know that nobody reads any more, and close the body's iterator."""
        self.exchange.give_up()
        pieces, self._pieces = self._pieces, None
        close: Any = getattr(pieces, "close", None)
        if close is not None:
            close()


def answer_of(reader: AppReader, request: Request) -> Response:
    """Wait for the head and return the response with an unread stream. When it raises, the exchange was given up."""
    hints: list[Headers] = []
    try:
        while True:
            kind, value = reader.next()
            if kind is AppKind.HEAD:
                break
            if kind is AppKind.HINT:
                hints.append(Headers.from_raw(value))
    except BaseException:
        reader.give_up()
        raise
    response = Response(value.status_code, value.headers, None, request, value.reason_phrase)
    if hints:
        response.early_hints = hints
    return response


class AppStream(BodyStream):
    """The body of one response, as the application sends it."""

    __slots__ = ("_ended", "_reader", "_trailers")

    def __init__(self, reader: AppReader) -> None:
        self._reader = reader
        self._ended = False
        self._trailers: RawHeaders = []

    def receive(self) -> bytes:
        """Return the next piece, or b"" at the end. Raises what the application raised, and TransportError."""
        if self._ended:
            return b""
        try:
            kind, value = self._reader.next()
            if kind is AppKind.PIECE:
                data: bytes = value
                return data
            self._trailers = value
            self._reader.exchange.detach()
            self._until_returned()
        except BaseException:
            self.close()
            raise
        self.close()
        return b""

    def _until_returned(self) -> None:
        """Wait for the application's end; the response is complete, so that it takes long is no error."""
        try:
            while (self._reader.next())[0] is not AppKind.DONE:
                pass
        except TimeoutException:
            pass

    def close(self) -> None:
        """Give up what is unread. May be called again."""
        if not self._ended:
            self._ended = True
            self._reader.give_up()

    def abandon(self) -> bool:
        """Give up without waiting; return whether there was anything unread."""
        if self._ended:
            return False
        self._ended = True
        self._reader.exchange.give_up()
        return True

    def trailers(self) -> RawHeaders:
        """Return the trailer fields."""
        return self._trailers

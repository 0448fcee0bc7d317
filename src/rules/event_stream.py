"""Server-sent events: the parser (WHATWG HTML, section 9.2.6), and how long to wait before connecting again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..exceptions import DecodingError
from ..values.limits import MAX_EVENT_SIZE

__all__ = ["MAX_EVENT_SIZE", "EventStreamParser", "ServerSentEvent", "reconnect_delay"]

T = TypeVar("T")

MAX_DELAY = 60.0
LONGEST_RETRY = 24 * 3600.0
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerSentEvent(Generic[T]):
    """One event: its type ``event``, its ``data``, the last ``id`` the server gave, and ``retry`` in milliseconds.

    ``data`` is a str, or what ``into=`` asks for. ``id`` stays that of an earlier event where this one has none.
    ``retry`` is None unless this event came with one. ``comment`` is the text of a comment, which is no event and
    comes only when comments are asked for: its ``event`` and ``data`` are empty.
    """

    event: str
    data: T
    id: str = ""
    retry: int | None = None
    comment: str | None = None


class EventStreamParser:
    """Turns the bytes of an event stream, cut anywhere, into events.

    The cost is linear in the bytes, and what is kept is the event under way: one of more than ``max_size`` bytes
    raises DecodingError. An event that the end of the stream cuts off is dropped, as the standard says.
    ``last_event_id`` and ``retry`` (milliseconds, or None) are what the server said last.
    """

    __slots__ = (
        *("_after_cr", "_comments", "_data", "_event", "_event_retry", "_id", "_max", "_pieces", "_size", "_start"),
        *("last_event_id", "retry"),
    )

    def __init__(
        self, *, last_event_id: str = "", comments: bool = False, max_size: int | None = MAX_EVENT_SIZE
    ) -> None:
        self.last_event_id = last_event_id
        self.retry: int | None = None
        self._comments = comments
        self._max = max_size
        self._start: bytes | None = b""  # what may be the begin of a byte order mark; None once that is settled
        self._after_cr = False
        self._pieces: list[bytes] = []  # of a line that is not whole
        self._size = 0  # of those pieces and of the data so far
        self._data: list[str] = []
        self._event = ""
        self._event_retry: int | None = None
        self._id = last_event_id

    def feed(self, piece: bytes) -> list[ServerSentEvent[Any]]:
        """Take the next bytes and return the events that they complete. Raises DecodingError."""
        if self._start is not None:
            piece = self._without_bom(self._start + piece)
        if self._after_cr and piece[:1] == b"\n":
            piece = piece[1:]  # the second half of a CRLF whose line was taken already
            self._after_cr = False
        if not piece:
            return []
        self._after_cr = piece[-1] == 13
        lines = piece.splitlines()  # of bytes: LF, CRLF and CR, nothing else
        rest = b"" if piece[-1] in b"\r\n" else lines.pop()
        events: list[ServerSentEvent[Any]] = []
        if lines and self._pieces:
            self._pieces.append(lines[0])
            lines[0] = b"".join(self._pieces)
            self._size -= len(lines[0]) - len(self._pieces[-1])
            self._pieces.clear()
        for line in lines:
            if not line:
                self._dispatch(events)
            else:
                self._field(line, events)
        if rest:
            self._pieces.append(rest)
            self._grow(len(rest))
        return events

    def _without_bom(self, piece: bytes) -> bytes:
        if len(piece) < 3 and BOM.startswith(piece):
            self._start = piece
            return b""
        self._start = None
        return piece.removeprefix(BOM)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._max is not None and self._size > self._max:
            raise DecodingError(f"an event has more than {self._max} bytes; max_event_size sets the limit")

    def _field(self, line: bytes, events: list[ServerSentEvent[Any]]) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._grow(len(line) + 1)
            self._data.append(value.decode("utf-8", "replace"))
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"retry":
            if value.isdigit() and len(value) <= 15:
                self.retry = self._event_retry = int(value)
        elif not name and self._comments:
            comment = value.decode("utf-8", "replace")
            events.append(ServerSentEvent("", "", self.last_event_id, None, comment))

    def _dispatch(self, events: list[ServerSentEvent[Any]]) -> None:
        self.last_event_id = self._id
        if self._data:
            data = self._data[0] if len(self._data) == 1 else "\n".join(self._data)
            events.append(ServerSentEvent(self._event or "message", data, self._id, self._event_retry))
            self._data.clear()
        self._event = ""
        self._event_retry = None
        self._size = 0


def reconnect_delay(failures: int, base: float, retry: int | None, chance: float) -> float:
    """Return how many seconds to wait before connecting again.

    ``failures`` are connections in a row that brought nothing. Where the last one brought something, it is ``base``
    seconds, or ``retry`` milliseconds, if the server said so; then it doubles each time, up to a minute (or more, if
    the server asks for more), less a random share of up to a half: ``chance`` is from 0 to 1.
    """
    delay = base if retry is None else min(retry / 1000, LONGEST_RETRY)
    if failures < 1:
        return delay
    ceiling = max(delay, MAX_DELAY)
    return float(min(max(delay, 0.1) * 2 ** min(failures, 20), ceiling) * (1 - chance / 2))

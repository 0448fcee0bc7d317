"""One request and its response on an HTTP/2 connection, without I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exceptions import RemoteProtocolError
from ..values.head_notes import PLAIN, HeadNotes
from ..values.headers import RawHeaders

if TYPE_CHECKING:
    from ..exceptions import HTTPError

__all__ = ["Http2Stream"]

_NO_BODY = frozenset({204, 304})


class Http2Stream:
    """What is known of one stream. ``Http2Machine`` changes it, under the lock of the connection."""

    __slots__ = (
        "_length",
        "blocked",
        "buffered",
        "chunks",
        "credit",
        "ended",
        "error",
        "head_complete",
        "headers",
        "id",
        "informational",
        "local_ended",
        "method",
        "needs_http1",
        "news",
        "notes",
        "outstanding",
        "received",
        "send_window",
        "started",
        "status",
        "trailers",
        "unprocessed",
        "waiter",
    )

    def __init__(self, number: int, method: str, send_window: int) -> None:
        self.id = number
        self.method = method
        self.status = 0
        self.headers: RawHeaders = []
        self.notes = PLAIN
        self.informational: list[tuple[int, RawHeaders]] = []
        self.trailers: RawHeaders = []
        self.head_complete = False
        self.started = False
        """Whether anything of the response came."""
        self.chunks: list[bytes] = []
        self.buffered = 0
        """Bytes of the body that came and were not taken."""
        self.received = 0
        self.outstanding = 0
        """Bytes of the receive window that are used up."""
        self.credit = 0
        """Bytes of them that were taken, and can be given back to the server."""
        self.ended = False
        """Whether the server ended its side, or all of the stream."""
        self.local_ended = False
        self.error: HTTPError | None = None
        self.needs_http1 = False
        """Whether the server wants the request by HTTP/1.1."""
        self.unprocessed = False
        """Whether the server said that it did nothing with the request, which may then be sent again."""
        self.send_window = send_window
        self.blocked = False
        """Whether the body waits for the server to open its window."""
        self.news = False
        """Whether something changed since the owner last looked."""
        self.waiter: Any = None
        """What wakes the owner."""
        self._length: int | None = None

    def take(self) -> bytes:
        """Return the bytes of the body that came, b"" for none."""
        chunks = self.chunks
        if not chunks:
            return b""
        self.credit += self.buffered
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self.buffered = 0
        return data

    def fail(self, error: HTTPError, *, unprocessed: bool = False) -> None:
        """End the stream with an error, unless all of the response is here."""
        if not self.ended:
            self.error = error
            self.unprocessed = unprocessed
            self.ended = True
        self.local_ended = True
        self.news = True

    def accept_head(self, status: int, headers: RawHeaders, notes: HeadNotes) -> None:
        """Take the final head. Raises RemoteProtocolError for lengths that contradict each other."""
        self.status = status
        self.headers = headers
        self.notes = notes
        self.head_complete = True
        if self.method == "HEAD" or status in _NO_BODY:
            self._length = 0
            return
        for name, value in headers:
            if name == b"content-length":
                if not value.isdigit() or len(value) > 19 or self._length not in (None, int(value)):
                    raise RemoteProtocolError(f"malformed response: the Content-Length is {value[:30]!r}")
                self._length = int(value)

    def accept_data(self, data: bytes) -> None:
        """Take a piece of the body. Raises RemoteProtocolError for more than the Content-Length says."""
        self.received += len(data)
        if self._length is not None and self.received > self._length:
            raise RemoteProtocolError(f"the body has more than the {self._length} bytes the head promised")
        if data:
            self.chunks.append(data)
            self.buffered += len(data)

    def accept_end(self) -> None:
        """Take the end of the server's side. Raises RemoteProtocolError for a body that is too short."""
        if self._length is not None and self.received != self._length:
            raise RemoteProtocolError(f"the body has {self.received} bytes, but its head promised {self._length}")
        self.ended = True

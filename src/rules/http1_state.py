"""What a parser knows of the response it is in."""

from __future__ import annotations

from ..values.head_notes import PLAIN, HeadNotes
from ..values.headers import RawHeaders

__all__ = ["ResponseState"]


class ResponseState:
    """One response as far as it came: plain attributes, as they are read for each response.

    - ``started``: a byte of it came. ``head_complete``, ``complete``: its final head, its whole message.
    - ``status_code``, ``reason_phrase``, ``http_version``, ``headers`` (names and values as on the wire; a list that
      other responses may share), and ``notes`` on them.
    - ``informational``: the 1xx responses before it, status and headers. ``trailers``: known when complete.
    - ``reusable``: the connection can carry another request. False while a response is awaited.
    - ``upgraded``: 101, or a successful CONNECT; ``leftover`` holds the bytes that came after the head.
    """

    __slots__ = (
        "_more",
        "_piece",
        "complete",
        "head_complete",
        "headers",
        "http_version",
        "informational",
        "leftover",
        "notes",
        "reason_phrase",
        "reusable",
        "started",
        "status_code",
        "trailers",
        "upgraded",
    )

    def __init__(self) -> None:
        self.started = self.head_complete = self.complete = self.upgraded = False
        self.reusable = True
        self.status_code = 0
        self.reason_phrase = ""
        self.http_version = "HTTP/1.1"
        self.headers: RawHeaders = []
        self.notes: HeadNotes = PLAIN
        self.informational: list[tuple[int, RawHeaders]] = []
        self.trailers: RawHeaders = []
        self.leftover = b""
        self._piece = b""  # the body bytes that wait; further ones are in _more
        self._more: list[bytes] = []

    def take_body(self) -> bytes:
        """Return the body bytes that wait, b"" if there are none; chunked coding is undone."""
        piece = self._piece
        if piece:
            self._piece = b""
            if self._more:
                piece = b"".join([piece, *self._more])
                self._more.clear()
        return piece

    @property
    def buffered(self) -> bool:
        """Whether body bytes wait."""
        return bool(self._piece)

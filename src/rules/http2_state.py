"""What is known of an HTTP/2 connection, and what its client sends (RFC 9113), without I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import http2_frames as wire
from .http2_frames import HEAD
from .http2_headers import BlockDecoder, BlockEncoder
from .http2_stream import Http2Stream

if TYPE_CHECKING:
    from ..exceptions import HTTPError, RemoteProtocolError
    from ..values.headers import Headers
    from .http2_options import Http2Options

__all__ = ["CONNECTION_WINDOW", "Http2State"]

# The window of the whole connection. Bytes are given back as they come: what bounds memory is the window of each
# stream, and a body that nobody reads must not hold up the others.
CONNECTION_WINDOW = 2**30


class Http2State:
    """The streams of one connection, its windows, and what is to be sent."""

    def __init__(self, options: Http2Options) -> None:
        self._options = options
        self._encoder = BlockEncoder()
        self._decoder = BlockDecoder(options)
        self.streams: dict[int, Http2Stream] = {}
        """The streams that are not closed on both sides."""
        self.outgoing: list[bytes | memoryview] = []
        """Frames to be sent, in order."""
        self.error: HTTPError | None = None
        """Why the connection can't be used any more."""
        self.goaway = False
        """Whether no more streams may be opened."""
        self.greeted = False
        """Whether the server's SETTINGS came."""
        self.pings = 0
        """PINGs that were not answered yet."""
        self.send_window = wire.DEFAULT_WINDOW
        self.changed = False
        """Whether more or fewer streams may be opened than before."""
        self._goaway_code = wire.NO_ERROR
        self._max_streams = wire.LARGEST_WINDOW
        self._stream_window = wire.DEFAULT_WINDOW
        self._frame_size = wire.DEFAULT_FRAME_SIZE
        self._last = -1
        self._used = 0
        self._idle_frames = 0
        self._blocked: dict[int, Http2Stream] = {}
        self._woken: list[Http2Stream] = []
        self._askers: list[Http2Stream] = []
        values = (
            (wire.ENABLE_PUSH, 0),
            (wire.INITIAL_WINDOW_SIZE, options.stream_window),
            (wire.MAX_HEADER_LIST_SIZE, options.max_header_bytes),
        )
        self.outgoing.append(wire.PREFACE + wire.settings(values))
        self.outgoing.append(wire.window_update(0, CONNECTION_WINDOW - wire.DEFAULT_WINDOW))

    # Sending.

    @property
    def max_streams(self) -> int:
        """How many streams may be open at once; one, until the server's SETTINGS came."""
        if self.goaway or self.error is not None:
            return 0
        return min(self._max_streams, self._options.max_streams) if self.greeted else 1

    def open(
        self, method: str, scheme: str, host: bytes, target: bytes, headers: Headers, length: int | None, *, end: bool
    ) -> Http2Stream:
        """Open a stream with its header block; ``end`` says that no body follows."""
        block = self._encoder.encode(method, scheme, host, target, headers, length)
        self._last = number = self._last + 2
        if number > wire.LARGEST_WINDOW - 2:
            self.goaway = self.changed = True  # there is no greater number for another stream
        stream = self.streams[number] = Http2Stream(number, method, self._stream_window)
        stream.local_ended = end
        flags = wire.END_STREAM if end else 0
        size = self._frame_size
        if len(block) <= size:
            self.outgoing.append(HEAD.pack(len(block) << 8 | wire.HEADERS, flags | wire.END_HEADERS, number) + block)
            return stream
        pieces = [block[start : start + size] for start in range(0, len(block), size)]
        for index, piece in enumerate(pieces):
            last = wire.END_HEADERS if index == len(pieces) - 1 else 0
            self.outgoing.append(
                wire.frame(wire.CONTINUATION if index else wire.HEADERS, last if index else flags, number, piece)
            )
        return stream

    def send_data(self, stream: Http2Stream, data: memoryview) -> int:
        """Queue as much of a body as the windows allow, and return how much that was."""
        size = min(len(data), stream.send_window, self.send_window)
        if size <= 0:
            stream.blocked = True
            self._blocked[stream.id] = stream
            return 0
        largest = self._frame_size
        for start in range(0, size, largest):
            piece = data[start : min(start + largest, size)]
            self.outgoing.append(HEAD.pack(len(piece) << 8 | wire.DATA, 0, stream.id))
            self.outgoing.append(piece)
        stream.send_window -= size
        self.send_window -= size
        self._idle_frames = 0
        return size

    def send_end(self, stream: Http2Stream) -> None:
        """End the body."""
        if not stream.local_ended:
            self.outgoing.append(HEAD.pack(wire.DATA, wire.END_STREAM, stream.id))
            stream.local_ended = True
            self._settle(stream)

    def reset(self, stream: Http2Stream, code: int) -> None:
        """Close a stream, whatever its state; what still comes for it is passed over."""
        if self.streams.pop(stream.id, None) is not None and self.error is None:
            self.outgoing.append(wire.rst_stream(stream.id, code))
        self._blocked.pop(stream.id, None)
        stream.ended = stream.local_ended = True

    def acknowledge(self, stream: Http2Stream) -> None:
        """Let the server send as much again as was taken of a body, once that is worth a frame."""
        if stream.credit * 2 >= self._options.stream_window and not stream.ended:
            self.outgoing.append(wire.window_update(stream.id, stream.credit))
            stream.outstanding -= stream.credit
            stream.credit = 0

    def widen(self, stream: Http2Stream) -> None:
        """Let the server send on although nothing was taken: it may have to before it reads the rest of an upload."""
        if stream.outstanding * 2 >= self._options.stream_window and not stream.ended:
            self.outgoing.append(wire.window_update(stream.id, stream.outstanding))
            stream.credit -= stream.outstanding
            stream.outstanding = 0

    def ping(self, asker: Http2Stream | None = None) -> None:
        """Ask the server whether it is there; the answer is news for ``asker``."""
        self.pings += 1
        if asker is not None:
            self._askers.append(asker)
        self.outgoing.append(wire.ping(b"duohttp?"))

    def take_outgoing(self) -> bytes:
        """Return what is to be sent."""
        outgoing = self.outgoing
        data = bytes(outgoing[0]) if len(outgoing) == 1 else b"".join(outgoing)
        outgoing.clear()
        return data

    # Ends.

    def fail(self, error: HTTPError) -> list[Http2Stream]:
        """End the connection: all streams fail that are not complete; return those whose owners wait."""
        if self.error is None:
            self.error = error
            self.goaway = self.changed = True
            streams, self.streams = self.streams, {}
            for stream in streams.values():
                stream.fail(type(error)(error.message))
                self._wake(stream)
            for asker in self._askers:
                self._wake(asker)
            self._blocked.clear()
        return self._woken

    def _wake(self, stream: Http2Stream) -> None:
        stream.news = True
        if stream.waiter is not None:
            self._woken.append(stream)

    def _settle(self, stream: Http2Stream) -> None:
        if stream.ended and stream.local_ended:
            self.streams.pop(stream.id, None)
            self._blocked.pop(stream.id, None)

    def _stream_fault(self, stream: Http2Stream, code: int, error: RemoteProtocolError) -> None:
        self.streams.pop(stream.id, None)
        self._blocked.pop(stream.id, None)
        self.outgoing.append(wire.rst_stream(stream.id, code))
        stream.fail(error)
        self._wake(stream)

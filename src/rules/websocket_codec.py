"""The frames of one WebSocket, without I/O: bytes in, messages out, and the other way round (RFC 6455, RFC 7692).

Framing, masks, compression and the closing handshake are those of the websockets package. What it leaves to its
callers is here: whole messages out of fragments, the check of their text, bounds, and what ended the connection.
"""

from __future__ import annotations

import codecs
import logging
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

from ..exceptions import InvalidRequest

if TYPE_CHECKING:
    from websockets.extensions.base import Extension
    from websockets.frames import Frame

__all__ = ["CLEAN_CODES", "PASSING_CODES", "WebSocketCodec", "check_close"]

CLEAN_CODES = frozenset({1000, 1001, 1005})
"""Close codes with which a conversation ends as it should: normal, going away, none given."""
PASSING_CODES = frozenset({1001, 1006, 1011, 1012, 1013, 1014})
"""Close codes after which another connection may fare better."""
SENDABLE_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
INFLATED_AT_ONCE = 4096
"""Compressed bytes taken at once: the messages in them are at most a thousand times as long."""
PONG = 0x8A
"""The first byte of a pong."""


def check_close(code: int, reason: str) -> None:
    """Raise InvalidRequest for a close code or reason that may not be sent (RFC 6455 section 7.4)."""
    if isinstance(code, bool) or not isinstance(code, int) or not (code in SENDABLE_CODES or 3000 <= code < 5000):
        raise InvalidRequest(f"{code!r} can't be sent as close code; use 1000, or one of your own from 4000 to 4999")
    try:
        length = len(reason.encode())
    except (AttributeError, UnicodeEncodeError):
        raise InvalidRequest("the reason of a close is text") from None
    if length > 123:
        raise InvalidRequest(f"the reason of a close has at most 123 bytes, not {length}")


class WebSocketCodec:
    """One connection, from the moment the handshake is done. Not to be used by two at once.

    ``messages`` are those that came and were not taken, ``control`` what is to be sent besides messages: pongs,
    pings, a close. ``awaited`` are the pings without an answer. A message of more than ``max_message_size`` bytes, or
    a frame of more than ``max_frame_size``, ends the connection with 1009.
    """

    def __init__(
        self, *, max_message_size: int | None, max_frame_size: int | None, extension: Extension | None
    ) -> None:
        from websockets.frames import Opcode
        from websockets.protocol import CLOSED, OPEN, Protocol, Side

        # It would write messages to a log, whatever they hold.
        silent = logging.Logger("duohttp.websocket", logging.CRITICAL + 1)
        self._protocol = protocol = Protocol(Side.CLIENT, max_size=max_message_size, logger=silent)
        self._open, self._closed = OPEN, CLOSED
        self._text, self._binary, self._continuation = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
        self._pong = Opcode.PONG
        if extension is not None:
            protocol.extensions = [extension]
        self._compressed = extension is not None
        self._max_frame_size = max_frame_size
        self._backlog = memoryview(b"")
        self._decoder: codecs.IncrementalDecoder | None = None
        self._pieces: list[Any] | None = None
        self._failure: tuple[int, str] | None = None
        self._discarding = False
        self.messages: deque[str | bytes] = deque()
        self.control: list[bytes] = []
        self.awaited: OrderedDict[bytes, None] = OrderedDict()

    # Receiving.

    @property
    def backlog(self) -> bool:
        """Whether there are bytes that ``receive(b"")`` would go on with."""
        return bool(self._backlog)

    def receive(self, data: bytes) -> None:
        """Take bytes that came; b"" goes on with those that are left over from before."""
        protocol = self._protocol
        if self.is_ended:
            self._backlog = memoryview(b"")
            return
        if self._compressed and (self._backlog or len(data) > INFLATED_AT_ONCE):
            # No more than a message or so at a time: a few bytes can be the long form of very many.
            rest = memoryview(bytes(self._backlog) + data) if self._backlog else memoryview(data)
            while rest:
                protocol.receive_data(bytes(rest[:INFLATED_AT_ONCE]))
                rest = rest[INFLATED_AT_ONCE:]
                self._take()
                if self.messages:
                    break
            self._backlog = rest
        elif data:
            protocol.receive_data(data)
            self._take()

    def receive_end(self) -> None:
        """Take the end of the stream."""
        self._protocol.receive_eof()
        self._take()

    def _take(self) -> None:
        """Look at what the bytes brought."""
        protocol = self._protocol
        for frame in protocol.events_received():
            opcode = frame.opcode  # type: ignore[union-attr]
            if opcode is self._text or opcode is self._binary or opcode is self._continuation:
                if self._failure is None:
                    self._data(frame)  # type: ignore[arg-type]
            elif opcode is self._pong:
                self._answered(bytes(frame.data))  # type: ignore[union-attr]
        if protocol.writes:
            self._collect()

    def _collect(self) -> None:
        """Note what is to be sent. Of several pongs the last one will do (RFC 6455 section 5.5.3)."""
        control = self.control
        for piece in self._protocol.data_to_send():
            if not piece:
                continue  # the end of the stream, which is made by closing it
            if piece[0] == PONG:
                control[:] = [each for each in control if each[0] != PONG]
            control.append(piece)

    def _data(self, frame: Frame) -> None:
        data = frame.data
        if self._max_frame_size is not None and len(data) > self._max_frame_size:
            self.fail(1009, f"a frame of {len(data)} bytes is over the limit of {self._max_frame_size} bytes")
            return
        if frame.opcode is not self._continuation:
            if frame.fin:
                if frame.opcode is self._binary:
                    self._message(bytes(data))
                    return
                try:
                    self._message(str(data, "utf-8"))
                except UnicodeDecodeError:
                    self.fail(1007, "a text message is no UTF-8")
                return
            self._decoder = codecs.getincrementaldecoder("utf-8")() if frame.opcode is self._text else None
            self._pieces = []
        self._fragment(bytes(data), last=frame.fin)

    def _fragment(self, data: bytes, *, last: bool) -> None:
        pieces: list[Any] = [] if self._pieces is None else self._pieces
        piece: str | bytes = data
        if self._decoder is not None:
            try:
                piece = self._decoder.decode(data, last)
            except UnicodeDecodeError:
                self.fail(1007, "a text message is no UTF-8")
                return
        if piece:
            pieces.append(piece)
        if last:
            self._message("".join(pieces) if self._decoder is not None else b"".join(pieces))
            self._pieces = None

    def _message(self, message: str | bytes) -> None:
        if not self._discarding:
            self.messages.append(message)

    def _answered(self, data: bytes) -> None:
        """A pong answers its ping, and those before it."""
        if data in self.awaited:
            while self.awaited.popitem(last=False)[0] != data:
                pass

    # Sending.

    @property
    def is_open(self) -> bool:
        """Whether messages may be sent."""
        return self._protocol.state is self._open

    @property
    def is_ended(self) -> bool:
        """Whether nothing will come any more."""
        return self._protocol.state is self._closed

    @property
    def is_between(self) -> bool:
        """Whether the fragments of a message are being sent, so that no other may begin."""
        return self._protocol.expect_continuation_frame

    def message(self, data: bytes, *, text: bool, last: bool = True) -> bytes:
        """Return the bytes to send for a message, or for the first fragment of one. It must be open."""
        protocol = self._protocol
        (protocol.send_text if text else protocol.send_binary)(data, last)
        return self._sendable()

    def fragment(self, data: bytes, *, last: bool) -> bytes:
        """Return the bytes to send for a further fragment. It must be open."""
        self._protocol.send_continuation(data, last)
        return self._sendable()

    def _sendable(self) -> bytes:
        pieces = self._protocol.data_to_send()
        if self.control:
            pieces = [*self.taken_control(), *pieces]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def taken_control(self) -> list[bytes]:
        """Return what is to be sent besides messages, which is then taken to be sent."""
        control, self.control = self.control, []
        return control

    def ping(self, data: bytes, *, awaited: bool = True) -> None:
        """Have a ping sent."""
        if awaited:
            self.awaited[data] = None
        self._protocol.send_ping(data)
        self._collect()

    # The end.

    def close(self, code: int, reason: str) -> None:
        """Have a close sent; messages that still come are dropped."""
        self._discarding = True
        self.messages.clear()
        if self.is_open:
            self._protocol.send_close(code, reason)
            self._collect()

    def fail(self, code: int, reason: str) -> None:
        """End the connection for what the peer did, or this side can't do; what still comes is ignored."""
        if self._failure is None and not self.is_ended:
            self._failure = (code, reason)
            self._pieces = self._decoder = None
            self._protocol.fail(code, reason)
            self._collect()

    def ending(self) -> tuple[int, str]:
        """Return the code and reason with which it ended: the peer's, or those it was sent; 1006 where none are."""
        protocol = self._protocol
        if self._failure is not None:
            return self._failure
        if protocol.close_rcvd is not None:
            return int(protocol.close_rcvd.code), protocol.close_rcvd.reason
        sent = protocol.close_sent
        if sent is not None and protocol.parser_exc is not None and not isinstance(protocol.parser_exc, EOFError):
            return int(sent.code), sent.reason
        return 1006, ""

"""The client's side of an HTTP/2 connection, without I/O (RFC 9113).

Bytes of the wire go in through ``receive`` and come out of ``take_outgoing``; what a request sees of it is its
``Http2Stream``. Whoever uses it guards it by a lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exceptions import ReadError, RemoteProtocolError, ServerDisconnected
from . import http2_frames as wire
from .http2_frames import HEAD, NUMBER, SETTING
from .http2_headers import BrokenBlock, MalformedFields, checked_fields
from .http2_state import CONNECTION_WINDOW, Http2State
from .http2_stream import Http2Stream

if TYPE_CHECKING:
    from ..values.head_notes import HeadNotes
    from ..values.headers import RawHeaders
    from .http2_options import Http2Options

__all__ = ["Http2Machine"]

MAX_CONTINUATIONS = 100


class ConnectionFault(Exception):
    """What ends the connection, by its error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Http2Machine(Http2State):
    """One connection: takes what the server sends."""

    def __init__(self, options: Http2Options) -> None:
        super().__init__(options)
        self._rest = b""
        self._block: list[bytes] | None = None
        self._block_stream = 0
        self._block_flags = 0
        self._block_size = 0
        self._handlers = (
            self._on_data,
            self._on_headers,
            self._on_priority,
            self._on_rst_stream,
            self._on_settings,
            self._on_push_promise,
            self._on_ping,
            self._on_goaway,
            self._on_window_update,
            self._on_continuation,
        )

    def receive(self, data: bytes) -> list[Http2Stream]:
        """Take bytes of the wire, b"" for its end; return the streams with news whose owners wait.

        A fault of the server is kept in ``error`` and fails all streams.
        """
        woken: list[Http2Stream] = []
        self._woken = woken
        if not data:
            reason = f": {wire.error_name(self._goaway_code)}" if self._goaway_code else ""
            self.fail(ServerDisconnected(f"the server closed the connection before the response was complete{reason}"))
            return woken
        if self._rest:
            data = self._rest + data
        position, size = 0, len(data)
        unpack = HEAD.unpack_from
        handlers = self._handlers
        try:
            while size - position >= 9:
                head, flags, number = unpack(data, position)
                length = head >> 8
                if length > wire.DEFAULT_FRAME_SIZE:
                    raise ConnectionFault(wire.FRAME_SIZE_ERROR, f"a frame of {length} bytes came")
                start = position + 9
                position = start + length
                if position > size:
                    position = start - 9
                    break
                kind = head & 0xFF
                if self._block is not None and kind != wire.CONTINUATION:
                    raise ConnectionFault(wire.PROTOCOL_ERROR, "a header block was not continued")
                if not self.greeted and kind != wire.SETTINGS:
                    raise ConnectionFault(
                        wire.PROTOCOL_ERROR, "it does not speak HTTP/2: its first frame is no SETTINGS"
                    )
                if kind < 10:
                    handlers[kind](flags, number & 0x7FFFFFFF, data[start:position])
                else:
                    self._note_idle()
        except ConnectionFault as fault:
            self.outgoing.append(wire.goaway(fault.code, str(fault).encode()))
            name = wire.error_name(fault.code)
            self.fail(RemoteProtocolError(f"the server broke HTTP/2 ({name}): {fault}"))
        self._rest = data[position:]
        return woken

    def _note_idle(self) -> None:
        """Count a frame that brings nothing on; a server that sends nothing else keeps the client busy for nothing."""
        self._idle_frames += 1
        if self._idle_frames > self._options.max_idle_frames:
            limit = self._options.max_idle_frames
            raise ConnectionFault(wire.ENHANCE_YOUR_CALM, f"more than {limit} frames in a row were of no use")

    def _known(self, number: int, name: str) -> Http2Stream | None:
        """Return a stream, None if it is closed. A stream that was never opened is a fault."""
        stream = self.streams.get(number)
        if stream is None and (number > self._last or not number & 1):
            raise ConnectionFault(wire.PROTOCOL_ERROR, f"{name} came for stream {number}, which was never opened")
        return stream

    # Frames.

    def _on_data(self, flags: int, number: int, payload: bytes) -> None:
        size = len(payload)
        if flags & wire.PADDED:
            payload = _unpadded(payload)
        self._used += size
        if self._used * 4 >= CONNECTION_WINDOW:
            self.outgoing.append(wire.window_update(0, self._used))
            self._used = 0
        stream = self.streams.get(number)
        if stream is None:
            self._known(number, "DATA")
            self._note_idle()
            return
        if not size and not flags & wire.END_STREAM:
            self._note_idle()
            return
        self._idle_frames = 0
        stream.outstanding += size
        stream.credit += size - len(payload)
        if stream.outstanding > self._options.stream_window:
            fault = RemoteProtocolError("the server sent more than the window of the stream allows")
            self._stream_fault(stream, wire.FLOW_CONTROL_ERROR, fault)
            return
        try:
            if not stream.head_complete:
                raise RemoteProtocolError("malformed response: a body came before its head")
            if stream.ended:
                raise RemoteProtocolError("malformed response: data came after its end")
            stream.accept_data(payload)
            if flags & wire.END_STREAM:
                stream.accept_end()
                self._settle(stream)
        except RemoteProtocolError as error:
            stream.ended = False
            self._stream_fault(stream, wire.PROTOCOL_ERROR, error)
            return
        self._wake(stream)

    def _on_headers(self, flags: int, number: int, payload: bytes) -> None:
        if not number:
            raise ConnectionFault(wire.PROTOCOL_ERROR, "HEADERS came for the connection")
        if flags & wire.PADDED:
            payload = _unpadded(payload)
        if flags & wire.WITH_PRIORITY:
            if len(payload) < 5:
                raise ConnectionFault(wire.FRAME_SIZE_ERROR, "HEADERS are too short for their priority")
            payload = payload[5:]
        if flags & wire.END_HEADERS:
            self._on_block(flags, number, payload)
            return
        self._block = [payload]
        self._block_size = len(payload)
        self._block_stream = number
        self._block_flags = flags

    def _on_continuation(self, flags: int, number: int, payload: bytes) -> None:
        block = self._block
        if block is None or number != self._block_stream:
            raise ConnectionFault(wire.PROTOCOL_ERROR, "CONTINUATION came where no header block goes on")
        block.append(payload)
        self._block_size += len(payload)
        if self._block_size > self._options.max_header_bytes or len(block) > MAX_CONTINUATIONS:
            raise ConnectionFault(wire.ENHANCE_YOUR_CALM, "a header block is too long")
        if flags & wire.END_HEADERS:
            self._block = None
            self._on_block(self._block_flags, number, b"".join(block))

    def _on_block(self, flags: int, number: int, block: bytes) -> None:
        stream = self._known(number, "HEADERS")
        end = bool(flags & wire.END_STREAM)
        try:
            if stream is None:
                self._decoder.fields(block)  # the tables of both sides must stay the same
                self._note_idle()
                return
            self._idle_frames = 0
            if stream.ended:
                raise ConnectionFault(wire.STREAM_CLOSED, f"HEADERS came after the end of stream {number}")
            if stream.head_complete:
                self._take_trailers(stream, self._decoder.fields(block), end)
            else:
                self._take_head(stream, *self._decoder.response(block), end)
            if end:
                stream.accept_end()
                self._settle(stream)
        except BrokenBlock as error:
            raise ConnectionFault(wire.COMPRESSION_ERROR, error.message) from error
        except RemoteProtocolError as error:
            if stream is not None:
                self._stream_fault(stream, wire.PROTOCOL_ERROR, RemoteProtocolError(error.message))
            return
        self._wake(stream)

    def _take_head(self, stream: Http2Stream, status: int, headers: RawHeaders, notes: HeadNotes, end: bool) -> None:
        stream.started = True
        if status >= 200:
            stream.accept_head(status, headers, notes)
            return
        if status == 101 or end:
            raise MalformedFields(f"malformed response: a {status} that HTTP/2 has not")
        stream.informational.append((status, headers))
        if len(stream.informational) > self._options.max_informational:
            limit = self._options.max_informational
            raise MalformedFields(f"more than {limit} informational responses came")

    def _take_trailers(self, stream: Http2Stream, fields: list[tuple[bytes, bytes]], end: bool) -> None:
        if not end:
            raise MalformedFields("malformed response: a second head came")
        stream.trailers = checked_fields(fields, self._options)

    def _on_priority(self, flags: int, number: int, payload: bytes) -> None:
        if not number:
            raise ConnectionFault(wire.PROTOCOL_ERROR, "PRIORITY came for the connection")
        if len(payload) != 5:
            raise ConnectionFault(wire.FRAME_SIZE_ERROR, "PRIORITY has a wrong size")
        self._note_idle()

    def _on_rst_stream(self, flags: int, number: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise ConnectionFault(wire.FRAME_SIZE_ERROR, "RST_STREAM has a wrong size")
        stream = self._known(number, "RST_STREAM")
        if stream is None:
            self._note_idle()
            return
        (code,) = NUMBER.unpack(payload)
        self.streams.pop(number, None)
        self._blocked.pop(number, None)
        error = RemoteProtocolError(f"the server reset the stream: {wire.error_name(code)}")
        stream.needs_http1 = code == wire.HTTP_1_1_REQUIRED
        stream.fail(error, unprocessed=stream.needs_http1 or code == wire.REFUSED_STREAM)
        self._wake(stream)

    def _on_settings(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise ConnectionFault(wire.PROTOCOL_ERROR, "SETTINGS came for a stream")
        if len(payload) % 6 or (flags & wire.ACK and payload):
            raise ConnectionFault(wire.FRAME_SIZE_ERROR, "SETTINGS have a wrong size")
        if flags & wire.ACK:
            if not self.greeted:
                raise ConnectionFault(wire.PROTOCOL_ERROR, "its first frame only confirms SETTINGS")
            self._note_idle()
            return
        for name, value in SETTING.iter_unpack(payload):
            self._apply(name, value)
        if self.greeted:
            self._note_idle()
        self.greeted = self.changed = True
        self.outgoing.append(wire.frame(wire.SETTINGS, wire.ACK, 0))

    def _apply(self, name: int, value: int) -> None:
        if name == wire.HEADER_TABLE_SIZE:
            self._encoder.limit_table(value)
        elif name == wire.ENABLE_PUSH:
            if value:
                raise ConnectionFault(wire.PROTOCOL_ERROR, "a server can't enable push")
        elif name == wire.MAX_CONCURRENT_STREAMS:
            self._max_streams = value
        elif name == wire.INITIAL_WINDOW_SIZE:
            if value > wire.LARGEST_WINDOW:
                raise ConnectionFault(wire.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE is too large")
            change, self._stream_window = value - self._stream_window, value
            for stream in self.streams.values():
                stream.send_window += change
                if stream.send_window > wire.LARGEST_WINDOW:
                    raise ConnectionFault(wire.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE makes a window too large")
            self._unblock()
        elif name == wire.MAX_FRAME_SIZE:
            if not wire.DEFAULT_FRAME_SIZE <= value <= wire.LARGEST_FRAME_SIZE:
                raise ConnectionFault(wire.PROTOCOL_ERROR, f"MAX_FRAME_SIZE can't be {value}")
            self._frame_size = min(value, 65536)

    def _unblock(self) -> None:
        """Wake the owners of bodies that can be sent on."""
        if self.send_window <= 0:
            return
        for stream in [stream for stream in self._blocked.values() if stream.send_window > 0]:
            del self._blocked[stream.id]
            stream.blocked = False
            self._wake(stream)

    def _on_push_promise(self, flags: int, number: int, payload: bytes) -> None:
        raise ConnectionFault(wire.PROTOCOL_ERROR, "a push came, which was switched off")

    def _on_ping(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise ConnectionFault(wire.PROTOCOL_ERROR, "PING came for a stream")
        if len(payload) != 8:
            raise ConnectionFault(wire.FRAME_SIZE_ERROR, "PING has a wrong size")
        if flags & wire.ACK and self.pings:
            self.pings = 0
            askers, self._askers = self._askers, []
            for asker in askers:
                self._wake(asker)
            return
        self._note_idle()
        if not flags & wire.ACK:
            self.outgoing.append(wire.ping(payload, ack=True))

    def _on_goaway(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise ConnectionFault(wire.PROTOCOL_ERROR, "GOAWAY came for a stream")
        if len(payload) < 8:
            raise ConnectionFault(wire.FRAME_SIZE_ERROR, "GOAWAY has a wrong size")
        last, code = wire.TWO_NUMBERS.unpack_from(payload)
        last &= 0x7FFFFFFF
        self._note_idle()
        self.goaway = self.changed = True
        self._goaway_code = code
        for stream in [stream for stream in self.streams.values() if stream.id > last]:
            del self.streams[stream.id]
            self._blocked.pop(stream.id, None)
            error = ReadError(f"the server ended the connection before it took the request ({wire.error_name(code)})")
            stream.fail(error, unprocessed=True)
            self._wake(stream)

    def _on_window_update(self, flags: int, number: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise ConnectionFault(wire.FRAME_SIZE_ERROR, "WINDOW_UPDATE has a wrong size")
        increment = NUMBER.unpack(payload)[0] & 0x7FFFFFFF
        if not number:
            if not increment:
                raise ConnectionFault(wire.PROTOCOL_ERROR, "WINDOW_UPDATE opens the window by nothing")
            self.send_window += increment
            if self.send_window > wire.LARGEST_WINDOW:
                raise ConnectionFault(wire.FLOW_CONTROL_ERROR, "the connection's window was opened too far")
            stream = None
        else:
            stream = self._known(number, "WINDOW_UPDATE")
        if stream is not None:
            if not increment:
                fault = RemoteProtocolError("the server opened the stream's window by nothing")
                self._stream_fault(stream, wire.PROTOCOL_ERROR, fault)
                return
            stream.send_window += increment
            if stream.send_window > wire.LARGEST_WINDOW:
                fault = RemoteProtocolError("the server opened the stream's window too far")
                self._stream_fault(stream, wire.FLOW_CONTROL_ERROR, fault)
                return
        if self._blocked:
            self._idle_frames = 0
            self._unblock()
        else:
            self._note_idle()


def _unpadded(payload: bytes) -> bytes:
    """Return a payload without its padding (RFC 9113 section 6.1)."""
    if not payload or payload[0] >= len(payload):
        raise ConnectionFault(wire.PROTOCOL_ERROR, "a frame is shorter than its padding")
    return payload[1 : len(payload) - payload[0]]

"""HTTP/1.1 responses from bytes (RFC 9112), without I/O, on llhttp in its strict mode."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade

from ..exceptions import LocalProtocolError, RemoteProtocolError, ServerDisconnected
from ..values.headers import RawHeaders
from .http1_errors import chunk_error, head_error
from .http1_head import content_length, decode_reason, keep_alive_hints, transfer_coding
from .http1_limits import DEFAULT_HTTP1_LIMITS, Http1Limits
from .http1_sink import Sink, make_parser

__all__ = ["DEFAULT_HTTP1_LIMITS", "Http1Limits", "ResponseParser"]

_IDLE: Final = 0  # no response is awaited, or it is complete
_FRESH: Final = 1  # an ordinary response is awaited, nothing of it came
_HEAD: Final = 2  # a head is awaited or came in part
_LENGTH: Final = 3  # in a body of known length
_CHUNKED: Final = 4  # in a chunked body
_CLOSE: Final = 5  # in a body that ends with the connection
_TUNNEL: Final = 6  # the connection is no longer HTTP
_FAILED: Final = 7

_BLANK: Final = b"\r\n\r\n"
_SLACK: Final = 20  # the most that a chunk in progress takes beside its data: 16 digits and two line ends
_START: Final = b"HTTP/1."
_BLANKS_MAX: Final = 2  # empty lines that may precede a status line
_SMALL: Final = 16384
_MEMO_MAX: Final = 4096
_REASONS = {status.phrase.encode(): status.phrase for status in HTTPStatus}


class ResponseParser:
    """Parses the responses of one connection, one after the other.

    ``start`` announces a response, ``feed`` and ``feed_eof`` bring what the server sent; the attributes say what came.

    - ``started``: a byte of this response came. ``head_complete``, ``complete``: the final head, the message.
    - ``status_code``, ``reason_phrase``, ``http_version``, ``headers`` (names and values as on the wire).
    - ``informational``: the 1xx responses before it, status and headers. ``trailers``: known when complete.
    - ``reusable``: the connection can carry another request. False while a response is awaited.
    - ``upgraded``: 101 or a successful CONNECT; ``leftover`` holds the bytes after the head.

    Only RemoteProtocolError (ServerDisconnected is one) leaves ``feed`` and ``feed_eof``; then the connection is lost.
    """

    __slots__ = (
        "_blanks",
        "_buffer",
        "_fed",
        "_framed",
        "_hints",
        "_left",
        "_limits",
        "_memo",
        "_method",
        "_more",
        "_parse",
        "_parsed",
        "_piece",
        "_sink",
        "_small",
        "_spent",
        "_state",
        "_status",
        "_tail",
        "_upgrade",
        "complete",
        "head_complete",
        "headers",
        "http_version",
        "informational",
        "leftover",
        "reason_phrase",
        "reusable",
        "started",
        "status_code",
        "trailers",
        "upgraded",
    )

    def __init__(self, limits: Http1Limits = DEFAULT_HTTP1_LIMITS) -> None:
        self._limits = limits
        self._sink = Sink()
        self._buffer = bytearray()
        self._more: list[bytes] = []
        # The last head and what it said: servers send the same head many times a second.
        self._memo: tuple[bytes, int, int, int, str, RawHeaders, bool, list[tuple[float | None, int | None]]] | None
        self._memo = None
        self._method = ""
        self._state = _IDLE
        self.headers: RawHeaders = []
        self.informational: list[tuple[int, RawHeaders]] = []
        self.trailers: RawHeaders = []
        self.status_code = 0
        self.reason_phrase = ""
        self.http_version = "HTTP/1.1"
        self.leftover = b""
        self.reusable = True
        self._small = min(limits.max_head_bytes, _SMALL)
        self._piece = self._tail = b""
        self._parsed = self._blanks = self._left = self._fed = 0
        self._framed = self._spent = False
        self._hints: list[tuple[float | None, int | None]] = []
        self.started = self.head_complete = self.complete = self.upgraded = self._upgrade = False
        self._renew()

    def start(self, method: str, *, upgrade: bool = False) -> None:
        """Await the response to a request of this method; ``upgrade`` says that the request asked for another protocol.

        Raises LocalProtocolError where the connection can't carry another response.
        """
        if not self.reusable:
            raise LocalProtocolError("this connection can't carry another request")
        self._method = method
        self._upgrade = upgrade
        if upgrade or method == "HEAD" or method == "CONNECT":
            # llhttp can't be told that the body is missing, or that the connection leaves HTTP.
            self._state = _HEAD
            if self._spent:
                self._renew()
            self._spent = True
        else:
            self._state = _FRESH
        self.reusable = self.started = self.head_complete = self.complete = False
        if self.informational:
            self.informational = []
        if self.trailers:
            self.trailers = []
        if self._piece:
            self._piece = b""
            self._more.clear()

    def feed(self, data: bytes) -> bool:
        """Take bytes from the server; return whether the message is complete. Raises RemoteProtocolError."""
        state = self._state
        if state == _FRESH:
            memo = self._memo
            if memo is not None and len(data) == memo[1] and data.startswith(memo[0]):
                _, _, size, self.status_code, self.reason_phrase, headers, self.reusable, self._hints = memo
                self.headers = headers[:]
                self.http_version = "HTTP/1.1"
                self._piece = data[size:]
                self.started = self.head_complete = self.complete = True
                self._state = _IDLE
                return True
            return self._feed_fresh(data)
        if not data:
            return self.complete
        if state == _LENGTH:
            left = self._left - len(data)
            if left > 0:
                self._left = left
                self._push(data)
                return False
            self._push(data if left == 0 else data[:left])
            return self._finish(clean=left == 0)
        if state == _CHUNKED:
            return self._feed_chunked(data)
        if state == _CLOSE:
            self._push(data)
            return False
        if state == _HEAD:
            return self._feed_head(data)
        if state == _TUNNEL:
            self.leftover += data
        elif state == _FAILED:
            raise RemoteProtocolError("the response was malformed; the connection is lost")
        self.reusable = False  # bytes nobody asked for: they are dropped with the connection
        return self.complete

    def feed_eof(self) -> None:
        """Take the end of the connection, which completes a body that has no other end.

        Raises ServerDisconnected where the message is not complete.
        """
        state = self._state
        self.reusable = False
        if state == _CLOSE:
            self._finish(clean=False)
            return
        if state in (_IDLE, _TUNNEL):
            return
        self._state = _FAILED
        if state == _FAILED:
            raise RemoteProtocolError("the response was malformed; the connection is lost")
        if not self.started:
            raise ServerDisconnected("the server closed the connection before it answered")
        if state == _LENGTH:
            raise ServerDisconnected(f"the server closed the connection {self._left} bytes before the end of the body")
        if state == _CHUNKED:
            raise ServerDisconnected("the server closed the connection before the last chunk of the body")
        if self.informational and not self._buffer:
            raise ServerDisconnected("the server closed the connection after an informational response")
        raise ServerDisconnected("the server closed the connection in the middle of the response head")

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

    @property
    def keep_alive_timeout(self) -> float | None:
        """The seconds the server keeps an idle connection, if its Keep-Alive header says so."""
        return self._keep_alive()[0]

    @property
    def keep_alive_max(self) -> int | None:
        """How many requests the connection will still serve, if the Keep-Alive header says so."""
        return self._keep_alive()[1]

    def _keep_alive(self) -> tuple[float | None, int | None]:
        hints = self._hints
        if not hints:
            hints.append(keep_alive_hints(self.headers))
        return hints[0]

    # Inside

    def _renew(self) -> None:
        """Begin with a new parser: the old one stopped inside a message, or saw what it can't go back from."""
        self._sink.reset()
        parser = make_parser(self._sink)
        self._parse = parser.feed_data
        self._status = parser.get_status_code

    def _push(self, data: bytes) -> None:
        if self._piece:
            self._more.append(data)
        else:
            self._piece = data

    def _fail(self, error: RemoteProtocolError | str) -> RemoteProtocolError:
        self._state = _FAILED
        return RemoteProtocolError(error) if isinstance(error, str) else error

    def _finish(self, *, clean: bool) -> bool:
        self._state = _IDLE
        self.complete = True
        self.reusable = clean and self._framed
        return True

    def _feed_fresh(self, data: bytes) -> bool:
        """Parse a response that begins here, hoping that its head is whole and nothing is unusual.

        Whatever is unusual is parsed again by the exact way, which delimits the head itself.
        """
        if not data:
            return False
        self.started = True
        if self._spent:
            self._renew()
        self._spent = True
        if len(data) <= self._small and data.startswith(b"HTTP/1.1 "):
            try:
                self._parse(data)
            except HttpParserError:
                pass
            else:
                if self._accept_whole(data):
                    return self.complete
            self._renew()
        self._state = _HEAD
        return self._feed_head(data)

    def _accept_whole(self, data: bytes) -> bool:
        """Take a head that came in one piece, with its body or the beginning of it; return False if unusual."""
        sink = self._sink
        status = self._status()
        headers = sink.headers
        reason = _REASONS.get(sink.reason)
        if sink.keep_alive is None or status < 200 or reason is None or len(headers) > self._limits.max_headers:
            return False
        if sink.trailers_at >= 0 or not sink.complete:
            size = data.find(_BLANK) + 4
            self._enter(status, reason)
            return self._enter_body(data[size:], parsed=True) or True
        body = b"".join(sink.pieces)
        size = len(data) - len(body)
        # llhttp passes over line ends after a message.
        if data[-1] in b"\r\n" and data.find(_BLANK) + 4 != size:
            return False
        self.status_code = status
        self.reason_phrase = reason
        self.http_version = "HTTP/1.1"
        self.headers = headers
        self.reusable = reusable = sink.keep_alive
        self._hints = []
        self._piece = body
        self.head_complete = self.complete = True
        self._state = _IDLE
        self._spent = not reusable
        if size <= _MEMO_MAX:
            self._memo = (data[:size], len(data), size, status, reason, headers[:], reusable, self._hints)
        sink.reset()
        return True

    def _feed_head(self, data: bytes) -> bool:
        """Gather a head, hand its lines to llhttp as they are complete, and see what follows it."""
        self.started = True
        buffer = self._buffer
        known = len(buffer)
        buffer += data
        while True:
            known -= self._skip_blank_lines()
            end = buffer.find(_BLANK, max(known - 3, 0)) + 4
            if max(end, len(buffer) if end < 4 else 0) > self._limits.max_head_bytes:
                raise self._fail(f"the response head is longer than {self._limits.max_head_bytes} bytes")
            self._parse_lines(end if end >= 4 else buffer.rfind(b"\n", max(known, 0)) + 1)
            if end < 4:
                return False
            version = "HTTP/1.1" if buffer[7] == 49 else "HTTP/1.0"
            rest = bytes(buffer[end:])
            buffer.clear()
            self._parsed = self._blanks = known = 0
            status = self._status()
            if not 100 <= status < 200 or status == 101:
                self.http_version = version
                return self._enter_final(status, rest)
            self.informational.append((status, self._sink.headers))
            if len(self.informational) > self._limits.max_informational:
                raise self._fail(f"more than {self._limits.max_informational} informational responses came")
            self._renew()
            buffer += rest

    def _skip_blank_lines(self) -> int:
        """Drop empty lines before the status line, which some servers send; check that HTTP/1 begins there.

        Return the number of bytes dropped.
        """
        buffer = self._buffer
        if self._parsed:
            return 0
        dropped = 0
        while self._blanks < _BLANKS_MAX and buffer[:2] == b"\r\n":
            self._blanks += 1
            dropped += 2
            del buffer[:2]
        start = bytes(buffer[:7])
        if start != _START[: len(start)] and not (start == b"\r" and self._blanks < _BLANKS_MAX):
            raise self._fail(f"malformed response: it begins with {bytes(buffer[:20])!r}, which is not HTTP/1")
        if len(buffer) > 7 and buffer[7] not in b"01":
            raise self._fail(f"malformed response: it is not HTTP/1.0 or HTTP/1.1 but {bytes(buffer[:8])!r}")
        return dropped

    def _parse_lines(self, end: int) -> None:
        """Give llhttp the lines up to ``end``: whole ones, as it copies what is cut again and again."""
        if end > self._parsed:
            try:
                self._parse(bytes(self._buffer[self._parsed : end]))
            except HttpParserUpgrade:
                pass
            except HttpParserError as error:
                raise self._fail(head_error(bytes(self._buffer[:end]), error)) from None
            self._parsed = end
            if len(self._sink.headers) > self._limits.max_headers:
                raise self._fail(f"the response has more than {self._limits.max_headers} header lines")

    def _enter_final(self, status: int, rest: bytes) -> bool:
        """Take the final head and see how its body is delimited (RFC 9112 section 6.3)."""
        if status < 100:
            raise self._fail(f"malformed response: the status code is {status:03}")
        try:
            reason = decode_reason(self._sink.reason)
        except RemoteProtocolError as error:
            raise self._fail(error) from None
        self._enter(status, reason)
        if status == 101 or (self._method == "CONNECT" and 200 <= status < 300):
            if status == 101 and not self._upgrade:
                raise self._fail("the server switched protocols (101), which nobody asked for")
            self.upgraded = True
            self.leftover = rest
            self._state = _TUNNEL
            return False
        return self._enter_body(rest, parsed=False)

    def _enter(self, status: int, reason: str) -> None:
        sink = self._sink
        self.status_code = status
        self.reason_phrase = reason
        self.headers = sink.headers if sink.trailers_at < 0 else sink.headers[: sink.trailers_at]
        self._hints = []
        self.head_complete = True

    def _enter_body(self, rest: bytes, *, parsed: bool) -> bool:
        """Begin the body; ``rest`` is what came of it, ``parsed`` says whether llhttp saw that."""
        headers = self.headers
        status = self.status_code
        try:
            coding = transfer_coding(headers)
        except RemoteProtocolError as error:
            raise self._fail(error) from None
        # An HTTP/1.0 message with a Transfer-Encoding is suspect (RFC 9112 section 6.1), and so is an unknown coding.
        self._framed = bool(self._sink.keep_alive) and (
            coding is None or (coding == b"chunked" and self.http_version == "HTTP/1.1")
        )
        if self._method == "HEAD" or status in (204, 304):
            return self._finish(clean=not rest)
        if coding is not None and coding.rpartition(b",")[2] == b"chunked":
            self._state = _CHUNKED
            if self._sink.trailers_at < 0:
                self.headers = headers[:]  # llhttp adds the trailers to the list
            self._fed = 0
            self._tail = b""
            if not parsed:
                return self._feed_chunked(rest) if rest else False
            return self._take_chunks(rest, clean=True)
        length = content_length(headers) if coding is None else None
        if length is None:
            self._state = _CLOSE
            self._framed = False
        else:
            self._state = _LENGTH
            self._left = length
            if not length:
                return self._finish(clean=not rest)
        return self.feed(rest) if rest else False

    def _feed_chunked(self, data: bytes) -> bool:
        sink = self._sink
        try:
            self._parse(data)
        except HttpParserError as error:
            if not sink.complete:
                raise self._fail(chunk_error(sink.body_size + sink.chunk_size, error)) from None
            return self._take_chunks(data, clean=False)
        return self._take_chunks(data, clean=True)

    def _take_chunks(self, data: bytes, *, clean: bool) -> bool:
        """Collect what llhttp made of ``data``, and hold the rest of it against the limits."""
        sink = self._sink
        for piece in sink.pieces:
            self._push(piece)
        sink.pieces.clear()
        self._fed += len(data)
        self._tail = (self._tail + data)[-5:]
        limits = self._limits
        beside = self._fed - sink.body_size - sink.chunk_size - sink.framing
        if not sink.complete:
            if beside - _SLACK > limits.max_chunk_extension_bytes + limits.max_trailer_bytes:
                raise self._fail("chunk extensions and trailers of the response are longer than the limits")
            return False
        self.trailers = sink.headers[sink.trailers_at :]
        size = sum([len(name) + len(value) + 4 for name, value in self.trailers])
        if size > limits.max_trailer_bytes or len(self.trailers) > limits.max_trailers:
            raise self._fail(f"the trailers are more than {limits.max_trailers}, or {limits.max_trailer_bytes} bytes")
        # llhttp passes over line ends after a message; the message itself ends in exactly two.
        clean = clean and self._tail[-4:] == _BLANK and self._tail[0] not in b"\r\n"
        if clean and beside - size > limits.max_chunk_extension_bytes:
            raise self._fail(f"the chunk extensions are longer than {limits.max_chunk_extension_bytes} bytes")
        self._finish(clean=clean)
        if self.reusable:
            sink.reset()
            self._spent = False
        return True

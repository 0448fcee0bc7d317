"""HTTP/1.1 responses from bytes (RFC 9112), without I/O, on llhttp in its strict mode."""

from __future__ import annotations

from typing import Final, TypeAlias

from httptools import HttpParserError, HttpParserUpgrade

from ..exceptions import LocalProtocolError, RemoteProtocolError, ServerDisconnected
from ..values.head_notes import PLAIN, HeadNotes
from ..values.headers import RawHeaders
from .head_notes import note_head
from .http1_chunked import ChunkedReader
from .http1_fields import CHUNKED, UNTIL_CLOSE, decode_reason, delimit, keeps_connection
from .http1_head import BLANK, HeadReader
from .http1_limits import DEFAULT_HTTP1_LIMITS, Http1Limits
from .http1_sink import Sink, check_callback
from .http1_state import ResponseState

__all__ = ["DEFAULT_HTTP1_LIMITS", "Http1Limits", "ResponseParser"]

_IDLE: Final = 0  # no response is awaited, or it is complete
_FRESH: Final = 1  # an ordinary response is awaited, nothing of it came
_HEAD: Final = 2  # a head is awaited or came in part
_LENGTH: Final = 3  # in a body of known length
_CHUNKED: Final = 4  # in a chunked body
_CLOSE: Final = 5  # in a body that ends with the connection
_TUNNEL: Final = 6  # the connection is no longer HTTP
_FAILED: Final = 7

_LOST: Final = "the response was malformed; the connection is lost"
_SMALL: Final = 16384
_MEMO_MAX: Final = 4096

# The bytes of a head, the length of its message, status code, reason, headers, whether the connection is kept, notes.
_Memo: TypeAlias = "tuple[bytes | tuple[()], int, int, str, RawHeaders, bool, HeadNotes]"


class ResponseParser(ResponseState):
    """Parses the responses of one connection, one after the other.

    ``start`` announces a response; ``feed`` and ``feed_eof`` bring what the server sent; the attributes of
    ResponseState say what came. Only RemoteProtocolError (ServerDisconnected is one) leaves ``feed`` and
    ``feed_eof``; then the connection is lost.
    """

    __slots__ = (
        "_chunks",
        "_framed",
        "_head",
        "_left",
        "_length",
        "_limits",
        "_memo",
        "_method",
        "_sink",
        "_small",
        "_spent",
        "_state",
        "_upgrade",
    )

    def __init__(self, limits: Http1Limits = DEFAULT_HTTP1_LIMITS) -> None:
        ResponseState.__init__(self)
        self._limits = limits
        self._small = min(limits.max_head_bytes, _SMALL)
        self._sink = Sink()
        self._head = HeadReader(self._sink, limits)
        self._chunks: ChunkedReader
        self._state = _IDLE
        self._method = ""
        self._left = self._length = 0
        # Servers send the same head many times a second. No bytes begin with any of no heads.
        self._memo: _Memo = ((), 0, 0, "", [], False, PLAIN)
        self._spent = self._framed = self._upgrade = False

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
                self._sink.renew()
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
        try:
            if self._state != _FRESH:
                return self._route(data)
            return self._recall(data) if data.startswith(self._memo[0]) else self._feed_fresh(data)
        except BaseException:
            self._state = _FAILED
            raise

    def feed_eof(self) -> None:
        """Take the end of the connection, which completes a body that has no other end.

        Raises ServerDisconnected where the message is not complete.
        """
        state = self._state
        self.reusable = False
        if state == _CLOSE:
            self._finish(clean=False)
        elif state not in (_IDLE, _TUNNEL):
            self._state = _FAILED
            if state == _FAILED:
                raise RemoteProtocolError(_LOST)
            if state == _LENGTH:
                place = f"{self._left} bytes before the end of the body"
            elif state == _CHUNKED:
                place = "before the last chunk of the body"
            elif not self.started:
                place = "before it answered"
            elif self.informational and self._head.empty:
                place = "after an informational response"
            else:
                place = "in the middle of the response head"
            raise ServerDisconnected(f"the server closed the connection {place}")

    # Inside

    def _route(self, data: bytes) -> bool:
        state = self._state
        if state == _LENGTH:
            left = self._left - len(data)
            if left > 0:
                self._left = left
                self._push(data)
                return False
            self._push(data if left == 0 else data[:left])
            return self._finish(clean=left == 0)
        if state == _CHUNKED:
            return self._take_chunks(self._chunks.feed(data))
        if state == _CLOSE:
            self._push(data)
            return False
        if not data:
            return self.complete
        if state == _HEAD:
            return self._feed_head(data)
        if state == _TUNNEL:
            self.leftover += data
        elif state == _FAILED:
            raise RemoteProtocolError(_LOST)
        self.reusable = False  # bytes nobody asked for: they are dropped with the connection
        return self.complete

    def _push(self, data: bytes) -> None:
        if self._piece:
            self._more.append(data)
        else:
            self._piece = data

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
        sink = self._sink
        if self._spent:
            sink.renew()
        self._spent = True
        if len(data) <= self._small and data.startswith(b"HTTP/1.1 "):
            try:
                sink.feed(data)
            except (HttpParserError, HttpParserUpgrade) as error:
                check_callback(error)
            else:
                status = sink.status()
                if sink.keep_alive is not None and status >= 200 and len(sink.headers) <= self._limits.max_headers:
                    self.http_version = "HTTP/1.1"
                    if not sink.complete or sink.trailers_at >= 0:
                        return self._accept_part(data, status)
                    size = len(data) - (sum(map(len, sink.pieces)) if sink.pieces else 0)
                    # llhttp passes over line ends after a message.
                    if data[-1] not in b"\r\n" or data.find(BLANK) + 4 == size:
                        return self._accept_whole(data, status, size)
            sink.renew()
        self._state = _HEAD
        return self._feed_head(data)

    def _accept_whole(self, data: bytes, status: int, size: int) -> bool:
        """Take a message that came in one piece, its head being ``size`` bytes, and is not chunked."""
        sink = self._sink
        self.status_code = status
        self.reason_phrase = reason = decode_reason(sink.reason)
        self.headers = headers = sink.headers
        self.notes = notes = note_head(headers)
        self._piece = data[size:]
        self._state = _IDLE
        self.reusable = kept = bool(sink.keep_alive)
        self.head_complete = self.complete = True
        if size <= _MEMO_MAX:
            self._memo = (data[:size], len(data), status, reason, headers, kept, notes)
        if kept:
            self._spent = False
            sink.reset()
        return True

    def _accept_part(self, data: bytes, status: int) -> bool:
        """Take a message whose head is whole, but whose body is not, or is chunked."""
        size = data.find(BLANK) + 4
        self._enter(status)
        self._enter_body(data[size:], parsed=True)
        if self._state == _LENGTH and size <= _MEMO_MAX:
            total = size + self._length
            self._memo = (data[:size], total, status, self.reason_phrase, self.headers, self._framed, self.notes)
        return self.complete

    def _recall(self, data: bytes) -> bool:
        """Take a response whose head is the same as the last one's: so it has the same meaning."""
        head, total, self.status_code, self.reason_phrase, self.headers, self._framed, self.notes = self._memo
        self.started = self.head_complete = True
        self.http_version = "HTTP/1.1"
        left = total - len(data)
        if left == 0:
            self._piece = data[len(head) :]
            self._state = _IDLE
            self.complete = True
            self.reusable = self._framed
            return True
        self._state = _LENGTH
        self._left = total - len(head)
        return len(data) > len(head) and self._route(data[len(head) :])

    def _feed_head(self, data: bytes) -> bool:
        """Parse the head by the exact way, and the informational ones before it."""
        self.started = True
        sink = self._sink
        while data:
            rest = self._head.feed(data)
            if rest is None:
                return False
            status = sink.status()
            if not 100 <= status < 200 or status == 101:
                self.http_version = self._head.http_version
                return self._enter_final(status, rest)
            self.informational.append((status, sink.headers))
            if len(self.informational) > self._limits.max_informational:
                raise RemoteProtocolError(f"more than {self._limits.max_informational} informational responses came")
            sink.renew()
            data = rest
        return False

    def _enter_final(self, status: int, rest: bytes) -> bool:
        if status < 100:
            raise RemoteProtocolError(f"malformed response: the status code is {status:03}")
        if status == 101 and not self._upgrade:
            raise RemoteProtocolError("the server switched protocols (101), which the request did not ask for")
        self._enter(status)
        if status == 101 or (self._method == "CONNECT" and 200 <= status < 300):
            self.upgraded = True
            self.leftover = rest
            self._state = _TUNNEL
            return False
        return self._enter_body(rest, parsed=False)

    def _enter(self, status: int) -> None:
        """Take the final head."""
        sink = self._sink
        self.status_code = status
        self.reason_phrase = decode_reason(sink.reason)
        self.headers = sink.headers if sink.trailers_at < 0 else sink.headers[: sink.trailers_at]
        self.notes = note_head(self.headers)
        self.head_complete = True

    def _enter_body(self, rest: bytes, *, parsed: bool) -> bool:
        """See how the body is delimited (RFC 9112 section 6.3), and take the beginning of it.

        ``parsed`` says that llhttp saw the beginning already.
        """
        sink = self._sink
        if self._method == "HEAD" or self.status_code in (204, 304):
            # llhttp thinks that a response to HEAD may have a body, which only the end of the connection would end.
            self._framed = keeps_connection(self.headers, self.http_version)
            return self._finish(clean=not rest)
        length, self._framed = delimit(self.headers, self.http_version, sink.keep_alive)
        if length == 0:
            return self._finish(clean=not rest)
        if length == CHUNKED:
            self._state = _CHUNKED
            self._chunks = ChunkedReader(sink, self._limits)
            if sink.trailers_at < 0:
                self.headers = self.headers[:]  # llhttp adds the trailers to the list
            if parsed:
                return self._take_chunks(self._chunks.count(rest))
        elif length == UNTIL_CLOSE:
            self._state = _CLOSE
        else:
            self._state = _LENGTH
            self._left = self._length = length
        return bool(rest) and self._route(rest)

    def _take_chunks(self, complete: bool) -> bool:
        sink = self._sink
        for piece in sink.pieces:
            self._push(piece)
        sink.pieces.clear()
        if complete:
            self.trailers = self._chunks.trailers
            self._finish(clean=self._chunks.clean)
            if self.reusable:
                sink.reset()
                self._spent = False
        return complete

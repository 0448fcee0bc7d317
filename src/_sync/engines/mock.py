# Generated from src/_async/engines/mock.py by scripts/generate_sync.py. Do not edit.
"""The engine behind MockEngine."""

from __future__ import annotations

from collections.abc import Iterator

from ..._concurrency import StateLock, body_chunks, call, sleep
from ...engines.mock import MockEngine
from ...engines.mock_reply import Reply, raised
from ...engines.mock_rules import Recorded
from ...exceptions import CloseError, ReadTimeout
from ...rules.framing import LengthGuard
from ...rules.request_head import encode_head
from ...values.body import Body
from ...values.headers import RawHeaders
from ...values.request import Request
from ...values.settings import ConnectionSettings
from ...values.url import endpoint_of
from ..response import BodyStream, Response
from .engine import Engine

__all__ = ["MockDriver", "MockStream"]


class MockDriver(Engine):
    """Answers from the script of a MockEngine."""

    def __init__(self, options: MockEngine, settings: ConnectionSettings) -> None:
        self.capabilities = options.capabilities
        self._script = options
        self._lock = StateLock()
        self._closed = False

    def execute(self, request: Request) -> Response:
        """Find the answer, wait as long as it says, and return its response. Raises UnexpectedRequest."""
        if self._closed:
            raise CloseError("the engine was closed", request=request)
        _, length = encode_head(request, endpoint_of(request.url))
        recorded = Recorded(request, _read(request.body, length))
        script = self._script
        script.history.append(recorded)
        candidates = script.candidates(recorded)
        with self._lock:
            answer = script.claim(recorded, candidates)
        if answer is None:
            answer = script.unexpected(recorded)
        elif not isinstance(answer, Reply):
            answer = call(answer, recorded)
            if not isinstance(answer, Reply):
                raise TypeError(f"a function that answers must return reply(...), not {answer!r}")
        _delay(answer.delay, request)
        if answer.error is not None:
            raise raised(answer.error)
        return _response(answer, request)

    def close(self) -> None:
        """Refuse further requests. May be called again."""
        self._closed = True

    def __repr__(self) -> str:
        return repr(self._script)


def _read(body: Body | None, length: int | None) -> bytes:
    """Read the request's body as a real engine sends it. Raises LocalProtocolError for another length than told."""
    if body is None:
        return b""
    guard = LengthGuard(length)
    pieces = []
    for piece in body_chunks(body):
        guard.add(len(piece))
        pieces.append(bytes(piece))
    guard.finish()
    return b"".join(pieces)


def _delay(seconds: float, request: Request) -> None:
    """Wait; not longer than a server might take by the request's limits."""
    if not seconds:
        return
    deadline = request.deadline
    if deadline is not None and (left := deadline.remaining()) < seconds:
        limit = request.timeout.read
        if limit is None or left <= limit:
            sleep(left)
            raise deadline.overrun()
    limit = request.timeout.read
    if limit is not None and limit < seconds:
        sleep(limit)
        raise ReadTimeout(f"no byte came for {limit:g} s", request=request)
    sleep(seconds)


def _response(answer: Reply, request: Request) -> Response:
    stream = MockStream(answer.body_for(request.method), answer.raw_trailers)
    response = Response(
        answer.status_code,
        list(answer.raw_headers),
        stream,
        request=request,
        reason_phrase=answer.reason_phrase,
        http_version=answer.http_version,
    )
    if answer.network_stream is not None:
        response.network_stream = answer.network_stream
    return response


class MockStream(BodyStream):
    """The body of a scripted answer."""

    __slots__ = ("_body", "_pieces", "_trailers")

    def __init__(self, body: Body, trailers: RawHeaders) -> None:
        self._body: Body | None = body
        self._pieces: Iterator[bytes] | None = None
        self._trailers = trailers

    def receive(self) -> bytes:
        """Return the next piece, or b"" at the end; raise what the script says."""
        if self._body is None:
            return b""
        if self._pieces is None:
            self._pieces = body_chunks(self._body)
        try:
            while not (piece := self._pieces.__next__()):
                pass
        except StopIteration:
            self._body = None
            return b""
        except BaseException:
            self._body = None
            raise
        return piece

    def close(self) -> None:
        """Give up what is unread. May be called again."""
        self._pieces = self._body = None

    def abandon(self) -> bool:
        """Drop the body; return whether there was anything unread."""
        there = self._body is not None
        self._pieces = self._body = None
        return there

    def trailers(self) -> RawHeaders:
        """Return the trailer fields."""
        return self._trailers

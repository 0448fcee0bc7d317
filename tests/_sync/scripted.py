# Generated from tests/_async/scripted.py by scripts/generate_sync.py. Do not edit.
"""An engine whose answers are written in the test."""

from __future__ import annotations

from collections.abc import Callable

from duohttp._sync.engines.engine import Engine
from duohttp._sync.response import BodyStream, Response
from duohttp.values.headers import header_lines
from duohttp.values.request import Request

__all__ = ["Answer", "Pieces", "ScriptedEngine"]

Answer = tuple[int, dict[str, str], bytes | list[bytes]]


class Pieces(BodyStream):
    """A body in given pieces, which tells whether it was closed."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = list(pieces)
        self.closed = False

    def receive(self) -> bytes:
        """Return the next piece."""
        return self.pieces.pop(0) if self.pieces else b""

    def close(self) -> None:
        """Note that the stream was closed."""
        self.closed = True

    def abandon(self) -> bool:
        """Note that the stream was dropped."""
        abandoned, self.closed = not self.closed, True
        return abandoned


class ScriptedEngine(Engine):
    """Calls ``answer(request)`` for status, headers and body; keeps requests and streams."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.streams: list[Pieces] = []
        self.closed = 0

    def execute(self, request: Request) -> Response:
        """Answer one request."""
        header_lines(request.headers)
        self.requests.append(request)
        status, headers, body = self.answer(request)
        stream = Pieces([body] if isinstance(body, bytes) else body)
        self.streams.append(stream)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return Response(status, raw, stream, request=request)

    def close(self) -> None:
        """Count how often the engine was closed."""
        self.closed += 1

"""An engine whose answers are written in the test."""

from __future__ import annotations

from collections.abc import Callable

from duohttp._async.engines.engine import AsyncEngine
from duohttp._async.response import AsyncBodyStream, AsyncResponse
from duohttp.values.headers import header_lines
from duohttp.values.request import Request

__all__ = ["Answer", "AsyncPieces", "AsyncScriptedEngine"]

Answer = tuple[int, dict[str, str], bytes | list[bytes]]


class AsyncPieces(AsyncBodyStream):
    """A body in given pieces, which tells whether it was closed."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = list(pieces)
        self.closed = False

    async def receive(self) -> bytes:
        """Return the next piece."""
        return self.pieces.pop(0) if self.pieces else b""

    async def aclose(self) -> None:
        """Note that the stream was closed."""
        self.closed = True

    def abandon(self) -> bool:
        """Note that the stream was dropped."""
        abandoned, self.closed = not self.closed, True
        return abandoned


class AsyncScriptedEngine(AsyncEngine):
    """Calls ``answer(request)`` for status, headers and body; keeps requests and streams."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.streams: list[AsyncPieces] = []
        self.closed = 0

    async def execute(self, request: Request) -> AsyncResponse:
        """Answer one request."""
        header_lines(request.headers)
        self.requests.append(request)
        status, headers, body = self.answer(request)
        stream = AsyncPieces([body] if isinstance(body, bytes) else body)
        self.streams.append(stream)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return AsyncResponse(status, raw, stream, request=request)

    async def aclose(self) -> None:
        """Count how often the engine was closed."""
        self.closed += 1

# Generated from tests/_async/counting.py by scripts/generate_sync.py. Do not edit.
"""An engine for tests that counts what is in flight."""

from __future__ import annotations

from collections.abc import Callable

from duohttp import ConnectError, Engine, Request, Response
from duohttp._concurrency import StateLock, monotonic, sleep
from duohttp._sync.response import BytesStream

__all__ = ["CountingEngine", "until"]


class CountingEngine(Engine):
    """Answers each request with its path as the body, after ``?delay=`` seconds; ``?fail`` is a ConnectError."""

    def __init__(self) -> None:
        self._lock = StateLock()
        self.started: list[str] = []
        self.ended: list[str] = []
        self.in_flight = 0
        self.most = 0

    def execute(self, request: Request) -> Response:
        """Answer."""
        url = request.url
        with self._lock:
            self.started.append(url.path)
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
        try:
            sleep(float(url.query.get("delay", 0)))
        finally:
            with self._lock:
                self.in_flight -= 1
        if "fail" in url.query:
            raise ConnectError(f"refused: {url.path}")
        with self._lock:
            self.ended.append(url.path)
        body = request.body.data if request.body is not None else None
        content = body if body is not None else url.path.encode()
        status = int(url.query.get("status", 200))
        return Response(status, [(b"Content-Type", b"text/plain")], BytesStream(content), request=request)


def until(condition: Callable[[], object]) -> None:
    """Wait for what another task is about to do."""
    started = monotonic()
    while not condition():
        assert monotonic() - started < 20, "it did not happen"
        sleep(0.001)

# Generated from tests/_async/caching.py by scripts/generate_sync.py. Do not edit.
"""Clients with a cache, for the tests of HttpCache."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from duohttp import Client, Engine, HttpCache, MemoryCacheStorage, MockEngine, Request, Response
from duohttp._concurrency import Event, wall_time
from duohttp._sync.response import BytesStream
from duohttp.engines.mock_rules import Answer

__all__ = ["URL", "BarredEngine", "BlockingStorage", "cached", "date", "outcomes", "sent"]

URL = "http://a.test/x"


class BlockingStorage(MemoryCacheStorage):
    """A storage in memory that is called as one on a disk is."""

    blocking: ClassVar[bool] = True


def cached(*answers: Answer, **options: Any) -> tuple[Client, MockEngine, HttpCache]:
    """Return a client with a cache, its engine and the cache."""
    engine = MockEngine(*answers, cycle=False)
    cache = HttpCache(**options)
    return Client(engine=engine, plugins=[cache]), engine, cache


def date(seconds: float = 0.0) -> str:
    """Return an HTTP date, so many seconds from now."""
    return datetime.fromtimestamp(wall_time() + seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def outcomes(client: Client, count: int, **options: Any) -> list[str]:
    """Ask again and again; return outcome and text of each."""
    found = []
    for _ in range(count):
        response: Response = client.get(URL, **options)
        assert response.cache_status is not None
        found.append(f"{response.cache_status.outcome} {response.text}".strip())
    return found


def sent(engine: MockEngine, number: int = -1) -> dict[str, str]:
    """Return the headers of a request that went to the server, without those every request has."""
    usual = ("accept", "accept-encoding", "user-agent")
    headers = engine.history[number].headers
    return {name.lower(): value for name, value in headers.items() if name.lower() not in usual}


class BarredEngine(Engine):
    """Answers when ``gate`` is set, or with the next of ``errors``; the body is the number of the request."""

    def __init__(self, headers: dict[str, str], *errors: Exception | None) -> None:
        self.gate = Event()
        self.headers = headers
        self.status = 200
        self.requests: list[Request] = []
        self.errors = list(errors)

    def shut(self) -> None:
        """Have the next requests wait again."""
        self.gate = Event()

    def execute(self, request: Request) -> Response:
        """Answer one request."""
        self.requests.append(request)
        body = str(len(self.requests)).encode()
        error = self.errors.pop(0) if self.errors else None
        self.gate.wait()
        if error is not None:
            raise error
        raw = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        return Response(self.status, raw, BytesStream(body), request=request)

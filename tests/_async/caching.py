"""Clients with a cache, for the tests of HttpCache."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from duohttp import AsyncClient, AsyncEngine, AsyncResponse, HttpCache, MemoryCacheStorage, MockEngine, Request
from duohttp._async.response import AsyncBytesStream
from duohttp._concurrency import AsyncEvent, wall_time
from duohttp.engines.mock_rules import Answer

__all__ = ["URL", "AsyncBarredEngine", "BlockingStorage", "cached", "date", "outcomes", "sent"]

URL = "http://a.test/x"


class BlockingStorage(MemoryCacheStorage):
    """A storage in memory that is called as one on a disk is."""

    blocking: ClassVar[bool] = True


def cached(*answers: Answer, **options: Any) -> tuple[AsyncClient, MockEngine, HttpCache]:
    """Return a client with a cache, its engine and the cache."""
    engine = MockEngine(*answers, cycle=False)
    cache = HttpCache(**options)
    return AsyncClient(engine=engine, plugins=[cache]), engine, cache


def date(seconds: float = 0.0) -> str:
    """Return an HTTP date, so many seconds from now."""
    return datetime.fromtimestamp(wall_time() + seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


async def outcomes(client: AsyncClient, count: int, **options: Any) -> list[str]:
    """Ask again and again; return outcome and text of each."""
    found = []
    for _ in range(count):
        response: AsyncResponse = await client.get(URL, **options)
        assert response.cache_status is not None
        found.append(f"{response.cache_status.outcome} {response.text}".strip())
    return found


def sent(engine: MockEngine, number: int = -1) -> dict[str, str]:
    """Return the headers of a request that went to the server, without those every request has."""
    usual = ("accept", "accept-encoding", "user-agent")
    headers = engine.history[number].headers
    return {name.lower(): value for name, value in headers.items() if name.lower() not in usual}


class AsyncBarredEngine(AsyncEngine):
    """Answers when ``gate`` is set, or with the next of ``errors``; the body is the number of the request."""

    def __init__(self, headers: dict[str, str], *errors: Exception | None) -> None:
        self.gate = AsyncEvent()
        self.headers = headers
        self.status = 200
        self.requests: list[Request] = []
        self.errors = list(errors)

    def shut(self) -> None:
        """Have the next requests wait again."""
        self.gate = AsyncEvent()

    async def execute(self, request: Request) -> AsyncResponse:
        """Answer one request."""
        self.requests.append(request)
        body = str(len(self.requests)).encode()
        error = self.errors.pop(0) if self.errors else None
        await self.gate.wait()
        if error is not None:
            raise error
        raw = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        return AsyncResponse(self.status, raw, AsyncBytesStream(body), request=request)

# Generated from tests/_async/faulty.py by scripts/generate_sync.py. Do not edit.
"""What the tests of faults share: a client to be tried, and proof that it came out of it well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from duohttp import Client, Timeout
from duohttp._concurrency import monotonic, sleep
from duohttp.engines.httpcore import HttpcoreEngine
from duohttp.engines.native import NativeEngine

from ..faults.leaks import task_count
from ..faults.scripted_server import ScriptedServer, trusting_context

__all__ = ["ENGINES", "Tried", "still_well", "until", "without"]

KINDS = {"httpcore": HttpcoreEngine, "native": NativeEngine}
ENGINES = ["native", pytest.param("httpcore", marks=pytest.mark.slow)]
PATIENT = Timeout(10)
"""For what is to end by itself: reached only when something hangs."""


def without(engine: str, excluded: str, reason: str) -> None:
    """Leave a test out for one engine."""
    if engine == excluded:
        pytest.skip(f"{engine}: {reason}")


class Tried:
    """A client for the length of a block, which must end with nothing open and no task more than before."""

    def __init__(self, engine: str, **options: Any) -> None:
        self._engine = engine
        self._options = {"timeout": PATIENT, "verify": trusting_context(), "trust_env": False, **options}

    def __enter__(self) -> Client:
        self._tasks = task_count()
        self._client = Client(engine=KINDS[self._engine](), **self._options)
        return self._client

    def __exit__(self, exc_type: type[BaseException] | None, *rest: object) -> None:
        if exc_type is None:
            stats = self._client.pool_stats()
            assert stats.waiting == 0
            assert stats.open == stats.idle, "a connection is still out"
        self._client.close()
        if exc_type is None:
            assert self._client.pool_stats().open == 0
            assert task_count() == self._tasks


def still_well(client: Client, server: ScriptedServer) -> None:
    """Check that the client answers the next requests at once, on a connection that it keeps."""
    first = client.get(server.url("/well"), timeout=5)
    assert first.content == b"GET /well 0"
    second = client.post(server.url("/again"), content=b"abc", timeout=5)
    assert second.content == b"POST /again 3"
    assert first.headers["connection-number"] == second.headers["connection-number"]
    assert client.pool_stats().idle == 1


def until(condition: Callable[[], object]) -> None:
    """Wait until something is true, 10 s at most."""
    started = monotonic()
    while not condition():
        assert monotonic() - started < 10, "it did not become true"
        sleep(0.005)

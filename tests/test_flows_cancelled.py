"""What goes on and is cancelled lets go of all it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from duohttp import AsyncClient

from .servers.raw import Hang, RawServer

pytestmark = pytest.mark.anyio

DATA = b"0123456789" * 1000
HEAD = b'HTTP/1.1 200 OK\r\netag: "v1"\r\ncontent-length: 10000\r\n\r\n'
REST = b"HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 4000-9999/10000\r\ncontent-length: 6000\r\n\r\n"
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: a\n\n"
Servers = Callable[..., RawServer]


async def until(done: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not done():  # noqa: ASYNC110 - nobody tells
            await anyio.sleep(0.005)


def closed(client: AsyncClient) -> Callable[[], bool]:
    return lambda: client.pool_stats().open == 0


async def test_a_cancelled_download_is_gone_on_with(raw_server: Servers, tmp_path: Path) -> None:
    server = raw_server([HEAD + DATA[:4000], Hang()], [REST + DATA[4000:]])
    target = tmp_path / "x"
    async with AsyncClient() as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.download, server.url, target)
            # The part is noted when the head came; the bytes were sent with it, and are read at once.
            await until((tmp_path / "x.part.json").exists)
            await anyio.sleep(0.05)
            group.cancel_scope.cancel()
        await until(closed(client))
        await client.download(server.url, target)
    assert target.read_bytes() == DATA
    assert b"Range: bytes=4000-\r\n" in server.received[1]


async def test_a_cancelled_wait_for_events(raw_server: Servers) -> None:
    server = raw_server([EVENTS, Hang()])
    found = []
    async with AsyncClient() as client:
        with anyio.move_on_after(0.3) as scope:
            async with client.sse(server.url) as events:
                async for event in events:
                    found.append(event.data)
        assert scope.cancelled_caught
        await until(closed(client))
    assert found == ["a"]

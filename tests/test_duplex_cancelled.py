"""An exchange in both directions that is cancelled at every step of the loop leaves no connection and no task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from duohttp import AsyncClient, Limits

from .servers.asgi import AsgiServer
from .sweep import interrupt_by_cancel

LONGEST = 400


def test_cancelled_at_every_step(asgi_server: AsgiServer) -> None:
    open_bodies: set[object] = set()

    async def body(turn: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
        open_bodies.add(turn)
        try:
            while piece := await turn.get():
                yield piece
        finally:
            open_bodies.discard(turn)

    async def both_ways(client: AsyncClient) -> None:
        turn: asyncio.Queue[bytes] = asyncio.Queue()
        turn.put_nowait(b"one")
        async with client.stream("POST", "duplex", content=body(turn), duplex=True) as response:
            async for piece in response.iter_bytes():
                turn.put_nowait({b"one": b"two", b"two": b"three"}.get(piece, b""))

    async def sweep() -> int:
        async with AsyncClient(base_url=asgi_server.url, limits=Limits(max_connections=1)) as client:
            before = len(asyncio.all_tasks())
            for step in range(LONGEST):
                done = not await interrupt_by_cancel(lambda: both_ways(client), step)
                assert not open_bodies, f"cancelled at step {step}, the body goes on"
                stats = client.pool_stats()
                assert stats.open == stats.idle, f"cancelled at step {step}, the connection is lost"
                assert len(asyncio.all_tasks()) == before
                assert (await client.get("")).status_code == 200
                if done:
                    return step
        raise AssertionError("it never came to its end")

    assert asyncio.run(sweep()) > 10

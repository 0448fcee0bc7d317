"""A chat over WebSockets: one client listens while it talks, in threads and in tasks.

python examples/websocket_chat.py
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from websockets.sync.server import ServerConnection, serve

from duohttp import AsyncClient, Client, WebSocketClosed


@dataclass
class Said:
    who: str
    text: str


def answer(connection: ServerConnection) -> None:
    """Send back what comes; who says "bye" is shown out."""
    for message in connection:
        if '"bye"' in str(message):
            connection.close(4000, "come again")
            break
        connection.send(message)


@contextmanager
def server() -> Iterator[str]:
    with serve(answer, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{running.socket.getsockname()[1]}"
        finally:
            running.shutdown()
            thread.join()


def in_threads(url: str) -> None:
    with Client() as client, client.websocket(url, into=Said) as chat:

        def listen() -> None:
            try:
                for said in chat:
                    print(f"{said.who}: {said.text}")
            except WebSocketClosed as closed:
                print(f"closed with {closed.code}: {closed.reason}")

        listener = threading.Thread(target=listen)
        listener.start()
        for text in ("hello", "nice weather", "bye"):
            chat.send(Said("Ada", text))
        listener.join()


async def in_tasks(url: str) -> None:
    async with AsyncClient() as client, client.websocket(url, into=Said, compression=True) as chat:

        async def talk() -> None:
            for text in ("hello", "it rains"):
                await chat.send(Said("Grace", text))

        async with asyncio.TaskGroup() as group:
            group.create_task(talk())
            for _ in range(2):
                said: Any = await chat.receive(timeout=10)
                print(f"{said.who}: {said.text}")


if __name__ == "__main__":
    with server() as url:
        in_threads(url)
        asyncio.run(in_tasks(url))

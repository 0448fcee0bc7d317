"""What goes on and on: server-sent events over connections that are cut, and a list that comes in pages.

python examples/events_and_pages.py
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from duohttp import AsyncClient, Client, NumberedPages

NAMES = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Tony", "Radia")


@dataclass
class User:
    id: int
    name: str


class Handler(BaseHTTPRequestHandler):
    """``/events`` sends three users and hangs up, until all were sent; ``/users?page=1`` gives two of them."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/events":
            last = int(self.headers.get("Last-Event-ID", "-1"))
            numbers = range(last + 1, len(NAMES))[:3]
            events = "".join(f"retry: 10\nid: {number}\ndata: {user(number)}\n\n" for number in numbers)
            self.answer(200 if events else 204, "text/event-stream", events)
        else:
            page = int(parse_qs(url.query)["page"][0])
            numbers = range(len(NAMES))[2 * page - 2 : 2 * page]
            self.answer(200, "application/json", f"[{', '.join(map(user, numbers))}]")

    def answer(self, status: int, kind: str, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def user(number: int) -> str:
    return json.dumps({"id": number, "name": NAMES[number]})


@contextmanager
def serve() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


async def events(root: str) -> None:
    async with AsyncClient(base_url=root) as client, client.sse("events", into=User) as stream:
        async for event in stream:
            print(f"event {event.id}: {event.data.name}")


def pages(root: str) -> None:
    with Client(base_url=root) as client:
        found = client.paginate("users", into=User, strategy=NumberedPages(size=2))
        print(", ".join(one.name for one in found))


if __name__ == "__main__":
    with serve() as root:
        asyncio.run(events(root))
        pages(root)

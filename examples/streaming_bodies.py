"""Bodies that are read while they come: lines, JSON objects, parts of a file; and one that is sent while it is made.

python examples/streaming_bodies.py
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from duohttp import AsyncClient, Client

NAMES = ("Ada", "Grace", "Edsger")
BODIES = {
    "/log": ("text/plain; charset=utf-8", "started\r\nworking … \ndone\n"),
    "/lines": (
        "application/x-ndjson",
        "".join(f'{{"id": {number}, "name": "{name}"}}\n' for number, name in enumerate(NAMES)),
    ),
    "/array": ("application/json", '[{"id": 0, "name": "Ada"},\n {"id": 1, "name": "Grace"}]'),
    "/parts": (
        "multipart/byteranges; boundary=x",
        "".join(f"--x\r\nContent-Range: bytes {first}-{first + 4}/30\r\n\r\n{first:05}\r\n" for first in (0, 20))
        + "--x--\r\n",
    ),
}


@dataclass
class User:
    id: int
    name: str


class Handler(BaseHTTPRequestHandler):
    """Sends ``BODIES`` in chunks of a few bytes; counts the chunks of what is posted."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        kind, text = BODIES[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        data = text.encode()
        for start in range(0, len(data), 7):
            piece = data[start : start + 7]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self) -> None:
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        text = f"{len(chunks)} chunks: {b' '.join(chunks).decode()}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def main(client: Client) -> None:
    with client.stream("GET", "log") as response:
        for line in response.iter_lines():
            print(line)
    with client.stream("GET", "lines") as response:
        for user in response.iter_json(User):
            print(user)
    with client.stream("GET", "parts") as response:
        for part in response.iter_multipart():
            print(part.headers["Content-Range"], part.content.decode())

    def count() -> Iterator[bytes]:
        for number in range(3):
            yield b"%d" % number

    print(client.post("count", content=count()).text)


async def main_async(client: AsyncClient) -> None:
    async with client.stream("GET", "array") as response:
        async for user in response.iter_json(User):
            print(user)

    async def count() -> AsyncIterator[bytes]:
        for number in range(3):
            await asyncio.sleep(0)
            yield b"%d" % number

    print((await client.post("count", content=count())).text)


async def run_async(root: str) -> None:
    async with AsyncClient(base_url=root) as client:
        await main_async(client)


if __name__ == "__main__":
    with serve() as root:
        with Client(base_url=root) as client:
            main(client)
        asyncio.run(run_async(root))

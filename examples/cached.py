"""Ask a server again and again, and let a cache answer: at once, after a look whether it changed, or in its place.

python examples/cached.py
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from duohttp import Client, HttpCache

ASKED: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """``/news`` is good for an hour; ``/prices`` must be confirmed each time; ``/weather`` works only once."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        ASKED.append(self.path)
        control = {"/news": "max-age=3600", "/prices": "no-cache", "/weather": "max-age=0, stale-if-error=600"}[
            self.path
        ]
        status = 304 if self.headers["If-None-Match"] == '"1"' else 200
        if self.path == "/weather" and ASKED.count(self.path) > 1:
            status = 503
        body = f"the {self.path[1:]}\n".encode() if status == 200 else b""
        self.send_response(status)
        self.send_header("Cache-Control", control)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serve() -> Iterator[str]:
    """Run the server inside the block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def main() -> None:
    with serve() as url, Client(base_url=url, plugins=[HttpCache()]) as client:
        for path in ("news", "news", "prices", "prices", "weather", "weather"):
            response = client.get(path)
            print(f"{path}: {response.cache_status.outcome}, {response.text.strip()!r}")
        print(f"the server was asked {len(ASKED)} times")


if __name__ == "__main__":
    main()

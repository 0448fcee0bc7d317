"""Keep responses on the disk, for the next run and for other processes: python examples/cache_on_disk.py [FILE]

Each of the processes asks for the same pages. The first asks the server; the others don't, nor does the next run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from duohttp import Client, HttpCache, SqliteCacheStorage

PAGES = 20


class Handler(BaseHTTPRequestHandler):
    """Pages that are good for an hour; it counts how often it is asked."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        Handler.asked += 1
        body = f"page {self.path}\n".encode() * 1000
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=3600")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def fetch(url: str, file: str) -> None:
    """Fetch all pages through the cache; this is what each process does."""
    with Client(base_url=url, plugins=[HttpCache(SqliteCacheStorage(file))]) as client:
        pages = client.parallel_get([f"/{number}" for number in range(PAGES)], limit=4)
        hits = sum(page.from_cache for page in pages)
        print(f"{hits} of {len(pages)} from the cache")


def main(file: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            for _ in range(3):
                subprocess.run([sys.executable, __file__, url, file], check=True)
        finally:
            server.shutdown()
            thread.join()
    print(f"three processes, {3 * PAGES} pages, {Handler.asked} requests")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        fetch(sys.argv[1], sys.argv[2])
    elif len(sys.argv) == 2:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(str(Path(folder) / "responses.db"))

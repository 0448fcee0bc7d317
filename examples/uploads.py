"""Send files: a form with a file, a file of any size in little memory, and one that the server does not want.

python examples/uploads.py
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from duohttp import BodyProgress, Client, FormData

SIZE = 20_000_000
LIMIT = 50_000_000


class Handler(BaseHTTPRequestHandler):
    """``/form`` lists the parts of a form, ``/file`` counts bytes, and refuses too many of them before they come."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        if length > LIMIT:
            self.close_connection = True
            self.answer(413, f"{LIMIT:,} bytes at most")
        elif self.path == "/form":
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            parts = message_from_bytes(head + self.rfile.read(length)).get_payload()
            self.answer(200, "\n".join(f"{part['Content-Disposition']}: {part['Content-Type']}" for part in parts))
        else:
            count = 0
            while count < length:
                count += len(self.rfile.read(min(length - count, 1_000_000)))
            self.answer(200, f"{count:,} bytes")

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
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


def shares(done: int, total: int | None) -> None:
    """Print each quarter, once."""
    assert total is not None
    quarter = 4 * done // total
    if quarter > shares.seen:  # type: ignore[attr-defined]
        shares.seen = quarter  # type: ignore[attr-defined]
        print(f"{25 * quarter} %")


shares.seen = 0  # type: ignore[attr-defined]


def main(client: Client, folder: Path) -> None:
    photo = folder / "summer.jpg"
    photo.write_bytes(b"\xff\xd8 a photo")
    large = folder / "large.bin"
    with large.open("wb") as file:
        file.truncate(SIZE)

    # As with requests and httpx …
    print(client.post("form", data={"title": "Holiday"}, files={"photo": photo}).text)
    # … or step by step.
    form = FormData().field("title", "Holiday", content_type="text/plain; charset=utf-8")
    form.file("rows", (b"%d\n" % number for number in range(10)), filename="rows.csv", size=20)
    print(client.post("form", body=form).text)

    # A path is read while it is sent.
    with client.derive(plugins=[BodyProgress(on_upload=shares)]) as watched:
        print(watched.post("file", content=large).text)

    # What the server does not want is not sent: it is asked first.
    unwanted = client.post(
        "file",
        content=(bytes(1_000_000) for _ in range(100)),
        headers={"Expect": "100-continue", "Content-Length": "100000000"},
    )
    print(unwanted.status_code, unwanted.text)


if __name__ == "__main__":
    with serve() as root, tempfile.TemporaryDirectory() as name, Client(base_url=root) as client:
        main(client, Path(name))

"""nghttpd, the server of nghttp2: small windows and tables, padding, trailers, echoes, early answers."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .certificates import Certificates
from .nginx import MEGABYTE, SMALL
from .process import Address, ServerProcess, launch, needs_command

__all__ = ["Nghttpd", "run_nghttpd"]


class Nghttpd:
    """A running nghttpd with ``/small.txt`` and ``/1mb.bin``; its log has every frame that came and went."""

    def __init__(self, server: ServerProcess, url: str) -> None:
        self.server, self.url = server, url

    def logged(self, text: str, count: int = 0) -> int:
        """Return how often a text was logged, after a wait for ``count`` of them, as the log may come late."""
        until = time.monotonic() + 10
        while True:
            found = self.server.log.read_text(errors="replace").count(text)
            if found >= count or time.monotonic() > until:
                return found
            time.sleep(0.01)


@contextmanager
def run_nghttpd(*options: str, certificates: Certificates | None = None) -> Iterator[Nghttpd]:
    """Run nghttpd with these options until the block ends; without TLS unless there are certificates."""
    program = needs_command("nghttpd")
    folder = Path(tempfile.mkdtemp(prefix="nghttpd-"))
    try:
        (folder / "small.txt").write_bytes(SMALL)
        (folder / "1mb.bin").write_bytes(MEGABYTE)
        secured = [] if certificates is None else [str(certificates.server_key), str(certificates.server_cert)]

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            first = [program, "-v", "-a", "127.0.0.1", "-d", str(folder), *options]
            return [*first, *([] if secured else ["--no-tls"]), str(ports[0]), *secured], [("127.0.0.1", ports[0])]

        server, ports = launch("nghttpd", folder, 1, command)
        try:
            origin = f"https://localhost:{ports[0]}" if secured else f"http://127.0.0.1:{ports[0]}"
            yield Nghttpd(server, origin)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""A real Redis on loopback."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .process import Address, ServerProcess, launch, needs_command

__all__ = ["Redis", "run_redis"]


class Redis:
    """A running redis-server, for the user ``default`` with the password ``secret``: ``url`` has them."""

    def __init__(self, server: ServerProcess, port: int) -> None:
        self.server = server
        self.port = port
        self.url = f"redis://default:secret@127.0.0.1:{port}/0"


@contextmanager
def run_redis() -> Iterator[Redis]:
    """Run redis-server, which keeps nothing on the disk, until the block ends."""
    program = needs_command("redis-server")
    with tempfile.TemporaryDirectory(prefix="redis-") as name:

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            options = ["--port", str(ports[0]), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            options += ["--dir", name, "--requirepass", "secret"]
            return [program, *options], [("127.0.0.1", ports[0])]

        server, ports = launch("redis", Path(name), 1, command)
        try:
            yield Redis(server, ports[0])
        finally:
            server.stop()

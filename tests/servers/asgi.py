"""hypercorn with the application of ``asgi_app``; run as a script it is the server itself."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

if __package__:
    from .certificates import Certificates
    from .process import ServerProcess

__all__ = ["AsgiServer", "run_asgi_server"]


class AsgiServer:
    """A running hypercorn: ``url`` (HTTP/1.1, and HTTP/2 by prior knowledge) and ``https_url`` (both, by ALPN).

    ``ws_url`` and ``wss_url`` are the same places for WebSockets. What it answers is told in ``asgi_app``.
    """

    def __init__(self, http: int, https: int, server: ServerProcess) -> None:
        self.server = server
        self.url = f"http://127.0.0.1:{http}"
        self.https_url = f"https://localhost:{https}"
        self.ws_url = f"ws://127.0.0.1:{http}"
        self.wss_url = f"wss://localhost:{https}"


@contextmanager
def run_asgi_server(certificates: Certificates, application: str = "asgi_app") -> Iterator[AsgiServer]:
    """Run hypercorn in a process of its own; it inherits listening sockets, so no port can be lost.

    ``application`` is the module whose ``app`` it serves: one beside this one, or one of the tests by its whole name.
    """
    with tempfile.TemporaryDirectory(prefix="hypercorn-") as folder, socket.socket() as http, socket.socket() as https:
        for one in (http, https):
            one.bind(("127.0.0.1", 0))
            one.listen(1024)
        handles = [http.fileno(), https.fileno()]
        key, chain = str(certificates.server_key), str(certificates.server_cert)
        root = str(Path(__file__).parents[2])
        python = ["env", f"PYTHONPATH={root}", sys.executable, "-W", "ignore"]
        command = [*python, __file__, *map(str, handles), key, chain, application]
        server = ServerProcess("hypercorn", command, Path(folder) / "hypercorn.log", pass_fds=handles)
        try:
            addresses = [http.getsockname(), https.getsockname()]
            if not server.wait_until_accepting(addresses):
                raise RuntimeError(f"hypercorn does not start:\n{server.tail()}")
            yield AsgiServer(addresses[0][1], addresses[1][1], server)
        finally:
            server.stop()


async def serve_forever(http: int, https: int, key: str, chain: str, application: str) -> None:
    """Serve until SIGTERM."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.insecure_bind = [f"fd://{http}"]
    config.bind = [f"fd://{https}"]
    config.keyfile, config.certfile = key, chain
    config.alpn_protocols = ["h2", "http/1.1"]
    config.keep_alive_timeout = 120
    config.keep_alive_max_requests = 1_000_000
    config.graceful_timeout = 0.2
    config.shutdown_timeout = 0.2
    config.errorlog = "-"
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await serve(import_module(application).app, config, shutdown_trigger=stopped.wait)


if __name__ == "__main__":
    asyncio.run(serve_forever(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]))

"""A real web server on loopback to try a client on: nginx where it is installed, else hypercorn."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["serve"]

NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ application/json json; text/plain txt; }}
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@contextmanager
def serve() -> Iterator[tuple[str, str]]:
    """Serve ``/pages/0.txt`` … ``/pages/99.txt``, ``/user.json``, ``/users/1.json`` … 3, and ``/big.bin`` (20 MB).

    Yields the name of the server and the url of its root.
    """
    with tempfile.TemporaryDirectory(prefix="duohttp-demo-") as name:
        folder = Path(name)
        write_files(folder)
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        process, port = start_nginx(nginx, folder) if nginx else start_hypercorn(folder)
        try:
            wait_until_accepting(port, process)
            yield "nginx" if nginx else "hypercorn", f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def write_files(folder: Path) -> None:
    """Write what is served."""
    (folder / "pages").mkdir()
    for number in range(100):
        (folder / "pages" / f"{number}.txt").write_text(f"This is page {number}.\n")
    (folder / "user.json").write_text(json.dumps({"id": 1, "name": "Ada", "languages": ["English", "Analytical"]}))
    (folder / "users").mkdir()
    for number, name in enumerate(("Ada", "Grace", "Edsger"), 1):
        user = {"id": number, "name": name, "email": f"{name.lower()}@example.org"}
        (folder / "users" / f"{number}.json").write_text(json.dumps(user))
    with (folder / "big.bin").open("wb") as big:
        big.truncate(20_000_000)


def start_nginx(program: str, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start nginx as the current user on a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port))
    return subprocess.Popen([program, "-p", str(folder), "-e", "stderr", "-c", str(config)]), port


def start_hypercorn(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start hypercorn, which inherits a listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, __file__, str(folder), str(listener.fileno())]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)
        return process, listener.getsockname()[1]


def wait_until_accepting(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections."""
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not start") from None
            time.sleep(0.02)


def application(folder: Path) -> Any:
    """Return an ASGI application that serves the files of a folder."""
    contents = {f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in folder.rglob("*.*")}

    async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Any]) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        body = contents.get(path, b"not found\n")
        kind = b"application/json" if path.endswith(".json") else b"application/octet-stream"
        head = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if path in contents else 404, "headers": head})
        await send({"type": "http.response.body", "body": body})

    return app


def run_hypercorn(folder: Path, handle: int) -> None:
    """Serve on an inherited socket until the process is ended."""
    import asyncio

    from hypercorn.asyncio import serve as serve_forever
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{handle}"]
    asyncio.run(serve_forever(application(folder), config))


if __name__ == "__main__":
    run_hypercorn(Path(sys.argv[1]), int(sys.argv[2]))

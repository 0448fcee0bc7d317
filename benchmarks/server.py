"""The server all are measured against: nginx, one worker, in a folder of its own; granian where there is no nginx."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .task import SMALL_BODY_LENGTH

__all__ = ["LONG", "SHORT", "STREAMED", "Server", "running_server"]

SHORT, LONG, STREAMED = 8_000_000, 100_000_000, 1_000_000_000
"""Bytes of the files: to warm a stream up, to measure its speed, to measure its memory."""

SMALL_BODY = b"a body of fifty-four bytes, which is what nginx answers"[:SMALL_BODY_LENGTH]

CONFIGURATION = """
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
{user}
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    default_type text/plain;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_buffer_size 1m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    open_file_cache max=16 inactive=1h;
    http2_max_concurrent_streams 1024;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/certificate.pem;
    server {{
        listen 127.0.0.1:{plain} backlog=4096;
        root {folder}/files;
        sendfile off;
        location /streams/ {{ sendfile on; }}
        location = /varied {{ add_header X-Request-Id $request_id; alias {folder}/files/small; }}
        location /uploads/ {{ dav_methods PUT; }}
    }}
    server {{
        listen 127.0.0.1:{tls} ssl backlog=4096;
        root {folder}/files;
    }}
    server {{
        listen 127.0.0.1:{http2} ssl http2 backlog=4096;
        root {folder}/files;
        location = /small {{ return 200 "$server_protocol {padding}"; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to find what."""

    name: str
    plain: str
    tls: str | None
    http2: str | None
    uploads: bool = True
    websocket: str | None = None
    secure_websocket: str | None = None

    def url(self, kind: str) -> str | None:
        """Return the address of a kind of answer, or of a stream of so many bytes; None if there is none."""
        if kind in ("ws", "wss"):
            return self.websocket if kind == "ws" else self.secure_websocket
        if kind == "upload":
            return f"{self.plain}/uploads/file" if self.uploads else None
        if kind in ("tls", "http2"):
            origin = self.tls if kind == "tls" else self.http2
            return origin and f"{origin}/small"
        return f"{self.plain}/{kind}" if kind in ("small", "varied") else f"{self.plain}/streams/{kind}"


@contextmanager
def running_server(python: Path, *, install: bool = True, say: object = print) -> Iterator[Server]:
    """Start nginx, or what stands in for it, and stop it in the end; ``python`` has trustme or granian."""
    raise_open_files()
    nginx = find_nginx(install)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        prepare(folder)
        secure = make_certificate(python, folder)
        running = running_nginx(nginx, folder, secure) if nginx else running_granian(python, folder)
        with running as server, running_websocket_server(python, folder, secure) as urls:
            yield replace(server, websocket=urls[0], secure_websocket=urls[1])


def raise_open_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def find_nginx(install: bool) -> str | None:
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    found = shutil.which("nginx", path=path)
    if found or not install or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    print("bench: installing nginx by apt-get", file=sys.stderr)
    # Only the package: the system's own nginx is not to be started.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "nginx"]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return shutil.which("nginx", path=path)


def prepare(folder: Path) -> None:
    folder.chmod(0o755)
    streams, uploads = folder / "files" / "streams", folder / "files" / "uploads"
    streams.mkdir(parents=True)
    uploads.mkdir()
    uploads.chmod(0o777)
    (folder / "files" / "small").write_bytes(SMALL_BODY)
    for size in (SHORT, LONG, STREAMED):
        # A file of holes: nothing is stored, and all of it is sent.
        with (streams / str(size)).open("wb") as file:
            file.truncate(size)


def make_certificate(python: Path, folder: Path) -> bool:
    code = (
        "import sys, trustme; made = trustme.CA().issue_cert('localhost', '127.0.0.1')\n"
        "made.private_key_and_cert_chain_pem.write_to_path(sys.argv[1])"
    )
    command = [str(python), "-c", code, str(folder / "certificate.pem")]
    if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode:
        print("bench: no certificate (trustme is missing), so no TLS", file=sys.stderr)
        return False
    return True


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


@contextmanager
def running_nginx(nginx: str, folder: Path, secure: bool) -> Iterator[Server]:
    plain, tls, http2 = free_ports(3)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    text = CONFIGURATION.format(
        folder=folder,
        files=files,
        connections=min(8192, files // 2),
        plain=plain,
        tls=tls,
        http2=http2,
        user="user root;" if os.geteuid() == 0 else "",
        padding="of an answer in fifty-four bytes or so, by nginx"[: SMALL_BODY_LENGTH - len("HTTP/2.0 ")],
    )
    if not secure:
        text = without_tls(text)
    (folder / "nginx.conf").write_text(text)
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    version = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr.split()[-1]
    process = subprocess.Popen(command)
    try:
        wait_for_port(plain, process)
        yield Server(
            version,
            f"http://127.0.0.1:{plain}",
            f"https://127.0.0.1:{tls}" if secure else None,
            f"https://127.0.0.1:{http2}" if secure else None,
        )
    finally:
        process.terminate()
        process.wait(10)


def without_tls(text: str) -> str:
    kept, skipping = [], False
    for line in text.splitlines():
        if line.startswith("    ssl_"):
            continue
        # The two servers with TLS are the last ones.
        skipping = skipping or " ssl " in line
        kept.append(line)
        if skipping:
            return "\n".join(kept[:-2]) + "\n}\n"
    return "\n".join(kept)


@contextmanager
def running_granian(python: Path, folder: Path) -> Iterator[Server]:
    (port,) = free_ports(1)
    command = [str(python), "-m", "granian", "--interface", "rsgi", "--port", str(port), "--no-ws", "--log-level"]
    command += ["critical", "benchmarks.granian_application:application"]
    environment = {**os.environ, "BENCH_FILES": str(folder / "files")}
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[1])
    try:
        wait_for_port(port, process)
        yield Server("granian", f"http://127.0.0.1:{port}", None, None)
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def running_websocket_server(python: Path, folder: Path, secure: bool) -> Iterator[tuple[str | None, str | None]]:
    """Start the echo of WebSockets; its urls are None where it can't run."""
    plain, tls = free_ports(2)
    command = [str(python), "-m", "benchmarks.websocket_server", str(plain)]
    command += [str(tls), str(folder / "certificate.pem")] if secure else []
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1], stderr=subprocess.DEVNULL)
    try:
        try:
            wait_for_port(plain, process)
        except RuntimeError:
            yield None, None
        else:
            yield f"ws://127.0.0.1:{plain}", f"wss://127.0.0.1:{tls}" if secure else None
    finally:
        process.terminate()
        process.wait(10)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at once, with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("the server did not open its port within 10 s")

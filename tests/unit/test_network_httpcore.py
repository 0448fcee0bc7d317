"""httpcore's own connection pools over our streams: HTTP/1.1, HTTP/2, proxies, Unix sockets, errors, deadlines."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpcore
import pytest

from duohttp import exceptions
from duohttp._network import AsyncNetwork, Network
from duohttp._network.httpcore_backend import MAPPED, AsyncHttpcoreBackend, HttpcoreBackend, call_deadline
from duohttp.values.timeout import Deadline

from .network_support import FLAVOURS, Certificates, echo, hold, pause, run, serve

CERTIFICATES = Certificates()


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class PoolInAsyncClothes:
    """httpcore's blocking pool, awaited."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self.pool = pool

    async def request(self, *args: Any, **options: Any) -> httpcore.Response:
        return self.pool.request(*args, **options)

    async def aclose(self) -> None:
        self.pool.close()


def pool(flavour: str, network: dict[str, Any] | None = None, **options: Any) -> Any:
    if flavour == "sync":
        backend = HttpcoreBackend(Network(**network or {}))
        return PoolInAsyncClothes(httpcore.ConnectionPool(network_backend=backend, **options))
    return httpcore.AsyncConnectionPool(network_backend=AsyncHttpcoreBackend(AsyncNetwork(**network or {})), **options)


@contextlib.asynccontextmanager
async def closing(made: Any, flavour: str) -> Any:
    try:
        yield made
    finally:
        await made.aclose()
        await pause(flavour, 0)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """nginx with a plain, a TLS (HTTP/2 too) and a Unix socket."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    if len(str(folder)) > 80:
        pytest.skip("the temporary folder's path is too long for a Unix socket")
    CERTIFICATES.authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "key.pem"))
    (folder / "small").write_bytes(b"x" * 54)
    (folder / "large").write_bytes(bytes(range(256)) * 20_000)
    ports = {name: free_port() for name in ("plain", "tls")}
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(f"""
        {"user root;" if os.geteuid() == 0 else ""} daemon off; worker_processes 1;
        pid {folder}/pid; error_log {folder}/error.log;
        events {{ worker_connections 100; }}
        http {{
            access_log off; {temporary}
            server {{
                listen 127.0.0.1:{ports["plain"]}; listen unix:{folder}/socket;
                listen 127.0.0.1:{ports["tls"]} ssl http2;
                ssl_certificate {folder}/key.pem; ssl_certificate_key {folder}/key.pem;
                root {folder};
            }}
        }}""")
    process = subprocess.Popen([program, "-p", str(folder), "-c", "nginx.conf", "-e", str(folder / "error.log")])
    try:
        wait_for_port(ports["tls"], process)
        yield ports | {"socket": str(folder / "socket")}
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        assert process.poll() is None, "nginx did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise AssertionError("nginx does not listen")


@pytest.mark.parametrize("kind", ["plain", "tls", "http2", "unix"])
def test_a_pool_of_httpcore(flavour: str, nginx: dict[str, Any], kind: str) -> None:
    options: dict[str, Any] = {"uds": nginx["socket"]} if kind == "unix" else {}
    if kind in {"tls", "http2"}:
        options = {"ssl_context": CERTIFICATES.client(), "http2": kind == "http2"}
    base = {"plain": f"http://127.0.0.1:{nginx['plain']}", "unix": "http://localhost"}.get(
        kind, f"https://localhost:{nginx['tls']}"
    )

    async def main() -> None:
        async with closing(pool(flavour, **options), flavour) as made:
            for _ in range(3):
                response = await made.request("GET", base + "/small")
                assert (response.status, response.content) == (200, b"x" * 54)
            response = await made.request("GET", base + "/large")
            assert response.content == bytes(range(256)) * 20_000
            assert response.extensions["http_version"] == (b"HTTP/2" if kind == "http2" else b"HTTP/1.1")
            if kind != "http2":  # httpcore waits for ever for leave to send what the server does not want
                assert (await made.request("POST", base + "/small", content=bytes(300_000))).status == 405
            assert (await made.request("GET", base + "/none")).status == 404

    run(flavour, main)


@pytest.mark.parametrize("http2", [False, True])
def test_many_requests_at_once(nginx: dict[str, Any], http2: bool) -> None:
    """In threads, on one connection with HTTP/2: one thread reads while others write."""
    made = httpcore.ConnectionPool(
        network_backend=HttpcoreBackend(Network()), ssl_context=CERTIFICATES.client(), http2=http2
    )
    url = f"https://localhost:{nginx['tls']}/small"
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                assert made.request("GET", url).content == b"x" * 54
        except BaseException as error:
            failures.append(error)

    with made:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert failures == []


def http_proxy(connection: Any) -> None:
    """A proxy for one tunnel."""
    request = b""
    while not request.endswith(b"\r\n\r\n"):
        request += connection.recv(1000)
    port = int(request.split()[1].rpartition(b":")[2])
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    with socket.create_connection(("127.0.0.1", port)) as upstream:
        thread = threading.Thread(target=copy, args=[connection, upstream])
        thread.start()
        copy(upstream, connection)
        thread.join(5)


def copy(source: Any, target: Any) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("http2", [False, True])
def test_through_a_proxy(flavour: str, nginx: dict[str, Any], secure: bool, http2: bool) -> None:
    from .network_support import over_tls

    context = CERTIFICATES.client()
    with serve(over_tls(CERTIFICATES.localhost, http_proxy) if secure else http_proxy) as server:
        scheme = "https" if secure else "http"
        proxy = httpcore.Proxy(f"{scheme}://localhost:{server.port}", ssl_context=context if secure else None)

        async def main() -> None:
            async with closing(
                pool(flavour, {"resolver": {"localhost": "127.0.0.1"}}, proxy=proxy, ssl_context=context, http2=http2),
                flavour,
            ) as made:
                for _ in range(2):
                    response = await made.request("GET", f"https://localhost:{nginx['tls']}/small")
                    assert response.content == b"x" * 54
                response = await made.request("GET", f"https://localhost:{nginx['tls']}/large")
                assert len(response.content) == 256 * 20_000

        run(flavour, main)


@pytest.mark.parametrize("ours", MAPPED, ids=lambda ours: ours.__name__)
def test_the_map_of_errors_is_to_the_same_names(ours: type[Exception]) -> None:
    assert MAPPED[ours].__name__ == ours.__name__


def test_every_error_of_a_network_is_mapped() -> None:
    """Most special first, so that the first one that fits is right."""
    for name in exceptions.__all__:
        error = getattr(exceptions, name)
        if issubclass(error, (exceptions.ConnectError, exceptions.ReadTimeout, exceptions.WriteTimeout)):
            assert issubclass(error, tuple(MAPPED))


def original(error: Any) -> object:
    """Return our error; httpcore's pools erase the cause."""
    return error.original


def test_errors_become_those_of_httpcore(flavour: str) -> None:
    port = free_port()
    silent = {"timeout": {"connect": 5, "read": 0.05, "write": 5, "pool": 5}}

    async def main(held: int, hung_up: int) -> None:
        async with closing(pool(flavour, {"resolver": {"none.test": []}}), flavour) as made:
            with pytest.raises(httpcore.ConnectError, match="refused") as caught:
                await made.request("GET", f"http://127.0.0.1:{port}/")
            assert isinstance(original(caught.value), exceptions.ConnectError)
            with pytest.raises(httpcore.ConnectError, match="no address") as caught:
                await made.request("GET", "http://none.test/")
            assert isinstance(original(caught.value), exceptions.ResolveError)
            with pytest.raises(httpcore.ReadTimeout) as slow:
                await made.request("GET", f"http://127.0.0.1:{held}/", extensions=silent)
            assert isinstance(original(slow.value), exceptions.ReadTimeout)
            with pytest.raises(httpcore.ConnectError, match="no TLS with") as caught:
                await made.request("GET", f"https://127.0.0.1:{hung_up}/")
            assert isinstance(original(caught.value), exceptions.TLSError)

    with serve(hold) as holding, serve(lambda connection: connection.recv(1000)) as hanging_up:
        run(flavour, main, holding.port, hanging_up.port)


def test_a_deadline_clamps_every_wait(flavour: str) -> None:
    async def main(port: int) -> None:
        async with closing(pool(flavour), flavour) as made:
            token = call_deadline.set(Deadline(0.1))
            try:
                start = time.monotonic()
                with pytest.raises(httpcore.ReadTimeout):
                    await made.request("GET", f"http://127.0.0.1:{port}/")
                assert time.monotonic() - start < 3
            finally:
                call_deadline.reset(token)

    with serve(hold) as server:
        run(flavour, main, server.port)


def test_options_of_the_pool_reach_the_socket(flavour: str) -> None:
    seen = []

    def handle(connection: socket.socket) -> None:
        seen.append(connection.getpeername()[0])
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def main(port: int) -> None:
        async with closing(pool(flavour, local_address="127.0.0.7"), flavour) as made:
            assert (await made.request("GET", f"http://127.0.0.1:{port}/")).status == 204

    with serve(handle) as server:
        run(flavour, main, server.port)
    assert seen == ["127.0.0.7"]


def test_the_streams_are_reachable_after_an_upgrade() -> None:
    def handle(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n")
        echo(connection)

    with serve(handle) as server, httpcore.ConnectionPool(network_backend=HttpcoreBackend(Network())) as made:
        headers = [("Upgrade", "echo"), ("Connection", "upgrade")]
        with made.stream("GET", f"http://127.0.0.1:{server.port}/", headers=headers) as response:
            stream = response.extensions["network_stream"]
            stream.write(b"hello", 5)
            assert stream.read(10, 5) == b"hello"


def test_only_the_adapter_loads_httpcore() -> None:
    code = (
        "import sys, duohttp._network as n; n.Network(); n.AsyncNetwork();"
        "print(sorted({'asyncio', 'ssl', 'httpcore', 'anyio', 'trio'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)
    assert output.stdout.strip() == "[]"


def environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2] / ".dev")
    return {**os.environ, "PYTHONPATH": root}

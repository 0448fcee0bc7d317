"""Where connections go: Unix sockets, resolvers, the guard against private addresses, the address they come from."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from duohttp import (
    AddressGuard,
    AddressRefused,
    AsyncClient,
    CachedResolver,
    ConnectError,
    HttpcoreEngine,
    InvalidRequest,
    MockEngine,
    NativeEngine,
    ResolveError,
    Resolver,
    Retry,
    TLSError,
    UnsupportedByEngine,
    UnsupportedProtocol,
)
from duohttp.engines.options import EngineOptions
from duohttp.values.capabilities import Capability

from ..servers.certificates import Certificates
from ..servers.nginx import SMALL, Nginx
from ..servers.proxies import Proxy
from ..servers.raw import RawServer

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOOPBACK = AddressGuard(allow=["127.0.0.1"])


@pytest.fixture(params=[NativeEngine, pytest.param(HttpcoreEngine, marks=pytest.mark.slow)], ids=["native", "httpcore"])
def engine(request: pytest.FixtureRequest) -> EngineOptions:
    options: EngineOptions = request.param()
    return options


def redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def unix_url(path: str, rest: str = "/") -> str:
    return "http+unix://" + path.replace("/", "%2F") + rest


# Unix sockets.


async def test_a_url_names_a_unix_socket(nginx: Nginx, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine) as client:
        for _ in range(2):
            response = await client.get(unix_url(nginx.socket_path, "/small.txt"))
            assert response.content == SMALL
        assert "host=localhost" in (await client.get(unix_url(nginx.socket_path, "/echo?q=1"))).text
        assert (await client.get(unix_url(nginx.socket_path, "/redirect/302"))).url.path == "/echo"
        stats = client.pool_stats()
        assert (stats.opened, stats.reused) == (1, 4)
        assert list(stats.routes) == [unix_url(nginx.socket_path, "")]
    async with AsyncClient(engine=engine, base_url=unix_url(nginx.socket_path)) as client:
        assert (await client.get("small.txt")).content == SMALL


async def test_uds_for_the_client_and_for_one_request(nginx: Nginx, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, uds=nginx.socket_path) as client:
        assert "host=docker" in (await client.get("http://docker/echo")).text
        assert (await client.get(f"{nginx.url}/small.txt", uds=None)).content == SMALL
    async with AsyncClient(engine=engine) as client:
        assert "host=docker" in (await client.get("http://docker/echo", uds=nginx.socket_path)).text
        with pytest.raises(ConnectError):
            await client.get("http://docker.invalid/echo", timeout=5)


async def test_sockets_never_share_connections_or_cookies(nginx: Nginx, engine: EngineOptions, tmp_path: Path) -> None:
    link = str(tmp_path / "Other.sock")
    os.symlink(nginx.socket_path, link)
    async with AsyncClient(engine=engine, cookies={"a": "1"}, base_url=unix_url(nginx.socket_path)) as client:
        assert "cookie=a=1" in (await client.get("/echo")).text
        assert "cookie=\n" in (await client.get(unix_url(link, "/echo"))).text
        assert client.pool_stats().opened == 2


async def test_no_socket_there(engine: EngineOptions, tmp_path: Path) -> None:
    async with AsyncClient(engine=engine) as client:
        with pytest.raises(ConnectError, match=r"no connection to the socket .*nothing\.sock: .*No such file"):
            await client.get(unix_url(str(tmp_path / "nothing.sock")))
        with pytest.raises(ConnectError, match="path too long"):
            await client.get(unix_url("/" + "x" * 200))


async def test_a_server_can_not_lead_to_a_unix_socket(nginx: Nginx, engine: EngineOptions) -> None:
    target = unix_url(nginx.socket_path, "/small.txt")
    with RawServer([redirect(target)]) as server:
        async with AsyncClient(engine=engine) as client:
            with pytest.raises(UnsupportedProtocol, match="none of the server's business"):
                await client.get(server.url)


async def test_a_unix_socket_is_not_behind_a_proxy(nginx: Nginx, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, proxy="http://127.0.0.1:9") as client:
        assert (await client.get(unix_url(nginx.socket_path, "/small.txt"))).content == SMALL


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are of Linux")
async def test_an_abstract_socket(engine: EngineOptions) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("")  # the kernel chooses one
        listener.listen()
        name = listener.getsockname().decode()

        def answer() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(OK)

        thread = threading.Thread(target=answer)
        thread.start()
        async with AsyncClient(engine=engine) as client:
            assert (await client.get(f"http+unix://%00{name[1:]}/")).text == "ok"
        thread.join(10)


# Resolvers.


async def test_resolvers(nginx: Nginx, engine: EngineOptions) -> None:
    port = int(nginx.url.rpartition(":")[2])
    asked: list[tuple[str, int]] = []

    def plain(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    class Own(Resolver):
        def resolve(self, host: str, port: int) -> Any:
            return plain(host, port)

    for resolver in ({"a.test": "127.0.0.1"}, {f"a.test:{port}": ["127.0.0.1"]}, plain, Own(), CachedResolver(plain)):
        async with AsyncClient(engine=engine, resolver=resolver) as client:
            response = await client.get(f"http://a.test:{port}/echo")
            assert f"host=a.test:{port}" in response.text
    assert asked == [("a.test", port)] * 3


# The guard.


async def test_private_addresses_are_refused(nginx: Nginx, engine: EngineOptions) -> None:
    port = nginx.url.rpartition(":")[2]
    async with AsyncClient(engine=engine, address_guard=AddressGuard()) as client:
        for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "１２７.0.0.1", "127。0。0。1"):
            with pytest.raises(AddressRefused, match="loopback"):
                await client.get(f"http://{host}:{port}/small.txt")
        for host in ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.1.."):
            with pytest.raises(InvalidRequest):
                await client.get(f"http://{host}:{port}/small.txt")
        with pytest.raises(AddressRefused, match="link-local"):
            await client.get("http://169.254.169.254/latest/meta-data/")
        with pytest.raises(AddressRefused, match="Unix socket"):
            await client.get(unix_url(nginx.socket_path, "/small.txt"))
        with pytest.raises(AddressRefused, match="Unix socket"):
            await client.get(f"{nginx.url}/small.txt", uds=nginx.socket_path)
        assert client.pool_stats().open == 0
    allowing = AddressGuard(allow=["127.0.0.0/8", nginx.socket_path])
    async with AsyncClient(engine=engine, address_guard=allowing) as client:
        assert (await client.get(f"{nginx.url}/small.txt")).content == SMALL
        assert (await client.get(unix_url(nginx.socket_path, "/small.txt"))).content == SMALL


async def test_a_redirect_into_the_private_network(engine: EngineOptions) -> None:
    with RawServer([OK]) as inner:
        for target in (f"http://127.0.0.2:{inner.port}/", f"http://inner.test:{inner.port}/"):
            with RawServer([redirect(target)]) as outer:
                resolver = {"inner.test": "127.0.0.2"}
                async with AsyncClient(engine=engine, address_guard=LOOPBACK, resolver=resolver) as client:
                    with pytest.raises(AddressRefused, match=r"127\.0\.0\.2:\d+ \(loopback\)"):
                        await client.get(outer.url)
        assert inner.connections == 0


async def test_a_name_that_changes_its_address(engine: EngineOptions) -> None:
    answers = [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"]]
    with RawServer([OK]) as server:

        def rebinding(host: str, port: int) -> list[str]:
            return answers.pop(0)

        async with AsyncClient(engine=engine, address_guard=LOOPBACK, resolver=rebinding) as client:
            url = f"http://rebinding.test:{server.port}/"
            assert (await client.get(url)).text == "ok"
            with pytest.raises(AddressRefused, match=r"refuses rebinding\.test:\d+, which is 127\.0\.0\.2"):
                await client.get(url)
            assert (await client.get(url)).text == "ok"
        assert server.connections == 2


@contextmanager
def listening(host: str, port: int) -> Iterator[list[Any]]:
    """Count who connects to another address at the same port."""
    seen: list[Any] = []
    with socket.create_server((host, port)) as listener:
        listener.settimeout(0.2)
        yield seen
        try:
            while True:
                seen.append(listener.accept()[1])
        except TimeoutError:
            pass


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.2", "127.0.0.1"],
        ["::1", "127.0.0.2", "::ffff:127.0.0.2", "127.0.0.1"],
        [(socket.AF_INET, ("127.0.0.2", 0)), (socket.AF_INET, ("127.0.0.1", 0))],
    ],
)
async def test_only_the_addresses_that_pass_are_tried(engine: EngineOptions, found: list[Any]) -> None:
    with RawServer([OK]) as server, listening("127.0.0.2", server.port) as other:

        def resolve(host: str, port: int) -> list[Any]:
            return [item if isinstance(item, str) else (item[0], (item[1][0], port)) for item in found]

        async with AsyncClient(engine=engine, address_guard=LOOPBACK, resolver=resolve) as client:
            assert (await client.get(f"http://several.test:{server.port}/")).text == "ok"
    assert other == []


@pytest.mark.parametrize(
    "found", [(socket.AF_INET, ("localhost", 80)), (socket.AF_UNIX, ("/run/x.sock",)), (99, ("x",))]
)
async def test_what_a_resolver_must_not_return(engine: EngineOptions, found: Any) -> None:
    async with AsyncClient(engine=engine, address_guard=LOOPBACK, resolver=lambda host, port: [found]) as client:
        with pytest.raises(AddressRefused, match="no IP address"):
            await client.get("http://odd.test/")


async def test_a_refusal_is_not_tried_again(engine: EngineOptions) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["10.0.0.1"]

    async with AsyncClient(
        engine=engine, address_guard=AddressGuard(), resolver=resolve, plugins=[Retry(max_retries=3)]
    ) as client:
        with pytest.raises(AddressRefused):
            await client.get("http://private.test/")
    assert asked == ["private.test"]


async def test_what_a_proxy_connects_to(
    nginx: Nginx, tinyproxy: Proxy, certificates: Certificates, engine: EngineOptions
) -> None:
    urls = [f"{nginx.url}/small.txt", f"{nginx.https_url}/small.txt"]
    async with AsyncClient(engine=engine, address_guard=AddressGuard(), verify=certificates.ca) as client:
        for url in urls:
            with pytest.raises(AddressRefused, match=r"AddressGuard\(proxies=True\)"):
                await client.get(url, proxy=tinyproxy.url)
    trusting = AddressGuard(proxies=True)
    async with AsyncClient(
        engine=engine, address_guard=trusting, proxy=tinyproxy.url, verify=certificates.ca
    ) as client:
        for url in urls:
            with pytest.raises(AddressRefused, match="loopback"):
                await client.get(url)
        with pytest.raises(AddressRefused, match="loopback"):
            await client.get(urls[0], proxy=None)
    allowing = AddressGuard(proxies=True, allow=["127.0.0.1"])
    async with AsyncClient(
        engine=engine, address_guard=allowing, proxy=tinyproxy.url, verify=certificates.ca
    ) as client:
        assert (await client.get(urls[0])).content == SMALL
        with pytest.raises(AddressRefused, match="loopback"):  # on the connection to the proxy that is there already
            await client.get(urls[0].replace("127.0.0.1", "127.0.0.2"))


async def test_what_a_proxy_connects_to_by_http2(nginx: Nginx, tinyproxy: Proxy, certificates: Certificates) -> None:
    async with AsyncClient(
        engine=NativeEngine(), http2=True, address_guard=AddressGuard(), proxy=tinyproxy.url, verify=certificates.ca
    ) as client:
        for url in (f"{nginx.url}/small.txt", f"{nginx.https_url}/small.txt"):
            with pytest.raises(AddressRefused, match=r"AddressGuard\(proxies=True\)"):
                await client.get(url)


async def test_tls_names_stay_those_of_the_url(nginx: Nginx, certificates: Certificates, engine: EngineOptions) -> None:
    port = nginx.https_url.rpartition(":")[2]
    resolver = {"a.example.test": "127.0.0.1", "stranger.test": "127.0.0.1"}
    async with AsyncClient(engine=engine, resolver=resolver, verify=certificates.ca, address_guard=LOOPBACK) as client:
        assert (await client.get(f"https://a.example.test:{port}/tls")).text.split()[2] == "a.example.test"
        with pytest.raises(TLSError, match=r"is for other names than 'stranger\.test'"):
            await client.get(f"https://stranger.test:{port}/tls")


async def test_an_engine_without_a_guard_is_refused() -> None:
    engine = MockEngine(capabilities=set(Capability) - {Capability.ADDRESS_GUARD})
    with pytest.raises(UnsupportedByEngine, match="guarding addresses"):
        AsyncClient(engine=engine, address_guard=AddressGuard())
    with pytest.raises(TypeError, match=r"the class AddressGuard; make an object of it: add \(\)"):
        AsyncClient(address_guard=AddressGuard)  # type: ignore[arg-type]


# From where.


@pytest.mark.skipif(sys.platform != "linux", reason="all of 127.0.0.0/8 is Linux's loopback")
async def test_local_address(engine: EngineOptions) -> None:
    came_from: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(2):
                connection, address = listener.accept()
                came_from.append(address[0])
                with connection:
                    connection.recv(65536)
                    connection.sendall(OK)

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for local_address in ("127.0.0.7", "lo"):
            async with AsyncClient(engine=engine, local_address=local_address) as client:
                assert (await client.get(url)).text == "ok"
        thread.join(10)
    assert came_from == ["127.0.0.7", "127.0.0.1"]
    async with AsyncClient(engine=engine, local_address="no-such0") as client:
        with pytest.raises(ConnectError, match="neither an IP address nor an interface here"):
            await client.get(url)


async def test_a_resolver_that_fails(engine: EngineOptions) -> None:
    def fails(host: str, port: int) -> list[str]:
        raise KeyError(host)

    resolver: Callable[[str, int], list[str]] = fails
    async with AsyncClient(engine=engine, resolver=resolver) as client:
        with pytest.raises(ResolveError, match=r"looking up the host name 'a\.test' failed"):
            await client.get("http://a.test/")

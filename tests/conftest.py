"""What every test can use: event loops, real servers, certificates, proxies, scripted servers."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from .faults.leaks import nothing_left
from .servers.apache import Apache, run_apache
from .servers.asgi import AsgiServer, run_asgi_server
from .servers.certificates import Certificates
from .servers.dnsdist import Dnsdist, run_dnsdist
from .servers.http2_peer import Http2PeerServer, run_http2_peer
from .servers.login_proxies import LoginProxy, run_apache_login, run_squid
from .servers.nginx import Nginx, run_nginx
from .servers.process import RUNNING
from .servers.proxies import Proxy, run_apache_proxy, run_dante, run_microsocks, run_ssh_proxy, run_tinyproxy
from .servers.raw import RawServer
from .servers.websockets_server import WebSocketServer, run_websocket_server

ASYNCIO = ("asyncio", {"use_uvloop": False})


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(ASYNCIO, id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
        pytest.param(("trio", {}), id="trio"),
    ],
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The event loop of a test marked ``anyio``: each such test runs once on asyncio, on uvloop and on trio."""
    return request.param


@pytest.fixture(scope="session", autouse=True)
def _no_proxies_from_outside() -> Iterator[None]:
    """The proxies of the machine that runs the tests are none of their business."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A throw-away certificate authority and what it signed."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def nginx(certificates: Certificates) -> Iterator[Nginx]:
    """A running nginx; its class lists what it serves."""
    with run_nginx(certificates) as server:
        yield server


@pytest.fixture(scope="session")
def apache() -> Iterator[Apache]:
    """A running Apache httpd, for authentication; its class lists what it serves."""
    with run_apache() as server:
        yield server


@pytest.fixture(scope="session")
def asgi_server(certificates: Certificates) -> Iterator[AsgiServer]:
    """A running hypercorn; ``tests/servers/asgi_app.py`` lists what it serves."""
    with run_asgi_server(certificates) as server:
        yield server


@pytest.fixture(scope="session")
def websocket_server(certificates: Certificates) -> Iterator[WebSocketServer]:
    """A running server of the websockets package; its module lists what it serves."""
    with run_websocket_server(certificates) as server:
        yield server


@pytest.fixture(scope="session")
def dnsdist(certificates: Certificates) -> Iterator[Dnsdist]:
    """A DNS server that speaks DNS over HTTPS; its class lists what it knows."""
    with run_dnsdist(certificates) as server:
        yield server


@pytest.fixture(scope="session")
def tinyproxy() -> Iterator[Proxy]:
    """An HTTP proxy."""
    with run_tinyproxy() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def tinyproxy_auth() -> Iterator[Proxy]:
    """An HTTP proxy that wants user and password; its url has them."""
    with run_tinyproxy("user", "secret") as proxy:
        yield proxy


@pytest.fixture(scope="session")
def squid() -> Iterator[LoginProxy]:
    """An HTTP proxy that demands Digest, or takes Basic too."""
    with run_squid() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def apache_login() -> Iterator[LoginProxy]:
    """An HTTP proxy that demands Digest on one port and Basic on another."""
    with run_apache_login() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def microsocks() -> Iterator[Proxy]:
    """A SOCKS 5 proxy."""
    with run_microsocks() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def microsocks_auth() -> Iterator[Proxy]:
    """A SOCKS 5 proxy that wants user and password; its url has them."""
    with run_microsocks("user", "secret") as proxy:
        yield proxy


@pytest.fixture(scope="session")
def dante() -> Iterator[Proxy]:
    """A SOCKS proxy for the versions 4 and 5."""
    with run_dante() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def ssh_proxy() -> Iterator[Proxy]:
    """A SOCKS proxy for the versions 4a and 5."""
    with run_ssh_proxy() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def https_proxy(certificates: Certificates) -> Iterator[Proxy]:
    """An HTTPS proxy."""
    with run_apache_proxy(certificates) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def https_proxy_auth(certificates: Certificates) -> Iterator[Proxy]:
    """An HTTPS proxy that wants user and password; its url has them."""
    with run_apache_proxy(certificates, "user", "secret") as proxy:
        yield proxy


@pytest.fixture
def raw_server() -> Iterator[Callable[..., RawServer]]:
    """Make servers that follow a script: ``raw_server([b"HTTP/1.1 200 OK..."], tls=None)``; see RawServer."""
    with ExitStack() as stack:
        yield lambda *scripts, **options: stack.enter_context(RawServer(*scripts, **options))


@pytest.fixture
def http2_peer() -> Iterator[Callable[..., Http2PeerServer]]:
    """Make HTTP/2 servers that follow scripts, frame by frame, one script a connection; see Http2Peer."""
    with nothing_left(), ExitStack() as stack:
        yield lambda *scripts, **options: stack.enter_context(run_http2_peer(*scripts, **options))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of each server's log with a failing test that used the server."""
    report = yield
    if report.failed:
        used: Any = getattr(item, "fixturenames", ())
        for server in RUNNING:
            if any(server.name in name or (server.name == "hypercorn" and name == "asgi_server") for name in used):
                report.sections.append((f"log of {server.name}", server.tail(2000)))
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the conformance suite run over another engine."""
    parser.addoption("--engine", metavar="MODULE:CALLABLE", help="run tests/conformance over what this makes")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives to the end: else each search goes through all tests once more."""
    gc.collect()  # or what is garbage by now would live to the end as well
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let the garbage collector see all again: plugins look round before they leave."""
    gc.unfreeze()


@pytest.hookimpl(tryfirst=True)  # before "slow" leaves tests out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call pure tests slow on all loops but one. Refuse test ids with addresses in them.

    Tests are shared out to processes, which must agree on the ids.
    """
    for item in items:
        callspec: Any = getattr(item, "callspec", None)
        if item.get_closest_marker("pure") and callspec and callspec.params.get("anyio_backend", ASYNCIO) != ASYNCIO:
            item.add_marker("slow")
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"this id differs from run to run, give it another: {item.nodeid}")

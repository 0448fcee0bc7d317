# Generated from tests/_async/test_proxies.py by scripts/generate_sync.py. Do not edit.
"""Every way through a proxy, on the native engine, against proxies that nobody here wrote."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable
from typing import Any

import pytest
from yarl import URL

from duohttp import (
    Client,
    Headers,
    InvalidURL,
    Limits,
    NativeEngine,
    Proxy,
    ProxyError,
    ResolveError,
    TLSError,
)

from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.nginx import SMALL, Nginx
from ..servers.proxies import Proxy as RunningProxy
from ..servers.raw import RawServer

pytestmark = pytest.mark.anyio

Running = Callable[[str], str]
ServerMaker = Callable[..., RawServer]

# The scheme to speak, and the fixture of the proxy that speaks it.
KINDS = {
    "http": "tinyproxy",
    "http-auth": "tinyproxy_auth",
    "https": "https_proxy",
    "https-auth": "https_proxy_auth",
    "socks4": "dante",
    "socks4a": "ssh_proxy",
    "socks5": "microsocks",
    "socks5h": "dante",
    "socks5-auth": "microsocks_auth",
    "socks5h-ssh": "ssh_proxy",
}


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Running:
    """The url of the proxy of a kind."""

    def url(kind: str) -> str:
        proxy: RunningProxy = request.getfixturevalue(KINDS[kind])
        return f"{kind.partition('-')[0]}://{proxy.url.partition('://')[2]}"

    return url


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(
    running: Running, nginx: Nginx, asgi_server: AsgiServer, certificates: Certificates, kind: str
) -> None:
    with Client(engine=NativeEngine(), proxy=running(kind), verify=str(certificates.ca)) as client:
        for url in (nginx.url, nginx.https_url, nginx.url.replace("127.0.0.1", "localhost")):
            for _ in range(2):
                assert (client.get(f"{url}/small.txt")).content == SMALL
        for url in (asgi_server.url, asgi_server.https_url):
            # Some proxies close without a word: what is not idempotent could fail.
            echo = (client.put(f"{url}/echo/x?q=1", content=b"body", auth=("me", "mine"))).json()
            headers = Headers(echo["headers"])
            assert echo["body"] == "body"
            assert "proxy-authorization" not in headers
            assert headers["authorization"] == "Basic bWU6bWluZQ=="
        urls = [f"{url}/echo/{n}" for n in range(12) for url in (asgi_server.url, asgi_server.https_url)]
        paths = [response.json()["path"] for response in client.parallel_get(urls, limit=6)]
        assert paths == [URL(url).path for url in urls]
        stats = client.pool_stats()
        assert stats.open == stats.idle


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "http-auth"])
def test_failed_tls_frees_the_slot(running: Running, nginx: Nginx, certificates: Certificates, kind: str) -> None:
    options: dict[str, Any] = {"verify": str(certificates.ca), "limits": Limits(max_connections=1)}
    with Client(engine=NativeEngine(), proxy=running(kind), **options) as client:
        for url in (nginx.expired_url, nginx.wrong_host_url):
            with pytest.raises(TLSError) as caught:
                client.get(f"{url}/small.txt")
            assert "secret" not in str(caught.value)
        assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL
        assert client.pool_stats().open == 1


@pytest.mark.parametrize("kind", ["http-auth", "https-auth", "socks5-auth"])
@pytest.mark.parametrize("login", ["user:wr0ng@", ""], ids=["wrong", "none"])
def test_credentials_that_a_proxy_refuses(
    running: Running, nginx: Nginx, certificates: Certificates, kind: str, login: str
) -> None:
    proxy = running(kind).replace("user:secret@", login)
    options: dict[str, Any] = {"verify": str(certificates.ca), "limits": Limits(max_connections=1)}
    with Client(engine=NativeEngine(), proxy=proxy, **options) as client:
        for _ in range(3):
            with pytest.raises(ProxyError) as caught:
                client.get(f"{nginx.https_url}/small.txt")
            assert "wr0ng" not in str(caught.value)
        assert client.pool_stats().open == 0


@pytest.mark.parametrize("kind", ["socks4", "socks4a", "socks5", "socks5h"])
def test_a_port_that_nobody_listens_on(running: Running, raw_server: ServerMaker, kind: str) -> None:
    server = raw_server([])
    server.close()
    with Client(engine=NativeEngine(), proxy=running(kind), limits=Limits(max_connections=1)) as client:
        for _ in range(2):
            with pytest.raises(ProxyError, match=f"127.0.0.1:{server.port}"):
                client.get(server.url)
        assert client.pool_stats().open == 0


def test_who_looks_a_name_up(running: Running, nginx: Nginx) -> None:
    asked = []

    def resolve(host: str, port: int) -> str:
        asked.append(host)
        return "127.0.0.1"

    port = URL(nginx.url).port
    for kind in ("socks4", "socks5"):
        with Client(engine=NativeEngine(resolver=resolve), proxy=running(kind)) as client:
            assert (client.get(f"http://known-here-only.test:{port}/small.txt")).content == SMALL
    assert asked == ["known-here-only.test"] * 2
    for kind in ("socks4a", "socks5h"):
        with Client(engine=NativeEngine(resolver=resolve), proxy=running(kind)) as client:
            with pytest.raises(ProxyError):
                client.get(f"http://known-here-only.test:{port}/small.txt")
    assert asked == ["known-here-only.test"] * 2


def test_addresses_are_tried_in_turn(running: Running, nginx: Nginx) -> None:
    port = URL(nginx.url).port
    resolver = {"both.test": ["::1", "127.0.0.2", "127.0.0.1"], "six.test": ["::1"], "none.test": []}
    for kind in ("socks4", "socks5"):
        with Client(
            engine=NativeEngine(resolver=resolver), proxy=running(kind), limits=Limits(max_connections=1)
        ) as client:
            assert (client.get(f"http://both.test:{port}/small.txt")).content == SMALL
            with pytest.raises(InvalidURL if kind == "socks4" else ProxyError):
                client.get(f"http://six.test:{port}/small.txt")
            with pytest.raises(ResolveError):
                client.get(f"http://none.test:{port}/small.txt")
            assert client.pool_stats().open == 0  # the one that was kept made room


def test_an_address_that_socks_4_does_not_know(running: Running) -> None:
    for kind in ("socks4", "socks4a"):
        with Client(engine=NativeEngine(), proxy=running(kind)) as client:
            with pytest.raises(InvalidURL, match="SOCKS 4 has no IPv6"):
                client.get("http://[::1]:1/")


@pytest.mark.parametrize("kind", ["http", "https", "socks5", "socks5h-ssh"])
def test_servers_with_ipv6(running: Running, nginx: Nginx, certificates: Certificates, kind: str) -> None:
    if nginx.ipv6_url is None:
        pytest.skip("this machine has no IPv6 loopback")
    with Client(engine=NativeEngine(), proxy=running(kind), verify=str(certificates.ca)) as client:
        assert (client.get(f"{nginx.ipv6_url}/small.txt")).content == SMALL


def test_the_way_to_the_proxy_is_made_as_any_other(tinyproxy: RunningProxy, nginx: Nginx) -> None:
    """The resolver, the local address and the socket options of the engine hold for it."""
    engine = NativeEngine(
        resolver={"proxy.test": "127.0.0.1"},
        local_address="127.0.0.7",
        socket_options=((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),),
    )
    port = URL(tinyproxy.url).port
    with Client(engine=engine, proxy=f"http://proxy.test:{port}") as client:
        # It serves 127.0.0.1 alone, and says whom it refuses.
        assert (client.get(f"{nginx.url}/small.txt")).status_code == 403
        assert 'Unauthorized connection from "127.0.0.7"' in tinyproxy.log()
    broken = NativeEngine(resolver={"proxy.test": "127.0.0.1"}, socket_options=((socket.SOL_SOCKET, -1, 1),))
    with Client(engine=broken, proxy=f"http://proxy.test:{port}") as client:
        with pytest.raises(ProxyError, match="can't be reached"):
            client.get(f"{nginx.url}/small.txt")
    with Client(engine=NativeEngine(resolver={"proxy.test": []}), proxy="http://proxy.test") as client:
        with pytest.raises(ProxyError, match=r"the proxy http://proxy.test:80 can't be reached: .*has no address"):
            client.get(f"{nginx.url}/small.txt")


def test_socks_needs_no_extra(
    running: Running, nginx: Nginx, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with Client(proxy=running("socks5h"), verify=str(certificates.ca)) as client:
        assert client.describe().endswith("engine: NativeEngine(retry_stale=True, happy_eyeballs_delay=0.25)")
        assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL


# An HTTPS proxy's own certificate.


def test_the_proxys_certificate_is_checked(running: Running, nginx: Nginx, certificates: Certificates) -> None:
    url = running("https")
    for host in (nginx.url, nginx.https_url):
        with Client(engine=NativeEngine(), proxy=url) as client:
            with pytest.raises(ProxyError, match="certificate"):
                client.get(f"{host}/small.txt")
        with Client(engine=NativeEngine(), proxy=url, verify=str(certificates.other_ca)) as client:
            with pytest.raises(ProxyError, match="certificate"):
                client.get(f"{host}/small.txt")
    # Each of the two has its own trust, and none is made up for by the other's.
    with Client(engine=NativeEngine(), proxy=Proxy(url, verify=str(certificates.ca))) as client:
        assert (client.get(f"{nginx.url}/small.txt")).content == SMALL
        with pytest.raises(TLSError):
            client.get(f"{nginx.https_url}/small.txt")
    untrusting = Proxy(url, verify=str(certificates.other_ca))
    with Client(engine=NativeEngine(), proxy=untrusting, verify=False) as client:
        with pytest.raises(ProxyError, match="certificate"):
            client.get(f"{nginx.https_url}/small.txt")
    unverified = Proxy(url, verify=False)
    with Client(engine=NativeEngine(), proxy=unverified, verify=str(certificates.ca)) as client:
        assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL
        with pytest.raises(TLSError):
            client.get(f"{nginx.expired_url}/small.txt")


def test_a_client_certificate_is_for_servers(
    raw_server: ServerMaker, nginx: Nginx, certificates: Certificates, running: Running
) -> None:
    options: dict[str, Any] = {"verify": str(certificates.ca), "cert": str(certificates.client_pem)}
    with Client(engine=NativeEngine(), proxy=running("https"), **options) as client:
        assert (client.get(f"{nginx.mtls_url}/small.txt")).content == SMALL
    # A proxy that insists on a certificate does not get that one.
    insisting = certificates.server_context()
    insisting.verify_mode = ssl.CERT_REQUIRED
    insisting.load_verify_locations(certificates.ca)
    proxy = raw_server([b"HTTP/1.1 403 Seen\r\nContent-Length: 0\r\n\r\n"], tls=insisting)
    with Client(engine=NativeEngine(), proxy=proxy.url, **options) as client:
        with pytest.raises(ProxyError) as caught:
            client.get(f"{nginx.mtls_url}/small.txt")
    assert "Seen" not in str(caught.value)
    assert [bytes(data) for data in proxy.received] == [b""]

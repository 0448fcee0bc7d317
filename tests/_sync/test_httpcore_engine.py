# Generated from tests/_async/test_httpcore_engine.py by scripts/generate_sync.py. Do not edit.
"""The engine on httpcore against real servers and proxies, and against servers that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from threading import Event
from typing import Any

import pytest

from duohttp import (
    BodyNotReplayable,
    Client,
    ClientClosed,
    ConnectError,
    ConnectTimeout,
    HTTPError,
    InvalidBody,
    Limits,
    LocalProtocolError,
    MissingExtra,
    PoolTimeout,
    ProxyError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    ServerDisconnected,
    StreamClosed,
    Timeout,
    TLSError,
    TotalTimeout,
    UnsupportedProtocol,
    WriteTimeout,
)
from duohttp._concurrency import TaskGroup, monotonic, sleep
from duohttp._sync.engines import build_engine, httpcore_engine
from duohttp._sync.engines.httpcore_exchange import Exchange
from duohttp.engines.httpcore import HttpcoreEngine
from duohttp.engines.httpcore_errors import CORE
from duohttp.engines.httpcore_request import max_streams
from duohttp.values.body import IteratorBody
from duohttp.values.proxy import Proxy
from duohttp.values.settings import ConnectionSettings

from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.nginx import SMALL, Nginx
from ..servers.proxies import Proxy as RunningProxy
from ..servers.raw import Close, Hang, RawServer, Reset, Send, Wait

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
ServerMaker = Callable[..., RawServer]


def client_of(**options: Any) -> Client:
    """A client on this engine; options of the engine, and ``timeout``."""
    timeout = options.pop("timeout", Timeout(10))
    return Client(engine=HttpcoreEngine(trust_env=False, **options), timeout=timeout)


# What works.


def test_get_and_keep_alive(nginx: Nginx) -> None:
    with client_of() as client:
        texts = [(client.get(f"{nginx.url}/connection")).text for _ in range(3)]
    assert [text.split()[2] for text in texts] == ["1", "2", "3"]
    assert len({text.split()[1] for text in texts}) == 1


def test_head_of_the_response(nginx: Nginx) -> None:
    with client_of() as client:
        response = client.get(f"{nginx.url}/status/404")
    assert (response.status_code, response.reason_phrase, response.http_version) == (404, "Not Found", "HTTP/1.1")
    assert response.headers["Content-Length"] == "4"
    assert (b"Server", b"nginx") in [(name, value[:5]) for name, value in response.raw_headers]


@pytest.mark.parametrize("path", ["/small.txt", "/close/small.txt", "/three/small.txt", "/gzip/small.txt"])
def test_bodies(nginx: Nginx, path: str) -> None:
    with client_of() as client:
        for _ in range(4):
            assert (client.get(nginx.url + path)).content == SMALL


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "PURGE"])
def test_methods(asgi_server: AsgiServer, method: str) -> None:
    with client_of() as client:
        for _ in range(2):
            response = client.request(method, f"{asgi_server.url}/echo?a=b")
            assert response.status_code == 200
            if method != "HEAD":
                assert response.json()["method"] == method
        assert client.pool_stats().opened == 1


@pytest.mark.parametrize("secure", [False, True])
def test_uploads(asgi_server: AsgiServer, certificates: Certificates, secure: bool) -> None:
    big = bytes(range(256)) * 4096
    url = asgi_server.https_url if secure else asgi_server.url
    with client_of(verify=str(certificates.ca)) as client:
        for content in (b"", b"small", big, [big[:1000], b"", big[1000:5000]]):
            response = client.post(f"{url}/upload", content=content)
            whole = b"".join(content) if isinstance(content, list) else content
            assert response.json()["length"] == len(whole)
        assert client.pool_stats().opened == 1


def test_streamed_download(nginx: Nginx) -> None:
    size = 0
    with client_of() as client, client.stream("GET", f"{nginx.url}/1mb.bin") as response:
        for piece in response.iter_raw():
            size += len(piece)
    assert size == 2**20


def test_leaving_a_stream_early_closes_it(nginx: Nginx) -> None:
    with client_of(limits=Limits(max_connections=1)) as client:
        with client.stream("GET", f"{nginx.url}/100mb.bin") as response:
            assert response.status_code == 200
        assert (client.get(nginx.url)).content == SMALL
        assert client.pool_stats().opened == 2


def test_leaving_a_stream_with_nothing_to_come_keeps_it(nginx: Nginx) -> None:
    with client_of() as client:
        for path in ("/status/204", "/redirect/301"):
            with client.stream("GET", nginx.url + path, follow_redirects=False):
                pass
        with client.stream("HEAD", nginx.url):
            pass
        assert client.pool_stats().opened == 2  # the redirect has a body


def test_unix_socket(nginx: Nginx) -> None:
    with client_of(uds=nginx.socket_path) as client:
        assert (client.get("http://any.test/small.txt")).content == SMALL


def test_ipv6(nginx: Nginx) -> None:
    if nginx.ipv6_url is None:
        pytest.skip("no IPv6 here")
    with client_of() as client:
        response = client.get(f"{nginx.ipv6_url}/echo")
        assert f"host={nginx.ipv6_url.removeprefix('http://')}" in response.text


def test_local_address_and_resolver(nginx: Nginx) -> None:
    port = int(nginx.url.rpartition(":")[2])
    with client_of(local_address="127.0.0.2", resolver={"made.up": ["127.0.0.1"]}) as client:
        response = client.get(f"http://made.up:{port}/echo")
        assert f"host=made.up:{port}" in response.text


def test_many_at_once_within_limits(asgi_server: AsgiServer) -> None:
    got: list[int] = []

    def one(client: Client, number: int) -> None:
        response = client.get(f"{asgi_server.url}/bytes/{number}")
        got.append(len(response.content))

    with client_of(limits=Limits(max_connections=3)) as client:
        with TaskGroup() as group:
            for number in range(30):
                group.start_soon(one, client, number)
        stats = client.pool_stats()
    assert sorted(got) == list(range(30))
    assert (stats.opened, stats.idle, stats.waiting) == (3, 3, 0)


def test_limit_for_one_host_and_eviction_for_another(asgi_server: AsgiServer, nginx: Nginx) -> None:
    with client_of(limits=Limits(max_connections=1)) as client:
        for _ in range(3):
            assert (client.get(nginx.url)).status_code == 200
            assert (client.get(f"{asgi_server.url}/echo")).status_code == 200
        assert client.pool_stats().open == 1
    with client_of(limits=Limits(max_connections_per_host=1, max_keepalive_connections=1)) as client:
        with client.stream("GET", f"{nginx.url}/1mb.bin"):
            with pytest.raises(PoolTimeout):
                client.get(nginx.url, timeout=Timeout(pool=0.05))
            assert (client.get(f"{asgi_server.url}/echo")).status_code == 200
        assert client.pool_stats().idle == 1


@pytest.mark.parametrize("limits", [Limits(keepalive_expiry=0), Limits(max_age=0), Limits(max_keepalive_connections=0)])
def test_connections_that_are_not_kept(nginx: Nginx, limits: Limits) -> None:
    with client_of(limits=limits) as client:
        for _ in range(3):
            client.get(nginx.url)
        assert client.pool_stats().opened == 3


# TLS.


def test_tls(nginx: Nginx, certificates: Certificates) -> None:
    for verify in (str(certificates.ca), certificates.client_context(), False):
        with client_of(verify=verify) as client:
            assert (client.get(f"{nginx.https_url}/connection")).text.startswith("HTTP/1.1")


def test_client_certificate(nginx: Nginx, certificates: Certificates) -> None:
    cert = (str(certificates.client_cert), str(certificates.client_key))
    with client_of(verify=str(certificates.ca), cert=cert) as client:
        assert (client.get(nginx.mtls_url)).status_code == 200
    with client_of(verify=str(certificates.ca)) as client:
        assert (client.get(nginx.mtls_url)).status_code == 400


@pytest.mark.parametrize(
    ("where", "message"),
    [("expired_url", "expired"), ("wrong_host_url", "localhost|mismatch"), ("untrusted", "certificate")],
)
def test_certificates_that_are_refused(nginx: Nginx, certificates: Certificates, where: str, message: str) -> None:
    verify = certificates.other_ca if where == "untrusted" else certificates.ca
    url = nginx.https_url if where == "untrusted" else getattr(nginx, where)
    with client_of(verify=str(verify), limits=Limits(max_connections=1)) as client:
        for _ in range(2):
            with pytest.raises(TLSError, match=message) as caught:
                client.get(url)
            assert caught.value.__cause__ is not None
        assert (client.get(nginx.url)).content == SMALL


def test_tls_towards_a_server_without(nginx: Nginx) -> None:
    with client_of() as client:
        with pytest.raises(TLSError):
            client.get(nginx.url.replace("http:", "https:"))


def test_bundle_that_is_not_there(nginx: Nginx) -> None:
    with client_of(verify="/nowhere.pem") as client:
        with pytest.raises(TLSError, match="can't be loaded"):
            client.get(nginx.https_url)
        assert client.pool_stats().open == 0


# HTTP/2.


def http2_client(certificates: Certificates, **options: Any) -> Client:
    return client_of(http2=True, verify=str(certificates.ca), **options)


def test_http2(nginx: Nginx, asgi_server: AsgiServer, certificates: Certificates) -> None:
    with http2_client(certificates) as client:
        response = client.get(f"{nginx.https_url}/1mb.bin")
        assert (response.http_version, len(response.content)) == ("HTTP/2", 2**20)
        for body in (b"x" * 300_000, [b"x" * 1000] * 5):
            response = client.post(f"{asgi_server.https_url}/upload", content=body)
            assert response.json()["length"] == len(b"".join(body) if isinstance(body, list) else body)
        assert (client.get(f"{nginx.url}/connection")).http_version == "HTTP/1.1"


def test_http2_without_tls(nginx: Nginx) -> None:
    with client_of(http1=False, http2=True) as client:
        assert (client.get(f"{nginx.h2c_url}/connection")).text.startswith("HTTP/2.0")


def test_http2_of_a_context_of_the_user(nginx: Nginx, certificates: Certificates) -> None:
    with client_of(http2=True, verify=certificates.client_context()) as client:
        assert (client.get(f"{nginx.https_url}/connection")).text.startswith("HTTP/2.0")


def test_http2_shares_one_connection(nginx: Nginx, certificates: Certificates) -> None:
    texts: list[str] = []

    def one(client: Client) -> None:
        texts.append((client.get(f"{nginx.https_url}/connection")).text)

    with http2_client(certificates) as client:
        with TaskGroup() as group:
            for _ in range(30):
                group.start_soon(one, client)
        assert client.pool_stats().opened == 1 or max_streams == 1
    assert len(texts) == 30
    assert all(text.startswith("HTTP/2.0") for text in texts)


def test_http2_where_the_server_speaks_only_http1(raw_server: ServerMaker, certificates: Certificates) -> None:
    server = raw_server([OK] * 20, tls=certificates.server_context("http/1.1"))
    texts: list[str] = []

    def one(client: Client) -> None:
        texts.append((client.get(server.url, timeout=Timeout(10, total=10))).text)

    with http2_client(certificates) as client:
        with TaskGroup() as group:
            for _ in range(5):
                group.start_soon(one, client)
    assert texts == ["ok"] * 5


def test_given_up_http2_streams_do_not_stall_the_others(nginx: Nginx, certificates: Certificates) -> None:
    # Each leaves up to 16 MB of unread data behind, which is the whole window of a connection.
    with http2_client(certificates, limits=Limits(max_connections=2)) as client:
        for _ in range(4):
            with client.stream("GET", f"{nginx.https_url}/100mb.bin") as response:
                for _piece in response.iter_raw():
                    break
            assert len((client.get(f"{nginx.https_url}/1mb.bin")).content) == 2**20


def test_one_http2_stream_that_times_out_leaves_the_others(asgi_server: AsgiServer, certificates: Certificates) -> None:
    got: list[Any] = []

    def slow(client: Client) -> None:
        response = client.get(f"{asgi_server.https_url}/slow?delay=0.4", timeout=Timeout(10, read=8))
        got.append(response.status_code)

    def impatient(client: Client, limits: Timeout) -> None:
        try:
            client.get(f"{asgi_server.https_url}/slow?delay=8", timeout=limits)
        except HTTPError as error:
            got.append(type(error))

    with http2_client(certificates) as client:
        client.get(f"{asgi_server.https_url}/echo")
        with TaskGroup() as group:
            group.start_soon(impatient, client, Timeout(10, read=0.1))
            group.start_soon(slow, client)
            group.start_soon(impatient, client, Timeout(10, total=0.2))
    # Who does not read the connection itself may notice its read timeout late.
    assert got.index(TotalTimeout) < got.index(200)
    assert ReadTimeout in got


# Proxies.


@pytest.mark.parametrize("kind", ["tinyproxy", "tinyproxy_auth", "microsocks", "microsocks_auth"])
def test_proxies(request: pytest.FixtureRequest, nginx: Nginx, certificates: Certificates, kind: str) -> None:
    proxy: RunningProxy = request.getfixturevalue(kind)
    for http2 in (False, True):
        with client_of(proxy=proxy.url, verify=str(certificates.ca), http2=http2) as client:
            for url in (nginx.url, nginx.https_url):
                for _ in range(2):
                    response = client.get(f"{url}/connection")
                    assert response.status_code == 200
                    assert response.text.startswith("HTTP/2.0" if http2 and url == nginx.https_url else "HTTP/1.")
            assert client.pool_stats().opened in (2, 3)  # tinyproxy keeps no connection for plain requests


@pytest.mark.parametrize("kind", ["tinyproxy_auth", "microsocks_auth"])
@pytest.mark.parametrize("credentials", ["", "user:wrong@"])
def test_credentials_that_a_proxy_refuses(
    request: pytest.FixtureRequest, nginx: Nginx, kind: str, credentials: str
) -> None:
    proxy: RunningProxy = request.getfixturevalue(kind)
    url = proxy.url.replace("user:secret@", credentials)
    with client_of(proxy=url, limits=Limits(max_connections=1)) as client:
        for _ in range(2):
            with pytest.raises(ProxyError) as caught:
                client.get(nginx.https_url)
            assert "wrong" not in str(caught.value)
        if kind == "tinyproxy_auth":
            assert (client.get(nginx.url)).status_code in (401, 407)


def test_proxy_that_is_not_there(nginx: Nginx, raw_server: ServerMaker) -> None:
    server = raw_server([OK])
    server.close()
    for scheme in ("http", "socks5"):
        with client_of(proxy=f"{scheme}://user:secret@127.0.0.1:{server.port}") as client:
            with pytest.raises(ProxyError, match="no connection to the proxy") as caught:
                client.get(nginx.https_url)
            assert "secret" not in str(caught.value)


def test_certificate_that_is_refused_in_a_tunnel(
    tinyproxy: RunningProxy, nginx: Nginx, certificates: Certificates
) -> None:
    with client_of(proxy=tinyproxy.url, verify=str(certificates.ca), limits=Limits(max_connections=1)) as client:
        for _ in range(3):
            with pytest.raises(TLSError, match="expired"):
                client.get(nginx.expired_url)
        assert (client.get(nginx.https_url)).content == SMALL


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [
        ("http", [b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"]),
        ("http", [b"HTTP/1.1 302 Found\r\nlocation: http://evil.test/\r\ncontent-length: 0\r\n\r\n"]),
        ("http", [b"nonsense\r\n\r\n"]),
        ("http", [Close()]),
        ("http", [Reset()]),
        ("socks5", [Close()]),
        ("socks5", [Send(b"\x05\xff"), Hang()]),
        ("socks5", [Send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Hang()]),
        ("socks5", [Send(b"\x05"), Close()]),
        ("socks5", [Send(b"\x05\x00"), Close()]),
    ],
)
def test_proxy_that_misbehaves(raw_server: ServerMaker, scheme: str, answer: list[Any]) -> None:
    server = raw_server(answer)
    with client_of(proxy=f"{scheme}://127.0.0.1:{server.port}", limits=Limits(max_connections=1)) as client:
        for _ in range(2):
            with pytest.raises(ProxyError, match=f"the proxy {scheme}://127.0.0.1:{server.port}"):
                client.get("https://a.test/")


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("origin", ["http", "https"])
def test_proxy_that_is_silent(raw_server: ServerMaker, scheme: str, origin: str) -> None:
    server = raw_server([Hang()])
    error = ReadTimeout if (scheme, origin) == ("http", "http") else ConnectTimeout
    with client_of(proxy=f"{scheme}://127.0.0.1:{server.port}", limits=Limits(max_connections=1)) as client:
        for limits, wanted in ((Timeout(0.1), error), (Timeout(10, total=0.1), TotalTimeout)):
            with pytest.raises(wanted):
                client.get(f"{origin}://a.test/", timeout=limits)


def test_what_a_proxy_gets_to_see(raw_server: ServerMaker) -> None:
    server = raw_server([OK] * 3)
    proxy = Proxy(f"http://127.0.0.1:{server.port}", username="user", password="pass", headers={"X-Proxy": "1"})
    with client_of(proxy=proxy) as client:
        client.get("http://a.test/path?x=1", headers={"X-Mine": "2"})
        client.get("http://[::1]:8080/")
    first, second = map(bytes, server.received)
    assert first.startswith(b"GET http://a.test/path?x=1 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n" in first
    assert b"X-Proxy: 1\r\n" in first
    assert b"Host: a.test\r\n" in first
    assert second.startswith(b"GET http://[::1]:8080/ HTTP/1.1\r\n")


def test_what_a_tunnel_hides_from_the_proxy(raw_server: ServerMaker) -> None:
    server = raw_server([b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"])
    with client_of(proxy=f"http://user:pass@127.0.0.1:{server.port}") as client:
        with pytest.raises(ProxyError, match=r"gives no way to https://a.test:443: .*403 No"):
            client.get("https://a.test/", headers={"Authorization": "secret", "Cookie": "secret"})
    head = bytes(server.received[0])
    assert head.startswith(b"CONNECT a.test:443 HTTP/1.1\r\n")
    assert b"secret" not in head
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n" in head


def test_proxy_authorization_stays_out_of_tunnels(
    tinyproxy: RunningProxy, asgi_server: AsgiServer, certificates: Certificates
) -> None:
    with client_of(proxy=tinyproxy.url, verify=str(certificates.ca)) as client:
        response = client.get(f"{asgi_server.https_url}/echo", headers={"Proxy-Authorization": "secret"})
    assert "secret" not in response.text


def test_proxy_by_tls(nginx: Nginx, certificates: Certificates, raw_server: ServerMaker) -> None:
    server = raw_server([OK], tls=certificates.server_context())
    proxy = f"https://localhost:{server.port}"
    with client_of(proxy=proxy, verify=str(certificates.ca)) as client:
        assert (client.get("http://a.test/")).text == "ok"
    with client_of(proxy=proxy) as client:
        with pytest.raises(ProxyError, match="certificate"):
            client.get("http://a.test/")
    with client_of(proxy=Proxy(proxy, verify=False)) as client:
        assert (client.get("http://a.test/")).text == "ok"


def test_environment(monkeypatch: pytest.MonkeyPatch, nginx: Nginx, tinyproxy: RunningProxy) -> None:
    for name in ("http_proxy", "no_proxy", "all_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", tinyproxy.url)
    with Client(engine=HttpcoreEngine()) as client:
        assert "via" in (client.get(f"{nginx.url}/small.txt")).headers
    monkeypatch.setenv("no_proxy", "127.0.0.0/8")
    with Client(engine=HttpcoreEngine()) as client:
        assert "via" not in (client.get(f"{nginx.url}/small.txt")).headers
    monkeypatch.delenv("no_proxy")
    with client_of() as client:
        assert "via" not in (client.get(f"{nginx.url}/small.txt")).headers


# Faults.


def test_connection_refused(raw_server: ServerMaker) -> None:
    server = raw_server([OK])
    server.close()
    with client_of() as client:
        with pytest.raises(ConnectError, match=f"127.0.0.1:{server.port}") as caught:
            client.get(server.url)
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.request is not None
        assert client.pool_stats().open == 0


def test_refused_connections_are_tried_again(raw_server: ServerMaker) -> None:
    server = raw_server([OK])
    server.close()
    with client_of(retries=2) as client:
        started = monotonic()
        with pytest.raises(ConnectError):
            client.get(server.url)
        assert monotonic() - started > 0.4  # at once, then after half a second
        with pytest.raises(TotalTimeout):
            client.get(server.url, timeout=Timeout(10, total=0.1))


FAULTS: list[tuple[list[Any], type[HTTPError]]] = [
    ([Close()], ServerDisconnected),
    ([Send(b"HTTP/1.1 200"), Close()], ServerDisconnected),
    ([Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"), Close()], ServerDisconnected),
    ([Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nha"), Close()], ServerDisconnected),
    ([b"", Reset()], ReadError),
    ([b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", Reset()], ReadError),
    ([Send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Hang()], RemoteProtocolError),
    ([Send(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"), Hang()], RemoteProtocolError),
    ([Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"), Hang()], RemoteProtocolError),
    ([Send(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000), Hang()], RemoteProtocolError),
]


@pytest.mark.parametrize(("script", "error"), FAULTS, ids=range(len(FAULTS)))
def test_servers_that_misbehave(raw_server: ServerMaker, script: list[Any], error: type[HTTPError]) -> None:
    server = raw_server(script, [OK])
    with client_of(limits=Limits(max_connections=1), retry_stale=False) as client:
        with pytest.raises(error) as caught:
            client.post(server.url)
        assert caught.value.__cause__ is not None
        assert (client.get(server.url)).text == "ok"


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(7) + b"\x0b", r"enhance your calm \(11\)"),
        (b"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04\x03\x00\x00\x00\x00\x01" + bytes(4), r"no error \(0\)"),
        (b"\x00\x00\x00\x04\x00\x00\x00\x00\x01", "SETTINGS|stream"),
        (b"\x00\x00\x05\x01\x04\x00\x00\x00\x01\xff\xff\xff\xff\xff", "decod|HPACK"),
    ],
    ids=["goaway", "reset", "settings on a stream", "headers"],
)
def test_http2_server_that_misbehaves(
    raw_server: ServerMaker, certificates: Certificates, frames: bytes, message: str
) -> None:
    server = raw_server([Send(frames), Hang()], tls=certificates.server_context("h2"))
    with http2_client(certificates, limits=Limits(max_connections=1)) as client:
        for _ in range(2):
            with pytest.raises(RemoteProtocolError, match=message):
                client.get(server.url)
        assert client.pool_stats().open == 0


def test_kept_connection_that_was_closed_meanwhile(nginx: Nginx) -> None:
    with client_of() as client:
        for _ in range(3):
            assert (client.get(f"{nginx.url}/short-lived/small.txt")).content == SMALL
            sleep(0.12)
        assert client.pool_stats().opened == 3


def test_kept_connection_that_is_closed_on_the_next_request(raw_server: ServerMaker) -> None:
    # The server reads the second request and closes.
    server = raw_server([OK, b""], [OK] * 5)
    with client_of() as client:
        client.get(server.url)
        assert (client.get(server.url)).text == "ok"
    assert server.connections == 2
    server = raw_server([OK, b""], [OK] * 5)
    with client_of() as client:
        client.get(server.url)
        with pytest.raises(ServerDisconnected):
            client.post(server.url)
        assert (client.post(server.url)).text == "ok"
    server = raw_server([OK, b""], [OK] * 5)
    with client_of(retry_stale=False) as client:
        client.get(server.url)
        with pytest.raises(ServerDisconnected):
            client.get(server.url)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"


@pytest.mark.parametrize("first", [OK, CHUNKED, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"])
@pytest.mark.parametrize("at_once", [True, False])
def test_bytes_that_nobody_asked_for_end_the_connection(raw_server: ServerMaker, first: bytes, at_once: bool) -> None:
    unasked = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"
    script = [first + unasked] if at_once else [first, Send(unasked)]
    server = raw_server([*script, Hang()], [OK] * 5)
    with client_of() as client:
        client.get(server.url)
        sleep(0.05)
        assert (client.get(server.url)).text == "ok"
    assert server.connections == 2


def test_chunked_responses_keep_the_connection(raw_server: ServerMaker) -> None:
    server = raw_server([CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED, b"HTTP/1.1 204 No\r\n\r\n", OK])
    with client_of() as client:
        for text in ("ok", "ok", "", "ok"):
            assert (client.get(server.url)).text == text
    assert server.connections == 1


def test_dripping_server_meets_the_total(asgi_server: AsgiServer, certificates: Certificates) -> None:
    for url, http2 in ((asgi_server.url, False), (asgi_server.https_url, True)):
        with client_of(http2=http2, verify=str(certificates.ca)) as client:
            started = monotonic()
            with pytest.raises(TotalTimeout):
                client.get(f"{url}/drip?n=100&delay=0.05", timeout=Timeout(10, total=0.2))
            assert monotonic() - started < 5
            assert (client.get(f"{url}/echo")).status_code == 200


def test_server_that_never_reads(raw_server: ServerMaker) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    event = Event()
    silent = raw_server([Wait(event)])
    with client_of() as client:
        with pytest.raises(WriteTimeout):
            client.post(silent.url, content=endless(), timeout=Timeout(10, write=0.2))
    event.set()


def test_early_answer_stops_the_upload(raw_server: ServerMaker) -> None:
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        for number in range(10_000):
            sent.append(number)
            yield b"x" * 65536

    answer = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nbig"
    server = raw_server([Send(b"HTTP/1.1 100 Continue\r\n\r\n"), Send(answer), Hang()])
    with client_of() as client:
        response = client.post(server.url, content=endless())
        assert (response.status_code, response.text) == (413, "big")
        assert client.pool_stats().open == 0
    assert len(sent) < 10_000


def test_interim_responses_are_passed_over(raw_server: ServerMaker) -> None:
    server = raw_server([b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK])
    with client_of() as client:
        assert (client.get(server.url)).text == "ok"


# Request bodies.


def test_body_of_the_user_may_fail(asgi_server: AsgiServer) -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise OSError("mine")

    with client_of(limits=Limits(max_connections=1)) as client:
        with pytest.raises(OSError, match="mine") as caught:
            client.post(f"{asgi_server.url}/upload", content=failing())
        assert type(caught.value) is OSError
        assert (client.get(f"{asgi_server.url}/echo")).status_code == 200


@pytest.mark.parametrize("http2", [False, True])
def test_body_of_another_length(asgi_server: AsgiServer, certificates: Certificates, http2: bool) -> None:
    with client_of(http2=http2, verify=str(certificates.ca), limits=Limits(max_connections=1)) as client:
        for length in (2, 4):
            request = client.build_request("POST", f"{asgi_server.https_url}/upload")
            request.body = IteratorBody([b"abc"], content_length=length)
            with pytest.raises(LocalProtocolError, match="Content-Length"):
                client.send(request)
        assert (client.get(f"{asgi_server.https_url}/echo")).status_code == 200


def test_body_that_gives_text(asgi_server: AsgiServer) -> None:
    with client_of() as client:
        request = client.build_request("POST", f"{asgi_server.url}/upload")
        request.body = IteratorBody(["text"])  # type: ignore[list-item]
        with pytest.raises(InvalidBody):
            client.send(request)


def test_consumed_body_is_refused_before_anything_is_sent(raw_server: ServerMaker) -> None:
    server = raw_server([OK] * 3)
    with client_of() as client:
        request = client.build_request("POST", server.url, content=iter([b"abc"]))
        client.send(request)
        with pytest.raises(BodyNotReplayable):
            client.send(request)
    assert bytes(server.received[0]).count(b"POST") == 1


# Upgrades.


def test_upgrade(raw_server: ServerMaker) -> None:
    server = raw_server(
        [b"HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\nfirst", Hang()]
    )
    headers = {"Upgrade": "echo", "Connection": "upgrade"}
    with client_of(limits=Limits(max_connections=1)) as client:
        with client.stream("GET", server.url, headers=headers) as response:
            assert response.status_code == 101
            stream = response.network_stream
            assert stream.read(100, timeout=5) == b"first"
            stream.write(b"hello", timeout=5)
            with pytest.raises(ReadTimeout):
                stream.read(100, timeout=0.05)
            assert stream.get_extra_info("server_addr")[1] == server.port
            assert not stream.is_stale()
            assert response.read() == b""
            with pytest.raises(StreamClosed):
                stream.read(100)
        assert client.pool_stats().open == 0
    for _ in range(100):
        if server.received[0].endswith(b"hello"):
            break
        sleep(0.02)
    assert server.received[0].endswith(b"\r\n\r\nhello")


def test_connect(raw_server: ServerMaker) -> None:
    server = raw_server([b"HTTP/1.1 200 OK\r\n\r\n", Send(b"tunnel"), Hang()])
    with client_of() as client, client.stream("CONNECT", server.url) as response:
        stream = response.network_stream
        assert stream.read(100, timeout=5) == b"tunnel"
        assert stream.close_now()
        assert not stream.close_now()
        stream.close()
    assert bytes(server.received[0]).startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())


# Life.


def test_closing(nginx: Nginx) -> None:
    client = client_of()
    client.get(nginx.url)
    client.close()
    client.close()
    with pytest.raises(ClientClosed):
        client.get(nginx.url)


@pytest.mark.parametrize(
    ("absent", "options", "extra"),
    [("h2", {"http2": True}, r"duohttp\[http2\]"), ("socksio", {"proxy": "socks5://p.test"}, r"duohttp\[socks\]")],
)
def test_extras_that_are_not_installed(
    monkeypatch: pytest.MonkeyPatch, absent: str, options: dict[str, Any], extra: str
) -> None:
    monkeypatch.setattr(httpcore_engine, "find_spec", lambda name: None if name == absent else name)
    with pytest.raises(MissingExtra, match=extra):
        client_of(**options)


def test_httpcore_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, nginx: Nginx) -> None:
    def absent(name: str) -> Any:
        asked.append(name)
        raise ModuleNotFoundError(name, name=name)

    asked: list[str] = []
    monkeypatch.setattr(httpcore_engine, "import_module", absent)
    with client_of() as client:
        with pytest.raises(MissingExtra, match="needs the package httpcore"):
            client.get(nginx.url)
    assert asked == ["httpcore", "httpcore2"]


def test_a_protocol_must_be_spoken() -> None:
    with pytest.raises(ValueError, match="one of them must be spoken"):
        Client(engine=HttpcoreEngine(http1=False), http2=False)


def test_stats_and_repr(nginx: Nginx) -> None:
    engine = build_engine(HttpcoreEngine(retries=1, proxy="http://user:secret@p.test"), ConnectionSettings())
    assert repr(engine) == "HttpcoreEngine(proxy=…, retries=1, retry_stale=True)"
    with client_of() as client:
        with client.stream("GET", f"{nginx.url}/1mb.bin"):
            stats = client.pool_stats()
            assert (stats.open, stats.idle, list(stats.routes)) == (1, 0, [nginx.url])
            assert stats.routes[nginx.url].open == 1


def test_scheme_that_is_not_spoken() -> None:
    with client_of() as client:
        with pytest.raises(UnsupportedProtocol):
            client.get("ftp://a.test/")


def test_foreign_errors_never_leave(monkeypatch: pytest.MonkeyPatch, nginx: Nginx) -> None:
    """Whatever httpcore raises, on the way or in the body, comes out as an error of ours."""
    library = import_module("httpcore" if find_spec("httpcore") else "httpcore2")
    kinds = [getattr(library, name) for name in library.__all__]
    errors = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseException)]
    assert {kind.__name__ for kind in errors} == set(CORE)

    def fail() -> bytes:
        raise raised

    with client_of(limits=Limits(max_connections=1)) as client:
        for kind in errors:
            raised = kind("something")
            with client.stream("GET", nginx.url) as response:
                with monkeypatch.context() as patch:
                    patch.setattr(Exchange, "_step", lambda self: fail())
                    with pytest.raises(HTTPError) as caught:
                        response.read()
            assert type(caught.value).__name__ == CORE[kind.__name__][0].__name__
            assert caught.value.__cause__ is raised
        assert (client.get(nginx.url)).content == SMALL

"""The servers of the tests do what their lists say, seen by the standard library's client."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from .asgi import AsgiServer
from .certificates import Certificates
from .nginx import SMALL, Nginx
from .process import RUNNING, free_ports, needs_command
from .proxies import Proxy
from .raw import Hang, RawServer, Reset, Send, Wait


def fetch(
    url: str, method: str = "GET", body: bytes | None = None, tls: ssl.SSLContext | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send one request on a connection of its own."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(parts.netloc, context=tls, timeout=10)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, named)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_nginx_files(nginx: Nginx) -> None:
    status, headers, body = fetch(f"{nginx.url}/small.txt")
    assert (status, body, len(SMALL)) == (200, SMALL, 54)
    assert fetch(f"{nginx.url}/small.txt", if_none_match=headers["etag"])[0] == 304
    assert fetch(f"{nginx.url}/1mb.bin")[1]["content-length"] == str(2**20)
    assert fetch(f"{nginx.url}/100mb.bin", "HEAD")[1]["content-length"] == str(100 * 2**20)
    assert fetch(f"{nginx.url}/100mb.bin", range="bytes=0-9")[::2] == (206, bytes(10))
    assert gzip.decompress(fetch(f"{nginx.url}/gzip/small.txt", accept_encoding="gzip")[2]) == SMALL
    assert fetch(f"{nginx.url}/close/small.txt")[1]["connection"] == "close"
    assert fetch(f"{nginx.url}/latin1.txt")[1]["content-type"] == "text/plain; charset=iso-8859-1"


def test_nginx_answers(nginx: Nginx) -> None:
    assert fetch(f"{nginx.url}/status/204")[::2] == (204, b"")
    assert fetch(f"{nginx.url}/status/503")[::2] == (503, b"503\n")
    for code in (301, 302, 303, 307, 308):
        status, headers, _ = fetch(f"{nginx.url}/redirect/{code}")
        assert (status, headers["location"]) == (code, "/echo")
    assert b"\nx-test=yes\n" in fetch(f"{nginx.url}/echo", x_test="yes")[2]
    assert fetch(f"{nginx.url}/private/small.txt")[0] == 401
    token = base64.b64encode(b"user:secret").decode()
    assert fetch(f"{nginx.url}/private/small.txt", authorization=f"Basic {token}")[0] == 200
    assert fetch(f"{nginx.url}/discard", "POST", bytes(100_000))[0] == 200
    assert fetch(f"{nginx.url}/limited/x", "PUT", bytes(2000))[0] == 413
    assert fetch(f"{nginx.url}/uploads/deep/x", "PUT", b"data")[0] in (201, 204)
    assert (nginx.uploads / "deep" / "x").read_bytes() == b"data"
    assert nginx.requests("PUT /uploads/deep/x 20", count=1)


def test_nginx_ports(nginx: Nginx, certificates: Certificates) -> None:
    trusting = certificates.client_context()
    assert fetch(f"{nginx.https_url}/small.txt", tls=trusting)[2] == SMALL
    assert fetch(f"{nginx.mtls_url}/small.txt", tls=trusting)[0] == 400
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        fetch(nginx.expired_url, tls=trusting)
    with pytest.raises(ssl.SSLCertVerificationError, match="match"):
        fetch(nginx.wrong_host_url, tls=trusting)
    trusting.load_cert_chain(certificates.client_pem)
    assert fetch(f"{nginx.mtls_url}/small.txt", tls=trusting)[2] == SMALL
    if nginx.ipv6_url:
        assert fetch(f"{nginx.ipv6_url}/small.txt")[2] == SMALL
    trusting = certificates.client_context()
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", urlsplit(nginx.https_url).port or 0), 10) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        assert secured.selected_alpn_protocol() == "h2"
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(nginx.socket_path)
        local.sendall(b"GET /small.txt HTTP/1.0\r\n\r\n")
        assert local.recv(100).startswith(b"HTTP/1.1 200")


def test_asgi_routes(asgi_server: AsgiServer, certificates: Certificates) -> None:
    url = asgi_server.url
    echoed = json.loads(fetch(f"{url}/echo/x?a=1", "PUT", b"body", x_test="yes")[2])
    assert (echoed["method"], echoed["path"], echoed["query"], echoed["body"]) == ("PUT", "/echo/x", "a=1", "body")
    assert ["x-test", "yes"] in echoed["headers"]
    assert json.loads(fetch(f"{url}/users/1")[2])["name"] == "Ada"
    assert fetch(f"{url}/users/1000")[0] == 404
    assert fetch(f"{url}/redirect/307?to=http://x.test/")[1]["location"] == "http://x.test/"
    assert fetch(f"{url}/redirects/1")[1]["location"] == "/echo"
    assert fetch(f"{url}/cookies/set?a=1&b=2")[1].get_all("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert json.loads(fetch(f"{url}/cookies", cookie="a=1; b=2")[2]) == {"a": "1", "b": "2"}
    assert fetch(f"{url}/bytes/252")[2] == bytes(range(251)) + b"\0"
    status, headers, body = fetch(f"{url}/chunked?n=2&size=3")
    assert (status, headers["transfer-encoding"], body) == (200, "chunked", b"000111")
    assert fetch(f"{url}/drip?n=2&delay=0")[2] == b"drop 0\ndrop 1\n"
    assert len(fetch(f"{url}/lines?n=4")[2].splitlines()) == 4
    assert fetch(f"{url}/sse?n=1", last_event_id="6")[2].startswith(b"id: 7\nevent: tick\ndata: {")
    assert b"squeeze" in gzip.decompress(fetch(f"{url}/encoded/gzip")[2])
    assert json.loads(fetch(f"{url}/upload", "POST", b"x" * 70_000)[2])["length"] == 70_000
    assert fetch(f"{url}/refuse", "POST", b"x")[0] == 413
    assert fetch(f"{url}/bearer", authorization="Bearer letmein")[0] == 200
    assert [fetch(f"{url}/flaky/one?fail=1")[0] for _ in range(2)] == [503, 200]
    assert fetch(f"{asgi_server.https_url}/", tls=certificates.client_context())[0] == 200
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        fetch(f"{url}/broken")


@pytest.mark.parametrize("name", ["tinyproxy", "tinyproxy_auth"])
def test_tinyproxy(name: str, request: pytest.FixtureRequest, nginx: Nginx) -> None:
    proxy: Proxy = request.getfixturevalue(name)
    parts = urlsplit(proxy.url)
    headers = {}
    if parts.username:
        assert forwarded(parts, f"{nginx.url}/small.txt", {}) in (401, 407)
        token = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        headers["proxy-authorization"] = f"Basic {token}"
    assert forwarded(parts, f"{nginx.url}/small.txt", headers) == 200
    assert "/small.txt" in proxy.log()


def forwarded(proxy: object, url: str, headers: dict[str, str]) -> int:
    """Send a GET through a proxy."""
    connection = http.client.HTTPConnection(proxy.hostname, proxy.port, timeout=10)  # type: ignore[attr-defined]
    try:
        connection.request("GET", url, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["microsocks", "microsocks_auth"])
def test_microsocks(name: str, request: pytest.FixtureRequest) -> None:
    parts = urlsplit(request.getfixturevalue(name).url)
    with socket.create_connection((parts.hostname, parts.port), 10) as connection:
        connection.sendall(b"\x05\x01\x02" if parts.username else b"\x05\x01\x00")
        assert connection.recv(2) == (b"\x05\x02" if parts.username else b"\x05\x00")


def test_raw_server(raw_server: Callable[..., RawServer]) -> None:
    go = threading.Event()
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    server = raw_server([answer, Wait(go), Send(b"late"), Hang()], [Reset()], [])
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody")
        assert connection.recv(1000) == answer
        go.set()
        assert connection.recv(1000) == b"late"
    with pytest.raises(ConnectionResetError), socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.recv(1)
    for _ in range(2):  # the last script serves all that come later
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            assert connection.recv(1) == b""
    assert server.connections == 4
    assert server.received[0].endswith(b"\r\n\r\nbody")


def test_a_missing_program_skips_and_in_ci_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-server is not installed"):
        needs_command("no-such-server")
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="CI is set"):
        needs_command("no-such-server")


def test_free_ports_differ() -> None:
    assert len(set(free_ports(20))) == 20


def test_servers_run_in_groups_of_their_own(nginx: Nginx) -> None:
    assert nginx.server in RUNNING
    assert os.getpgid(nginx.server.pid) == nginx.server.pid != os.getpgrp()

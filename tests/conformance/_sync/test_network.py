# Generated from tests/conformance/_async/test_network.py by scripts/generate_sync.py. Do not edit.
"""Ways to a server, and servers that are not like the others, over every engine that has a network."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from duohttp import (
    BodyNotReplayable,
    Capability,
    Client,
    ConnectError,
    Headers,
    Limits,
    ProxyError,
    TLSError,
)

from ...servers.asgi import AsgiServer
from ...servers.certificates import Certificates
from ...servers.nginx import SMALL, Nginx
from ...servers.proxies import Proxy
from ...servers.raw import RawServer
from ..marks import needs, over_network, without
from ..subjects import Subject

own_tls = without("external", because="an engine given as an object has TLS settings of its own, or none")

pytestmark = [
    pytest.mark.anyio,
    over_network,
    without("httpcore-h2", "native-h2", because="HTTP/2 goes the same ways, once more would prove nothing"),
]


@needs(Capability.TRAILERS)
def test_trailers_of_http_1(raw_server: Callable[..., RawServer], subject: Subject) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n"
    server = raw_server([head + b"5\r\nbody\n\r\n0\r\nX-Checksum: abc\r\n\r\n"] * 2)
    with Client(engine=subject.make()) as client:
        response = client.get(server.url)
        assert (response.content, response.trailers["x-checksum"]) == (b"body\n", "abc")
        with client.stream("GET", server.url) as streamed:
            assert streamed.trailers == Headers()
            streamed.read()
            assert streamed.trailers["X-Checksum"] == "abc"


@needs(Capability.EARLY_HINTS)
def test_early_hints_of_http_1(raw_server: Callable[..., RawServer], subject: Subject) -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    server = raw_server([hint + hint + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
    with Client(engine=subject.make()) as client:
        response = client.get(server.url)
    assert (response.status_code, response.text) == (200, "ok")
    assert [each["link"] for each in response.early_hints] == ["</a.css>", "</a.css>"]


@needs(Capability.UPGRADE)
def test_another_protocol(raw_server: Callable[..., RawServer], subject: Subject) -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
    server = raw_server([head + b"hello"])
    with Client(engine=subject.make()) as client:
        headers = {"Connection": "Upgrade", "Upgrade": "echo"}
        with client.stream("GET", server.url, headers=headers) as response:
            assert response.status_code == 101
            stream = response.network_stream
            assert stream.read(100, 5) == b"hello"
            assert stream.read(100, 5) == b""


def test_a_response_that_ends_with_its_connection(raw_server: Callable[..., RawServer], subject: Subject) -> None:
    old = b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000
    server = raw_server([old], [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"])
    with Client(engine=subject.make()) as client:
        assert len((client.get(server.url)).content) == 100_000
        assert (client.get(server.url)).text == "ok"


def test_a_304(nginx: Nginx, subject: Subject) -> None:
    with Client(engine=subject.make()) as client:
        etag = (client.get(f"{nginx.url}/small.txt")).headers["etag"]
        response = client.get(f"{nginx.url}/small.txt", headers={"If-None-Match": etag})
        assert (response.status_code, response.content) == (304, b"")
        assert (client.get(f"{nginx.url}/small.txt")).content == SMALL


@pytest.mark.parametrize("path", ["close", "three", "short-lived"])
def test_servers_that_close(nginx: Nginx, subject: Subject, path: str) -> None:
    with Client(engine=subject.make(), limits=Limits(max_connections=2)) as client:
        for _ in range(8):
            assert (client.get(f"{nginx.url}/{path}/small.txt")).content == SMALL


def test_a_consumed_iterator_is_refused_before_a_byte_is_sent(
    raw_server: Callable[..., RawServer], subject: Subject
) -> None:
    server = raw_server([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"])
    with Client(engine=subject.make()) as client:
        statement = client.prepare("POST", server.url, content=iter([b"once"]))
        assert (statement.execute()).text == "ok"
        with pytest.raises(BodyNotReplayable):
            statement.execute()
        assert (client.get(server.url)).text == "ok"
    assert sum(b"POST" in received for received in server.received) == 1


@own_tls
def test_https(nginx: Nginx, certificates: Certificates, subject: Subject) -> None:
    with Client(engine=subject.make(), verify=str(certificates.ca)) as client:
        for _ in range(2):
            assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL
        assert len((client.get(f"{nginx.https_url}/1mb.bin")).content) == 2**20
    with Client(engine=subject.make(), verify=False) as client:
        assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL
    context = ssl.create_default_context(cafile=str(certificates.ca))
    with Client(engine=subject.make(), verify=context) as client:
        assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL


@own_tls
@pytest.mark.parametrize(
    ("which", "says"),
    [("https_url", "unknown authority"), ("expired_url", "expired"), ("wrong_host_url", "name|match")],
)
def test_bad_certificates(nginx: Nginx, certificates: Certificates, subject: Subject, which: str, says: str) -> None:
    ca = certificates.other_ca if which == "https_url" else certificates.ca
    with Client(engine=subject.make(), verify=str(ca), limits=Limits(max_connections=1)) as client:
        with pytest.raises(TLSError, match=f"(?i){says}"):
            client.get(f"{getattr(nginx, which)}/small.txt")
        assert (client.get(f"{nginx.url}/small.txt")).content == SMALL


@own_tls
def test_client_certificate(nginx: Nginx, certificates: Certificates, subject: Subject) -> None:
    pair = (str(certificates.client_cert), str(certificates.client_key))
    with Client(engine=subject.make(), verify=str(certificates.ca), cert=pair) as client:
        assert (client.get(f"{nginx.mtls_url}/small.txt")).content == SMALL
    with Client(engine=subject.make(), verify=str(certificates.ca)) as client:
        assert (client.get(f"{nginx.mtls_url}/small.txt")).status_code == 400


@own_tls
def test_http_to_a_tls_port(nginx: Nginx, subject: Subject) -> None:
    with Client(engine=subject.make()) as client:
        url = nginx.https_url.replace("https", "http")
        assert (client.get(f"{url}/")).status_code == 400
        with pytest.raises(TLSError, match=r"(?i)tls"):
            client.get(f"{nginx.url.replace('http', 'https')}/")


@needs(Capability.UNIX_SOCKET)
def test_unix_socket(nginx: Nginx, subject: Subject) -> None:
    options: Any = type(subject.make())
    with Client(engine=options(uds=nginx.socket_path)) as client:
        assert (client.get("http://anything.test/small.txt")).content == SMALL


def test_ipv6(nginx: Nginx, subject: Subject) -> None:
    if nginx.ipv6_url is None:
        pytest.skip("this machine has no IPv6 loopback")
    with Client(engine=subject.make()) as client:
        assert (client.get(f"{nginx.ipv6_url}/small.txt")).content == SMALL


@needs(Capability.PROXY)
def test_http_proxy(nginx: Nginx, tinyproxy: Proxy, certificates: Certificates, subject: Subject) -> None:
    with Client(engine=subject.make(), proxy=tinyproxy.url, verify=str(certificates.ca)) as client:
        for _ in range(2):
            assert (client.get(f"{nginx.url}/small.txt")).content == SMALL
            assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL


@needs(Capability.PROXY)
def test_proxy_credentials_stay_with_the_proxy(
    asgi_server: AsgiServer, tinyproxy_auth: Proxy, certificates: Certificates, subject: Subject
) -> None:
    with Client(engine=subject.make(), proxy=tinyproxy_auth.url, verify=str(certificates.ca)) as client:
        for url in (asgi_server.url, asgi_server.https_url):
            echo = (client.get(f"{url}/echo", auth=("me", "mine"))).json()
            headers = Headers(echo["headers"])
            assert "proxy-authorization" not in headers
            assert headers["authorization"].startswith("Basic ")


@needs(Capability.PROXY)
def test_a_proxy_that_refuses(
    nginx: Nginx, tinyproxy_auth: Proxy, certificates: Certificates, subject: Subject
) -> None:
    wrong = tinyproxy_auth.url.replace("secret", "wrong")
    with Client(
        engine=subject.make(), proxy=wrong, verify=str(certificates.ca), limits=Limits(max_connections=1)
    ) as client:
        for _ in range(3):
            with pytest.raises(ProxyError) as caught:
                client.get(f"{nginx.https_url}/small.txt")
            assert "wrong" not in str(caught.value)
            assert (client.get(f"{nginx.url}/small.txt")).status_code in (401, 407)
    with Client(engine=subject.make(), proxy="http://127.0.0.1:1", verify=False) as client:
        with pytest.raises((ProxyError, ConnectError)):
            client.get(f"{nginx.https_url}/small.txt")


@needs(Capability.PROXY)
def test_failed_tls_in_a_tunnel_frees_its_slot(
    nginx: Nginx, tinyproxy: Proxy, certificates: Certificates, subject: Subject
) -> None:
    with Client(
        engine=subject.make(), proxy=tinyproxy.url, verify=str(certificates.ca), limits=Limits(max_connections=1)
    ) as client:
        for _ in range(3):
            with pytest.raises(TLSError):
                client.get(f"{nginx.expired_url}/small.txt")
        assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL


@pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:ResourceWarning")
def test_streamed_download(nginx: Nginx, subject: Subject) -> None:
    with Client(engine=subject.make(), limits=Limits(max_connections=1)) as client:
        size = 0
        with client.stream("GET", f"{nginx.url}/100mb.bin") as response:
            for piece in response.iter_bytes():
                size += len(piece)
        assert size == 100 * 2**20
        with client.stream("GET", f"{nginx.url}/100mb.bin") as response:
            for _ in response.iter_bytes():
                break
        assert (client.get(f"{nginx.url}/small.txt")).content == SMALL

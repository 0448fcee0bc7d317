"""What every engine over a network must do, against nginx, hypercorn and real proxies."""

from __future__ import annotations

import hashlib
import io
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    BodyNotReplayable,
    ClientStatusError,
    ConnectError,
    Headers,
    HttpcoreEngine,
    Limits,
    NativeEngine,
    PoolTimeout,
    ProxyError,
    ReadTimeout,
    ServerDisconnected,
    Timeout,
    TLSError,
    TotalTimeout,
)
from duohttp.engines.options import EngineOptions

from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.nginx import SMALL, Nginx
from ..servers.proxies import Proxy
from ..servers.raw import RawServer

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[NativeEngine, HttpcoreEngine], ids=["native", "httpcore"])
def engine(request: pytest.FixtureRequest) -> EngineOptions:
    options: EngineOptions = request.param()
    return options


async def test_get(nginx: Nginx, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine) as client:
        for _ in range(3):
            response = await client.get(f"{nginx.url}/small.txt")
            assert response.status_code == 200
            assert response.content == SMALL
            assert response.headers["Content-Length"] == "54"
            assert response.http_version == "HTTP/1.1"
            assert response.elapsed.total_seconds() > 0
        text = (await client.get(f"{nginx.url}/connection")).text
        assert text.split()[2] == "4"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "QUERY"])
async def test_methods(asgi_server: AsgiServer, engine: EngineOptions, method: str) -> None:
    async with AsyncClient(engine=engine) as client:
        content = b"body" if method in ("POST", "PUT", "PATCH", "QUERY") else None
        response = await client.request(method, f"{asgi_server.url}/echo/x?q=1", content=content)
        assert response.status_code == 200
        if method == "HEAD":
            assert response.content == b""
        else:
            echo = response.json()
            assert echo["method"] == method
            assert echo["body"] == ("body" if content else "")
        assert (await client.get(f"{asgi_server.url}/echo")).status_code == 200


@pytest.mark.parametrize("status", [204, 304, 404, 500])
async def test_statuses(nginx: Nginx, engine: EngineOptions, status: int) -> None:
    async with AsyncClient(engine=engine) as client:
        if status == 304:
            etag = (await client.get(f"{nginx.url}/small.txt")).headers["etag"]
            response = await client.get(f"{nginx.url}/small.txt", headers={"If-None-Match": etag})
        else:
            response = await client.get(f"{nginx.url}/status/{status}")
        assert response.status_code == status
        assert (await client.get(f"{nginx.url}/small.txt")).content == SMALL


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects(nginx: Nginx, engine: EngineOptions, status: int) -> None:
    async with AsyncClient(engine=engine) as client:
        response = await client.get(f"{nginx.url}/redirect/{status}")
        assert response.url.path == "/echo"
        assert response.text.startswith("GET /echo")
        assert [hop.status_code for hop in response.history] == [status]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_content_codings(asgi_server: AsgiServer, engine: EngineOptions, coding: str) -> None:
    async with AsyncClient(engine=engine) as client:
        response = await client.get(f"{asgi_server.url}/encoded/{coding}")
        assert response.headers["content-encoding"] == coding
        assert isinstance(response.json(), (dict, list))
        async with client.stream("GET", f"{asgi_server.url}/encoded/{coding}") as streamed:
            assert b"".join([piece async for piece in streamed.iter_bytes()]) == response.content
        async with client.stream("GET", f"{asgi_server.url}/encoded/{coding}") as raw:
            assert b"".join([piece async for piece in raw.iter_raw()]) == response.raw_content


@dataclass
class User:
    id: int
    name: str
    email: str


async def test_typed_receive(asgi_server: AsgiServer, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, base_url=asgi_server.url) as client:
        user = await client.get("users/7", into=User)
        assert user.id == 7
        users = await client.get("users", params={"n": 3}, into=list[User])
        assert len(users) == 3
        created = await client.post("users", json=user, into=User)
        assert created == user
        with pytest.raises(ClientStatusError, match="404"):
            await client.get("users/1000", into=User)


async def test_uploads(asgi_server: AsgiServer, engine: EngineOptions, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096
    digest = hashlib.sha256(data).hexdigest()
    file = tmp_path / "data.bin"
    file.write_bytes(data)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), 50_000):
            yield data[start : start + 50_000]

    async with AsyncClient(engine=engine, base_url=asgi_server.url) as client:
        bodies: list[Any] = [data, pieces(), io.BytesIO(data), file.open("rb")]
        for body in bodies:
            answer = (await client.post("upload", content=body)).json()
            assert answer["sha256"] == digest
            assert answer["length"] == len(data)
        file_body = bodies[-1]
        file_body.close()


async def test_forms_and_files(asgi_server: AsgiServer, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, base_url=asgi_server.url) as client:
        echo = (await client.post("echo", form={"a": "1 2", "b": ["x", "y"]})).json()
        assert echo["body"] == "a=1+2&b=x&b=y"
        echo = (await client.post("echo", data={"k": "v"}, files={"f": ("n.txt", b"content", "text/plain")})).json()
        assert 'name="k"' in echo["body"]
        assert 'filename="n.txt"' in echo["body"]
        assert "content" in echo["body"]


# httpcore's own generator for bodies is left to the collector when a body is given up half-way; trio says so.
@pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:ResourceWarning")
async def test_streamed_download(nginx: Nginx, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, limits=Limits(max_connections=1)) as client:
        size = 0
        async with client.stream("GET", f"{nginx.url}/100mb.bin") as response:
            async for piece in response.iter_bytes():
                size += len(piece)
        assert size == 100 * 2**20
        async with client.stream("GET", f"{nginx.url}/100mb.bin") as response:
            async for _ in response.iter_bytes():
                break
        assert (await client.get(f"{nginx.url}/small.txt")).content == SMALL


async def test_chunked_and_lines(asgi_server: AsgiServer, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, base_url=asgi_server.url) as client:
        assert len((await client.get("chunked?n=5&size=1000")).content) == 5000
        async with client.stream("GET", "lines?n=4") as response:
            items = [item async for item in response.iter_json(dict[str, Any])]
        assert len(items) == 4


@pytest.mark.parametrize("path", ["close", "three", "short-lived"])
async def test_servers_that_close(nginx: Nginx, engine: EngineOptions, path: str) -> None:
    async with AsyncClient(engine=engine, limits=Limits(max_connections=2)) as client:
        for _ in range(8):
            assert (await client.get(f"{nginx.url}/{path}/small.txt")).content == SMALL


async def test_refused(engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine) as client:
        with pytest.raises(ConnectError, match=r"127\.0\.0\.1") as caught:
            await client.get("http://127.0.0.1:1/")
        assert caught.value.request is not None
        assert isinstance(caught.value, ConnectionError)


async def test_read_timeout_and_total(asgi_server: AsgiServer, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, base_url=asgi_server.url, limits=Limits(max_connections=1)) as client:
        with pytest.raises(ReadTimeout):
            await client.get("slow?delay=5", timeout=Timeout(5, read=0.1))
        # Every piece comes in time, all of them together do not.
        with pytest.raises(TotalTimeout, match=r"0\.3 s") as caught:
            await client.get("drip?n=50&delay=0.1", timeout=Timeout(5, total=0.3))
        assert isinstance(caught.value, TimeoutError)
        with pytest.raises(TotalTimeout):
            async with client.stream("GET", "drip?n=50&delay=0.1", timeout=Timeout(5, total=0.3)) as response:
                await response.read()
        assert (await client.get("users/1")).status_code == 200


async def test_a_default_total_does_not_end_streams(asgi_server: AsgiServer, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, base_url=asgi_server.url, timeout=Timeout(5, total=0.2)) as client:
        async with client.stream("GET", "drip?n=4&delay=0.1") as response:
            assert len(await response.read()) > 0
        with pytest.raises(TotalTimeout):
            await client.get("drip?n=4&delay=0.1")


async def test_pool_timeout(asgi_server: AsgiServer, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, base_url=asgi_server.url, limits=Limits(max_connections=1)) as client:
        async with client.stream("GET", "chunked?n=2000&size=1000"):
            with pytest.raises(PoolTimeout):
                await client.get("users/1", timeout=Timeout(5, pool=0.1))
        assert (await client.get("users/1")).status_code == 200


async def test_a_body_that_is_cut_is_an_error(asgi_server: AsgiServer, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, base_url=asgi_server.url, limits=Limits(max_connections=1)) as client:
        with pytest.raises(ServerDisconnected):
            await client.get("broken")
        assert (await client.get("users/1")).status_code == 200


async def test_early_answer_stops_the_upload(asgi_server: AsgiServer, engine: EngineOptions) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(2000):
            yield bytes(65536)

    async with AsyncClient(engine=engine, base_url=asgi_server.url, limits=Limits(max_connections=1)) as client:
        response = await client.post("refuse", content=endless())
        assert response.status_code == 413
        assert (await client.get("users/1")).status_code == 200


async def test_a_consumed_iterator_is_refused_before_a_byte_is_sent(
    raw_server: Callable[..., RawServer], engine: EngineOptions
) -> None:
    server = raw_server([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"])
    async with AsyncClient(engine=engine) as client:
        statement = client.prepare("POST", server.url, content=iter([b"once"]))
        assert (await statement.execute()).text == "ok"
        with pytest.raises(BodyNotReplayable):
            await statement.execute()
        assert (await client.get(server.url)).text == "ok"
    assert sum(b"POST" in received for received in server.received) == 1


# TLS.


async def test_https(nginx: Nginx, certificates: Certificates, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, verify=str(certificates.ca)) as client:
        for _ in range(2):
            assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL
        assert len((await client.get(f"{nginx.https_url}/1mb.bin")).content) == 2**20
    async with AsyncClient(engine=engine, verify=False) as client:
        assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL
    context = ssl.create_default_context(cafile=str(certificates.ca))
    async with AsyncClient(engine=engine, verify=context) as client:
        assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL


@pytest.mark.parametrize(
    ("which", "says"),
    [("https_url", "unknown authority"), ("expired_url", "expired"), ("wrong_host_url", "name|match")],
)
async def test_bad_certificates(
    nginx: Nginx, certificates: Certificates, engine: EngineOptions, which: str, says: str
) -> None:
    ca = certificates.other_ca if which == "https_url" else certificates.ca
    async with AsyncClient(engine=engine, verify=str(ca), limits=Limits(max_connections=1)) as client:
        with pytest.raises(TLSError, match=f"(?i){says}"):
            await client.get(f"{getattr(nginx, which)}/small.txt")
        assert (await client.get(f"{nginx.url}/small.txt")).content == SMALL


async def test_client_certificate(nginx: Nginx, certificates: Certificates, engine: EngineOptions) -> None:
    pair = (str(certificates.client_cert), str(certificates.client_key))
    async with AsyncClient(engine=engine, verify=str(certificates.ca), cert=pair) as client:
        assert (await client.get(f"{nginx.mtls_url}/small.txt")).content == SMALL
    async with AsyncClient(engine=engine, verify=str(certificates.ca)) as client:
        assert (await client.get(f"{nginx.mtls_url}/small.txt")).status_code == 400


async def test_http_to_a_tls_port(nginx: Nginx, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine) as client:
        url = nginx.https_url.replace("https", "http")
        assert (await client.get(f"{url}/")).status_code == 400
        with pytest.raises(TLSError, match=r"(?i)tls"):
            await client.get(f"{nginx.url.replace('http', 'https')}/")


# Other ways.


async def test_unix_socket(nginx: Nginx, engine: EngineOptions) -> None:
    options: Any = type(engine)
    async with AsyncClient(engine=options(uds=nginx.socket_path)) as client:
        assert (await client.get("http://anything.test/small.txt")).content == SMALL


async def test_ipv6(nginx: Nginx, engine: EngineOptions) -> None:
    if nginx.ipv6_url is None:
        pytest.skip("this machine has no IPv6 loopback")
    async with AsyncClient(engine=engine) as client:
        assert (await client.get(f"{nginx.ipv6_url}/small.txt")).content == SMALL


async def test_http_proxy(nginx: Nginx, tinyproxy: Proxy, certificates: Certificates, engine: EngineOptions) -> None:
    async with AsyncClient(engine=engine, proxy=tinyproxy.url, verify=str(certificates.ca)) as client:
        for _ in range(2):
            assert (await client.get(f"{nginx.url}/small.txt")).content == SMALL
            assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL


async def test_proxy_credentials_stay_with_the_proxy(
    asgi_server: AsgiServer, tinyproxy_auth: Proxy, certificates: Certificates, engine: EngineOptions
) -> None:
    async with AsyncClient(engine=engine, proxy=tinyproxy_auth.url, verify=str(certificates.ca)) as client:
        for url in (asgi_server.url, asgi_server.https_url):
            echo = (await client.get(f"{url}/echo", auth=("me", "mine"))).json()
            headers = Headers(echo["headers"])
            assert "proxy-authorization" not in headers
            assert headers["authorization"].startswith("Basic ")


async def test_a_proxy_that_refuses(
    nginx: Nginx, tinyproxy_auth: Proxy, certificates: Certificates, engine: EngineOptions
) -> None:
    wrong = tinyproxy_auth.url.replace("secret", "wrong")
    async with AsyncClient(
        engine=engine, proxy=wrong, verify=str(certificates.ca), limits=Limits(max_connections=1)
    ) as client:
        for _ in range(3):
            with pytest.raises(ProxyError) as caught:
                await client.get(f"{nginx.https_url}/small.txt")
            assert "wrong" not in str(caught.value)
            assert (await client.get(f"{nginx.url}/small.txt")).status_code in (401, 407)
    async with AsyncClient(engine=engine, proxy="http://127.0.0.1:1", verify=False) as client:
        with pytest.raises((ProxyError, ConnectError)):
            await client.get(f"{nginx.https_url}/small.txt")


async def test_failed_tls_in_a_tunnel_frees_its_slot(
    nginx: Nginx, tinyproxy: Proxy, certificates: Certificates, engine: EngineOptions
) -> None:
    async with AsyncClient(
        engine=engine, proxy=tinyproxy.url, verify=str(certificates.ca), limits=Limits(max_connections=1)
    ) as client:
        for _ in range(3):
            with pytest.raises(TLSError):
                await client.get(f"{nginx.expired_url}/small.txt")
        assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL

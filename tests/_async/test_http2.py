"""HTTP/2 on the native engine, against servers nobody here wrote: nginx and hypercorn, with TLS and without."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    ConnectTimeout,
    Headers,
    Http2Options,
    Limits,
    MissingExtra,
    NativeEngine,
    PoolTimeout,
    ReadTimeout,
    RemoteProtocolError,
    Timeout,
    TLSError,
    UnsupportedByEngine,
)
from duohttp._concurrency import monotonic

from ..faults.leaks import nothing_left
from ..faults.scripted_server import black_hole
from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.nginx import MEGABYTE, SMALL, Nginx
from ..servers.proxies import Proxy
from ..servers.raw import RawServer

pytestmark = pytest.mark.anyio


def client_for(certificates: Certificates, **options: Any) -> AsyncClient:
    options.setdefault("http2", True)
    return AsyncClient(verify=str(certificates.ca), **options)


async def test_the_default_engine_speaks_it(nginx: Nginx, certificates: Certificates) -> None:
    async with client_for(certificates) as client:
        response = await client.get(f"{nginx.https_url}/small.txt")
        assert response.content == SMALL
        assert response.http_version == "HTTP/2"
        assert response.reason_phrase == "OK"
        assert response.headers["Content-Length"] == "54"
        assert "NativeEngine" in client.describe()
        for _ in range(3):
            text = (await client.get(f"{nginx.https_url}/connection")).text
        assert text.split()[0] == "HTTP/2.0"
        stats = client.pool_stats()
        assert (stats.opened, stats.open, stats.idle, stats.streams) == (1, 1, 1, 0)


async def test_prior_knowledge(nginx: Nginx, asgi_server: AsgiServer) -> None:
    async with AsyncClient(http1=False) as client:
        assert (await client.get(f"{nginx.h2c_url}/connection")).text.startswith("HTTP/2.0")
        echo = (await client.post(f"{asgi_server.url}/echo/a?b=c", content=b"body")).json()
        assert (echo["http_version"], echo["method"], echo["path"], echo["body"]) == ("2", "POST", "/echo/a", "body")


async def test_plain_http_stays_http1_without_prior_knowledge(nginx: Nginx) -> None:
    async with AsyncClient(http2=True) as client:
        assert (await client.get(f"{nginx.url}/small.txt")).http_version == "HTTP/1.1"
        assert (await client.get(f"{nginx.url}/connection")).text.split()[2] == "2"


async def test_a_server_without_it_gets_http1(nginx: Nginx, certificates: Certificates) -> None:
    async with AsyncClient(http2=True, verify=False) as client:
        for _ in range(2):
            response = await client.get(f"{nginx.expired_url}/connection")
        assert (response.http_version, response.text.split()[2]) == ("HTTP/1.1", "2")
        responses = await client.parallel_get([f"{nginx.expired_url}/small.txt"] * 10)
        assert {response.content for response in responses} == {SMALL}
    async with AsyncClient(http1=False, verify=False) as client:
        with pytest.raises(TLSError, match="no application protocol"):
            await client.get(f"{nginx.expired_url}/small.txt")
        assert client.pool_stats().open == 0


async def test_a_server_that_says_nothing_of_it(
    raw_server: Callable[..., RawServer], certificates: Certificates
) -> None:
    server = raw_server([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"], tls=certificates.server_context())
    url = server.url.replace("127.0.0.1", "localhost")
    async with client_for(certificates) as client:
        assert (await client.get(url)).http_version == "HTTP/1.1"
    async with client_for(certificates, http1=False) as client:
        with pytest.raises(RemoteProtocolError, match=r"does not speak HTTP/2 .*http1=False"):
            await client.get(url)
        assert client.pool_stats().open == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "QUERY"])
async def test_methods(asgi_server: AsgiServer, certificates: Certificates, method: str) -> None:
    async with client_for(certificates) as client:
        content = b"body" if method in ("POST", "PUT", "PATCH", "QUERY") else None
        response = await client.request(method, f"{asgi_server.https_url}/echo/x?q=1", content=content)
        assert (response.status_code, response.http_version) == (200, "HTTP/2")
        if method == "HEAD":
            assert response.content == b""
        else:
            echo = response.json()
            assert (echo["method"], echo["body"]) == (method, "body" if content else "")


async def test_headers_arrive(asgi_server: AsgiServer, certificates: Certificates) -> None:
    headers = [
        ("X-Two", "1"),
        ("X-Two", "2"),
        ("Cookie", "a=b"),
        ("Connection", "close"),
        ("TE", "gzip"),
        ("X-A", " v "),
    ]
    wanted = [["x-two", "1"], ["x-two", "2"], ["cookie", "a=b"], ["x-a", "v"]]
    async with client_for(certificates) as client:
        for _ in range(3):  # the same block, made once; then others between
            echo = (await client.get(f"{asgi_server.https_url}/echo", headers=headers)).json()
            names = ("x-two", "cookie", "x-a", "te", "connection")
            assert sorted(pair for pair in echo["headers"] if pair[0] in names) == sorted(wanted)
            for number in range(40):
                path = f"/echo/{number}" + "x" * number * 10
                echo = (await client.get(f"{asgi_server.https_url}{path}", headers={"X-N": str(number)})).json()
                assert echo["path"] == path
                assert ["x-n", str(number)] in echo["headers"]


async def test_a_host_header_is_the_authority(asgi_server: AsgiServer, certificates: Certificates) -> None:
    async with client_for(certificates) as client:
        echo = (await client.get(f"{asgi_server.https_url}/echo", headers={"Host": "other.example"})).json()
        assert ["host", "other.example"] in echo["headers"]


async def test_many_on_one_connection(nginx: Nginx, certificates: Certificates) -> None:
    limits = Limits(max_connections_per_host=1)
    async with client_for(certificates, limits=limits) as client:
        urls = [f"{nginx.https_url}/echo?{number}" for number in range(200)]
        for number, response in enumerate(await client.parallel_get(urls, limit=100)):
            assert f"GET /echo?{number}\n" in response.text
        stats = client.pool_stats()
        assert (stats.opened, stats.idle, stats.streams, stats.waiting) == (1, 1, 0, 0)


async def test_the_first_requests_wait_for_one_connection(nginx: Nginx, certificates: Certificates) -> None:
    async with client_for(certificates) as client:
        responses = await client.parallel_get([f"{nginx.https_url}/small.txt"] * 100, limit=100)
        assert {response.content for response in responses} == {SMALL}
        assert client.pool_stats().opened == 1


async def test_a_server_that_is_not_there(certificates: Certificates) -> None:
    """Those who wait for a connection do not try one after the other."""
    with black_hole() as port:
        async with client_for(certificates) as client:
            started = monotonic()
            async with client.scope(supervisor=True) as scope:
                jobs = [scope.get(f"https://127.0.0.1:{port}/", timeout=Timeout(10, connect=0.3)) for _ in range(20)]
            for job in jobs:
                with pytest.raises(ConnectTimeout):
                    await job.result()
            assert monotonic() - started < 4
            stats = client.pool_stats()
            assert (stats.open, stats.waiting) == (0, 0)


async def test_through_a_proxy(nginx: Nginx, tinyproxy: Proxy, microsocks: Proxy, certificates: Certificates) -> None:
    for proxy in (tinyproxy, microsocks):
        async with client_for(certificates, proxy=proxy.url) as client:
            assert (await client.get(f"{nginx.https_url}/small.txt")).http_version == "HTTP/2"
            assert (await client.get(f"{nginx.url}/small.txt")).http_version == "HTTP/1.1"
    async with AsyncClient(http1=False, proxy=microsocks.url) as client:
        assert (await client.get(f"{nginx.h2c_url}/small.txt")).http_version == "HTTP/2"


async def test_an_upgrade_takes_http1(asgi_server: AsgiServer, certificates: Certificates) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    async with client_for(certificates) as client:
        await client.get(f"{asgi_server.https_url}/echo")
        async with client.stream("GET", f"{asgi_server.https_url}/ws", headers=headers) as response:
            assert (response.status_code, response.http_version) == (101, "HTTP/1.1")
        assert (await client.get(f"{asgi_server.https_url}/echo")).http_version == "HTTP/2"
        assert [name.rpartition(" ")[2] for name in client.pool_stats().routes][-1:] != ["(HTTP/1.1)"]
    async with client_for(certificates, http1=False) as client:
        with pytest.raises(UnsupportedByEngine, match="http1=False"):
            async with client.stream("GET", f"{asgi_server.https_url}/ws", headers=headers):
                pass


async def test_a_full_connection_makes_a_second_one(nginx: Nginx, certificates: Certificates) -> None:
    engine = NativeEngine(http2_options=Http2Options(max_streams=3))
    async with client_for(certificates, engine=engine) as client:
        async with client.stream("GET", f"{nginx.https_url}/100mb.bin") as first:
            responses = [client.stream("GET", f"{nginx.https_url}/100mb.bin") for _ in range(4)]
            for response in responses:
                await response.__aenter__()
            stats = client.pool_stats()
            assert (stats.open, stats.streams, stats.idle) == (2, 5, 0)
            assert next(iter(stats.routes.values())).streams == 5
            for response in responses:
                await response.__aexit__(None, None, None)
            assert first.status_code == 200
        stats = client.pool_stats()
        assert (stats.open, stats.streams, stats.idle) == (2, 0, 2)


async def test_waiting_for_room_ends_by_the_pool_timeout(nginx: Nginx, certificates: Certificates) -> None:
    engine = NativeEngine(http2_options=Http2Options(max_streams=1), limits=Limits(max_connections=1))
    async with client_for(certificates, engine=engine) as client:
        async with client.stream("GET", f"{nginx.https_url}/100mb.bin"):
            with pytest.raises(PoolTimeout):
                await client.get(f"{nginx.https_url}/small.txt", timeout=Timeout(10, pool=0.1))
            assert client.pool_stats().waiting == 0
        assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL
        assert client.pool_stats().opened == 1


async def test_downloads(nginx: Nginx, certificates: Certificates) -> None:
    async with client_for(certificates) as client:
        assert (await client.get(f"{nginx.https_url}/1mb.bin")).content == MEGABYTE
        size = 0
        async with client.stream("GET", f"{nginx.https_url}/100mb.bin") as response:
            async for piece in response.iter_raw():
                size += len(piece)
        assert size == 100 * 2**20
        assert client.pool_stats().opened == 1


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 3 * 2**20 + 1])
async def test_uploads_from_memory(asgi_server: AsgiServer, certificates: Certificates, size: int) -> None:
    content = (MEGABYTE * 4)[:size]
    async with client_for(certificates) as client:
        got = (await client.post(f"{asgi_server.https_url}/upload", content=content)).json()
        assert (got["length"], got["sha256"]) == (size, hashlib.sha256(content).hexdigest())


async def pieces() -> AsyncIterator[bytes]:
    for _ in range(40):
        yield MEGABYTE[:100_001]


async def test_uploads_from_an_iterator(nginx: Nginx, asgi_server: AsgiServer, certificates: Certificates) -> None:
    content = MEGABYTE[:100_001] * 40
    async with client_for(certificates) as client:
        got = (await client.post(f"{asgi_server.https_url}/upload", content=pieces())).json()
        assert (got["length"], got["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        response = await client.put(f"{nginx.https_url}/uploads/http2", content=pieces())
        assert response.status_code in (201, 204)
        assert (nginx.uploads / "http2").read_bytes() == content


async def test_uploads_side_by_side(asgi_server: AsgiServer, certificates: Certificates) -> None:
    wanted = hashlib.sha256(MEGABYTE).hexdigest()
    async with client_for(certificates, limits=Limits(max_connections=1)) as client:
        async with client.scope() as scope:
            jobs = [scope.post(f"{asgi_server.https_url}/upload", content=MEGABYTE) for _ in range(8)]
        assert [(await job.result()).json()["sha256"] for job in jobs] == [wanted] * 8
        assert client.pool_stats().opened == 1


async def test_an_early_refusal_stops_the_upload(asgi_server: AsgiServer, certificates: Certificates) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 2**30:
            sent += 65536
            yield bytes(65536)

    async with client_for(certificates) as client:
        response = await client.post(f"{asgi_server.https_url}/refuse", content=endless())
        assert response.status_code == 413
        assert sent < 2**28
        assert (await client.get(f"{asgi_server.https_url}/echo")).status_code == 200


async def test_trailers_and_early_hints(asgi_server: AsgiServer, certificates: Certificates) -> None:
    async with client_for(certificates) as client:
        response = await client.get(f"{asgi_server.https_url}/trailers", headers={"TE": "trailers"})
        assert response.trailers["x-checksum"] == "abc"
        response = await client.get(f"{asgi_server.https_url}/hints")
        assert response.status_code == 200
        assert "link" in response.early_hints[0]


async def test_expect(asgi_server: AsgiServer, nginx: Nginx, certificates: Certificates) -> None:
    async with client_for(certificates) as client:
        headers = {"Expect": "100-continue"}
        response = await client.put(f"{nginx.https_url}/uploads/expect", content=MEGABYTE, headers=headers)
        assert response.status_code in (201, 204)
        assert (nginx.uploads / "expect").read_bytes() == MEGABYTE
        response = await client.put(f"{nginx.https_url}/limited/x", content=MEGABYTE, headers=headers)
        assert response.status_code == 413


@pytest.mark.parametrize("count", [20, pytest.param(400, marks=pytest.mark.slow)])
async def test_abandoned_responses_do_not_starve_the_connection(
    nginx: Nginx, certificates: Certificates, count: int
) -> None:
    """httpcore's connection is wedged after two of these."""
    with (nginx.html / "6mb.bin").open("wb") as sparse:
        sparse.truncate(6 * 2**20)
    async with client_for(certificates, limits=Limits(max_connections=1)) as client:
        for _ in range(count):
            async with client.stream("GET", f"{nginx.https_url}/6mb.bin") as response:
                size = 0
                async for piece in response.iter_raw():
                    size += len(piece)
                    if size >= 3 * 2**20:
                        break
        started = monotonic()
        assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL
        assert monotonic() - started < 5
        assert client.pool_stats().opened == 1


async def test_a_dropped_response_frees_its_stream(nginx: Nginx, certificates: Certificates) -> None:
    async with client_for(certificates, limits=Limits(max_connections=1)) as client:
        for _ in range(5):
            request = client.build_request("GET", f"{nginx.https_url}/100mb.bin")
            request.stream = True
            response = await client.send(request)
            assert client.pool_stats().streams == 1
            with pytest.warns(ResourceWarning, match="dropped unread"):
                del response
            assert client.pool_stats().streams == 0
        assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL


async def test_a_slow_reader_holds_up_nobody(nginx: Nginx, certificates: Certificates) -> None:
    async with client_for(certificates, limits=Limits(max_connections=1)) as client:
        streams = [client.stream("GET", f"{nginx.https_url}/100mb.bin") for _ in range(12)]
        for stream in streams:
            await stream.__aenter__()
        assert (await client.get(f"{nginx.https_url}/1mb.bin")).content == MEGABYTE
        for stream in streams:
            await stream.__aexit__(None, None, None)


async def test_what_is_for_a_proxy_stays_here(asgi_server: AsgiServer, certificates: Certificates) -> None:
    """RFC 9110 section 11.7.2."""
    async with client_for(certificates, headers={"Proxy-Authorization": "secret", "X-Mine": "1"}) as client:
        echo = (await client.get(f"{asgi_server.https_url}/echo")).json()
    assert echo["http_version"] == "2"
    assert Headers(echo["headers"]).get("x-mine") == "1"
    assert "proxy-authorization" not in Headers(echo["headers"])


async def test_a_timeout_harms_nobody_else(asgi_server: AsgiServer, certificates: Certificates) -> None:
    """In httpcore, one stream's read timeout ends the whole connection."""
    async with client_for(certificates, limits=Limits(max_connections=1)) as client:
        async with client.scope() as scope:
            slow = [scope.get(f"{asgi_server.https_url}/slow?delay=1") for _ in range(3)]
            for _ in range(3):
                with pytest.raises(ReadTimeout, match=r"nothing came from .*:\d+ for this request for 0.1 s"):
                    await client.get(f"{asgi_server.https_url}/slow?delay=30", timeout=Timeout(10, read=0.1))
            assert [(await job.result()).status_code for job in slow] == [200] * 3
        assert client.pool_stats().opened == 1


async def test_nothing_is_left(nginx: Nginx, certificates: Certificates) -> None:
    with nothing_left():
        async with client_for(certificates) as client:
            await client.get(f"{nginx.https_url}/small.txt")
            async with client.stream("GET", f"{nginx.https_url}/100mb.bin") as response:
                assert response.status_code == 200


async def test_a_bad_certificate_fails(nginx: Nginx) -> None:
    async with AsyncClient(http2=True) as client:
        with pytest.raises(TLSError):
            await client.get(f"{nginx.https_url}/small.txt")


async def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hpack", None)
    with pytest.raises(MissingExtra, match=r"duohttp\[http2\]"):
        AsyncClient(http2=True)

"""HTTP/2 behind every kind of proxy: one tunnel for many requests, and nothing of the proxy's in it."""

from __future__ import annotations

from typing import Any

import pytest

from duohttp import AsyncClient, Headers, NativeEngine, Proxy

from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.nginx import SMALL, Nginx
from ..servers.proxies import Proxy as RunningProxy

pytestmark = pytest.mark.anyio

KINDS = {
    "http-auth": "tinyproxy_auth",
    "https-auth": "https_proxy_auth",
    "socks4": "dante",
    "socks4a": "ssh_proxy",
    "socks5-auth": "microsocks_auth",
    "socks5h": "dante",
}


@pytest.fixture(params=KINDS)
def proxy(request: pytest.FixtureRequest) -> str:
    running: RunningProxy = request.getfixturevalue(KINDS[request.param])
    return f"{request.param.partition('-')[0]}://{running.url.partition('://')[2]}"


async def test_many_requests_share_one_way(
    nginx: Nginx, asgi_server: AsgiServer, certificates: Certificates, proxy: str
) -> None:
    options: dict[str, Any] = {"http2": True, "proxy": proxy, "verify": str(certificates.ca)}
    async with AsyncClient(engine=NativeEngine(), **options) as client:
        assert (await client.get(f"{nginx.https_url}/small.txt")).content == SMALL
        urls = [f"{nginx.https_url}/small.txt"] * 20
        responses = await client.parallel_get(urls, limit=10)
        assert {(response.http_version, response.content) for response in responses} == {("HTTP/2", SMALL)}
        assert client.pool_stats().opened == 1
        echo = (await client.get(f"{asgi_server.https_url}/echo", headers={"Proxy-Authorization": "secret"})).json()
        assert echo["http_version"] == "2"
        assert "proxy-authorization" not in Headers(echo["headers"])
        # Plain http is HTTP/1.1, and so is what a proxy forwards.
        assert (await client.get(f"{nginx.url}/small.txt")).http_version == "HTTP/1.1"


async def test_each_login_has_its_own_connection(
    nginx: Nginx, certificates: Certificates, tinyproxy: RunningProxy
) -> None:
    async with AsyncClient(engine=NativeEngine(), http2=True, verify=str(certificates.ca)) as client:
        ways = [None, tinyproxy.url, Proxy(tinyproxy.url, username="a"), Proxy(tinyproxy.url, username="b")]
        for _ in range(2):
            for way in ways:
                response = await client.get(f"{nginx.https_url}/small.txt", proxy=way)
                assert (response.http_version, response.content) == ("HTTP/2", SMALL)
        assert client.pool_stats().opened == len(ways)


async def test_prior_knowledge_behind_socks(nginx: Nginx, microsocks: RunningProxy, tinyproxy: RunningProxy) -> None:
    async with AsyncClient(engine=NativeEngine(), http1=False, http2=True, proxy=microsocks.url) as client:
        response = await client.get(f"{nginx.h2c_url}/small.txt")
        assert (response.http_version, response.content) == ("HTTP/2", SMALL)
        # A proxy that forwards is spoken to by HTTP/1.1, whatever it speaks on.
        response = await client.get(f"{nginx.url}/small.txt", proxy=tinyproxy.url)
        assert (response.http_version, response.content) == ("HTTP/1.1", SMALL)

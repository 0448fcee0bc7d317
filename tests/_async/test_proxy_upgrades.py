"""Connections that leave HTTP behind a proxy: after 101 the bytes are the server's and the client's alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import AsyncClient, Limits, NativeEngine, Proxy

from ..faults.leaks import nothing_left
from ..faults.scripted_server import Peer, ScriptedServer, scripted_server, trusting_context
from ..servers.certificates import Certificates
from ..servers.proxies import Proxy as RunningProxy

pytestmark = pytest.mark.anyio

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
EVERY_BYTE = bytes(range(256))
LONG = EVERY_BYTE * 256

KINDS = {
    "http": "tinyproxy",
    "http-auth": "tinyproxy_auth",
    "https": "https_proxy",
    "https-auth": "https_proxy_auth",
    "socks4": "dante",
    "socks4a": "ssh_proxy",
    "socks5": "microsocks",
    "socks5-auth": "microsocks_auth",
    "socks5h": "dante",
}


def echo(peer: Peer) -> None:
    """Switch, with the first bytes of the new protocol in the same packet, and say everything back."""
    peer.read_request()
    peer.send(SWITCH + b"hello")
    while data := peer.receive():
        peer.send(data)


@pytest.fixture(params=["plain", "tls"])
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    with nothing_left(), scripted_server(tls=request.param == "tls") as server:
        yield server


@pytest.mark.parametrize("kind", KINDS)
async def test_upgrades(
    request: pytest.FixtureRequest,
    server: ScriptedServer,
    certificates: Certificates,
    kind: str,
) -> None:
    running: RunningProxy = request.getfixturevalue(KINDS[kind])
    proxy = Proxy(f"{kind.partition('-')[0]}://{running.url.partition('://')[2]}", verify=str(certificates.ca))
    server.then(echo)
    options: dict[str, Any] = {
        "proxy": proxy,
        "verify": trusting_context(),
        "limits": Limits(max_connections=1),
        "timeout": 10,
    }
    async with AsyncClient(engine=NativeEngine(), **options) as client:
        upgrade = {"Connection": "Upgrade", "Upgrade": "echo"}
        async with client.stream("GET", server.url("/echo"), headers=upgrade) as response:
            assert response.status_code == 101
            stream = response.network_stream
            assert await read(stream, 5) == b"hello"
            for data in (b"\r\n\r\n", EVERY_BYTE, LONG):
                await stream.write(data)
                assert await read(stream, len(data)) == data
        # What left HTTP is closed, its slot is free, and the next request is one of HTTP.
        assert client.pool_stats().open == 0
        assert (await client.get(server.url("/well"))).content == b"GET /well 0"
    first = server.received[0]
    assert first.target == "/echo"
    assert not [name for name in first.headers if name.startswith("proxy")]


async def read(stream: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = await stream.read(65536)
        assert piece
        data += piece
    return data

"""WebSockets against real servers: the websockets package, and hypercorn."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AsyncWebSocket,
    BasicAuth,
    ClientStatusError,
    ConnectError,
    Converters,
    DecodingError,
    DefaultRequest,
    EngineOptions,
    HttpcoreEngine,
    InvalidBody,
    InvalidRequest,
    JsonConverter,
    Logging,
    NativeEngine,
    PerMessageDeflate,
    ReadTimeout,
    StreamClosed,
    Timeout,
    UnsupportedByEngine,
    WebSocketClosed,
    WebSocketError,
    WriteTimeout,
)
from duohttp._concurrency import async_sleep

from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.proxies import Proxy
from ..servers.raw_websocket import RawWebSocket, RawWebSocketServer, frame
from ..servers.websockets_server import WebSocketServer

pytestmark = pytest.mark.anyio

Clients = Callable[..., AsyncClient]


@pytest.fixture(params=[NativeEngine, HttpcoreEngine], ids=["native", "httpcore"])
def client_of(request: pytest.FixtureRequest, certificates: Certificates) -> Clients:
    engine: type[EngineOptions] = request.param
    return lambda **options: AsyncClient(engine=engine(), verify=str(certificates.ca), **options)


@dataclass
class Point:
    x: int
    y: int


@pytest.mark.parametrize("compression", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
@pytest.mark.parametrize("size", [0, 125, 126, 65536, 300_000])
async def test_echo(
    client_of: Clients, websocket_server: WebSocketServer, size: int, tls: bool, compression: bool
) -> None:
    url = (websocket_server.wss_url if tls else websocket_server.url) + "/echo"
    binary = os.urandom(size)
    text = ("Größe " * size)[:size]
    async with client_of() as client, client.websocket(url, compression=compression) as ws:
        for _ in range(3):
            await ws.send(binary)
            assert await ws.receive() == binary
            await ws.send(text)
            assert await ws.receive() == text
    assert ws.close_code == 1000


async def test_hypercorn_and_its_close_codes(client_of: Clients, asgi_server: AsgiServer) -> None:
    async with client_of(base_url=asgi_server.url) as client:
        async with client.websocket("/ws", subprotocols=["chat", "other"]) as ws:
            assert ws.subprotocol == "chat"
            await ws.send_text("hello")
            assert await ws.receive_text() == "hello"
            await ws.send_bytes(b"\x00\xff")
            assert await ws.receive_bytes() == b"\x00\xff"
            await ws.send("close")
            with pytest.raises(WebSocketClosed, match="4000") as caught:
                await ws.receive()
        assert caught.value.code == ws.close_code == 4000
        assert ws.is_closed
        assert client.pool_stats().open == 0


async def test_http2_is_left_aside(client_of: Clients, asgi_server: AsgiServer) -> None:
    try:
        client = client_of(http2=True)
    except UnsupportedByEngine:
        pytest.skip("the engine has no HTTP/2")
    async with client:
        assert (await client.get(asgi_server.https_url + "/echo")).http_version == "HTTP/2"
        async with client.websocket(asgi_server.wss_url + "/ws") as ws:
            await ws.send("x")
            assert await ws.receive() == "x"
        assert (await client.get(asgi_server.https_url + "/echo")).http_version == "HTTP/2"


async def test_through_a_proxy(client_of: Clients, websocket_server: WebSocketServer, tinyproxy_auth: Proxy) -> None:
    async with client_of(proxy=tinyproxy_auth.url) as client:
        async with client.websocket(websocket_server.wss_url + "/echo") as ws:
            await ws.send("over TLS")
            assert await ws.receive() == "over TLS"
        plain = client.websocket(websocket_server.url + "/echo")
        if "HttpcoreEngine" in client.describe():
            with pytest.raises(UnsupportedByEngine, match="makes no tunnels"):
                await plain.__aenter__()
            return
        async with plain as ws:
            await ws.send("plain")
            assert await ws.receive() == "plain"
        assert f"CONNECT {websocket_server.url.removeprefix('ws://')}" in tinyproxy_auth.log()


async def test_through_a_socks_proxy(
    client_of: Clients, websocket_server: WebSocketServer, microsocks_auth: Proxy
) -> None:
    async with client_of(proxy=microsocks_auth.url) as client:
        for url in (websocket_server.wss_url, websocket_server.url):
            async with client.websocket(url + "/echo") as ws:
                await ws.send("through")
                assert await ws.receive() == "through"


async def test_auth_and_cookies_go_with_the_handshake(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async with client_of(cookies={"session": "abc"}) as client:
        async with client.websocket(websocket_server.url + "/basic", auth=("user", "secret")) as ws:
            headers = await ws.receive(dict)
            assert headers["cookie"] == "session=abc"
            assert headers["user-agent"].startswith("duohttp/")
        # An auth plugin that waits to be asked: the 401 is answered, and the second handshake is the WebSocket's.
        async with client.websocket(websocket_server.url + "/basic", auth=BasicAuth("user", "secret")) as ws:
            assert (await ws.receive(dict))["authorization"].startswith("Basic ")


async def test_a_refusal_has_status_and_body(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async with client_of() as client:
        with pytest.raises(WebSocketError, match="403 Forbidden to the WebSocket handshake") as caught:
            async with client.websocket(websocket_server.url + "/refuse/403"):
                raise AssertionError("it was refused")
        assert not isinstance(caught.value, WebSocketClosed)
        assert caught.value.response is not None
        assert caught.value.response.status_code == 403
        assert caught.value.response.text == "not you\n"
        with pytest.raises(ClientStatusError):
            async with client.websocket(websocket_server.url + "/refuse/403", expect_success=True):
                raise AssertionError("it was refused")


async def test_typed_messages(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async with client_of(base_url=websocket_server.url.replace("ws", "http")) as client:
        async with client.websocket("/echo", into=Point) as ws:
            await ws.send(Point(1, 2))
            assert await ws.receive() == Point(1, 2)
            await ws.send_json({"x": 3, "y": 4})
            assert await ws.receive(dict) == {"x": 3, "y": 4}
            await ws.send_json("text")
            assert await ws.receive_json() == "text"
            await ws.send([1, 2])
            assert await ws.receive(list[int]) == [1, 2]
            await ws.send('{"x": "wrong"}')
            with pytest.raises(DecodingError, match="x"):
                await ws.receive()
            await ws.send(b"bytes")
            with pytest.raises(DecodingError, match="a binary message came"):
                await ws.receive_text()
            await ws.send("text")
            with pytest.raises(DecodingError, match="a text message came"):
                await ws.receive(bytes)


async def test_what_can_not_be_sent(client_of: Clients, websocket_server: WebSocketServer) -> None:
    wrong: Any = 5
    async with client_of() as client, client.websocket(websocket_server.url + "/echo") as ws:
        for send in (ws.send_text, ws.send_bytes):
            with pytest.raises(InvalidBody):
                await send(wrong)
        with pytest.raises(InvalidBody, match="surrogates"):
            await ws.send("\ud800")
        with pytest.raises(InvalidBody):
            await ws.send(object())
        with pytest.raises(InvalidBody, match="125"):
            await ws.ping(b"x" * 126)
        for code in (999, 1004, 1005, 1006, 1015, 2999, 5000, True):
            with pytest.raises(InvalidRequest, match="close code"):
                await ws.aclose(code)
        with pytest.raises(InvalidRequest, match="123 bytes"):
            await ws.aclose(1000, "x" * 124)
        await ws.send("still open")
        assert await ws.receive() == "still open"


async def test_fragments(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async def pieces() -> AsyncIterator[str]:
        yield "Gr"
        yield "ö"
        yield ""
        yield "ße"

    async with client_of() as client, client.websocket(websocket_server.url + "/echo", compression=True) as ws:
        await ws.send(pieces())
        assert await ws.receive() == "Größe"
        await ws.send(iter([b"a", memoryview(b"b"), bytearray(b"c")]))
        assert await ws.receive() == b"abc"
        await ws.send(iter([]))
        await ws.send("next")
        assert await ws.receive() == "next"
        with pytest.raises(InvalidBody, match="all str or all bytes"):
            await ws.send(iter(["a", b"b"]))
        assert ws.close_code == 1011
        with pytest.raises(WebSocketClosed):
            await ws.send("more")


async def test_iteration_ends_with_the_server(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async with client_of() as client:
        async with client.websocket(websocket_server.url + "/push?n=100&size=1000") as ws:
            found = [message async for message in ws]
        assert found == [str(number).rjust(1000, ".") for number in range(100)]
        async with client.websocket(websocket_server.url + "/close?code=1008&reason=no") as ws:
            with pytest.raises(WebSocketClosed, match=r"\(1008\): no"):
                [message async for message in ws]
        assert ws.close_reason == "no"
        async with client.websocket(websocket_server.url + "/vanish") as ws:
            await ws.send("x")
            assert await ws.receive() == "x"
            with pytest.raises(WebSocketClosed, match="1006") as caught:
                await ws.receive()
            assert caught.value.code == 1006


async def test_pings(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async with client_of() as client:
        async with client.websocket(websocket_server.url + "/pings?n=20") as ws:
            assert await ws.receive() == "20"
        async with client.websocket(websocket_server.url + "/echo") as ws:
            await ws.send("before")
            assert 0 < await ws.ping() < 20
            assert await ws.ping(b"named", timeout=10) > 0
            assert await ws.receive() == "before"


async def test_a_receive_that_takes_too_long_harms_nothing(
    client_of: Clients, websocket_server: WebSocketServer
) -> None:
    async with client_of() as client, client.websocket(websocket_server.wss_url + "/echo") as ws:
        with pytest.raises(ReadTimeout):
            await ws.receive(timeout=0.01)
        await ws.send("x")
        assert await ws.receive(timeout=10) == "x"


async def test_a_server_that_is_silent_is_given_up(client_of: Clients, websocket_server: WebSocketServer) -> None:
    options: dict[str, Any] = {"ping_interval": 0.05, "ping_timeout": 0.2}
    async with client_of() as client:
        async with client.websocket(websocket_server.url + "/deaf", **options) as ws:
            with pytest.raises(WebSocketClosed, match=r"1011.*no pong came for 0.2 s"):
                await ws.receive()
        # One that answers pings may be silent for as long as it likes.
        async with client.websocket(websocket_server.url + "/echo", **options) as ws:
            with pytest.raises(ReadTimeout):
                await ws.receive(timeout=0.8)
            await ws.send("x")
            assert await ws.receive() == "x"


async def test_a_server_that_takes_nothing_ends_a_send(client_of: Clients, websocket_server: WebSocketServer) -> None:
    async with client_of() as client:
        timeout = Timeout(write=0.2)
        async with client.websocket(websocket_server.url + "/deaf", timeout=timeout) as ws:
            with pytest.raises(WriteTimeout):
                await ws.send(b"x" * 50_000_000)
            assert ws.close_code == 1006
            with pytest.raises(WebSocketClosed):
                await ws.send("more")


async def test_it_is_for_a_with_block(websocket_server: WebSocketServer) -> None:
    async with AsyncClient() as client:
        ws = client.websocket(websocket_server.url + "/echo")
        with pytest.raises(StreamClosed, match="with block"):
            await ws.send("x")
        with pytest.raises(StreamClosed, match="with block"):
            await ws.receive()
        async with ws:
            pass
        with pytest.raises(WebSocketClosed):
            await ws.send("x")
        with pytest.raises(RuntimeError, match="entered already"):
            async with ws:
                pass


async def test_it_connects_again(client_of: Clients, websocket_server: WebSocketServer) -> None:
    key = os.urandom(8).hex()
    subscribed = []

    async def subscribe(ws: AsyncWebSocket[str | bytes]) -> None:
        subscribed.append(await ws.receive())

    url = f"{websocket_server.url}/flaky/{key}?after=2"
    async with client_of() as client:
        async with client.websocket(url, reconnect=True, reconnect_delay=0.01, on_connect=subscribe) as ws:
            for _ in range(2):
                await ws.send("make it vanish")
                with pytest.raises(ReadTimeout):
                    await ws.receive(timeout=0.2)
            await ws.send("x")
            assert await ws.receive() == "x"
            assert subscribed == ["1", "2", "3"]
        assert client.pool_stats().open == 0


async def test_connecting_again_is_bounded(client_of: Clients) -> None:
    async with client_of() as client:
        with pytest.raises(ConnectError):
            async with client.websocket("ws://127.0.0.1:1/", reconnect=True):
                pass


async def test_compression_as_it_is_asked_for(client_of: Clients, websocket_server: WebSocketServer) -> None:
    options = PerMessageDeflate(
        server_context_takeover=False, client_context_takeover=False, server_max_window_bits=9, client_max_window_bits=9
    )
    async with client_of() as client, client.websocket(websocket_server.url + "/echo", compression=options) as ws:
        assert ws.response is not None
        agreed = ws.response.headers["sec-websocket-extensions"]
        assert "server_no_context_takeover" in agreed
        assert "server_max_window_bits=9" in agreed
        for number in range(100):  # Ktor's: binary frames that grow
            message = os.urandom(number) + b"a" * number
            await ws.send(message)
            assert await ws.receive() == message


# What Ktor's own tests ask, too


async def test_defaults_of_the_client(client_of: Clients, websocket_server: WebSocketServer) -> None:
    where = websocket_server.url.replace("ws:", "http:")
    options: dict[str, Any] = {"plugins": [DefaultRequest(base_url=where, headers={"X-Default": "yes"})]}
    async with client_of(**options) as client, client.websocket("headers") as ws:
        assert (await ws.receive(dict))["x-default"] == "yes"


async def test_a_hundred_objects_by_a_converter_of_the_client(
    client_of: Clients, websocket_server: WebSocketServer
) -> None:
    converters = Converters(JsonConverter("json"))
    points = [Point(number, -number) for number in range(100)]
    async with client_of(converters=converters) as client, client.websocket(websocket_server.url + "/echo") as ws:
        for point in points:
            await ws.send_json(point)
        assert [await ws.receive(Point) for _ in points] == points


async def test_a_total_time_of_the_client_is_for_requests(
    client_of: Clients, websocket_server: WebSocketServer
) -> None:
    async with client_of(timeout=Timeout(total=0.2)) as client:
        async with client.websocket(websocket_server.url + "/echo") as ws:
            with pytest.raises(ReadTimeout):
                await ws.receive(timeout=0.4)
            await ws.send("still here")
            assert await ws.receive() == "still here"


async def test_a_log_leaves_it_alone(
    client_of: Clients, websocket_server: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with client_of(plugins=[Logging()]) as client:
        async with client.websocket(websocket_server.url + "/echo") as ws:
            for number in range(10):
                await ws.send(f"text {number}")
                await ws.send(b"binary %d" % number)
                assert await ws.receive() == f"text {number}"
                assert await ws.receive() == b"binary %d" % number
    assert "101" in caplog.text
    assert "binary" not in caplog.text


async def test_a_server_waits_for_who_does_not_receive(client_of: Clients) -> None:
    stuck = threading.Event()
    message = frame(2, b"x" * 60_000)

    def push(ws: RawWebSocket) -> int:
        """Send until nothing is taken any more, then a last word; return how many messages that were."""
        ws.connection.settimeout(0.5)
        count = 0
        rest = b""
        try:
            while True:
                if not rest:
                    count += 1
                    rest = message
                rest = rest[ws.connection.send(rest) :]
        except TimeoutError:
            stuck.set()
        ws.connection.settimeout(30)
        ws.send(rest + frame(1, b"%d" % count))
        ws.read_to_end()
        return count

    with RawWebSocketServer(push) as server:
        async with client_of() as client, client.websocket(server.url) as ws:
            while not stuck.is_set():
                await async_sleep(0.01)
            count = 0
            while isinstance(await ws.receive(timeout=20), bytes):
                count += 1
        (sent,) = server.finish()
    assert count == sent
    assert 0 < count < 1000  # 60 MB

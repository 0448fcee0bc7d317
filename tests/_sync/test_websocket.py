# Generated from tests/_async/test_websocket.py by scripts/generate_sync.py. Do not edit.
"""WebSockets against real servers: the websockets package, and hypercorn."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from duohttp import (
    BasicAuth,
    Client,
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
    WebSocket,
    WebSocketClosed,
    WebSocketError,
    WriteTimeout,
)
from duohttp._concurrency import sleep

from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.proxies import Proxy
from ..servers.raw_websocket import RawWebSocket, RawWebSocketServer, frame
from ..servers.websockets_server import WebSocketServer

pytestmark = pytest.mark.anyio

Clients = Callable[..., Client]


@pytest.fixture(params=[NativeEngine, HttpcoreEngine], ids=["native", "httpcore"])
def client_of(request: pytest.FixtureRequest, certificates: Certificates) -> Clients:
    engine: type[EngineOptions] = request.param
    return lambda **options: Client(engine=engine(), verify=str(certificates.ca), **options)


@dataclass
class Point:
    x: int
    y: int


@pytest.mark.parametrize("compression", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
@pytest.mark.parametrize("size", [0, 125, 126, 65536, 300_000])
def test_echo(client_of: Clients, websocket_server: WebSocketServer, size: int, tls: bool, compression: bool) -> None:
    url = (websocket_server.wss_url if tls else websocket_server.url) + "/echo"
    binary = os.urandom(size)
    text = ("Größe " * size)[:size]
    with client_of() as client, client.websocket(url, compression=compression) as ws:
        for _ in range(3):
            ws.send(binary)
            assert ws.receive() == binary
            ws.send(text)
            assert ws.receive() == text
    assert ws.close_code == 1000


def test_hypercorn_and_its_close_codes(client_of: Clients, asgi_server: AsgiServer) -> None:
    with client_of(base_url=asgi_server.url) as client:
        with client.websocket("/ws", subprotocols=["chat", "other"]) as ws:
            assert ws.subprotocol == "chat"
            ws.send_text("hello")
            assert ws.receive_text() == "hello"
            ws.send_bytes(b"\x00\xff")
            assert ws.receive_bytes() == b"\x00\xff"
            ws.send("close")
            with pytest.raises(WebSocketClosed, match="4000") as caught:
                ws.receive()
        assert caught.value.code == ws.close_code == 4000
        assert ws.is_closed
        assert client.pool_stats().open == 0


def test_http2_is_left_aside(client_of: Clients, asgi_server: AsgiServer) -> None:
    try:
        client = client_of(http2=True)
    except UnsupportedByEngine:
        pytest.skip("the engine has no HTTP/2")
    with client:
        assert (client.get(asgi_server.https_url + "/echo")).http_version == "HTTP/2"
        with client.websocket(asgi_server.wss_url + "/ws") as ws:
            ws.send("x")
            assert ws.receive() == "x"
        assert (client.get(asgi_server.https_url + "/echo")).http_version == "HTTP/2"


def test_through_a_proxy(client_of: Clients, websocket_server: WebSocketServer, tinyproxy_auth: Proxy) -> None:
    with client_of(proxy=tinyproxy_auth.url) as client:
        with client.websocket(websocket_server.wss_url + "/echo") as ws:
            ws.send("over TLS")
            assert ws.receive() == "over TLS"
        plain = client.websocket(websocket_server.url + "/echo")
        if "HttpcoreEngine" in client.describe():
            with pytest.raises(UnsupportedByEngine, match="makes no tunnels"):
                plain.__enter__()
            return
        with plain as ws:
            ws.send("plain")
            assert ws.receive() == "plain"
        assert f"CONNECT {websocket_server.url.removeprefix('ws://')}" in tinyproxy_auth.log()


def test_through_a_socks_proxy(client_of: Clients, websocket_server: WebSocketServer, microsocks_auth: Proxy) -> None:
    with client_of(proxy=microsocks_auth.url) as client:
        for url in (websocket_server.wss_url, websocket_server.url):
            with client.websocket(url + "/echo") as ws:
                ws.send("through")
                assert ws.receive() == "through"


def test_auth_and_cookies_go_with_the_handshake(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of(cookies={"session": "abc"}) as client:
        with client.websocket(websocket_server.url + "/basic", auth=("user", "secret")) as ws:
            headers = ws.receive(dict)
            assert headers["cookie"] == "session=abc"
            assert headers["user-agent"].startswith("duohttp/")
        # An auth plugin that waits to be asked: the 401 is answered, and the second handshake is the WebSocket's.
        with client.websocket(websocket_server.url + "/basic", auth=BasicAuth("user", "secret")) as ws:
            assert (ws.receive(dict))["authorization"].startswith("Basic ")


def test_a_refusal_has_status_and_body(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of() as client:
        with pytest.raises(WebSocketError, match="403 Forbidden to the WebSocket handshake") as caught:
            with client.websocket(websocket_server.url + "/refuse/403"):
                raise AssertionError("it was refused")
        assert not isinstance(caught.value, WebSocketClosed)
        assert caught.value.response is not None
        assert caught.value.response.status_code == 403
        assert caught.value.response.text == "not you\n"
        with pytest.raises(ClientStatusError):
            with client.websocket(websocket_server.url + "/refuse/403", expect_success=True):
                raise AssertionError("it was refused")


def test_typed_messages(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of(base_url=websocket_server.url.replace("ws", "http")) as client:
        with client.websocket("/echo", into=Point) as ws:
            ws.send(Point(1, 2))
            assert ws.receive() == Point(1, 2)
            ws.send_json({"x": 3, "y": 4})
            assert ws.receive(dict) == {"x": 3, "y": 4}
            ws.send_json("text")
            assert ws.receive_json() == "text"
            ws.send([1, 2])
            assert ws.receive(list[int]) == [1, 2]
            ws.send('{"x": "wrong"}')
            with pytest.raises(DecodingError, match="x"):
                ws.receive()
            ws.send(b"bytes")
            with pytest.raises(DecodingError, match="a binary message came"):
                ws.receive_text()
            ws.send("text")
            with pytest.raises(DecodingError, match="a text message came"):
                ws.receive(bytes)


def test_what_can_not_be_sent(client_of: Clients, websocket_server: WebSocketServer) -> None:
    wrong: Any = 5
    with client_of() as client, client.websocket(websocket_server.url + "/echo") as ws:
        for send in (ws.send_text, ws.send_bytes):
            with pytest.raises(InvalidBody):
                send(wrong)
        with pytest.raises(InvalidBody, match="surrogates"):
            ws.send("\ud800")
        with pytest.raises(InvalidBody):
            ws.send(object())
        with pytest.raises(InvalidBody, match="125"):
            ws.ping(b"x" * 126)
        for code in (999, 1004, 1005, 1006, 1015, 2999, 5000, True):
            with pytest.raises(InvalidRequest, match="close code"):
                ws.close(code)
        with pytest.raises(InvalidRequest, match="123 bytes"):
            ws.close(1000, "x" * 124)
        ws.send("still open")
        assert ws.receive() == "still open"


def test_fragments(client_of: Clients, websocket_server: WebSocketServer) -> None:
    def pieces() -> Iterator[str]:
        yield "Gr"
        yield "ö"
        yield ""
        yield "ße"

    with client_of() as client, client.websocket(websocket_server.url + "/echo", compression=True) as ws:
        ws.send(pieces())
        assert ws.receive() == "Größe"
        ws.send(iter([b"a", memoryview(b"b"), bytearray(b"c")]))
        assert ws.receive() == b"abc"
        ws.send(iter([]))
        ws.send("next")
        assert ws.receive() == "next"
        with pytest.raises(InvalidBody, match="all str or all bytes"):
            ws.send(iter(["a", b"b"]))
        assert ws.close_code == 1011
        with pytest.raises(WebSocketClosed):
            ws.send("more")


def test_iteration_ends_with_the_server(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of() as client:
        with client.websocket(websocket_server.url + "/push?n=100&size=1000") as ws:
            found = [message for message in ws]
        assert found == [str(number).rjust(1000, ".") for number in range(100)]
        with client.websocket(websocket_server.url + "/close?code=1008&reason=no") as ws:
            with pytest.raises(WebSocketClosed, match=r"\(1008\): no"):
                [message for message in ws]
        assert ws.close_reason == "no"
        with client.websocket(websocket_server.url + "/vanish") as ws:
            ws.send("x")
            assert ws.receive() == "x"
            with pytest.raises(WebSocketClosed, match="1006") as caught:
                ws.receive()
            assert caught.value.code == 1006


def test_pings(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of() as client:
        with client.websocket(websocket_server.url + "/pings?n=20") as ws:
            assert ws.receive() == "20"
        with client.websocket(websocket_server.url + "/echo") as ws:
            ws.send("before")
            assert 0 < ws.ping() < 20
            assert ws.ping(b"named", timeout=10) > 0
            assert ws.receive() == "before"


def test_a_receive_that_takes_too_long_harms_nothing(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of() as client, client.websocket(websocket_server.wss_url + "/echo") as ws:
        with pytest.raises(ReadTimeout):
            ws.receive(timeout=0.01)
        ws.send("x")
        assert ws.receive(timeout=10) == "x"


def test_a_server_that_is_silent_is_given_up(client_of: Clients, websocket_server: WebSocketServer) -> None:
    options: dict[str, Any] = {"ping_interval": 0.05, "ping_timeout": 0.2}
    with client_of() as client:
        with client.websocket(websocket_server.url + "/deaf", **options) as ws:
            with pytest.raises(WebSocketClosed, match=r"1011.*no pong came for 0.2 s"):
                ws.receive()
        # One that answers pings may be silent for as long as it likes.
        with client.websocket(websocket_server.url + "/echo", **options) as ws:
            with pytest.raises(ReadTimeout):
                ws.receive(timeout=0.8)
            ws.send("x")
            assert ws.receive() == "x"


def test_a_server_that_takes_nothing_ends_a_send(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of() as client:
        timeout = Timeout(write=0.2)
        with client.websocket(websocket_server.url + "/deaf", timeout=timeout) as ws:
            with pytest.raises(WriteTimeout):
                ws.send(b"x" * 50_000_000)
            assert ws.close_code == 1006
            with pytest.raises(WebSocketClosed):
                ws.send("more")


def test_it_is_for_a_with_block(websocket_server: WebSocketServer) -> None:
    with Client() as client:
        ws = client.websocket(websocket_server.url + "/echo")
        with pytest.raises(StreamClosed, match="with block"):
            ws.send("x")
        with pytest.raises(StreamClosed, match="with block"):
            ws.receive()
        with ws:
            pass
        with pytest.raises(WebSocketClosed):
            ws.send("x")
        with pytest.raises(RuntimeError, match="entered already"):
            with ws:
                pass


def test_it_connects_again(client_of: Clients, websocket_server: WebSocketServer) -> None:
    key = os.urandom(8).hex()
    subscribed = []

    def subscribe(ws: WebSocket[str | bytes]) -> None:
        subscribed.append(ws.receive())

    url = f"{websocket_server.url}/flaky/{key}?after=2"
    with client_of() as client:
        with client.websocket(url, reconnect=True, reconnect_delay=0.01, on_connect=subscribe) as ws:
            for _ in range(2):
                ws.send("make it vanish")
                with pytest.raises(ReadTimeout):
                    ws.receive(timeout=0.2)
            ws.send("x")
            assert ws.receive() == "x"
            assert subscribed == ["1", "2", "3"]
        assert client.pool_stats().open == 0


def test_connecting_again_is_bounded(client_of: Clients) -> None:
    with client_of() as client:
        with pytest.raises(ConnectError):
            with client.websocket("ws://127.0.0.1:1/", reconnect=True):
                pass


def test_compression_as_it_is_asked_for(client_of: Clients, websocket_server: WebSocketServer) -> None:
    options = PerMessageDeflate(
        server_context_takeover=False, client_context_takeover=False, server_max_window_bits=9, client_max_window_bits=9
    )
    with client_of() as client, client.websocket(websocket_server.url + "/echo", compression=options) as ws:
        assert ws.response is not None
        agreed = ws.response.headers["sec-websocket-extensions"]
        assert "server_no_context_takeover" in agreed
        assert "server_max_window_bits=9" in agreed
        for number in range(100):  # Ktor's: binary frames that grow
            message = os.urandom(number) + b"a" * number
            ws.send(message)
            assert ws.receive() == message


# What Ktor's own tests ask, too


def test_defaults_of_the_client(client_of: Clients, websocket_server: WebSocketServer) -> None:
    where = websocket_server.url.replace("ws:", "http:")
    options: dict[str, Any] = {"plugins": [DefaultRequest(base_url=where, headers={"X-Default": "yes"})]}
    with client_of(**options) as client, client.websocket("headers") as ws:
        assert (ws.receive(dict))["x-default"] == "yes"


def test_a_hundred_objects_by_a_converter_of_the_client(client_of: Clients, websocket_server: WebSocketServer) -> None:
    converters = Converters(JsonConverter("json"))
    points = [Point(number, -number) for number in range(100)]
    with client_of(converters=converters) as client, client.websocket(websocket_server.url + "/echo") as ws:
        for point in points:
            ws.send_json(point)
        assert [ws.receive(Point) for _ in points] == points


def test_a_total_time_of_the_client_is_for_requests(client_of: Clients, websocket_server: WebSocketServer) -> None:
    with client_of(timeout=Timeout(total=0.2)) as client:
        with client.websocket(websocket_server.url + "/echo") as ws:
            with pytest.raises(ReadTimeout):
                ws.receive(timeout=0.4)
            ws.send("still here")
            assert ws.receive() == "still here"


def test_a_log_leaves_it_alone(
    client_of: Clients, websocket_server: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with client_of(plugins=[Logging()]) as client:
        with client.websocket(websocket_server.url + "/echo") as ws:
            for number in range(10):
                ws.send(f"text {number}")
                ws.send(b"binary %d" % number)
                assert ws.receive() == f"text {number}"
                assert ws.receive() == b"binary %d" % number
    assert "101" in caplog.text
    assert "binary" not in caplog.text


def test_a_server_waits_for_who_does_not_receive(client_of: Clients) -> None:
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
        with client_of() as client, client.websocket(server.url) as ws:
            while not stuck.is_set():
                sleep(0.01)
            count = 0
            while isinstance(ws.receive(timeout=20), bytes):
                count += 1
        (sent,) = server.finish()
    assert count == sent
    assert 0 < count < 1000  # 60 MB

# Generated from tests/_async/test_asgi_sockets.py by scripts/generate_sync.py. Do not edit.
"""WebSockets of an ASGI application: bytes by RFC 6455 on the client's side, events on the application's."""

from __future__ import annotations

import logging
import sys
from typing import Any

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, Pong, TextMessage

from duohttp import (
    ApplicationError,
    AsgiEngine,
    Client,
    MissingExtra,
    ReadTimeout,
    Response,
    StreamClosed,
    WebSocketClosed,
    WebSocketError,
    WriteTimeout,
)
from duohttp._concurrency import monotonic, sleep

from ..apps.sockets import ACCEPT, BROKEN, SocketScript, brief, echo

pytestmark = pytest.mark.anyio

HANDSHAKE = {
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duohttp._apps.asgi_host.GRACE", 0.1)


def client_of(application: Any, **options: Any) -> Client:
    return Client(engine=AsgiEngine(application, lifespan="off", **options), base_url="http://app.test")


class Socket:
    """The client's half of RFC 6455 over a response's network stream."""

    def __init__(self, response: Response) -> None:
        self.stream = response.network_stream
        self.connection = Connection(ConnectionType.CLIENT)

    def send(self, event: Event) -> None:
        self.stream.write(self.connection.send(event), 5)

    def receive(self) -> Any:
        """Return the next event, a message as a whole, or None at the end."""
        parts: list[Any] = []
        while True:
            for event in self.connection.events():
                if not isinstance(event, Message):
                    return event
                parts.append(event.data)
                if event.message_finished:
                    return type(event)(data=type(event.data)().join(parts))
            data = self.stream.read(4096, 5)
            if not data:
                return None
            self.connection.receive_data(data)


def until(condition: Any) -> None:
    """Wait for what another thread or task does."""
    end = monotonic() + 10
    while not condition():
        assert monotonic() < end, "it did not happen"
        sleep(0.002)


def test_handshake_and_scope() -> None:
    script = SocketScript(ACCEPT)
    with client_of(script) as client:
        headers = {**HANDSHAKE, "Sec-WebSocket-Protocol": "chat, superchat"}
        with client.stream("GET", "https://app.test/a%20b?c", headers=headers) as response:
            assert (response.status_code, response.reason_phrase) == (101, "Switching Protocols")
            # The example of RFC 6455 section 1.3.
            assert response.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
            assert response.headers["Upgrade"] == "websocket"
            assert "sec-websocket-protocol" not in response.headers
    scope = script.scope
    assert (scope["type"], scope["scheme"], scope["path"]) == ("websocket", "wss", "/a b")
    assert (scope["query_string"], scope["subprotocols"]) == (b"c", ["chat", "superchat"])
    assert scope["extensions"] == {"websocket.http.response": {}}
    assert "method" not in scope


def test_messages_of_both_kinds() -> None:
    with client_of(echo) as client:
        headers = {**HANDSHAKE, "Sec-WebSocket-Protocol": "chat, superchat"}
        with client.stream("GET", "ws", headers=headers) as response:
            assert response.headers["Sec-WebSocket-Protocol"] == "superchat"
            assert response.headers["X-Hello"] == "there"
            socket = Socket(response)
            for event in (TextMessage(data="grüß"), BytesMessage(data=b"\x00\xff"), TextMessage(data="x" * 70_000)):
                socket.send(event)
                assert socket.receive() == event
            # A message in two frames, a ping between them.
            socket.send(TextMessage(data="one ", message_finished=False))
            socket.send(Ping(payload=b"there?"))
            socket.send(TextMessage(data="two"))
            pong, message = socket.receive(), socket.receive()
            assert isinstance(pong, Pong)
            assert (bytes(pong.payload), message.data) == (b"there?", "one two")


def test_pings_are_answered_while_the_application_is_busy() -> None:
    with client_of(SocketScript(ACCEPT, 30)) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            socket = Socket(response)
            socket.send(Ping(payload=b"?"))
            assert isinstance(socket.receive(), Pong)


def test_the_application_closes() -> None:
    with client_of(echo) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            socket = Socket(response)
            socket.send(TextMessage(data="close"))
            close = socket.receive()
            assert (close.code, close.reason) == (4000, "as you wished")
            socket.send(close.response())
            assert socket.receive() is None


def test_the_client_closes() -> None:
    script = SocketScript(ACCEPT)
    with client_of(script) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            socket = Socket(response)
            socket.send(CloseConnection(code=4001, reason="done"))
            assert (socket.receive()).code == 4001
            assert socket.receive() is None
        until(lambda: script.ended == "")
    assert script.received[-1] == {"type": "websocket.disconnect", "code": 4001, "reason": "done"}


def test_the_client_goes_away() -> None:
    script = SocketScript(ACCEPT)
    with client_of(script) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            stream = response.network_stream
        until(lambda: script.ended == "")
        assert script.received[-1] == {"type": "websocket.disconnect", "code": 1006, "reason": ""}
        with pytest.raises(StreamClosed):
            stream.read(10)
        with pytest.raises(StreamClosed):
            stream.write(b"x")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x02hi", 1002),  # a client must mask
        (b"\x81\x82\x00\x00\x00\x00\xff\xff", 1007),
        (b"\x80\x80\x00\x00\x00\x00", 1002),  # the rest of nothing
    ],
    ids=["no mask", "no UTF-8", "no start"],
)
def test_a_client_that_breaks_the_protocol_is_closed(data: bytes, code: int) -> None:
    script = SocketScript(ACCEPT)
    with client_of(script) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            socket = Socket(response)
            socket.stream.write(data)
            assert (socket.receive()).code == code
            assert socket.receive() is None
        until(lambda: script.ended == "")
    assert script.received[-1]["code"] == code


def test_an_application_that_returns_closes() -> None:
    with client_of(brief) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            socket = Socket(response)
            assert (socket.receive()).data == "bye"
            assert (socket.receive()).code == 1000
            assert socket.receive() is None
            assert socket.stream.read(10) == b""


def test_refused_and_denied() -> None:
    with client_of(echo) as client:
        with client.stream("GET", "no", headers=HANDSHAKE) as response:
            assert (response.status_code, response.network_stream) == (403, None)
            assert response.read() == b""
        with client.stream("GET", "denied", headers=HANDSHAKE) as response:
            assert (response.status_code, response.headers["x-why"]) == (503, "tired")
            assert response.read() == b"not now"


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_a_broken_application_is_a_typed_error(case: tuple[list[Any], bool, str]) -> None:
    sent, late, says = case
    with client_of(SocketScript(*sent), raise_app_exceptions=False) as client:
        told = pytest.raises(ApplicationError, match=rf"tests\.apps\.sockets\.SocketScript.*{says}")
        if late:
            with client.stream("GET", "ws", headers=HANDSHAKE) as response:
                with told:
                    (Socket(response).receive() if response.network_stream else response.read())
        else:
            with told:
                client.prepare("GET", "ws", headers=HANDSHAKE).stream().__enter__()


def test_exceptions(caplog: pytest.LogCaptureFixture) -> None:
    with client_of(echo) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            socket = Socket(response)
            socket.send(TextMessage(data="fail"))
            with pytest.raises(LookupError, match="here"):
                socket.receive()
    with client_of(echo, raise_app_exceptions=False) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            socket = Socket(response)
            with caplog.at_level(logging.ERROR, "duohttp"):
                socket.send(TextMessage(data="fail"))
                assert (socket.receive()).code == 1011
            assert socket.receive() is None
    assert "LookupError: here" in caplog.text


def test_timeouts() -> None:
    with client_of(SocketScript(ACCEPT, 30)) as client:
        with client.stream("GET", "ws", headers=HANDSHAKE) as response:
            socket = Socket(response)
            with pytest.raises(ReadTimeout):
                socket.stream.read(10, 0.02)
            data = socket.connection.send(BytesMessage(data=bytes(70_000)))
            with pytest.raises(WriteTimeout, match="took nothing"):
                socket.stream.write(data, 0.02)


def test_what_is_no_handshake_is_a_plain_request() -> None:
    script = SocketScript(ACCEPT)
    with client_of(script) as client:
        for headers in ({**HANDSHAKE, "Sec-WebSocket-Version": "8"}, {**HANDSHAKE, "Upgrade": "h2c"}):
            with pytest.raises(AssertionError):
                with client.stream("GET", "ws", headers=headers):
                    pass
        assert script.scope == {}


def test_the_client_of_this_package() -> None:
    with client_of(echo) as client:
        with client.websocket("ws", subprotocols=["chat"], compression=True) as websocket:
            assert websocket.subprotocol == "chat"
            for message in ("grüß", b"\x00\xff", "x" * 70_000):
                websocket.send(message)
                assert websocket.receive() == message
            websocket.send("close")
            with pytest.raises(WebSocketClosed, match=r"4000.*as you wished"):
                websocket.receive()
        with pytest.raises(WebSocketError, match="503") as caught:
            with client.websocket("denied"):
                pass
        assert caught.value.response is not None
        assert caught.value.response.status_code == 503


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.protocol", None)
    with client_of(echo) as client:
        with pytest.raises(MissingExtra, match=r"duohttp\[ws\]"):
            client.prepare("GET", "ws", headers=HANDSHAKE).stream().__enter__()

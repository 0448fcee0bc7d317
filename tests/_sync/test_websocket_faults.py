# Generated from tests/_async/test_websocket_faults.py by scripts/generate_sync.py. Do not edit.
"""WebSockets whose server breaks off, breaks the rules, or does nothing."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from duohttp import (
    BearerAuth,
    Client,
    EngineOptions,
    HttpcoreEngine,
    InvalidHeader,
    MockEngine,
    NativeEngine,
    NetworkError,
    Plugin,
    ReadTimeout,
    Request,
    Retry,
    Timeout,
    TotalTimeout,
    UnsupportedByEngine,
    WebSocketClosed,
    WebSocketError,
    WriteTimeout,
    reply,
)
from duohttp._concurrency import Event, ManualClock, TaskGroup, use_clock
from duohttp.rules.websocket_handshake import accept_of

from ..servers.raw import Hang, RawServer
from ..servers.raw_websocket import RawWebSocket, RawWebSocketServer, breaking, close_frame, frame, sending

pytestmark = pytest.mark.anyio

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
Servers = Callable[..., RawServer]


@pytest.fixture(params=[NativeEngine, HttpcoreEngine], ids=["native", "httpcore"])
def client_of(request: pytest.FixtureRequest) -> Callable[..., Client]:
    engine: type[EngineOptions] = request.param
    return lambda **options: Client(engine=engine(), **options)


Clients = Callable[..., Client]


def test_a_server_that_dies_in_a_frame(client_of: Clients) -> None:
    for piece in (b"", b"\x81", frame(TEXT, b"whole") + b"\x82\x7e\x10\x00abc", frame(TEXT, b"x", fin=False)):
        with RawWebSocketServer(breaking(piece)) as server:
            with client_of() as client, client.websocket(server.url) as ws:
                if b"whole" in piece:
                    assert ws.receive() == "whole"
                with pytest.raises(WebSocketClosed, match="1006") as caught:
                    ws.receive()
                assert (caught.value.code, caught.value.reason) == (1006, "")
                assert ws.is_closed
                assert client.pool_stats().open == 0


def test_a_reset_is_the_cause(client_of: Clients) -> None:
    def script(ws: RawWebSocket) -> None:
        ws.read()
        linger = struct.pack("ii", 1, 0)
        ws.connection.setsockopt(1, 13, linger)  # SOL_SOCKET, SO_LINGER
        ws.close()
        ws.connection.close()

    with RawWebSocketServer(script) as server:
        with client_of() as client, client.websocket(server.url) as ws:
            ws.send("now")
            with pytest.raises(WebSocketClosed, match="1006") as caught:
                ws.receive()
            assert isinstance(caught.value.__cause__, NetworkError)
            assert isinstance(caught.value, ConnectionError)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (frame(TEXT, b"x", rsv=4), 1002),
        (frame(PING, fin=False), 1002),
        (frame(3), 1002),
        (close_frame(1005), 1002),
        (frame(TEXT, b"\xff"), 1007),
        (frame(BINARY, b"x" * 1001), 1009),
        (b"\x82\x7f" + struct.pack("!Q", 2**63), 1009),
    ],
    ids=["rsv1", "cut-ping", "opcode-3", "close-1005", "utf-8", "too-long", "2-to-the-63"],
)
def test_violations_are_told_to_both_sides(client_of: Clients, bad: bytes, code: int) -> None:
    with RawWebSocketServer(sending(frame(TEXT, b"good"), bad)) as server:
        with client_of() as client:
            with client.websocket(server.url, max_message_size=1000, close_timeout=0.2) as ws:
                assert ws.receive() == "good"
                with pytest.raises(WebSocketClosed, match=str(code)) as caught:
                    ws.receive()
                assert caught.value.code == ws.close_code == code
                with pytest.raises(WebSocketClosed, match=str(code)):
                    ws.send("more")
        received: Any = server.finish()
        assert [(opcode, data[:2]) for opcode, data in received[0]] == [(CLOSE, struct.pack("!H", code))]


def test_a_burst_of_compressed_messages(client_of: Clients) -> None:
    machine = zlib.compressobj(wbits=-15)
    messages = [(b"%d " % number) * 2000 for number in range(200)]
    frames = [frame(TEXT, (machine.compress(each) + machine.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv=4) for each in messages]
    agreed = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
    with RawWebSocketServer(sending(b"".join(frames), close_frame(1000)), extra=agreed) as server:
        with client_of() as client, client.websocket(server.url, compression=True) as ws:
            assert [message for message in ws] == [message.decode() for message in messages]


def test_who_waits_for_another_that_reads_has_a_time_limit_too() -> None:
    def listen(ws: Any, timeout: float) -> None:
        with pytest.raises(ReadTimeout):
            ws.receive(timeout=timeout)
        ended.append(timeout)

    ended: list[float] = []
    with RawWebSocketServer(sending()) as server:
        with Client() as client, client.websocket(server.url) as ws, TaskGroup() as group:
            for timeout in (0.4, 0.1, 0.2):
                group.start_soon(listen, ws, timeout)
    assert sorted(ended) == [0.1, 0.2, 0.4]


def test_closing_in_the_middle_of_a_message() -> None:
    begun, closed = Event(), Event()

    def pieces() -> Iterator[str]:
        yield "begun"
        begun.set()
        assert closed.wait(10)
        yield "too late"

    def send(ws: Any) -> None:
        with pytest.raises(WebSocketClosed):
            ws.send(pieces())

    with RawWebSocketServer(sending()) as server:
        with Client() as client, client.websocket(server.url) as ws, TaskGroup() as group:
            group.start_soon(send, ws)
            assert begun.wait(10)
            ws.close()
            closed.set()
        assert ws.close_code == 1006  # this server hangs up without a close of its own
        assert server.finish()[0] == [(TEXT, b"begun"), (CLOSE, struct.pack("!H", 1000))]


def test_what_comes_right_behind_the_head(client_of: Clients) -> None:
    with RawWebSocketServer(sending(), behind=frame(TEXT, b"first") + frame(TEXT, b"second") + b"\x81") as server:
        with client_of() as client, client.websocket(server.url) as ws:
            assert ws.receive() == "first"
            assert ws.receive() == "second"


def test_a_server_that_does_not_hang_up(client_of: Clients) -> None:
    # It says goodbye, but leaves the connection open: that ends after close_timeout.
    with RawWebSocketServer(sending(close_frame(1001, b"bye"), hang=True)) as server:
        with client_of() as client, client.websocket(server.url, close_timeout=0.1) as ws:
            assert [message for message in ws] == []
            assert (ws.close_code, ws.close_reason) == (1001, "bye")
            assert client.pool_stats().open == 0
        assert server.finish() == [[(CLOSE, struct.pack("!H", 1001) + b"bye")]]


def test_a_server_that_does_not_say_goodbye(client_of: Clients) -> None:
    with RawWebSocketServer(sending(frame(TEXT, b"unread"), hang=True)) as server:
        with client_of() as client, client.websocket(server.url, close_timeout=0.1) as ws:
            ws.close(4001, "enough")
            assert ws.close_code == 1006
            ws.close()
        assert server.finish() == [[(CLOSE, struct.pack("!H", 4001) + b"enough")]]


def test_a_server_that_goes_on_talking_while_it_is_closed(client_of: Clients) -> None:
    stop = threading.Event()

    def script(ws: RawWebSocket) -> None:
        while not stop.is_set():
            ws.send(frame(TEXT, b"x" * 1000))

    with RawWebSocketServer(script) as server:
        with client_of() as client:
            with client.websocket(server.url, close_timeout=0.2) as ws:
                assert ws.receive() == "x" * 1000
            assert ws.close_code == 1006
            assert client.pool_stats().open == 0
        stop.set()


def test_a_block_that_fails_says_so(client_of: Clients) -> None:
    with RawWebSocketServer(sending()) as server:
        with client_of() as client:
            with pytest.raises(LookupError):
                with client.websocket(server.url):
                    raise LookupError
            assert client.pool_stats().open == 0
        assert server.finish() == [[(CLOSE, struct.pack("!H", 1011))]]


def test_a_send_after_the_server_left_tells_why(client_of: Clients) -> None:
    left = threading.Event()

    def script(ws: RawWebSocket) -> None:
        ws.send(frame(TEXT, b"unread") + close_frame(1008, b"rude"))
        ws.read()  # so that nothing unread makes it a reset
        ws.close()
        ws.connection.close()
        left.set()

    with RawWebSocketServer(script) as server:
        with client_of() as client, client.websocket(server.url) as ws:
            ws.send("x")
            left.wait(10)
            with pytest.raises(WebSocketClosed, match="rude") as caught:
                send_until_it_fails(ws)
            assert caught.value.code == 1008
            assert ws.receive() == "unread"
            with pytest.raises(WebSocketClosed, match="rude"):
                ws.receive()


def send_until_it_fails(ws: Any) -> None:
    for _ in range(1000):  # the first ones may get into the kernel
        ws.send(b"x" * 1000)


def test_pings_that_nobody_reads_the_answers_to(client_of: Clients) -> None:
    sent = []

    def script(ws: RawWebSocket) -> None:
        flood = frame(PING, b"x" * 125) * 500
        while True:
            ws.send(flood)
            sent.append(len(flood))

    with RawWebSocketServer(script) as server:
        with client_of() as client:
            with client.websocket(server.url, close_timeout=0.1) as ws:
                with pytest.raises(ReadTimeout):
                    ws.receive(timeout=0.5)
                assert ws._link is not None
                assert len(ws._link._codec.control) <= 1
            assert client.pool_stats().open == 0
    assert sent


class StuckStream:
    """A network stream that has a ping to read, and takes nothing."""

    def __init__(self) -> None:
        self.unread = [frame(PING, b"?")]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.unread.pop()

    def write(self, data: bytes, timeout: float | None = None) -> None:
        raise WriteTimeout("the peer did not take the data in time")

    def close(self) -> None:
        pass


def test_a_pong_that_can_not_be_sent_ends_it() -> None:
    stream = StuckStream()

    def switch(request: Any) -> Any:
        headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
        accept = accept_of(request.headers["sec-websocket-key"])
        return reply(101, headers={**headers, "Sec-WebSocket-Accept": accept}, network_stream=stream)

    engine = MockEngine(switch)
    with Client(engine=engine) as client, client.websocket("ws://h.test/") as ws:
        with pytest.raises(WebSocketClosed, match=r"1006.*did not take the data"):
            ws.receive()


def test_who_only_sends_answers_pings_and_learns_of_the_end(client_of: Clients) -> None:
    pinged, ended = threading.Event(), threading.Event()

    def script(ws: RawWebSocket) -> object:
        ws.send(frame(PING, b"there?"))
        pinged.set()
        found = [ws.read() for _ in range(3)]
        ws.send(frame(TEXT, b"kept") + close_frame(4000, b"enough"))
        ended.set()
        return found

    clock = ManualClock()
    with use_clock(clock), RawWebSocketServer(script) as server:
        with client_of() as client, client.websocket(server.url) as ws:
            pinged.wait(10)
            ws.send("one")
            clock.advance(2)
            ws.send("two")
            ended.wait(10)
            clock.advance(2)
            with pytest.raises(WebSocketClosed, match="enough"):
                ws.send("three")
            assert ws.receive() == "kept"
        assert server.finish() == [[(TEXT, b"one"), (PONG, b"there?"), (TEXT, b"two")]]


def test_who_only_sends_notices_silence(client_of: Clients) -> None:
    clock = ManualClock()
    with use_clock(clock), RawWebSocketServer(sending()) as server:
        with client_of() as client, client.websocket(server.url) as ws:
            for text in ("one", "two", "three"):
                ws.send(text)
                clock.advance(15)
            clock.advance(15)
            with pytest.raises(WebSocketClosed, match=r"1011.*no pong"):
                ws.send("four")
        received: Any = server.finish()[0]
        assert received[:4] == [(TEXT, b"one"), (TEXT, b"two"), (PING, b""), (TEXT, b"three")]
        assert [opcode for opcode, _ in received[4:]] == [CLOSE]


# The handshake


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", "answered 200 OK to the WebSocket handshake"),
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", "Accept"),
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n", "Upgrade is 'h2c'"),
    ],
    ids=["200", "no-accept", "h2c"],
)
def test_answers_that_open_no_websocket(client_of: Clients, raw_server: Servers, answer: bytes, message: str) -> None:
    server = raw_server([answer, Hang()])
    with client_of() as client:
        with pytest.raises(WebSocketError, match=message) as caught:
            client.websocket(server.url).__enter__()
        assert caught.value.response is not None
        if b"200" in answer:
            assert caught.value.response.text == "hi"
        else:
            assert client.pool_stats().open == 0


def test_a_refusal_without_end_is_not_read_to_the_end(client_of: Clients) -> None:
    body = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    server = RawServer([b"HTTP/1.1 403 Forbidden\r\ntransfer-encoding: chunked\r\n\r\n" + body * 100, Hang()])
    with server:
        with client_of() as client:
            with pytest.raises(WebSocketError, match="403") as caught:
                client.websocket(server.url).__enter__()
            assert caught.value.response is not None
            assert not caught.value.response.is_read
            assert client.pool_stats().open == 0


def test_a_handshake_without_an_answer(client_of: Clients, raw_server: Servers) -> None:
    server = raw_server([Hang()])
    with client_of() as client:
        with pytest.raises(ReadTimeout):
            client.websocket(server.url, timeout=Timeout(read=0.1)).__enter__()
        with pytest.raises(TotalTimeout):
            client.websocket(server.url, timeout=Timeout(total=0.1)).__enter__()
        assert client.pool_stats().open == 0


def test_injections_are_refused_before_anything_is_sent(client_of: Clients, raw_server: Servers) -> None:
    server = raw_server([Hang()])
    with client_of() as client:
        for bad in ("a\r\nX: y", "a\nb", "a\0", "a\u010a", "\u560a", "a b", ""):
            with pytest.raises(InvalidHeader):
                client.websocket(server.url, subprotocols=["ok", bad])
        for name in ("Sec-WebSocket-Key", "sec-websocket-protocol", "Sec-Websocket-Extensions"):
            with pytest.raises(InvalidHeader, match="is made by websocket"):
                client.websocket(server.url, headers={name: "x"})
    assert server.connections == 0


def test_a_handshake_is_repeated_with_a_fresh_token(client_of: Clients) -> None:
    old = b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    with RawWebSocketServer(old, lambda ws: ws.send(frame(TEXT, ws.head))) as server:
        auth = BearerAuth("old", refresh_tokens=lambda tokens: "new")
        with client_of(plugins=[auth]) as client, client.websocket(server.url) as ws:
            head = ws.receive_text()
        assert "Authorization: Bearer new" in head
        assert server.opened == 2


def test_an_engine_without_upgrades() -> None:
    with Client(engine=MockEngine(capabilities=())) as client:
        with pytest.raises(UnsupportedByEngine, match="WebSocket"):
            client.websocket("ws://h.test/")


def test_it_goes_through_the_chain() -> None:
    seen: list[str] = []

    class Watch(Plugin):
        def on_attempt(self, request: Request) -> None:
            seen.append(f"{request.url} {request.headers['upgrade']}")

    engine = MockEngine()
    engine.enqueue(reply(503, text="busy"), reply(404, text="no socket here"))
    retry = Retry(max_retries=1, constant_delay=0.0)
    with Client(engine=engine, plugins=[Watch(), retry], base_url="http://h.test/v1/") as client:
        with pytest.raises(WebSocketError, match="404") as caught:
            client.websocket("events", params={"a": "b"}).__enter__()
    assert caught.value.response is not None
    assert caught.value.response.text == "no socket here"
    assert seen == ["http://h.test/v1/events?a=b websocket"] * 2

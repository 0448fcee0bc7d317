# Generated from tests/_async/test_websocket_again.py by scripts/generate_sync.py. Do not edit.
"""WebSockets that connect again."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from duohttp import Client, ConnectError, WebSocketClosed, WebSocketError
from duohttp._concurrency import ManualClock, use_clock

from ..servers.raw_websocket import RawWebSocketServer, breaking, close_frame, frame, sending

pytestmark = pytest.mark.anyio

TEXT, CLOSE = 1, 8

REFUSED = b"HTTP/1.1 %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def test_connecting_again_has_a_bound_and_takes_its_time() -> None:
    with RawWebSocketServer(breaking(frame(TEXT, b"x")), breaking()) as server, use_clock(ManualClock()) as clock:
        with (
            Client() as client,
            client.websocket(server.url, reconnect=True, max_reconnects=4, reconnect_delay=1.0) as ws,
        ):
            assert ws.receive() == "x"
            with pytest.raises(WebSocketClosed, match="1006"):
                ws.receive()
            assert server.opened == 5
            assert isinstance(clock, ManualClock)
            slept = [seconds for seconds in clock.sleeps if seconds]
            assert slept[0] == 1.0
            assert all(2**number / 2 <= seconds <= 2**number for number, seconds in enumerate(slept))
            with pytest.raises(WebSocketClosed, match="1006"):
                ws.send("x")
            assert server.opened == 5


@pytest.mark.parametrize(("code", "again"), [(1000, 1), (1001, 2), (1008, 1), (1011, 2), (1012, 2), (4000, 1)])
def test_only_some_ends_are_followed_by_another_beginning(code: int, again: int) -> None:
    with RawWebSocketServer(sending(close_frame(code)), sending(close_frame(1000))) as server:
        with Client() as client, client.websocket(server.url, reconnect=True, reconnect_delay=0) as ws:
            with pytest.raises(WebSocketClosed):
                ws.receive()
        assert server.opened == again


def test_refusals_while_it_connects_again() -> None:
    busy, gone = REFUSED % b"503 Busy", REFUSED % b"410 Gone"
    with RawWebSocketServer(breaking(), busy, busy, sending(frame(TEXT, b"x")), gone) as server:
        with Client() as client, client.websocket(server.url, reconnect=True, reconnect_delay=0) as ws:
            assert ws.receive() == "x"
            assert server.opened == 4
    with RawWebSocketServer(breaking(), gone) as server:
        with Client() as client, client.websocket(server.url, reconnect=True, reconnect_delay=0) as ws:
            with pytest.raises(WebSocketError, match="410 Gone"):
                ws.receive()


def test_a_server_that_is_gone_is_tried_again_and_a_send_does_it_too() -> None:
    server = RawWebSocketServer(breaking())
    with Client() as client:
        options: dict[str, Any] = {"reconnect": True, "max_reconnects": 2, "reconnect_delay": 0}
        with client.websocket(server.url, **options) as ws:
            with server:
                server.finish()
            with pytest.raises(ConnectError):
                ws.receive()
    with RawWebSocketServer(breaking(), sending()) as server:
        with Client() as client, client.websocket(server.url, reconnect=True, reconnect_delay=0) as ws:
            with pytest.raises(WebSocketClosed):  # that it broke was news
                ws.ping(timeout=10)
            ws.send("x")
            assert not ws.is_closed
        assert (TEXT, b"x") in server.finish()[-1]  # type: ignore[operator]


def test_a_greeting_that_fails() -> None:
    def greet(ws: Any) -> None:
        raise LookupError("no greeting")

    with RawWebSocketServer(sending()) as server:
        with Client() as client:
            with pytest.raises(LookupError):
                client.websocket(server.url, on_connect=greet).__enter__()
            assert client.pool_stats().open == 0
        assert server.finish() == [[(CLOSE, struct.pack("!H", 1011))]]


def test_a_greeting_that_is_cut_off_is_given_again() -> None:
    greeted = []

    def greet(ws: Any) -> None:
        greeted.append(ws.receive())

    first, broken = sending(frame(TEXT, b"1"), close_frame(1012)), breaking()
    with RawWebSocketServer(first, broken, broken, sending(frame(TEXT, b"4"), frame(TEXT, b"x"))) as server:
        with (
            Client() as client,
            client.websocket(server.url, on_connect=greet, reconnect=True, reconnect_delay=0) as ws,
        ):
            assert ws.receive() == "x"
        assert greeted == ["1", "4"]
        assert server.opened == 4

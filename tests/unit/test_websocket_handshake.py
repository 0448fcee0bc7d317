"""The opening handshake: what is offered, and answers that are none (RFC 6455 section 4)."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from yarl import URL

from duohttp import (
    Client,
    Headers,
    InvalidHeader,
    InvalidRequest,
    MissingExtra,
    PerMessageDeflate,
    Request,
    WebSocketError,
)
from duohttp._async.response import AsyncResponse
from duohttp.rules.websocket_handshake import Offer, accept_of, http_url, new_key

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
GOOD = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", ACCEPT)]


def answer(*fields: tuple[str, str], without: str = "") -> AsyncResponse:
    kept = [field for field in GOOD if field[0].lower() != without]
    raw = [(name.encode(), value.encode()) for name, value in [*kept, *fields]]
    return AsyncResponse(101, raw, None, Request("GET", URL("http://h.test/")))


def test_the_example_of_the_rfc() -> None:
    assert accept_of(KEY) == ACCEPT
    assert Offer((), False).check(answer(), KEY) == (None, None)


def test_keys_are_fresh() -> None:
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert {len(key) for key in keys} == {24}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("ws://h/x", "http://h/x"),
        ("WSS://h/x", "https://h/x"),
        ("https://h/ws:", "https://h/ws:"),
        ("/ws://x", "/ws://x"),
        (URL("wss://h:8/x?y"), URL("https://h:8/x?y")),
        (URL("/x"), URL("/x")),
    ],
)
def test_urls(given: Any, expected: Any) -> None:
    assert http_url(given) == expected


def test_what_is_offered() -> None:
    headers = Headers({"Connection": "keep-alive"})
    options = PerMessageDeflate(server_context_takeover=False, client_context_takeover=False, server_max_window_bits=10)
    Offer(("a", "b"), options).fill(headers)
    assert dict(headers) == {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "a, b",
        "Sec-WebSocket-Extensions": "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=10; client_max_window_bits=12",
    }


@pytest.mark.parametrize("name", ["", "a b", "a,b", "a\r\nX: y", "a\0", "a\n", "ä", "a\u010a", "\u560a", 5])
def test_subprotocols_that_can_not_be_sent(name: Any) -> None:
    with pytest.raises(InvalidHeader, match="subprotocol"):
        Offer((name,), False)


def test_options_that_make_no_sense() -> None:
    with pytest.raises(InvalidHeader, match="twice"):
        Offer(("a", "a"), False)
    with pytest.raises(InvalidRequest, match="list of names"):
        Offer("chat", False)
    wrong: Any = "deflate"
    with pytest.raises(InvalidRequest, match="True, False or a PerMessageDeflate"):
        Offer((), wrong)
    bad: list[dict[str, Any]] = [{"server_max_window_bits": 8}, {"client_max_window_bits": 16}, {"level": 10}]
    for options in (*bad, {"memory_level": 0}):
        with pytest.raises(ValueError, match="is from"):
            PerMessageDeflate(**options)
    assert PerMessageDeflate(server_max_window_bits=None).server_max_window_bits is None


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (answer(without="upgrade"), "its Upgrade is '', not 'websocket'"),
        (answer(("Upgrade", "h2c"), without="upgrade"), "its Upgrade is 'h2c'"),
        (answer(("Upgrade", "h2c")), "its Upgrade is 'websocket, h2c'"),
        (answer(without="connection"), "its Connection is ''"),
        (answer(("Connection", "close"), without="connection"), "its Connection is 'close'"),
        (answer(without="sec-websocket-accept"), "does not belong to the key"),
        (answer(("Sec-WebSocket-Accept", "x" * 28), without="sec-websocket-accept"), "does not belong to the key"),
        (answer(("Sec-WebSocket-Accept", ACCEPT)), "does not belong to the key"),
        (answer(("Sec-WebSocket-Protocol", "other")), "the subprotocol 'other', which was not offered"),
        (answer(("Sec-WebSocket-Protocol", "")), "the subprotocol '', which was not offered"),
        (answer(("Sec-WebSocket-Protocol", "a, b")), "the subprotocol 'a, b', which was not offered"),
        (answer(("Sec-WebSocket-Protocol", "a"), ("Sec-WebSocket-Protocol", "b")), "'a, b', which was not offered"),
        (answer(("Sec-WebSocket-Extensions", "x-webkit-deflate-frame")), "which was not offered"),
        (answer(("Sec-WebSocket-Extensions", "permessage-deflate, permessage-deflate")), "which was not offered"),
        (answer(("Sec-WebSocket-Extensions", ";;")), "makes no sense"),
        (answer(("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=7")), "makes no sense"),
        (answer(("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=99999")), "makes no sense"),
        (answer(("Sec-WebSocket-Extensions", "permessage-deflate; unknown")), "makes no sense"),
    ],
    ids=str,
)
def test_answers_that_are_none(response: AsyncResponse, message: str) -> None:
    with pytest.raises(WebSocketError, match="no WebSocket handshake") as caught:
        Offer(("a", "b"), True).check(response, KEY)
    assert message in str(caught.value)
    assert caught.value.response is response


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.protocol", None)
    with Client() as client, pytest.raises(MissingExtra, match=r"duohttp\[ws\]"):
        client.websocket("ws://h.test/")


def test_an_extension_that_was_not_offered() -> None:
    with pytest.raises(WebSocketError, match="which was not offered"):
        Offer((), False).check(answer(("Sec-WebSocket-Extensions", "permessage-deflate")), KEY)


def test_answers_in_other_words() -> None:
    response = answer(
        ("Connection", "keep-alive, UPGRADE"),
        ("Upgrade", "WebSocket"),
        ("Sec-WebSocket-Protocol", "b"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=10"),
        without="upgrade",
    )
    subprotocol, extension = Offer(("a", "b"), True).check(response, KEY)
    assert subprotocol == "b"
    assert extension is not None
    assert extension.name == "permessage-deflate"

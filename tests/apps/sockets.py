"""ASGI applications for WebSockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

__all__ = ["BROKEN", "SocketScript", "brief", "echo"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close"}


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """Echo what comes; "close" closes with 4000, "fail" raises; ``/no`` refuses, ``/denied`` with a body."""
    assert scope["type"] == "websocket"
    assert (await receive())["type"] == "websocket.connect"
    if scope["path"] == "/no":
        await send(CLOSE)
        return
    if scope["path"] == "/denied":
        headers = [(b"content-type", b"text/plain"), (b"x-why", b"tired")]
        await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"not ", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"now"})
        return
    offered = scope["subprotocols"]
    await send({**ACCEPT, "subprotocol": offered[-1] if offered else None, "headers": [(b"x-hello", b"there")]})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "close":
            await send({**CLOSE, "code": 4000, "reason": "as you wished"})
        elif message.get("text") == "fail":
            raise LookupError("here")
        else:
            await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


async def brief(scope: Message, receive: Receive, send: Send) -> None:
    """Accept, say one word, return."""
    await send(ACCEPT)
    await send({"type": "websocket.send", "text": "bye"})


class SocketScript:
    """Sends messages, whatever comes, then receives until it is disconnected. A number is slept, in seconds."""

    def __init__(self, *messages: Any) -> None:
        self.messages = messages
        self.scope: Message = {}
        self.received: list[Message] = []
        self.ended: str | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        assert scope["type"] == "websocket"
        self.scope = scope
        try:
            for message in self.messages:
                if isinstance(message, (int, float)):
                    await anyio.sleep(message)
                else:
                    await send(message)
            while not self.received or self.received[-1]["type"] != "websocket.disconnect":
                self.received.append(await receive())
            self.ended = ""
        except BaseException as error:
            self.ended = type(error).__name__
            raise


DENIAL: Message = {"type": "websocket.http.response.start", "status": 403, "headers": []}

# What a bad application sends, whether that is noticed only by reading, and a part of what is said about it.
BROKEN: dict[str, tuple[list[Any], bool, str]] = {
    "send first": ([{"type": "websocket.send", "text": "x"}], False, "websocket.send"),
    "no message": ([None], False, "no message with a type"),
    "denial body as text": ([DENIAL, {"type": "websocket.http.response.body", "body": "x"}], True, "str as a piece"),
    "http": ([{"type": "http.response.start", "status": 200}], False, "http.response.start"),
    "subprotocol": ([{**ACCEPT, "subprotocol": "chat"}], False, "'chat'"),
    "bad header": ([{**ACCEPT, "headers": [("a", "b")]}], False, "'a'"),
    "denial body first": ([{"type": "websocket.http.response.body"}], False, "websocket.http.response.body"),
    "close code": ([ACCEPT, {**CLOSE, "code": 1005}], True, "1005"),
    "close reason": ([ACCEPT, {**CLOSE, "reason": "x" * 124}], True, "xxx"),
    "two accepts": ([ACCEPT, ACCEPT], True, "websocket.accept"),
    "denial after accept": ([ACCEPT, DENIAL], True, "websocket.http.response.start"),
    "empty message": ([ACCEPT, {"type": "websocket.send"}], True, "neither text"),
    "text as bytes": ([ACCEPT, {"type": "websocket.send", "bytes": "x"}], True, "neither text"),
}

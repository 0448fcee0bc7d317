"""The behaviour as an ASGI application, for hypercorn and for AsgiEngine; on asyncio and on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

from .behaviour import Call, Cut, Head, Hint, Read, Sleep, route

__all__ = ["app"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Do what the behaviour says."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)
    else:
        await http(scope, receive, send)


async def http(scope: Message, receive: Receive, send: Send) -> None:
    target = scope["raw_path"].decode("ascii")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("ascii")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    steps = route(Call(scope["method"], target, headers))
    extensions = scope.get("extensions") or {}
    trailers: list[tuple[str, str]] = []
    value: Any = None
    over = False  # the request's body
    while True:
        try:
            step = steps.send(value)
        except StopIteration:
            break
        value = None
        match step:
            case bytes():
                if step and scope["method"] != "HEAD":
                    await send({"type": "http.response.body", "body": step, "more_body": True})
            case Read():
                value = b""
                while not (value or over):
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    value, over = message.get("body", b""), not message.get("more_body", False)
            case Head():
                trailers = step.trailers if "http.response.trailers" in extensions else []
                start = {"type": "http.response.start", "status": step.status, "headers": raw(step.headers)}
                await send({**start, "trailers": bool(trailers)})
            case Sleep():
                await anyio.sleep(step.seconds)
            case Hint():
                if "http.response.early_hint" in extensions:
                    await send({"type": "http.response.early_hint", "links": [step.link.encode("ascii")]})
            case Cut():
                raise ConnectionError("this answer is meant to be broken off")
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    if trailers:
        await send({"type": "http.response.trailers", "headers": raw(trailers)})


def raw(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def websocket(scope: Message, receive: Receive, send: Send) -> None:
    """Echo what comes; "close" closes with 4000; ``/no`` refuses."""
    await receive()
    if scope["path"] == "/no":
        await send({"type": "websocket.close"})
        return
    offered = scope.get("subprotocols", [])
    await send({"type": "websocket.accept", "subprotocol": offered[0] if offered else None})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4000, "reason": "as you wished"})
            return
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})

"""Small ASGI applications: good ones that tell what they saw, and bad ones. They run on asyncio and on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

__all__ = ["BROKEN", "Lives", "Script", "Seen"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

START = {"type": "http.response.start", "status": 200, "headers": []}
PIECE = {"type": "http.response.body", "body": b"x", "more_body": True}
END = {"type": "http.response.body"}


class Script:
    """Sends messages, whatever comes. An exception among them is raised; a number is slept, in seconds."""

    def __init__(self, *messages: Any) -> None:
        self.messages = messages
        self.scope: Message = {}
        self.done = 0
        """How many messages went out."""
        self.ended: str | None = None
        """How the call ended: with nothing, or with the name of an exception."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        self.scope, self.done, self.ended = scope, 0, None
        try:
            for message in self.messages:
                if isinstance(message, BaseException):
                    raise message
                if isinstance(message, (int, float)):
                    await anyio.sleep(message)
                else:
                    await send(message)
                    self.done += 1
            self.ended = ""
        except BaseException as error:
            self.ended = type(error).__name__
            raise


class Seen:
    """Notes what it receives until ``until`` such messages came, or a disconnect; then answers an empty 200.

    With ``early`` it begins its answer before it receives anything, and sends a piece after each message.
    """

    def __init__(self, until: int = 1, *, early: bool = False) -> None:
        self.until = until
        self.early = early
        self.scope: Message = {}
        self.received: list[Message] = []
        self.refused: str | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        self.scope = scope
        if self.early:
            await send(START)
        while len(self.received) < self.until:
            message = await receive()
            self.received.append(message)
            if message["type"] == "http.disconnect":
                break
            if self.early:
                await send({"type": "http.response.body", "body": message["body"], "more_body": True})
        try:
            if not self.early:
                await send(START)
            await send(END)
        except OSError as error:
            self.refused = type(error).__name__
            raise


class Lives:
    """Knows the lifespan; what it is told to say at startup and shutdown can be replaced by an exception, or None."""

    def __init__(self, startup: Any = "complete", shutdown: Any = "complete") -> None:
        self.answers = {"startup": startup, "shutdown": shutdown}
        self.events: list[str] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(scope, receive, send)
            return
        self.events.append("request")
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": repr(scope.get("state")).encode()})

    async def live(self, scope: Message, receive: Receive, send: Send) -> None:
        for what, answer in self.answers.items():
            message = await receive()
            assert message["type"] == f"lifespan.{what}"
            self.events.append(what)
            scope["state"]["pool"] = "open"
            if isinstance(answer, Exception):
                raise answer
            if answer is None:
                await anyio.sleep(60)
            await send({"type": f"lifespan.{what}.{answer}", "message": "no database"})
            if answer == "failed":
                return


async def silent(scope: Message, receive: Receive, send: Send) -> None:
    """Do nothing at all."""


def body(data: Any, **more: Any) -> Message:
    """Return a body message."""
    return {"type": "http.response.body", "body": data, **more}


def start(status: Any = 200, headers: Any = (), **more: Any) -> Message:
    """Return a start message."""
    return {"type": "http.response.start", "status": status, "headers": headers, **more}


LENGTH = [(b"content-length", b"3")]
TRAILERS = {"type": "http.response.trailers", "headers": []}

# What a bad application sends, and a part of what is said about it.
BROKEN: dict[str, tuple[list[Any], str]] = {
    "nothing": ([], "returned without a response"),
    "no end": ([start(), PIECE], "returned before the end"),
    "two starts": ([start(), start()], "twice"),
    "body first": ([PIECE], "before the head"),
    "body after end": ([start(), END, PIECE], "after the end"),
    "start after end": ([start(), END, start()], "twice"),
    "unknown": ([{"type": "http.response.push"}], r"http\.response\.push"),
    "lifespan message": ([{"type": "lifespan.startup.complete"}], r"lifespan\.startup\.complete"),
    "no message": ([None], "no message with a type"),
    "no type": ([{}], "no message with a type"),
    "no status": ([{"type": "http.response.start"}], "without a status"),
    "status as text": ([start("200")], "'200'"),
    "status too low": ([start(101)], "101"),
    "status a bool": ([start(True)], "True"),
    "headers of text": ([start(200, [("a", "b")])], "'a'"),
    "headers no pairs": ([start(200, [b"abc"])], "no pair"),
    "headers a number": ([start(200, 7)], "no pairs"),
    "header injection": ([start(200, [(b"a", b"b\r\nc: d")])], "character HTTP does not allow"),
    "header name": ([start(200, [(b"a b", b"c")])], "character HTTP does not allow"),
    "body of text": ([start(), body("text")], "str as a piece"),
    "too much": ([start(200, LENGTH), body(b"four")], "more than the 3 bytes"),
    "too much later": ([start(200, LENGTH), body(b"ab", more_body=True), body(b"cd")], "more than the 3 bytes"),
    "too little": ([start(200, LENGTH), body(b"ab")], "sent 2 bytes"),
    "two lengths": ([start(200, [*LENGTH, (b"content-length", b"4")]), END], "not one number"),
    "length no number": ([start(200, [(b"content-length", b"-1")]), END], "not one number"),
    "body with 204": ([start(204), body(b"x")], "204"),
    "body with 304": ([start(304), body(b"x")], "304"),
    "trailers unannounced": ([start(), END, TRAILERS], "trailers"),
    "trailers too early": ([start(trailers=True), TRAILERS], "trailers"),
    "trailers missing": ([start(trailers=True), END], "before the end"),
    "body for trailers": ([start(trailers=True), END, END], "trailers were due"),
    "late hints": ([start(), {"type": "http.response.early_hint", "links": []}], "early hints"),
}

"""A small ASGI application: what a client sends comes back, and awkward answers on demand.

===========================================  ==========================================================================
``/echo…``, any method                       JSON: method, path, query, headers, body (latin-1), http_version, scheme
``/users/7``                                 JSON of one user: id, name, email; 404 from 1000 on
``/users?n=3``                               a JSON list of users
``POST /users``                              201 and the object that was sent
``/status/503``                              that status and a line of text
``/redirect/302?to=URL``                     a redirect to any url
``/redirects/3``                             three redirects, then ``/echo``
``/cookies``, ``/cookies/set?a=1``           JSON of the cookies that came; sets cookies
``/bytes/100``                               that many bytes: 0, 1, … 250, 0, …
``/chunked?n=3&size=5``                      chunks without a Content-Length
``/drip?n=3&delay=0.1``                      one line every ``delay`` seconds
``/slow?delay=1``                            waits before its head
``/lines?n=3``                               JSON lines
``/sse?n=3&delay=0``                         server-sent events; goes on after ``Last-Event-ID``
``/encoded/gzip``                            JSON in a content coding: gzip, deflate, br, zstd
``/latin1``                                  text in ISO 8859-1
``/upload``                                  JSON: length and sha256 of the body that came
``/duplex``                                  each piece of the body comes back as soon as it is there
``/refuse``                                  413 before the body was read
``/basic``, ``/bearer``                      401 without user:secret, without the token "letmein"
``/flaky/KEY?fail=2``                        503 for the first ``fail`` calls with that key, then 200 and the count
``/cache/KEY?control=…``                     JSON: how often KEY was asked for, and by whom; ``etag``, ``vary`` …
``/broken``                                  promises 100 bytes, sends 10, closes
``/trailers``, ``/hints``                    trailers, 103 Early Hints (HTTP/2 only)
``/ws`` (WebSocket)                          echoes messages; takes the first subprotocol; "close" closes with 4000;
                                             any other path is refused
===========================================  ==========================================================================
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

__all__ = ["app"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NAMES = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Tony", "Radia", "Ken")
CALLS: Counter[str] = Counter()


class Exchange:
    """One request and the way to answer it."""

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.path: str = scope["path"]
        self.headers: list[tuple[str, str]] = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
        self.query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)

    def header(self, name: str) -> str:
        """Return the first header of a name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")

    def option(self, name: str, default: Any) -> Any:
        """Return a query parameter, of the type of its default."""
        return type(default)(self.query[name][0]) if name in self.query else default

    async def body(self) -> bytes:
        """Read the whole request body."""
        parts = []
        while True:
            message = await self.receive()
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(parts)

    async def start(self, status: int, *headers: tuple[str, str], trailers: bool = False) -> None:
        """Send the response head."""
        lines = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers]
        await self.send({"type": "http.response.start", "status": status, "headers": lines, "trailers": trailers})

    async def part(self, data: bytes, more: bool = True) -> None:
        """Send a piece of the response body."""
        await self.send({"type": "http.response.body", "body": data, "more_body": more})

    async def answer(self, data: bytes, kind: str, status: int = 200, *headers: tuple[str, str]) -> None:
        """Send a whole response."""
        await self.start(status, ("content-type", kind), ("content-length", str(len(data))), *headers)
        await self.part(b"" if self.scope["method"] == "HEAD" else data, more=False)

    async def text(self, text: str, status: int = 200, *headers: tuple[str, str]) -> None:
        """Answer with plain text."""
        await self.answer(text.encode(), "text/plain; charset=utf-8", status, *headers)

    async def json(self, value: object, status: int = 200, *headers: tuple[str, str]) -> None:
        """Answer with JSON."""
        await self.answer(json.dumps(value).encode(), "application/json", status, *headers)


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Find the route by the first part of the path."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)
    else:
        exchange = Exchange(scope, receive, send)
        first, _, rest = exchange.path.strip("/").partition("/")
        await ROUTES.get(first, not_found)(exchange, rest)


async def lifespan(receive: Receive, send: Send) -> None:
    """Start and stop."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def websocket(scope: Message, receive: Receive, send: Send) -> None:
    """Echo what comes; refuse it elsewhere than at ``/ws``, which servers make a 403."""
    await receive()
    if scope["path"] != "/ws":
        await send({"type": "websocket.close"})
        return
    protocols = scope.get("subprotocols", [])
    await send({"type": "websocket.accept", "subprotocol": protocols[0] if protocols else None})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4000, "reason": "as you wished"})
            return
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


async def not_found(exchange: Exchange, rest: str) -> None:
    await exchange.text(f"nothing at {exchange.path}\n", 404)


async def root(exchange: Exchange, rest: str) -> None:
    await exchange.text("hello from a small application\n")


async def echo(exchange: Exchange, rest: str) -> None:
    scope = exchange.scope
    await exchange.json(
        {
            "method": scope["method"],
            "path": exchange.path,
            "raw_path": scope["raw_path"].decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "headers": exchange.headers,
            "body": (await exchange.body()).decode("latin-1"),
            "http_version": scope["http_version"],
            "scheme": scope["scheme"],
        }
    )


def user(number: int) -> dict[str, object]:
    name = NAMES[(number - 1) % len(NAMES)]
    return {"id": number, "name": name, "email": f"{name.lower()}@example.org"}


async def users(exchange: Exchange, rest: str) -> None:
    if exchange.scope["method"] == "POST":
        await exchange.json({"id": 100, **json.loads(await exchange.body())}, 201)
    elif not rest:
        await exchange.json([user(number) for number in range(1, exchange.option("n", 3) + 1)])
    elif rest.isdecimal() and int(rest) < 1000:
        await exchange.json(user(int(rest)))
    else:
        await exchange.json({"error": f"no user {rest}"}, 404)


async def status(exchange: Exchange, rest: str) -> None:
    if rest in ("204", "304"):
        await exchange.start(int(rest))
        await exchange.part(b"", more=False)
    else:
        await exchange.text(f"{rest}\n", int(rest))


async def redirect(exchange: Exchange, rest: str) -> None:
    await exchange.body()
    await exchange.text("elsewhere\n", int(rest), ("location", exchange.option("to", "/echo")))


async def redirects(exchange: Exchange, rest: str) -> None:
    left = int(rest)
    await exchange.text("elsewhere\n", 302, ("location", f"/redirects/{left - 1}" if left > 1 else "/echo"))


async def cookies(exchange: Exchange, rest: str) -> None:
    if rest == "set":
        lines = [("set-cookie", f"{name}={values[0]}; Path=/") for name, values in exchange.query.items()]
        await exchange.text("set\n", 200, *lines)
    else:
        pairs = [pair.strip().partition("=") for pair in exchange.header("cookie").split(";") if pair]
        await exchange.json({name: value for name, _, value in pairs})


async def numbered(exchange: Exchange, rest: str) -> None:
    size = int(rest)
    await exchange.answer((bytes(range(251)) * (size // 251 + 1))[:size], "application/octet-stream")


async def chunked(exchange: Exchange, rest: str) -> None:
    await exchange.start(200, ("content-type", "application/octet-stream"))
    for number in range(exchange.option("n", 3)):
        await exchange.part(bytes([48 + number % 10]) * exchange.option("size", 5))
    await exchange.part(b"", more=False)


async def drip(exchange: Exchange, rest: str) -> None:
    await exchange.start(200, ("content-type", "text/plain; charset=utf-8"))
    for number in range(exchange.option("n", 3)):
        await exchange.part(f"drop {number}\n".encode())
        await asyncio.sleep(exchange.option("delay", 0.1))
    await exchange.part(b"", more=False)


async def slow(exchange: Exchange, rest: str) -> None:
    await asyncio.sleep(exchange.option("delay", 1.0))
    await exchange.text("at last\n")


async def lines(exchange: Exchange, rest: str) -> None:
    await exchange.start(200, ("content-type", "application/x-ndjson"))
    for number in range(1, exchange.option("n", 3) + 1):
        await exchange.part(json.dumps(user(number)).encode() + b"\n")
    await exchange.part(b"", more=False)


async def events(exchange: Exchange, rest: str) -> None:
    last = exchange.header("last-event-id")
    first = int(last) + 1 if last.isdecimal() else 0
    await exchange.start(200, ("content-type", "text/event-stream"), ("cache-control", "no-store"))
    for number in range(first, first + exchange.option("n", 3)):
        await exchange.part(f"id: {number}\nevent: tick\ndata: {json.dumps(user(number + 1))}\n\n".encode())
        await asyncio.sleep(exchange.option("delay", 0.0))
    await exchange.part(b"", more=False)


async def encoded(exchange: Exchange, rest: str) -> None:
    plain = json.dumps({"coding": rest, "text": "squeeze " * 100}).encode()
    if rest == "br":
        import brotli

        data = brotli.compress(plain)
    elif rest == "zstd":
        import zstandard

        data = zstandard.ZstdCompressor().compress(plain)
    else:
        data = gzip.compress(plain) if rest == "gzip" else zlib.compress(plain)
    await exchange.answer(data, "application/json", 200, ("content-encoding", rest))


async def latin1(exchange: Exchange, rest: str) -> None:
    await exchange.answer("déjà vu".encode("latin-1"), "text/plain; charset=iso-8859-1")


async def upload(exchange: Exchange, rest: str) -> None:
    digest, length, pieces, more = hashlib.sha256(), 0, 0, True
    while more:
        message = await exchange.receive()
        data = message.get("body", b"")
        digest.update(data)
        length, pieces, more = length + len(data), pieces + bool(data), message.get("more_body", False)
    kind = exchange.header("content-type")
    await exchange.json({"length": length, "sha256": digest.hexdigest(), "pieces": pieces, "content_type": kind})


async def duplex(exchange: Exchange, rest: str) -> None:
    await exchange.start(200, ("content-type", "application/octet-stream"))
    more = True
    while more:
        message = await exchange.receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        await exchange.part(message.get("body", b""), more)


async def refuse(exchange: Exchange, rest: str) -> None:
    await exchange.text("too much\n", 413, ("connection", "close"))


async def basic(exchange: Exchange, rest: str) -> None:
    wanted = "Basic " + base64.b64encode(b"user:secret").decode()
    if exchange.header("authorization") == wanted:
        await exchange.text("welcome\n")
    else:
        await exchange.text("who are you?\n", 401, ("www-authenticate", 'Basic realm="test"'))


async def bearer(exchange: Exchange, rest: str) -> None:
    if exchange.header("authorization") == "Bearer letmein":
        await exchange.text("welcome\n")
    else:
        await exchange.text("who are you?\n", 401, ("www-authenticate", "Bearer"))


async def flaky(exchange: Exchange, rest: str) -> None:
    await exchange.body()
    CALLS[rest] += 1
    failing = CALLS[rest] <= exchange.option("fail", 2)
    await exchange.json({"calls": CALLS[rest]}, 503 if failing else 200)


async def cache(exchange: Exchange, rest: str) -> None:
    CALLS[f"cache/{rest}"] += 1
    headers = [("cache-control", exchange.option("control", "max-age=60"))]
    names = {"etag": "etag", "vary": "vary", "cookie": "set-cookie"}
    headers += [(names[name], exchange.option(name, "")) for name in names if name in exchange.query]
    if "etag" in exchange.query and exchange.header("if-none-match") == exchange.option("etag", ""):
        await exchange.start(304, *headers)
        await exchange.part(b"", more=False)
        return
    user = exchange.header("authorization") or exchange.header("cookie")
    await exchange.json({"calls": CALLS[f"cache/{rest}"], "user": user}, exchange.option("status", 200), *headers)


async def broken(exchange: Exchange, rest: str) -> None:
    await exchange.start(200, ("content-length", "100"))
    await exchange.part(b"0123456789")
    raise ConnectionError("this answer is meant to be broken off")


async def trailers(exchange: Exchange, rest: str) -> None:
    possible = "http.response.trailers" in exchange.scope.get("extensions", {})
    await exchange.start(200, ("content-type", "text/plain"), ("trailer", "x-checksum"), trailers=possible)
    await exchange.part(b"body\n", more=False)
    if possible:
        await exchange.send({"type": "http.response.trailers", "headers": [(b"x-checksum", b"abc")]})


async def hints(exchange: Exchange, rest: str) -> None:
    if "http.response.early_hint" in exchange.scope.get("extensions", {}):
        await exchange.send({"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload; as=style"]})
    await exchange.text("hinted\n")


ROUTES: dict[str, Callable[[Exchange, str], Awaitable[None]]] = {
    "": root,
    "echo": echo,
    "users": users,
    "cache": cache,
    "status": status,
    "redirect": redirect,
    "redirects": redirects,
    "cookies": cookies,
    "bytes": numbered,
    "chunked": chunked,
    "drip": drip,
    "slow": slow,
    "lines": lines,
    "sse": events,
    "encoded": encoded,
    "latin1": latin1,
    "upload": upload,
    "duplex": duplex,
    "refuse": refuse,
    "basic": basic,
    "bearer": bearer,
    "flaky": flaky,
    "broken": broken,
    "trailers": trailers,
    "hints": hints,
}

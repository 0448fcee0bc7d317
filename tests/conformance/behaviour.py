"""What a server does in the conformance suite, told once for every way to serve it.

A route is a generator: it yields what it does (reads a piece of the request's body, sends a head, a piece, waits), and
``asgi_front``, ``wsgi_front`` and ``mock_front`` do it.

=====================================  ================================================================================
``/echo…``, any method                 JSON: method, target, headers, body (latin-1)
``/back``                              the body comes back as it came
``/mirror``                            the body comes back piece by piece, while it comes
``/upload``                            JSON: length, sha256, content_type of the body
``/status/503``                        that status and a line of text
``/headers?size=…``                    odd headers: repeated, empty, latin-1, one of that many bytes
``/redirect/302?to=URL``               a redirect; reads the body first
``/hops/3``                            three redirects, then ``/echo``
``/cookies``, ``/cookies/set?a=1``     JSON of the cookies that came; sets cookies
``/bytes/100``                         that many bytes with a Content-Length
``/chunked?n=3&size=5``                pieces without a Content-Length
``/long``                              50 MB in pieces
``/drip?n=3&delay=0.1``                a line, and then another every ``delay`` seconds
``/slow?delay=1``                      waits before its head
``/lines?n=3``                         JSON lines
``/sse?n=3``                           server-sent events; goes on after ``Last-Event-ID``
``/encoded/gzip``                      JSON in a content coding
``/file``                              20,000 bytes with an ETag; answers ranges
``/refuse``                            413 before the body was read
``/basic``                             401 without user:secret
``/flaky/KEY?fail=2``                  503 for the first ``fail`` calls with that key, then 200 and the count
``/cut``                               promises 100 bytes, sends 10, breaks off
``/trailers``, ``/hints``              trailers; early hints
=====================================  ================================================================================
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

__all__ = ["Call", "Cut", "Head", "Hint", "Read", "Sleep", "numbered", "route"]


@dataclass
class Read:
    """Read a piece of the request's body; b"" is its end."""


@dataclass
class Sleep:
    """Wait."""

    seconds: float


@dataclass
class Hint:
    """Send a 103 with a Link header."""

    link: str


@dataclass
class Head:
    """Send the head of the response; the trailers follow at its end."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    trailers: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Cut:
    """Break off."""


Steps = Generator[Read | Sleep | Hint | Head | Cut | bytes, Any, None]
Body = Generator[Read, bytes, bytes]


class Call:
    """One request, as a route sees it."""

    def __init__(self, method: str, target: str, headers: list[tuple[str, str]]) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.path, _, query = target.partition("?")
        self.query = parse_qs(query, keep_blank_values=True)
        self.rest = self.path.strip("/").partition("/")[2]

    def header(self, name: str) -> str:
        """Return the first header of a name, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def option(self, name: str, default: Any) -> Any:
        """Return a query parameter, of the type of its default."""
        return type(default)(self.query[name][0]) if name in self.query else default


def body_of() -> Body:
    """Read the whole body."""
    pieces = []
    while piece := (yield Read()):
        pieces.append(piece)
    return b"".join(pieces)


def answer(data: bytes, kind: str, status: int = 200, *headers: tuple[str, str]) -> Steps:
    """Send a whole response."""
    yield Head(status, [("content-type", kind), ("content-length", str(len(data))), *headers])
    yield data


def text(words: str, status: int = 200, *headers: tuple[str, str]) -> Steps:
    return answer(words.encode(), "text/plain; charset=utf-8", status, *headers)


def as_json(value: object, status: int = 200, *headers: tuple[str, str]) -> Steps:
    return answer(json.dumps(value).encode(), "application/json", status, *headers)


def route(call: Call) -> Steps:
    """Find what answers a call by the first part of its path."""
    return ROUTES.get(call.path.strip("/").partition("/")[0], not_found)(call)


def not_found(call: Call) -> Steps:
    return text(f"nothing at {call.path}\n", 404)


def echo(call: Call) -> Steps:
    body = yield from body_of()
    seen = {"method": call.method, "target": call.target, "headers": call.headers, "body": body.decode("latin-1")}
    yield from as_json(seen)


def back(call: Call) -> Steps:
    body = yield from body_of()
    yield from answer(body, "application/octet-stream")


def mirror(call: Call) -> Steps:
    yield Head(200, [("content-type", "application/octet-stream")])
    while piece := (yield Read()):
        yield piece


def upload(call: Call) -> Steps:
    digest, length = hashlib.sha256(), 0
    while piece := (yield Read()):
        digest.update(piece)
        length += len(piece)
    yield from as_json({"length": length, "sha256": digest.hexdigest(), "content_type": call.header("content-type")})


def status(call: Call) -> Steps:
    if call.rest in ("204", "304"):
        yield Head(int(call.rest))
    else:
        yield from text(f"{call.rest}\n", int(call.rest))


def odd_headers(call: Call) -> Steps:
    size = call.option("size", 10)
    headers = [("x-two", "a"), ("x-two", "b"), ("x-empty", ""), ("x-latin", "caf\u00e9"), ("x-long", "y" * size)]
    return text("odd\n", 200, *headers)


def redirect(call: Call) -> Steps:
    yield from body_of()
    yield from text("elsewhere\n", int(call.rest), ("location", call.option("to", "/echo")))


def hops(call: Call) -> Steps:
    left = int(call.rest)
    return text("elsewhere\n", 302, ("location", f"/hops/{left - 1}" if left > 1 else "/echo"))


def cookies(call: Call) -> Steps:
    if call.rest == "set":
        lines = [("set-cookie", f"{name}={values[0]}; Path=/") for name, values in call.query.items()]
        return text("set\n", 200, *lines)
    sent = "; ".join(value for name, value in call.headers if name.lower() == "cookie")
    pairs = [pair.strip().partition("=") for pair in sent.split(";") if pair]
    return as_json({name: value for name, _, value in pairs})


def numbered(size: int) -> bytes:
    """Return that many bytes: 0, 1, … 250, 0, …"""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def some_bytes(call: Call) -> Steps:
    return answer(numbered(int(call.rest)), "application/octet-stream")


def chunked(call: Call) -> Steps:
    yield Head(200, [("content-type", "application/octet-stream")])
    for number in range(call.option("n", 3)):
        yield bytes([48 + number % 10]) * call.option("size", 5)


def long(call: Call) -> Steps:
    # Not endless: hypercorn goes on with an application whose client is gone.
    yield Head(200, [("content-type", "application/octet-stream")])
    for _ in range(1000):
        yield bytes(50_000)


def drip(call: Call) -> Steps:
    yield Head(200, [("content-type", "text/plain; charset=utf-8")])
    for number in range(call.option("n", 3)):
        yield f"drop {number}\n".encode()
        yield Sleep(call.option("delay", 0.1))


def slow(call: Call) -> Steps:
    yield Sleep(call.option("delay", 1.0))
    yield from text("at last\n")


def lines(call: Call) -> Steps:
    yield Head(200, [("content-type", "application/x-ndjson")])
    for number in range(call.option("n", 3)):
        yield json.dumps({"number": number}).encode() + b"\n"


def sse(call: Call) -> Steps:
    last = call.header("last-event-id")
    first = int(last) + 1 if last else 0
    yield Head(200, [("content-type", "text/event-stream"), ("cache-control", "no-store")])
    for number in range(first, first + call.option("n", 3)):
        yield f"id: {number}\nretry: 1\nevent: tick\ndata: {number}\n\n".encode()


def encoded(call: Call) -> Steps:
    plain = json.dumps({"coding": call.rest, "text": "squeeze " * 100}).encode()
    return answer(CODINGS[call.rest](plain), "application/json", 200, ("content-encoding", call.rest))


def brotli(plain: bytes) -> bytes:
    import brotli

    return bytes(brotli.compress(plain))


def zstd(plain: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(plain)


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda plain: gzip.compress(plain, mtime=0),
    "deflate": zlib.compress,
    "br": brotli,
    "zstd": zstd,
}


def file(call: Call) -> Steps:
    data, headers = numbered(20_000), [("accept-ranges", "bytes"), ("etag", '"v1"')]
    wanted = re.fullmatch(r"bytes=(\d+)-", call.header("range"))
    if wanted is None:
        return answer(data, "application/octet-stream", 200, *headers)
    first = int(wanted[1])
    headers.append(("content-range", f"bytes {first}-{len(data) - 1}/{len(data)}"))
    return answer(data[first:], "application/octet-stream", 206, *headers)


def refuse(call: Call) -> Steps:
    return text("too much\n", 413)


def basic(call: Call) -> Steps:
    if call.header("authorization") == "Basic " + base64.b64encode(b"user:secret").decode():
        return text("welcome\n")
    return text("who are you?\n", 401, ("www-authenticate", 'Basic realm="test"'))


CALLS: Counter[str] = Counter()


def flaky(call: Call) -> Steps:
    yield from body_of()
    CALLS[call.rest] += 1
    yield from as_json({"calls": CALLS[call.rest]}, 503 if CALLS[call.rest] <= call.option("fail", 2) else 200)


def cut(call: Call) -> Steps:
    yield Head(200, [("content-length", "100")])
    yield b"0123456789"
    yield Cut()


def trailers(call: Call) -> Steps:
    yield Head(200, [("trailer", "x-checksum")], [("x-checksum", "abc")])
    yield b"body\n"


def hints(call: Call) -> Steps:
    yield Hint("</style.css>; rel=preload; as=style")
    yield from text("hinted\n")


ROUTES: dict[str, Callable[[Call], Steps]] = {
    "echo": echo,
    "back": back,
    "mirror": mirror,
    "upload": upload,
    "status": status,
    "headers": odd_headers,
    "redirect": redirect,
    "hops": hops,
    "cookies": cookies,
    "bytes": some_bytes,
    "chunked": chunked,
    "long": long,
    "drip": drip,
    "slow": slow,
    "lines": lines,
    "sse": sse,
    "encoded": encoded,
    "file": file,
    "refuse": refuse,
    "basic": basic,
    "flaky": flaky,
    "cut": cut,
    "trailers": trailers,
    "hints": hints,
}

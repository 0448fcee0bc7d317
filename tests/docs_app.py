"""What answers as ``https://api.example.org`` when the code of the documentation runs.

``tests/servers/asgi_app.py`` with a few places more; run as ``python -m tests.docs_app`` it is the server itself.

``/search?q=…``            JSON: the query that came
``/login``                 takes a form; sets the cookie ``session``
``/me``                    JSON of one user; 401 without that cookie
``/photos``                takes a multipart form; JSON: the names of the parts
``/files/NAME``            100,000 bytes; ranges are answered with 206
``/articles?page=…``       three pages of two, with Link headers
``/events``                JSON lines
``/log``                   lines of text
``/busy/KEY``              503 with ``Retry-After: 0`` once for each key, then 200
``/digest``                wants Digest authentication, of user:secret
``/token``                 a token endpoint that gives ``letmein``
``/news``, ``/prices``     JSON that may be stored: for a minute; as long as it is confirmed each time
``/stall``                 sends a head and the start of a body, then waits
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import signal
import sys

from tests.servers import asgi_app
from tests.servers.asgi_app import CALLS, ROUTES, Exchange, app

__all__ = ["app"]

CONTENT = bytes(range(250)) * 400
PART = re.compile(rb'name="([^"]*)"(?:; filename="([^"]*)")?')


async def search(exchange: Exchange, rest: str) -> None:
    await exchange.json({name: values if len(values) > 1 else values[0] for name, values in exchange.query.items()})


async def login(exchange: Exchange, rest: str) -> None:
    fields = (await exchange.body()).decode()
    if "password=secret" in fields:
        await exchange.text("welcome\n", 200, ("set-cookie", "session=abc123; Path=/; Secure; HttpOnly"))
    else:
        await exchange.text("wrong password\n", 403)


async def me(exchange: Exchange, rest: str) -> None:
    if "session=abc123" in exchange.header("cookie"):
        await exchange.json(asgi_app.user(1))
    else:
        await exchange.json({"error": "log in first"}, 401)


async def photos(exchange: Exchange, rest: str) -> None:
    found = PART.findall(await exchange.body())
    await exchange.json({name.decode(): filename.decode() or None for name, filename in found}, 201)


async def articles(exchange: Exchange, rest: str) -> None:
    page = exchange.option("page", 1)
    link = [("link", f'</articles?page={page + 1}>; rel="next"')] if page < 3 else []
    await exchange.json(
        [{"id": number, "title": f"Article {number}"} for number in (2 * page - 1, 2 * page)], 200, *link
    )


async def files(exchange: Exchange, rest: str) -> None:
    data, status, headers = CONTENT, 200, [("accept-ranges", "bytes"), ("etag", '"v1"')]
    wanted = re.fullmatch(r"bytes=(\d+)-", exchange.header("range"))
    if wanted:
        first = int(wanted[1])
        data, status = CONTENT[first:], 206
        headers.append(("content-range", f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}"))
    await exchange.answer(data, "application/octet-stream", status, *headers)


async def log(exchange: Exchange, rest: str) -> None:
    await exchange.text("started\nworking\ndone\n")


async def busy(exchange: Exchange, rest: str) -> None:
    await exchange.body()
    CALLS[f"busy/{rest}"] += 1
    if CALLS[f"busy/{rest}"] == 1:
        await exchange.text("busy\n", 503, ("retry-after", "0"))
    else:
        await exchange.json({"calls": CALLS[f"busy/{rest}"]})


async def digest(exchange: Exchange, rest: str) -> None:
    given = dict(re.findall(r'(\w+)="?([^",]*)', exchange.header("authorization")))
    known, action = (hash_of(text) for text in ("user:docs:secret", f"{exchange.scope['method']}:/digest"))
    wanted = f"{known}:n0nce:{given.get('nc')}:{given.get('cnonce')}:auth:{action}"
    if given.get("response") == hash_of(wanted):
        await exchange.text("welcome\n")
    else:
        challenge = 'Digest realm="docs", nonce="n0nce", qop="auth", algorithm=SHA-256'
        await exchange.text("who are you?\n", 401, ("www-authenticate", challenge))


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def token(exchange: Exchange, rest: str) -> None:
    await exchange.body()
    tokens = {"access_token": "letmein", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh-2"}
    await exchange.json(tokens)


async def news(exchange: Exchange, rest: str) -> None:
    await storable(exchange, "max-age=60, stale-while-revalidate=600", {"title": "A cache is invented"})


async def prices(exchange: Exchange, rest: str) -> None:
    await storable(exchange, "no-cache", {"tea": 3})


async def storable(exchange: Exchange, control: str, value: object) -> None:
    headers = [("cache-control", control), ("etag", '"1"')]
    if exchange.header("if-none-match") == '"1"':
        await exchange.start(304, *headers)
        await exchange.part(b"", more=False)
    else:
        await exchange.json(value, 200, *headers)


async def stall(exchange: Exchange, rest: str) -> None:
    await exchange.start(200, ("content-type", "text/plain"))
    await exchange.part(b"wait for it")
    await asyncio.sleep(30)


ROUTES.update(
    {
        "search": search,
        "login": login,
        "me": me,
        "photos": photos,
        "articles": articles,
        "files": files,
        "events": asgi_app.lines,
        "log": log,
        "busy": busy,
        "digest": digest,
        "token": token,
        "news": news,
        "prices": prices,
        "stall": stall,
    }
)


async def serve_forever(http: int, https: int, key: str, chain: str) -> None:
    """Serve on two inherited sockets until SIGTERM."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.insecure_bind = [f"fd://{http}"]
    config.bind = [f"fd://{https}"]
    config.keyfile, config.certfile = key, chain
    config.alpn_protocols = ["h2", "http/1.1"]
    config.graceful_timeout = config.shutdown_timeout = 0.2
    config.errorlog = "-"
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await serve(app, config, shutdown_trigger=stopped.wait)  # type: ignore[arg-type]


if __name__ == "__main__":
    asyncio.run(serve_forever(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))

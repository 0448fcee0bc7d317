"""A server of the websockets package; run as a script it is the server itself.

===============================  ==================================================================================
``/echo``                        sends back what comes, each message as it is
``/push?n=3&size=5``             sends so many text messages of that size, then closes
``/close?code=4000&reason=x``    closes at once
``/vanish``                      echoes one message, then drops the connection without a close
``/flaky/KEY?after=2``           greets with how often KEY came; the first ``after`` connections then vanish
``/pings?n=3``                   sends so many pings, and then how many pongs came
``/deaf``                        reads nothing
``/headers``                     sends the headers of the handshake as JSON, then echoes
``/refuse/403``                  answers the handshake with that status and a line of text
``/basic``                       401 without user:secret, else ``/headers``
===============================  ==================================================================================

The subprotocols ``chat`` and ``superchat`` are known, and compression is agreed to.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import ssl
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

if __package__:
    from .certificates import Certificates
    from .process import ServerProcess

__all__ = ["WebSocketServer", "run_websocket_server"]

SEEN: Counter[str] = Counter()


class WebSocketServer:
    """A running server: ``url`` (ws) and ``wss_url``."""

    def __init__(self, plain: int, tls: int, server: ServerProcess) -> None:
        self.server = server
        self.url = f"ws://127.0.0.1:{plain}"
        self.wss_url = f"wss://localhost:{tls}"


@contextmanager
def run_websocket_server(certificates: Certificates) -> Iterator[WebSocketServer]:
    """Run it in a process of its own; it inherits listening sockets, so no port can be lost."""
    with tempfile.TemporaryDirectory(prefix="websockets-") as folder, socket.socket() as plain, socket.socket() as tls:
        for one in (plain, tls):
            one.bind(("127.0.0.1", 0))
            one.listen(1024)
        handles = [plain.fileno(), tls.fileno()]
        command = [sys.executable, __file__, *map(str, handles)]
        command += [str(certificates.server_key), str(certificates.server_cert)]
        server = ServerProcess("websocket", command, Path(folder) / "websocket.log", pass_fds=handles)
        try:
            addresses = [plain.getsockname(), tls.getsockname()]
            if not server.wait_until_accepting(addresses):
                raise RuntimeError(f"the websockets server does not start:\n{server.tail()}")
            yield WebSocketServer(addresses[0][1], addresses[1][1], server)
        finally:
            server.stop()


def refuse(connection: ServerConnection, request: Any) -> Any:
    """Answer what is no WebSocket."""
    path = urlsplit(request.path).path
    if path.startswith("/refuse/"):
        return connection.respond(HTTPStatus(int(path.rpartition("/")[2])), "not you\n")
    expected = "Basic " + base64.b64encode(b"user:secret").decode()
    if path == "/basic" and request.headers.get("Authorization") != expected:
        response = connection.respond(HTTPStatus.UNAUTHORIZED, "who are you?\n")
        response.headers["WWW-Authenticate"] = 'Basic realm="sockets"'
        return response
    return None


def choose(connection: ServerConnection, offered: Sequence[str]) -> Any:
    """Choose a subprotocol; a client need not offer any."""
    return next((name for name in ("chat", "superchat") if name in offered), None)


async def answer(connection: ServerConnection) -> None:
    """Serve one connection."""
    assert connection.request is not None
    parts = urlsplit(connection.request.path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    action = {
        "/push": push,
        "/close": close,
        "/vanish": vanish,
        "/pings": pings,
        "/deaf": deaf,
        "/headers": headers,
        "/basic": headers,
    }.get(parts.path, flaky if parts.path.startswith("/flaky/") else echo)
    await action(connection, query)


async def echo(connection: ServerConnection, query: dict[str, str]) -> None:
    async for message in connection:
        await connection.send(message)


async def push(connection: ServerConnection, query: dict[str, str]) -> None:
    for number in range(int(query["n"])):
        await connection.send(str(number).rjust(int(query.get("size", "1")), "."))


async def close(connection: ServerConnection, query: dict[str, str]) -> None:
    await connection.close(int(query["code"]), query.get("reason", ""))


async def vanish(connection: ServerConnection, query: dict[str, str]) -> None:
    await connection.send(await connection.recv())
    connection.transport.abort()


async def flaky(connection: ServerConnection, query: dict[str, str]) -> None:
    assert connection.request is not None
    key = connection.request.path
    SEEN[key] += 1
    number = SEEN[key]
    await connection.send(str(number))
    if number <= int(query["after"]):
        await connection.recv()
        connection.transport.abort()
    else:
        await echo(connection, query)


async def pings(connection: ServerConnection, query: dict[str, str]) -> None:
    count = 0
    for number in range(int(query["n"])):
        await (await connection.ping(f"ping {number}"))
        count += 1
    await connection.send(str(count))


async def deaf(connection: ServerConnection, query: dict[str, str]) -> None:
    connection.transport.pause_reading()
    await asyncio.sleep(3600)


async def headers(connection: ServerConnection, query: dict[str, str]) -> None:
    assert connection.request is not None
    await connection.send(json.dumps({name.lower(): value for name, value in connection.request.headers.raw_items()}))
    await echo(connection, query)


async def serve_forever(plain: int, tls: int, key: str, chain: str) -> None:
    """Serve until SIGTERM."""
    from websockets.asyncio.server import serve

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    options: dict[str, Any] = {"select_subprotocol": choose, "process_request": refuse, "max_size": None}
    options |= {"ping_interval": None, "close_timeout": 1, "server_header": None}
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with (
        serve(answer, sock=socket.socket(fileno=plain), **options),
        serve(answer, sock=socket.socket(fileno=tls), ssl=context, **options),
    ):
        await stopped.wait()
        os._exit(0)  # the deaf are not waited for


if __name__ == "__main__":
    asyncio.run(serve_forever(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))

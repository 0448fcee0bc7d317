"""The echo that WebSockets are measured against: a server of the websockets package, on uvloop where there is one.

Started as ``python -m benchmarks.websocket_server PORT [TLS_PORT CERTIFICATE]``.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
from typing import Any


async def echo(connection: Any) -> None:
    async for message in connection:
        await connection.send(message)


async def main(plain: int, tls: int = 0, certificate: str = "") -> None:
    from websockets.asyncio.server import serve

    logging.getLogger("websockets").addHandler(logging.NullHandler())
    options: dict[str, Any] = {"max_size": None, "ping_interval": None}
    async with serve(echo, "127.0.0.1", plain, **options):
        if not tls:
            await asyncio.Future()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        async with serve(echo, "127.0.0.1", tls, ssl=context, **options):
            await asyncio.Future()


if __name__ == "__main__":
    arguments: list[Any] = [int(sys.argv[1])]
    if len(sys.argv) > 2:
        arguments += [int(sys.argv[2]), sys.argv[3]]
    try:
        import uvloop
    except ImportError:
        asyncio.run(main(*arguments))
    else:
        uvloop.run(main(*arguments))

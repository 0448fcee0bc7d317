"""A plain asyncio server, in a process of its own, that answers with what the request's path says.

``/<id>?delay=<ms>&size=<bytes>&mode=<length|chunked|close|drop|stall>``: the body is the id, repeated up to ``size``.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

__all__ = ["body_of", "echo_server"]


def body_of(identity: str, size: int) -> bytes:
    """Return the body for an id."""
    unit = f"<{identity}>".encode()
    return (unit * (size // len(unit) + 1))[: max(size, len(unit))]


async def respond(writer: asyncio.StreamWriter, target: str) -> bool:
    """Answer one request; return whether the connection goes on."""
    parts = urlsplit(target)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    body = body_of(parts.path[1:], int(query.get("size", 0)))
    mode = query.get("mode", "length")
    if delay := int(query.get("delay", 0)):
        await asyncio.sleep(delay / 1000)
    if mode == "drop":
        return False
    if mode == "chunked":
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 997):
            piece = body[start : start + 997]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
    elif mode == "close":
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
    else:
        half = len(body) // 2
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:half])
        if mode == "stall":
            await asyncio.sleep(0.2)
        writer.write(body[half:])
    await writer.drain()
    return mode != "close"


async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if not await respond(writer, head.split(b" ", 2)[1].decode()):
                break
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Serve until the process is killed."""
    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def echo_server() -> Iterator[str]:
    """Run the server in a process; yield its base url."""
    with subprocess.Popen([sys.executable, "-P", __file__], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(main())

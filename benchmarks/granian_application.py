"""What stands in for nginx: an RSGI application on granian, whose HTTP is in Rust."""

from __future__ import annotations

import os
from secrets import token_hex
from typing import Any

from .server import SMALL_BODY

FILES = os.environ.get("BENCH_FILES", "")
PLAIN = [("content-type", "text/plain")]


async def application(scope: Any, protocol: Any) -> None:
    path = scope.path
    if path == "/small":
        protocol.response_bytes(200, PLAIN, SMALL_BODY)
    elif path == "/varied":
        protocol.response_bytes(200, [*PLAIN, ("x-request-id", token_hex(16))], SMALL_BODY)
    elif path.startswith("/streams/"):
        size = int(path.rpartition("/")[2])
        protocol.response_file(200, [*PLAIN, ("content-length", str(size))], FILES + path)
    else:
        async for _ in protocol:
            pass
        protocol.response_empty(204, [])

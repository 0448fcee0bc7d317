"""A tour in both colours, with the time each part takes.

python examples/tour.py [URL …]     without urls it starts a web server on loopback and fetches from there
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from server import serve

from duohttp import AsyncClient, Client, HTTPError

NOBODY_LISTENS = "http://127.0.0.1:9/"


@dataclass
class User:
    """What /user.json holds."""

    id: int
    name: str
    languages: list[str]


@dataclass
class Targets:
    """What the tour fetches: pages, one thing as a type, one thing as a stream."""

    pages: Sequence[str]
    typed: tuple[str, Any]
    big: str


def blocking(targets: Targets) -> None:
    """Show the blocking client."""
    with Client() as client:
        with timed("sequential get") as part:
            responses = [client.get(url) for url in targets.pages]
            part.result = summary(responses)

        with timed("parallel get") as part:
            part.result = summary(client.parallel_get(targets.pages, limit=16))

        url, kind = targets.typed
        with timed("typed receive") as part:
            part.result = shortened(client.get(url, into=kind))

        with timed("streamed download") as part, tempfile.TemporaryFile() as file:
            with client.stream("GET", targets.big) as response:
                for piece in response.iter_bytes():
                    file.write(piece)
            part.result = f"{file.tell():,} bytes"

        with timed("supervisor scope") as part:
            with client.scope(supervisor=True) as scope:
                good, bad = scope.get(targets.pages[0]), scope.get(NOBODY_LISTENS, expect_success=True)
            part.result = f"one {good.result().status_code}, one {type(bad.exception()).__name__}"


async def asynchronous(targets: Targets) -> None:
    """Show the async client."""
    async with AsyncClient() as client:
        with timed("sequential get") as part:
            responses = [await client.get(url) for url in targets.pages]
            part.result = summary(responses)

        with timed("parallel get") as part:
            part.result = summary(await client.parallel_get(targets.pages, limit=16))

        url, kind = targets.typed
        with timed("typed receive") as part:
            part.result = shortened(await client.get(url, into=kind))

        with timed("streamed download") as part, tempfile.TemporaryFile() as file:
            async with client.stream("GET", targets.big) as response:
                async for piece in response.iter_bytes():
                    file.write(piece)
            part.result = f"{file.tell():,} bytes"

        with timed("supervisor scope") as part:
            async with client.scope(supervisor=True) as scope:
                good, bad = scope.get(targets.pages[0]), scope.get(NOBODY_LISTENS, expect_success=True)
            part.result = f"one {(await good.result()).status_code}, one {type(await bad.exception()).__name__}"


class Part:
    """One line of the report."""

    failed = 0
    result = ""


@contextmanager
def timed(title: str) -> Iterator[Part]:
    """Time a part of the tour and print what it did; one that fails does not end the tour."""
    part = Part()
    start = time.perf_counter()
    try:
        yield part
    except HTTPError as error:
        Part.failed += 1
        part.result = f"FAILED: {type(error).__name__}: {error}"
    finally:
        print(f"  {title:<20} {time.perf_counter() - start:8.3f} s   {part.result}")


def summary(responses: Sequence[Any]) -> str:
    """Say what came."""
    statuses = sorted({response.status_code for response in responses})
    size = sum(len(response.content) for response in responses)
    return f"{len(responses)} responses, {size:,} bytes, status {', '.join(map(str, statuses))}"


def shortened(value: object) -> str:
    """Show the start of a value."""
    text = repr(value)
    return text if len(text) <= 70 else f"{text[:70]}…"


def tour(targets: Targets) -> None:
    """Run both halves."""
    print("Client: blocking calls, parallel by threads")
    blocking(targets)
    print("AsyncClient: one event loop, parallel by tasks")
    asyncio.run(asynchronous(targets))


def main() -> int:
    """Run the tour on the urls of the command line, or on a server of its own."""
    urls = sys.argv[1:]
    if urls:
        print(f"fetching {len(urls)} given url{'s' if len(urls) > 1 else ''}")
        tour(Targets(pages=urls, typed=(urls[0], str), big=urls[0]))
    else:
        with serve() as (name, root):
            print(f"fetching from {name} at {root}")
            pages = [f"{root}/pages/{number}.txt" for number in range(100)]
            tour(Targets(pages=pages, typed=(f"{root}/user.json", User), big=f"{root}/big.bin"))
    return 1 if Part.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())

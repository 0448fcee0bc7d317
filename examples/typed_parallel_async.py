"""Fetch urls at once, each into a typed object, and let none of them stop the others; the async twin.

python examples/typed_parallel_async.py [URL ...]      (urls of JSON objects; without any, a local server has some)
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from server import serve

from duohttp import AsyncClient, ContentNegotiation, HTTPError, JsonConverter

# Numbers in quotes are numbers too, what is None is left out, and HTML stays harmless in what is sent.
JSON = ContentNegotiation(JsonConverter(strict=False, drop_nulls=True, escape_html=True))


@dataclass
class User:
    """One user, as the server tells of them."""

    id: int
    name: str
    email: str | None = None


async def greet(user: User) -> str:
    return f"Hello, {user.name} <{user.email}>!"


async def load(client: AsyncClient, url: str) -> str:
    """One job: a request, and what is done with its answer."""
    user = await client.get(url, into=User)
    return await greet(user)


async def main(urls: list[str]) -> None:
    async with AsyncClient(plugins=[JSON], timeout=10) as client:
        async with client.scope(supervisor=True) as scope:
            jobs = [scope.start(load, client, url) for url in urls]
        for job in jobs:
            try:
                print(await job.result())
            except HTTPError as error:
                print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(main(sys.argv[1:]))
    else:
        with serve() as (_, root):
            asyncio.run(main([f"{root}/users/{number}.json" for number in (1, 2, 99, 3)]))

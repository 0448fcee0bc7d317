"""Fetch urls at once, each into a typed object, and let none of them stop the others.

python examples/typed_parallel.py [URL ...]      (urls of JSON objects; without any, a local server has some)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from server import serve

from duohttp import Client, ContentNegotiation, HTTPError, JsonConverter

# Numbers in quotes are numbers too, what is None is left out, and HTML stays harmless in what is sent.
JSON = ContentNegotiation(JsonConverter(strict=False, drop_nulls=True, escape_html=True))


@dataclass
class User:
    """One user, as the server tells of them."""

    id: int
    name: str
    email: str | None = None


def greet(user: User) -> str:
    return f"Hello, {user.name} <{user.email}>!"


def load(client: Client, url: str) -> str:
    """One job: a request, and what is done with its answer."""
    user = client.get(url, into=User)
    return greet(user)


def main(urls: list[str]) -> None:
    client = Client(plugins=[JSON], timeout=10)
    try:
        with client.scope(supervisor=True) as scope:
            jobs = [scope.start(load, client, url) for url in urls]
        for job in jobs:
            try:
                print(job.result())
            except HTTPError as error:
                print(f"{type(error).__name__}: {error}")
    finally:
        client.close()


if __name__ == "__main__":
    if sys.argv[1:]:
        main(sys.argv[1:])
    else:
        with serve() as (_, root):
            main([f"{root}/users/{number}.json" for number in (1, 2, 99, 3)])

"""What type checkers make of parallel requests and scopes; never run."""

from __future__ import annotations

from typing import assert_type

from duohttp import AsyncClient, AsyncResponse, Client, Response, parallel, parallel_get, parallel_iter


class User:
    name: str


def double(value: int) -> int:
    return value * 2


async def async_double(value: int) -> int:
    return value * 2


def blocking(client: Client, urls: list[str]) -> None:
    assert_type(client.parallel_get(urls), list[Response])
    assert_type(client.parallel_get(urls, into=User, limit=3), list[User])
    assert_type(client.parallel_get(urls, into=User, return_exceptions=True), list[User | Exception])
    assert_type(client.parallel([("GET", "x"), client.prepare("GET", "x")]), list[Response])
    assert_type(client.parallel(urls, return_exceptions=True), list[Response | Exception])
    assert_type(next(client.parallel_iter(urls, into=User)), User)
    assert_type(next(client.parallel_iter(urls).indexed()), tuple[int, Response])
    assert_type(parallel_get(urls, into=User), list[User])
    assert_type(parallel(urls, return_exceptions=True, verify=False), list[Response | Exception])
    assert_type(next(parallel_iter(urls, into=bytes)), bytes)
    with client.scope(supervisor=True) as scope:
        assert_type(scope.get("x").result(), Response)
        assert_type(scope.post("x", json={}, into=User).result(), User)
        assert_type(scope.start(double, 1).result(), int)


async def asynchronous(client: AsyncClient, urls: list[str]) -> None:
    assert_type(await client.parallel_get(urls), list[AsyncResponse])
    assert_type(await client.parallel_get(urls, into=User, headers={"A": "b"}), list[User])
    assert_type(await client.parallel(urls, into=User, return_exceptions=True), list[User | Exception])
    async for user in client.parallel_iter(urls, into=User):
        assert_type(user, User)
    async with client.scope() as scope:
        assert_type(await scope.get("x").result(), AsyncResponse)
        assert_type(await scope.put("x", into=User).result(), User)
        assert_type(await scope.start(async_double, 1).result(), int)

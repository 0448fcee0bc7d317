"""Where requests go: templates with values, and resource objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from duohttp import (
    RESOURCE,
    URL_TEMPLATE,
    AsyncClient,
    InvalidRequest,
    InvalidURL,
    Plugin,
    Request,
    resource,
)

from ..servers.asgi import AsgiServer
from .scripted import AsyncScriptedEngine

pytestmark = pytest.mark.anyio


@resource("/users")
class Users:
    n: int | None = None


@resource("{id}")
class User:
    id: int
    parent: Users = Users()


@dataclass
class Person:
    id: int
    name: str


def echoing(**options: Any) -> tuple[AsyncClient, AsyncScriptedEngine]:
    engine = AsyncScriptedEngine(lambda request: (200, {}, str(request.url).encode()))
    return AsyncClient(engine=engine, **options), engine


async def test_a_real_server(asgi_server: AsgiServer) -> None:
    async with AsyncClient(base_url=asgi_server.url) as client:
        assert await client.get(User(2), into=Person) == Person(2, "Grace")
        assert [one.name for one in await client.get(Users(n=2), into=list[Person])] == ["Ada", "Grace"]
        many = await client.parallel_get([User(number) for number in (1, 2, 3)], into=Person)
        assert [person.name for person in many] == ["Ada", "Grace", "Edsger"]
        found = await client.get(
            "/echo/{+path}{?q*,n}", path_params={"path": "a/b c", "q": {"x": "ä&", "y": 1}, "n": None}
        )
        assert found.json()["query"] == "x=%C3%A4%26&y=1"
        assert found.json()["path"] == "/echo/a/b c"


@pytest.mark.parametrize("base_url", [None, "https://a.test/v1"])
async def test_values_reach_the_server_as_they_are(base_url: str | None) -> None:
    client, engine = echoing(base_url=base_url)
    start = "" if base_url else "https://a.test/v1"
    values = {"id": "a/b?c#d%2F", "q": ["1+1", "a&b"]}
    await client.get(start + "/x/{id}{?q*}", path_params=values, params={"z": 1})
    url = engine.requests[0].url
    assert url.raw_path == "/v1/x/a%2Fb%3Fc%23d%252F"
    assert [*url.query.items()] == [("q", "1+1"), ("q", "a&b"), ("z", "1")]


async def test_the_template_is_seen_by_plugins() -> None:
    seen: list[Any] = []

    class Names(Plugin):
        def on_attempt(self, request: Request) -> None:
            seen.append((request.attribute(URL_TEMPLATE), request.attribute(RESOURCE)))

    client, _ = echoing(base_url="https://a.test", plugins=[Names()])
    await client.get("/users/{id}", path_params={"id": 7})
    await client.post(User(7))
    await client.prepare("GET", User(8)).execute()
    await client.get("/users/7")
    assert seen == [("/users/{id}", None), ("/users/{id}", User(7)), ("/users/{id}", User(8)), (None, None)]


async def test_what_is_refused() -> None:
    client, engine = echoing(base_url="https://a.test")
    wrong: Any = [7]
    with pytest.raises(InvalidURL, match="'id'"):
        await client.get("/users/{id}", path_params={})
    with pytest.raises(InvalidURL, match=r"'\.\.'"):
        await client.get("/users/{id}", path_params={"id": ".."})
    with pytest.raises(InvalidRequest, match="mapping"):
        await client.get("/users/{id}", path_params=wrong)
    with pytest.raises(InvalidRequest, match="template"):
        await client.get(User(7), path_params={"id": 7})
    with pytest.raises(InvalidURL, match="Person"):
        await client.get(Person(1, "Ada"))
    assert engine.requests == []
    response = await client.get("/a%7Bb%7D", path_params=None)
    assert response.text == "https://a.test/a%7Bb%7D"

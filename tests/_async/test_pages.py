"""Lists that come in pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    ClientStatusError,
    CursorPages,
    DecodingError,
    InvalidURL,
    LinkPages,
    NumberedPages,
    PageStrategy,
    RemoteProtocolError,
)

from ..servers.nginx import MEGABYTE, Nginx
from ..servers.raw import RawServer
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio


@dataclass
class User:
    id: int


def users(first: int, count: int = 2) -> list[dict[str, int]]:
    return [{"id": number} for number in range(first, first + count)]


def page(body: object, **headers: str) -> Answer:
    return 200, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()


def scripted(*answers: Answer) -> tuple[AsyncClient, AsyncScriptedEngine]:
    left = list(answers)
    engine = AsyncScriptedEngine(lambda _: left.pop(0))
    return AsyncClient(engine=engine, base_url="https://a.test"), engine


def asked(engine: AsyncScriptedEngine) -> list[str]:
    return [request.url.raw_path_qs for request in engine.requests]


async def test_links() -> None:
    client, engine = scripted(
        page(users(1), Link='</users?page=2>; rel="next", </users?page=9>; rel="last"'),
        page(users(3), Link="<https://a.test/users?page=3>; rel=next"),
        page(users(5, 1)),
    )
    found = [user async for user in client.paginate("/users", into=User, params={"n": 2}, auth=("u", "p"))]
    assert found == [User(number) for number in range(1, 6)]
    assert asked(engine) == ["/users?n=2", "/users?page=2", "/users?page=3"]
    assert len({request.headers["authorization"] for request in engine.requests}) == 1


async def test_pages_are_asked_for_when_they_are_needed() -> None:
    client, engine = scripted(page([1, 2], Link="</2>; rel=next"), page([3], Link="</3>; rel=next"))
    taken = []
    async for item in client.paginate("/1"):
        taken.append(item)
        if item == 2:
            break
    assert (taken, len(engine.requests)) == ([1, 2], 1)
    client, engine = scripted(page([1, 2], Link="</2>; rel=next"), page([3], Link="</3>; rel=next"))
    assert [item async for item in client.paginate("/1", max_pages=2)] == [1, 2, 3]


@pytest.mark.parametrize("end", [{}, {"next": None}, {"next": ""}, {"next": False}])
async def test_cursors(end: dict[str, Any]) -> None:
    client, engine = scripted(
        page({"data": {"users": users(1)}, "meta": {"next": "a&b"}}),
        page({"data": {"users": []}, "meta": {"next": 7}}),
        page({"data": {"users": users(3)}, "meta": end}),
    )
    strategy = CursorPages(next="meta.next", param="after", items="data.users")
    found = [user.id async for user in client.paginate("/users?n=2", into=User, strategy=strategy)]
    assert found == [1, 2, 3, 4]
    assert asked(engine) == ["/users?n=2", "/users?n=2&after=a%26b", "/users?n=2&after=7"]


async def test_cursors_that_are_urls() -> None:
    client, engine = scripted(
        page({"results": [1], "next": "https://a.test/x?p=2"}), page({"results": [2], "next": None})
    )
    strategy = CursorPages(next="next", param=None, items="results")
    assert [item async for item in client.paginate("/x", into=int, strategy=strategy)] == [1, 2]
    assert asked(engine) == ["/x", "/x?p=2"]


@pytest.mark.parametrize(
    ("strategy", "urls"),
    [
        (NumberedPages(), ["/x?page=1", "/x?page=2", "/x?page=3", "/x?page=4"]),
        (NumberedPages(size=2), ["/x?page=1", "/x?page=2", "/x?page=3"]),
        (NumberedPages(param="offset", first=0, step=2, size=2), ["/x?offset=0", "/x?offset=2", "/x?offset=4"]),
    ],
    ids=repr,
)
async def test_numbers(strategy: PageStrategy, urls: list[str]) -> None:
    client, engine = scripted(page([1, 2]), page([3, 4]), page([5]), page([]))
    assert [item async for item in client.paginate("/x", strategy=strategy)] == [1, 2, 3, 4, 5]
    assert asked(engine) == urls


async def test_responses_instead_of_items() -> None:
    client, _ = scripted(page([1], Link="</2>; rel=next"), page([2]))
    assert [response.json() async for response in client.paginate("/1").pages()] == [[1], [2]]


async def test_credentials_go_to_no_other_origin() -> None:
    client, engine = scripted(page([1], Link="<https://b.test/2>; rel=next"))
    with pytest.raises(InvalidURL, match=r"another origin, https://b\.test:443"):
        assert [item async for item in client.paginate("/1", auth="secret")] == []
    assert len(engine.requests) == 1


async def test_what_goes_wrong() -> None:
    client, _ = scripted(page([1], Link="</1>; rel=next"))
    with pytest.raises(RemoteProtocolError, match="itself"):
        assert [item async for item in client.paginate("/1")] == []
    client, _ = scripted(page([1], Link="</2>; rel=next"), (404, {}, b"gone"))
    pages = client.paginate("/1", strategy=LinkPages())
    with pytest.raises(ClientStatusError, match="gone"):
        assert [item async for item in pages] == []
    assert [item async for item in pages] == []
    bodies: list[Any] = [{"items": 1}, {"other": []}, [], "text"]
    for body in bodies:
        client, _ = scripted(page(body))
        with pytest.raises(DecodingError) as caught:
            assert [item async for item in client.paginate("/1", strategy=CursorPages())] == []
        assert caught.value.response is not None
    client, _ = scripted(page({"items": [], "next_cursor": [1]}))
    with pytest.raises(DecodingError, match="no cursor"):
        assert [item async for item in client.paginate("/1", strategy=CursorPages())] == []
    client, _ = scripted(page([{"id": "x"}]))
    with pytest.raises(DecodingError, match="id"):
        assert [item async for item in client.paginate("/1", into=User)] == []


async def test_a_real_connection() -> None:
    def answer(body: bytes, link: bytes = b"") -> bytes:
        return b"HTTP/1.1 200 OK\r\n" + link + b"content-length: %d\r\n\r\n" % len(body) + body

    with RawServer([answer(b"[1]", b"link: </2>; rel=next\r\n"), answer(b"[2]")]) as server:
        async with AsyncClient() as client:
            assert [item async for item in client.paginate(server.url, into=int)] == [1, 2]
        assert server.connections == 1


def test_a_strategy_of_ones_own() -> None:
    with pytest.raises(NotImplementedError):
        PageStrategy().following(*[None] * 4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "text", "array", "expected"),
    [
        ("application/json; charset=utf-8", "[1, 2,\n3]", None, [1, 2, 3]),
        ("application/json", "1\n2", None, [1, 2]),
        ("application/x-ndjson", "[1]\n[2]", None, [[1], [2]]),
        ("application/json-seq", "\x1e[1]\n\x1e[2]\n", None, [[1], [2]]),
        ("application/json", "[1]\n[2]", False, [[1], [2]]),
        ("text/plain", "[1, 2]", True, [1, 2]),
    ],
)
async def test_json_while_it_comes(kind: str, text: str, array: bool | None, expected: list[Any]) -> None:
    client, _ = scripted((200, {"Content-Type": kind}, [text[:4].encode(), text[4:].encode()]))
    async with client.stream("GET", "/") as response:
        assert [item async for item in response.iter_json(Any, array=array)] == expected


async def test_json_that_is_cut_off() -> None:
    client, engine = scripted((200, {"Content-Type": "application/json"}, b"[1, 2"))
    async with client.stream("GET", "/") as response:
        with pytest.raises(DecodingError, match="ends within") as caught:
            assert [item async for item in response.iter_json(int)] == []
        assert caught.value.response is response
        assert engine.streams[0].closed


async def test_parts_of_a_real_server(nginx: Nginx) -> None:
    async with AsyncClient() as client:
        headers = {"Range": "bytes=0-1,10-14"}
        async with client.stream("GET", f"{nginx.url}/1mb.bin", headers=headers) as response:
            parts = [part async for part in response.iter_multipart()]
        assert [part.content for part in parts] == [MEGABYTE[:2], MEGABYTE[10:15]]
        assert [part.headers["content-range"] for part in parts] == ["bytes 0-1/1048576", "bytes 10-14/1048576"]
        async with client.stream("GET", f"{nginx.url}/small.txt") as response:
            with pytest.raises(DecodingError, match="multipart"):
                response.iter_multipart()

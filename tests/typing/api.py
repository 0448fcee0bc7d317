"""What a type checker must know of the public names. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict, assert_type

import msgspec
import pydantic
from yarl import URL

import duohttp
from duohttp import (
    AsyncClient,
    AsyncResponse,
    AsyncWebSocket,
    Client,
    Headers,
    HttpRedirect,
    Limits,
    Proxy,
    Request,
    Response,
    Timeout,
    WebSocket,
)
from duohttp.converters import Converters, JsonConverter


@dataclass
class User:
    id: int


class Movie(TypedDict):
    title: str


class Item(msgspec.Struct):
    price: float


class Model(pydantic.BaseModel):
    id: int


class Pair(NamedTuple):
    left: int
    right: str


def blocking(client: Client, kind: type[User]) -> None:
    assert_type(client.get("/"), Response)
    assert_type(client.get("/", into=None), Response)
    assert_type(client.get("/", into=User), User)
    assert_type(client.get("/", into=kind), User)
    assert_type(client.get("/", into=list[User]), list[User])
    assert_type(client.get("/", into=dict[str, list[User]]), dict[str, list[User]])
    assert_type(client.get("/", into=Movie), Movie)
    assert_type(client.get("/", into=Pair), Pair)
    assert_type(client.get("/", into=Item), Item)
    assert_type(client.get("/", into=list[Model]), list[Model])
    assert_type(client.get("/", into=bytes), bytes)
    assert_type(client.get("/", into=str), str)
    assert_type(client.get("/", into=tuple[int, str]), tuple[int, str])
    assert_type(client.get("/", into=Response), Response)
    assert_type(client.get("/", into=User, params={"q": 1}, timeout=3), User)
    assert_type(client.head("/"), Response)
    assert_type(client.options("/"), Response)
    assert_type(client.post("/", json=User(1), into=User), User)
    assert_type(client.put("/", content=b"x"), Response)
    assert_type(client.patch("/", form={"a": 1}, into=User), User)
    assert_type(client.delete("/", into=User), User)
    assert_type(client.query("/", body=User(1), into=list[User]), list[User])
    assert_type(client.request("GET", "/"), Response)
    assert_type(client.request("GET", "/", into=User), User)
    request = client.build_request("GET", "/")
    assert_type(request, Request)
    assert_type(client.send(request), Response)
    assert_type(client.send(request, into=User), User)
    statement = client.prepare("GET", "/")
    assert_type(statement.execute(), Response)
    assert_type(statement.execute(into=User), User)
    assert_type(client.derive(headers={"A": "b"}), Client)
    with client.stream("GET", "/") as response:
        assert_type(response, Response)
        for number, piece in enumerate(response.iter_bytes()):
            assert_type((number, piece), tuple[int, bytes])
        for line in response.iter_lines():
            assert_type(line, str)
        for user in response.iter_json(User):
            assert_type(user, User)
    with statement.stream() as response:
        assert_type(response.read(), bytes)
    with Client() as entered:
        assert_type(entered, Client)


async def waiting(client: AsyncClient, kind: type[User]) -> None:
    assert_type(await client.get("/"), AsyncResponse)
    assert_type(await client.get("/", into=None), AsyncResponse)
    assert_type(await client.get("/", into=User), User)
    assert_type(await client.get("/", into=kind), User)
    assert_type(await client.get("/", into=list[User]), list[User])
    assert_type(await client.get("/", into=dict[str, list[User]]), dict[str, list[User]])
    assert_type(await client.get("/", into=Movie), Movie)
    assert_type(await client.get("/", into=Pair), Pair)
    assert_type(await client.get("/", into=bytes), bytes)
    assert_type(await client.get("/", into=AsyncResponse), AsyncResponse)
    assert_type(await client.get("/", into=User, params={"q": 1}, timeout=3), User)
    assert_type(await client.head("/"), AsyncResponse)
    assert_type(await client.options("/"), AsyncResponse)
    assert_type(await client.post("/", json=User(1), into=User), User)
    assert_type(await client.put("/", content=b"x"), AsyncResponse)
    assert_type(await client.patch("/", form={"a": 1}, into=User), User)
    assert_type(await client.delete("/", into=User), User)
    assert_type(await client.query("/", body=User(1), into=list[User]), list[User])
    assert_type(await client.request("GET", "/"), AsyncResponse)
    assert_type(await client.request("GET", "/", into=User), User)
    request = client.build_request("GET", "/")
    assert_type(request, Request)
    assert_type(await client.send(request), AsyncResponse)
    assert_type(await client.send(request, into=User), User)
    statement = client.prepare("GET", "/")
    assert_type(await statement.execute(), AsyncResponse)
    assert_type(await statement.execute(into=User), User)
    assert_type(client.derive(headers={"A": "b"}), AsyncClient)
    async with client.stream("GET", "/") as response:
        assert_type(response, AsyncResponse)
        async for piece in response.iter_bytes():
            assert_type(piece, bytes)
        async for line in response.iter_lines():
            assert_type(line, str)
        async for user in response.iter_json(User):
            assert_type(user, User)
    async with statement.stream() as response:
        assert_type(await response.read(), bytes)
    async with AsyncClient() as entered:
        assert_type(entered, AsyncClient)


def responses(saved: Response, other: AsyncResponse) -> None:
    assert_type(saved.body(User), User)
    assert_type(saved.body(list[User]), list[User])
    assert_type(other.body(User), User)
    assert_type(saved.raise_for_status(), Response)
    assert_type(other.raise_for_status(), AsyncResponse)
    assert_type(saved.content, bytes)
    assert_type(saved.text, str)
    assert_type(saved.json(), Any)
    assert_type(saved.status_code, int)
    assert_type(saved.headers, Headers)
    assert_type(saved.is_success, bool)
    assert_type(saved.headers["a"], str)


def converting(converters: Converters) -> None:
    assert_type(converters.decode(b"", User), User)
    assert_type(converters.decode(b"", list[User] | None, "application/json"), list[User] | None)
    assert_type(converters.decode(b"", Any), Any)
    assert_type(converters.encode(User(1)), tuple[bytes, str])
    assert_type(converters.with_(JsonConverter("orjson"), quality=0.5), Converters)


def sockets(client: Client) -> None:
    with client.websocket("/") as plain, client.websocket("/", into=User) as typed:
        assert_type(plain, WebSocket[str | bytes])
        assert_type(typed, WebSocket[User])
        assert_type(plain.receive(), str | bytes)
        assert_type(plain.receive(User, timeout=3), User)
        assert_type(typed.receive(), User)
        assert_type(typed.receive_text(), str)
        assert_type(typed.ping(), float)
        assert_type(next(iter(typed)), User)


async def async_sockets(client: AsyncClient) -> None:
    async with client.websocket("/", into=list[User]) as typed:
        assert_type(typed, AsyncWebSocket[list[User]])
        assert_type(await typed.receive(), list[User])
        assert_type(await typed.receive(dict[str, int]), dict[str, int])
        async for message in typed:
            assert_type(message, list[User])


def scripts() -> None:
    assert_type(duohttp.get("https://example.org/"), Response)
    assert_type(duohttp.get("https://example.org/", into=User, verify=False), User)
    tls = duohttp.TLS(minimum_version="TLSv1.3", pins={"example.org": ["sha256/" + "A" * 43 + "="]})
    guarded = duohttp.Client(tls=tls, resolver={"a.test": "127.0.0.1"}, address_guard=duohttp.AddressGuard())
    assert_type(guarded.get("https://a.test/", server_hostname="b.test", cert="client.pem", uds=None), duohttp.Response)
    assert_type(duohttp.post("https://example.org/", json={}, into=list[User]), list[User])
    assert_type(duohttp.request("GET", "https://example.org/", into=bytes), bytes)
    with duohttp.stream("GET", "https://example.org/") as response:
        assert_type(response, Response)


def options() -> None:
    client = Client(
        base_url="https://example.org/",
        params={"a": [1, 2], "b": None},
        headers=[("A", "b")],
        cookies={"a": "b"},
        auth=("user", "password"),
        timeout=Timeout(connect=1, total=None),
        limits=Limits(),
        plugins=[HttpRedirect(max_redirects=3)],
        expect_success=True,
        converters=Converters(JsonConverter(drop_nulls=True)),
    )
    client.get("/", timeout=None, auth=None, headers={"A": "b"}, attributes={HttpRedirect: None})
    # What a checker must refuse: each comment is an error of its own once it suppresses nothing.
    client.get("/", into=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    client.get("/", tiemout=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    Client("https://example.org/")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def choose(url: URL) -> Proxy | str | None:
    return "http://proxy.example.org" if url.scheme == "http" else None


def proxies() -> None:
    proxy = Proxy("https://proxy.example.org", username="user", password="secret", headers={"X-Team": "blue"})
    for client in (Client(proxy=proxy), Client(proxy={"all://": proxy, "http://h": None}), Client(proxy=choose)):
        assert_type(client.get("/", proxy="socks5h://proxy.example.org", into=User), User)
        client.get("/", proxy=None)
        client.get("/", proxy=lambda url: None if url.host == "intern" else proxy)
        client.get("/", proxy={"https://*.example.org:8443": "http://proxy.example.org"})
    Client(trust_env=False)
    Client(trust_env=["proxy", "ca"])
    duohttp.get("https://example.org/", proxy=None)
    # What a checker must refuse.
    Client(proxy=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Client(trust_env=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

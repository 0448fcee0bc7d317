"""What people try who know another client, or get wrong: refused before anything is sent, with what to do instead."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

import duohttp
from duohttp import (
    AsyncClient,
    BearerAuth,
    CircuitBreaker,
    DigestAuth,
    HttpCache,
    HTTPError,
    InvalidBody,
    MockEngine,
    RateLimit,
    Retry,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine() -> MockEngine:
    engine = MockEngine()
    engine.on(None, "*").reply(200, text="hello")
    return engine


@pytest.fixture
async def client(engine: MockEngine) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url="http://api.test", engine=engine) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("proxies", "it is called proxy here"),
        ("transport", "it is called engine here"),
        ("retries", r"plugins=\[Retry"),
        ("timeot", "is it timeout"),
        ("nonsense", "there are address_guard, auth, base_url"),
    ],
)
async def test_options_that_a_client_does_not_have(client: AsyncClient, name: str, hint: str) -> None:
    options: dict[str, Any] = {name: None}
    with pytest.raises(TypeError, match=f"a client has no option '{name}'; .*{hint}"):
        AsyncClient(**options)
    with pytest.raises(TypeError, match=f"a client has no option '{name}'; .*{hint}"):
        client.derive(**options)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("header", "is it headers"),
        ("query", "params"),
        ("retries", r"plugins=\[Retry"),
        ("stream", r"client.stream\(method, url\)"),
    ],
)
async def test_options_that_a_request_does_not_have(client: AsyncClient, name: str, hint: str) -> None:
    options: dict[str, Any] = {name: None}
    with pytest.raises(TypeError, match=f"unknown request option '{name}'; .*{hint}"):
        await client.get("x", **options)


@pytest.mark.parametrize("name", ["auth", "base_url", "headers", "params", "timeout", "verify"])
async def test_what_a_client_adds_is_not_changed_later(client: AsyncClient, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"Client\({name}=…\), or for one request"):
        getattr(client, name)
    with pytest.raises(AttributeError, match=rf"Client\({name}=…\), or for one request"):
        setattr(client, name, None)


async def test_attributes_of_other_clients(client: AsyncClient) -> None:
    owner: Any = client
    with pytest.raises(AttributeError, match=r"use client.cookies.update"):
        owner.cookies = {"a": "b"}
    with pytest.raises(AttributeError, match="it is called build_request"):
        owner.prepare_request()
    with pytest.raises(AttributeError, match=r"has no attribute 'nonsense'$"):
        owner.nonsense()
    assert not hasattr(client, "headers")
    async with AsyncClient(cookies=False) as without:
        with pytest.raises(AttributeError, match="keeps no cookies"):
            without.cookies.clear()


async def test_a_client_of_ones_own_has_attributes_of_its_own(engine: MockEngine) -> None:
    class Api(AsyncClient):
        timeout = 7

        def __init__(self) -> None:
            super().__init__(engine=engine)
            self.timeout = 5
            self.name = "mine"

    async with Api() as api:
        assert (api.timeout, api.name) == (5, "mine")
    assert "unknown" in inspect.signature(AsyncClient).parameters


async def test_attributes_of_other_responses(client: AsyncClient) -> None:
    response: Any = await client.get("x")
    for name, hint in {
        "status": "status_code",
        "reason": "reason_phrase",
        "iter_content": "iter_bytes",
        "aiter_lines": "iter_lines",
        "apparent_encoding": "default_encoding",
        "raw": "iter_raw",
    }.items():
        with pytest.raises(AttributeError, match=hint):
            getattr(response, name)
    with pytest.raises(AttributeError, match=r"^'\w+' object has no attribute 'nonsense'$"):
        response.nonsense()
    assert copy.copy(response).text == pickle.loads(pickle.dumps(response)).text == "hello"


@pytest.mark.parametrize("given", [5, "", ("eth0", 0)])
async def test_a_local_address_that_is_none(given: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"local_address (of the client is|is an IP address) .*not "):
        AsyncClient(local_address=given)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"cookies": "a=b"}, "cookies are a mapping or pairs of name and value, not str"),
        ({"cookies": 5}, "cookies are a mapping or pairs of name and value, not int"),
        ({"cookies": ["abc"]}, "cookies are a mapping or pairs of name and value"),
        ({"plugins": Retry()}, r"plugins is a list of plugins, not Retry\(\); write plugins=\[…\]"),
        ({"plugins": [Retry]}, r"make an object of it: add \(\)"),
        ({"plugins": None}, "plugins is a list of plugins, not None"),
        ({"attributes": 5}, "attributes is a mapping, not int"),
        ({"uds": 5}, "uds is the path of a Unix socket, not 5"),
        ({"max_redirects": "x"}, "max_redirects of HttpRedirect is a whole number, not str"),
    ],
)
async def test_values_that_a_request_refuses(
    client: AsyncClient, engine: MockEngine, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(HTTPError, match=text):
        await client.get("x", **options)
    assert engine.history == []


@pytest.mark.parametrize("verb", ["post", "put", "patch", "query"])
async def test_a_body_by_position(client: AsyncClient, engine: MockEngine, verb: str) -> None:
    text = rf"{verb}\(\) takes the url alone by position, .* json=… .* data=… .* content=….*; not a dict"
    with pytest.raises(TypeError, match=text):
        await getattr(client, verb)("x", {"name": "Ada"})
    with pytest.raises(TypeError, match=text):
        getattr(duohttp, verb)("http://api.test/x", {"name": "Ada"})
    assert engine.history == []


@pytest.mark.parametrize("option", ["content", "data", "body"])
async def test_a_body_of_a_file_that_is_not_there(client: AsyncClient, engine: MockEngine, option: str) -> None:
    wrong: dict[str, Any] = {option: Path("nowhere.bin")}
    with pytest.raises(InvalidBody, match=f"{option}= is a file that can't be read: No such file .* 'nowhere.bin'"):
        await client.post("x", **wrong)
    assert engine.history == []


async def test_a_path_as_body_is_a_file(client: AsyncClient, engine: MockEngine, tmp_path: Path) -> None:
    path = tmp_path / "body.bin"
    path.write_bytes(b"\x00\x01")
    await client.post("x", body=path)
    assert engine.history[-1].content == b"\x00\x01"


async def test_what_is_no_request(client: AsyncClient) -> None:
    value: Any = "http://api.test/x"
    number: Any = 5
    with pytest.raises(HTTPError, match=r"send\(\) takes what build_request\(\) returns, not str"):
        await client.send(value)
    with pytest.raises(TypeError, match=r"requests are a list .* not int"):
        await client.parallel_get(number)
    with pytest.raises(TypeError, match=r"requests are a list .* not dict"):
        await client.parallel_get({"one": "x"})
    with pytest.raises(HTTPError, match="write http:// in front"):
        await client.get("localhost:8000/x")


async def test_downloads_refuse_before_they_begin(client: AsyncClient, engine: MockEngine) -> None:
    wrong: Any = 5
    with pytest.raises(TypeError, match="path is a str or a path, not int"):
        await client.download("x", wrong)
    with pytest.raises(HTTPError, match="digest= is an algorithm"):
        await client.download("x", "x", digest=wrong)
    with pytest.raises(TypeError, match="progress is True, False or a function, not 5"):
        await client.download("x", "x", progress=wrong)
    assert engine.history == []


async def test_blocks_that_are_not_entered(client: AsyncClient) -> None:
    with pytest.raises(RuntimeError, match=r"client.scope\(\)"):
        client.scope().get("x")
    streaming: Any = client.stream("GET", "x")
    with pytest.raises(AttributeError, match=r"client.stream\(\) in a with block"):
        streaming.iter_lines()
    with pytest.raises(AttributeError, match=r"client.stream\(\) in a with block"):
        assert streaming.status_code == 200


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: AsyncClient(default_encoding="nonsense"), "default_encoding is .* 'utf-8', not 'nonsense'"),
        (lambda: AsyncClient(default_encoding=5), "default_encoding of the client is a str, not int"),  # type: ignore[arg-type]
        (lambda: AsyncClient(converters=5), "converters of the client is a Converters or None, not int"),  # type: ignore[arg-type]
        (lambda: AsyncClient(params=5), "params= takes a mapping or pairs, not int"),  # type: ignore[arg-type]
        (lambda: HttpCache("cache.db"), r"SqliteCacheStorage\('cache.db'\)"),  # type: ignore[arg-type]
        (lambda: DigestAuth("u", "p", algorithms="MD5"), "algorithms of DigestAuth is a collection, not str; put"),
        (lambda: Retry(statuses=503), "statuses of Retry is a collection, not int; put"),  # type: ignore[arg-type]
        (lambda: Retry(statuses=["503"]), "a status is a number, not '503'"),  # type: ignore[list-item]
        (lambda: RateLimit("5"), "requests of RateLimit is a number or None, not str"),  # type: ignore[arg-type]
        (lambda: RateLimit(5, burst="x"), "burst of RateLimit is a number or None, not str"),  # type: ignore[arg-type]
        (lambda: Retry(base_delay="x"), "base_delay of Retry is a number, not str"),  # type: ignore[arg-type]
        (lambda: CircuitBreaker(window="x"), "window of CircuitBreaker is a number, not str"),  # type: ignore[arg-type]
        (lambda: AsyncClient(trust_env=None), "trust_env of the client is True or .*, not None"),  # type: ignore[arg-type]
        (lambda: BearerAuth(load_tokens=5), "load_tokens of BearerAuth is a function or None, not int"),  # type: ignore[arg-type]
    ],
)
async def test_values_that_clients_and_plugins_refuse(make: Any, text: str) -> None:
    with pytest.raises((TypeError, ValueError), match=text):
        make()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_message_size": "x"}, "max_message_size is a number from 0 on, or None, not 'x'"),
        ({"close_timeout": -1}, "close_timeout is a number from 0 on, or None, not -1"),
        ({"heartbeat": 5}, "unknown request option 'heartbeat'; it is called ping_interval here"),
    ],
)
async def test_options_of_a_websocket(client: AsyncClient, options: dict[str, Any], text: str) -> None:
    with pytest.raises((HTTPError, TypeError), match=text):
        client.websocket("ws", **options)
    with pytest.raises(HTTPError, match="timeout is a number from 0 on, or None, not '5'"):
        await client.websocket("ws").receive(timeout=cast("Any", "5"))


async def test_options_of_an_event_source(client: AsyncClient) -> None:
    with pytest.raises(HTTPError, match="last_event_id is a str, not 5"):
        client.sse("x", last_event_id=cast("Any", 5))


@pytest.mark.parametrize(
    ("method", "option", "text"),
    [
        ("sse", "reconnect", r"reconnect of sse\(\) is True or False, not str"),
        ("sse", "max_reconnects", r"max_reconnects of sse\(\) is a whole number or None, not str"),
        ("sse", "max_event_size", r"max_event_size of sse\(\) is a whole number or None, not str"),
        ("websocket", "reconnect_delay", r"reconnect_delay of websocket\(\) is a number, not str"),
        ("websocket", "subprotocols", r"subprotocols of websocket\(\) is a collection, not str; put it into a list"),
        ("websocket", "on_connect", r"on_connect of websocket\(\) is a function or None, not str"),
        ("paginate", "strategy", r"strategy of paginate\(\) is a PageStrategy or None, not str"),
        ("paginate", "max_pages", r"max_pages of paginate\(\) is a whole number or None, not str"),
    ],
)
async def test_options_of_what_takes_more_than_a_request(
    client: AsyncClient, method: str, option: str, text: str
) -> None:
    with pytest.raises((HTTPError, TypeError), match=text):
        getattr(client, method)("x", **{option: "chat"})


async def test_options_of_downloads_and_scopes(client: AsyncClient, engine: MockEngine) -> None:
    wrong: Any = "5"
    with pytest.raises(TypeError, match=r"resume of download\(\) is True or False, not str"):
        await client.download("x", "unused", resume=wrong)
    with pytest.raises(TypeError, match=r"limit of \w*Scope is a whole number or None, not str"):
        client.scope(limit=wrong)
    with pytest.raises(TypeError, match=r"supervisor of \w*Scope is True or False, not str"):
        client.scope(supervisor=wrong)
    assert engine.history == []


async def test_names_of_other_packages() -> None:
    for name, hint in {
        "Session": "it is called Client here",
        "RequestException": "it is called HTTPError here",
        "HTTPStatusError": "it is called StatusError here",
        "MockTransport": "it is called MockEngine here",
    }.items():
        with pytest.raises(AttributeError, match=f"module 'duohttp' has no attribute '{name}'; {hint}"):
            getattr(duohttp, name)
    with pytest.raises(AttributeError, match=r"module 'duohttp' has no attribute 'nonsense'$"):
        getattr(duohttp, "nonsense")  # noqa: B009


async def test_a_file_is_no_storage_of_cookies() -> None:
    with pytest.raises(TypeError, match=r"not 'jar.txt'; to read a file use load\(\) of a CookieJar"):
        AsyncClient(cookies=cast("Any", "jar.txt"))

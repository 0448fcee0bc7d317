"""HttpCallValidator: which statuses pass, validators, and errors turned into others."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    ClientStatusError,
    ConnectError,
    DecodingError,
    HttpCallValidator,
    RedirectStatusError,
    Request,
    ServerStatusError,
    StatusError,
    TooManyRedirects,
)

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


def by_path(request: Request) -> Answer:
    """Answer with the status the path says, refuse /refused, redirect /loop for ever."""
    path = request.url.path
    if path == "/refused":
        raise ConnectError("nobody there")
    if path == "/loop":
        return 302, {"location": "/loop"}, b""
    return int(path[1:] or 200), {"content-type": "application/json"}, b'{"error": "oops"}'


def client_of(*plugins: Any, **options: Any) -> tuple[AsyncClient, AsyncScriptedEngine]:
    engine = AsyncScriptedEngine(by_path)
    return AsyncClient(engine=engine, plugins=plugins, base_url=URL, **options), engine


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (300, RedirectStatusError),
        (404, ClientStatusError),
        (500, ServerStatusError),
        (700, StatusError),
    ],
)
async def test_statuses(status: int, error: type[StatusError]) -> None:
    client, engine = client_of(HttpCallValidator())
    assert (await client.get("204")).status_code == 204
    with pytest.raises(error, match=rf"{status}.*oops") as caught:
        await client.get(str(status))
    assert caught.value.response is not None
    assert caught.value.response.json() == {"error": "oops"}
    with pytest.raises(error):
        async with client.stream("GET", str(status)):
            pass
    assert all(stream.closed for stream in engine.streams)


@pytest.mark.parametrize("expected", [range(200, 405), {200, 404}, lambda response: response.status_code < 500])
async def test_some_statuses(expected: Any) -> None:
    client, _ = client_of(HttpCallValidator(expect_success=expected))
    assert (await client.get("404")).status_code == 404
    assert await client.get("404", into=dict) == {"error": "oops"}
    with pytest.raises(ServerStatusError):
        await client.get("503")
    assert (await client.get("503", expect_success=False)).status_code == 503
    with pytest.raises(ServerStatusError):
        await client.get("503", expect_success=True)


class Refused(Exception):
    """An error of the user's own."""


async def waiting(response: AsyncResponse) -> None:
    if response.json()["error"] != "fine":
        raise Refused(response.text)


async def test_validators_run_in_order_and_may_read_the_body() -> None:
    seen: list[int] = []

    def look(response: Any) -> None:
        seen.append(response.status_code)

    client, _ = client_of(HttpCallValidator(validate=[look, waiting], expect_success=False))
    with pytest.raises(Refused, match="oops"):
        await client.get("200")
    with pytest.raises(Refused):
        await client.get("500")
    assert seen == [200, 500]
    with pytest.raises(ServerStatusError):
        await client.get("500", expect_success=True)
    assert seen == [200, 500]


async def test_a_validator_that_raises_leaves_no_connection() -> None:
    def refuse(response: Any) -> None:
        raise Refused

    client, engine = client_of(HttpCallValidator(validate=refuse))
    with pytest.raises(Refused):
        async with client.stream("GET", "200"):
            pass
    assert engine.streams[0].closed


async def test_a_validator_may_read_a_stream() -> None:
    async def check(response: AsyncResponse) -> None:
        assert b"oops" in await response.read()

    client, _ = client_of(HttpCallValidator(validate=check))
    async with client.stream("GET", "200") as response:
        assert [piece async for piece in response.iter_bytes()] == [b'{"error": "oops"}']


# Errors.


async def test_errors_become_others() -> None:
    seen: list[tuple[str, str]] = []

    def note(error: Exception, request: Request) -> None:
        seen.append((type(error).__name__, request.url.path))

    async def raises(error: Exception, request: Request) -> None:
        if isinstance(error, StatusError):
            assert error.response is not None
            raise Refused(error.response.text)

    def returns(error: Exception, request: Request) -> Exception | None:
        return Refused("not reached") if isinstance(error, ConnectError) else None

    plugin = HttpCallValidator(on_error=[note, raises, returns])
    client, _ = client_of(plugin, max_redirects=5)
    with pytest.raises(Refused, match="oops"):
        await client.get("404")
    with pytest.raises(Refused, match="not reached") as caught:
        await client.get("refused")
    assert isinstance(caught.value.__cause__, ConnectError)
    with pytest.raises(TooManyRedirects):
        await client.get("loop")
    assert seen == [("ClientStatusError", "/404"), ("ConnectError", "/refused"), ("TooManyRedirects", "/loop")]


@pytest.mark.parametrize("way", ["get", "statement", "send"])
async def test_a_body_of_another_type_is_an_error_too(way: str) -> None:
    def map_error(error: Exception, request: Request) -> Exception:
        assert isinstance(error, (DecodingError, StatusError))
        assert error.response is not None
        return Refused(type(error).__name__)

    client, _ = client_of(HttpCallValidator(on_error=map_error, expect_success=False))

    async def fetch(path: str) -> Any:
        if way == "get":
            return await client.get(path, into=list[int])
        if way == "send":
            return await client.send(client.build_request("GET", path), into=list[int])
        return await client.prepare("GET", path).execute(into=list[int])

    with pytest.raises(Refused, match="DecodingError"):
        await fetch("200")
    with pytest.raises(Refused, match="ClientStatusError"):
        await fetch("404")
    assert (await client.get("200", into=dict))["error"] == "oops"


async def test_errors_of_a_validator_are_errors_too() -> None:
    client, _ = client_of(HttpCallValidator(validate=waiting, on_error=lambda error, request: KeyError(error)))
    with pytest.raises(KeyError):
        await client.get("200")


async def test_an_error_nobody_minds_stays_as_it_is() -> None:
    client, _ = client_of(HttpCallValidator(on_error=lambda error, request: error))
    with pytest.raises(ConnectError) as caught:
        await client.get("refused")
    assert caught.value.__cause__ is None


async def test_what_a_mapper_returns_is_an_error() -> None:
    def wrong(error: Exception, request: Request) -> str:
        return "wrong"

    client, _ = client_of(HttpCallValidator(on_error=wrong))
    with pytest.raises(TypeError, match=r"on_error of HttpCallValidator: .*wrong must return an error or None"):
        await client.get("404")


# Together with the client's option.


async def test_together_with_expect_success() -> None:
    seen: list[int] = []

    def look(response: Any) -> None:
        seen.append(response.status_code)

    client, _ = client_of(HttpCallValidator(validate=look, expect_success=False), expect_success=True)
    with pytest.raises(ClientStatusError):
        await client.get("404")
    assert (await client.get("404", expect_success=False)).status_code == 404
    assert (await client.get("404", attributes={HttpCallValidator: None})).status_code == 404
    once = HttpCallValidator(expect_success={404})
    assert (await client.get("404", plugins=[once])).status_code == 404
    assert seen == [404]
    assert "HttpCallValidator(validate: 1)" in client.describe()


def test_options() -> None:
    plugin = pickle.loads(pickle.dumps(HttpCallValidator(expect_success=[404, 200])))
    assert repr(plugin) == "HttpCallValidator(expect_success={200, 404})"
    assert plugin.expecting(False) is None
    assert plugin.expecting(True) is plugin
    assert HttpCallValidator(expect_success=False).expecting(True) is not None
    for wrong in ({"validate": 5}, {"on_error": ["x"]}, {"expect_success": 200}):
        with pytest.raises(TypeError):
            HttpCallValidator(**wrong)


# Servers.


async def test_against_servers(asgi_server: AsgiServer, nginx: Nginx) -> None:
    def map_error(error: Exception, request: Request) -> Exception:
        assert isinstance(error, StatusError)
        assert error.response is not None
        return Refused(error.response.json()["error"])

    async with AsyncClient(plugins=[HttpCallValidator(on_error=map_error)]) as client:
        with pytest.raises(Refused, match="no user 1000"):
            await client.get(f"{asgi_server.url}/users/1000")
        assert (await client.get(f"{asgi_server.url}/users/7")).json()["id"] == 7
        assert (await client.get(f"{nginx.url}/user.json")).is_success

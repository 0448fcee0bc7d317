# Generated from tests/_async/test_validator.py by scripts/generate_sync.py. Do not edit.
"""HttpCallValidator: which statuses pass, validators, and errors turned into others."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp import (
    Client,
    ClientStatusError,
    ConnectError,
    DecodingError,
    HttpCallValidator,
    RedirectStatusError,
    Request,
    Response,
    ServerStatusError,
    StatusError,
    TooManyRedirects,
)

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, ScriptedEngine

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


def client_of(*plugins: Any, **options: Any) -> tuple[Client, ScriptedEngine]:
    engine = ScriptedEngine(by_path)
    return Client(engine=engine, plugins=plugins, base_url=URL, **options), engine


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (300, RedirectStatusError),
        (404, ClientStatusError),
        (500, ServerStatusError),
        (700, StatusError),
    ],
)
def test_statuses(status: int, error: type[StatusError]) -> None:
    client, engine = client_of(HttpCallValidator())
    assert (client.get("204")).status_code == 204
    with pytest.raises(error, match=rf"{status}.*oops") as caught:
        client.get(str(status))
    assert caught.value.response is not None
    assert caught.value.response.json() == {"error": "oops"}
    with pytest.raises(error):
        with client.stream("GET", str(status)):
            pass
    assert all(stream.closed for stream in engine.streams)


@pytest.mark.parametrize("expected", [range(200, 405), {200, 404}, lambda response: response.status_code < 500])
def test_some_statuses(expected: Any) -> None:
    client, _ = client_of(HttpCallValidator(expect_success=expected))
    assert (client.get("404")).status_code == 404
    assert client.get("404", into=dict) == {"error": "oops"}
    with pytest.raises(ServerStatusError):
        client.get("503")
    assert (client.get("503", expect_success=False)).status_code == 503
    with pytest.raises(ServerStatusError):
        client.get("503", expect_success=True)


class Refused(Exception):
    """An error of the user's own."""


def waiting(response: Response) -> None:
    if response.json()["error"] != "fine":
        raise Refused(response.text)


def test_validators_run_in_order_and_may_read_the_body() -> None:
    seen: list[int] = []

    def look(response: Any) -> None:
        seen.append(response.status_code)

    client, _ = client_of(HttpCallValidator(validate=[look, waiting], expect_success=False))
    with pytest.raises(Refused, match="oops"):
        client.get("200")
    with pytest.raises(Refused):
        client.get("500")
    assert seen == [200, 500]
    with pytest.raises(ServerStatusError):
        client.get("500", expect_success=True)
    assert seen == [200, 500]


def test_a_validator_that_raises_leaves_no_connection() -> None:
    def refuse(response: Any) -> None:
        raise Refused

    client, engine = client_of(HttpCallValidator(validate=refuse))
    with pytest.raises(Refused):
        with client.stream("GET", "200"):
            pass
    assert engine.streams[0].closed


def test_a_validator_may_read_a_stream() -> None:
    def check(response: Response) -> None:
        assert b"oops" in response.read()

    client, _ = client_of(HttpCallValidator(validate=check))
    with client.stream("GET", "200") as response:
        assert [piece for piece in response.iter_bytes()] == [b'{"error": "oops"}']


# Errors.


def test_errors_become_others() -> None:
    seen: list[tuple[str, str]] = []

    def note(error: Exception, request: Request) -> None:
        seen.append((type(error).__name__, request.url.path))

    def raises(error: Exception, request: Request) -> None:
        if isinstance(error, StatusError):
            assert error.response is not None
            raise Refused(error.response.text)

    def returns(error: Exception, request: Request) -> Exception | None:
        return Refused("not reached") if isinstance(error, ConnectError) else None

    plugin = HttpCallValidator(on_error=[note, raises, returns])
    client, _ = client_of(plugin, max_redirects=5)
    with pytest.raises(Refused, match="oops"):
        client.get("404")
    with pytest.raises(Refused, match="not reached") as caught:
        client.get("refused")
    assert isinstance(caught.value.__cause__, ConnectError)
    with pytest.raises(TooManyRedirects):
        client.get("loop")
    assert seen == [("ClientStatusError", "/404"), ("ConnectError", "/refused"), ("TooManyRedirects", "/loop")]


@pytest.mark.parametrize("way", ["get", "statement", "send"])
def test_a_body_of_another_type_is_an_error_too(way: str) -> None:
    def map_error(error: Exception, request: Request) -> Exception:
        assert isinstance(error, (DecodingError, StatusError))
        assert error.response is not None
        return Refused(type(error).__name__)

    client, _ = client_of(HttpCallValidator(on_error=map_error, expect_success=False))

    def fetch(path: str) -> Any:
        if way == "get":
            return client.get(path, into=list[int])
        if way == "send":
            return client.send(client.build_request("GET", path), into=list[int])
        return client.prepare("GET", path).execute(into=list[int])

    with pytest.raises(Refused, match="DecodingError"):
        fetch("200")
    with pytest.raises(Refused, match="ClientStatusError"):
        fetch("404")
    assert (client.get("200", into=dict))["error"] == "oops"


def test_errors_of_a_validator_are_errors_too() -> None:
    client, _ = client_of(HttpCallValidator(validate=waiting, on_error=lambda error, request: KeyError(error)))
    with pytest.raises(KeyError):
        client.get("200")


def test_an_error_nobody_minds_stays_as_it_is() -> None:
    client, _ = client_of(HttpCallValidator(on_error=lambda error, request: error))
    with pytest.raises(ConnectError) as caught:
        client.get("refused")
    assert caught.value.__cause__ is None


def test_what_a_mapper_returns_is_an_error() -> None:
    def wrong(error: Exception, request: Request) -> str:
        return "wrong"

    client, _ = client_of(HttpCallValidator(on_error=wrong))
    with pytest.raises(TypeError, match=r"on_error of HttpCallValidator: .*wrong must return an error or None"):
        client.get("404")


# Together with the client's option.


def test_together_with_expect_success() -> None:
    seen: list[int] = []

    def look(response: Any) -> None:
        seen.append(response.status_code)

    client, _ = client_of(HttpCallValidator(validate=look, expect_success=False), expect_success=True)
    with pytest.raises(ClientStatusError):
        client.get("404")
    assert (client.get("404", expect_success=False)).status_code == 404
    assert (client.get("404", attributes={HttpCallValidator: None})).status_code == 404
    once = HttpCallValidator(expect_success={404})
    assert (client.get("404", plugins=[once])).status_code == 404
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


def test_against_servers(asgi_server: AsgiServer, nginx: Nginx) -> None:
    def map_error(error: Exception, request: Request) -> Exception:
        assert isinstance(error, StatusError)
        assert error.response is not None
        return Refused(error.response.json()["error"])

    with Client(plugins=[HttpCallValidator(on_error=map_error)]) as client:
        with pytest.raises(Refused, match="no user 1000"):
            client.get(f"{asgi_server.url}/users/1000")
        assert (client.get(f"{asgi_server.url}/users/7")).json()["id"] == 7
        assert (client.get(f"{nginx.url}/user.json")).is_success

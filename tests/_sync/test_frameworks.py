# Generated from tests/_async/test_frameworks.py by scripts/generate_sync.py. Do not edit.
"""Applications nobody here wrote, behind a client: Starlette, Flask, and Django both ways."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from duohttp import AsgiEngine, Client, EngineOptions, WsgiEngine

from ..apps import frameworks

pytestmark = [
    pytest.mark.anyio,
    # Django leaves the file of a request's body open when a view raises, Starlette a generator when a client leaves.
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Async generator 'starlette:ResourceWarning"),
]

ENGINES = {
    "starlette": (AsgiEngine, frameworks.starlette_app),
    "django-asgi": (AsgiEngine, frameworks.django_asgi),
    "flask": (WsgiEngine, frameworks.flask_app),
    "django-wsgi": (WsgiEngine, frameworks.django_wsgi),
}


@cache
def engine_of(name: str) -> EngineOptions:
    make, application = ENGINES[name]
    engine: EngineOptions = make(application())
    return engine


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> EngineOptions:
    if request.param == "django-asgi" and "trio" in request.node.name:
        pytest.skip("Django needs asyncio")
    return engine_of(request.param)


@pytest.fixture
def client(engine: EngineOptions) -> Iterator[Client]:
    with Client(engine=engine, base_url="http://app.test") as client:
        yield client


def test_json(client: Client) -> None:
    assert (client.get("users/7")).json() == {"id": 7, "name": "Ada"}
    response = client.get("users/none")
    assert response.status_code == 404
    assert (client.head("users/7")).content == b""


@pytest.mark.parametrize("size", [0, 1, 65_536, 300_000])
def test_bodies_both_ways(client: Client, engine: EngineOptions, size: int) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    assert (client.post("echo", content=content)).content == content
    pieces = [content[start : start + 7000] for start in range(0, size, 7000)]
    headers = {"Content-Type": "a/b"}
    if engine is engine_of("django-wsgi"):
        headers["Content-Length"] = str(size)  # Django reads no body of unknown length, under any WSGI server
    response = client.post("echo", content=pieces, headers=headers)
    assert (response.content, response.headers["x-content-type"]) == (content, "a/b")


def test_forms_and_files(client: Client) -> None:
    assert (client.post("form", form={"a": "1", "b": "é"})).json() == {"a": "1", "b": "é"}
    files = {"file": ("a.txt", b"x" * 100_000)}
    assert (client.post("form", data={"a": "1"}, files=files)).json() == {"a": "1", "file": 100_000}


def test_streams(client: Client) -> None:
    with client.stream("GET", "stream") as response:
        lines = [line for line in response.iter_lines()]
    assert lines == [f"line {number}" for number in range(100)]
    with client.stream("GET", "stream") as response:
        for line in response.iter_lines():
            assert line == "line 0"
            break
    assert (client.get("users/7")).status_code == 200


def test_cookies_and_redirects(client: Client) -> None:
    response = client.get("login")
    assert (response.text, response.url.path, len(response.history)) == ("ada", "/me", 1)


def test_exceptions(client: Client) -> None:
    with pytest.raises(LookupError, match="not here"):
        client.get("fail")
    gc.collect()  # the file that Django left open warns here, where that is ignored
    assert (client.get("users/7")).status_code == 200


def test_many(client: Client) -> None:
    answers = client.parallel_get([f"users/{number}" for number in range(30)], into=dict[str, Any], limit=6)
    assert [answer["id"] for answer in answers] == list(range(30))


def test_lifespan_background_and_mounts_of_starlette() -> None:
    frameworks.LIVED.clear()
    with Client(engine=engine_of("starlette"), base_url="http://app.test") as client:
        assert (client.get("users/7")).json()["name"] == "Ada"  # from the state of the lifespan
        assert frameworks.LIVED == ["startup", "background"]
        with client.websocket("chat") as websocket:
            websocket.send("hello")
            assert websocket.receive() == "HELLO"
        assert (client.get("inner/users/8")).json()["id"] == 8
    assert frameworks.LIVED == ["startup", "background", "background", "shutdown"]
    engine = AsgiEngine(frameworks.starlette_app(), root_path="/v1", raise_app_exceptions=False)
    with Client(engine=engine, base_url="http://app.test/v1") as client:
        assert (client.get("login")).url.path == "/v1/me"
        assert (client.get("fail")).status_code == 500

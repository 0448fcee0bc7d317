"""Applications nobody here wrote, behind a client: Starlette, Flask, and Django both ways."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import pytest

from duohttp import AsgiEngine, AsyncClient, EngineOptions, WsgiEngine

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
async def client(engine: EngineOptions) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(engine=engine, base_url="http://app.test") as client:
        yield client


async def test_json(client: AsyncClient) -> None:
    assert (await client.get("users/7")).json() == {"id": 7, "name": "Ada"}
    response = await client.get("users/none")
    assert response.status_code == 404
    assert (await client.head("users/7")).content == b""


@pytest.mark.parametrize("size", [0, 1, 65_536, 300_000])
async def test_bodies_both_ways(client: AsyncClient, engine: EngineOptions, size: int) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    assert (await client.post("echo", content=content)).content == content
    pieces = [content[start : start + 7000] for start in range(0, size, 7000)]
    headers = {"Content-Type": "a/b"}
    if engine is engine_of("django-wsgi"):
        headers["Content-Length"] = str(size)  # Django reads no body of unknown length, under any WSGI server
    response = await client.post("echo", content=pieces, headers=headers)
    assert (response.content, response.headers["x-content-type"]) == (content, "a/b")


async def test_forms_and_files(client: AsyncClient) -> None:
    assert (await client.post("form", form={"a": "1", "b": "é"})).json() == {"a": "1", "b": "é"}
    files = {"file": ("a.txt", b"x" * 100_000)}
    assert (await client.post("form", data={"a": "1"}, files=files)).json() == {"a": "1", "file": 100_000}


async def test_streams(client: AsyncClient) -> None:
    async with client.stream("GET", "stream") as response:
        lines = [line async for line in response.iter_lines()]
    assert lines == [f"line {number}" for number in range(100)]
    async with client.stream("GET", "stream") as response:
        async for line in response.iter_lines():
            assert line == "line 0"
            break
    assert (await client.get("users/7")).status_code == 200


async def test_cookies_and_redirects(client: AsyncClient) -> None:
    response = await client.get("login")
    assert (response.text, response.url.path, len(response.history)) == ("ada", "/me", 1)


async def test_exceptions(client: AsyncClient) -> None:
    with pytest.raises(LookupError, match="not here"):
        await client.get("fail")
    gc.collect()  # the file that Django left open warns here, where that is ignored
    assert (await client.get("users/7")).status_code == 200


async def test_many(client: AsyncClient) -> None:
    answers = await client.parallel_get([f"users/{number}" for number in range(30)], into=dict[str, Any], limit=6)
    assert [answer["id"] for answer in answers] == list(range(30))


async def test_lifespan_background_and_mounts_of_starlette() -> None:
    frameworks.LIVED.clear()
    async with AsyncClient(engine=engine_of("starlette"), base_url="http://app.test") as client:
        assert (await client.get("users/7")).json()["name"] == "Ada"  # from the state of the lifespan
        assert frameworks.LIVED == ["startup", "background"]
        async with client.websocket("chat") as websocket:
            await websocket.send("hello")
            assert await websocket.receive() == "HELLO"
        assert (await client.get("inner/users/8")).json()["id"] == 8
    assert frameworks.LIVED == ["startup", "background", "background", "shutdown"]
    engine = AsgiEngine(frameworks.starlette_app(), root_path="/v1", raise_app_exceptions=False)
    async with AsyncClient(engine=engine, base_url="http://app.test/v1") as client:
        assert (await client.get("login")).url.path == "/v1/me"
        assert (await client.get("fail")).status_code == 500

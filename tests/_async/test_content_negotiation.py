"""ContentNegotiation in a client: what is asked for, and how what comes is read."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from duohttp import AsyncClient, ContentNegotiation, DecodingError, Request
from duohttp.converters import FormConverter, JsonConverter, XmlConverter

from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio


@dataclass
class Point:
    x: int


BODIES = {
    "/xml": ("application/xml; charset=utf-8", b"<point><x>1</x></point>"),
    "/svg": ("image/svg+xml", b'<svg x="2"/>'),
    "/form": ("application/x-www-form-urlencoded", b"x=3"),
    "/json": ("application/problem+json", b'{"x": 4}'),
    "/html": ("text/html", b"<html></html>"),
}


def answer(request: Request) -> Answer:
    if request.url.path == "/old":
        return 302, {"location": "/xml"}, b""
    content_type, body = BODIES[request.url.path]
    return 200, {"content-type": content_type}, body


def client_of(*plugins: ContentNegotiation) -> tuple[AsyncClient, AsyncScriptedEngine]:
    engine = AsyncScriptedEngine(answer)
    return AsyncClient(engine=engine, base_url="http://a.test/", plugins=plugins), engine


async def test_each_response_is_read_by_its_content_type() -> None:
    client, engine = client_of(ContentNegotiation(XmlConverter(), (FormConverter(), 0.5)))
    for path, expected in (("/xml", 1), ("/svg", 2), ("/form", 3), ("/json", 4), ("/old", 1)):
        assert await client.get(path, into=Point) == Point(expected)
    response = await client.get("/xml")
    assert response.body(Point) == Point(1)
    assert {request.headers["accept"] for request in engine.requests} == {
        "application/xml, text/xml, application/x-www-form-urlencoded;q=0.5, */*;q=0.1"
    }


async def test_error_where_nothing_fits_names_what_there_is() -> None:
    client, _ = client_of(ContentNegotiation(XmlConverter()))
    names = "registered: application/xml, text/xml, application/json"
    with pytest.raises(
        DecodingError, match=rf"no converter makes a list\[Point\] of a body of type text/html; {names}"
    ):
        await client.get("/html", into=list[Point])
    client, _ = client_of()
    with pytest.raises(DecodingError, match="no converter makes a Point of a body of type text/html; registered: app"):
        await client.get("/html", into=Point)


async def test_another_one_for_a_single_request() -> None:
    client, engine = client_of(ContentNegotiation(XmlConverter()))
    await client.get("/json", plugins=[ContentNegotiation(JsonConverter(), others=None)])
    await client.get("/json", attributes={ContentNegotiation: None})
    await client.get("/json", headers={"Accept": "text/csv"})
    accepted = [request.headers["accept"] for request in engine.requests]
    assert accepted == ["application/json", "*/*", "text/csv"]


async def test_streamed_responses() -> None:
    client, _ = client_of(ContentNegotiation(XmlConverter()))
    async with client.stream("GET", "/xml") as response:
        await response.read()
        assert response.body(Point) == Point(1)


async def test_two_of_them_are_refused() -> None:
    with pytest.raises(ValueError, match="two plugins of one kind"):
        client_of(ContentNegotiation(), ContentNegotiation())

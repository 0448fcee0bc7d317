"""BOMRemover: marks are taken off, and tell the encoding."""

from __future__ import annotations

import codecs
import gzip
from typing import Any

import pytest

from duohttp import AsyncClient, BOMRemover

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"
TEXT = "héllo\nwörld"

MARKED: list[tuple[bytes, str]] = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
]


def client_of(body: bytes | list[bytes], headers: dict[str, str] | None = None) -> AsyncClient:
    def answer(request: object) -> Any:
        return (
            200,
            headers or {"content-type": "text/plain; charset=latin-1"},
            list(body) if isinstance(body, list) else body,
        )

    return AsyncClient(engine=AsyncScriptedEngine(answer), plugins=[BOMRemover()])


@pytest.mark.parametrize(("bom", "encoding"), MARKED)
async def test_saved_bodies(bom: bytes, encoding: str) -> None:
    data = TEXT.encode(encoding)
    response = await client_of(bom + data).get(URL)
    assert response.content == data
    assert response.text == TEXT
    assert response.encoding == encoding
    assert response.raw_content == bom + data


@pytest.mark.pure
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(("bom", "encoding"), MARKED)
async def test_streamed_bodies(bom: bytes, encoding: str, size: int) -> None:
    whole = bom + TEXT.encode(encoding)
    client = client_of([whole[at : at + size] for at in range(0, len(whole), size)])
    async with client.stream("GET", URL) as response:
        assert b"".join([piece async for piece in response.iter_bytes()]) == TEXT.encode(encoding)
    async with client.stream("GET", URL) as response:
        assert "".join([piece async for piece in response.iter_text()]) == TEXT
    async with client.stream("GET", URL) as response:
        assert [line async for line in response.iter_lines()] == ["héllo", "wörld"]
    async with client.stream("GET", URL) as response:
        assert b"".join([piece async for piece in response.iter_raw()]) == whole


@pytest.mark.pure
@pytest.mark.parametrize(
    "body", [b"", b"\xef", b"\xef\xbb", b"\xff", b"no mark", b"\xfe", b"\x00\x00\xfe", b"ab\xef\xbb\xbf"]
)
async def test_what_is_no_mark_stays(body: bytes) -> None:
    client = client_of(body)
    assert (await client.get(URL)).content == body
    assert (await client.get(URL)).text == body.decode("latin-1")
    async with client.stream("GET", URL) as response:
        assert b"".join([piece async for piece in response.iter_bytes()]) == body
    async with client.stream("GET", URL) as response:
        assert "".join([piece async for piece in response.iter_text(2)]) == body.decode("latin-1")


async def test_a_mark_alone() -> None:
    client = client_of(codecs.BOM_UTF8)
    assert (await client.get(URL)).text == ""
    async with client.stream("GET", URL) as response:
        assert [piece async for piece in response.iter_text()] == []


async def test_under_a_coding_and_before_json() -> None:
    data = gzip.compress(codecs.BOM_UTF8 + b'{"a": 1}')
    client = client_of(data, {"content-encoding": "gzip", "content-type": "application/json"})
    assert (await client.get(URL)).json() == {"a": 1}
    assert await client.get(URL, into=dict) == {"a": 1}
    lines = client_of([codecs.BOM_UTF8 + b'{"a": 1}\n', b'{"a": 2}\n'])
    async with lines.stream("GET", URL) as response:
        assert [item async for item in response.iter_json(dict[str, int])] == [{"a": 1}, {"a": 2}]


async def test_for_one_request() -> None:
    engine = AsyncScriptedEngine(lambda request: (200, {}, codecs.BOM_UTF8 + b"x"))
    client = AsyncClient(engine=engine)
    assert (await client.get(URL)).content == codecs.BOM_UTF8 + b"x"
    assert (await client.get(URL, plugins=[BOMRemover()])).content == b"x"


async def test_against_servers(asgi_server: AsgiServer, nginx: Nginx) -> None:
    async with AsyncClient(plugins=[BOMRemover()]) as client:
        echo = (await client.post(f"{asgi_server.url}/echo", content=codecs.BOM_UTF8)).json()
        assert echo["body"].encode("latin-1") == codecs.BOM_UTF8
        await client.put(f"{nginx.url}/uploads/marked.txt", content=codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"))
        assert (await client.get(f"{nginx.url}/uploads/marked.txt")).text == TEXT

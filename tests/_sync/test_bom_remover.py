# Generated from tests/_async/test_bom_remover.py by scripts/generate_sync.py. Do not edit.
"""BOMRemover: marks are taken off, and tell the encoding."""

from __future__ import annotations

import codecs
import gzip
from typing import Any

import pytest

from duohttp import BOMRemover, Client

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import ScriptedEngine

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


def client_of(body: bytes | list[bytes], headers: dict[str, str] | None = None) -> Client:
    def answer(request: object) -> Any:
        return (
            200,
            headers or {"content-type": "text/plain; charset=latin-1"},
            list(body) if isinstance(body, list) else body,
        )

    return Client(engine=ScriptedEngine(answer), plugins=[BOMRemover()])


@pytest.mark.parametrize(("bom", "encoding"), MARKED)
def test_saved_bodies(bom: bytes, encoding: str) -> None:
    data = TEXT.encode(encoding)
    response = client_of(bom + data).get(URL)
    assert response.content == data
    assert response.text == TEXT
    assert response.encoding == encoding
    assert response.raw_content == bom + data


@pytest.mark.pure
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(("bom", "encoding"), MARKED)
def test_streamed_bodies(bom: bytes, encoding: str, size: int) -> None:
    whole = bom + TEXT.encode(encoding)
    client = client_of([whole[at : at + size] for at in range(0, len(whole), size)])
    with client.stream("GET", URL) as response:
        assert b"".join([piece for piece in response.iter_bytes()]) == TEXT.encode(encoding)
    with client.stream("GET", URL) as response:
        assert "".join([piece for piece in response.iter_text()]) == TEXT
    with client.stream("GET", URL) as response:
        assert [line for line in response.iter_lines()] == ["héllo", "wörld"]
    with client.stream("GET", URL) as response:
        assert b"".join([piece for piece in response.iter_raw()]) == whole


@pytest.mark.pure
@pytest.mark.parametrize(
    "body", [b"", b"\xef", b"\xef\xbb", b"\xff", b"no mark", b"\xfe", b"\x00\x00\xfe", b"ab\xef\xbb\xbf"]
)
def test_what_is_no_mark_stays(body: bytes) -> None:
    client = client_of(body)
    assert (client.get(URL)).content == body
    assert (client.get(URL)).text == body.decode("latin-1")
    with client.stream("GET", URL) as response:
        assert b"".join([piece for piece in response.iter_bytes()]) == body
    with client.stream("GET", URL) as response:
        assert "".join([piece for piece in response.iter_text(2)]) == body.decode("latin-1")


def test_a_mark_alone() -> None:
    client = client_of(codecs.BOM_UTF8)
    assert (client.get(URL)).text == ""
    with client.stream("GET", URL) as response:
        assert [piece for piece in response.iter_text()] == []


def test_under_a_coding_and_before_json() -> None:
    data = gzip.compress(codecs.BOM_UTF8 + b'{"a": 1}')
    client = client_of(data, {"content-encoding": "gzip", "content-type": "application/json"})
    assert (client.get(URL)).json() == {"a": 1}
    assert client.get(URL, into=dict) == {"a": 1}
    lines = client_of([codecs.BOM_UTF8 + b'{"a": 1}\n', b'{"a": 2}\n'])
    with lines.stream("GET", URL) as response:
        assert [item for item in response.iter_json(dict[str, int])] == [{"a": 1}, {"a": 2}]


def test_for_one_request() -> None:
    engine = ScriptedEngine(lambda request: (200, {}, codecs.BOM_UTF8 + b"x"))
    client = Client(engine=engine)
    assert (client.get(URL)).content == codecs.BOM_UTF8 + b"x"
    assert (client.get(URL, plugins=[BOMRemover()])).content == b"x"


def test_against_servers(asgi_server: AsgiServer, nginx: Nginx) -> None:
    with Client(plugins=[BOMRemover()]) as client:
        echo = (client.post(f"{asgi_server.url}/echo", content=codecs.BOM_UTF8)).json()
        assert echo["body"].encode("latin-1") == codecs.BOM_UTF8
        client.put(f"{nginx.url}/uploads/marked.txt", content=codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"))
        assert (client.get(f"{nginx.url}/uploads/marked.txt")).text == TEXT

# Generated from tests/_async/test_charsets.py by scripts/generate_sync.py. Do not edit.
"""Charsets: text in both directions, against a server that tells what came."""

from __future__ import annotations

from typing import Any

import pytest

from duohttp import Charsets, Client, FormData, InvalidBody, LocalProtocolError

from ..servers.asgi import AsgiServer
from .scripted import ScriptedEngine

pytestmark = pytest.mark.anyio

LATIN = "text/plain; charset=iso-8859-1"


def sent(client: Client, **options: Any) -> tuple[str | None, bytes, str | None]:
    """Return the content type, the body and the Accept-Charset that arrived."""
    echo = (client.post("echo", **options)).json()
    headers = dict(echo["headers"])
    return headers.get("content-type"), echo["body"].encode("latin-1"), headers.get("accept-charset")


def test_text_is_sent_in_the_charset_that_is_named(asgi_server: AsgiServer) -> None:
    with Client(base_url=asgi_server.url) as client:
        headers = {"Content-Type": LATIN}
        for name in ("content", "body", "data"):
            assert sent(client, headers=headers, **{name: "é"}) == (LATIN, b"\xe9", None)
            kind, body, _ = sent(client, **{name: "é"})
            assert body == b"\xc3\xa9"
            assert kind == (None if name == "data" else "text/plain; charset=utf-8")
        assert sent(client, content="é", headers={"Content-Type": "text/csv"}) == ("text/csv", b"\xc3\xa9", None)
        unknown = "text/plain; charset=klingon"
        assert sent(client, content="é", headers={"Content-Type": unknown}) == (unknown, b"\xc3\xa9", None)
        with pytest.raises(InvalidBody, match="it has no '€', at 1"):
            client.post("echo", content="a€", headers=headers)


def test_the_plugin(asgi_server: AsgiServer) -> None:
    plugin = Charsets("utf-8", ("ISO-8859-1", 0.5), send="ISO-8859-1", fallback="cp1252")
    with Client(base_url=asgi_server.url, plugins=[plugin]) as client:
        accepted = "utf-8, iso-8859-1;q=0.5"
        assert sent(client, content="é") == (LATIN, b"\xe9", accepted)
        csv = {"Content-Type": "text/csv"}
        assert sent(client, content="é", headers=csv) == ("text/csv; charset=iso-8859-1", b"\xe9", accepted)
        named = {"Content-Type": "text/csv; charset=utf-8"}
        assert (sent(client, content="é", headers=named))[1] == b"\xc3\xa9"
        assert (sent(client, data="é"))[:2] == (None, b"\xe9")
        assert (sent(client, json="é"))[1] == '"é"'.encode()
        assert (client.get("latin1")).encoding == "iso-8859-1"


def test_the_fallback() -> None:
    def answer(request: object) -> tuple[int, dict[str, str], bytes]:
        return 200, {"content-type": "text/plain"}, b"\x80"

    with Client(engine=ScriptedEngine(answer), plugins=[Charsets(fallback="cp1252")]) as client:
        assert (client.get("http://a.test/")).text == "€"
        assert "accept-charset" not in client.build_request("GET", "http://a.test/").headers


def test_options() -> None:
    assert (
        repr(Charsets("UTF8", ("latin-1", 0.5), send="cp1252")) == "Charsets('utf-8', ('latin-1', 0.5), send='cp1252')"
    )
    wrong: dict[str, Any]
    for wrong in ({"send": "klingon"}, {"fallback": "5"}):
        with pytest.raises(ValueError, match="no charset"):
            Charsets(**wrong)
    quality: Any
    for quality in (2, True, "1"):
        with pytest.raises(ValueError, match="quality"):
            Charsets(("utf-8", quality))


@pytest.mark.parametrize("given", [3, 5])
def test_parts_whose_size_is_told(given: int, asgi_server: AsgiServer) -> None:
    def pieces() -> object:
        yield b"abc"

    with Client(base_url=asgi_server.url) as client:
        form = FormData().file("f", pieces(), size=given)
        if given == 3:
            echo = (client.post("echo", body=form)).json()
            assert dict(echo["headers"])["content-length"] == str(form.content_length) == str(len(echo["body"]))
        else:
            with pytest.raises(LocalProtocolError, match="its Content-Length says"):
                client.post("echo", body=form)
            stats = client.pool_stats()
            assert stats.open == stats.idle


def test_sizes_that_are_none() -> None:
    for size in (-1, True, "3"):
        with pytest.raises(InvalidBody, match="number of bytes"):
            FormData().file("f", iter([b"abc"]), size=size)  # type: ignore[arg-type]
    with pytest.raises(InvalidBody, match="has 3 bytes, not 4"):
        FormData().file("f", b"abc", size=4)
    assert FormData().file("f", b"abc", size=3).content_length is not None

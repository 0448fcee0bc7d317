"""Requests and the heads of responses, over every engine."""

from __future__ import annotations

from typing import Any

import pytest

from duohttp import Headers, InvalidHeader, InvalidMethod, InvalidURL, UnsupportedProtocol

from ..marks import over_network, without
from ..subjects import Subject
from .support import client_of

pytestmark = pytest.mark.anyio


async def test_get(subject: Subject) -> None:
    async with client_of(subject) as client:
        for _ in range(3):
            response = await client.get("bytes/100")
            assert (response.status_code, len(response.content)) == (200, 100)
            assert response.http_version == subject.http_version
            assert response.headers["Content-Length"] == "100"
            assert response.elapsed.total_seconds() >= 0
            assert response.request.method == "GET"
            assert response.url.path == "/bytes/100"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "QUERY", "REPORT"])
async def test_every_method(subject: Subject, method: str) -> None:
    async with client_of(subject) as client:
        content = b"body" if method in ("POST", "PUT", "PATCH", "QUERY") else None
        response = await client.request(method, "echo/x?q=1", content=content)
        assert response.status_code == 200
        if method == "HEAD":
            assert response.content == b""
            assert int(response.headers["content-length"]) > 0
        else:
            echo = response.json()
            assert (echo["method"], echo["target"], echo["body"]) == (method, "/echo/x?q=1", "body" if content else "")
        assert (await client.get("echo")).json()["method"] == "GET"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("echo", "/echo"),
        ("echo/a%2Fb/c%20d", "/echo/a%2Fb/c%20d"),
        ("echo/a+b;c=d,e@f:g", "/echo/a+b;c=d,e@f:g"),
        ("echo/café", "/echo/caf%C3%A9"),
        ("echo?a=1&a=2&b=", "/echo?a=1&a=2&b="),
        ("echo?bare&q=a%26b", "/echo?bare&q=a%26b"),
        ("echo?q=ü#fragment", "/echo?q=%C3%BC"),
        ("echo//two///three", "/echo//two///three"),
    ],
)
async def test_targets_arrive_as_they_are_meant(subject: Subject, url: str, target: str) -> None:
    async with client_of(subject) as client:
        assert (await client.get(url)).json()["target"] == target


async def test_parameters(subject: Subject) -> None:
    async with client_of(subject, params={"k": "v"}) as client:
        echo = (await client.get("echo?a=1", params={"b": [1, 2], "c": True, "d": None, "e": "ä &"})).json()
    assert echo["target"] == "/echo?a=1&k=v&b=1&b=2&c=true&e=%C3%A4+%26"


async def test_request_headers(subject: Subject) -> None:
    sent = {"X-One": "a b", "X-Empty": "", "x-lower": "1", "X-Long": "y" * 2048, "X-Latin": "caf\u00e9"}
    async with client_of(subject, headers={"X-Client": "c", "X-One": "overridden"}) as client:
        got = Headers((await client.get("echo", headers=sent)).json()["headers"])
    assert got["x-client"] == "c"
    assert {name: got[name] for name in sent} == sent
    assert "host" in got
    assert got["user-agent"].startswith("duohttp/")
    assert got["accept"] == "*/*"


@without("wsgi", because="an environ has one value for each name")
async def test_repeated_request_headers(subject: Subject) -> None:
    async with client_of(subject) as client:
        echo = (await client.get("echo", headers=[("X-Two", "a"), ("X-Two", "b")])).json()
    values = [value for name, value in echo["headers"] if name == "x-two"]
    assert values in (["a", "b"], ["a, b"])


@without("httpcore-h2", "native-h2", because="with HTTP/2 it would be the :authority of a server that is not there")
async def test_a_host_of_ones_own(subject: Subject) -> None:
    async with client_of(subject) as client:
        got = (await client.get("echo", headers={"Host": "other.test:81"})).json()["headers"]
    assert [value for name, value in got if name == "host"] == ["other.test:81"]


@without("mock", because="framing belongs to a wire, and it has none")
async def test_framing_headers(subject: Subject) -> None:
    async with client_of(subject) as client:
        for method in ("GET", "HEAD", "DELETE"):
            echo = await client.request(method, "echo")
            if method != "HEAD":
                assert "content-length" not in Headers(echo.json()["headers"])
        got = Headers((await client.post("echo", content=b"12345")).json()["headers"])
        assert got["content-length"] == "5"
        assert "transfer-encoding" not in got
        got = Headers((await client.post("echo")).json()["headers"])
        assert got.get("content-length", "0") == "0"
        got = Headers((await client.post("echo", content=b"x", headers={"Content-Type": "a/b"})).json()["headers"])
        assert got["content-type"] == "a/b"


async def test_response_headers(subject: Subject) -> None:
    async with client_of(subject) as client:
        headers = (await client.get("headers?size=3000")).headers
    assert headers.get_list("X-Two") in (["a", "b"], ["a, b"])
    assert headers["x-empty"] == ""
    assert headers["x-latin"] == "café"
    assert len(headers["x-long"]) == 3000
    assert headers.get("x-none") is None
    assert headers.get_list("x-none") == []


@pytest.mark.parametrize("status", [201, 204, 206, 304, 400, 404, 418, 500, 503, 599])
async def test_statuses(subject: Subject, status: int) -> None:
    async with client_of(subject) as client:
        response = await client.get(f"status/{status}")
        assert response.status_code == status
        assert response.text == ("" if status in (204, 304) else f"{status}\n")
        assert (await client.get("bytes/1")).content == b"\0"


async def test_heads_have_no_body(subject: Subject) -> None:
    async with client_of(subject) as client:
        for _ in range(10):
            response = await client.head("bytes/150")
            assert (response.content, response.headers["content-length"]) == (b"", "150")
        assert len((await client.get("bytes/150")).content) == 150
        async with client.stream("HEAD", "chunked") as streamed:
            assert await streamed.read() == b""


BAD: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"url": "echo", "headers": {"X A": "b"}}, InvalidHeader),
    ({"url": "echo", "headers": {"X-A": "b\r\nX-B: c"}}, InvalidHeader),
    ({"url": "echo", "headers": {"X-A": "\u2603"}}, InvalidHeader),
    ({"url": "http://h.test/a\nb"}, InvalidURL),
    ({"url": "http:///nothing"}, InvalidURL),
    ({"url": "ftp://h.test/"}, UnsupportedProtocol),
    ({"url": "echo", "method": "GE T"}, InvalidMethod),
]


@pytest.mark.parametrize(("options", "error"), BAD, ids=[str(number) for number in range(len(BAD))])
async def test_what_must_not_be_sent_is_refused(subject: Subject, options: dict[str, Any], error: Any) -> None:
    async with client_of(subject) as client:
        with pytest.raises(error):
            await client.request(**{"method": "GET", **options})
        assert (await client.get("bytes/1")).content == b"\0"


@over_network
async def test_a_reason_phrase(subject: Subject) -> None:
    async with client_of(subject) as client:
        phrase = (await client.get("status/404")).reason_phrase
    assert phrase in ("Not Found", "")

"""CallId: one id for a call."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import pytest

from duohttp import AsyncClient, CallId, ConnectError, InvalidHeader, Logging, Request, Retry

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


def client_of(*plugins: Any, answer: Any = (200, {}, b"")) -> tuple[AsyncClient, AsyncScriptedEngine]:
    engine = AsyncScriptedEngine(answer if callable(answer) else lambda request: answer)
    return AsyncClient(engine=engine, plugins=plugins), engine


async def test_an_id_is_made_and_sent() -> None:
    client, engine = client_of(CallId())
    first, second = await client.get(URL), await client.get(URL)
    ids = [request.headers["X-Request-ID"] for request in engine.requests]
    assert [CallId.of(first), CallId.of(second)] == ids
    assert len(set(ids)) == 2
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in ids)
    assert CallId.of(first.request) == ids[0]
    assert CallId.of("something else") is None


async def test_sources_in_their_order() -> None:
    variable: ContextVar[str] = ContextVar("variable")
    plugin = CallId([variable, lambda: None, lambda: "function"], generate=None)
    client, _ = client_of(plugin)
    assert CallId.of(await client.get(URL)) == "function"
    token = variable.set("variable")
    assert CallId.of(await client.get(URL)) == "variable"
    variable.reset(token)
    token_of_server = CallId.CURRENT.set("served")
    served, _ = client_of(CallId())
    assert CallId.of(await served.get(URL)) == "served"
    CallId.CURRENT.reset(token_of_server)


async def test_no_id_adds_nothing() -> None:
    client, engine = client_of(CallId(generate=None))
    assert CallId.of(await client.get(URL)) is None
    assert "x-request-id" not in engine.requests[0].headers


async def test_other_ways_to_send_it() -> None:
    def on_id(request: Request, identity: str) -> None:
        request.headers["traceparent"] = f"00-{identity}"

    client, engine = client_of(CallId(generate=lambda: "7", header=None, on_id=on_id))
    await client.get(URL)
    assert engine.requests[0].headers["traceparent"] == "00-7"
    assert "x-request-id" not in engine.requests[0].headers
    other, engine = client_of(CallId(generate=lambda: "7", header="X-Trace"))
    await other.get(URL)
    assert engine.requests[0].headers["x-trace"] == "7"


async def test_the_requests_own_header_is_its_id() -> None:
    client, engine = client_of(CallId())
    response = await client.get(URL, headers={"x-request-id": "own"})
    assert CallId.of(response) == "own"
    assert engine.requests[0].headers.getall("X-Request-ID") == ["own"]


async def test_a_request_that_is_sent_again_is_another_call() -> None:
    client, _ = client_of(CallId())
    request = client.build_request("GET", URL)
    first = CallId.of(await client.send(request))
    second = CallId.of(await client.send(request))
    assert first != second
    own = client.build_request("GET", URL, headers={"X-Request-ID": "own"})
    assert CallId.of(await client.send(own)) == "own"


async def test_redirects_and_retries_have_the_same() -> None:
    left = [(302, {"location": "/2"}, b""), (503, {"retry-after": "0"}, b""), (200, {}, b"")]

    def answer(request: Request) -> Answer:
        return left.pop(0)

    client, engine = client_of(CallId(), Retry(), answer=answer)
    await client.get(URL)
    assert len(engine.requests) == 3
    assert len({request.headers["X-Request-ID"] for request in engine.requests}) == 1


async def test_errors_and_logs_have_it() -> None:
    def refuse(request: Request) -> Answer:
        raise ConnectError("nobody there")

    facts: list[dict[str, Any]] = []

    class Bound:
        def bind(self) -> None: ...

        def info(self, event: str, **fields: Any) -> None:
            facts.append(fields)

        warning = info

    client, _ = client_of(CallId(generate=lambda: "7"), Logging("info", logger=Bound()), answer=refuse)
    with pytest.raises(ConnectError) as caught:
        await client.get(URL)
    assert CallId.of(caught.value) == "7"
    assert [fields["http_call_id"] for fields in facts] == ["7", "7"]


async def test_what_is_no_id_is_refused_before_anything_is_sent() -> None:
    makers: list[tuple[Any, type[Exception]]] = [(lambda: 7, TypeError), (lambda: "a\nb", InvalidHeader)]
    for maker, error in makers:
        client, engine = client_of(CallId(generate=maker))
        with pytest.raises(error) as caught:
            await client.get(URL)
        assert "raised by the plugin CallId.on_request" in caught.value.__notes__
        assert engine.requests == []


def test_options() -> None:
    with pytest.raises(TypeError):
        CallId([5])  # type: ignore[list-item]
    with pytest.raises(InvalidHeader):
        CallId(header="a b")
    assert repr(CallId()) == "CallId(header='X-Request-ID')"


async def test_against_servers(asgi_server: AsgiServer, nginx: Nginx) -> None:
    async with AsyncClient(plugins=[CallId(header="X-Test")]) as client:
        response = await client.get(f"{asgi_server.url}/echo")
        assert dict(response.json()["headers"])["x-test"] == CallId.of(response)
        response = await client.get(f"{nginx.url}/echo")
        assert f"x-test={CallId.of(response)}\n" in response.text

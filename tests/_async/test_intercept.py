"""Interceptors in a living client, and what plugins that misbehave leave behind."""

from __future__ import annotations

from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    ConnectError,
    HttpSend,
    MockEngine,
    Plugin,
    ReadError,
    Request,
    Retry,
    Stage,
    Timeout,
    TotalTimeout,
    reply,
)
from duohttp._async.proceed import AsyncProceed
from duohttp._concurrency import AsyncEvent, async_spawn
from duohttp.plugins.flow import call, sleep

from ..servers.asgi import AsgiServer
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


def two_pieces(request: Request) -> Answer:
    return 200, {}, [b"a", b"b"]


async def send(client: AsyncClient, streamed: bool) -> None:
    if streamed:
        await client.stream("GET", URL).__aenter__()
    else:
        await client.get(URL)


async def tag(request: Request, proceed: AsyncProceed) -> AsyncResponse:
    request.headers.add("X-Tag", "1")
    return await proceed(request)


async def test_interceptors_come_and_go() -> None:
    engine = MockEngine(reply(200))
    client = AsyncClient(engine=engine)
    statement = client.prepare("GET", URL)
    handle = client.intercept(tag)
    assert "attempt: HttpSend(tag)" in client.describe()
    await client.get(URL)
    await statement.execute()
    await client.get(URL, follow_redirects=False)
    await client.derive().get(URL)
    handle.remove()
    handle.remove()
    assert "HttpSend" not in client.describe()
    await client.get(URL)
    await client.get(URL, follow_redirects=False)
    with client.intercept(tag):
        await client.get(URL)
    await statement.execute()
    tags = [recorded.headers.getall("x-tag", []) for recorded in engine.history]
    assert tags == [["1"], ["1"], ["1"], [], [], [], ["1"], []]


async def test_the_first_is_the_outermost_and_each_may_send_again() -> None:
    notes: list[str] = []

    def noting(name: str, times: int) -> Any:
        async def interceptor(request: Request, proceed: AsyncProceed) -> AsyncResponse:
            notes.append(name)
            for _ in range(times):
                response = await proceed(request)
            return response

        return interceptor

    engine = AsyncScriptedEngine(two_pieces)
    client = AsyncClient(engine=engine)
    client.intercept(noting("first", 2))
    client.intercept(noting("second", 1))
    async with client.stream("GET", URL) as response:
        assert [stream.closed for stream in engine.streams] == [True, False]
        assert await response.read() == b"ab"
    assert notes == ["first", "second", "second"]


async def test_every_attempt_is_seen_or_the_whole_call() -> None:
    engine = MockEngine(reply(500), reply(302, headers={"location": "/b"}), reply(200), cycle=False)
    client = AsyncClient(engine=engine, plugins=[Retry(constant_delay=0)])
    seen: list[str] = []

    def seeing(name: str) -> Any:
        async def interceptor(request: Request, proceed: AsyncProceed) -> AsyncResponse:
            response = await proceed(request)
            seen.append(f"{name} {response.status_code}")
            return response

        return interceptor

    client.intercept(seeing("attempt"))
    client.intercept(seeing("call"), stage=Stage.VALIDATION)
    await client.get(URL)
    assert seen == ["attempt 500", "attempt 302", "attempt 200", "call 200"]


async def test_an_answer_without_sending() -> None:
    other = AsyncClient(engine=MockEngine(reply(203)))

    def canned(request: Request, proceed: AsyncProceed) -> AsyncResponse:
        return saved

    saved = await other.get(URL)
    engine = MockEngine()
    client = AsyncClient(engine=engine)
    client.intercept(canned)
    assert (await client.get(URL)).status_code == 203
    assert engine.history == []


async def test_as_plugins() -> None:
    engine = MockEngine(reply(200))
    client = AsyncClient(engine=engine, plugins=[HttpSend(tag), HttpSend(tag, stage=Stage.RETRY)])
    await client.get(URL)
    await client.get(URL, plugins=[HttpSend(tag), HttpSend(tag)])
    await client.get(URL, attributes={HttpSend: None})
    assert [len(recorded.headers.getall("x-tag", [])) for recorded in engine.history] == [2, 4, 0]
    with pytest.raises(TypeError, match="function of HttpSend is a function"):
        client.intercept("tag")  # type: ignore[arg-type]


# What goes wrong is named, and leaves no connection behind.


class Wrong(Plugin):
    def __init__(self, result: Any) -> None:
        self.result = result

    async def send_async(self, request: Request, proceed: AsyncProceed) -> Any:
        await proceed(request)
        return self.result


class Broken(Plugin):
    async def send_async(self, request: Request, proceed: AsyncProceed) -> Any:
        await proceed(request)
        raise ZeroDivisionError("mine")


class BrokenFlow(Plugin):
    def flow(self, request: Request) -> Any:
        yield request
        raise ZeroDivisionError("mine")


class BrokenRequest(Plugin):
    def on_request(self, request: Request) -> None:
        raise ZeroDivisionError("mine")


class BrokenAttempt(Plugin):
    def on_attempt(self, request: Request) -> None:
        raise ZeroDivisionError("mine")


class BrokenResponse(Plugin):
    def on_response(self, response: Any) -> None:
        raise ZeroDivisionError("mine")


BROKEN = [
    (Broken, "Broken.send_async"),
    (BrokenFlow, "BrokenFlow.flow"),
    (BrokenRequest, "BrokenRequest.on_request"),
    (BrokenAttempt, "BrokenAttempt.on_attempt"),
    (BrokenResponse, "BrokenResponse.on_response"),
]


@pytest.mark.parametrize(("kind", "name"), BROKEN)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_plugin_that_raises_is_named(kind: type[Plugin], name: str, streamed: bool) -> None:
    class Around(Plugin):
        """Must not be blamed for what it lets pass."""

        stage = Stage.REDIRECT

        async def send_async(self, request: Request, proceed: AsyncProceed) -> Any:
            return await proceed(request)

    class FlowAround(Plugin):
        stage = Stage.REDIRECT

        def flow(self, request: Request) -> Any:
            return (yield request)

    engine = AsyncScriptedEngine(two_pieces)
    client = AsyncClient(engine=engine, plugins=[Around(), FlowAround(), kind()])
    with pytest.raises(ZeroDivisionError) as caught:
        await send(client, streamed)
    assert caught.value.__notes__ == [f"raised by the plugin {name}"]
    assert all(stream.closed for stream in engine.streams)


@pytest.mark.parametrize("result", [None, b"body", object])
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_plugin_that_returns_something_else_is_named(result: Any, streamed: bool) -> None:
    engine = AsyncScriptedEngine(two_pieces)
    client = AsyncClient(engine=engine, plugins=[Wrong(result)])
    with pytest.raises(TypeError, match=r"^Wrong\.send_async must return a response: it returned "):
        await send(client, streamed)
    assert engine.streams[0].closed


async def test_an_interceptor_that_fails_is_named() -> None:
    engine = AsyncScriptedEngine(two_pieces)
    client = AsyncClient(engine=engine)

    async def forgetful(request: Request, proceed: AsyncProceed) -> Any:
        await proceed(request)

    with client.intercept(forgetful), pytest.raises(TypeError, match=r"HttpSend\(.*forgetful\) must return"):
        await client.stream("GET", URL).__aenter__()
    assert engine.streams[0].closed

    async def broken(request: Request, proceed: AsyncProceed) -> Any:
        raise ReadError("mine")

    with client.intercept(broken), pytest.raises(ReadError) as caught:
        await client.get(URL)
    assert "broken" in caught.value.__notes__[0]


async def test_nobody_is_blamed_for_the_network() -> None:
    client = AsyncClient(engine=MockEngine(reply(error=ConnectError("no"))), plugins=[HttpSend(tag), Retry(0)])
    with pytest.raises(ConnectError) as caught:
        await client.get(URL)
    assert not hasattr(caught.value, "__notes__")


class Patient(Plugin):
    def flow(self, request: Request) -> Any:
        response = yield request
        yield sleep(60)
        return response


async def test_a_plugin_that_waits_too_long_is_named() -> None:
    engine = AsyncScriptedEngine(two_pieces)
    client = AsyncClient(engine=engine, plugins=[Patient()])
    with pytest.raises(TotalTimeout, match=r"Patient waits 60 s, .* limit of 5 s"):
        await client.stream("GET", URL, timeout=Timeout(total=5)).__aenter__()
    assert engine.streams[0].closed


async def test_a_plugin_that_hangs_can_be_cancelled() -> None:
    for form in ("flow", "function"):
        hanging, never = AsyncEvent(), AsyncEvent()

        async def hang(hanging: AsyncEvent = hanging, never: AsyncEvent = never) -> None:
            hanging.set()
            await never.wait()

        class Hanging(Plugin):
            def flow(self, request: Request, hang: Any = hang) -> Any:
                response = yield request
                yield call(hang)
                return response

        async def interceptor(request: Request, proceed: AsyncProceed, hang: Any = hang) -> AsyncResponse:
            response = await proceed(request)
            await hang()
            return response

        engine = AsyncScriptedEngine(two_pieces)
        client = AsyncClient(engine=engine, plugins=[Hanging() if form == "flow" else HttpSend(interceptor)])
        task = async_spawn(client.stream("GET", URL).__aenter__)
        assert await hanging.wait(20)
        task.cancel()
        assert await task.wait(20)
        assert task.cancelled()
        assert engine.streams[0].closed


async def test_against_a_real_server(asgi_server: AsgiServer) -> None:
    async with AsyncClient(base_url=asgi_server.url, plugins=[Broken()]) as client:
        with pytest.raises(ZeroDivisionError):
            await client.stream("GET", "bytes/100000").__aenter__()
        async with client.stream("GET", "bytes/1000", attributes={Broken: None}) as response:
            assert len(await response.read()) == 1000
        client.intercept(tag)
        echoed = (await client.get("echo", attributes={Broken: None})).json()
        assert ["x-tag", "1"] in echoed["headers"]
        assert client.pool_stats().open == client.pool_stats().idle

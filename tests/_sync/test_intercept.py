# Generated from tests/_async/test_intercept.py by scripts/generate_sync.py. Do not edit.
"""Interceptors in a living client, and what plugins that misbehave leave behind."""

from __future__ import annotations

from typing import Any

import pytest

from duohttp import (
    Client,
    ConnectError,
    HttpSend,
    MockEngine,
    Plugin,
    ReadError,
    Request,
    Response,
    Retry,
    Stage,
    Timeout,
    TotalTimeout,
    reply,
)
from duohttp._concurrency import Event, spawn
from duohttp._sync.proceed import Proceed
from duohttp.plugins.flow import call, sleep

from ..servers.asgi import AsgiServer
from .scripted import Answer, ScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


def two_pieces(request: Request) -> Answer:
    return 200, {}, [b"a", b"b"]


def send(client: Client, streamed: bool) -> None:
    if streamed:
        client.stream("GET", URL).__enter__()
    else:
        client.get(URL)


def tag(request: Request, proceed: Proceed) -> Response:
    request.headers.add("X-Tag", "1")
    return proceed(request)


def test_interceptors_come_and_go() -> None:
    engine = MockEngine(reply(200))
    client = Client(engine=engine)
    statement = client.prepare("GET", URL)
    handle = client.intercept(tag)
    assert "attempt: HttpSend(tag)" in client.describe()
    client.get(URL)
    statement.execute()
    client.get(URL, follow_redirects=False)
    client.derive().get(URL)
    handle.remove()
    handle.remove()
    assert "HttpSend" not in client.describe()
    client.get(URL)
    client.get(URL, follow_redirects=False)
    with client.intercept(tag):
        client.get(URL)
    statement.execute()
    tags = [recorded.headers.getall("x-tag", []) for recorded in engine.history]
    assert tags == [["1"], ["1"], ["1"], [], [], [], ["1"], []]


def test_the_first_is_the_outermost_and_each_may_send_again() -> None:
    notes: list[str] = []

    def noting(name: str, times: int) -> Any:
        def interceptor(request: Request, proceed: Proceed) -> Response:
            notes.append(name)
            for _ in range(times):
                response = proceed(request)
            return response

        return interceptor

    engine = ScriptedEngine(two_pieces)
    client = Client(engine=engine)
    client.intercept(noting("first", 2))
    client.intercept(noting("second", 1))
    with client.stream("GET", URL) as response:
        assert [stream.closed for stream in engine.streams] == [True, False]
        assert response.read() == b"ab"
    assert notes == ["first", "second", "second"]


def test_every_attempt_is_seen_or_the_whole_call() -> None:
    engine = MockEngine(reply(500), reply(302, headers={"location": "/b"}), reply(200), cycle=False)
    client = Client(engine=engine, plugins=[Retry(constant_delay=0)])
    seen: list[str] = []

    def seeing(name: str) -> Any:
        def interceptor(request: Request, proceed: Proceed) -> Response:
            response = proceed(request)
            seen.append(f"{name} {response.status_code}")
            return response

        return interceptor

    client.intercept(seeing("attempt"))
    client.intercept(seeing("call"), stage=Stage.VALIDATION)
    client.get(URL)
    assert seen == ["attempt 500", "attempt 302", "attempt 200", "call 200"]


def test_an_answer_without_sending() -> None:
    other = Client(engine=MockEngine(reply(203)))

    def canned(request: Request, proceed: Proceed) -> Response:
        return saved

    saved = other.get(URL)
    engine = MockEngine()
    client = Client(engine=engine)
    client.intercept(canned)
    assert (client.get(URL)).status_code == 203
    assert engine.history == []


def test_as_plugins() -> None:
    engine = MockEngine(reply(200))
    client = Client(engine=engine, plugins=[HttpSend(tag), HttpSend(tag, stage=Stage.RETRY)])
    client.get(URL)
    client.get(URL, plugins=[HttpSend(tag), HttpSend(tag)])
    client.get(URL, attributes={HttpSend: None})
    assert [len(recorded.headers.getall("x-tag", [])) for recorded in engine.history] == [2, 4, 0]
    with pytest.raises(TypeError, match="function of HttpSend is a function"):
        client.intercept("tag")  # type: ignore[arg-type]


# What goes wrong is named, and leaves no connection behind.


class Wrong(Plugin):
    def __init__(self, result: Any) -> None:
        self.result = result

    def send(self, request: Request, proceed: Proceed) -> Any:
        proceed(request)
        return self.result


class Broken(Plugin):
    def send(self, request: Request, proceed: Proceed) -> Any:
        proceed(request)
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
    (Broken, "Broken.send"),
    (BrokenFlow, "BrokenFlow.flow"),
    (BrokenRequest, "BrokenRequest.on_request"),
    (BrokenAttempt, "BrokenAttempt.on_attempt"),
    (BrokenResponse, "BrokenResponse.on_response"),
]


@pytest.mark.parametrize(("kind", "name"), BROKEN)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_plugin_that_raises_is_named(kind: type[Plugin], name: str, streamed: bool) -> None:
    class Around(Plugin):
        """Must not be blamed for what it lets pass."""

        stage = Stage.REDIRECT

        def send(self, request: Request, proceed: Proceed) -> Any:
            return proceed(request)

    class FlowAround(Plugin):
        stage = Stage.REDIRECT

        def flow(self, request: Request) -> Any:
            return (yield request)

    engine = ScriptedEngine(two_pieces)
    client = Client(engine=engine, plugins=[Around(), FlowAround(), kind()])
    with pytest.raises(ZeroDivisionError) as caught:
        send(client, streamed)
    assert caught.value.__notes__ == [f"raised by the plugin {name}"]
    assert all(stream.closed for stream in engine.streams)


@pytest.mark.parametrize("result", [None, b"body", object])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_plugin_that_returns_something_else_is_named(result: Any, streamed: bool) -> None:
    engine = ScriptedEngine(two_pieces)
    client = Client(engine=engine, plugins=[Wrong(result)])
    with pytest.raises(TypeError, match=r"^Wrong\.send must return a response: it returned "):
        send(client, streamed)
    assert engine.streams[0].closed


def test_an_interceptor_that_fails_is_named() -> None:
    engine = ScriptedEngine(two_pieces)
    client = Client(engine=engine)

    def forgetful(request: Request, proceed: Proceed) -> Any:
        proceed(request)

    with client.intercept(forgetful), pytest.raises(TypeError, match=r"HttpSend\(.*forgetful\) must return"):
        client.stream("GET", URL).__enter__()
    assert engine.streams[0].closed

    def broken(request: Request, proceed: Proceed) -> Any:
        raise ReadError("mine")

    with client.intercept(broken), pytest.raises(ReadError) as caught:
        client.get(URL)
    assert "broken" in caught.value.__notes__[0]


def test_nobody_is_blamed_for_the_network() -> None:
    client = Client(engine=MockEngine(reply(error=ConnectError("no"))), plugins=[HttpSend(tag), Retry(0)])
    with pytest.raises(ConnectError) as caught:
        client.get(URL)
    assert not hasattr(caught.value, "__notes__")


class Patient(Plugin):
    def flow(self, request: Request) -> Any:
        response = yield request
        yield sleep(60)
        return response


def test_a_plugin_that_waits_too_long_is_named() -> None:
    engine = ScriptedEngine(two_pieces)
    client = Client(engine=engine, plugins=[Patient()])
    with pytest.raises(TotalTimeout, match=r"Patient waits 60 s, .* limit of 5 s"):
        client.stream("GET", URL, timeout=Timeout(total=5)).__enter__()
    assert engine.streams[0].closed


def test_a_plugin_that_hangs_can_be_cancelled() -> None:
    for form in ("flow", "function"):
        hanging, never = Event(), Event()

        def hang(hanging: Event = hanging, never: Event = never) -> None:
            hanging.set()
            never.wait()

        class Hanging(Plugin):
            def flow(self, request: Request, hang: Any = hang) -> Any:
                response = yield request
                yield call(hang)
                return response

        def interceptor(request: Request, proceed: Proceed, hang: Any = hang) -> Response:
            response = proceed(request)
            hang()
            return response

        engine = ScriptedEngine(two_pieces)
        client = Client(engine=engine, plugins=[Hanging() if form == "flow" else HttpSend(interceptor)])
        task = spawn(client.stream("GET", URL).__enter__)
        assert hanging.wait(20)
        task.cancel()
        assert task.wait(20)
        assert task.cancelled()
        assert engine.streams[0].closed


def test_against_a_real_server(asgi_server: AsgiServer) -> None:
    with Client(base_url=asgi_server.url, plugins=[Broken()]) as client:
        with pytest.raises(ZeroDivisionError):
            client.stream("GET", "bytes/100000").__enter__()
        with client.stream("GET", "bytes/1000", attributes={Broken: None}) as response:
            assert len(response.read()) == 1000
        client.intercept(tag)
        echoed = (client.get("echo", attributes={Broken: None})).json()
        assert ["x-tag", "1"] in echoed["headers"]
        assert client.pool_stats().open == client.pool_stats().idle

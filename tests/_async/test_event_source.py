"""Server-sent events: against real servers, and against scripted connections that end badly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    ClientStatusError,
    ConnectError,
    DecodingError,
    Plugin,
    Request,
    ServerDisconnected,
    ServerStatusError,
    StatusError,
    StreamClosed,
    Timeout,
    TotalTimeout,
)
from duohttp._concurrency import ManualClock, use_clock

from ..servers.asgi import AsgiServer
from ..servers.raw import Close, Hang, RawServer, Reset, Step
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n"
END: Answer = (204, {}, b"")
Servers = Callable[..., RawServer]


def stream(*pieces: bytes) -> Answer:
    return 200, {"Content-Type": "text/event-stream"}, list(pieces)


def scripted(*answers: Answer, **options: Any) -> tuple[AsyncClient, AsyncScriptedEngine]:
    left = list(answers)
    engine = AsyncScriptedEngine(lambda _: left.pop(0))
    return AsyncClient(engine=engine, **options), engine


@dataclass
class User:
    id: int
    name: str


async def test_a_real_server_goes_on_after_the_last_event(asgi_server: AsgiServer) -> None:
    numbers: list[str] = []
    async with (
        AsyncClient(base_url=asgi_server.url) as client,
        client.sse("/sse?n=3", reconnect_delay=0.01) as events,
    ):
        async for event in events:
            numbers.append(event.id)
            if len(numbers) == 7:
                break
        assert events.last_event_id == numbers[-1]
    assert [int(number) - int(numbers[0]) for number in numbers] == list(range(7))


async def test_events_are_typed() -> None:
    client, engine = scripted(stream(b'event: user\nid: 1\ndata: {"id": 1,\ndata: "name": "Ada"}\n\ndata: [1]\n\n'))
    async with client.sse("http://a.test/", into=User, reconnect=False) as events:
        first = await one(events)
        assert (first.event, first.data, first.id) == ("user", User(1, "Ada"), "1")
        with pytest.raises(DecodingError, match="User") as caught:
            await one(events)
        assert caught.value.request is not None
        assert [event async for event in events] == []
    assert engine.streams[0].closed


async def one(events: Any) -> Any:
    async for event in events:
        return event
    raise AssertionError("no event")


async def test_the_request() -> None:
    client, engine = scripted(END, END)
    async with client.sse("http://a.test/", "POST", json={"q": 1}, headers={"X-A": "1"}) as events:
        assert [event async for event in events] == []
    request = engine.requests[0]
    assert (request.method, request.stream, request.headers["x-a"]) == ("POST", True, "1")
    assert (request.headers["accept"], request.headers["cache-control"]) == ("text/event-stream", "no-store")
    assert "last-event-id" not in request.headers
    assert (request.timeout.read, request.timeout.connect) == (None, 5.0)
    options: Any = {"headers": {"Accept": "text/x"}, "timeout": 7, "last_event_id": "ä"}
    async with client.sse("http://a.test/", **options) as events:
        pass
    request = engine.requests[1]
    assert (request.headers["accept"], request.timeout.read) == ("text/x", 7.0)
    assert request.headers["last-event-id"].encode("latin-1") == "ä".encode()


async def test_the_default_total_does_not_apply_and_one_given_does() -> None:
    answers = [stream(b"data: a\n\n"), stream(b"data: b\n\n"), stream(b"data: c\n\n"), END]
    with use_clock(ManualClock()):
        client, engine = scripted(*answers, timeout=Timeout(total=4))
        async with client.sse("http://a.test/") as events:
            assert [event.data async for event in events] == ["a", "b", "c"]
        client, engine = scripted(*answers)
        async with client.sse("http://a.test/", timeout=Timeout(total=4)) as events:
            with pytest.raises(TotalTimeout):
                assert [event.data async for event in events] == []
        assert engine.requests[0].deadline is not None
        assert len(engine.requests) <= 3


async def test_reconnecting_waits_as_the_server_asks_and_backs_off() -> None:
    answers = [
        stream(b"retry: 500\ndata: a\nid: 1\n\n", b"data: cut off\n"),
        stream(b"data: b\n\n"),
        *[stream()] * 3,
        stream(b": comment\n"),
        END,
    ]
    clock = ManualClock()
    with use_clock(clock):
        client, engine = scripted(*answers)
        async with client.sse("http://a.test/") as events:
            assert [event.data async for event in events] == ["a", "b"]
    sleeps = [seconds for seconds in clock.sleeps if seconds]
    assert (sleeps[0], sleeps[1]) == (0.5, 0.5)
    for seconds, most in zip(sleeps[2:5], (1, 2, 4), strict=True):
        assert most / 2 <= seconds <= most
    assert sleeps[5] == 0.5
    assert [request.headers.get("last-event-id") for request in engine.requests] == [None, *"111111"]
    assert all(one.closed for one in engine.streams)


async def test_reconnects_that_bring_nothing_are_bounded() -> None:
    with use_clock(ManualClock()):
        client, engine = scripted(stream(b"data: a\n\n"), *[stream()] * 9)
        async with client.sse("http://a.test/", max_reconnects=4) as events:
            assert [event.data async for event in events] == ["a"]
            assert [event.data async for event in events] == []
    assert len(engine.requests) == 5


async def test_a_broken_connection_is_made_again(raw_server: Servers) -> None:
    scripts: list[list[Step]] = [
        [HEAD + b"data: a\nid: 1\n\n", Reset()],
        [Close()],
        [HEAD + b"data: b\nid: 2\n\n", Hang()],
        [b"HTTP/1.1 204 No Content\r\n\r\n"],
    ]
    server = raw_server(*scripts)
    options: Any = {"reconnect_delay": 0.01, "timeout": Timeout(read=0.2)}
    async with AsyncClient() as client, client.sse(server.url, **options) as events:
        assert [event.data async for event in events] == ["a", "b"]
    assert server.connections == 4
    assert b"Last-Event-ID: 2\r\n" in server.received[3]


async def test_the_last_failure_is_raised(raw_server: Servers) -> None:
    server = raw_server([HEAD + b"data: a\n\n"], [Close()])
    options: Any = {"reconnect_delay": 0.01, "max_reconnects": 2}
    async with AsyncClient() as client, client.sse(server.url, **options) as events:
        assert (await one(events)).data == "a"
        with pytest.raises(ServerDisconnected):
            await one(events)
        assert [event async for event in events] == []


async def test_nothing_is_tried_again_before_the_first_connection_stands() -> None:
    def fail(request: Request) -> Answer:
        raise ConnectError("no way", request=request)

    engine = AsyncScriptedEngine(fail)
    client = AsyncClient(engine=engine)
    with pytest.raises(ConnectError):
        async with client.sse("http://a.test/"):
            pass
    assert len(engine.requests) == 1


@pytest.mark.parametrize(("status", "error"), [(404, ClientStatusError), (503, ServerStatusError), (206, StatusError)])
async def test_other_statuses_are_raised_with_their_body(status: int, error: type[StatusError]) -> None:
    client, engine = scripted((status, {}, b"why"), stream(b"data: a\n\n"), (status, {}, b"why"))
    with pytest.raises(error) as caught:
        async with client.sse("http://a.test/"):
            pass
    assert caught.value.response is not None
    assert caught.value.response.text == "why"
    with use_clock(ManualClock()):
        async with client.sse("http://a.test/") as events:
            assert (await one(events)).data == "a"
            with pytest.raises(error):
                await one(events)
            assert [event async for event in events] == []
    assert all(one.closed for one in engine.streams)


async def test_another_content_type_is_refused() -> None:
    body = b'{"error": 1}'
    length = {"Content-Length": str(len(body))}
    client, engine = scripted((200, {"Content-Type": "application/json", **length}, body), (200, {}, [b"x"] * 9))
    with pytest.raises(DecodingError, match=r"'application/json', not with 'text/event-stream'") as caught:
        async with client.sse("http://a.test/"):
            pass
    assert caught.value.response is not None
    assert caught.value.response.json() == {"error": 1}
    with pytest.raises(DecodingError, match="no content type"):
        async with client.sse("http://a.test/"):
            pass
    assert len(engine.streams[1].pieces) == 9
    assert all(one.closed for one in engine.streams)


async def test_comments_and_the_bound_on_events() -> None:
    client, engine = scripted(stream(b": hi\ndata: 1\n\n"), stream(b"data: " + b"x" * 2000))
    async with client.sse("http://a.test/", into=int, comments=True, reconnect=False) as events:
        assert [(event.comment, event.data) async for event in events] == [("hi", ""), (None, 1)]
    async with client.sse("http://a.test/", max_event_size=1000) as events:
        with pytest.raises(DecodingError, match="1000 bytes") as caught:
            await one(events)
        assert caught.value.request is not None
        assert [event async for event in events] == []
    assert all(one.closed for one in engine.streams)


async def test_a_body_that_can_be_sent_once_rules_out_reconnecting() -> None:
    client, engine = scripted(stream(b"data: a\n\n"), END)
    async with client.sse("http://a.test/", "POST", content=iter([b"x"])) as events:
        assert [event.data async for event in events] == ["a"]
    assert len(engine.requests) == 1


async def test_leaving_the_block_frees_the_connection_and_ends_the_iteration() -> None:
    client, engine = scripted(stream(b"data: a\n\ndata: b\n\n", b"data: c\n\n"))
    source = client.sse("http://a.test/")
    with pytest.raises(StreamClosed, match="with block"):
        await one(source)
    async with source as events:
        assert (await one(events)).data == "a"
    assert engine.streams[0].closed
    assert [event async for event in source] == []
    with pytest.raises(RuntimeError, match="entered"):
        async with source:
            pass


async def test_plugins_see_every_connection() -> None:
    class Token(Plugin):
        def on_request(self, request: Request) -> None:
            request.headers["X-Token"] = "t"

    client, engine = scripted(stream(b"data: a\n\n"), END, plugins=[Token()])
    with use_clock(ManualClock()):
        async with client.sse("http://a.test/") as events:
            assert [event.data async for event in events] == ["a"]
    assert [request.headers["x-token"] for request in engine.requests] == ["t", "t"]

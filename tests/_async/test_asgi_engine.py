"""An ASGI application behind a client: what it is told, what comes back, and what happens when it misbehaves."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    ApplicationError,
    AsgiEngine,
    AsyncClient,
    BodyNotReplayable,
    CloseError,
    ConnectTimeout,
    Headers,
    InvalidHeader,
    LocalProtocolError,
    ReadTimeout,
    ServerDisconnected,
    Timeout,
    TotalTimeout,
    UnsupportedByEngine,
)
from duohttp._concurrency import async_sleep, monotonic

from ..apps.asgi import BROKEN, END, PIECE, START, Lives, Script, Seen, body, silent, start
from ..servers.asgi_app import app

pytestmark = pytest.mark.anyio

BASE = "http://app.test"


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duohttp._apps.asgi_host.GRACE", 0.1)


def client_of(application: Any, **options: Any) -> AsyncClient:
    return AsyncClient(engine=AsgiEngine(application, **options), base_url=BASE)


async def until(condition: Any) -> None:
    """Wait for what another thread or task does."""
    end = monotonic() + 10
    while not condition():
        assert monotonic() < end, "it did not happen"
        await async_sleep(0.002)


async def test_requests_and_answers() -> None:
    async with client_of(app) as client:
        echo = (await client.post("echo/a?b=c", content=b"body", headers={"X-A": "1"})).json()
        assert (echo["method"], echo["path"], echo["query"], echo["body"]) == ("POST", "/echo/a", "b=c", "body")
        assert Headers(echo["headers"])["x-a"] == "1"
        response = await client.get("redirects/2")
        assert (response.status_code, len(response.history)) == (200, 2)
        assert (await client.get("encoded/gzip")).json()["coding"] == "gzip"
        await client.get("cookies/set?a=1")
        assert (await client.get("cookies")).json() == {"a": "1"}
        assert (await client.get("trailers")).trailers["x-checksum"] == "abc"
        hints = (await client.get("hints")).early_hints
        assert [each["link"] for each in hints] == ["</style.css>; rel=preload; as=style"]


async def test_scope() -> None:
    seen = Seen()
    async with AsyncClient(engine=AsgiEngine(seen, root_path="/api/", client=("10.0.0.7", 99))) as client:
        await client.get(
            "https://[::1]:8443/api/caf%C3%A9/a%2Fb?q=%C3%A9&r",
            headers=[("X-A", "1"), ("x-a", "2")],
            cookies={"c": "3"},
        )
    scope = seen.scope
    assert scope["type"] == "http"
    assert scope["asgi"] == {"version": "3.0", "spec_version": "2.4"}
    assert (scope["http_version"], scope["method"], scope["scheme"]) == ("1.1", "GET", "https")
    assert (scope["path"], scope["raw_path"]) == ("/api/café/a/b", b"/api/caf%C3%A9/a%2Fb")
    assert scope["query_string"] == b"q=%C3%A9&r"
    assert (scope["root_path"], scope["client"], scope["server"]) == ("/api", ("10.0.0.7", 99), ("::1", 8443))
    assert {"http.response.trailers", "http.response.early_hint"} == set(scope["extensions"])
    headers = scope["headers"]
    assert headers[0] == (b"host", b"[::1]:8443")
    assert [value for name, value in headers if name == b"x-a"] == [b"1", b"2"]
    assert (b"cookie", b"c=3") in headers
    assert all(name == name.lower() for name, _ in headers)
    assert "state" not in scope  # it knows no lifespan, so it has no state


@pytest.mark.parametrize(
    ("content", "framing", "pieces"),
    [
        (None, (b"content-length", b"0"), [(b"", False)]),
        (b"all", (b"content-length", b"3"), [(b"all", False)]),
        ([b"a", b"bc"], (b"transfer-encoding", b"chunked"), [(b"a", True), (b"bc", True), (b"", False)]),
    ],
    ids=["none", "bytes", "list"],
)
async def test_request_bodies(content: Any, framing: Any, pieces: Any) -> None:
    seen = Seen(until=len(pieces))
    async with client_of(seen) as client:
        await client.post("x", content=content)
    assert framing in seen.scope["headers"]
    assert [(message["body"], message["more_body"]) for message in seen.received] == pieces


async def test_a_body_is_read_only_as_the_application_receives_it() -> None:
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield bytes(1000)

    async with client_of(Seen(until=3)) as client:
        assert (await client.post("x", content=pieces())).status_code == 200
    assert read == [0, 1, 2]


async def test_files_and_multipart_are_streamed() -> None:
    async with client_of(app) as client:
        answer = (await client.post("upload", content=io.BytesIO(bytes(300_000)))).json()
        assert answer["length"] == 300_000
        assert answer["pieces"] > 1
        answer = (await client.post("upload", files={"f": ("a.txt", b"abc")})).json()
        assert answer["content_type"].startswith("multipart/form-data")


async def test_a_body_that_fails_is_raised_and_disconnects() -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise LookupError("no more")

    seen = Seen(until=5)
    async with client_of(seen) as client:
        with pytest.raises(LookupError):
            await client.post("x", content=broken())
        await until(lambda: len(seen.received) == 2)
    assert seen.received[1] == {"type": "http.disconnect"}


@pytest.mark.parametrize("pieces", [[b"too much"], [b"no"]])
async def test_a_body_of_another_length_than_promised(pieces: list[bytes]) -> None:
    async with client_of(Seen(until=5)) as client:
        with pytest.raises(LocalProtocolError, match="Content-Length says"):
            await client.post("x", content=pieces, headers={"Content-Length": "3"})


async def test_what_http_does_not_allow_is_refused_before_the_application_is_called() -> None:
    seen = Seen()
    async with client_of(seen) as client:
        with pytest.raises(InvalidHeader):
            await client.get("x", headers={"Host": "a b"})
        statement = client.prepare("POST", "x", content=iter([b"once"]))
        await statement.execute()
        seen.received.clear()
        with pytest.raises(BodyNotReplayable):
            await statement.execute()
    assert seen.received == []


async def test_answers_are_streamed_and_the_application_waits_for_the_reader() -> None:
    endless = Script(START, *[{**PIECE, "body": bytes(16384)}] * 1000, END)
    async with client_of(endless) as client:
        async with client.stream("GET", "x") as response:
            await until(lambda: endless.done == 4)  # the head, and 64 KiB less one
            size = 0
            async for piece in response.iter_raw():
                size += len(piece)
                assert endless.done <= size // 16384 + 5
    assert size == 1000 * 16384


async def test_both_ways_at_once() -> None:
    asked = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield b"%d" % number

    async with client_of(Seen(until=4, early=True)) as client:
        async with client.stream("POST", "x", content=pieces()) as response:
            assert asked == []
            got = []
            async for piece in response.iter_raw():
                got.append((piece, len(asked)))
    assert got == [(b"0", 1), (b"1", 2), (b"2", 3)]


async def test_leaving_a_response_disconnects_the_application() -> None:
    endless = Script(START, *[{**PIECE, "body": bytes(50_000)}] * 1000, END)
    waiting = Seen(until=2, early=True)
    async with client_of(endless) as client:
        async with client.stream("GET", "x") as response:
            assert len(await first_of(response.iter_raw())) == 50_000
        await until(lambda: endless.ended == "ClientGone")
    async with client_of(waiting) as client:
        async with client.stream("GET", "x"):
            pass
        await until(lambda: len(waiting.received) == 2)
        assert waiting.received[1]["type"] == "http.disconnect"


async def first_of(pieces: Any) -> Any:
    async for piece in pieces:
        return piece
    return None


async def test_an_application_that_hears_no_disconnect_is_cancelled() -> None:
    sleeper = Script(START, PIECE, 60, END)
    async with client_of(sleeper) as client:
        with pytest.raises(ReadTimeout):
            await client.get("x", timeout=Timeout(5, read=0.05))
        await until(lambda: sleeper.ended)
    assert sleeper.ended in ("CancelledError", "Cancelled")


async def test_closing_the_client_ends_what_runs() -> None:
    sleeper = Script(START, PIECE, 60, END)
    client = client_of(sleeper)
    async with client.stream("GET", "x") as response:
        pieces = response.iter_raw()
        assert await first_of(pieces) == b"x"
        await client.aclose()
        assert sleeper.ended in ("CancelledError", "Cancelled")
        with pytest.raises(CloseError, match="closed while"):
            await first_of(pieces)


async def test_a_response_that_is_dropped_unread_warns_and_disconnects() -> None:
    waiting = Seen(until=2, early=True)
    async with client_of(waiting) as client:
        responses = [await client.prepare("GET", "x").stream().__aenter__()]
        assert responses[0].status_code == 200
        with pytest.warns(ResourceWarning, match="dropped unread"):
            responses.clear()
        await until(lambda: len(waiting.received) == 2)
    assert waiting.received[1]["type"] == "http.disconnect"


async def test_a_client_that_is_dropped_ends_the_application() -> None:
    sleeper = Script(START, 60)
    client = client_of(sleeper)
    response = await client.prepare("GET", "x").stream().__aenter__()
    client._engine.abandon()
    await until(lambda: sleeper.ended)
    assert sleeper.ended in ("CancelledError", "Cancelled")
    await response.aclose()
    await client.aclose()


async def test_an_engine_that_is_closed() -> None:
    client = client_of(Seen())
    engine = client._engine
    await engine.aclose()
    await engine.aclose()
    with pytest.raises(CloseError, match="closed"):
        await client.get("x")


async def test_timeouts() -> None:
    async with client_of(Script(5)) as client:
        with pytest.raises(ReadTimeout, match=r"tests\.apps\.asgi\.Script told nothing for 0\.05 s"):
            await client.get("x", timeout=Timeout(5, read=0.05))
        with pytest.raises(TotalTimeout, match=r"0\.05 s"):
            await client.get("x", timeout=Timeout(5, total=0.05))
    drip = Script(START, *[PIECE, 0.03] * 100, END)
    async with client_of(drip) as client:
        with pytest.raises(TotalTimeout):
            await client.get("x", timeout=Timeout(5, total=0.2))


async def test_work_after_the_response_is_waited_for_but_not_longer_than_a_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("duohttp._apps.asgi_host.GRACE", 10)
    short, long = Script(START, END, 0.05), Script(START, PIECE, END, 0.3)
    async with client_of(short) as client:
        assert (await client.get("x")).status_code == 200
        assert short.ended == ""
    async with client_of(long) as client:
        assert (await client.get("x", timeout=Timeout(5, read=0.05))).content == b"x"
        assert long.ended is None
    assert long.ended == ""  # closing the client waits for it


# What applications do wrong.


@pytest.mark.parametrize("messages", BROKEN.values(), ids=BROKEN)
async def test_a_broken_application_is_a_typed_error(messages: tuple[list[Any], str]) -> None:
    sent, says = messages
    for raises in (True, False):
        async with client_of(Script(*sent), raise_app_exceptions=raises, lifespan="off") as client:
            with pytest.raises(ApplicationError, match=rf"tests\.apps\.asgi\.Script.*{says}") as caught:
                await client.get("x")
            assert caught.value.request is not None


async def test_exceptions_are_raised_as_they_are() -> None:
    for messages in ([], [START], [START, PIECE], [START, END]):
        async with client_of(Script(*messages, LookupError("here")), lifespan="off") as client:
            with pytest.raises(LookupError, match="here"):
                await client.get("x")


async def test_exceptions_can_be_a_500_as_with_a_server(caplog: pytest.LogCaptureFixture) -> None:
    async with client_of(Script(LookupError("here")), raise_app_exceptions=False, lifespan="off") as client:
        with caplog.at_level(logging.ERROR, "duohttp"):
            response = await client.get("x")
        assert (response.status_code, response.text) == (500, "Internal Server Error\n")
        assert (await client.head("x")).content == b""
    assert "tests.apps.asgi.Script raised" in caplog.text
    assert "LookupError: here" in caplog.text
    late = Script(START, PIECE, LookupError("here"))
    async with client_of(late, raise_app_exceptions=False, lifespan="off") as client:
        with pytest.raises(ServerDisconnected, match="failed before its response was complete"):
            await client.get("x")
    ended = Script(START, PIECE, END, LookupError("here"))
    async with client_of(ended, raise_app_exceptions=False, lifespan="off") as client:
        assert (await client.get("x")).content == b"x"


async def test_answers_without_a_body() -> None:
    long = Script(start(200, [(b"content-length", b"1000")]), body(b"ignored"))
    async with client_of(long) as client:
        response = await client.head("x")
        assert (response.content, response.headers["content-length"]) == (b"", "1000")
    for status in (204, 304):
        async with client_of(Script(start(status, [(b"content-length", b"5")]), body(b""))) as client:
            response = await client.get("x")
            assert (response.status_code, response.content) == (status, b"")


async def test_trailers_in_parts_and_framing_headers() -> None:
    parts = [
        {"type": "http.response.trailers", "headers": [(b"x-%d" % n, b"y")], "more_trailers": n < 2} for n in (1, 2)
    ]
    chunked = start(200, [(b"transfer-encoding", b"chunked"), (b"x-a", b" b ")], trailers=True)
    async with client_of(Script(chunked, body(bytearray(b"x")), *parts)) as client:
        response = await client.get("x")
    assert response.headers == Headers({"x-a": "b"})
    assert response.content == b"x"
    assert response.trailers == Headers([("x-1", "y"), ("x-2", "y")])


# The lifespan.


async def test_startup_before_the_first_request_and_shutdown_with_the_client() -> None:
    lives = Lives()
    async with client_of(lives) as client:
        assert lives.events == []
        assert (await client.get("x")).text == "{'pool': 'open'}"
        await client.get("x")
        assert lives.events == ["startup", "request", "request"]
    assert lives.events == ["startup", "request", "request", "shutdown"]
    lives = Lives()
    async with client_of(lives, lifespan="off") as client:
        assert (await client.get("x")).text == "None"
    assert lives.events == ["request"]


@pytest.mark.parametrize("mode", ["auto", "on"])
async def test_a_startup_that_fails(mode: Any) -> None:
    async with client_of(Lives("failed"), lifespan=mode) as client:
        for _ in range(2):
            with pytest.raises(ApplicationError, match=r"asgi\.Lives failed in its startup: no database") as caught:
                await client.get("x")
            assert caught.value.request is not None


async def test_an_application_without_a_lifespan() -> None:
    async with client_of(Lives(LookupError("what is that?"))) as client:
        assert (await client.get("x")).status_code == 200
    async with client_of(Lives(LookupError("what is that?")), lifespan="on") as client:
        with pytest.raises(ApplicationError, match="failed in its startup: LookupError") as caught:
            await client.get("x")
        assert isinstance(caught.value.__cause__, LookupError)
    async with client_of(silent, lifespan="on") as client:
        with pytest.raises(ApplicationError, match="knows no lifespan"):
            await client.get("x")


async def test_a_startup_that_takes_too_long() -> None:
    async with client_of(Lives(None), lifespan_timeout=0.05) as client:
        with pytest.raises(ApplicationError, match=r"did not start within 0\.05 s"):
            await client.get("x")
    async with client_of(Lives(None), lifespan_timeout=0.2) as client:
        with pytest.raises((ConnectTimeout, TotalTimeout)):
            await client.get("x", timeout=Timeout(5, total=0.03))


@pytest.mark.parametrize(
    ("shutdown", "says"),
    [("failed", "failed in its shutdown: no database"), (LookupError("x"), "LookupError"), (None, "did not shut down")],
    ids=["failed", "raised", "slow"],
)
async def test_a_shutdown_that_fails_is_raised_when_the_client_closes(shutdown: Any, says: str) -> None:
    client = client_of(Lives("complete", shutdown), lifespan_timeout=0.1)
    await client.get("x")
    with pytest.raises(ApplicationError, match=says):
        await client.aclose()
    await client.aclose()


# The engine.


async def test_options() -> None:
    with pytest.raises(TypeError, match=r"app is .*, not 'tests:app'"):
        AsgiEngine("tests:app")
    with pytest.raises(ValueError, match="'auto', 'on' or 'off'"):
        AsgiEngine(app, lifespan="maybe")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedByEngine, match="HTTP proxies"):
        AsyncClient(engine=AsgiEngine(app), proxy="http://127.0.0.1:1")
    assert "AsgiEngine(" in repr(AsgiEngine(app))


async def test_derived_clients_share_the_application() -> None:
    lives = Lives()
    async with client_of(lives) as client:
        derived = client.derive(headers={"X-A": "1"})
        await derived.get("x")
        await derived.aclose()
        await client.get("x")
        assert lives.events == ["startup", "request", "request"]
    assert lives.events[-1] == "shutdown"


async def test_parallel() -> None:
    async with client_of(app) as client:
        users = await client.parallel_get([f"users/{number}" for number in range(1, 40)], limit=8)
        assert [response.json()["id"] for response in users] == list(range(1, 40))

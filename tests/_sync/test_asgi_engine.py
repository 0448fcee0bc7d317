# Generated from tests/_async/test_asgi_engine.py by scripts/generate_sync.py. Do not edit.
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
    BodyNotReplayable,
    Client,
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
from duohttp._concurrency import monotonic, sleep

from ..apps.asgi import BROKEN, END, PIECE, START, Lives, Script, Seen, body, silent, start
from ..servers.asgi_app import app

pytestmark = pytest.mark.anyio

BASE = "http://app.test"


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duohttp._apps.asgi_host.GRACE", 0.1)


def client_of(application: Any, **options: Any) -> Client:
    return Client(engine=AsgiEngine(application, **options), base_url=BASE)


def until(condition: Any) -> None:
    """Wait for what another thread or task does."""
    end = monotonic() + 10
    while not condition():
        assert monotonic() < end, "it did not happen"
        sleep(0.002)


def test_requests_and_answers() -> None:
    with client_of(app) as client:
        echo = (client.post("echo/a?b=c", content=b"body", headers={"X-A": "1"})).json()
        assert (echo["method"], echo["path"], echo["query"], echo["body"]) == ("POST", "/echo/a", "b=c", "body")
        assert Headers(echo["headers"])["x-a"] == "1"
        response = client.get("redirects/2")
        assert (response.status_code, len(response.history)) == (200, 2)
        assert (client.get("encoded/gzip")).json()["coding"] == "gzip"
        client.get("cookies/set?a=1")
        assert (client.get("cookies")).json() == {"a": "1"}
        assert (client.get("trailers")).trailers["x-checksum"] == "abc"
        hints = (client.get("hints")).early_hints
        assert [each["link"] for each in hints] == ["</style.css>; rel=preload; as=style"]


def test_scope() -> None:
    seen = Seen()
    with Client(engine=AsgiEngine(seen, root_path="/api/", client=("10.0.0.7", 99))) as client:
        client.get(
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
def test_request_bodies(content: Any, framing: Any, pieces: Any) -> None:
    seen = Seen(until=len(pieces))
    with client_of(seen) as client:
        client.post("x", content=content)
    assert framing in seen.scope["headers"]
    assert [(message["body"], message["more_body"]) for message in seen.received] == pieces


def test_a_body_is_read_only_as_the_application_receives_it() -> None:
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield bytes(1000)

    with client_of(Seen(until=3)) as client:
        assert (client.post("x", content=pieces())).status_code == 200
    assert read == [0, 1, 2]


def test_files_and_multipart_are_streamed() -> None:
    with client_of(app) as client:
        answer = (client.post("upload", content=io.BytesIO(bytes(300_000)))).json()
        assert answer["length"] == 300_000
        assert answer["pieces"] > 1
        answer = (client.post("upload", files={"f": ("a.txt", b"abc")})).json()
        assert answer["content_type"].startswith("multipart/form-data")


def test_a_body_that_fails_is_raised_and_disconnects() -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise LookupError("no more")

    seen = Seen(until=5)
    with client_of(seen) as client:
        with pytest.raises(LookupError):
            client.post("x", content=broken())
        until(lambda: len(seen.received) == 2)
    assert seen.received[1] == {"type": "http.disconnect"}


@pytest.mark.parametrize("pieces", [[b"too much"], [b"no"]])
def test_a_body_of_another_length_than_promised(pieces: list[bytes]) -> None:
    with client_of(Seen(until=5)) as client:
        with pytest.raises(LocalProtocolError, match="Content-Length says"):
            client.post("x", content=pieces, headers={"Content-Length": "3"})


def test_what_http_does_not_allow_is_refused_before_the_application_is_called() -> None:
    seen = Seen()
    with client_of(seen) as client:
        with pytest.raises(InvalidHeader):
            client.get("x", headers={"Host": "a b"})
        statement = client.prepare("POST", "x", content=iter([b"once"]))
        statement.execute()
        seen.received.clear()
        with pytest.raises(BodyNotReplayable):
            statement.execute()
    assert seen.received == []


def test_answers_are_streamed_and_the_application_waits_for_the_reader() -> None:
    endless = Script(START, *[{**PIECE, "body": bytes(16384)}] * 1000, END)
    with client_of(endless) as client:
        with client.stream("GET", "x") as response:
            until(lambda: endless.done == 4)  # the head, and 64 KiB less one
            size = 0
            for piece in response.iter_raw():
                size += len(piece)
                assert endless.done <= size // 16384 + 5
    assert size == 1000 * 16384


def test_both_ways_at_once() -> None:
    asked = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield b"%d" % number

    with client_of(Seen(until=4, early=True)) as client:
        with client.stream("POST", "x", content=pieces()) as response:
            assert asked == []
            got = []
            for piece in response.iter_raw():
                got.append((piece, len(asked)))
    assert got == [(b"0", 1), (b"1", 2), (b"2", 3)]


def test_leaving_a_response_disconnects_the_application() -> None:
    endless = Script(START, *[{**PIECE, "body": bytes(50_000)}] * 1000, END)
    waiting = Seen(until=2, early=True)
    with client_of(endless) as client:
        with client.stream("GET", "x") as response:
            assert len(first_of(response.iter_raw())) == 50_000
        until(lambda: endless.ended == "ClientGone")
    with client_of(waiting) as client:
        with client.stream("GET", "x"):
            pass
        until(lambda: len(waiting.received) == 2)
        assert waiting.received[1]["type"] == "http.disconnect"


def first_of(pieces: Any) -> Any:
    for piece in pieces:
        return piece
    return None


def test_an_application_that_hears_no_disconnect_is_cancelled() -> None:
    sleeper = Script(START, PIECE, 60, END)
    with client_of(sleeper) as client:
        with pytest.raises(ReadTimeout):
            client.get("x", timeout=Timeout(5, read=0.05))
        until(lambda: sleeper.ended)
    assert sleeper.ended in ("CancelledError", "Cancelled")


def test_closing_the_client_ends_what_runs() -> None:
    sleeper = Script(START, PIECE, 60, END)
    client = client_of(sleeper)
    with client.stream("GET", "x") as response:
        pieces = response.iter_raw()
        assert first_of(pieces) == b"x"
        client.close()
        assert sleeper.ended in ("CancelledError", "Cancelled")
        with pytest.raises(CloseError, match="closed while"):
            first_of(pieces)


def test_a_response_that_is_dropped_unread_warns_and_disconnects() -> None:
    waiting = Seen(until=2, early=True)
    with client_of(waiting) as client:
        responses = [client.prepare("GET", "x").stream().__enter__()]
        assert responses[0].status_code == 200
        with pytest.warns(ResourceWarning, match="dropped unread"):
            responses.clear()
        until(lambda: len(waiting.received) == 2)
    assert waiting.received[1]["type"] == "http.disconnect"


def test_a_client_that_is_dropped_ends_the_application() -> None:
    sleeper = Script(START, 60)
    client = client_of(sleeper)
    response = client.prepare("GET", "x").stream().__enter__()
    client._engine.abandon()
    until(lambda: sleeper.ended)
    assert sleeper.ended in ("CancelledError", "Cancelled")
    response.close()
    client.close()


def test_an_engine_that_is_closed() -> None:
    client = client_of(Seen())
    engine = client._engine
    engine.close()
    engine.close()
    with pytest.raises(CloseError, match="closed"):
        client.get("x")


def test_timeouts() -> None:
    with client_of(Script(5)) as client:
        with pytest.raises(ReadTimeout, match=r"tests\.apps\.asgi\.Script told nothing for 0\.05 s"):
            client.get("x", timeout=Timeout(5, read=0.05))
        with pytest.raises(TotalTimeout, match=r"0\.05 s"):
            client.get("x", timeout=Timeout(5, total=0.05))
    drip = Script(START, *[PIECE, 0.03] * 100, END)
    with client_of(drip) as client:
        with pytest.raises(TotalTimeout):
            client.get("x", timeout=Timeout(5, total=0.2))


def test_work_after_the_response_is_waited_for_but_not_longer_than_a_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("duohttp._apps.asgi_host.GRACE", 10)
    short, long = Script(START, END, 0.05), Script(START, PIECE, END, 0.3)
    with client_of(short) as client:
        assert (client.get("x")).status_code == 200
        assert short.ended == ""
    with client_of(long) as client:
        assert (client.get("x", timeout=Timeout(5, read=0.05))).content == b"x"
        assert long.ended is None
    assert long.ended == ""  # closing the client waits for it


# What applications do wrong.


@pytest.mark.parametrize("messages", BROKEN.values(), ids=BROKEN)
def test_a_broken_application_is_a_typed_error(messages: tuple[list[Any], str]) -> None:
    sent, says = messages
    for raises in (True, False):
        with client_of(Script(*sent), raise_app_exceptions=raises, lifespan="off") as client:
            with pytest.raises(ApplicationError, match=rf"tests\.apps\.asgi\.Script.*{says}") as caught:
                client.get("x")
            assert caught.value.request is not None


def test_exceptions_are_raised_as_they_are() -> None:
    for messages in ([], [START], [START, PIECE], [START, END]):
        with client_of(Script(*messages, LookupError("here")), lifespan="off") as client:
            with pytest.raises(LookupError, match="here"):
                client.get("x")


def test_exceptions_can_be_a_500_as_with_a_server(caplog: pytest.LogCaptureFixture) -> None:
    with client_of(Script(LookupError("here")), raise_app_exceptions=False, lifespan="off") as client:
        with caplog.at_level(logging.ERROR, "duohttp"):
            response = client.get("x")
        assert (response.status_code, response.text) == (500, "Internal Server Error\n")
        assert (client.head("x")).content == b""
    assert "tests.apps.asgi.Script raised" in caplog.text
    assert "LookupError: here" in caplog.text
    late = Script(START, PIECE, LookupError("here"))
    with client_of(late, raise_app_exceptions=False, lifespan="off") as client:
        with pytest.raises(ServerDisconnected, match="failed before its response was complete"):
            client.get("x")
    ended = Script(START, PIECE, END, LookupError("here"))
    with client_of(ended, raise_app_exceptions=False, lifespan="off") as client:
        assert (client.get("x")).content == b"x"


def test_answers_without_a_body() -> None:
    long = Script(start(200, [(b"content-length", b"1000")]), body(b"ignored"))
    with client_of(long) as client:
        response = client.head("x")
        assert (response.content, response.headers["content-length"]) == (b"", "1000")
    for status in (204, 304):
        with client_of(Script(start(status, [(b"content-length", b"5")]), body(b""))) as client:
            response = client.get("x")
            assert (response.status_code, response.content) == (status, b"")


def test_trailers_in_parts_and_framing_headers() -> None:
    parts = [
        {"type": "http.response.trailers", "headers": [(b"x-%d" % n, b"y")], "more_trailers": n < 2} for n in (1, 2)
    ]
    chunked = start(200, [(b"transfer-encoding", b"chunked"), (b"x-a", b" b ")], trailers=True)
    with client_of(Script(chunked, body(bytearray(b"x")), *parts)) as client:
        response = client.get("x")
    assert response.headers == Headers({"x-a": "b"})
    assert response.content == b"x"
    assert response.trailers == Headers([("x-1", "y"), ("x-2", "y")])


# The lifespan.


def test_startup_before_the_first_request_and_shutdown_with_the_client() -> None:
    lives = Lives()
    with client_of(lives) as client:
        assert lives.events == []
        assert (client.get("x")).text == "{'pool': 'open'}"
        client.get("x")
        assert lives.events == ["startup", "request", "request"]
    assert lives.events == ["startup", "request", "request", "shutdown"]
    lives = Lives()
    with client_of(lives, lifespan="off") as client:
        assert (client.get("x")).text == "None"
    assert lives.events == ["request"]


@pytest.mark.parametrize("mode", ["auto", "on"])
def test_a_startup_that_fails(mode: Any) -> None:
    with client_of(Lives("failed"), lifespan=mode) as client:
        for _ in range(2):
            with pytest.raises(ApplicationError, match=r"asgi\.Lives failed in its startup: no database") as caught:
                client.get("x")
            assert caught.value.request is not None


def test_an_application_without_a_lifespan() -> None:
    with client_of(Lives(LookupError("what is that?"))) as client:
        assert (client.get("x")).status_code == 200
    with client_of(Lives(LookupError("what is that?")), lifespan="on") as client:
        with pytest.raises(ApplicationError, match="failed in its startup: LookupError") as caught:
            client.get("x")
        assert isinstance(caught.value.__cause__, LookupError)
    with client_of(silent, lifespan="on") as client:
        with pytest.raises(ApplicationError, match="knows no lifespan"):
            client.get("x")


def test_a_startup_that_takes_too_long() -> None:
    with client_of(Lives(None), lifespan_timeout=0.05) as client:
        with pytest.raises(ApplicationError, match=r"did not start within 0\.05 s"):
            client.get("x")
    with client_of(Lives(None), lifespan_timeout=0.2) as client:
        with pytest.raises((ConnectTimeout, TotalTimeout)):
            client.get("x", timeout=Timeout(5, total=0.03))


@pytest.mark.parametrize(
    ("shutdown", "says"),
    [("failed", "failed in its shutdown: no database"), (LookupError("x"), "LookupError"), (None, "did not shut down")],
    ids=["failed", "raised", "slow"],
)
def test_a_shutdown_that_fails_is_raised_when_the_client_closes(shutdown: Any, says: str) -> None:
    client = client_of(Lives("complete", shutdown), lifespan_timeout=0.1)
    client.get("x")
    with pytest.raises(ApplicationError, match=says):
        client.close()
    client.close()


# The engine.


def test_options() -> None:
    with pytest.raises(TypeError, match=r"app is .*, not 'tests:app'"):
        AsgiEngine("tests:app")
    with pytest.raises(ValueError, match="'auto', 'on' or 'off'"):
        AsgiEngine(app, lifespan="maybe")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedByEngine, match="HTTP proxies"):
        Client(engine=AsgiEngine(app), proxy="http://127.0.0.1:1")
    assert "AsgiEngine(" in repr(AsgiEngine(app))


def test_derived_clients_share_the_application() -> None:
    lives = Lives()
    with client_of(lives) as client:
        derived = client.derive(headers={"X-A": "1"})
        derived.get("x")
        derived.close()
        client.get("x")
        assert lives.events == ["startup", "request", "request"]
    assert lives.events[-1] == "shutdown"


def test_parallel() -> None:
    with client_of(app) as client:
        users = client.parallel_get([f"users/{number}" for number in range(1, 40)], limit=8)
        assert [response.json()["id"] for response in users] == list(range(1, 40))

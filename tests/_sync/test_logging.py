# Generated from tests/_async/test_logging.py by scripts/generate_sync.py. Do not edit.
"""Logging: the lines of both formats, what is left out, and that bodies are left alone."""

from __future__ import annotations

import gzip
import logging
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from duohttp import Client, ConnectError, FormData, Logging, Request, Response, Retry
from duohttp._concurrency import ManualClock, body_chunks, use_clock
from duohttp.plugins.logging_plugin import LEVELS

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, ScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"
# What every request has; the tests are about the rest.
BARE: dict[str, Any] = {"headers": {"Accept-Encoding": None, "User-Agent": None}}
TEXT = {"content-type": "text/plain", "content-length": "5"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    with use_clock(ManualClock()) as clock:
        assert isinstance(clock, ManualClock)
        yield clock


class Log:
    """Blocks of lines, as a logger."""

    def __init__(self) -> None:
        self.blocks: list[str] = []

    def __call__(self, text: str) -> None:
        self.blocks.append(text)

    @property
    def lines(self) -> list[str]:
        return "\n".join(self.blocks).split("\n") if self.blocks else []


class ReadingEngine(ScriptedEngine):
    """Reads the body of each request, as a real engine does."""

    def execute(self, request: Request) -> Response:
        if request.body is not None:
            for _ in body_chunks(request.body):
                pass
        return ScriptedEngine.execute(self, request)


def logged(
    answer: Callable[[Request], Answer], level: Any, style: Any = "okhttp", **options: Any
) -> tuple[Client, Log, ScriptedEngine]:
    log = Log()
    engine = ReadingEngine(answer)
    plugin = Logging(level, format=style, logger=log, **options)
    return Client(engine=engine, plugins=[plugin], **BARE), log, engine


def hello(request: Request) -> Answer:
    return 200, TEXT, b"hello"


def answering(headers: dict[str, str], body: bytes | list[bytes], status: int = 200) -> Callable[[Request], Answer]:
    return lambda request: (status, headers, list(body) if isinstance(body, list) else body)


# OkHttp's format: requests.

ACCEPT = "Accept: */*"
OK = "<-- 200 OK http://a.test/ (0ms)"


def test_none_writes_nothing() -> None:
    client, log, _ = logged(hello, "none")
    client.get(URL)
    assert log.lines == []


REQUESTS: list[tuple[str, dict[str, Any], str]] = [
    ("GET", {}, "--> GET http://a.test/"),
    ("DELETE", {}, "--> DELETE http://a.test/"),
    ("POST", {}, "--> POST http://a.test/ (0-byte body)"),
    ("POST", {"content": "привет"}, "--> POST http://a.test/ (12-byte body)"),
    ("PUT", {"content": [b"ab", b"c"]}, "--> PUT http://a.test/ (unknown-byte body)"),
    ("POST", {"content": b"x", "headers": {"Content-Encoding": "gzip"}}, "--> POST http://a.test/"),
]


@pytest.mark.pure
@pytest.mark.parametrize(("method", "options", "line"), REQUESTS)
def test_okhttp_info_request(method: str, options: dict[str, Any], line: str) -> None:
    client, log, _ = logged(hello, "info")
    client.request(method, URL, **options)
    assert log.lines == [line, "<-- 200 OK http://a.test/ (0ms, 5-byte body)"]


def test_okhttp_url_as_it_is_sent() -> None:
    client, log, _ = logged(hello, "INFO", sanitize_query=["key"])
    client.get("http://user:secret@a.test/a b?x=1&key=secret")
    assert log.lines[0] == "--> GET http://a.test/a%20b?x=1&key=***"


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "name",
    ["token", "access_token", "apiKey", "api-key", "API_KEY", "key", "X-Amz-Signature", "password", "secret", "code"],
)
def test_what_is_usually_a_secret_is_not_written_of_a_url(name: str) -> None:
    headers = {"location": f"/b?{name}={SECRET}&x=1#{name}={SECRET}", "referer": f"/c?{name}={SECRET}"}
    client, log, _ = logged(answering(headers, b"", 302), "headers", "default")
    request = {"Referer": f"http://a.test/?{name}={SECRET}"}
    client.get(f"http://a.test/a%20b?x=a+b&{name}={SECRET}&y=%26", follow_redirects=False, headers=request)
    assert f"REQUEST: http://a.test/a%20b?x=a+b&{name}=***&y=%26" in log.lines
    assert f"-> location: /b?{name}=***&x=1#{name}=***" in log.lines
    assert SECRET not in "\n".join(log.lines)


def test_nor_of_a_url_in_an_error(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(request: Request) -> Answer:
        raise ConnectError("no connection", request=request)

    client = Client(engine=ReadingEngine(refuse), plugins=[Logging("info")])
    with caplog.at_level(logging.INFO, "duohttp"), pytest.raises(ConnectError):
        client.get(f"http://a.test/?token={SECRET}&x=1")
    assert caplog.messages[-1].endswith("ConnectError: no connection (GET http://a.test/?token=***&x=1)")
    assert all(SECRET not in str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ({"sanitize_query": ["Mine"]}, "token=***&mine=***&x=1"),
        ({"sanitize_query": lambda name: name == "x"}, "token=1&mine=1&x=***"),
        ({"sanitize_query": None}, "token=1&mine=1&x=1"),
    ],
)
def test_who_says_which_parameters_are_written(choice: dict[str, Any], shown: str) -> None:
    client, log, _ = logged(hello, "info", **choice)
    client.get("http://a.test/?token=1&mine=1&x=1")
    assert log.lines[0].endswith(f"http://a.test/?{shown}")


def test_okhttp_headers_request() -> None:
    client, log, _ = logged(hello, "headers")
    client.post(URL, content="abc", headers={"X-One": "1", "x-two": "2"})
    assert log.lines == [
        "--> POST http://a.test/",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Length: 3",
        "X-One: 1",
        "x-two: 2",
        ACCEPT,
        "--> END POST",
        OK,
        "content-type: text/plain",
        "content-length: 5",
        "<-- END HTTP",
    ]


def test_okhttp_headers_of_a_body_of_unknown_size() -> None:
    client, log, _ = logged(hello, "headers")
    client.post(URL, content=iter([b"abc"]))
    assert log.lines[:3] == ["--> POST http://a.test/ (unknown-byte body)", ACCEPT, "--> END POST"]
    client.post(URL)
    assert log.lines[7:11] == ["--> POST http://a.test/", "Content-Length: 0", ACCEPT, "--> END POST"]


BODIES: list[tuple[dict[str, Any], list[str]]] = [
    ({"content": "привет"}, ["", "привет", "--> END POST (12-byte body)"]),
    ({"content": b"\xc3\x28"}, ["", "--> END POST (binary 2-byte body omitted)"]),
    ({"content": b"a\x00b"}, ["", "--> END POST (binary 3-byte body omitted)"]),
    ({"content": b"abc", "headers": {"Content-Type": "image/png"}}, ["", "--> END POST (binary 3-byte body omitted)"]),
    (
        {"content": [b"abc"], "headers": {"Content-Type": "image/png"}},
        ["", "--> END POST (binary body omitted)"],
    ),
    ({"content": b"abc", "headers": {"Content-Encoding": "br"}}, ["", "--> END POST (encoded 3-byte body omitted)"]),
    (
        {"content": [b"abc"], "headers": {"Content-Encoding": "br"}},
        ["", "--> END POST (encoded body omitted)"],
    ),
    ({}, ["", "--> END POST"]),
    ({"content": b""}, ["", "--> END POST"]),
    ({"content": [b"ab", b"c"]}, ["", "abc", "--> END POST (3-byte body)"]),
    ({"content": [b"\xff", b"\xfe"]}, ["", "--> END POST (binary 2-byte body omitted)"]),
    (
        {"content": "é".encode("latin-1"), "headers": {"Content-Type": "text/plain; charset=latin-1"}},
        ["", "é", "--> END POST (1-byte body)"],
    ),
    (
        {"content": "é", "headers": {"Content-Type": "text/plain; charset=nonsense"}},
        ["", "é", "--> END POST (2-byte body)"],
    ),
    ({"json": {"a": 1}}, ["", '{"a":1}', "--> END POST (7-byte body)"]),
]


@pytest.mark.pure
@pytest.mark.parametrize(("options", "tail"), BODIES)
def test_okhttp_body_request(options: dict[str, Any], tail: list[str]) -> None:
    client, log, _ = logged(hello, "body")
    client.post(URL, **options)
    request = log.blocks[0].split("\n")
    assert request[-len(tail) :] == tail
    assert request[-len(tail) - 1] == ACCEPT


def test_okhttp_get_has_no_blank_line() -> None:
    client, log, _ = logged(hello, "body")
    client.get(URL)
    assert log.blocks[0].split("\n") == ["--> GET http://a.test/", ACCEPT, "--> END GET"]


def test_a_long_text_is_written_whole_unless_bounded() -> None:
    text = "x" * (2 * 1024 * 1024)
    client, log, _ = logged(hello, "body")
    client.post(URL, content=text)
    assert log.blocks[0].endswith(f"\n{text}\n--> END POST ({len(text)}-byte body)")
    client, log, _ = logged(answering({"content-type": "text/plain"}, "аб".encode()), "body", max_body=3)
    client.post(URL, content=text)
    assert log.blocks[0].endswith(f"\nxxx… ({len(text) - 3} more bytes)\n--> END POST ({len(text)}-byte body)")
    assert log.blocks[1].endswith("\nа… (1 more bytes)\n<-- END HTTP (0ms, 4-byte body)")


def test_multipart_is_written_part_by_part() -> None:
    form = FormData(boundary="WebAppBoundary")
    form.field("description", "Ktor logo")
    form.file("image", b"\x89PNG\x00" * 10, filename="logo.png")
    form.file("notes", iter([b"stream"]), filename="notes.txt")
    client, log, _ = logged(hello, "body")
    client.post(URL, content=form)
    assert log.blocks[0].split("\n")[3:] == [
        "",
        "--WebAppBoundary",
        'Content-Disposition: form-data; name="description"',
        "",
        "Ktor logo",
        "--WebAppBoundary",
        'Content-Disposition: form-data; name="image"; filename="logo.png"',
        "Content-Type: image/png",
        "",
        "binary 50-byte body omitted",
        "--WebAppBoundary",
        'Content-Disposition: form-data; name="notes"; filename="notes.txt"',
        "Content-Type: text/plain",
        "",
        "binary body omitted",
        "--WebAppBoundary--",
        "--> END POST (unknown-byte body)",
    ]


def test_the_size_of_a_multipart_form() -> None:
    form = FormData(boundary="WebAppBoundary")
    form.field("a", "x" * 18).file("b", bytes(10 * 1024 * 1024), filename="b.bin", content_type="image/jpeg")
    client, log, _ = logged(hello, "body")
    client.post(URL, content=form)
    assert log.lines[2] == f"Content-Length: {form.content_length}"
    assert "binary 10485760-byte body omitted" in log.lines
    assert f"--> END POST ({form.content_length}-byte body)" in log.lines


# OkHttp's format: responses.

RESPONSES: list[tuple[str, dict[str, str], bytes, int, str]] = [
    ("GET", {"content-length": "6"}, b"hello!", 200, "<-- 200 OK http://a.test/ (0ms, 6-byte body)"),
    ("GET", {"transfer-encoding": "chunked"}, b"hello!", 200, "<-- 200 OK http://a.test/ (0ms, unknown-byte body)"),
    ("HEAD", {"content-length": "10"}, b"", 200, "<-- 200 OK http://a.test/ (0ms, 10-byte body)"),
    ("HEAD", {}, b"", 200, "<-- 200 OK http://a.test/ (0ms, 0-byte body)"),
    ("GET", {}, b"", 204, "<-- 204 No Content http://a.test/ (0ms, 0-byte body)"),
    ("GET", {"content-length": "0"}, b"", 205, "<-- 205 Reset Content http://a.test/ (0ms, 0-byte body)"),
    ("GET", {"content-length": "0"}, b"", 599, "<-- 599 http://a.test/ (0ms, 0-byte body)"),
]


@pytest.mark.pure
@pytest.mark.parametrize(("method", "headers", "body", "status", "line"), RESPONSES)
def test_okhttp_info_response(method: str, headers: dict[str, str], body: bytes, status: int, line: str) -> None:
    client, log, _ = logged(answering(headers, body, status), "info")
    client.request(method, URL)
    assert log.lines[1:] == [line]


@pytest.mark.parametrize("chunked", [False, True])
def test_okhttp_decoded_bodies(chunked: bool) -> None:
    data = gzip.compress(b"hello")
    headers = {"content-encoding": "gzip", "content-type": "text/plain"}
    if not chunked:
        headers["content-length"] = str(len(data))
    for level in ("info", "body"):
        client, log, _ = logged(answering(headers, data), level)
        response = client.get(URL)
        assert response.text == "hello"
        assert response.applied_decoders == ("gzip",)
        assert log.blocks[1].split("\n")[0] == OK
    assert log.blocks[1].split("\n")[-3:] == ["", "hello", "<-- END HTTP (0ms, 5-byte body)"]


def test_okhttp_bodies_in_a_coding_nobody_knows() -> None:
    headers = {"content-encoding": "secret", "content-type": "text/plain", "content-length": "5"}
    client, log, _ = logged(answering(headers, b"hello"), "body")
    response = client.get(URL)
    assert response.applied_decoders == ()
    assert log.blocks[1].split("\n")[-2:] == ["", "<-- END HTTP (0ms, encoded 5-byte body omitted)"]


RESPONSE_BODIES: list[tuple[dict[str, str], bytes, list[str]]] = [
    ({"content-type": "text/plain"}, "привет".encode(), ["", "привет", "<-- END HTTP (0ms, 12-byte body)"]),
    ({"content-type": "text/plain"}, b"", ["content-type: text/plain", "<-- END HTTP (0ms, 0-byte body)"]),
    ({}, b"\xc3\x28", ["", "<-- END HTTP (0ms, binary 2-byte body omitted)"]),
    ({"content-type": "image/png"}, b"png", ["", "<-- END HTTP (0ms, binary 3-byte body omitted)"]),
    ({"content-type": "image/svg+xml"}, b"<svg/>", ["", "<svg/>", "<-- END HTTP (0ms, 6-byte body)"]),
    ({"content-type": "application/x-unknown"}, b"text", ["", "text", "<-- END HTTP (0ms, 4-byte body)"]),
    ({"content-type": "nonsense"}, b"a\x01", ["", "<-- END HTTP (0ms, binary 2-byte body omitted)"]),
]


@pytest.mark.pure
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("headers", "body", "tail"), RESPONSE_BODIES)
def test_okhttp_body_response(headers: dict[str, str], body: bytes, tail: list[str], stream: bool) -> None:
    pieces = [body[:1], body[1:]] if body else []
    headers = {**headers, "content-length": str(len(body))} if stream and "image" in str(headers) else headers
    client, log, _ = logged(answering(headers, [piece for piece in pieces if piece]), "body")
    if stream:
        with client.stream("GET", URL) as response:
            assert response.read() == body
    else:
        assert (client.get(URL)).content == body
    assert log.blocks[1].split("\n")[-len(tail) :] == tail


def test_okhttp_event_streams_are_not_waited_for() -> None:
    client, log, engine = logged(answering({"content-type": "text/event-stream"}, [b"data: 1\n\n"] * 2), "body")
    with client.stream("GET", URL) as response:
        assert log.blocks[1].split("\n")[1:] == ["content-type: text/event-stream", "<-- END HTTP (streaming)"]
        assert len(engine.streams[0].pieces) == 2
        assert response.read() == b"data: 1\n\n" * 2
    assert len(log.blocks) == 2


def test_times(clock: ManualClock) -> None:
    def slow(request: Request) -> Answer:
        clock.advance(0.25)
        return 200, {}, [b"a", b"b"]

    client, log, _ = logged(slow, "body")
    with client.stream("GET", URL) as response:
        for _ in response.iter_bytes():
            clock.advance(1)
    lines = log.blocks[1].split("\n")
    assert lines[0] == "<-- 200 OK http://a.test/ (250ms, unknown-byte body)"
    assert lines[-1] == "<-- END HTTP (2250ms, 2-byte body)"


# Ktor's own format.


def test_default_format() -> None:
    client, log, _ = logged(hello, "all", "default")
    client.post(URL, content="abc", headers={"X-Two": "2", "A": "1"})
    assert log.blocks[0].split("\n") == [
        "REQUEST: http://a.test/",
        "METHOD: POST",
        "COMMON HEADERS",
        "-> A: 1",
        "-> Accept: */*",
        "-> X-Two: 2",
        "CONTENT HEADERS",
        "-> Content-Length: 3",
        "-> Content-Type: text/plain; charset=utf-8",
        "BODY Content-Type: text/plain; charset=utf-8",
        "BODY START",
        "abc",
        "BODY END",
    ]
    assert log.blocks[1].split("\n") == [
        "RESPONSE: 200 OK",
        "METHOD: POST",
        "FROM: http://a.test/",
        "COMMON HEADERS",
        "-> content-length: 5",
        "-> content-type: text/plain",
        "BODY Content-Type: text/plain",
        "BODY START",
        "hello",
        "BODY END",
    ]


@pytest.mark.parametrize(("level", "count"), [("info", 2), ("headers", 5), ("body", 2), ("all", 5)])
def test_default_format_levels(level: str, count: int) -> None:
    client, log, _ = logged(hello, level, "default")
    client.get(URL)
    assert len(log.blocks[0].split("\n")) == count
    assert ("COMMON HEADERS" in log.blocks[1]) is (count == 5)
    assert ("hello" in log.blocks[1]) is (level in ("body", "all"))


def test_default_format_leaves_out_what_is_no_text() -> None:
    client, log, _ = logged(answering({"content-encoding": "secret"}, b"x"), "body", "default")
    client.post(URL, content=b"\x00")
    assert log.lines[2] == "[request body omitted]"
    assert log.lines[-1] == "[response body omitted]"


def test_default_format_failure() -> None:
    def refuse(request: Request) -> Answer:
        raise ConnectError("nobody there")

    client, log, _ = logged(refuse, "info", "default")
    with pytest.raises(ConnectError):
        client.get("http://user:secret@a.test/")
    assert log.blocks[1] == (
        "REQUEST http://a.test/ failed with exception: ConnectError: nobody there (GET http://a.test/)"
    )


# Secrets.


@pytest.mark.parametrize(("style", "stars"), [("okhttp", "██"), ("default", "***")])
def test_secrets_are_not_written(style: str, stars: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    engine = ScriptedEngine(
        answering({"set-cookie": "sid=secret", "location": "http://me:secret@a.test/x", "x-mine": "secret"}, b"")
    )
    plugin = Logging("all", format=style, sanitize=["X-Mine"])  # type: ignore[arg-type]
    client = Client(engine=engine, plugins=[plugin], cookies={"jar": "secret"}, auth=("me", "secret"))
    headers = {"Proxy-Authorization": "secret", "X-API-Key": "secret", "X-Mine": "secret"}
    client.get("http://me:secret@a.test/", headers=headers)
    assert "secret" not in caplog.text
    assert "secret" not in str([record.__dict__ for record in caplog.records])
    assert caplog.records[0].getMessage().count(f": {stars}") == 5
    assert caplog.records[1].getMessage().count(f": {stars}") == 2


def test_sanitize_by_a_function_and_not_at_all() -> None:
    client, log, _ = logged(hello, "headers", sanitize=lambda name: name.startswith("X-"))
    client.get(URL, headers={"X-A": "1", "Authorization": "shown"})
    assert "X-A: ██" in log.lines
    assert "Authorization: shown" in log.lines
    client, log, _ = logged(hello, "headers", sanitize=None)
    client.get(URL, headers={"Cookie": "shown"})
    assert "Cookie: shown" in log.lines


# What is written, where, and how.


def test_filters() -> None:
    client, log, _ = logged(hello, "info", filter=[lambda request: request.method == "PUT", lambda request: False])
    client.get(URL)
    assert log.blocks == []
    client.put(URL)
    assert len(log.blocks) == 2


def test_body_filter() -> None:
    def hide(text: str, message: object) -> str | None:
        return text.replace("secret", "…") if isinstance(message, Request) else None

    client, log, _ = logged(hello, "body", body_filter=hide)
    response = client.post(URL, content="a secret")
    assert response.text == "hello"
    assert log.blocks[0].split("\n")[-2:] == ["a …", "--> END POST (8-byte body)"]
    assert log.blocks[1].split("\n")[-1] == "<-- END HTTP (0ms, filtered 5-byte body omitted)"


def test_records_have_the_facts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="duohttp")
    engine = ScriptedEngine(hello)
    client = Client(engine=engine, plugins=[Logging("all")], **BARE)
    client.post(URL, content="abc")
    request, response = (record.__dict__ for record in caplog.records)
    assert {name: request[name] for name in request if name.startswith("http_")} == {
        "http_event": "request",
        "http_method": "POST",
        "http_url": URL,
        "http_request_bytes": 3,
        "http_headers": [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", "3"),
            ("Accept", "*/*"),
        ],
        "http_body": "abc",
    }
    assert response["http_event"] == "response"
    assert response["http_status"] == 200
    assert response["http_elapsed_ms"] == 0
    assert response["http_response_bytes"] == 5
    assert response["http_body"] == "hello"
    assert {request["levelname"], response["levelname"]} == {"INFO"}


class Bound:
    """A logger as structlog makes them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def bind(self, **facts: Any) -> Any:
        return self

    def info(self, event: str, **facts: Any) -> None:
        self.events.append(("info", facts))

    def warning(self, event: str, **facts: Any) -> None:
        self.events.append(("warning", facts))


def test_structlog() -> None:
    bound = Bound()
    engine = ScriptedEngine(hello)
    client = Client(engine=engine, plugins=[Logging("info", logger=bound)])
    client.get(URL)
    assert [(level, facts["http_event"]) for level, facts in bound.events] == [
        ("info", "request"),
        ("info", "response"),
    ]


def test_each_attempt_is_written() -> None:
    left = [503, 200]
    log = Log()
    engine = ScriptedEngine(lambda request: (left.pop(0), {}, b""))
    plugins = [Logging("info", format="okhttp", logger=log), Retry(max_retries=1)]
    for order in (plugins, plugins[::-1]):
        left[:] = [503, 200]
        client = Client(engine=engine, plugins=order)
        client.get(URL)
    assert [line[:7] for line in log.lines] == ["--> GET", "<-- 503", "--> GET", "<-- 200"] * 2


def test_plugins_pickle() -> None:
    copy = pickle.loads(pickle.dumps(Logging("all", format="okhttp", max_body=5)))
    assert repr(copy) == "Logging('all', format='okhttp')"
    assert copy.max_body == 5
    assert copy.is_secret("Cookie")


@pytest.mark.parametrize(
    "options",
    [{"level": "loud"}, {"level": 3}, {"format": "html"}, {"logger": 5}, {"sanitize": "X-Key"}, {"max_body": -1}],
)
def test_wrong_options(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Logging(**options)


# Bodies are left alone.


def test_streams_stream() -> None:
    client, log, engine = logged(answering({}, [b"a", b"b", b"c"]), "all")
    with client.stream("GET", URL) as response:
        pieces = response.iter_bytes()
        assert [piece for piece in _first(pieces)] == [b"a"]
        assert engine.streams[0].pieces == [b"b", b"c"]
        assert len(log.blocks) == 1
    assert log.blocks[1].split("\n")[-2:] == ["a", "<-- END HTTP (0ms, 1-byte body, given up)"]
    assert engine.streams[0].closed


def _first(pieces: Any) -> Any:
    for piece in pieces:
        yield piece
        return


def test_a_stream_that_is_not_read() -> None:
    client, log, engine = logged(answering({"content-length": "3"}, [b"abc"]), "all")
    with client.stream("GET", URL):
        pass
    assert log.lines[-1] == "<-- END HTTP (0ms, unread 3-byte body omitted)"
    assert engine.streams[0].closed


def test_a_stream_that_is_dropped() -> None:
    client, log, engine = logged(answering({}, [b"abc"]), "all")
    request = client.build_request("GET", URL)
    request.stream = True
    response = client.send(request)
    assert not response.is_closed
    with pytest.warns(ResourceWarning, match="dropped unread"):
        del response
    assert engine.streams[0].closed
    assert log.lines[-1] == "<-- END HTTP (0ms, unread body omitted)"


def test_uploads_stream_and_are_written_when_they_went() -> None:
    seen: list[int] = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"ab", b"cd"):
            seen.append(len(log.blocks))
            yield piece

    client, log, _ = logged(hello, "body")
    client.post(URL, content=pieces())
    assert seen == [0, 0]
    assert log.blocks[0].split("\n")[-2:] == ["abcd", "--> END POST (4-byte body)"]


def test_an_upload_that_fails_is_written_with_what_went() -> None:
    def refuse(request: Request) -> Answer:
        raise ConnectError("nobody there")

    client, log, _ = logged(refuse, "body")
    with pytest.raises(ConnectError):
        client.post(URL, content=iter([b"abc"]))
    assert log.blocks[0].split("\n")[0] == "--> POST http://a.test/ (unknown-byte body)"
    assert log.blocks[1] == "<-- HTTP FAILED: ConnectError: nobody there (POST http://a.test/)"


def test_failing_filters_are_named_and_leave_no_connection() -> None:
    def broken(text: str, message: object) -> str:
        raise KeyError("oops")

    client, _, engine = logged(hello, "body", body_filter=broken)
    with pytest.raises(KeyError) as caught:
        client.get(URL)
    assert "raised by the plugin Logging" in caught.value.__notes__
    assert engine.streams[0].closed


def test_failures_at_the_end_of_a_stream_do_not_reach_the_reader(caplog: pytest.LogCaptureFixture) -> None:
    def broken(text: str, message: object) -> str:
        raise KeyError("oops")

    client, _, _ = logged(answering({}, [b"abc"]), "body", body_filter=broken)
    with client.stream("GET", URL) as response:
        assert response.read() == b"abc"
    assert [record.getMessage() for record in caplog.records] == ["Logging itself failed"]


def test_every_level_is_known() -> None:
    assert [Logging(level).level for level in LEVELS] == list(LEVELS)  # type: ignore[arg-type]


# Servers.


def test_against_nginx(nginx: Nginx) -> None:
    log = Log()
    with Client(plugins=[Logging("body", format="okhttp", logger=log)]) as client:
        response = client.get(f"{nginx.url}/gzip/small.txt")
        assert response.status_code == 200
        with client.stream("GET", f"{nginx.url}/small.txt") as streamed:
            assert streamed.read() == response.content
        with pytest.raises(ConnectError):
            client.get("http://127.0.0.1:1/")
    assert response.text in log.blocks[1]
    assert response.text in log.blocks[3]
    assert log.blocks[-1].startswith("<-- HTTP FAILED: ConnectError: ")


def test_against_an_application(asgi_server: AsgiServer) -> None:
    log = Log()
    with Client(plugins=[Logging("body", format="okhttp", logger=log)]) as client:
        sent = client.post(f"{asgi_server.url}/upload", content=iter([b"piece"] * 3))
        assert sent.json()["length"] == 15
        with client.stream("GET", f"{asgi_server.url}/sse?n=2") as response:
            assert log.lines[-1] == "<-- END HTTP (streaming)"
            assert (response.read()).count(b"event: tick") == 2
    assert "piecepiecepiece" in log.blocks[0]

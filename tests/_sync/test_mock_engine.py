# Generated from tests/_async/test_mock_engine.py by scripts/generate_sync.py. Do not edit.
"""The engine behind MockEngine: answers, delays, errors, bodies, as a real engine gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from yarl import URL

from duohttp import Client
from duohttp._concurrency import ManualClock, monotonic, sleep, use_clock
from duohttp._sync.engines import build_engine
from duohttp._sync.engines.engine import Engine
from duohttp._sync.engines.mock import MockStream
from duohttp._sync.response import Response
from duohttp.engines.mock import MockEngine, Recorded, Reply, reply
from duohttp.exceptions import (
    CloseError,
    ConnectError,
    InvalidHeader,
    InvalidMethod,
    LocalProtocolError,
    ReadError,
    ReadTimeout,
    TotalTimeout,
    UnexpectedRequest,
    UnsupportedProtocol,
)
from duohttp.values.body import Body, BytesBody, IteratorBody
from duohttp.values.capabilities import Capability
from duohttp.values.headers import Headers
from duohttp.values.request import Request
from duohttp.values.settings import ConnectionSettings
from duohttp.values.timeout import Deadline, Timeout

pytestmark = pytest.mark.anyio


def engine_of(options: MockEngine) -> Engine:
    return build_engine(options, ConnectionSettings())


def request_for(
    method: str = "GET", url: str = "http://h.test/", *, headers: Any = None, body: Body | None = None, **options: Any
) -> Request:
    return Request(method, URL(url), Headers(headers or {}), body, **options)


def start(options: MockEngine, request: Request | None = None) -> Response:
    return engine_of(options).execute(request or request_for())


def send(options: MockEngine, request: Request | None = None) -> Response:
    response = start(options, request)
    response.load()
    return response


def collect(response: Response, pieces: list[bytes]) -> None:
    for piece in response.iter_raw():
        pieces.append(piece)


def test_answer_has_status_headers_and_body() -> None:
    answer = reply(201, json={"id": 1}, headers={"X-A": "b"}, reason_phrase="Made", http_version="HTTP/2")
    response = send(MockEngine(answer))
    assert response.read() == b'{"id":1}'
    assert (response.status_code, response.reason_phrase, response.http_version) == (201, "Made", "HTTP/2")
    assert response.headers == Headers({"x-a": "b", "content-type": "application/json", "content-length": "8"})
    assert response.headers["X-A"] == "b"


def test_answer_can_be_given_many_times() -> None:
    engine = engine_of(MockEngine(reply(text="x")))
    for _ in range(3):
        assert (engine.execute(request_for())).read() == b"x"


def test_function_answers_from_what_came() -> None:
    def echo(call: Recorded) -> Reply:
        return reply(text=f"{call.method} {call.url.path} {call.text} {call.headers['a']}")

    request = request_for("PUT", "http://h.test/x", headers={"a": "1"}, body=BytesBody(b"body"))
    response = send(MockEngine(echo), request)
    assert response.read() == b"PUT /x body 1"


def test_function_may_wait() -> None:
    def late(call: Recorded) -> Reply:
        sleep(0)
        return reply(202)

    assert (send(MockEngine(late))).status_code == 202


def test_function_must_return_a_reply() -> None:
    with pytest.raises(TypeError, match="must return reply"):
        send(MockEngine(lambda call: 200))  # type: ignore[arg-type, return-value]


def test_function_of_a_rule_may_raise() -> None:
    def fail(call: Recorded) -> Reply:
        raise ConnectError("scripted")

    engine = MockEngine()
    engine.on("GET").answer(fail)
    with pytest.raises(ConnectError, match="scripted"):
        send(engine)


def test_streamed_request_bodies_are_read_and_recorded() -> None:
    options = MockEngine(reply())
    body = IteratorBody(iter([b"ab", b"", b"c"]))
    send(options, request_for("POST", body=body))
    assert options.history[0].content == b"abc"
    assert options.history[0].request.body is body


def test_rules_see_the_body() -> None:
    options = MockEngine()
    rule = options.on("POST", "/users", json={"name": "Ada"}).reply(201)
    response = send(options, request_for("POST", "http://h.test/users", body=BytesBody(b'{"name": "Ada"}')))
    assert response.status_code == 201
    assert rule.history == options.history
    options.assert_all_called()


def test_unexpected_request_is_recorded_and_raises() -> None:
    options = MockEngine()
    options.on("POST").reply(201)
    with pytest.raises(UnexpectedRequest, match="rule 1: POST any url: the method is GET"):
        send(options)
    assert len(options.history) == 1


def test_lenient_engine_answers_404() -> None:
    response = send(MockEngine(strict=False))
    assert response.status_code == 404
    assert response.read() == b"no rule of the MockEngine answers this request"


@pytest.mark.parametrize("error", [ConnectError, ConnectError("no route")])
def test_scripted_error(error: Any) -> None:
    engine = engine_of(MockEngine(reply(error=error)))
    for _ in range(2):
        with pytest.raises(ConnectError, match=r"no route|scripted"):
            engine.execute(request_for())


def test_streamed_answer_comes_piece_by_piece() -> None:
    response = start(MockEngine(reply(stream=iter([b"a", b"", b"bc"]))))
    assert "content-length" not in response.headers
    pieces: list[bytes] = []
    collect(response, pieces)
    assert pieces == [b"a", b"bc"]


def test_streamed_answer_may_break() -> None:
    response = start(MockEngine(reply(stream=[b"a", ReadError("cut")])))
    pieces: list[bytes] = []
    with pytest.raises(ReadError, match="cut"):
        collect(response, pieces)
    assert pieces == [b"a"]
    assert response.is_closed


def test_streamed_answer_may_be_given_up() -> None:
    stream = MockStream(reply(stream=iter([b"a", b"b"])).body_for("GET"), [])
    assert stream.receive() == b"a"
    stream.close()
    stream.close()
    assert stream.receive() == b""
    assert not stream.abandon()


def test_dropped_answer_warns() -> None:
    response = start(MockEngine(reply(text="x")))
    with pytest.warns(ResourceWarning, match="dropped unread"):
        del response


def test_trailers_follow_the_body() -> None:
    response = start(MockEngine(reply(text="x", trailers={"Checksum": "1"})))
    assert not response.trailers
    response.read()
    assert response.trailers == Headers({"checksum": "1"})


def test_answer_to_head_has_no_body() -> None:
    response = send(MockEngine(reply(text="four")), request_for("HEAD"))
    assert response.headers["content-length"] == "4"
    assert response.read() == b""


def test_upgrade_gives_the_stream() -> None:
    stream = object()
    response = send(MockEngine(reply(101, network_stream=stream)))
    assert response.network_stream is stream
    response.close()


@pytest.mark.parametrize(
    ("timeout", "total", "error"),
    [
        (Timeout(0.02), None, ReadTimeout),
        (Timeout(None), 0.02, TotalTimeout),
        (Timeout(10), 0.02, TotalTimeout),
        (Timeout(0.02), 10, ReadTimeout),
    ],
)
def test_delay_meets_the_limits_of_the_request(timeout: Timeout, total: float | None, error: Any) -> None:
    request = request_for(timeout=timeout)
    request.deadline = None if total is None else Deadline(total)
    started = monotonic()
    with pytest.raises(error):
        send(MockEngine(reply(delay=30)), request)
    assert 0.01 < monotonic() - started < 10


def test_delay_within_the_limits() -> None:
    started = monotonic()
    response = send(MockEngine(reply(delay=0.02)))
    assert response.status_code == 200
    assert monotonic() - started > 0.01
    response.close()


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (request_for(headers={"a b": "c"}), InvalidHeader),
        (request_for(headers={"a": "c\r\nd: e"}), InvalidHeader),
        (request_for("GE T"), InvalidMethod),
        (request_for(url="ftp://h/"), UnsupportedProtocol),
        (request_for("POST", body=IteratorBody([b"abc"], content_length=2)), LocalProtocolError),
        (request_for("POST", body=IteratorBody([b"abc"], content_length=4)), LocalProtocolError),
    ],
)
def test_refuses_what_a_real_engine_refuses(request_: Request, error: Any) -> None:
    with pytest.raises(error):
        send(MockEngine(reply()), request_)


def test_error_of_the_users_body_passes() -> None:
    def pieces() -> Any:
        yield b"a"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        send(MockEngine(reply()), request_for("POST", body=IteratorBody(pieces())))


def test_closed_engine_refuses() -> None:
    engine = engine_of(MockEngine(reply()))
    engine.close()
    engine.close()
    with pytest.raises(CloseError):
        engine.execute(request_for())


def test_capabilities_are_those_claimed() -> None:
    assert engine_of(MockEngine()).capabilities == frozenset(Capability)
    assert engine_of(MockEngine(capabilities=[Capability.HTTP2])).capabilities == {Capability.HTTP2}


def test_one_script_may_serve_several_engines() -> None:
    options = MockEngine(reply(201), reply(202))
    assert (send(options)).status_code == 201
    assert (send(options)).status_code == 202
    assert len(options.history) == 2


# Behind a client.


@dataclass
class User:
    """What the script answers."""

    id: int
    name: str


def test_client_over_a_script() -> None:
    script = MockEngine()
    script.on("GET", "https://api.test/users/*", headers={"authorization": "Bearer x"}).reply(200, json=User(1, "Ada"))
    script.on("POST", "/users", json={"id": 2, "name": "Bob"}).reply(201)
    script.on("GET", "/old").reply(302, headers={"Location": "/users/1"})
    script.on("GET", "/lines").reply(200, stream=[b"one\ntw", b"o\n"])
    headers = {"Authorization": "Bearer x"}
    with Client(engine=script, base_url="https://api.test", headers=headers) as client:
        assert client.get("/users/1", into=User) == User(1, "Ada")
        assert (client.post("/users", json=User(2, "Bob"))).status_code == 201
        redirected = client.get("/old")
        assert redirected.json()["name"] == "Ada"
        assert [each.status_code for each in redirected.history] == [302]
        with client.stream("GET", "/lines") as response:
            assert [line for line in response.iter_lines()] == ["one", "two"]
        with pytest.raises(UnexpectedRequest, match=r"no answer to DELETE https://api.test/users/1"):
            client.delete("/users/1")
    script.assert_all_called()
    assert [call.method for call in script.history] == ["GET", "POST", "GET", "GET", "GET", "DELETE"]


def test_client_meets_scripted_failures() -> None:
    script = MockEngine(reply(error=ConnectError("no route")), reply(503, text="later"), reply(delay=30), cycle=False)
    with Client(engine=script) as client:
        with pytest.raises(ConnectError, match=r"no route \(GET http://h.test/\)"):
            client.get("http://h.test/")
        assert (client.get("http://h.test/")).text == "later"
        with pytest.raises(TotalTimeout):
            client.get("http://h.test/", timeout=Timeout(total=0.02))


def test_client_sends_forms_and_streams_to_a_script() -> None:
    script = MockEngine(lambda call: reply(200, json={"size": len(call.content)}))
    with Client(engine=script) as client:
        client.post("http://h.test/", form={"a": "1", "b": "x y"})
        response = client.post("http://h.test/", content=[b"ab", b"cd"])
        assert response.json() == {"size": 4}
    assert script.history[0].form() == {"a": "1", "b": "x y"}
    assert script.history[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_delay_by_a_virtual_clock() -> None:
    with use_clock(ManualClock()) as clock:
        assert isinstance(clock, ManualClock)
        with Client(engine=MockEngine(reply(delay=3600))) as client:
            client.get("http://h.test/", timeout=None)
        assert clock.sleeps == [3600]

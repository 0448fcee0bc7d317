"""MockEngine's script: which rule fits, what it answers, what it tells when nothing fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from yarl import URL

from duohttp.engines.mock import MockEngine, MockRule, Recorded, Reply, reply
from duohttp.engines.mock_reply import raised
from duohttp.engines.mock_rules import Answer
from duohttp.exceptions import ConnectError, InvalidHeader, ReadError, UnexpectedRequest
from duohttp.values.headers import Headers
from duohttp.values.request import Request


def recorded(
    method: str = "GET", url: str = "https://api.test/users?page=1", headers: Any = None, content: bytes = b""
) -> Recorded:
    return Recorded(Request(method, URL(url), Headers.of(headers)), content)


def answer_to(engine: MockEngine, call: Recorded) -> Answer | None:
    return engine.claim(call, engine.candidates(call))


def is_users(url: URL) -> bool:
    return url.path == "/users"


def never(value: object) -> bool:
    return False


@pytest.mark.parametrize(
    "pattern",
    [
        None,
        "https://api.test/users",
        "https://api.test/users?page=1",
        "HTTPS://API.test:443/users",
        "/users",
        "/users?page=1",
        "/*",
        "*/users",
        "https://*.test/us*s",
        "https://api.test/*?page=*",
        URL("https://api.test/users?page=1"),
        re.compile(r"/users\b"),
        is_users,
    ],
)
def test_url_that_fits(pattern: Any) -> None:
    assert MockEngine().on(url=pattern).mismatch(recorded()) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "https://api.test/user",
        "https://api.test/users?page=2",
        "http://api.test/users",
        "/user",
        "/users?page=2",
        "https://api.test",
        "/users/*",
        "*.test/users?",
        URL("https://api.test/users"),
        re.compile("^users"),
    ],
)
def test_url_that_does_not_fit(pattern: Any) -> None:
    assert MockEngine().on(url=pattern).mismatch(recorded()) == "the url is https://api.test/users?page=1"


def test_order_of_query_is_free() -> None:
    rule = MockEngine().on(url="/?b=2&a=1")
    assert rule.mismatch(recorded(url="http://h/?a=1&b=2")) is None


def test_function_that_refuses_the_url_is_named() -> None:
    assert MockEngine().on(url=never).mismatch(recorded()) == "never says no to the url"


@pytest.mark.parametrize(("method", "fits"), [("GET", True), ("get", True), (("POST", "GET"), True), ("POST", False)])
def test_method(method: Any, fits: bool) -> None:
    reason = MockEngine().on(method).mismatch(recorded())
    assert reason == (None if fits else "the method is GET")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"a": "1"}, None),
        ({"a": 1}, None),
        ({"a": ["1", 2]}, None),
        ({"on": True}, None),
        ({"none": None}, None),
        ({"a": re.compile("^2$")}, None),
        ({"a": lambda value: value == "2"}, None),
        ({"a": "3"}, "the query parameter 'a' has another value"),
        ({"a": ["1"]}, "the query parameter 'a' has other values"),
        ({"none": "x"}, "the query parameter 'none' is missing"),
        ({"a": None}, "the query parameter 'a' is there"),
        ({"a": re.compile("3")}, "the query parameter 'a' has another value"),
        ({"a": never}, "the query parameter 'a' has another value"),
    ],
)
def test_params(wanted: dict[str, Any], reason: str | None) -> None:
    call = recorded(url="http://h/?a=1&a=2&on=true")
    assert MockEngine().on(params=wanted).mismatch(call) == reason


def test_headers_are_case_insensitive() -> None:
    call = recorded(headers={"X-Id": "7"})
    assert MockEngine().on(headers={"x-id": 7}).mismatch(call) is None
    assert MockEngine().on(headers={"x-id": "8"}).mismatch(call) == "the header 'x-id' has another value"
    assert MockEngine().on(headers={"x-id": None}).mismatch(call) == "the header 'x-id' is there"


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"json": {"a": [1, None]}}, None),
        ({"json": {"a": [2]}}, "the JSON body is {'a': [1, None]}"),
        ({"json": None}, "the JSON body is {'a': [1, None]}"),
        ({"content": b'{"a": [1, null]}'}, None),
        ({"content": '{"a": [1, null]}'}, None),
        ({"content": b"{"}, """the body is b'{"a": [1, null]}'"""),
        ({"content": re.compile(rb"\[1")}, None),
        ({"content": re.compile(rb"\[2")}, """the body is b'{"a": [1, null]}'"""),
        ({"content": lambda data: data.startswith(b"{")}, None),
        ({"where": lambda call: call.json()["a"][0] == 1}, None),
        ({"where": never}, "never says no"),
    ],
)
def test_body(conditions: dict[str, Any], reason: str | None) -> None:
    call = recorded("POST", content=b'{"a": [1, null]}')
    assert MockEngine().on(**conditions).mismatch(call) == reason


def test_body_that_is_no_json() -> None:
    assert MockEngine().on(json={}).mismatch(recorded(content=b"x")) == "the body is no JSON: b'x'"


def test_first_rule_that_fits_answers_until_it_is_used_up() -> None:
    engine = MockEngine()
    first = engine.on("GET", times=1).reply(201)
    second = engine.on("GET").reply(202)
    statuses = []
    for _ in range(3):
        answer = answer_to(engine, recorded())
        assert isinstance(answer, Reply)
        statuses.append(answer.status_code)
    assert statuses == [201, 202, 202]
    assert first.used_up
    assert first.call_count == 1
    assert second.called
    assert first.mismatch(recorded()) == "it was used already"
    twice = engine.on("PUT", times=2)
    answer_to(engine, recorded("PUT"))
    answer_to(engine, recorded("PUT"))
    assert twice.mismatch(recorded("PUT")) == "it was used 2 times already"


def test_rule_used_up_between_finding_and_claiming_gives_way() -> None:
    engine = MockEngine()
    engine.on(times=1)
    other = engine.on()
    call, late = recorded(), recorded()
    found, found_late = engine.candidates(call), engine.candidates(late)
    engine.claim(call, found)
    engine.claim(late, found_late)
    assert late.rule is other


def test_last_answer_of_a_rule_stays() -> None:
    engine = MockEngine()
    engine.on().reply(503).reply(200)
    statuses = [getattr(answer_to(engine, recorded()), "status_code", None) for _ in range(4)]
    assert statuses == [503, 200, 200, 200]


def test_rule_without_answer_is_an_empty_200() -> None:
    engine = MockEngine()
    engine.on()
    answer = answer_to(engine, recorded())
    assert isinstance(answer, Reply)
    assert (answer.status_code, answer.raw_headers) == (200, [(b"content-length", b"0")])


def test_queue_cycles() -> None:
    answers = [reply(200), reply(500)]
    engine = MockEngine(*answers)
    assert [answer_to(engine, recorded()) for _ in range(3)] == [answers[0], answers[1], answers[0]]


def test_queue_that_does_not_cycle_ends() -> None:
    engine = MockEngine(reply(200), cycle=False).enqueue(reply(500))
    assert [answer_to(engine, recorded()) is not None for _ in range(3)] == [True, True, False]
    with pytest.raises(UnexpectedRequest, match="2 queued answers were given already"):
        engine.unexpected(recorded())


def test_rules_come_before_the_queue() -> None:
    queued = reply(500)
    engine = MockEngine(queued)
    engine.on("POST").reply(201)
    assert answer_to(engine, recorded()) is queued
    assert answer_to(engine, recorded("POST")) is not queued


def test_unexpected_request_lists_every_rule_and_why() -> None:
    engine = MockEngine()
    engine.on("POST", "/users", json={"a": 1}, headers={"authorization": "secret"})
    engine.on(None, re.compile("x+"), content=re.compile(rb"y"), where=never)
    engine.on(url=is_users, params={"page": 2}, content=never)
    call = recorded("GET", "https://user:pass@api.test/users?page=1", content=b"body" * 100)
    with pytest.raises(UnexpectedRequest) as caught:
        engine.unexpected(call)
    text = str(caught.value)
    assert "no answer to GET https://api.test/users?page=1\n" in text
    assert "with the body b'bodybody" in text
    assert "rule 1: POST /users headers=['authorization'] json={'a': 1}: the method is GET\n" in text
    assert "rule 2: any method /'x+'/ content=/b'y'/ where=never: the url is https://api.test/" in text
    assert "rule 3: any method is_users params={'page': 2} content=never: the query parameter 'page' has an" in text
    assert "secret" not in text
    assert "pass" not in text
    assert caught.value.request is call.request
    assert isinstance(caught.value, AssertionError)


def test_unexpected_request_to_an_empty_script() -> None:
    with pytest.raises(UnexpectedRequest, match=r"it has no rules; add one with on\(...\)"):
        MockEngine().unexpected(recorded())


def test_lenient_script_answers_404() -> None:
    assert MockEngine(strict=False).unexpected(recorded()).status_code == 404


def test_assert_all_called() -> None:
    engine = MockEngine(reply(200), cycle=False)
    engine.on("GET", "/a")
    engine.on("GET", "/b", times=2)
    for url in ("http://h/a", "http://h/b"):
        answer_to(engine, recorded(url=url))
    with pytest.raises(AssertionError, match=r"rule 2: GET /b: answered 1 of 2 requests\n  1 queued answers"):
        engine.assert_all_called()
    answer_to(engine, recorded(url="http://h/b"))
    answer_to(engine, recorded(url="http://h/c"))
    engine.assert_all_called()


def test_reset_starts_again() -> None:
    engine = MockEngine(reply(200), reply(201))
    rule = engine.on("PUT", times=1).reply(503).reply(200)
    first = answer_to(engine, recorded("PUT"))
    answer_to(engine, recorded())
    engine.reset()
    assert not rule.history
    assert answer_to(engine, recorded("PUT")) is first
    assert getattr(answer_to(engine, recorded()), "status_code", None) == 200


def test_recorded_reads_its_body() -> None:
    call = recorded("POST", content="näme=Ada&x=".encode())
    assert call.text == "näme=Ada&x="
    assert call.form() == {"näme": "Ada", "x": ""}
    assert call.url.path == "/users"
    assert repr(call) == "<Recorded POST https://api.test/users?page=1 12 bytes>"


@pytest.mark.parametrize(
    ("options", "headers", "content"),
    [
        ({"json": {"a": 1}}, {"content-type": "application/json", "content-length": "7"}, b'{"a":1}'),
        ({"json": None}, {"content-type": "application/json", "content-length": "4"}, b"null"),
        ({"text": "ä"}, {"content-type": "text/plain; charset=utf-8", "content-length": "2"}, "ä".encode()),
        ({"content": bytearray(b"x")}, {"content-length": "1"}, b"x"),
        ({}, {"content-length": "0"}, b""),
        ({"text": "x", "headers": {"Content-Type": "a/b", "Content-Length": "9"}}, {}, b"x"),
        ({"stream": [b"x"]}, {}, None),
        ({"status_code": 304}, {}, b""),
        ({"status_code": 101, "network_stream": 1}, {}, b""),
    ],
)
def test_reply(options: dict[str, Any], headers: dict[str, str], content: bytes | None) -> None:
    answer = reply(**options)
    found = Headers.from_raw(answer.raw_headers)
    wanted = Headers(options.get("headers", {}))
    wanted.extend(headers)
    assert found == wanted
    assert answer.body_for("GET").data == content
    assert answer.body_for("HEAD").data == b""


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"json": 1, "text": "x"}, TypeError, "give one body, not json and text"),
        ({"content": "x"}, TypeError, "content is bytes, not str"),
        ({"stream": b"x"}, TypeError, "a stream is an iterable of bytes, not bytes"),
        ({"stream": 1}, TypeError, "a stream is an iterable of bytes, not int"),
        ({"status_code": 99}, ValueError, "a status code is a number from 100 to 999, not 99"),
        ({"status_code": "200"}, ValueError, "a status code"),
        ({"delay": -1}, ValueError, "a delay must not be negative"),
        ({"headers": {"a": "x\r\ny"}}, InvalidHeader, "control character"),
    ],
)
def test_reply_refuses(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        reply(**options)


def test_stream_raises_the_exception_among_its_pieces() -> None:
    pieces = reply(stream=[b"a", ReadError("cut")]).body_for("GET").open()
    assert isinstance(pieces, Iterator)
    assert next(pieces) == b"a"
    with pytest.raises(ReadError, match="cut"):
        next(pieces)


def test_stream_from_a_function_is_made_for_each_answer() -> None:
    made: list[int] = []

    def make() -> list[bytes]:
        made.append(1)
        return [b"x"]

    answer = reply(stream=make)
    answer.body_for("GET")
    answer.body_for("GET")
    assert len(made) == 2


def test_scripted_error_is_another_object_each_time() -> None:
    error = ConnectError("no")
    first, second = raised(error), raised(error)
    assert first is not error
    assert first is not second
    assert str(first) == "no"
    assert str(raised(ConnectError)) == "this failure was scripted in a MockEngine"
    plain = KeyError("x")
    assert raised(plain) is plain


@pytest.mark.parametrize("make", [lambda: MockEngine(1), lambda: MockEngine().on().answer("x")])  # type: ignore[arg-type]
def test_answers_are_checked(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="an answer is a reply"):
        make()


def test_times_is_checked() -> None:
    with pytest.raises(ValueError, match="times must be at least 1"):
        MockEngine().on(times=0)


def test_looks() -> None:
    engine = MockEngine(reply(204))
    rule = engine.on("GET", "/x")
    assert repr(engine) == "MockEngine(1 rules, 1 queued, 0 requests)"
    assert repr(rule) == "<MockRule GET /x>"
    assert repr(reply(204)) == "reply(204)"
    assert repr(reply(error=ConnectError)).startswith("reply(error=<class")
    assert engine != MockEngine(reply(204))
    assert isinstance(rule, MockRule)
    assert {engine: 1}[engine] == 1

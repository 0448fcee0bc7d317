# Generated from tests/_async/test_client.py by scripts/generate_sync.py. Do not edit.
"""The client over a scripted engine: options, chain, responses, life."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from duohttp import (
    BasicAuth,
    Client,
    ClientClosed,
    ClientStatusError,
    HttpCallValidator,
    HttpRedirect,
    InvalidHeader,
    InvalidMethod,
    InvalidRequest,
    InvalidURL,
    Plugin,
    RedirectStatusError,
    Request,
    Response,
    ResponseNotRead,
    Stage,
    StreamClosed,
    StreamConsumed,
    Timeout,
    TooManyRedirects,
    TooManySends,
    TotalTimeout,
    UnsupportedProtocol,
)
from duohttp.plugins.flow import Call, call, read, sleep
from duohttp.values.authorization import basic_authorization

from .scripted import Answer, ScriptedEngine

pytestmark = pytest.mark.anyio


def ok(request: Request) -> Answer:
    return 200, {"content-type": "text/plain"}, b"hello"


def client_of(answer: Callable[[Request], Answer] = ok, **options: Any) -> tuple[Client, ScriptedEngine]:
    engine = ScriptedEngine(answer)
    return Client(engine=engine, **options), engine


@pytest.mark.parametrize("verb", ["get", "head", "options", "post", "put", "patch", "delete", "query"])
def test_verbs(verb: str) -> None:
    client, engine = client_of()
    response = getattr(client, verb)("http://a.test/x?y=1")
    assert isinstance(response, Response)
    assert response.status_code == 200
    assert response.content == b"hello"
    assert response.text == "hello"
    assert engine.requests[0].method == verb.upper()
    assert str(engine.requests[0].url) == "http://a.test/x?y=1"
    client.close()
    assert engine.closed == 1


def test_default_headers_and_the_requests_own_win() -> None:
    client, engine = client_of(headers={"X-One": "1", "Accept": "text/plain"})
    client.get("http://a.test/", headers={"x-one": "2", "User-Agent": None})
    headers = engine.requests[0].headers
    assert headers.getall("X-One") == ["2"]
    assert headers["accept"] == "text/plain"
    assert "user-agent" not in headers
    client.get("http://a.test/")
    assert engine.requests[1].headers["X-One"] == "1"
    assert engine.requests[1].headers["User-Agent"].startswith("duohttp/")


@pytest.mark.parametrize("url", ["users", "/users"])
def test_base_url(url: str) -> None:
    client, engine = client_of(base_url="https://h.test/v1")
    client.get(url)
    client.get("http://other.test/z")
    assert [str(request.url) for request in engine.requests] == ["https://h.test/v1/users", "http://other.test/z"]


def test_params_merge() -> None:
    client, engine = client_of(params={"a": 1, "lang": "en"})
    client.get("http://a.test/?a=2&b=3", params={"b": [4, 5], "lang": None, "on": True})
    assert dict(engine.requests[0].url.query) | {"b": engine.requests[0].url.query.getall("b")} == {
        "a": "2",
        "b": ["4", "5"],
        "on": "true",
    }


def test_basic_auth_from_tuple_client_and_url() -> None:
    client, engine = client_of(auth=("user", "pass"))
    client.get("http://a.test/")
    client.get("http://a.test/", auth=None)
    client.get("http://a.test/", auth=("x", "y"))
    client.get("http://me:secret@a.test/", auth=None)
    values = [request.headers.get("authorization") for request in engine.requests]
    assert values == ["Basic dXNlcjpwYXNz", None, "Basic eDp5", "Basic bWU6c2VjcmV0"]
    assert str(engine.requests[3].url) == "http://a.test/"


def test_cookies_argument() -> None:
    client, engine = client_of(cookies={"a": "1"})
    client.get("http://a.test/", cookies={"b": "2"})
    assert engine.requests[0].headers["cookie"] == "a=1; b=2"


def test_json_body_and_typed_answer() -> None:
    @dataclass
    class User:
        name: str
        age: int

    def echo(request: Request) -> Answer:
        assert request.body is not None
        assert request.body.data is not None
        return 200, {"content-type": "application/json"}, request.body.data

    client, engine = client_of(echo)
    user = client.post("http://a.test/", json=User("Ann", 7), into=User)
    assert user == User("Ann", 7)
    assert engine.requests[0].headers["content-type"] == "application/json"
    assert client.post("http://a.test/", body=[1, 2], into=list[int]) == [1, 2]
    assert (client.post("http://a.test/", json=None)).json() is None
    assert client.post("http://a.test/", content="text", into=str) == "text"


def test_into_raises_for_a_status_that_brings_something_else() -> None:
    client, _ = client_of(lambda request: (404, {}, b"no such user"))
    with pytest.raises(ClientStatusError, match=r"404.*no such user") as caught:
        client.get("http://a.test/", into=dict)
    assert caught.value.response is not None
    assert caught.value.response.text == "no such user"
    assert client.get("http://a.test/", into=str, expect_success=False) == "no such user"


BAD: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"url": "http://a.test/\r\nX: y"}, InvalidURL),
    ({"url": "http://a.test:port/"}, InvalidURL),
    ({"url": "http://a.test:99999/"}, InvalidURL),
    ({"url": "http://a.test\\@b.test/"}, InvalidURL),
    ({"url": "/relative"}, InvalidURL),
    ({"url": "ftp://a.test/"}, UnsupportedProtocol),
    ({"url": 7}, InvalidURL),
    ({"headers": {"X\n": "1"}}, InvalidHeader),
    ({"headers": {"X": "1\r\nY: 2"}}, InvalidHeader),
    ({"headers": {"X": "ċ"}}, InvalidHeader),
    ({"headers": {"X": object()}}, InvalidHeader),
    ({"method": "GE T"}, InvalidMethod),
    ({"method": "GET\r\n"}, InvalidMethod),
    ({"content": 5}, InvalidRequest),
    ({"content": b"x", "json": 1}, InvalidRequest),
    ({"timeout": -1}, InvalidRequest),
    ({"timeout": "soon"}, InvalidRequest),
    ({"auth": ("a:b", "c")}, InvalidRequest),
]


@pytest.mark.parametrize(("given", "error"), BAD)
def test_bad_input_is_refused_before_anything_is_sent(given: dict[str, Any], error: type[Exception]) -> None:
    client, engine = client_of()
    given = dict(given)
    with pytest.raises(error):
        client.request(given.pop("method", "GET"), given.pop("url", "http://a.test/"), **given)
    assert engine.requests == []


def test_unknown_option() -> None:
    client, _ = client_of()
    with pytest.raises(TypeError, match="unknown request option 'jsn'"):
        client.get("http://a.test/", jsn=1)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="follow_redirects"):
        client.get("http://a.test/", allow_redirects=False)  # type: ignore[call-overload]


def test_errors_do_not_show_credentials() -> None:
    client, _ = client_of(lambda request: (500, {}, b""), expect_success=True)
    with pytest.raises(Exception, match="500") as caught:
        client.get("http://user:sesame@a.test/")
    assert "sesame" not in str(caught.value)
    assert "sesame" not in repr(caught.value.__dict__)


# Redirects.


def redirecting(status: int, location: str) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        if request.url.path == "/start":
            return status, {"location": location}, b"moved"
        return 200, {}, b"there"

    return answer


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
    ],
)
def test_redirect_methods(status: int, method: str, then: str) -> None:
    client, engine = client_of(redirecting(status, "/end"))
    response = client.request(method, "http://a.test/start", content=None if method == "HEAD" else b"body")
    assert [request.method for request in engine.requests] == [method, then]
    assert str(response.url) == "http://a.test/end"
    assert [hop.status_code for hop in response.history] == [status]
    second = engine.requests[1]
    if method == then != "HEAD":
        assert second.body is not None
        assert second.body.data == b"body"
    else:
        assert second.body is None
        assert "content-type" not in second.headers


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("http://a.test/end", True),
        ("http://a.test:80/end", True),
        ("//a.test/end", True),
        ("http://b.test/end", False),
        ("http://sub.a.test/end", False),
        ("http://a.test:8080/end", False),
        ("https://a.test/end", False),
        ("http://user:pw@b.test/end", False),
        ("http://a.test./end", False),
    ],
)
def test_secrets_stay_with_their_origin(location: str, kept: bool) -> None:
    client, engine = client_of(redirecting(302, location), auth=("u", "p"))
    secrets = {"Cookie": "s=1", "proxy-authorization": "Basic x"}
    client.get("http://a.test/start", headers=secrets, cookies={"t": "2"})
    second = engine.requests[1].headers
    for name in ("authorization", "cookie", "proxy-authorization"):
        assert (name in second) is kept


def test_secrets_do_not_come_back() -> None:
    def answer(request: Request) -> Answer:
        hops = {"/1": "http://b.test/2", "/2": "http://b.test/3", "/3": "http://a.test/4"}
        if request.url.path in hops:
            return 302, {"location": hops[request.url.path]}, b""
        return 200, {}, b""

    client, engine = client_of(answer)
    client.get("http://a.test/1", auth=("u", "p"))
    assert ["authorization" in request.headers for request in engine.requests] == [True, False, False, False]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://a.test/", "javascript:1", "http://", "http://[x/"])
def test_redirects_to_what_cannot_be_requested(location: str) -> None:
    client, engine = client_of(redirecting(302, location))
    with pytest.raises(InvalidRequest, match="redirect"):
        client.get("http://a.test/start")
    assert len(engine.requests) == 1


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_https_to_http_is_refused_unless_allowed(scheme: str) -> None:
    client, engine = client_of(redirecting(302, f"{scheme}://a.test/end"))
    with pytest.raises(RedirectStatusError, match="allow_https_downgrade"):
        client.get("https://a.test/start")
    response = client.get("https://a.test/start", plugins=[HttpRedirect(allow_https_downgrade=True)])
    assert response.text == "there"
    assert len(engine.requests) == 3


def test_too_many_redirects() -> None:
    client, engine = client_of(lambda request: (302, {"location": "/again"}, b""), max_redirects=3)
    with pytest.raises(TooManyRedirects, match="more than 3") as caught:
        client.get("http://a.test/")
    assert len(engine.requests) == 4
    assert caught.value.response is not None
    assert len(caught.value.response.history) == 3
    with pytest.raises(TooManyRedirects):
        client.get("http://a.test/", max_redirects=0)
    assert len(engine.requests) == 5


def test_requests_built_ahead_keep_the_options_that_choose_plugins() -> None:
    client, engine = client_of(redirecting(302, "/end"), auth=("user", "secret"))
    kept = client.build_request("GET", "http://a.test/start", follow_redirects=False)
    assert (client.send(kept)).status_code == 302
    assert (client.send(kept.again())).status_code == 302
    assert (client.send(client.build_request("GET", "http://a.test/start"))).status_code == 200
    engine.requests.clear()

    own = client.build_request("GET", "http://a.test/x", auth=BasicAuth("other", "pass"))
    client.send(own)
    assert engine.requests[0].headers["authorization"] == basic_authorization(("other", "pass"))

    seen: list[str] = []

    class Seeing(Plugin):
        def on_attempt(self, request: Request) -> None:
            seen.append(request.method)

    client.send(client.build_request("PUT", "http://a.test/x", plugins=[Seeing()]))
    client.send(client.build_request("PUT", "http://a.test/x"))
    assert seen == ["PUT"]
    removed = client.build_request("GET", "http://a.test/start", attributes={HttpRedirect: None})
    assert (client.send(removed)).status_code == 302


def test_an_override_replaces_its_own_kind() -> None:
    client, engine = client_of()
    with pytest.raises(InvalidRequest, match=r"attributes\[HttpRedirect\] can't be a HttpCallValidator"):
        client.get("http://a.test/", attributes={HttpRedirect: HttpCallValidator()})
    assert engine.requests == []


def test_requests_built_ahead_keep_what_success_is() -> None:
    client, _ = client_of(lambda request: (404, {"content-type": "application/json"}, b"[1]"))
    with pytest.raises(ClientStatusError):
        client.send(client.build_request("GET", "http://a.test/", expect_success=True))
    accepted = client.build_request("GET", "http://a.test/", expect_success=False)
    assert client.send(accepted, into=list[int]) == [1]
    assert client.parallel([accepted], into=list[int]) == [[1]]


@pytest.mark.parametrize("hops", [20, 30])
def test_endless_redirects_meet_their_own_limit_not_the_send_budget(hops: int) -> None:
    client, engine = client_of(lambda request: (302, {"location": "/again"}, b""), max_redirects=hops)
    with pytest.raises(TooManyRedirects, match=f"more than {hops} redirects") as caught:
        client.get("http://a.test/")
    assert len(engine.requests) == hops + 1
    assert caught.value.response is not None
    assert [each.status_code for each in caught.value.response.history] == [302] * hops


def test_redirects_can_be_switched_off_for_one_request() -> None:
    client, _ = client_of(redirecting(302, "/end"))
    assert (client.get("http://a.test/start", follow_redirects=False)).status_code == 302
    assert (client.get("http://a.test/start")).status_code == 200
    off = client.derive(follow_redirects=False)
    assert (off.get("http://a.test/start")).status_code == 302
    assert (off.get("http://a.test/start", follow_redirects=True)).status_code == 200


def test_a_redirect_without_location_is_final() -> None:
    client, _ = client_of(lambda request: (302, {}, b"nowhere"))
    assert (client.get("http://a.test/")).text == "nowhere"


def test_fragment_is_kept_and_query_replaced() -> None:
    client, engine = client_of(redirecting(302, "/end?x=1"))
    client.get("http://a.test/start?y=2#part")
    assert str(engine.requests[1].url) == "http://a.test/end?x=1#part"


# Validation.


def test_expect_success() -> None:
    client, _ = client_of(lambda request: (418, {}, b"teapot"), expect_success=True)
    with pytest.raises(ClientStatusError, match="teapot"):
        client.get("http://a.test/")
    assert (client.get("http://a.test/", expect_success=False)).status_code == 418
    plain, _ = client_of(lambda request: (503, {}, b""))
    response = plain.get("http://a.test/")
    with pytest.raises(Exception, match="503"):
        response.raise_for_status()


def test_raise_for_status_returns_the_response() -> None:
    client, _ = client_of()
    response = client.get("http://a.test/")
    assert response.raise_for_status() is response


# Streams.


def test_stream() -> None:
    client, engine = client_of(lambda request: (200, {}, [b"ab", b"cd", b"e"]))
    with client.stream("GET", "http://a.test/") as response:
        with pytest.raises(ResponseNotRead):
            _ = response.content
        assert [piece for piece in response.iter_bytes()] == [b"ab", b"cd", b"e"]
        with pytest.raises(StreamConsumed):
            response.read()
    assert engine.streams[0].closed
    with client.stream("GET", "http://a.test/") as response:
        assert [piece for piece in response.iter_bytes(2)] == [b"ab", b"cd", b"e"]
    with client.stream("GET", "http://a.test/") as response:
        assert response.read() == b"abcde"
        assert response.text == "abcde"
        assert [piece for piece in response.iter_raw(4)] == [b"abcd", b"e"]


def test_one_protocol_must_be_left() -> None:
    with pytest.raises(ValueError, match="http1=False and http2=False leave nothing to speak"):
        Client(http1=False, http2=False)
    Client(http1=False).close()
    Client(http1=False, http2=True).close()
    Client(http2=False).close()


def test_leaving_a_stream_early_closes_it() -> None:
    client, engine = client_of(lambda request: (200, {}, [b"a", b"b"]))
    with client.stream("GET", "http://a.test/") as response:
        pass
    assert engine.streams[0].closed
    with pytest.raises(StreamClosed):
        response.read()


def test_a_dropped_stream_warns_and_is_freed() -> None:
    client, engine = client_of(lambda request: (200, {}, [b"a", b"b"]))
    request = client.build_request("GET", "http://a.test/")
    request.stream = True
    response = client.send(request)
    assert not response.is_closed
    with pytest.warns(ResourceWarning, match="dropped unread"):
        del response
    assert engine.streams[0].closed


def test_text_and_lines_across_pieces() -> None:
    pieces = [b"caf\xc3", b"\xa9\r", b"\nline two\nlast"]
    client, _ = client_of(lambda request: (200, {"content-type": "text/plain; charset=utf-8"}, list(pieces)))
    with client.stream("GET", "http://a.test/") as response:
        assert "".join([text for text in response.iter_text()]) == "café\r\nline two\nlast"
    with client.stream("GET", "http://a.test/") as response:
        assert [line for line in response.iter_lines()] == ["café", "line two", "last"]


def test_json_lines() -> None:
    client, _ = client_of(lambda request: (200, {}, [b'{"a": 1}\n\n{"a"', b": 2}\n"]))
    with client.stream("GET", "http://a.test/") as response:
        items = [item for item in response.iter_json(dict[str, int])]
        assert items == [{"a": 1}, {"a": 2}]


def test_streamed_redirect_intermediate_is_closed() -> None:
    client, engine = client_of(redirecting(302, "/end"))
    with client.stream("GET", "http://a.test/start") as response:
        assert engine.streams[0].closed
        assert response.read() == b"there"


# Prepared requests, derived clients, pickles.


def test_a_statement_runs_again_and_again() -> None:
    client, engine = client_of()
    statement = client.prepare("POST", "http://a.test/", content=b"x")
    assert (statement.execute()).text == "hello"
    assert statement.execute(into=str) == "hello"
    with statement.stream() as response:
        assert response.read() == b"hello"
    assert [request.body.data for request in engine.requests if request.body] == [b"x"] * 3


def test_derived_clients_share_the_engine() -> None:
    client, engine = client_of(headers={"A": "1"}, params={"p": 1})
    child = client.derive(headers={"B": "2"}, params={"q": 2}, base_url="http://a.test/api")
    child.get("x")
    assert str(engine.requests[0].url) == "http://a.test/api/x?p=1&q=2"
    assert engine.requests[0].headers["A"] == "1"
    assert engine.requests[0].headers["B"] == "2"
    client.close()
    client.close()
    assert engine.closed == 0
    assert (child.get("y")).status_code == 200
    child.close()
    assert engine.closed == 1
    with pytest.raises(TypeError, match="connections"):
        client_of()[0].derive(verify=False)


def test_a_closed_client_refuses() -> None:
    client, engine = client_of()
    with client:
        statement = client.prepare("GET", "http://a.test/")
    assert client.is_closed
    for attempt in (client.get, client.post):
        with pytest.raises(ClientClosed):
            attempt("http://a.test/")
    with pytest.raises(ClientClosed):
        statement.execute()
    with pytest.raises(ClientClosed):
        client.derive()
    with pytest.raises(ClientClosed):
        client.__enter__()
    assert engine.requests == []


def test_saved_responses_pickle() -> None:
    client, _ = client_of(lambda request: (200, {"x": "1", "content-type": "application/json"}, b'{"a": 1}'))
    response = client.get("http://user:pw@a.test/?q=1")
    copy = pickle.loads(pickle.dumps(response))
    assert copy.json() == {"a": 1}
    assert copy.headers["X"] == "1"
    assert str(copy.url) == "http://a.test/?q=1"
    assert copy.request.method == "GET"


def test_clients_pickle() -> None:
    client = Client(base_url="http://a.test/", headers={"A": "1"}, timeout=Timeout(3), plugins=[HttpRedirect()])
    copy = pickle.loads(pickle.dumps(client))
    request = copy.build_request("GET", "x")
    assert str(request.url) == "http://a.test/x"
    assert request.headers["A"] == "1"
    assert request.timeout == Timeout(3)


# The chain.


class Noting(Plugin):
    """Writes down when it runs."""

    repeatable = True

    def __init__(self, name: str, notes: list[str]) -> None:
        self.title = name
        self.notes = notes

    def flow(self, request: Request) -> Any:
        self.notes.append(f"> {self.title}")
        response = yield request
        self.notes.append(f"< {self.title}")
        return response


class Early(Noting):
    stage = Stage.VALIDATION


class Late(Noting):
    stage = Stage.ATTEMPT


@pytest.mark.parametrize("swapped", [False, True])
def test_the_stage_decides_the_order(swapped: bool) -> None:
    notes: list[str] = []
    plugins = [Early("early", notes), Late("late", notes), Late("later", notes)]
    if swapped:
        plugins = [plugins[1], plugins[2], plugins[0]]
    client, _ = client_of(plugins=plugins)
    client.get("http://a.test/")
    assert notes == ["> early", "> late", "> later", "< later", "< late", "< early"]
    description = client.describe()
    assert description.index("Early") < description.index("HttpRedirect") < description.index("Late")


def test_two_of_a_kind_are_refused() -> None:
    with pytest.raises(ValueError, match=r"HttpRedirect.*HttpRedirect"):
        client_of(plugins=[HttpRedirect(), HttpRedirect()])
    with pytest.raises(TypeError, match="add \\(\\)"):
        client_of(plugins=[HttpRedirect])
    with pytest.raises(TypeError, match="list of plugins"):
        client_of(plugins=HttpRedirect())
    with pytest.raises(TypeError, match="Limits"):
        client_of(limits=5)


def test_plugins_for_one_request() -> None:
    notes: list[str] = []
    client, _ = client_of(expect_success=True)
    client.get("http://a.test/", plugins=[Late("once", notes)])
    client.get("http://a.test/")
    assert notes == ["> once", "< once"]
    attributes = {HttpCallValidator: None}
    refusing, _ = client_of(lambda request: (500, {}, b""), expect_success=True)
    assert (refusing.get("http://a.test/", attributes=attributes)).status_code == 500


class Commands(Plugin):
    """Uses every command of a flow."""

    def flow(self, request: Request) -> Any:
        yield sleep(0)
        first = yield request
        assert (yield read(first)) == b"hello"
        assert isinstance(call(len, "abc"), Call)
        assert (yield call(len, "abc")) == 3
        with pytest.raises(TypeError, match=r"Commands\.flow"):
            yield "nonsense"
        second = yield request.copy()
        return second


def test_flow_commands() -> None:
    client, engine = client_of(plugins=[Commands()])
    assert (client.get("http://a.test/")).text == "hello"
    assert len(engine.requests) == 2
    assert engine.streams[0].closed


class Loop(Plugin):
    def flow(self, request: Request) -> Any:
        while True:
            yield request


def test_send_budget() -> None:
    client, engine = client_of(plugins=[Loop()])
    with pytest.raises(TooManySends, match="20"):
        client.get("http://a.test/")
    assert len(engine.requests) == 20
    assert all(stream.closed for stream in engine.streams)


class Outside(Loop):
    stage = Stage.VALIDATION


def test_redirects_do_not_lift_the_send_budget() -> None:
    client, engine = client_of(redirecting(302, "/end"), plugins=[Outside()])
    with pytest.raises(TooManySends, match="20"):
        client.get("http://a.test/start")
    assert len(engine.requests) == 40


class Nothing(Plugin):
    def flow(self, request: Request) -> Any:
        yield request


def test_a_flow_that_returns_nothing_is_named() -> None:
    client, engine = client_of(plugins=[Nothing()])
    with pytest.raises(TypeError, match=r"Nothing\.flow must return a response"):
        client.get("http://a.test/")
    assert engine.streams[0].closed


class Patient(Plugin):
    def flow(self, request: Request) -> Any:
        yield sleep(60)
        return (yield request)


def test_no_sleep_that_cannot_end_in_time() -> None:
    client, engine = client_of(plugins=[Patient()])
    with pytest.raises(TotalTimeout):
        client.get("http://a.test/", timeout=Timeout(total=5))
    assert engine.requests == []


class Hooks(Plugin):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_request(self, request: Request) -> None:
        self.seen.append("request")
        request.headers["X-Hook"] = "1"

    def on_attempt(self, request: Request) -> None:
        self.seen.append("attempt")

    def on_response(self, response: Any) -> None:
        self.seen.append(f"response {response.status_code}")

    def on_close(self) -> None:
        self.seen.append("close")


def test_hooks() -> None:
    hooks = Hooks()
    client, engine = client_of(redirecting(302, "/end"), plugins=[hooks])
    client.get("http://a.test/start")
    client.close()
    assert hooks.seen == ["request", "attempt", "response 302", "attempt", "response 200", "close"]
    assert all(request.headers["X-Hook"] == "1" for request in engine.requests)


class Failing(Plugin):
    def on_close(self) -> None:
        raise RuntimeError("no")


def test_shared_plugins_close_with_their_last_client() -> None:
    hooks = Hooks()
    client, engine = client_of(plugins=[hooks])
    child = client.derive(headers={"A": "1"})
    client.close()
    assert "close" not in hooks.seen
    child.close()
    assert hooks.seen == ["close"]
    assert engine.closed == 1


def test_a_plugin_that_fails_to_close_does_not_keep_the_rest_open() -> None:
    hooks = Hooks()
    client, engine = client_of(plugins=[Failing(), hooks])
    with pytest.raises(RuntimeError, match="no"):
        client.close()
    assert hooks.seen == ["close"]
    assert engine.closed == 1

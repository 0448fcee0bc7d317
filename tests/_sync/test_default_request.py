# Generated from tests/_async/test_default_request.py by scripts/generate_sync.py. Do not edit.
"""What requests have unless they say otherwise: DefaultRequest and UserAgent."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp import AttributeKey, Client, DefaultRequest, InvalidRequest, Request, UserAgent

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, ScriptedEngine

pytestmark = pytest.mark.anyio

KEY = AttributeKey[int]("number")


def ok(request: Request) -> Answer:
    return 200, {}, b""


def client_of(*plugins: Any, **options: Any) -> tuple[Client, ScriptedEngine]:
    engine = ScriptedEngine(ok)
    return Client(engine=engine, plugins=plugins, **options), engine


BASE = DefaultRequest(base_url="https://h.test/v1", params={"lang": "en", "v": 1}, headers={"X-One": "1"})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("users", "https://h.test/v1/users?lang=en&v=1"),
        ("/users?v=2", "https://h.test/v1/users?v=2&lang=en"),
        ("", "https://h.test/v1?lang=en&v=1"),
        ("https://other.test/x", "https://other.test/x?lang=en&v=1"),
    ],
)
def test_base_url_and_params(url: str, expected: str) -> None:
    client, engine = client_of(BASE)
    client.get(url)
    assert str(engine.requests[0].url) == expected


def test_the_request_wins_and_then_its_client() -> None:
    client, engine = client_of(BASE, params={"v": "client"}, headers={"X-Two": "client"})
    client.get("x", params={"lang": None}, headers={"x-one": "own"})
    client.get("x", headers={"X-One": None})
    first, second = engine.requests
    assert str(first.url) == "https://h.test/v1/x?v=client"
    assert first.headers.getall("X-One") == ["own"]
    assert first.headers["X-Two"] == "client"
    assert "x-one" not in second.headers
    over, engine = client_of(BASE, base_url="http://c.test", headers={"X-One": "client"})
    over.get("x")
    assert str(engine.requests[0].url).startswith("http://c.test/x?")
    assert engine.requests[0].headers["X-One"] == "client"


def test_later_ones_win() -> None:
    later = DefaultRequest(base_url="http://l.test", params={"v": 2}, headers={"X-One": "2", "Accept": None})
    client, engine = client_of(BASE, later)
    client.get("x")
    assert str(engine.requests[0].url) == "http://l.test/x?v=2&lang=en"
    assert engine.requests[0].headers["X-One"] == "2"
    assert "accept" not in engine.requests[0].headers


def test_for_one_request() -> None:
    client, engine = client_of(BASE)
    client.get("x", plugins=[DefaultRequest(headers={"X-One": "2", "X-New": "3"})])
    client.get("x")
    with client.stream("GET", "x", plugins=[DefaultRequest(base_url="http://o.test")]):
        pass
    client.get("http://h.test/", attributes={DefaultRequest: None})
    assert [request.headers.get("X-One") for request in engine.requests] == ["2", "1", "1", None]
    assert engine.requests[0].headers["X-New"] == "3"
    assert engine.requests[2].url.host == "o.test"
    with pytest.raises(InvalidRequest, match="base_url"):
        client.get("x", attributes={DefaultRequest: None})


def test_attributes_where_there_are_none() -> None:
    client, engine = client_of(DefaultRequest(attributes={KEY: 1, "other": 2}))
    client.get("http://a.test/")
    client.get("http://a.test/", attributes={KEY: 7})
    assert [request.attributes.get(KEY) for request in engine.requests] == [1, 7]
    assert engine.requests[1].attributes["other"] == 2


def test_cookies_stay_with_their_host_and_are_not_kept() -> None:
    client, engine = client_of(DefaultRequest(base_url="https://h.test/v1", cookies={"a": "1", "b": "2"}))
    client.get("x")
    client.get("x", cookies={"a": "own"})
    for url in ("https://o.test/", "http://h.test/", "https://sub.h.test/"):
        client.get(url)
    client.get("x", cookies=False)
    sent = [request.headers.get("cookie") for request in engine.requests]
    assert sent == ["a=1; b=2", "b=2; a=own", None, None, None, None]
    assert len(client.cookies) == 0
    everywhere, engine = client_of(DefaultRequest(cookies={"a": "1"}), cookies={"jar": "2"})
    everywhere.get("http://x.test/")
    assert engine.requests[0].headers["cookie"] == "jar=2; a=1"


def test_cookies_do_not_follow_a_redirect_to_another_origin() -> None:
    def moved(request: Request) -> Answer:
        return (302, {"location": "http://o.test/"}, b"") if request.url.host == "h.test" else (200, {}, b"")

    engine = ScriptedEngine(moved)
    client = Client(engine=engine, plugins=[DefaultRequest(cookies={"a": "1"})])
    client.get("http://h.test/")
    assert [request.headers.get("cookie") for request in engine.requests] == ["a=1", None]


def test_the_shared_head_is_not_given_up() -> None:
    client, _ = client_of(BASE, UserAgent("mine/1"))
    request = client.build_request("GET", "x")
    assert request.shared_headers is client.build_request("GET", "y").shared_headers is not None


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "nowhere"},
        {"base_url": "ftp://h.test"},
        {"headers": {"X\n": "1"}},
        {"headers": {"X": "1\r\nY: 2"}},
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        DefaultRequest(**options)


def test_nothing_secret_is_shown() -> None:
    plugin = DefaultRequest(
        base_url="https://me:secret@h.test/", headers={"Authorization": "secret"}, cookies={"sid": "secret"}
    )
    assert repr(plugin) == "DefaultRequest(base_url='https://h.test/', headers=…, cookies=…)"
    assert repr(pickle.loads(pickle.dumps(plugin))) == repr(plugin)


# The name of the client.


@pytest.mark.parametrize(
    ("plugin", "starts"),
    [
        (UserAgent("mine/1"), "mine/1"),
        (UserAgent.browser(), "Mozilla/5.0 (X11; Linux x86_64) "),
        (UserAgent.curl(), "curl/"),
    ],
)
def test_user_agent(plugin: UserAgent, starts: str) -> None:
    client, engine = client_of(plugin)
    client.get("http://a.test/")
    client.get("http://a.test/", headers={"User-Agent": "own"})
    agents = [request.headers["User-Agent"] for request in engine.requests]
    assert agents[0].startswith(starts)
    assert agents[1] == "own"


def test_user_agent_of_the_client_and_none() -> None:
    client, engine = client_of(UserAgent("plugin"), headers={"user-agent": "client"})
    client.get("http://a.test/")
    silent, second = client_of(UserAgent(None))
    silent.get("http://a.test/")
    silent.get("http://a.test/", plugins=[UserAgent("once")])
    assert engine.requests[0].headers["User-Agent"] == "client"
    assert [request.headers.get("User-Agent") for request in second.requests] == [None, "once"]
    assert "user agent" not in silent.describe()
    assert "validation: UserAgent(None)" in silent.describe()
    with pytest.raises(ValueError, match=r"UserAgent\('a'\).*UserAgent\('b'\)"):
        client_of(UserAgent("a"), UserAgent("b"))
    with pytest.raises(InvalidRequest):
        UserAgent("a\nb")


# Servers.


def test_against_servers(asgi_server: AsgiServer, nginx: Nginx) -> None:
    plugins = [DefaultRequest(base_url=asgi_server.url, params={"x": "1"}, cookies={"c": "2"}), UserAgent("mine/1")]
    with Client(plugins=plugins) as client:
        echo = (client.get("/echo/here", params={"y": 3})).json()
        assert echo["path"] == "/echo/here"
        assert echo["query"] == "x=1&y=3"
        assert ["user-agent", "mine/1"] in echo["headers"]
        assert ["cookie", "c=2"] in echo["headers"]
        text = (client.get(f"{nginx.url.replace('127.0.0.1', 'localhost')}/echo")).text
    assert "user-agent=mine/1\n" in text
    assert "cookie=\n" in text

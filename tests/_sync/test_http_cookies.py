# Generated from tests/_async/test_http_cookies.py by scripts/generate_sync.py. Do not edit.
"""Cookies kept by a client."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from yarl import URL

from duohttp import Client, ConstantCookies, Cookie, CookieJar, HttpCookies, Plugin, Request, Stage
from duohttp._concurrency import ManualClock, use_clock

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, ScriptedEngine

pytestmark = pytest.mark.anyio


def setting(*cookies: str, at: str = "/set") -> Callable[[Request], Answer]:
    """Answer a path with a Set-Cookie header, all others without."""

    def answer(request: Request) -> Answer:
        return 200, dict.fromkeys(["set-cookie"], cookies[0]) if request.url.path == at else {}, b"ok"

    return answer


def client_of(answer: Callable[[Request], Answer], **options: Any) -> tuple[Client, ScriptedEngine]:
    engine = ScriptedEngine(answer)
    return Client(engine=engine, **options), engine


def sent(engine: ScriptedEngine) -> list[str | None]:
    return [request.headers.get("cookie") for request in engine.requests]


def test_cookies_are_kept_and_sent_where_they_belong() -> None:
    client, engine = client_of(setting("sid=1; Path=/"))
    assert len(client.cookies) == 0
    for url in ("http://a.test/", "http://a.test/set", "http://a.test/x", "http://b.test/", "http://sub.a.test/"):
        client.get(url)
    assert sent(engine) == [None, None, "sid=1", None, None]
    assert client.cookies["sid"] == "1"
    assert (client.get("http://a.test/set")).cookies == {"sid": "1"}


def test_the_host_header_decides_nothing() -> None:
    client, engine = client_of(setting("sid=1"))
    client.get("http://a.test/set", headers={"Host": "b.test"})
    client.get("http://b.test/")
    client.get("http://b.test/", headers={"Host": "a.test"})
    client.get("http://a.test/")
    assert sent(engine) == [None, None, None, "sid=1"]


def test_secure_cookies_go_over_https_only() -> None:
    client, engine = client_of(setting("sid=1; Secure"))
    client.get("https://a.test/set")
    client.get("http://a.test/")
    client.get("https://a.test/")
    assert sent(engine) == [None, None, "sid=1"]


def test_cookies_expire() -> None:
    client, engine = client_of(setting("sid=1; Max-Age=60"))
    with use_clock(ManualClock()) as clock:
        client.get("http://a.test/set")
        client.get("http://a.test/")
        assert isinstance(clock, ManualClock)
        clock.advance(61)
        client.get("http://a.test/")
    assert sent(engine) == [None, "sid=1", None]


def test_cookies_of_a_request_are_sent_once_and_win() -> None:
    client, engine = client_of(setting("sid=1"))
    client.get("http://a.test/set")
    client.get("http://a.test/", cookies={"b": "2"})
    client.get("http://a.test/", cookies={"sid": "own"}, headers={"Cookie": "c=3"})
    client.get("http://a.test/")
    assert sent(engine) == [None, "sid=1; b=2", "c=3; sid=own", "sid=1"]
    assert client.cookies.items() == [("sid", "1")]


def test_cookies_false() -> None:
    client, engine = client_of(setting("sid=1"), cookies=False)
    client.get("http://a.test/set")
    client.get("http://a.test/", cookies={"own": "2"})
    assert sent(engine) == [None, "own=2"]
    assert not hasattr(client, "cookies")
    assert "HttpCookies" not in client.describe()


def test_none_for_one_request() -> None:
    client, engine = client_of(setting("sid=1"), cookies={"a": "1"})
    client.get("http://a.test/set", cookies=False)
    client.get("http://a.test/", attributes={HttpCookies: None})
    client.get("http://a.test/")
    assert sent(engine) == [None, None, "a=1"]
    fresh = HttpCookies()
    client.get("http://a.test/set", plugins=[fresh])
    assert fresh.storage.items() == [("sid", "1")]
    assert client.cookies.items() == [("a", "1")]


def test_cookies_of_the_client() -> None:
    client, engine = client_of(setting("x=1"), base_url="https://a.test/api", cookies={"a": "1"})
    client.get("users")
    client.get("https://b.test/")
    client.get("http://a.test/")
    everywhere, second = client_of(setting("a=server", at="/set"), cookies={"a": "1"})
    for url in ("http://a.test/", "http://b.test/set", "http://b.test/", "http://c.test/"):
        everywhere.get(url)
    assert sent(engine) == ["a=1", None, None]
    assert sent(second) == ["a=1", "a=1", "a=server", "a=1"]


def test_a_jar_given_to_a_client_is_shared() -> None:
    jar = CookieJar()
    first, _ = client_of(setting("sid=1"), cookies=jar)
    second, engine = client_of(setting("sid=1"), plugins=[HttpCookies(jar)])
    first.get("http://a.test/set")
    second.get("http://a.test/")
    assert first.cookies is second.cookies is jar
    assert sent(engine) == ["sid=1"]
    second.get("http://b.test/", cookies=CookieJar([Cookie("x", "1", "b.test"), Cookie("y", "2", "c.test")]))
    assert sent(engine)[1] == "x=1"


def test_two_ways_to_say_it_are_refused() -> None:
    with pytest.raises(ValueError, match="HttpCookies"):
        client_of(setting("a=1"), cookies={"a": "1"}, plugins=[HttpCookies()])
    with pytest.raises(TypeError, match="CookieJar"):
        client_of(setting("a=1"), cookies=7)


def test_derived_clients_have_cookies_of_their_own() -> None:
    client, engine = client_of(setting("sid=1"))
    child = client.derive(headers={"X": "1"})
    client.get("http://a.test/set")
    child.get("http://a.test/")
    assert sent(engine) == [None, None]
    jar = CookieJar()
    parent, engine = client_of(setting("sid=1"), cookies=jar)
    parent.get("http://a.test/set")
    parent.derive(timeout=3).get("http://a.test/")
    assert sent(engine) == [None, "sid=1"]


def test_a_travelling_client_takes_what_it_was_given() -> None:
    client = Client(cookies=CookieJar({"a": "1"}))
    copy = pickle.loads(pickle.dumps(client))
    assert copy.cookies["a"] == "1"
    copy.cookies["b"] = "2"
    assert "b" not in client.cookies


# Redirects.


def hops(*steps: tuple[int, dict[str, str]]) -> Callable[[Request], Answer]:
    """Answer one request after the other."""
    left = list(steps)

    def answer(request: Request) -> Answer:
        status, headers = left.pop(0)
        return status, headers, b""

    return answer


def test_each_hop_has_its_own_cookies() -> None:
    client, engine = client_of(
        hops(
            (302, {"location": "http://b.test/", "set-cookie": "a=1"}),
            (302, {"location": "http://a.test/2", "set-cookie": "b=1"}),
            (302, {"location": "http://b.test/2"}),
            (200, {}),
        )
    )
    client.get("http://a.test/", cookies={"own": "1"})
    assert sent(engine) == ["own=1", None, "a=1", "b=1"]


def test_own_cookies_stay_until_the_server_sets_them_anew() -> None:
    client, engine = client_of(
        hops(
            (302, {"location": "/2", "set-cookie": "sid=server"}),
            (302, {"location": "/3", "set-cookie": "sid=; Max-Age=0"}),
            (200, {}),
        ),
    )
    client.get("http://a.test/1", cookies={"sid": "own", "lang": "en"})
    assert sent(engine) == ["sid=own; lang=en", "sid=server; lang=en", "lang=en"]


def test_own_cookies_that_a_redirect_deletes_are_gone() -> None:
    client, engine = client_of(hops((302, {"location": "/2", "set-cookie": "sid=; Max-Age=0"}), (200, {})))
    client.get("http://a.test/1", cookies={"sid": "own"})
    assert sent(engine) == ["sid=own", None]


@pytest.mark.parametrize("target", ["http://b.test/", "http://sub.a.test/", "http://a.test:81/", "https://a.test/"])
def test_own_cookies_never_reach_another_origin(target: str) -> None:
    client, engine = client_of(hops((302, {"location": target}), (200, {})))
    client.get("http://a.test/", cookies={"own": "1"}, headers={"Cookie": "hand=2"})
    assert sent(engine) == ["hand=2; own=1", None]


def test_the_request_itself_is_left_alone() -> None:
    client, engine = client_of(setting("sid=1", at="/"), cookies={"a": "1"})
    request = client.build_request("GET", "http://a.test/", headers={"Cookie": "own=1"})
    client.send(request)
    client.send(request)
    assert request.headers["cookie"] == "own=1"
    assert sent(engine) == ["a=1; own=1", "a=1; sid=1; own=1"]


# Where others send again inside.


class Again(Plugin):
    """Sends each request twice; keeps what it saw."""

    stage = Stage.AUTH

    def __init__(self) -> None:
        self.seen: list[str | None] = []

    def flow(self, request: Request) -> Any:
        self.seen.append(request.headers.get("cookie"))
        yield request
        return (yield request.copy())


@pytest.mark.parametrize("own", [None, "own=1"])
def test_attempts_inside_have_the_newest_cookies(own: str | None) -> None:
    again = Again()
    client, engine = client_of(
        hops((401, {"set-cookie": "sid=1"}), (302, {"location": "/2", "set-cookie": "sid=2"}), (401, {}), (200, {})),
        plugins=[again],
        cookies={"a": "0"},
    )
    headers = {} if own is None else {"Cookie": own}
    client.get("http://a.test/", headers=headers)
    tail = "" if own is None else "; own=1"
    assert sent(engine) == [header + tail for header in ("a=0", "a=0; sid=1", "a=0; sid=2", "a=0; sid=2")]
    assert again.seen == ["a=0" + tail, "a=0; sid=2" + tail]


class Cached(Plugin):
    """Answers from memory, Set-Cookie included."""

    stage = Stage.CACHE

    def __init__(self) -> None:
        self.stored: Any = None

    def flow(self, request: Request) -> Any:
        if self.stored is None:
            self.stored = yield request
        return self.stored
        yield


def test_a_cached_response_sets_nothing_again() -> None:
    client, _ = client_of(setting("sid=1", at="/"), plugins=[Cached()])
    client.get("http://a.test/")
    client.cookies.clear()
    client.get("http://a.test/")
    assert len(client.cookies) == 0


# Other storages.


def test_constant_cookies() -> None:
    client, engine = client_of(setting("a=changed"), cookies=ConstantCookies({"a": "1"}))
    client.get("http://a.test/set")
    client.get("http://a.test/")
    assert sent(engine) == ["a=1", "a=1"]


class Remote:
    """A storage whose methods wait."""

    def __init__(self) -> None:
        self.jar = CookieJar()
        self.error: Exception | None = None

    def cookies_for(self, url: URL, now: float) -> Any:
        return self.jar.cookies_for(url, now)

    def set_from_response(self, url: URL, set_cookie_values: Any, now: float) -> None:
        if self.error:
            raise self.error
        self.jar.set_from_response(url, set_cookie_values, now)


def test_a_storage_of_ones_own() -> None:
    storage = Remote()
    client, engine = client_of(setting("sid=1"), cookies=storage)
    assert client.cookies is storage  # type: ignore[comparison-overlap]
    client.get("http://a.test/set")
    client.get("http://a.test/")
    assert sent(engine) == [None, "sid=1"]


def test_a_storage_that_fails_leaves_no_connection() -> None:
    storage = Remote()
    storage.error = OSError("disk full")
    client, engine = client_of(setting("sid=1"), cookies=storage)
    with pytest.raises(OSError, match="disk full"):
        with client.stream("GET", "http://a.test/set"):
            pass
    assert engine.streams[0].closed


class Wrong(Remote):
    def cookies_for(self, url: URL, now: float) -> Any:
        return "a=1"


def test_a_storage_that_returns_something_else_is_named() -> None:
    client, engine = client_of(setting("sid=1"), cookies=Wrong())
    with pytest.raises(TypeError, match=r"cookies_for\(\) of .*Wrong.* list of Cookies"):
        client.get("http://a.test/")
    assert engine.requests == []


# Servers.


def test_against_a_server(asgi_server: AsgiServer) -> None:
    with Client(base_url=asgi_server.url, cookies={"given": "0"}) as client:
        assert (client.get("/cookies")).json() == {"given": "0"}
        client.get("/cookies/set?a=1&b=2")
        assert (client.get("/cookies")).json() == {"given": "0", "a": "1", "b": "2"}
        response = client.get("/redirect/302?to=/cookies", cookies={"own": "3"})
        assert response.json() == {"given": "0", "a": "1", "b": "2", "own": "3"}
        assert (client.get("/cookies", cookies=False)).json() == {}


def test_a_redirect_between_servers(asgi_server: AsgiServer, nginx: Nginx) -> None:
    with Client() as client:
        client.get(f"{asgi_server.url}/cookies/set?a=1")
        response = client.get(
            f"{asgi_server.url}/redirect/302?to={nginx.url.replace('127.0.0.1', 'localhost')}/echo",
            cookies={"own": "3"},
        )
        assert response.status_code == 200
        assert "cookie=\n" in response.text

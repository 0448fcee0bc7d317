# Generated from tests/_async/test_proxy_leaks.py by scripts/generate_sync.py. Do not edit.
"""Who gets to see whose secrets: recording proxies, recording servers, redirects and changes between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from duohttp import (
    Client,
    EngineOptions,
    HttpcoreEngine,
    HttpRedirect,
    InvalidHeader,
    Limits,
    NativeEngine,
    Proxy,
    ProxyError,
)
from duohttp._concurrency import sleep

from ..faults import acts, proxy_acts
from ..faults.leaks import nothing_left
from ..faults.scripted_server import Act, Peer, Received, ScriptedServer, reply, scripted_server, trusting_context

pytestmark = pytest.mark.anyio

OWN = {"Authorization": "Bearer s3cret", "Cookie": "s3cret=1"}
LOGIN = "dXNlcjpwMQ=="  # user:p1
OTHER_LOGIN = "dXNlcjpwMg=="  # user:p2


@contextmanager
def four() -> Iterator[tuple[ScriptedServer, ScriptedServer, ScriptedServer, ScriptedServer]]:
    """Two proxies, a server without and one with TLS."""
    with nothing_left(), scripted_server() as a, scripted_server() as b, scripted_server() as plain:
        with scripted_server(tls=True) as secure:
            yield a, b, plain, secure


def client_of(**options: Any) -> Client:
    return Client(engine=NativeEngine(), verify=trusting_context(), trust_env=False, timeout=10, **options)


def via(server: ScriptedServer, password: str = "p1") -> str:
    return f"http://user:{password}@127.0.0.1:{server.port}"


def redirect(to: str) -> Act:
    """Send the client elsewhere, and serve on."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(reply(b"", "302 Found", f"Location: {to}"))
        peer.serve()

    return Act(play)


def logins(requests: list[Received]) -> list[str | None]:
    return [request.headers.get("proxy-authorization") for request in requests]


def test_what_a_connect_holds() -> None:
    with four() as (a, _, _, secure):
        proxy = Proxy(via(a), headers={"Proxy-Note": "n", "User-Agent": "me"})
        a.then(proxy_acts.tunnel(secure.port))
        with client_of(proxy=proxy, headers=OWN, cookies={"c": "s3cret"}) as client:
            client.get(secure.url("/s3cret?s3cret"), auth=("s3cret", "s3cret"))
        (connect,) = a.received
        assert connect.method == "CONNECT"
        assert connect.target == f"127.0.0.1:{secure.port}"
        assert connect.headers == {
            "host": connect.target,
            "proxy-authorization": f"Basic {LOGIN}",
            "proxy-note": "n",
            "user-agent": "me",
        }
        (inside,) = secure.received
        assert "proxy-authorization" not in inside.headers
        assert "proxy-note" not in inside.headers
        assert inside.headers["cookie"] == "c=s3cret; s3cret=1"


@pytest.mark.parametrize("engine", [NativeEngine(), NativeEngine(http2=True), HttpcoreEngine()], ids=repr)
@pytest.mark.parametrize("everywhere", [True, False], ids=["client", "request"])
def test_no_server_gets_what_is_for_a_proxy(engine: EngineOptions, everywhere: bool) -> None:
    """RFC 9110 section 11.7.2, where there is no proxy, or one that only opens a tunnel."""
    given = {"Proxy-Authorization": f"Basic {LOGIN}", "X-Mine": "1"}
    ours, own = (given, {}) if everywhere else ({}, given)
    with four() as (a, _, plain, secure):
        options: dict[str, Any] = {"engine": engine, "verify": trusting_context(), "trust_env": False, "headers": ours}
        with Client(**options) as client:
            for server in (plain, secure, plain):
                client.get(server.url("/x"), headers=own)
                client.post(server.url("/x"), headers=own, content=b"body")
            assert client.build_request("GET", plain.url("/x"), headers=own).headers["x-mine"] == "1"
        a.then(proxy_acts.tunnel(secure.port))
        with Client(**options, proxy=f"http://127.0.0.1:{a.port}") as client:
            client.get(secure.url("/x"), headers=own)
            client.get("http://h.test/x", headers=own)
        for request in (*plain.received, *secure.received):
            assert request.headers["x-mine"] == "1"
            assert "proxy-authorization" not in request.headers
        assert (len(plain.received), len(secure.received)) == (4, 3)
        assert logins(a.received) == [None, f"Basic {LOGIN}"]  # who forwards is the proxy it is for


@pytest.mark.parametrize("scheme", ["socks4a", "socks5h"])
def test_a_server_behind_socks_sees_nothing_of_the_proxy(scheme: str) -> None:
    with four() as (a, _, plain, _):
        login = "user" if scheme == "socks4a" else "user:p1"
        proxy = Proxy(f"{scheme}://{login}@127.0.0.1:{a.port}", headers={"Proxy-Note": "n"})
        a.then(proxy_acts.socks4(plain.port) if scheme == "socks4a" else proxy_acts.socks5(plain.port, password=True))
        with client_of(proxy=proxy) as client:
            client.get(plain.url("/x"), headers={"Proxy-Authorization": f"Basic {LOGIN}"})
        (seen,) = plain.received
        assert seen.target == "/x"
        assert not [name for name in seen.headers if name.startswith("proxy")]


def test_redirects_from_http_to_https_and_back() -> None:
    with four() as (a, _, plain, secure):
        a.then(redirect(secure.url("/2")), proxy_acts.tunnel(secure.port))
        secure.then(redirect("http://h.test/3"))
        plugins = [HttpRedirect(allow_https_downgrade=True)]
        with client_of(proxy=via(a), plugins=plugins) as client:
            response = client.get("http://h.test/1", headers=OWN)
            assert [str(each.url) for each in response.history] == ["http://h.test/1", secure.url("/2")]
        assert logins(a.received) == [f"Basic {LOGIN}"] * 3
        assert [request.method for request in a.received] == ["GET", "CONNECT", "GET"]
        assert "s3cret" not in str(a.received[1:])  # of the origin that is left, nothing goes on
        for request in secure.received:
            assert "s3cret" not in str(request)
            assert "proxy-authorization" not in request.headers
        assert response.request.headers.get("proxy-authorization") is None
        assert plain.received == []


def test_a_direct_request_after_a_proxied_one() -> None:
    with four() as (a, _, plain, _):
        with client_of(proxy={"all://h.test": via(a)}) as client:
            a.then(redirect(plain.url("/direct")))
            response = client.get("http://h.test/")
            assert response.content == b"GET /direct 0"
        with client_of() as client:
            client.get("http://h.test/", proxy=via(a))
            client.get(plain.url("/direct"))
        assert logins(a.received) == [f"Basic {LOGIN}"] * 2
        assert logins(plain.received) == [None, None]


def test_a_proxy_for_each_scheme() -> None:
    with four() as (a, b, _, secure):
        a.then(redirect(secure.url("/2")))
        b.then(proxy_acts.tunnel(secure.port))
        with client_of(proxy={"http://": via(a, "p1"), "https://": via(b, "p2")}) as client:
            client.get("http://h.test/")
        assert logins(a.received) == [f"Basic {LOGIN}"]
        assert logins(b.received) == [f"Basic {OTHER_LOGIN}"]
        assert logins(secure.received) == [None]


def test_another_login_is_another_connection() -> None:
    """Connections are shared only where proxy, credentials, headers and trust are the same."""
    with four() as (a, b, _, secure):
        ways: list[Any] = [via(a, "p1"), via(a, "p2"), f"http://127.0.0.1:{a.port}", via(b, "p1")]
        ways += [Proxy(via(a, "p1"), headers={"Proxy-Note": "n"}), Proxy(via(a, "p1"), verify=False)]
        with client_of(limits=Limits(max_connections=20)) as client:
            for again in (False, True):
                for way in ways:
                    client.get("http://h.test/", proxy=way)
                    if not again:
                        (b if way == ways[3] else a).then(proxy_acts.tunnel(secure.port))
                    client.get(secure.url(), proxy=way)
            assert client.pool_stats().opened == 2 * len(ways)
            assert client.pool_stats().reused == 2 * len(ways)
            # The same, written otherwise, is the same.
            same = Proxy(f"http://127.0.0.1:{a.port}/", username="user", password="p1")
            client.get("http://h.test/", proxy=same)
            assert client.pool_stats().opened == 2 * len(ways)
        plain_ones = [request for request in a.received if request.method == "GET"]
        assert logins(plain_ones)[:3] == [f"Basic {LOGIN}", f"Basic {OTHER_LOGIN}", None]
        assert logins(secure.received) == [None] * 2 * len(ways)


def test_pools_do_not_show_passwords() -> None:
    with four() as (a, _, _, secure):
        with client_of(proxy=via(a)) as client:
            client.get("http://h.test/")
            a.then(proxy_acts.tunnel(secure.port))
            client.get(secure.url())
            shown = f"{client.pool_stats()} {client!r} {client.describe()}"
            assert f"via http://127.0.0.1:{a.port}" in shown
            assert "p1" not in shown
            assert LOGIN not in shown


def test_credentials_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with four() as (a, _, _, secure):
        monkeypatch.setenv("https_proxy", via(a))
        a.then(acts.answer(reply(b"", "407 Who")))
        with Client(engine=NativeEngine(), verify=trusting_context()) as client:
            with pytest.raises(ProxyError) as caught:
                client.get(secure.url())
        assert "p1" not in str(caught.value)
        assert logins(a.received) == [f"Basic {LOGIN}"]


@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\x7f", "\u010a", "\u560a"])
def test_nothing_can_be_slipped_in(character: str) -> None:
    with four() as (a, _, _, secure):
        with pytest.raises(InvalidHeader):
            Proxy(via(a), headers={"X": f"a{character}b"})
        with pytest.raises(InvalidHeader):
            Proxy(via(a), headers={f"X{character}": "b"})
        # In credentials they do no harm: what is sent is base64.
        a.then(acts.answer(reply(b"", "403 No")))
        with client_of(proxy=Proxy(via(a), username=f"u{character}X y", password=character)) as client:
            with pytest.raises((ProxyError, InvalidHeader)):
                client.get(secure.url())
        for request in a.received:
            assert set(request.headers) == {"host", "proxy-authorization"}
        sleep(0)

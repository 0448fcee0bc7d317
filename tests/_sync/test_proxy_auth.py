# Generated from tests/_async/test_proxy_auth.py by scripts/generate_sync.py. Do not edit.
"""Credentials for proxies: squid and Apache httpd demand them, and no server ever sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from duohttp import Client, HttpcoreEngine, HTTPError, Limits, Proxy, ProxyError, UnsupportedByEngine

from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.login_proxies import LoginProxy, run_apache_login
from ..servers.nginx import SMALL, Nginx
from ..servers.raw import RawServer

pytestmark = pytest.mark.anyio

ServerMaker = Callable[..., RawServer]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def demand(*challenges: str, extra: str = "") -> bytes:
    """Return the 407 of a proxy."""
    lines = "".join(f"proxy-authenticate: {challenge}\r\n" for challenge in challenges)
    return f"HTTP/1.1 407 Who?\r\n{lines}{extra}content-length: 3\r\n\r\nno\n".encode()


def digest(nonce: str, *, realm: str = "r", more: str = "") -> str:
    """Return a Digest challenge."""
    return f'Digest realm="{realm}", nonce="{nonce}", qop="auth"{more}'


def user(url: str, auth: Any = "digest", *, password: str = "secret") -> Proxy:
    """Return a proxy with the credentials that its users have."""
    return Proxy(url, username="user", password=password, auth=auth)


@pytest.fixture(params=["squid", "apache_login"])
def proxy(request: pytest.FixtureRequest) -> LoginProxy:
    """Each of the proxies in turn."""
    found: LoginProxy = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def target(raw_server: ServerMaker, certificates: Certificates) -> RawServer:
    """A TLS server on a port that no other test asks a proxy for."""
    return raw_server([OK] * 50, tls=certificates.server_context())


def test_digest_for_plain_requests(proxy: LoginProxy, asgi_server: AsgiServer) -> None:
    path = f"/echo/{uuid4()}"
    with Client(proxy=user(proxy.digest)) as client:
        for number in range(3):
            response = client.get(f"{asgi_server.url}{path}?n={number}")
            assert response.status_code == 200
            assert response.json()["query"] == f"n={number}"
            assert "proxy-authorization" not in response.text.lower()
            assert "proxy-authorization" not in response.request.headers
            assert response.history == []
    wanted = {407: 1, 200: 3}
    assert proxy.statuses(path, wanted) == wanted


def test_digest_for_tunnels(
    proxy: LoginProxy, asgi_server: AsgiServer, target: RawServer, certificates: Certificates
) -> None:
    limits = Limits(max_keepalive_connections=0)
    with Client(proxy=user(proxy.digest), verify=str(certificates.ca), limits=limits) as client:
        for _ in range(3):
            assert (client.get(target.url)).text == "ok"
            # The nonce is used again, counted, for other servers too.
            assert (client.get(f"{asgi_server.https_url}/echo")).status_code == 200
    wanted = {407: 1, 200: 3}
    assert proxy.statuses(f":{target.port}", wanted) == wanted
    assert all(b"authorization" not in each.lower() for each in target.received)


def test_a_proxy_that_knows_digest_only_and_a_url_with_a_password(
    apache_login: LoginProxy, asgi_server: AsgiServer
) -> None:
    path = f"/echo/{uuid4()}"
    with Client(proxy=apache_login.digest.replace("//", "//user:secret@")) as client:
        for _ in range(3):
            assert (client.get(asgi_server.url + path)).status_code == 200
    wanted = {407: 1, 200: 3}
    assert apache_login.statuses(path, wanted) == wanted


@pytest.mark.parametrize("auth", ["basic", "any"])
def test_basic_ahead_and_on_demand(
    proxy: LoginProxy, asgi_server: AsgiServer, target: RawServer, certificates: Certificates, auth: str
) -> None:
    path = f"/echo/{uuid4()}"
    wanted = Counter({407: int(auth == "any"), 200: 3})
    with Client(proxy=user(proxy.other, auth)) as client:
        for _ in range(3):
            assert (client.get(asgi_server.url + path)).status_code == 200
    assert proxy.statuses(path, wanted) == wanted
    limits = Limits(max_keepalive_connections=0)
    with Client(proxy=user(proxy.other, auth), verify=str(certificates.ca), limits=limits) as client:
        for _ in range(3):
            assert (client.get(target.url)).text == "ok"
    assert proxy.statuses(f":{target.port}", wanted) == wanted


@pytest.mark.parametrize("auth", ["basic", "digest", "any"])
def test_a_wrong_password(
    proxy: LoginProxy, asgi_server: AsgiServer, target: RawServer, certificates: Certificates, auth: str
) -> None:
    path = f"/echo/{uuid4()}"
    wanted = {407: 2}  # without and with, or the two ways to say it
    with Client(proxy=user(proxy.digest, auth, password="s3cret"), verify=str(certificates.ca)) as client:
        response = client.get(asgi_server.url + path)
        assert response.status_code == 407
        assert response.content != b""
        assert proxy.statuses(path, wanted) == wanted
        with pytest.raises(ProxyError, match=r"407.*check its user name and password") as caught:
            client.get(target.url)
        assert "s3cret" not in str(caught.value)
        assert proxy.statuses(f":{target.port}", wanted) == wanted
        assert client.pool_stats().open <= 1
    assert target.connections == 0


def test_nonces_run_out(
    squid: LoginProxy, asgi_server: AsgiServer, target: RawServer, certificates: Certificates
) -> None:
    """Those of squid are good for 20 requests; it says in time which one is next, but not for a tunnel."""
    path = f"/echo/{uuid4()}"
    named = 0
    limits = Limits(max_keepalive_connections=0)
    with Client(proxy=user(squid.digest), verify=str(certificates.ca), limits=limits) as client:
        for _ in range(50):
            response = client.get(asgi_server.url + path)
            assert response.status_code == 200
            named += "nextnonce" in response.headers.get("proxy-authentication-info", "")
        for _ in range(25):
            assert (client.get(target.url)).text == "ok"
    assert named >= 2
    wanted = {407: 1, 200: 50}
    assert squid.statuses(path, wanted) == wanted
    found = squid.statuses(f":{target.port}", {407: 1, 200: 25})
    assert (1 <= found[407] <= 2, found[200]) == (True, 25)


def test_nonces_for_one_request(asgi_server: AsgiServer) -> None:
    with run_apache_login(lifetime=0) as proxy:
        with Client(proxy=user(proxy.digest)) as client:
            for _ in range(4):
                assert (client.post(f"{asgi_server.url}/echo", content=b"body")).json()["body"] == "body"


def test_many_at_once(proxy: LoginProxy, nginx: Nginx, certificates: Certificates) -> None:
    with Client(proxy=user(proxy.digest), verify=str(certificates.ca)) as client:
        for base in (nginx.url, nginx.https_url):
            responses = client.parallel_get([f"{base}/small.txt?{n}" for n in range(15)], limit=8)
            assert [each.content for each in responses] == [SMALL] * 15


def test_bodies(proxy: LoginProxy, asgi_server: AsgiServer) -> None:
    def pieces() -> Any:
        yield b"one "
        yield b"pass"

    with Client(proxy=user(proxy.digest)) as client:
        first = client.post(f"{asgi_server.url}/echo", content=pieces())
        assert first.status_code == 407  # it can't be sent again, but what the proxy asks for is known now
        second = client.post(f"{asgi_server.url}/echo", content=pieces())
        assert (second.status_code, second.json()["body"]) == (200, "one pass")
        with client.stream("POST", f"{asgi_server.url}/echo", content=b"streamed") as streamed:
            assert b"streamed" in streamed.read()


def test_from_the_environment(
    squid: LoginProxy, nginx: Nginx, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = squid.digest.replace("//", "//user:secret@")
    monkeypatch.setenv("http_proxy", url)
    monkeypatch.setenv("https_proxy", url)
    with Client(verify=str(certificates.ca)) as client:
        assert (client.get(f"{nginx.url}/small.txt")).content == SMALL
        assert (client.get(f"{nginx.https_url}/small.txt")).content == SMALL


# What is said to whom: secrets sent to the wrong place, class A.


def test_the_password_is_never_sent_as_it_is(raw_server: ServerMaker) -> None:
    server = raw_server([demand('Basic realm="r"')], [demand('Basic realm="r"')])
    with Client(proxy=user(server.url)) as client:
        assert (client.get("http://a.test/")).status_code == 407
        with pytest.raises(ProxyError, match="407"):
            client.get("https://a.test/")
    assert b"authorization" not in (server.received[0] + server.received[1]).lower()


def test_the_strongest_of_several(raw_server: ServerMaker) -> None:
    challenges = (
        'Basic realm="r"',
        digest("n1", more=", algorithm=MD5"),
        digest("n2", more=", algorithm=SHA-512-256, userhash=true"),
        digest("n3", more=", algorithm=SHA-256"),
        digest("n4", more=", algorithm=SHA-1024"),
    )
    server = raw_server([demand(*challenges), OK])
    with Client(proxy=user(server.url, "any")) as client:
        assert (client.get("http://a.test/x?y=1")).text == "ok"
    first, second = server.received[0].split(b"\r\n\r\n")[:2]
    assert b"authorization" not in first.lower()
    assert b'nonce="n2"' in second
    assert b'uri="http://a.test/x?y=1"' in second
    assert b'user"' not in second


def test_what_a_tunnel_shows(raw_server: ServerMaker) -> None:
    refused = b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"
    server = raw_server([demand(digest("n1"))], [refused])
    with Client(proxy=user(server.url)) as client:
        with pytest.raises(ProxyError, match="403 No"):
            client.get("https://a.test/secret", headers={"Authorization": "secret", "Cookie": "secret"})
    first, second = (bytes(each) for each in server.received)
    assert first.startswith(b"CONNECT a.test:443 HTTP/1.1\r\n")
    assert b'uri="a.test:443"' in second
    assert b"nc=00000001" in second
    assert b"secret" not in first + second


def test_proxies_know_nothing_of_each_other(raw_server: ServerMaker) -> None:
    """The credentials of proxy A to proxy B: both challenge alike, and each gets its own user's answer."""
    one, other = (raw_server([demand(digest("n")), OK, OK]) for _ in range(2))
    proxies = {
        "http://a.test": Proxy(one.url, username="ada", password="1", auth="digest"),
        "http://b.test": Proxy(other.url, username="bob", password="2", auth="digest"),
    }
    with Client(proxy=proxies) as client:
        for host in "abab":
            assert (client.get(f"http://{host}.test/")).text == "ok"
    assert b'username="ada"' in one.received[0]
    assert b'username="bob"' not in one.received[0]
    assert b'username="bob"' in other.received[0]
    assert b'username="ada"' not in other.received[0]


def test_a_redirect_past_the_proxy_takes_nothing_along(raw_server: ServerMaker) -> None:
    server = raw_server([OK])
    moved = f"HTTP/1.1 302 Found\r\nlocation: {server.url}/x\r\ncontent-length: 0\r\n\r\n".encode()
    proxy = raw_server([demand(digest("n")), moved])
    with Client(proxy={"http": user(proxy.url), "no_proxy": "127.0.0.1"}) as client:
        assert (client.get("http://a.test/", follow_redirects=True)).text == "ok"
    assert b"Proxy-Authorization: Digest" in proxy.received[0]
    assert b"authorization" not in server.received[0].lower()


def test_a_header_of_the_users_own(raw_server: ServerMaker) -> None:
    server = raw_server([demand(digest("n"))], [demand(digest("n"))])
    with Client(proxy=user(server.url)) as client:
        response = client.get("http://a.test/", headers={"Proxy-Authorization": "mine"})
        assert response.status_code == 407
    own = Proxy(server.url, username="user", password="secret", headers={"Proxy-Authorization": "mine"})
    with Client(proxy=own) as client:
        assert (client.get("http://a.test/")).status_code == 407
    assert [bytes(each).count(b"Proxy-Authorization: mine\r\n") for each in server.received] == [1, 1]


def test_a_proxy_that_asks_for_ever(raw_server: ServerMaker) -> None:
    stale = [demand(digest(f"n{number}", more=", stale=true")) for number in range(20)]
    server = raw_server(stale)
    with Client(proxy=user(server.url)) as client:
        response = client.get("http://a.test/")
    assert (response.status_code, response.text) == (407, "no\n")
    assert server.received[0].count(b"GET http://a.test/") == 4


def test_the_nonce_to_use_next(raw_server: ServerMaker) -> None:
    following = b'HTTP/1.1 200 OK\r\nproxy-authentication-info: nextnonce="n2"\r\ncontent-length: 2\r\n\r\nok'
    server = raw_server([demand(digest("n1")), following, OK])
    with Client(proxy=user(server.url)) as client:
        for _ in range(2):
            client.get("http://a.test/")
    assert [bytes(each).count(b'nonce="n2"') for each in server.received[0].split(b"\r\n\r\n")[:3]] == [0, 0, 1]


def test_a_proxy_of_one_request(raw_server: ServerMaker) -> None:
    server = raw_server([demand(digest("n")), OK, OK])
    with Client() as client:
        for _ in range(2):
            assert (client.get("http://a.test/", proxy=user(server.url))).text == "ok"
    assert [each.count(b"nc=") for each in server.received[0].split(b"\r\n\r\n")[:3]] == [0, 1, 1]


def test_upgrades_go_through_tunnels(proxy: LoginProxy, raw_server: ServerMaker) -> None:
    """A WebSocket over plain http needs a tunnel, so the credentials are for the CONNECT alone."""
    refusal = demand(digest("of the server"))
    server = raw_server([refusal])
    with Client(proxy=user(proxy.digest)) as client:
        with pytest.raises(HTTPError, match="407"):
            with client.websocket(f"ws://127.0.0.1:{server.port}/"):
                raise AssertionError("not reached")
    wanted = {407: 1, 200: 1}
    assert proxy.statuses(f":{server.port}", wanted) == wanted
    assert server.connections == 1  # a 407 of the server behind the proxy is no question
    assert b"authorization" not in server.received[0].lower()


@pytest.mark.parametrize("url", ["http://a.test/", "https://a.test/"])
def test_digest_inside_tls(raw_server: ServerMaker, certificates: Certificates, url: str) -> None:
    refused = b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"
    steps = [demand(digest("n")), OK]
    scripts = [steps] if url.startswith("http:") else [steps[:1], [refused]]
    server = raw_server(*scripts, tls=certificates.server_context())
    with Client(proxy=user(server.url), verify=str(certificates.ca)) as client:
        if url.startswith("http:"):
            assert (client.get(url)).text == "ok"
        else:
            with pytest.raises(ProxyError, match="403"):
                client.get(url)
    received = b"".join(map(bytes, server.received))
    assert received.count(b"Proxy-Authorization: Digest") == 1
    assert b"secret" not in received


def test_engines_that_can_not(raw_server: ServerMaker) -> None:
    with pytest.raises(UnsupportedByEngine, match="answers no challenges of proxies"):
        Client(engine=HttpcoreEngine(), proxy=user("http://p.test"))

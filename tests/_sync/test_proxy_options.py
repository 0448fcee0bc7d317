# Generated from tests/_async/test_proxy_options.py by scripts/generate_sync.py. Do not edit.
"""How a proxy is chosen: for the client, for one request, by pattern, by a function, from the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from duohttp import Client, HttpcoreEngine, MockEngine, NativeEngine, ProxyError, UnsupportedByEngine
from duohttp.exceptions import InvalidRequest
from duohttp.values.capabilities import Capability

from ..servers.certificates import Certificates
from ..servers.nginx import SMALL, Nginx
from ..servers.proxies import Proxy as RunningProxy
from ..servers.raw import RawServer

pytestmark = pytest.mark.anyio

Running = Callable[[str], str]
ServerMaker = Callable[..., RawServer]


@pytest.fixture
def running(tinyproxy: RunningProxy, https_proxy: RunningProxy, microsocks: RunningProxy) -> Running:
    """The url of the proxy for a scheme."""
    return {"http": tinyproxy.url, "https": https_proxy.url, "socks5": microsocks.url}.__getitem__


@pytest.mark.parametrize("engine", [NativeEngine, HttpcoreEngine])
def test_proxy_for_one_request(running: Running, nginx: Nginx, certificates: Certificates, engine: Any) -> None:
    unreachable = "http://127.0.0.1:1"
    for url in (nginx.url, nginx.https_url):
        with Client(engine=engine(), proxy=unreachable, verify=str(certificates.ca)) as client:
            with pytest.raises(ProxyError):
                client.get(f"{url}/small.txt")
            assert (client.get(f"{url}/small.txt", proxy=None)).content == SMALL
            assert (client.get(f"{url}/small.txt", proxy=running("socks5"))).content == SMALL
            assert (client.get(f"{url}/small.txt", proxy={"all": running("https")})).content == SMALL
            assert (client.get(f"{url}/small.txt", proxy=lambda url: None)).content == SMALL
            with client.stream("GET", f"{url}/small.txt", proxy=None) as response:
                assert response.read() == SMALL
            request = client.build_request("GET", f"{url}/small.txt", proxy=None)
            assert (client.send(request)).content == SMALL
            assert (client.prepare("GET", f"{url}/small.txt", proxy=None).execute()).content == SMALL
            with pytest.raises(ProxyError):
                client.get(f"{url}/small.txt")
        with Client(engine=engine(), verify=str(certificates.ca)) as client:
            with pytest.raises(ProxyError):
                client.get(f"{url}/small.txt", proxy=unreachable)
            assert (client.get(f"{url}/small.txt")).content == SMALL
            # Without a proxy there is one way, however that was said.
            assert (client.get(f"{url}/small.txt", proxy=None)).content == SMALL
            assert client.pool_stats().open == 1


def test_proxy_of_a_request_holds_for_its_redirects(raw_server: ServerMaker) -> None:
    target = raw_server([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://other.test/x\r\nContent-Length: 0\r\n\r\n"
    proxy = raw_server([redirect, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
    with Client(engine=NativeEngine()) as client:
        response = client.get(target.url, proxy=proxy.url)
        assert response.content == b"ok"
    assert bytes(proxy.received[0]).startswith(b"GET " + target.url.encode())
    assert b"GET http://other.test/x HTTP/1.1\r\n" in proxy.received[0]
    assert target.connections == 0


def test_every_flow_takes_the_requests_proxy(raw_server: ServerMaker, tmp_path: Path) -> None:
    events = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: x\n\n"
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
    tunnel = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    proxy = raw_server([page], [events], [page], [page], [page], [page], [tunnel])
    with Client(engine=NativeEngine(), proxy="http://127.0.0.1:1") as client:
        client.download("http://h.test/download", tmp_path / "page", proxy=proxy.url)
        with client.sse("http://h.test/sse", proxy=proxy.url) as source:
            for event in source:
                assert event.data == "x"
                break
        client.parallel_get(["http://h.test/parallel"], proxy=proxy.url)
        with client.scope() as scope:
            scope.get("http://h.test/scope", proxy=proxy.url)
        client.parallel([client.prepare("GET", "http://h.test/prepared", proxy=proxy.url)])
        for response in client.paginate("http://h.test/pages", proxy=proxy.url):
            assert response.content == b"[]"
        with pytest.raises(ProxyError):
            with client.websocket("ws://h.test/websocket", proxy=proxy.url):
                pass
    targets = [bytes(data).split(b" ")[1].rpartition(b"/")[2] for data in proxy.received]
    assert targets == [b"download", b"sse", b"parallel", b"scope", b"prepared", b"pages", b"h.test:80"]


@pytest.mark.parametrize("proxy", ["ftp://p.test", "http://u:secret@p.test/x", 7, {"ftp": None}, {7: None}, ["a"]])
def test_a_proxy_that_is_none(proxy: Any) -> None:
    with Client(engine=NativeEngine()) as client:
        with pytest.raises(InvalidRequest) as caught:
            client.get("http://h.test", proxy=proxy)
        assert "secret" not in str(caught.value)


def test_a_function_decides(raw_server: ServerMaker) -> None:
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    proxy, server = raw_server([ok, ok, ok]), raw_server([ok, ok, ok])
    seen = []

    def choose(url: URL) -> str | None:
        seen.append(str(url))
        return proxy.url if url.path == "/far" else None

    with Client(engine=NativeEngine(), proxy=choose) as client:
        client.get(f"{server.url.replace('://', '://user:secret@')}/far")
        client.get(f"{server.url}/near")
    assert seen == [f"{server.url}/far", f"{server.url}/near"]
    assert bytes(proxy.received[0]).startswith(f"GET {server.url}/far HTTP/1.1".encode())
    assert bytes(server.received[0]).startswith(b"GET /near HTTP/1.1")


def test_a_function_that_fails(raw_server: ServerMaker) -> None:
    def choose(url: URL) -> str | None:
        raise LookupError("no proxy today")

    with Client(engine=NativeEngine(), proxy=choose) as client:
        with pytest.raises(LookupError, match="today"):
            client.get("http://h.test")
        assert client.pool_stats().open == 0


@pytest.mark.parametrize("engine", [NativeEngine, HttpcoreEngine])
def test_environment(monkeypatch: pytest.MonkeyPatch, nginx: Nginx, running: Running, engine: Any) -> None:
    for name in ("http_proxy", "no_proxy", "all_proxy", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    def reaches(**options: Any) -> bool:
        with Client(engine=engine(), **options) as client:
            try:
                return (client.get(f"{nginx.url}/small.txt")).content == SMALL
            except ProxyError:
                return False

    assert not reaches()
    assert not reaches(trust_env=["proxy"])
    assert reaches(trust_env=["ca", "keylog"])
    assert reaches(trust_env=False)
    assert reaches(proxy=running("http"))
    assert reaches(proxy={})
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
    assert reaches()
    assert not reaches(proxy="http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    assert reaches()
    monkeypatch.setenv("ALL_PROXY", running("socks5"))
    assert reaches()


@pytest.mark.parametrize("engine", [NativeEngine, HttpcoreEngine])
def test_a_unix_socket_has_no_proxy_on_its_way(monkeypatch: pytest.MonkeyPatch, nginx: Nginx, engine: Any) -> None:
    """Neither does the request go another way, nor does what is for the proxy go over the socket."""
    seen: list[Any] = []
    monkeypatch.setenv("http_proxy", "http://user:secret@127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "socks5h://user:secret@127.0.0.1:1")
    options: list[dict[str, Any]] = [{}, {"proxy": "http://user:secret@127.0.0.1:1"}]
    for given in options:
        with Client(engine=engine(uds=nginx.socket_path), **given) as client:
            assert (client.get("http://nowhere.test/echo")).text.startswith("GET /echo\nhost=nowhere.test\n")
            with pytest.raises(InvalidRequest, match="a Unix socket has no proxy on its way"):
                client.get("http://nowhere.test/echo", proxy="http://user:secret@127.0.0.1:1")
            assert (client.get("http://nowhere.test/echo", proxy=None)).status_code == 200
            seen.extend(client.pool_stats().routes)
    assert seen == ["http://nowhere.test:80"] * 2


def test_an_engine_without_proxies() -> None:
    engine = MockEngine(capabilities=set(Capability) - {Capability.PROXY})
    engine.on("GET", "http://h.test/").reply(200)
    with Client(engine=engine) as client:
        with pytest.raises(UnsupportedByEngine, match="HTTP proxies; leave proxy= out"):
            client.get("http://h.test/", proxy="http://p.test")
        assert (client.get("http://h.test/", proxy=None)).status_code == 200


def test_what_httpcore_does_not_speak() -> None:
    with Client(engine=HttpcoreEngine()) as client:
        with pytest.raises(UnsupportedByEngine, match="socks4a proxies; NativeEngine does"):
            client.get("http://h.test/", proxy="socks4a://p.test")
    with pytest.raises(UnsupportedByEngine, match="socks4 proxies"):
        Client(engine=HttpcoreEngine(), proxy="socks4://p.test")

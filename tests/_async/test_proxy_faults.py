"""Proxies that refuse, hang, leave and lie: what is raised, and that the client goes on."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from duohttp import (
    ConnectTimeout,
    Limits,
    NetworkError,
    Proxy,
    ProxyError,
    ReadTimeout,
    Retry,
    Timeout,
    TLSError,
    TotalTimeout,
)

from ..faults import acts, proxy_acts
from ..faults.leaks import nothing_left
from ..faults.scripted_server import Act, Peer, ScriptedServer, refusing_port, reply, scripted_server
from .faulty import AsyncTried

pytestmark = pytest.mark.anyio

ONE = Limits(max_connections=1)
PASSWORD = "p4ssw0rd"


@contextmanager
def servers(*, tls: bool = False) -> Iterator[tuple[ScriptedServer, ScriptedServer]]:
    """A proxy, with TLS to it or not, and a server with TLS."""
    with nothing_left(), scripted_server(tls=tls) as proxy, scripted_server(tls=True) as server:
        yield proxy, server


def proxy_of(server: ScriptedServer, scheme: str = "") -> Proxy:
    """The proxy as the client is told, with a password that no text may show."""
    login = "user@" if scheme.startswith("socks4") else f"user:{PASSWORD}@"
    return Proxy(f"{scheme or ('https' if server.tls else 'http')}://{login}127.0.0.1:{server.port}", verify=None)


def harmless(error: BaseException) -> None:
    """Check that neither the error nor what caused it shows the password."""
    cause: BaseException | None = error
    while cause is not None:
        assert PASSWORD not in f"{cause} {cause!r}"
        cause = cause.__cause__


# What a proxy answers to CONNECT.

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
ANSWERS = {
    "407": (reply(b"", "407 Proxy Authentication Required"), "407 .*check its user name and password"),
    "407-body": (reply(b"x" * 100_000, "407 Who"), "407 Who"),
    "403": (reply(b"no", "403 Forbidden"), "403 Forbidden"),
    "502": (reply(b"", "502 Bad Gateway"), "502 Bad Gateway"),
    "301": (reply(b"", "301 Moved", "Location: http://127.0.0.1:1/"), "301 Moved"),
    "101": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "101"),
    "200-body": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "before the tunnel's first use"),
    "200-chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "before the tunnel's first use"),
    "1xx-flood": (CONTINUE * 1000, "informational"),
    "huge": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000, "longer than"),
    "many": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", "header lines|longer than"),
    "no-http": (b"220 mail.test ESMTP\r\n", "not HTTP"),
    "half": (b"HTTP/1.1 200 OK\r\nX: y", "in the middle"),
    "nothing": (b"", "before it answered"),
}


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_is_no_tunnel(answer: str, tls: bool) -> None:
    data, message = ANSWERS[answer]
    with servers(tls=tls) as (proxy, server):
        async with AsyncTried("native", proxy=proxy_of(proxy), limits=ONE) as client:
            for _ in range(2):
                proxy.then(proxy_acts.connect_then(data, "close_notify"))
                with pytest.raises(ProxyError, match=message) as caught:
                    await client.get(server.url(), headers={"Authorization": "Bearer t0ken", "Cookie": "t0ken=1"})
                harmless(caught.value)
            assert [request.method for request in proxy.received] == ["CONNECT"] * 2
            assert all("t0ken" not in str(request) for request in proxy.received)
            proxy.then(proxy_acts.tunnel(server.port))
            assert (await client.get(server.url("/well"))).content == b"GET /well 0"


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_informational_answers_to_connect(tls: bool) -> None:
    with servers(tls=tls) as (proxy, server):
        async with AsyncTried("native", proxy=proxy_of(proxy)) as client:

            def play(peer: Peer) -> None:
                peer.read_request()
                peer.send(CONTINUE + b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n")
                peer.send(proxy_acts.ESTABLISHED)
                proxy_acts.relay(peer, server.port, proxy_acts.Sayer(peer, None, "close"))

            proxy.then(play)
            assert (await client.get(server.url("/well"))).content == b"GET /well 0"


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_a_proxy_that_keeps_silent(tls: bool) -> None:
    with servers(tls=tls) as (proxy, server):
        async with AsyncTried("native", proxy=proxy_of(proxy), limits=ONE) as client:
            for timeout, wanted in ((Timeout(5, connect=0.1), ConnectTimeout), (Timeout(5, total=0.1), TotalTimeout)):
                proxy.then(acts.silent)
                with pytest.raises(wanted) as caught:
                    await client.get(server.url(), timeout=timeout)
                harmless(caught.value)
                if not tls:
                    continue
                proxy.then(acts.silent_before_tls)
                with pytest.raises(wanted) as caught:
                    await client.get(server.url(), timeout=timeout)
                harmless(caught.value)
            # A tunnel that leads nowhere.
            proxy.then(proxy_acts.connect_then(proxy_acts.ESTABLISHED))
            with pytest.raises(ConnectTimeout):
                await client.get(server.url(), timeout=Timeout(5, connect=0.1))
            proxy.then(proxy_acts.tunnel(server.port))
            assert (await client.get(server.url("/well"))).content == b"GET /well 0"


@pytest.mark.parametrize("way", ["close", "reset"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_a_tunnel_cut_anywhere(tls: bool, way: str) -> None:
    with servers(tls=tls) as (proxy, server):
        async with AsyncTried("native", proxy=proxy_of(proxy), limits=ONE) as client:
            raised = set()
            # The server's handshake has some 1300 to 2500 bytes, the response follows it.
            for cut in [*range(6), 127, 500, 1000, 2000, 3000]:
                proxy.then(proxy_acts.tunnel(server.port, cut=cut, way=way))
                try:
                    response = await client.get(server.url("/well"))
                except NetworkError as error:
                    harmless(error)
                    raised.add(type(error))
                else:
                    assert response.content == b"GET /well 0"
            assert TLSError in raised
            await client.aclose()  # a way that is cut only later may be among those that are kept


@pytest.mark.parametrize("way", ["close", "reset"])
async def test_a_proxy_that_leaves_in_its_own_handshake(way: str) -> None:
    with servers(tls=True) as (proxy, server):
        async with AsyncTried("native", proxy=proxy_of(proxy), limits=ONE) as client:
            for data in (b"", b"\x16\x03\x03", b"HTTP/1.1 400 Bad Request\r\n\r\n"):
                proxy.then(acts.say_at_once(data, way, before_tls=True))
                with pytest.raises(ProxyError, match="can't be reached") as caught:
                    await client.get(server.url())
                harmless(caught.value)
            proxy.then(proxy_acts.tunnel(server.port))
            assert (await client.get(server.url("/well"))).content == b"GET /well 0"


async def test_a_407_on_the_forward_way_is_an_answer() -> None:
    """For plain http the proxy's answer is the response; it is asked once, and nothing loops."""
    with servers() as (proxy, _):
        async with AsyncTried("native", proxy=proxy_of(proxy), limits=ONE) as client:
            proxy.then(acts.answer(reply(b"", "407 Who", 'Proxy-Authenticate: Basic realm="p"')))
            response = await client.get("http://h.test/")
            assert response.status_code == 407
            assert len(proxy.received) == 1


TRANSIENT = {
    "nothing": proxy_acts.connect_then(b"", "close"),
    "reset": proxy_acts.connect_then(b"", "reset"),
    "half": proxy_acts.connect_then(b"HTTP/1.1 200", "close"),
    "502": proxy_acts.connect_then(ANSWERS["502"][0]),
    "429": proxy_acts.connect_then(reply(b"", "429 Slowly")),
}
FINAL = {name: proxy_acts.connect_then(ANSWERS[name][0]) for name in ("407", "403", "301", "no-http", "200-body")}


@pytest.mark.parametrize("fault", [*TRANSIENT, *FINAL])
async def test_what_is_tried_again(fault: str) -> None:
    """The server saw nothing, so a POST may go again too; where it can't help, it does not."""
    with servers() as (proxy, server):
        plugins = [Retry(max_retries=1, constant_delay=0)]
        async with AsyncTried("native", proxy=proxy_of(proxy), limits=ONE, plugins=plugins) as client:
            proxy.then({**TRANSIENT, **FINAL}[fault], proxy_acts.tunnel(server.port))
            if fault in TRANSIENT:
                assert (await client.post(server.url("/well"), content=b"abc")).content == b"POST /well 3"
            else:
                with pytest.raises(ProxyError) as caught:
                    await client.post(server.url("/well"), content=b"abc")
                error = pickle.loads(pickle.dumps(caught.value))
                assert error.status_code == (int(fault) if fault.isdigit() else None)
                assert not error.transient
            assert server.count("POST") == (fault in TRANSIENT)


async def test_a_proxy_that_is_not_there() -> None:
    with refusing_port() as port:
        async with AsyncTried("native", proxy=f"http://127.0.0.1:{port}", limits=ONE) as client:
            with pytest.raises(ProxyError, match="can't be reached") as caught:
                await client.get("https://h.test/")
            assert caught.value.transient


# SOCKS.

SCHEMES = ["socks4", "socks4a", "socks5", "socks5h"]


def act_for(scheme: str, to: int = 0, **options: Any) -> Act:
    made: Any = proxy_acts.socks4 if scheme.startswith("socks4") else proxy_acts.socks5
    act: Act = made(to, **options)
    return act


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("way", ["close", "reset"])
async def test_socks_cut_at_each_byte(scheme: str, way: str) -> None:
    size = 8 if scheme.startswith("socks4") else 14
    more = {} if scheme.startswith("socks4") else {"password": True}
    with servers() as (proxy, server):
        async with AsyncTried("native", proxy=proxy_of(proxy, scheme), limits=ONE) as client:
            for cut in range(size):
                proxy.then(act_for(scheme, server.port, cut=cut, way=way, **more))
                with pytest.raises(ProxyError) as caught:
                    await client.get(server.url())
                assert str(proxy.port) in str(caught.value)
                harmless(caught.value)
            proxy.then(act_for(scheme, server.port, **more))
            assert (await client.get(server.url("/well"))).content == b"GET /well 0"


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_socks_refusals(scheme: str) -> None:
    codes = (91, 92, 93, 0, 255) if scheme.startswith("socks4") else range(1, 10)
    with servers() as (proxy, server):
        async with AsyncTried("native", proxy=proxy_of(proxy, scheme), limits=ONE) as client:
            for code in codes:
                proxy.then(act_for(scheme, code=code))
                with pytest.raises(ProxyError, match=f"refused a way to 127.0.0.1:{server.port}") as caught:
                    await client.get(server.url())
                harmless(caught.value)
                assert caught.value.transient == (code in ((91,) if scheme.startswith("socks4") else (1, 3, 4, 5, 6)))
            proxy.then(act_for(scheme, server.port))
            assert (await client.get(server.url("/well"))).content == b"GET /well 0"


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_socks_proxy_that_keeps_silent(scheme: str) -> None:
    size = 8 if scheme.startswith("socks4") else 12
    with servers() as (proxy, server):
        async with AsyncTried("native", proxy=proxy_of(proxy, scheme), limits=ONE) as client:
            for cut in (0, 1, size - 1):
                proxy.then(act_for(scheme, cut=cut, way="open"))
                with pytest.raises(ConnectTimeout, match="did not open a way in time") as caught:
                    await client.get(server.url(), timeout=Timeout(5, connect=0.1))
                harmless(caught.value)
            proxy.then(act_for(scheme, cut=0, way="open"))
            with pytest.raises(TotalTimeout):
                await client.get(server.url(), timeout=Timeout(5, total=0.1))
            proxy.then(act_for(scheme, server.port))
            assert (await client.get(server.url("/well"))).content == b"GET /well 0"


async def test_a_server_behind_a_proxy_that_keeps_silent() -> None:
    """Once the way is open, it is the server's time that is measured."""
    with nothing_left(), scripted_server() as proxy, scripted_server() as server:
        async with AsyncTried("native", proxy=proxy_of(proxy, "socks5"), limits=ONE) as client:
            server.then(acts.silent)
            proxy.then(proxy_acts.socks5(server.port))
            with pytest.raises(ReadTimeout):
                await client.get(server.url(), timeout=Timeout(5, read=0.1))

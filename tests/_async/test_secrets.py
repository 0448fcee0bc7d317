"""Secrets sent to the wrong place, on the wire: servers of plain sockets record every byte of the native engine.

The classes are those in which HTTP clients were found vulnerable; each test names one. More of them, against scripted
answers: ``test_auth_leaks`` (every source, every kind of other origin), ``test_auth_digest``, ``test_proxy_auth``,
``test_http_cookies``.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    BasicAuth,
    BearerAuth,
    DigestAuth,
    HTTPError,
    Logging,
    NativeEngine,
    NetrcAuth,
)

from ..servers.raw import RawServer

pytestmark = pytest.mark.anyio

ServerMaker = Callable[..., RawServer]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
ENCODED = ("s3cret", "czNjcmV0", "YWRhOnMzY3JldA")
NAMES = ("a.test", "b.test", "sub.a.test", "evil.test")


def moved(status: int, url: str, *lines: str) -> bytes:
    """Return a redirect."""
    more = "".join(f"{line}\r\n" for line in lines)
    return f"HTTP/1.1 {status} Moved\r\nlocation: {url}\r\n{more}content-length: 0\r\n\r\n".encode()


def client_of(**options: Any) -> AsyncClient:
    """Return a client for whom all names are this machine."""
    return AsyncClient(engine=NativeEngine(resolver=dict.fromkeys(NAMES, "127.0.0.1")), **options)


def secret_in(data: bytes | bytearray | str) -> bool:
    """Whether any form of the secret is there."""
    text = bytes(data).decode("latin-1") if not isinstance(data, str) else data
    return any(form in text for form in ENCODED)


@pytest.fixture
def netrc(tmp_path: Path) -> Path:
    """A netrc file with an entry for one host."""
    path = tmp_path / "netrc"
    path.write_text("machine a.test login ada password s3cret\n")
    return path


SOURCES: dict[str, Callable[[Path], tuple[dict[str, Any], dict[str, Any], str]]] = {
    "header": lambda path: ({}, {"headers": {"Authorization": "s3cret"}}, ""),
    "header twice": lambda path: ({}, {"headers": [("AUTHORIZATION", "s3cret"), ("authorization", "s3cret")]}, ""),
    "client header": lambda path: ({"headers": {"authorization": "s3cret"}}, {}, ""),
    "cookie header twice": lambda path: ({}, {"headers": [("COOKIE", "a=s3cret"), ("Cookie", "b=s3cret")]}, ""),
    "cookies of a request": lambda path: ({}, {"cookies": {"sid": "s3cret"}}, ""),
    "userinfo": lambda path: ({}, {}, "ada:s3cret@"),
    "pair": lambda path: ({"auth": ("ada", "s3cret")}, {}, ""),
    "token": lambda path: ({"auth": BearerAuth("s3cret")}, {}, ""),
    "basic": lambda path: ({"auth": BasicAuth("ada", "s3cret")}, {}, ""),
    "netrc": lambda path: ({"auth": NetrcAuth(path)}, {}, ""),
    "proxy header": lambda path: ({}, {"headers": {"Proxy-Authorization": "s3cret"}}, ""),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.test", "sub.a.test", "a.test"])
async def test_credentials_on_redirects_to_another_origin(
    raw_server: ServerMaker, netrc: Path, source: str, host: str
) -> None:
    """Class A: Authorization, Cookie and Proxy-Authorization after a redirect, to another host or another port."""
    statuses = (301, 302, 303, 307, 308)
    # Twice there: what is dropped at the first hop does not come back at the second.
    hops = [moved(302, "/again"), OK] * 5
    evil = raw_server(hops)
    home = raw_server([moved(status, f"http://{host}:{evil.port}/") for status in statuses])
    client_options, options, userinfo = SOURCES[source](netrc)
    async with client_of(**client_options) as client:
        for _ in statuses:
            response = await client.get(f"http://{userinfo}a.test:{home.port}/", **options)
            assert response.text == "ok"
    assert secret_in(home.received[0]) or source == "proxy header"
    assert b"".join(map(bytes, evil.received)).count(b"GET /again") == 5
    assert not any(secret_in(each) for each in evil.received)


async def test_proxy_authorization_stays_with_the_proxy(raw_server: ServerMaker) -> None:
    """Class A: Proxy-Authorization sent to an origin, directly after proxied requests, or after a redirect."""
    origin = raw_server([OK] * 4)
    direct = f"http://127.0.0.1:{origin.port}/"
    proxy = raw_server([OK, moved(302, direct), OK])
    url = f"http://ada:s3cret@127.0.0.1:{proxy.port}"
    async with client_of(proxy={"http": url, "no_proxy": "127.0.0.1"}) as client:
        for target in ("http://a.test/", "http://a.test/moved", direct, "http://a.test/"):
            assert (await client.get(target)).text == "ok"
    assert bytes(proxy.received[0]).count(b"Proxy-Authorization: Basic YWRhOnMzY3JldA==") == 3
    assert origin.connections > 0
    assert not any(b"authorization" in bytes(each).lower() for each in origin.received)


async def test_credentials_of_one_proxy_never_reach_another(raw_server: ServerMaker) -> None:
    """Class A: credentials of proxy A to proxy B, and stale ones after the proxy was changed."""
    one, other, third = (raw_server([OK] * 3) for _ in range(3))
    proxies = {
        "http://a.test": f"http://ada:s3cret@127.0.0.1:{one.port}",
        "http": f"http://127.0.0.1:{other.port}",
    }
    async with client_of(proxy=proxies) as client:
        for host in ("a.test", "b.test", "a.test"):
            await client.get(f"http://{host}/")
        await client.get("http://a.test/", proxy=f"http://127.0.0.1:{third.port}")
        await client.get("http://a.test/", proxy=f"http://127.0.0.1:{one.port}")
    assert [bytes(each).count(b"YWRhOnMzY3JldA==") for each in one.received] == [2, 0]
    assert not any(b"authorization" in bytes(each).lower() for each in [*other.received, *third.received])


async def test_digest_says_nothing_to_a_server_that_asks_alike(raw_server: ServerMaker) -> None:
    """Class A: Digest state that crosses origins; and the password is never sent in Basic (downgrade)."""
    challenge = 'www-authenticate: Digest realm="r", nonce="n", qop="auth"\r\nwww-authenticate: Basic realm="r"\r\n'
    refusal = f"HTTP/1.1 401 No\r\n{challenge}content-length: 0\r\n\r\n".encode()
    unknown = refusal.replace(b'qop="auth"', b'qop="auth", algorithm=SHA-1')
    evil = raw_server([refusal] * 3)
    home = raw_server([refusal, moved(302, f"http://evil.test:{evil.port}/"), unknown, refusal])
    async with client_of(auth=DigestAuth("ada", "s3cret")) as client:
        assert (await client.get(f"http://a.test:{home.port}/")).status_code == 401
        assert (await client.get(f"http://evil.test:{evil.port}/")).status_code == 401
        await client.get(f"http://a.test:{home.port}/")
    assert b'username="ada"' in home.received[0]
    for each in [*home.received, *evil.received]:
        assert not secret_in(each)
        assert b"Basic" not in each
    assert not any(b"authorization" in bytes(each).lower() for each in evil.received)


async def test_no_referer_is_sent(raw_server: ServerMaker) -> None:
    """Class A: Referer with userinfo, fragment or query; none is ever sent unasked, nor taken along."""
    home = raw_server([moved(302, "/second?s3cret#s3cret"), moved(302, "/third"), OK])
    async with client_of() as client:
        await client.get(f"http://ada:s3cret@a.test:{home.port}/first#s3cret")
    assert bytes(home.received[0]).count(b"GET /") == 3
    assert b"referer" not in bytes(home.received[0]).lower()
    assert b"#" not in home.received[0]


async def test_the_host_header_decides_nothing(raw_server: ServerMaker) -> None:
    """Class A: cookies by the Host header that was sent (curl CVE-2026-6276); here by the url alone."""
    setting = b"HTTP/1.1 200 OK\r\nset-cookie: sid=s3cret\r\ncontent-length: 2\r\n\r\nok"
    home, other = raw_server([setting, OK]), raw_server([OK] * 2)
    async with client_of() as client:
        await client.get(f"http://a.test:{home.port}/", headers={"Host": "b.test"})
        await client.get(f"http://b.test:{other.port}/")
        await client.get(f"http://b.test:{other.port}/", headers={"Host": "a.test"})
        await client.get(f"http://a.test:{home.port}/")
    assert bytes(home.received[0]).count(b"sid=s3cret") == 1
    assert not any(secret_in(each) for each in other.received)


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_body_is_not_sent_again_with_another_method(raw_server: ServerMaker, status: int) -> None:
    """Class A: the body, or what describes it, re-sent after POST became GET (urllib3 CVE-2023-45803)."""
    evil = raw_server([OK])
    home = raw_server([moved(status, f"http://evil.test:{evil.port}/")])
    headers = {"Content-Language": "en", "Content-Encoding": "identity", "Content-Type": "text/plain"}
    async with client_of() as client:
        await client.post(f"http://a.test:{home.port}/", content=b"s3cret", headers=headers)
    assert b"s3cret" in home.received[0]
    assert bytes(evil.received[0]).startswith(b"GET / ")
    assert b"\r\ncontent-" not in bytes(evil.received[0]).lower()
    assert b"transfer-encoding" not in bytes(evil.received[0]).lower()
    assert not secret_in(evil.received[0])


@pytest.mark.parametrize("status", [307, 308])
async def test_a_body_that_is_gone_is_not_sent_empty(raw_server: ServerMaker, status: int) -> None:
    """Class A: a one-shot body after 307 and 308 is an error, not an empty body."""
    evil = raw_server([OK])
    home = raw_server([moved(status, f"http://evil.test:{evil.port}/")])

    def pieces() -> Iterator[bytes]:
        yield b"once"

    async with client_of() as client:
        with pytest.raises(HTTPError):
            await client.post(f"http://a.test:{home.port}/", content=pieces())
    assert evil.connections == 0


# Secrets in errors, repr and logs.


WITH_SECRETS: dict[str, Any] = {
    "headers": {"Authorization": "Bearer s3cret", "Cookie": "sid=s3cret", "X-Api-Key": "s3cret"},
    "cookies": {"own": "s3cret"},
}

FAULTS: dict[str, list[Any]] = {
    "disconnect": [b""],
    "garbage": [b"SSH-2.0-none\r\n\r\n"],
    "status": [b"HTTP/1.1 500 Oh\r\nset-cookie: sid=s3cret\r\ncontent-length: 2\r\n\r\nno"],
    "cut": [b"HTTP/1.1 200 OK\r\nset-cookie: sid=s3cret\r\ncontent-length: 20\r\n\r\nno"],
    "json": [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{]"],
    "redirects": [moved(302, "http://ada:s3cret@a.test/", "set-cookie: sid=s3cret")],
    "scheme": [moved(302, "ftp://ada:s3cret@a.test/")],
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_secrets_are_in_no_error_and_no_log(
    raw_server: ServerMaker, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """Class A: secrets in errors, repr, tracebacks, events and logs (Ktor CVE-2023-34339, OkHttp CVE-2023-0833)."""
    server = raw_server(FAULTS[fault])
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    url = f"http://ada:s3cret@a.test:{server.port}/?x=1"
    async with client_of(plugins=[Logging(level="all")], max_redirects=0) as client:
        client.events.subscribe("*", lambda event: seen.append(repr(event)))
        with pytest.raises(HTTPError) as caught:
            await client.get(url, **WITH_SECRETS, into=dict, expect_success=True)
        seen.append(repr(client))
    error = caught.value
    request: Any = error.request
    seen += [str(error), repr(error), repr(request), str(request.url), repr(request.url), repr(request.headers)]
    if error.response is not None:
        seen += [repr(error.response), repr(error.response.headers), repr(error.response.request)]
    seen += traceback.format_exception(error, limit=0)
    seen += [record.getMessage() for record in caplog.records]
    assert any("a.test" in each for each in seen)  # it tells which request failed
    assert [each for each in seen if secret_in(each)] == []

"""TLS of the engines: certificates that are refused and why, settings that never share a connection, pins, sessions."""

from __future__ import annotations

import os
import shutil
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from duohttp import (
    TLS,
    AsyncClient,
    Coalesce,
    ConnectError,
    HttpCache,
    HttpcoreEngine,
    InvalidRequest,
    MissingExtra,
    NativeEngine,
    TLSError,
)
from duohttp.engines.options import EngineOptions
from duohttp.rules.pins import pin_of

from ..servers.certificates import Certificates, common_name_only, pins_of, self_signed
from ..servers.nginx import Nginx
from ..servers.raw import Hang, RawServer, Reset, Send

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
KEPT = [OK] * 20


@pytest.fixture(params=[NativeEngine, pytest.param(HttpcoreEngine, marks=pytest.mark.slow)], ids=["native", "httpcore"])
def engine(request: pytest.FixtureRequest) -> EngineOptions:
    options: EngineOptions = request.param()
    return options


@pytest.fixture
def server(certificates: Certificates) -> Iterator[Callable[..., RawServer]]:
    """Make servers that answer 200 on kept connections, with a certificate for some names."""
    with ExitStack() as stack:

        def make(*names: str, context: ssl.SSLContext | None = None, **issued: Any) -> RawServer:
            if context is None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*certificates.issue("made", *(names or ("localhost",)), **issued))
            return stack.enter_context(RawServer(KEPT, tls=context))

        yield make


def serving(chain: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


# What is refused, and what the error says.


async def refusal(engine: EngineOptions, url: str, certificates: Certificates, **options: Any) -> str:
    async with AsyncClient(engine=engine, **{"verify": str(certificates.ca), **options}) as client:
        with pytest.raises(TLSError) as caught:
            await client.get(url)
        assert client.pool_stats().open == 0
    assert "no TLS with" in str(caught.value)
    return str(caught.value)


async def test_expired(engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates) -> None:
    then = datetime.now(UTC) - timedelta(days=3, minutes=1)
    message = await refusal(engine, server(expires=then).url, certificates)
    assert f"the server's certificate has expired on {then:%Y-%m-%d %H:%M} UTC, 3 days ago" in message
    assert "clock" in message


async def test_not_yet_valid(
    engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates
) -> None:
    then = datetime.now(UTC) + timedelta(days=60)
    message = await refusal(engine, server(expires=then).url, certificates)
    assert f"the server's certificate is not valid before {then - timedelta(days=30):%Y-%m-%d %H:%M} UTC" in message


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("one.test", "*.two.test", "127.0.0.9"), "it is for one.test, *.two.test, 127.0.0.9"),
        (("*.localhost",), r"it is for \*.localhost"),
        (tuple(f"h{number}.test" for number in range(20)), "h7.test and 12 more"),
    ],
)
async def test_another_host(
    engine: EngineOptions,
    server: Callable[..., RawServer],
    certificates: Certificates,
    names: tuple[str, ...],
    says: str,
) -> None:
    message = await refusal(engine, server(*names).url, certificates)
    assert "the server's certificate is for other names than 'localhost'" in message
    assert says.replace("\\", "") in message


async def test_a_common_name_alone_is_no_name(
    engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates
) -> None:
    where = server(context=serving(*common_name_only(certificates, "localhost")))
    message = await refusal(engine, where.url, certificates)
    assert "it has none, and its common name 'localhost' does not count (RFC 9110 section 4.3.4)" in message


async def test_an_unknown_authority(
    engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates
) -> None:
    message = await refusal(engine, server().url, certificates, verify=str(certificates.other_ca))
    assert "issued by an unknown authority, 'Testing CA" in message or "unknown authority, 'trustme" in message
    assert "verify='its-ca.pem'" in message


async def test_self_signed(engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates) -> None:
    chain, key = self_signed(certificates, "localhost")
    where = server(context=serving(chain, key))
    message = await refusal(engine, where.url, certificates)
    assert "the server's certificate is self-signed and not among the trusted ones; to trust it, verify=" in message
    async with AsyncClient(engine=engine, verify=chain) as client:
        assert (await client.get(where.url)).text == "ok"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_versions(engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates) -> None:
    old = serving(certificates.server_cert, certificates.server_key)
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    where = server(context=old)
    message = await refusal(engine, where.url, certificates)
    assert "TLS version" in message
    tls = TLS(minimum_version="TLSv1", ciphers="ALL:@SECLEVEL=0")
    async with AsyncClient(engine=engine, verify=certificates.ca, tls=tls) as client:
        assert (await client.get(where.url)).text == "ok"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_certificate_is_wanted(
    engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates, version: ssl.TLSVersion
) -> None:
    context = serving(certificates.server_cert, certificates.server_key)
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    where = server(context=context)
    for _ in range(4):  # the server hangs up sometimes before and sometimes after the request was written
        message = await refusal(engine, where.url, certificates)
        assert "the server wants a client certificate; give one with cert=" in message or "it wants a client" in message
    async with AsyncClient(engine=engine, verify=certificates.ca, cert=certificates.client_pem) as client:
        assert (await client.get(where.url)).text == "ok"


@pytest.mark.parametrize(
    ("names", "host", "fits"),
    [
        (("*.example.test",), "a.example.test", True),
        (("*.example.test",), "a.b.example.test", False),
        (("*.example.test",), "example.test", False),
        (("127.0.0.1",), "127.0.0.1", True),
        (("127.0.0.2",), "127.0.0.1", False),
        (("a.example.test",), "A.EXAMPLE.TEST", True),
        (("a.example.test",), "a.example.test.", True),
        (("xn--bcher-kva.example.test",), "bücher.example.test", True),
    ],
)
async def test_names(
    engine: EngineOptions,
    server: Callable[..., RawServer],
    certificates: Certificates,
    names: tuple[str, ...],
    host: str,
    fits: bool,
) -> None:
    where = server(*names)
    url = f"https://{host}:{where.port}/"
    async with AsyncClient(engine=engine, verify=certificates.ca, resolver=lambda host, port: ["127.0.0.1"]) as client:
        if fits:
            assert (await client.get(url)).text == "ok"
        else:
            with pytest.raises(TLSError, match="is for other names"):
                await client.get(url)
            assert where.received == [b""]


@pytest.mark.parametrize("way", ["tinyproxy", "microsocks"])
@pytest.mark.parametrize("wrong", ["expired", "another host", "unknown authority", "self-signed", "common name"])
async def test_certificates_behind_proxies(
    engine: EngineOptions,
    server: Callable[..., RawServer],
    certificates: Certificates,
    request: pytest.FixtureRequest,
    way: str,
    wrong: str,
) -> None:
    proxy = request.getfixturevalue(way)
    made: dict[str, Callable[[], RawServer]] = {
        "expired": lambda: server(expires=datetime.now(UTC) - timedelta(days=3)),
        "another host": lambda: server("elsewhere.test"),
        "unknown authority": server,
        "self-signed": lambda: server(context=serving(*self_signed(certificates, "localhost"))),
        "common name": lambda: server(context=serving(*common_name_only(certificates, "localhost"))),
    }
    where = made[wrong]()
    verify = certificates.other_ca if wrong == "unknown authority" else certificates.ca
    says = {"another host": "other names", "common name": "does not count"}.get(wrong, wrong)
    async with AsyncClient(engine=engine, proxy=proxy.url, verify=verify, trust_env=False) as client:
        with pytest.raises(TLSError, match=says):
            await client.get(where.url)
        assert client.pool_stats().open == 0
        assert (await client.get(where.url, verify=False)).text == "ok"
    assert where.received[0] == b""


# Settings that differ never share a connection.


async def test_verify_false_does_not_stick(
    engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates
) -> None:
    where = server("elsewhere.test")
    async with AsyncClient(engine=engine, verify=certificates.ca) as client:
        for _ in range(2):
            assert (await client.get(where.url, verify=False)).text == "ok"
        assert where.connections == 1
        for _ in range(2):
            with pytest.raises(TLSError, match="other names"):
                await client.get(where.url)
        assert (await client.get(where.url, verify=False)).text == "ok"
        assert where.connections == 3


async def test_one_field_at_a_time(
    engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates, tmp_path: Path
) -> None:
    where = server("localhost", "other.test")
    again = tmp_path / "again.pem"
    again.write_bytes(certificates.ca.read_bytes())
    pair = (str(certificates.client_cert), str(certificates.client_key))
    pins = {"localhost": pins_of(certificates.ca), "other.test": pins_of(certificates.ca)}
    ways: list[dict[str, Any]] = [
        {},
        {"verify": False},
        {"verify": again},
        {"verify": certificates.client_context()},
        {"cert": pair},
        {"cert": str(certificates.client_pem)},
        {"server_hostname": "other.test"},
        {"tls": TLS(check_hostname=False)},
        {"tls": TLS(minimum_version="TLSv1.3")},
        {"tls": TLS(maximum_version="TLSv1.2")},
        {"tls": TLS(ciphers="ECDHE+AESGCM")},
        {"tls": TLS(pins=pins)},
        {"tls": TLS(session_resumption=False)},
        {"tls": TLS(keylog_filename=tmp_path / "keys")},
    ]
    async with AsyncClient(engine=engine, verify=certificates.ca) as client:
        for number, options in enumerate(ways, 1):
            for _ in range(2):
                assert (await client.get(where.url, **options)).text == "ok"
            assert where.connections == number, f"{options} shares a connection"
        for options in ways:
            assert (await client.get(where.url, **options)).text == "ok"
        assert where.connections == len(ways)
        stats = client.pool_stats()
        assert (stats.opened, stats.reused, stats.idle) == (len(ways), 2 * len(ways), len(ways))
    assert client.pool_stats().open == 0


async def test_equal_options_are_one_way(server: Callable[..., RawServer], certificates: Certificates) -> None:
    where = server()
    async with AsyncClient(verify=False) as client:
        await client.get(where.url, verify=str(certificates.ca))
        await client.get(where.url, verify=certificates.ca)
        await client.get(where.url, tls=TLS(verify=certificates.ca))
        await client.send(client.build_request("GET", where.url, verify=certificates.ca))
        await client.prepare("GET", where.url, verify=certificates.ca).execute()
    assert where.connections == 1


async def test_many_ways_of_requests_are_bounded(server: Callable[..., RawServer], certificates: Certificates) -> None:
    where = server()
    async with AsyncClient(verify=certificates.ca) as client:
        for number in range(40):
            pins = {"localhost": pins_of(certificates.ca), f"h{number}.test": pins_of(certificates.ca)}
            assert (await client.get(where.url, tls=TLS(pins=pins))).text == "ok"
        assert client.pool_stats().open <= 33
        first = {"localhost": pins_of(certificates.ca), "h0.test": pins_of(certificates.ca)}
        assert (await client.get(where.url, tls=TLS(pins=first))).text == "ok"


async def test_a_redirect_to_another_host_is_not_trusted(
    engine: EngineOptions, server: Callable[..., RawServer], certificates: Certificates
) -> None:
    asked: list[str] = []
    context = serving(certificates.server_cert, certificates.server_key)
    target = server("elsewhere.test")
    there = f"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:{target.port}/\r\nContent-Length: 0\r\n\r\n".encode()
    with RawServer([there, there], tls=context) as first:
        async with AsyncClient(engine=engine, verify=certificates.other_ca) as client:
            with pytest.raises(TLSError, match=r"127\.0\.0\.1"):
                await client.get(first.url, verify=False)
            assert (await client.get(target.url.replace("localhost", "127.0.0.1"), verify=False)).text == "ok"
    assert asked == []


async def test_what_a_trusting_request_brought_answers_no_other(
    server: Callable[..., RawServer], certificates: Certificates
) -> None:
    context = serving(*certificates.issue("elsewhere", "elsewhere.test"))
    kept = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: max-age=60\r\n\r\nok"
    with RawServer([kept] * 5, tls=context) as where:
        async with AsyncClient(verify=certificates.ca, plugins=[HttpCache()]) as client:
            for _ in range(2):
                assert (await client.get(where.url, verify=False)).text == "ok"
            with pytest.raises(TLSError, match="is for other names"):
                await client.get(where.url)


async def test_requests_that_trust_otherwise_are_not_joined(
    server: Callable[..., RawServer], certificates: Certificates
) -> None:
    where = server("elsewhere.test")
    async with AsyncClient(verify=certificates.ca, plugins=[Coalesce()]) as client:
        results = await client.parallel(
            [client.prepare("GET", where.url, verify=False), client.prepare("GET", where.url)], return_exceptions=True
        )
        assert getattr(results[0], "text", None) == "ok"
        assert isinstance(results[1], TLSError)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"verify": None}, "verify is True, False, 'system', a path or an SSLContext, not None"),
        ({"verify": ""}, "empty path"),
        ({"cert": ("a", "b", "c", "secret")}, "cert is a path"),
        ({"verify": False, "tls": TLS(verify=True)}, "verify is given twice"),
        ({"tls": True}, "tls (of the client )?is a TLS"),
        ({"server_hostname": "bücher.test"}, "in ASCII"),
        ({"verify": ssl.create_default_context(), "cert": "client.pem"}, "set cert in it"),
        ({"uds": 1}, "uds (of the client is a str|is the path)"),
    ],
)
async def test_options_are_checked_before_anything_is_sent(options: dict[str, Any], says: str) -> None:
    async with AsyncClient() as client:
        with pytest.raises((InvalidRequest, TypeError), match=says) as caught:
            await client.get("https://nowhere.test/", **options)
        assert "secret" not in str(caught.value)
    if "server_hostname" not in options:
        with pytest.raises((TypeError, ValueError), match=says):
            AsyncClient(**options)


async def test_a_context_of_the_clients_is_not_changed_for_a_request(
    server: Callable[..., RawServer], certificates: Certificates
) -> None:
    where = server()
    async with AsyncClient(verify=certificates.client_context()) as client:
        with pytest.raises(InvalidRequest, match="the client's verify is an SSLContext, which has cert already"):
            await client.get(where.url, cert=str(certificates.client_pem))
        assert (await client.get(where.url, server_hostname="localhost")).text == "ok"
        with pytest.raises(TLSError, match=r"is for other names than 'other\.test'"):
            await client.get(where.url, server_hostname="other.test")


# The name.


async def test_server_hostname(nginx: Nginx, certificates: Certificates, engine: EngineOptions) -> None:
    url = nginx.https_url.replace("localhost", "127.0.0.1")
    async with AsyncClient(engine=engine, verify=certificates.ca) as client:
        assert (await client.get(f"{url}/tls")).text.split()[2].startswith("127.0.0.1")  # no name was sent
        for name in ("example.test", "a.example.test"):
            _, _, sent, host, _ = (await client.get(f"{url}/tls", server_hostname=name)).text.split()
            assert sent == name
            assert host == url.removeprefix("https://")
        with pytest.raises(TLSError, match=r"is for other names than 'wrong\.test': it is for localhost, 127\.0\.0\.1"):
            await client.get(url, server_hostname="wrong.test")
    tls = TLS(server_hostname="a.example.test")
    async with AsyncClient(engine=engine, verify=certificates.ca, tls=tls) as client:
        assert (await client.get(f"{url}/tls")).text.split()[2] == "a.example.test"


# Pins.


async def test_pins(engine: EngineOptions, certificates: Certificates, server: Callable[..., RawServer]) -> None:
    where = server("localhost", "127.0.0.1")
    good = pins_of(certificates.folder / "made.pem")[:1]
    above = pins_of(certificates.ca)
    wrong = pins_of(certificates.other_ca)
    for pins in ({"localhost": good}, {"LOCALHOST.": [*wrong, *above]}, {"other.test": wrong}, {"*.localhost": wrong}):
        async with AsyncClient(engine=engine, verify=certificates.ca, tls=TLS(pins=pins)) as client:
            assert (await client.get(where.url)).text == "ok"
    before = where.connections
    async with AsyncClient(engine=engine, verify=certificates.ca, tls=TLS(pins={"localhost": wrong})) as client:
        with pytest.raises(TLSError, match="have none of the pinned keys; they have sha256/") as caught:
            await client.get(where.url)
        assert good[0] in str(caught.value)
        assert above[0] in str(caught.value)
        assert (await client.get(f"https://127.0.0.1:{where.port}")).text == "ok"
    assert where.received[before] == b"", "a request was sent before the pins were checked"


async def test_pins_of_what_was_not_verified(
    engine: EngineOptions, certificates: Certificates, server: Callable[..., RawServer]
) -> None:
    chain, key = certificates.issue("sends-its-ca", "localhost")
    chain.write_bytes(chain.read_bytes() + certificates.ca.read_bytes())
    where = server(context=serving(chain, key))
    leaf, above = pins_of(chain)[0], pins_of(certificates.ca)[0]
    async with AsyncClient(engine=engine, verify=False, tls=TLS(pins={"localhost": leaf})) as client:
        assert (await client.get(where.url)).text == "ok"
    async with AsyncClient(engine=engine, verify=False, tls=TLS(pins={"localhost": above})) as client:
        with pytest.raises(TLSError, match="none of the pinned keys"):  # anybody can send that certificate along
            await client.get(where.url)


async def test_pins_hold_on_a_connection_that_goes_on_with_a_session(certificates: Certificates, nginx: Nginx) -> None:
    pins = TLS(pins={"localhost": pins_of(certificates.ca)})
    async with AsyncClient(verify=certificates.ca, tls=pins) as client:
        await client.get(f"{nginx.https_url}/tls", headers={"Connection": "close"})
        assert (await client.get(f"{nginx.https_url}/tls")).text.split()[1] == "r"
        with pytest.raises(TLSError, match="none of the pinned keys"):
            await client.get(f"{nginx.https_url}/tls", tls=TLS(pins={"localhost": pins_of(certificates.other_ca)}))


# The key log.


async def test_key_log(
    engine: EngineOptions, nginx: Nginx, certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "environment"))
    for tls, trusted, name in ((TLS(), True, "environment"), (TLS(keylog_filename=tmp_path / "own"), False, "own")):
        async with AsyncClient(engine=engine, verify=certificates.ca, tls=tls, trust_env=trusted) as client:
            await client.get(f"{nginx.https_url}/tls")
        assert "CLIENT_HANDSHAKE_TRAFFIC_SECRET" in (tmp_path / name).read_text()
    async with AsyncClient(engine=engine, verify=certificates.ca, trust_env=False) as client:
        await client.get(f"{nginx.https_url}/tls")
    assert sorted(os.listdir(tmp_path)) == ["environment", "own"]
    unwritable = TLS(keylog_filename=tmp_path / "no" / "folder")
    async with AsyncClient(engine=engine, verify=certificates.ca, tls=unwritable) as client:
        with pytest.raises(TLSError, match=r"the key log '.*folder' can't be written"):
            await client.get(f"{nginx.https_url}/tls")


# Sessions: nginx says "r" where a connection went on with one, and "." where not.


async def resumed(client: AsyncClient, url: str, **options: Any) -> str:
    response = await client.get(f"{url}/tls", headers={"Connection": "close"}, **options)
    return str(response.text.split()[1])


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_sessions_are_gone_on_with(
    engine: EngineOptions, nginx: Nginx, certificates: Certificates, version: str
) -> None:
    tls = TLS(maximum_version=version)
    async with AsyncClient(engine=engine, verify=certificates.ca, tls=tls) as client:
        assert [await resumed(client, nginx.https_url) for _ in range(4)] == [".", "r", "r", "r"]
        first = await client.get(f"{nginx.https_url}/tls")
        assert first.text.startswith(version)


async def test_sessions_are_for_one_origin_and_one_client_alone(
    engine: EngineOptions, nginx: Nginx, certificates: Certificates
) -> None:
    other_name = nginx.https_url.replace("localhost", "127.0.0.1")
    async with AsyncClient(engine=engine, verify=certificates.ca) as client:
        assert await resumed(client, nginx.https_url) == "."
        assert await resumed(client, other_name) == "."
        assert await resumed(client, nginx.https_url, server_hostname="example.test") == "."
        assert await resumed(client, nginx.https_url, verify=False) == "."
        assert await resumed(client, nginx.https_url, verify=False) == "r"
        assert await resumed(client, nginx.https_url, cert=str(certificates.client_pem)) == "."
        assert await resumed(client, nginx.https_url, tls=TLS(session_resumption=False)) == "."
        assert await resumed(client, nginx.https_url, tls=TLS(session_resumption=False)) == "."
        assert await resumed(client, nginx.https_url) == "r"
        assert await resumed(client, other_name) == "r"
    async with AsyncClient(engine=engine, verify=certificates.ca) as client:
        assert await resumed(client, nginx.https_url) == "."
    async with AsyncClient(engine=engine, verify=certificates.client_context()) as client:
        assert [await resumed(client, nginx.https_url) for _ in range(2)] == [".", "."]


async def test_a_session_that_was_not_verified_is_not_gone_on_with(nginx: Nginx, certificates: Certificates) -> None:
    async with AsyncClient(verify=certificates.other_ca) as client:
        assert [await resumed(client, nginx.https_url, verify=False) for _ in range(2)] == [".", "r"]
        with pytest.raises(TLSError, match="unknown authority"):
            await resumed(client, nginx.https_url)


async def test_a_session_that_the_server_forgot(server: Callable[..., RawServer], certificates: Certificates) -> None:
    one, two = (serving(certificates.server_cert, certificates.server_key) for _ in range(2))
    gone = [OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")]
    with RawServer(gone, tls=one) as first:
        async with AsyncClient(verify=certificates.ca) as client:
            assert [(await client.get(first.url)).text for _ in range(2)] == ["ok", "ok"]
            first._tls = two  # whose ticket keys are others
            assert [(await client.get(first.url)).text for _ in range(2)] == ["ok", "ok"]


async def test_settings_that_differ_on_http2(nginx: Nginx, certificates: Certificates) -> None:
    pins = {"localhost": pins_of(certificates.ca)}
    async with AsyncClient(http2=True, verify=certificates.ca, tls=TLS(pins=pins)) as client:
        seen = []
        for options in ({}, {"verify": False, "tls": TLS(pins={})}, {"server_hostname": "example.test"}, {}):
            ways: Any = options
            response = await client.get(f"{nginx.https_url}/tls", **ways)
            assert response.http_version == "HTTP/2"
            seen.append(response.text.split()[2:])
        assert seen[0] == seen[3], "the connection was not used again"
        assert len({connection for *_, connection in seen}) == 3
        assert [name for name, *_ in seen] == ["localhost", "localhost", "example.test", "localhost"]
        with pytest.raises(TLSError, match="none of the pinned keys"):
            await client.get(f"{nginx.https_url}/tls", tls=TLS(pins={"localhost": pins_of(certificates.other_ca)}))


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_files_that_change_hold_for_the_next_connection(
    engine: EngineOptions, nginx: Nginx, certificates: Certificates, tmp_path: Path, version: str
) -> None:
    bundle = str(tmp_path / "bundle.pem")
    shutil.copy(certificates.ca, bundle)
    tls = TLS(maximum_version=version)
    async with AsyncClient(engine=engine, verify=bundle, tls=tls) as client:
        assert [await resumed(client, nginx.https_url) for _ in range(2)] == [".", "r"]
        shutil.copy(certificates.other_ca, bundle)
        for _ in range(2):
            with pytest.raises(TLSError, match="unknown authority"):  # though there is a session
                await resumed(client, nginx.https_url)
        shutil.copy(certificates.ca, bundle)
        os.utime(bundle, (1, 1))
        assert [await resumed(client, nginx.https_url) for _ in range(2)] == [".", "r"]
        os.remove(bundle)
        assert await resumed(client, nginx.https_url) == "r"  # for as long as it is away, what was read last holds


# The system's authorities.


async def test_the_systems_authorities(
    engine: EngineOptions, nginx: Nginx, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncClient(engine=engine, verify="system") as client:
        with pytest.raises(TLSError, match="unknown authority"):
            await client.get(f"{nginx.https_url}/tls")
    if sys.platform == "linux":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))  # which is how a system's authorities are told
        async with AsyncClient(engine=engine, verify="system", tls=TLS(ciphers="ECDHE+AESGCM")) as client:
            assert (await client.get(f"{nginx.https_url}/tls")).status_code == 200


async def test_the_systems_authorities_need_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "truststore", None)
    async with AsyncClient(verify="system", tls=TLS(ciphers="ECDHE+CHACHA20")) as client:
        with RawServer([Hang()]) as where, pytest.raises(MissingExtra, match=r"install duohttp\[truststore\]"):
            await client.get(f"https://127.0.0.1:{where.port}/")


# Connections that break.


@pytest.mark.parametrize(
    "step", [Send(b""), Reset(), Send(b"\x15\x03\x03\x00\x02\x02\x28")], ids=["end", "reset", "alert"]
)
async def test_a_handshake_that_breaks_is_a_tls_error(engine: EngineOptions, step: Any) -> None:
    with RawServer([step]) as where:
        async with AsyncClient(engine=engine, verify=False) as client:
            with pytest.raises(ConnectError) as caught:
                await client.get(f"https://localhost:{where.port}/", timeout=10)
            assert isinstance(caught.value, TLSError) or isinstance(step, Reset)  # which may come at once
            assert client.pool_stats().open == 0


def test_pins_are_of_certificates() -> None:
    for data in (b"", b"\x30", b"\x30\x82\x01", b"\x30\x80\x30\x80", b"no certificate at all", b"\x30\x03\x30\x01\x02"):
        with pytest.raises(ValueError, match="no certificate"):
            pin_of(data)

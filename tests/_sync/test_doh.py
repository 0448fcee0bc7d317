# Generated from tests/_async/test_doh.py by scripts/generate_sync.py. Do not edit.
"""DNS over HTTPS: a client that looks names up by another client, against dnsdist."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp import (
    AddressGuard,
    AddressRefused,
    CachedResolver,
    Client,
    ConnectTimeout,
    DohResolver,
    InvalidURL,
    ResolveError,
)
from duohttp._concurrency import monotonic

from ..servers.certificates import Certificates
from ..servers.dnsdist import Dnsdist
from ..servers.nginx import SMALL, Nginx
from ..servers.raw import Hang, RawServer

pytestmark = pytest.mark.anyio


def doh(dnsdist: Dnsdist, certificates: Certificates, **options: Any) -> DohResolver:
    return DohResolver(dnsdist.url, **{"verify": certificates.ca, "trust_env": False, **options})


def port_of(nginx: Nginx) -> str:
    return nginx.url.rpartition(":")[2]


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_names_are_looked_up(dnsdist: Dnsdist, certificates: Certificates, nginx: Nginx, http2: bool) -> None:
    resolver = doh(dnsdist, certificates, http2=http2)
    with Client(resolver=resolver) as client:
        for name in ("both.test", "four.test", "half.test", "BOTH.test", "short.test"):
            response = client.get(f"http://{name}:{port_of(nginx)}/small.txt")
            assert response.content == SMALL
    resolver.close()


def test_addresses(dnsdist: Dnsdist, certificates: Certificates) -> None:
    resolver = doh(dnsdist, certificates)
    assert resolver.resolve_now("both.test", 80) is None
    assert set(resolver.resolve("both.test", 80)) == {"127.0.0.1", "127.0.0.2", "::1"}
    assert set(resolver.resolve_now("both.test", 80) or ()) == {"127.0.0.1", "127.0.0.2", "::1"}
    assert (resolver.resolve("both.test", 80))[0] == "::1"
    assert list(resolver.resolve("short.test", 80)) == ["::1", "127.0.0.1"]
    assert resolver.resolve_now("short.test", 80) is None, "kept for longer than its ttl"
    assert list(resolver.resolve("half.test", 80)) == ["127.0.0.1"]
    assert resolver.resolve_now("half.test", 80) is None, "half an answer was kept"
    resolver.close()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gone.test", "does not exist, says https://localhost:"),
        ("empty.test", "has no address, says"),
        ("broken.test", "failed: the DNS server says server failure"),
        ("stranger.test", "failed: the DNS server says refused"),
        ("x" * 64 + ".test", "is no host name"),
    ],
)
def test_names_without_address(dnsdist: Dnsdist, certificates: Certificates, name: str, says: str) -> None:
    resolver = doh(dnsdist, certificates)
    with Client(resolver=resolver) as client:
        with pytest.raises(ResolveError, match=says):
            client.get(f"http://{name}/")
    resolver.close()


def test_a_server_that_does_not_answer(certificates: Certificates) -> None:
    with RawServer([Hang()], tls=certificates.server_context()) as server:
        resolver = DohResolver(server.url, verify=certificates.ca, timeout=0.3)
        started = monotonic()
        with Client(resolver=resolver) as client:
            with pytest.raises(ResolveError, match="failed: no byte came"):
                client.get("http://silent.test/", timeout=20)
            with pytest.raises(ConnectTimeout, match=r"the name lookup for silent\.test:80 did not end within 0\.1 s"):
                client.get("http://silent.test/", timeout=0.1)
        assert monotonic() - started < 10
        resolver.close()


def test_an_unverified_server_is_not_asked(dnsdist: Dnsdist, certificates: Certificates) -> None:
    resolver = doh(dnsdist, certificates, verify=certificates.other_ca)
    with Client(resolver=resolver) as client:
        with pytest.raises(ResolveError, match="unknown authority"):
            client.get("http://both.test/")
    resolver.close()


def test_its_own_host_is_never_asked_of_itself(dnsdist: Dnsdist, certificates: Certificates, nginx: Nginx) -> None:
    url = dnsdist.url.replace("localhost", "example.test")
    resolver = DohResolver(url, bootstrap="127.0.0.1", verify=certificates.ca, trust_env=False)
    with Client(resolver=resolver) as client:
        assert (client.get(f"http://both.test:{port_of(nginx)}/small.txt")).content == SMALL
        assert (client.get(f"http://example.test:{port_of(nginx)}/small.txt")).content == SMALL
    resolver.close()
    without = DohResolver(url.replace("example.test", "doh.invalid"), timeout=2)
    with Client(resolver=without) as client:
        with pytest.raises(ResolveError, match=r"doh\.invalid"):
            client.get("http://both.test/", timeout=10)
    without.close()


def test_localhost_is_not_asked_for(nginx: Nginx) -> None:
    with RawServer([]) as server:
        resolver = DohResolver(f"https://127.0.0.1:{server.port}/dns-query")
        with Client(resolver=resolver) as client:
            for name in ("localhost", "a.localhost", "localhost."):
                assert (client.get(f"http://{name}:{port_of(nginx)}/small.txt")).content == SMALL
        assert server.connections == 0


def test_what_is_found_is_judged(dnsdist: Dnsdist, certificates: Certificates) -> None:
    resolver = doh(dnsdist, certificates)
    with Client(resolver=resolver, address_guard=AddressGuard()) as client:
        with pytest.raises(AddressRefused, match=r"fd00::1.*10\.0\.0\.1"):
            client.get("http://private.test/")
    resolver.close()


def answer(body: bytes, kind: str = "application/dns-message", status: str = "200 OK", *lines: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Type: {kind}", *lines))
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (answer(b"<html>", "text/html"), "it answered 200 with text/html"),
        (answer(b"", status="503 Busy"), "it answered 503"),
        (answer(b"garbage"), "no size that a DNS message can have"),
        (answer(b"\0" * 40), "is no whole answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n", "it answered 302"),
        (b"SSH-2.0-x\r\n\r\n", "failed: "),
    ],
)
def test_servers_that_are_none(certificates: Certificates, said: bytes, says: str) -> None:
    with RawServer([said, said], tls=certificates.server_context()) as server:
        resolver = DohResolver(f"{server.url}/dns-query{{?dns}}", verify=certificates.ca)
        with Client(resolver=resolver) as client:
            with pytest.raises(ResolveError, match=says):
                client.get("http://a.test/")
        resolver.close()
        assert all(b"GET /dns-query?dns=AAABAAABAAAAAAAA" in bytes(received) for received in server.received)


def test_age_is_taken_off(certificates: Certificates) -> None:
    from duohttp.rules.dns_message import encode_question

    question = encode_question("a.test", 1)
    message = b"\0\0\x81\x80\0\1\0\1\0\0\0\0" + question[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"
    said = answer(message, "application/dns-message", "200 OK", "Age: 60")
    with RawServer([said] * 2, tls=certificates.server_context()) as server:
        resolver = DohResolver(f"{server.url}/dns-query", verify=certificates.ca)
        assert list(resolver.resolve("a.test", 80)) == ["127.0.0.1"]
        assert resolver.resolve_now("a.test", 80) is None
        resolver.close()


def test_no_such_name_is_kept_for_a_while() -> None:
    asked: list[str] = []

    def fails(host: str, port: int) -> list[str]:
        asked.append(host)
        raise ResolveError("there is none")

    for negative_ttl, times in ((0.0, 3), (60.0, 1)):
        asked.clear()
        with Client(resolver=CachedResolver(fails, negative_ttl=negative_ttl)) as client:
            for _ in range(3):
                with pytest.raises(ResolveError, match="there is none"):
                    client.get("http://a.test/")
        assert len(asked) == times


def test_options_travel(dnsdist: Dnsdist) -> None:
    resolver = DohResolver(dnsdist.url, bootstrap=["127.0.0.1"], max_entries=5, http2=True)
    copy = pickle.loads(pickle.dumps(resolver))
    assert copy.__getstate__() == resolver.__getstate__()
    with pytest.raises(InvalidURL, match="needs an https url"):
        DohResolver("http://dns.test/dns-query")
    with pytest.raises(ValueError, match="is no IP address"):
        DohResolver(dnsdist.url, bootstrap="dns.test")
    resolver.close()
    resolver.close()

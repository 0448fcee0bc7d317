"""Each example runs, as a reader runs it, and does what it says; the tour has tests of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .servers.certificates import Certificates
from .servers.dnsdist import Dnsdist
from .servers.nginx import Nginx
from .servers.proxies import Proxy

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
sys.path.insert(0, str(EXAMPLES))  # the examples are no part of the package

from server import serve  # type: ignore[import-not-found]  # noqa: E402


def run(name: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run an example; warnings are errors."""
    environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    environment |= {"PYTHONPATH": str(ROOT / ".dev"), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, cwd=folder, env=environment)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def passed(name: str, *arguments: str, folder: Path = ROOT) -> str:
    """Run an example and return what it printed."""
    done = run(name, *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serve() as (_, root):
        yield root


def test_every_example_is_tested_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f'"{path.stem}"' in text or path.stem in ("server", "tour"), f"{path.name} has no test"


@pytest.mark.parametrize("name", ["typed_parallel", "typed_parallel_async"])
def test_typed_objects_in_a_supervisor_scope(name: str) -> None:
    first, second, third, fourth = passed(name).splitlines()
    assert first == "Hello, Ada <ada@example.org>!"
    assert second == "Hello, Grace <grace@example.org>!"
    assert third.startswith("ClientStatusError: the server answered 404")
    assert fourth == "Hello, Edsger <edsger@example.org>!"


@pytest.mark.parametrize("name", ["typed_parallel", "typed_parallel_async"])
def test_typed_objects_of_given_urls(name: str, server: str) -> None:
    first, second = passed(name, f"{server}/big.bin", f"{server}/users/3.json").splitlines()
    assert first.startswith("DecodingError: ")
    assert second == "Hello, Edsger <edsger@example.org>!"


def test_a_streamed_download(server: str, tmp_path: Path) -> None:
    assert "20,000,000 of 20000000 bytes" in passed("streamed_download")
    printed = passed("streamed_download", f"{server}/big.bin", folder=tmp_path)
    assert hashlib.sha256((tmp_path / "big.bin").read_bytes()).hexdigest() in printed
    done = run("streamed_download", f"{server}/nothing", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("ClientStatusError: the server answered 404")


def test_testing_with_a_mock_engine() -> None:
    assert passed("mock_testing").count(": passed") == 4


def test_testing_an_application() -> None:
    assert passed("app_testing").count(": passed") == 3


def test_a_resumed_download(server: str, tmp_path: Path) -> None:
    assert passed("resumed_download") == "big.bin: 20,000,000 bytes\n"
    wrong = run("resumed_download", f"{server}/big.bin", str(tmp_path / "x"), "md5:" + "0" * 32)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("DecodingError: the md5 of the file is ")
    assert list(tmp_path.iterdir()) == []


def test_resources() -> None:
    assert passed("resources").splitlines() == [
        "GET /users/{id}.json 200",
        "Grace",
        "GET /users/{id}.json 200",
        "GET /users/{id}.json 200",
        "['Ada', 'Edsger']",
        "GET /users{/id}.json 200",
        "Ada",
        "/users/7.json",
    ]


def test_proxies(server: str, tinyproxy: Proxy, microsocks_auth: Proxy) -> None:
    wrong = microsocks_auth.url.replace("secret", "wrong")
    printed = passed("proxies", f"{server}/user.json", tinyproxy.url, microsocks_auth.url, wrong)
    lines = printed.splitlines()
    shown = microsocks_auth.url.replace("user:secret@", "")
    assert [line.partition(" in ")[0] for line in lines[:3]] == [
        "directly: 200",
        f"through {tinyproxy.url}: 200",
        f"through {shown}: 200",
    ]
    assert lines[3].startswith(f"through {shown}: ProxyError: the proxy {shown} opened no way to ")
    assert "secret" not in printed
    assert "wrong" not in printed


def test_cached() -> None:
    assert passed("cached").splitlines() == [
        "news: miss, 'the news'",
        "news: hit, 'the news'",
        "prices: miss, 'the prices'",
        "prices: revalidated, 'the prices'",
        "weather: miss, 'the weather'",
        "weather: stale, 'the weather'",
        "the server was asked 5 times",
    ]


def test_cache_on_disk() -> None:
    lines = passed("cache_on_disk").splitlines()
    assert lines == [
        "0 of 20 from the cache",
        *["20 of 20 from the cache"] * 2,
        "three processes, 60 pages, 20 requests",
    ]


def test_events_and_pages() -> None:
    *events, pages = passed("events_and_pages").splitlines()
    names = pages.split(", ")
    assert len(names) == 7
    assert events == [f"event {number}: {name}" for number, name in enumerate(names)]


def test_a_chat_over_websockets() -> None:
    assert passed("websocket_chat").splitlines() == [
        "Ada: hello",
        "Ada: nice weather",
        "closed with 4000: come again",
        "Grace: hello",
        "Grace: it rains",
    ]


def test_uploads() -> None:
    assert passed("uploads").splitlines() == [
        'form-data; name="title": None',
        'form-data; name="photo"; filename="summer.jpg": image/jpeg',
        'form-data; name="title": text/plain; charset=utf-8',
        'form-data; name="rows"; filename="rows.csv": text/csv',
        *("25 %", "50 %", "75 %", "100 %"),
        "20,000,000 bytes",
        "413 50,000,000 bytes at most",
    ]


def test_streaming_bodies() -> None:
    users = ["User(id=0, name='Ada')", "User(id=1, name='Grace')", "User(id=2, name='Edsger')"]
    assert passed("streaming_bodies").splitlines() == [
        *("started", "working … ", "done"),
        *users,
        *("bytes 0-4/30 00000", "bytes 20-24/30 00020"),
        "3 chunks: 0 1 2",
        *users[:2],
        "3 chunks: 0 1 2",
    ]


def test_many_at_once_over_http2(nginx: Nginx) -> None:
    assert passed("http2_many", f"{nginx.h2c_url}/small.txt", "60").startswith(
        "60 responses by HTTP/2 on 1 connection(s)"
    )
    done = run("http2_many", f"{nginx.url}/small.txt")
    assert done.returncode == 1
    assert done.stderr.startswith("RemoteProtocolError: the server broke HTTP/2")


def test_secure_connections(nginx: Nginx, certificates: Certificates) -> None:
    first, second, third = passed("secure_connections", str(certificates.ca), f"{nginx.https_url}/").splitlines()
    assert first.startswith("unknown: no TLS with localhost:")
    assert "unknown authority" in first
    assert (second, third) == ("trusted: 200", "pinned: 200")


def test_private_network() -> None:
    *lines, allowed = passed("private_network").splitlines()
    assert len(lines) == 5
    assert all("-> refused: the AddressGuard of the client refuses" in line for line in lines)
    assert allowed == "allowed -> 200"


def test_dns_over_https(dnsdist: Dnsdist, nginx: Nginx, certificates: Certificates) -> None:
    port = nginx.url.rpartition(":")[2]
    for name, says in (
        ("both.test", "200 from http://both.test"),
        ("gone.test", "no: the host name 'gone.test' does not"),
    ):
        url = f"http://{name}:{port}/small.txt"
        assert passed("dns_over_https", dnsdist.url, url, str(certificates.ca)).startswith(says)

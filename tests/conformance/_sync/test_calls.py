# Generated from tests/conformance/_async/test_calls.py by scripts/generate_sync.py. Do not edit.
"""What a client makes of an exchange: redirects, cookies, credentials, codings, types; over every engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from duohttp import (
    Capability,
    Headers,
    InvalidURL,
    Retry,
    ServerStatusError,
    TooManyRedirects,
    UnsupportedProtocol,
)

from ..marks import needs, without
from ..subjects import Subject
from .support import client_of

pytestmark = pytest.mark.anyio

not_with_http_1 = without(
    *("native", "httpcore", "external"),
    because="hypercorn sends them with HTTP/2 only; test_network has a server that sends them with HTTP/1.1",
)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(subject: Subject, status: int) -> None:
    with client_of(subject) as client:
        response = client.get(f"redirect/{status}")
        assert response.json()["method"] == "GET"
        assert [hop.status_code for hop in response.history] == [status]
        response = client.post(f"redirect/{status}", content=b"body")
        kept = status in (307, 308)
        assert response.json()["method"] == ("POST" if kept else "GET")
        assert response.json()["body"] == ("body" if kept else "")


def test_redirects_to_other_places(subject: Subject) -> None:
    with client_of(subject) as client:
        assert len((client.get("hops/3")).history) == 3
        response = client.get("redirect/302", params={"to": "/echo?key=value1%3Bvalue2%3D%22some=thing"})
        assert response.json()["target"] == "/echo?key=value1%3Bvalue2%3D%22some=thing"
        assert (client.get("redirect/302?to=../bytes/5")).url.path == "/bytes/5"
        response = client.get("redirect/302", follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (302, "/echo")
        with pytest.raises(TooManyRedirects):
            client.get("hops/30")
        assert (client.get("status/302")).status_code == 302  # without a Location
        with pytest.raises((UnsupportedProtocol, InvalidURL)):
            client.get("redirect/302?to=ftp://h.test/")


def test_cookies(subject: Subject) -> None:
    with client_of(subject, cookies={"mine": "0"}) as client:
        client.get("cookies/set?a=1&b=2")
        assert (client.get("cookies")).json() == {"mine": "0", "a": "1", "b": "2"}
        assert (client.get("cookies", cookies={"c": "3"})).json()["c"] == "3"
        response = client.get("cookies/set?d=4")
        assert response.cookies == {"d": "4"}
    with client_of(subject, cookies=False) as client:
        client.get("cookies/set?a=1")
        assert (client.get("cookies")).json() == {}


def test_credentials(subject: Subject) -> None:
    with client_of(subject) as client:
        assert (client.get("basic")).status_code == 401
        assert (client.get("basic", auth=("user", "secret"))).status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_content_codings(subject: Subject, coding: str) -> None:
    with client_of(subject) as client:
        response = client.get(f"encoded/{coding}")
        assert response.headers["content-encoding"] == coding
        assert response.json()["coding"] == coding
        with client.stream("GET", f"encoded/{coding}") as streamed:
            assert b"".join([piece for piece in streamed.iter_bytes()]) == response.content
        with client.stream("GET", f"encoded/{coding}") as raw:
            assert b"".join([piece for piece in raw.iter_raw()]) == response.raw_content
        assert (client.head(f"encoded/{coding}")).headers["content-encoding"] == coding


@dataclass
class Echoed:
    method: str
    body: str


def test_types(subject: Subject) -> None:
    with client_of(subject) as client:
        echoed = client.post("echo", json=Echoed("a", "b"), into=Echoed)
        assert echoed == Echoed("POST", '{"method":"a","body":"b"}')
        with pytest.raises(ServerStatusError):
            client.get("status/500", into=Echoed)


def test_an_attempt_after_another(subject: Subject) -> None:
    # Each run a key of its own: the server counts.
    key = f"{subject.name}-{id(subject)}"
    with client_of(subject, plugins=[Retry(max_retries=3, base_delay=0.001)]) as client:
        response = client.put(f"flaky/{key}?fail=2", content=b"again and again")
        assert (response.status_code, response.json()) == (200, {"calls": 3})
        assert len(response.attempts) >= 2


def test_a_statement_runs_again_and_again(subject: Subject) -> None:
    with client_of(subject) as client:
        statement = client.prepare("POST", "echo", json=[1])
        for _ in range(3):
            assert (statement.execute()).json()["body"] == "[1]"
        with statement.stream() as response:
            assert b"[1]" in response.read()


def test_a_derived_client_shares_the_engine(subject: Subject) -> None:
    with client_of(subject) as client:
        derived = client.derive(headers={"X-Derived": "1"})
        assert Headers((derived.get("echo")).json()["headers"])["x-derived"] == "1"
        derived.close()
        assert "x-derived" not in Headers((client.get("echo")).json()["headers"])


@needs(Capability.TRAILERS)
@without(
    "native",
    "httpcore",
    "external",
    because="hypercorn sends no trailers with HTTP/1.1; test_network has a server that does",
)
def test_trailers(subject: Subject) -> None:
    with client_of(subject) as client:
        response = client.get("trailers", headers={"TE": "trailers"})
        assert (response.content, response.trailers["x-checksum"]) == (b"body\n", "abc")
        with client.stream("GET", "trailers", headers={"TE": "trailers"}) as streamed:
            assert streamed.trailers == Headers()
            streamed.read()
            assert streamed.trailers["X-Checksum"] == "abc"


@needs(Capability.EARLY_HINTS)
@without(
    "native",
    "httpcore",
    "external",
    because="hypercorn sends no hints with HTTP/1.1; test_network has a server that does",
)
def test_early_hints(subject: Subject) -> None:
    with client_of(subject) as client:
        response = client.get("hints")
        assert response.status_code == 200
        assert [hint["link"] for hint in response.early_hints] == ["</style.css>; rel=preload; as=style"]


def test_events_and_lists(subject: Subject) -> None:
    with client_of(subject) as client:
        numbers = []
        with client.sse("sse?n=3", max_reconnects=2) as events:
            for event in events:
                numbers.append((event.id, event.event, event.data))
                if len(numbers) == 5:  # of two connections
                    break
    assert numbers == [(str(number), "tick", str(number)) for number in range(5)]


def test_download(subject: Subject, tmp_path: Any) -> None:
    with client_of(subject) as client:
        path = tmp_path / "file.bin"
        client.download("file", path)
        assert len(path.read_bytes()) == 20_000
        part = client.get("file", headers={"Range": "bytes=19990-"})
        assert (part.status_code, len(part.content)) == (206, 10)

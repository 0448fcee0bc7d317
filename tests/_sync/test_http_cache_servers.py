# Generated from tests/_async/test_http_cache_servers.py by scripts/generate_sync.py. Do not edit.
"""HttpCache against nginx and hypercorn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from duohttp import Client, HttpCache, MemoryCacheStorage, Response, Retry
from duohttp._concurrency import ManualClock, use_clock, wall_time

from ..servers.asgi import AsgiServer
from ..servers.certificates import Certificates
from ..servers.nginx import MEGABYTE, SMALL, Nginx
from .caching import BlockingStorage

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> Iterator[ManualClock]:
    """The time it is, standing still: the servers go by their own."""
    with use_clock(ManualClock(wall_time=wall_time())) as manual:
        assert isinstance(manual, ManualClock)
        yield manual


@pytest.fixture(params=["quick", "blocking"])
def cache(request: pytest.FixtureRequest) -> HttpCache:
    return HttpCache(MemoryCacheStorage() if request.param == "quick" else BlockingStorage())


def outcome(response: Response) -> tuple[str, int]:
    """Return what the cache did, and the status of the server."""
    assert response.cache_status is not None
    return response.cache_status.outcome, response.cache_status.fwd_status


def test_nginx_confirms(nginx: Nginx, cache: HttpCache, clock: ManualClock) -> None:
    """Sections 4.2 and 4.3: ``expires 60s``, ETag and Last-Modified."""
    with Client(base_url=nginx.url, plugins=[cache]) as client:
        found = []
        for _ in range(4):
            response = client.get("cached/small.txt")
            assert response.content == SMALL
            found.append(outcome(response))
            clock.advance(35)
        # What it confirms is as old as the Date in its answer says: the server's clock did not go forward.
        assert found == [("miss", 200), ("hit", 0), ("revalidated", 304), ("revalidated", 304)]
        response = client.head("cached/small.txt", headers={"Cache-Control": "max-stale"})
        assert outcome(response) == ("stale", 0)
        assert response.headers["content-length"] == "54"
        response = client.get("cached/small.txt", headers={"If-None-Match": response.headers["etag"]})
        assert response.status_code == 304


def test_nginx_has_another_version(nginx: Nginx, cache: HttpCache) -> None:
    name = f"{uuid4().hex}.txt"
    with Client(base_url=nginx.url, plugins=[cache]) as client:
        for text in ("one", "other"):
            (nginx.uploads / name).write_text(text)
            response = client.get(f"pages/{name}", headers={"Cache-Control": "no-cache"})
            assert (response.text, *outcome(response)) == (text, "miss", 200)
            response = client.get(f"pages/{name}")
            assert (response.text, *outcome(response)) == (text, "hit", 0)


def test_nginx_changes_by_put_and_delete(nginx: Nginx, cache: HttpCache) -> None:
    """Section 4.4."""
    path = f"pages/{uuid4().hex}.txt"
    with Client(base_url=nginx.url, plugins=[cache]) as client:
        for text in ("one", "two"):
            assert (client.put(path, content=text)).is_success
            for expected in (("miss", 200), ("hit", 0)):
                response = client.get(path)
                assert (response.text, outcome(response)) == (text, expected)
        assert (client.delete(path)).is_success
        assert (client.get(path)).status_code == 404


@pytest.mark.parametrize("stream", [False, True])
def test_nginx_sends_parts(nginx: Nginx, cache: HttpCache, stream: bool) -> None:
    """Section 3.4."""
    with Client(base_url=nginx.url, plugins=[cache]) as client:

        def get(wanted: str = "") -> tuple[bytes, Response]:
            headers = {"Range": f"bytes={wanted}"} if wanted else {}
            with client.stream("GET", "cached/1mb.bin", headers=headers) as response:
                return response.read(), response

        for wanted in ("0-99999", "300000-399999", "100000-299999"):
            content, response = get(wanted)
            start, _, last = wanted.partition("-")
            assert content == MEGABYTE[int(start) : int(last) + 1]
            assert (response.status_code, outcome(response)) == (206, ("miss", 206))
        content, response = get("50000-350000")
        assert (content, outcome(response)) == (MEGABYTE[50000:350001], ("hit", 0))
        if stream:
            content, response = get()
        else:
            response = client.get("cached/1mb.bin")
            content = response.content
        assert (hashlib.sha256(content).digest(), outcome(response)) == (
            hashlib.sha256(MEGABYTE).digest(),
            ("miss", 206),
        )
        assert response.headers["content-length"] == str(len(MEGABYTE))
        asked = nginx.requests("/cached/1mb.bin")[-1]
        assert " 206 " in asked
        content, response = get("-1000")
        assert (content, outcome(response)) == (MEGABYTE[-1000:], ("hit", 0))


def test_nginx_codes(nginx: Nginx, cache: HttpCache) -> None:
    with Client(base_url=nginx.url, plugins=[cache]) as client:
        control = {"Cache-Control": "max-stale"}
        for coding in ("gzip", "identity", "gzip", "identity"):
            response = client.get("gzip/small.txt", headers={"Accept-Encoding": coding, **control})
            assert response.content == SMALL
            # nginx sends no Vary unless told; the coding that came is what the response says.
            assert response.headers.get("content-encoding", "identity") in ("gzip", "identity")


def ask(client: Client, path: str, **options: Any) -> tuple[str, int, str]:
    """Return outcome, number of calls the server counted, and whom it saw."""
    response = client.get(path, **options)
    assert response.cache_status is not None
    return response.cache_status.outcome, response.json()["calls"], response.json()["user"]


@pytest.mark.parametrize("http2", [False, True])
def test_hypercorn_with_users(
    asgi_server: AsgiServer, certificates: Certificates, cache: HttpCache, http2: bool
) -> None:
    """Section 3.5."""
    key = uuid4().hex
    url = asgi_server.https_url if http2 else asgi_server.url
    options: dict[str, Any] = {"verify": str(certificates.ca), "http2": True} if http2 else {}
    shared = HttpCache(cache.storage, shared=True)
    ada, bob = {"Authorization": "Bearer ada"}, {"Authorization": "Bearer bob"}
    with Client(base_url=url, plugins=[cache], **options) as client:
        path = f"cache/{key}"
        assert ask(client, path, headers=ada) == ("miss", 1, "Bearer ada")
        assert ask(client, path, headers=bob) == ("miss", 2, "Bearer bob")
        assert ask(client, path, headers=ada) == ("hit", 1, "Bearer ada")
    with Client(base_url=url, plugins=[shared], **options) as client:
        path = f"cache/{key}s"
        assert ask(client, path, headers=ada) == ("miss", 1, "Bearer ada")
        assert ask(client, path, headers=bob) == ("miss", 2, "Bearer bob")
        path = f"cache/{key}p?control=public,max-age=60"
        assert ask(client, path, headers=ada) == ("miss", 1, "Bearer ada")
        assert ask(client, path, headers=bob) == ("hit", 1, "Bearer ada")


def test_hypercorn_with_cookies(asgi_server: AsgiServer, cache: HttpCache) -> None:
    path = f"cache/{uuid4().hex}?vary=Cookie&cookie=sid%3D1"
    with Client(base_url=asgi_server.url, plugins=[cache]) as client:
        assert ask(client, path) == ("miss", 1, "")
        assert ask(client, path) == ("miss", 2, "sid=1")
        assert ask(client, path) == ("hit", 2, "sid=1")
        assert ask(client, path, cookies=False) == ("hit", 1, "")


def test_hypercorn_confirms(asgi_server: AsgiServer, cache: HttpCache, clock: ManualClock) -> None:
    path = f'cache/{uuid4().hex}?etag="1"&control=no-cache'
    with Client(base_url=asgi_server.url, plugins=[cache]) as client:
        assert [ask(client, path) for _ in range(3)] == [("miss", 1, ""), *[("revalidated", 1, "")] * 2]


def test_hypercorn_is_asked_once(asgi_server: AsgiServer, cache: HttpCache) -> None:
    path = f"cache/{uuid4().hex}"
    with Client(base_url=asgi_server.url, plugins=[cache]) as client:
        found = client.parallel([path] * 20, into=dict[str, Any], limit=20)
        assert [page["calls"] for page in found] == [1] * 20


def test_hypercorn_fails(asgi_server: AsgiServer, cache: HttpCache, clock: ManualClock) -> None:
    """RFC 5861 section 4; what is retried is the whole, inside of which the cache stands."""
    key = uuid4().hex
    plugins = [HttpCache(cache.storage, stale_if_error=3600), Retry(max_retries=1, constant_delay=0)]
    with Client(base_url=asgi_server.url, plugins=plugins) as client:
        assert ask(client, f"cache/{key}") == ("miss", 1, "")
        clock.advance(100)
        with client.intercept(refused):
            assert ask(client, f"cache/{key}") == ("stale", 1, "")


def refused(request: Any, proceed: Any) -> Response:
    request.url = request.url.with_port(1)
    response: Response = proceed(request)
    return response


def test_hypercorn_breaks_off(asgi_server: AsgiServer, cache: HttpCache) -> None:
    """Section 3.3."""
    from duohttp import TransportError

    with Client(base_url=asgi_server.url, plugins=[cache]) as client:
        with pytest.raises(TransportError):
            client.get("broken")
        with client.stream("GET", "broken") as response:
            with pytest.raises(TransportError):
                response.read()
        assert cache.storage.entries(f"{asgi_server.url}/broken") == []

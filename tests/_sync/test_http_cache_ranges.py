# Generated from tests/_async/test_http_cache_ranges.py by scripts/generate_sync.py. Do not edit.
"""HttpCache: parts of bodies, stored, put together and answered (RFC 9111 sections 3.3 and 3.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import Client, MemoryCacheStorage, MockEngine, ReadError, Response, reply
from duohttp._concurrency import ManualClock, use_clock
from duohttp.engines.mock_reply import Reply
from duohttp.engines.mock_rules import Recorded
from duohttp.rules.caching_ranges import parse_range

from .caching import URL, BlockingStorage, cached, sent

pytestmark = pytest.mark.anyio

BODY = bytes(range(100))


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    """Time that stands still."""
    with use_clock(ManualClock()) as manual:
        assert isinstance(manual, ManualClock)
        yield manual


@pytest.fixture(params=["quick", "blocking"])
def storage(request: pytest.FixtureRequest) -> MemoryCacheStorage:
    """A storage that is called at once, and one that is called as those on disks are."""
    return MemoryCacheStorage() if request.param == "quick" else BlockingStorage()


class Origin:
    """A server of one body that knows ranges, conditions and versions."""

    def __init__(self, body: bytes = BODY, etag: str = '"1"') -> None:
        self.body = body
        self.etag = etag
        self.stream = False

    def __call__(self, call: Recorded) -> Reply:
        """Answer as RFC 9110 says."""
        headers = {"Cache-Control": "max-age=60", "Content-Type": "x/y"}
        if self.etag:
            headers["ETag"] = self.etag
        if self.etag and call.headers.get("if-none-match") == self.etag:
            return reply(304, headers=headers)
        wanted = parse_range(call.headers.get("range", ""))
        if call.headers.get("if-range", self.etag) != self.etag or wanted is None:
            return self._whole(200, self.body, headers)
        found = wanted.within(len(self.body))
        if found is None:
            return reply(416, headers={"Content-Range": f"bytes */{len(self.body)}"})
        start, stop = found
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(self.body)}"
        return self._whole(206, self.body[start:stop], headers)

    def _whole(self, status: int, body: bytes, headers: dict[str, str]) -> Reply:
        if self.stream:
            return reply(status, stream=[body[:7], body[7:]] if len(body) > 7 else [body], headers=headers)
        return reply(status, content=body, headers=headers)


def origin_of(storage: MemoryCacheStorage, **options: Any) -> tuple[Client, MockEngine, Origin]:
    origin = Origin(**options)
    client, engine, _ = cached(storage=storage)
    engine.on().answer(origin)
    return client, engine, origin


def get(client: Client, wanted: str = "", *, stream: bool = False, **headers: str) -> Response:
    """Return the response to a request for a range, or the whole."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if wanted:
        fields["Range"] = f"bytes={wanted}"
    if not stream:
        response: Response = client.get(URL, headers=fields)
        return response
    with client.stream("GET", URL, headers=fields) as streamed:
        streamed.read()
    return streamed


def told(response: Response) -> tuple[Any, ...]:
    """Return what a range response tells."""
    names = ("content-range", "content-length")
    return response.status_code, *[response.headers.get(name) for name in names], response.from_cache


@pytest.mark.parametrize("stream", [False, True])
def test_ranges_of_a_stored_whole(stream: bool, storage: MemoryCacheStorage) -> None:
    """RFC 9110 section 14."""
    client, engine, _ = origin_of(storage)
    get(client)
    ranges = {"0-9": (0, 10), "90-": (90, 100), "-10": (90, 100), "50-500": (50, 100), "-500": (0, 100)}
    for wanted, (start, stop) in ranges.items():
        response = get(client, wanted, stream=stream)
        assert told(response) == (206, f"bytes {start}-{stop - 1}/100", str(stop - start), True)
        assert response.content == BODY[start:stop]
        assert response.headers["content-type"] == "x/y"
    none = get(client, "100-", stream=stream)
    assert told(none) == (416, "bytes */100", "0", True)
    assert none.content == b""
    assert len(engine.history) == 1


def test_if_range_from_the_cache(storage: MemoryCacheStorage) -> None:
    """RFC 9110 section 13.1.5."""
    client, engine, _ = origin_of(storage)
    get(client)
    assert (get(client, "0-9", If_Range='"1"')).status_code == 206
    response = get(client, "0-9", If_Range='"2"')
    assert (response.status_code, response.content, response.from_cache) == (200, BODY, True)
    assert (get(client, "0-9", If_None_Match='"1"')).status_code == 304
    assert len(engine.history) == 1


@pytest.mark.parametrize("wanted", ["0-1,5-6", "x"])
def test_ranges_the_cache_does_not_know(wanted: str, storage: MemoryCacheStorage) -> None:
    client, engine, _ = origin_of(storage)
    get(client)
    response = get(client, wanted)
    assert not response.from_cache
    assert sent(engine) == {"range": f"bytes={wanted}"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_part_is_stored(stream: bool, storage: MemoryCacheStorage) -> None:
    """Section 3.3."""
    client, engine, origin = origin_of(storage)
    origin.stream = stream
    assert told(get(client, "10-29", stream=stream))[:2] == (206, "bytes 10-29/100")
    response = get(client, "15-24", stream=stream)
    assert told(response) == (206, "bytes 15-24/100", "10", True)
    assert response.content == BODY[15:25]
    assert not (get(client, "5-24", stream=stream)).from_cache
    assert len(engine.history) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_parts_are_put_together(stream: bool, storage: MemoryCacheStorage) -> None:
    """Section 3.4."""
    client, engine, origin = origin_of(storage)
    origin.stream = stream
    for wanted in ("20-39", "60-79", "30-69"):
        get(client, wanted, stream=stream)
    response = get(client, "20-79", stream=stream)
    assert (told(response), response.content) == ((206, "bytes 20-79/100", "60", True), BODY[20:80])
    assert len(storage) == 1
    for wanted in ("0-19", "80-"):
        get(client, wanted, stream=stream)
    whole = get(client, stream=stream)
    assert (whole.status_code, whole.content, whole.from_cache) == (200, BODY, True)
    assert whole.headers["content-length"] == "100"
    assert "content-range" not in whole.headers
    assert len(storage) == 1
    assert len(engine.history) == 5


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("first", "asked_for"), [("0-39", "bytes=40-99"), ("40-", "bytes=0-39")])
def test_a_part_is_completed(stream: bool, first: str, asked_for: str, storage: MemoryCacheStorage) -> None:
    """Section 3.4: only what is missing is asked for."""
    client, engine, origin = origin_of(storage)
    origin.stream = stream
    get(client, first)
    response = get(client, stream=stream)
    assert sent(engine) == {"range": asked_for, "if-range": '"1"'}
    assert (response.status_code, response.content, response.headers["content-length"]) == (200, BODY, "100")
    assert str(response.cache_status) == "duohttp; fwd=partial; fwd-status=206; stored"
    assert (get(client, stream=stream)).content == BODY
    assert len(engine.history) == 2
    assert len(storage) == 1


def test_a_part_of_another_version_is_replaced(storage: MemoryCacheStorage) -> None:
    """Section 3.4: the same strong validator, or nothing."""
    client, engine, origin = origin_of(storage)
    get(client, "0-39")
    origin.body, origin.etag = BODY[::-1], '"2"'
    response = get(client)
    assert (response.status_code, response.content) == (200, BODY[::-1])
    assert (get(client)).content == BODY[::-1]
    assert len(storage) == 1
    assert len(engine.history) == 2


def test_parts_of_two_versions_do_not_mix(storage: MemoryCacheStorage) -> None:
    client, engine, origin = origin_of(storage)
    get(client, "0-39")
    origin.body, origin.etag = BODY[::-1], '"2"'
    assert (get(client, "40-99")).content == BODY[::-1][40:]
    assert len(storage) == 1
    assert (get(client)).content == BODY[::-1]
    assert sent(engine) == {"range": "bytes=0-39", "if-range": '"2"'}


@pytest.mark.parametrize("etag", ["", 'W/"1"'])
def test_parts_without_a_strong_validator_are_not_put_together(etag: str, storage: MemoryCacheStorage) -> None:
    client, engine, _ = origin_of(storage, etag=etag)
    get(client, "0-39")
    assert (get(client, "0-9")).from_cache
    assert (get(client)).content == BODY
    assert sent(engine) == {}
    assert (get(client)).from_cache


@pytest.mark.parametrize(
    "answer",
    [
        reply(206, content=BODY[41:], headers={"ETag": '"1"', "Content-Range": "bytes 41-99/100"}),
        reply(206, content=BODY[40:], headers={"ETag": '"2"', "Content-Range": "bytes 40-99/100"}),
        reply(206, content=BODY[40:], headers={"Content-Range": "bytes 40-99/100"}),
        reply(206, content=BODY[40:], headers={"ETag": '"1"', "Content-Range": "bytes 40-99/101"}),
        reply(206, content=BODY[40:], headers={"ETag": '"1"'}),
        reply(416, headers={"Content-Range": "bytes */7"}),
    ],
    ids=["other bytes", "other version", "no version", "other length", "no range", "416"],
)
def test_a_server_that_does_not_send_what_is_missing(answer: Reply, storage: MemoryCacheStorage) -> None:
    """It is asked again, for the whole."""
    headers = {"ETag": '"1"', "Cache-Control": "max-age=60", "Content-Range": "bytes 0-39/100"}
    client, engine, _ = cached(
        reply(206, content=BODY[:40], headers=headers), answer, reply(200, content=BODY), storage=storage
    )
    get(client, "0-39")
    response = get(client)
    assert (response.status_code, response.content) == (200, BODY)
    assert sent(engine) == {}
    assert len(engine.history) == 3


def test_a_part_that_is_gone_is_not_completed() -> None:
    class Forgetful(MemoryCacheStorage):
        def open(self, entry: object) -> None:
            return None

    for stream in (False, True):
        client, engine, _ = origin_of(Forgetful())
        get(client, "0-39")
        assert (get(client, stream=stream)).content == BODY
        assert sent(engine) == {}


def test_the_missing_part_breaks_off(storage: MemoryCacheStorage) -> None:
    """Nothing is stored of it; what was there before stays."""
    headers = {"ETag": '"1"', "Cache-Control": "max-age=60"}
    broken = reply(206, stream=[BODY[40:60], ReadError("cut")], headers={**headers, "Content-Range": "bytes 40-99/100"})
    first = reply(206, content=BODY[:40], headers={**headers, "Content-Range": "bytes 0-39/100"})
    client, _, _ = cached(first, broken, broken, storage=storage)
    get(client, "0-39")
    for stream in (False, True):
        with pytest.raises(ReadError):
            get(client, stream=stream)
    assert len(storage) == 1
    assert (get(client, "0-9")).from_cache


def test_an_error_while_completing(storage: MemoryCacheStorage) -> None:
    headers = {"ETag": '"1"', "Cache-Control": "max-age=60", "Content-Range": "bytes 0-39/100"}
    client, _, _ = cached(reply(206, content=BODY[:40], headers=headers), reply(503), storage=storage)
    get(client, "0-39")
    assert (get(client)).status_code == 503
    assert (get(client, "0-9")).from_cache


@pytest.mark.parametrize("content_range", ["", "bytes 0-39/*", "bytes */100", "x"])
def test_a_part_that_does_not_say_which(content_range: str, storage: MemoryCacheStorage) -> None:
    """Section 3.3."""
    headers = {"Cache-Control": "max-age=60", "Content-Range": content_range}
    client, _, _ = cached(reply(206, content=BODY[:40], headers=headers), storage=storage)
    get(client, "0-39")
    assert len(storage) == 0


def test_a_part_that_is_cut_off(storage: MemoryCacheStorage) -> None:
    headers = {"Cache-Control": "max-age=60", "Content-Range": "bytes 0-39/100"}
    client, _, _ = cached(reply(206, stream=[BODY[:30]], headers=headers), storage=storage)
    get(client, "0-39", stream=True)
    assert len(storage) == 0


def test_a_stale_part_is_confirmed(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    client, engine, _ = origin_of(storage)
    get(client, "0-39")
    clock.advance(100)
    response = get(client, "10-19")
    assert (told(response), response.content) == ((206, "bytes 10-19/100", "10", True), BODY[10:20])
    assert sent(engine) == {"range": "bytes=10-19", "if-none-match": '"1"'}
    assert (get(client, "20-29")).from_cache


def test_head_of_a_part_goes_to_the_server(storage: MemoryCacheStorage) -> None:
    client, engine, _ = origin_of(storage)
    get(client, "0-39")
    assert not (client.head(URL)).from_cache
    assert engine.history[-1].method == "HEAD"

"""HttpCache: validation with a server, and what a 304 changes (RFC 9111 sections 3.2 and 4.3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duohttp import MemoryCacheStorage, reply
from duohttp._concurrency import ManualClock, use_clock

from .caching import URL, BlockingStorage, cached, date, outcomes, sent

pytestmark = pytest.mark.anyio

TAGGED = {"Cache-Control": "max-age=60", "ETag": '"1"'}


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


@pytest.mark.parametrize(
    ("validators", "conditions"),
    [
        ({"ETag": '"1"'}, {"if-none-match": '"1"'}),
        ({"ETag": 'W/"1"'}, {"if-none-match": 'W/"1"'}),
        ({"Last-Modified": "Tue, 14 Nov 2023 22:00:00 GMT"}, {"if-modified-since": "Tue, 14 Nov 2023 22:00:00 GMT"}),
        (
            {"ETag": '"1"', "Last-Modified": "Tue, 14 Nov 2023 22:00:00 GMT"},
            {"if-none-match": '"1"', "if-modified-since": "Tue, 14 Nov 2023 22:00:00 GMT"},
        ),
    ],
)
async def test_a_stale_response_is_confirmed(
    validators: dict[str, str], conditions: dict[str, str], storage: MemoryCacheStorage, clock: ManualClock
) -> None:
    """Sections 4.3.1 and 4.3.3."""
    headers = {"Cache-Control": "max-age=60", "X-Old": "stays", "X-Both": "old", **validators}
    client, engine, _ = cached(
        reply(200, text="one", headers=headers),
        reply(304, headers={**validators, "Cache-Control": "max-age=500", "X-Both": "new", "X-New": "1"}),
        storage=storage,
    )
    await client.get(URL)
    clock.advance(100)
    response = await client.get(URL)
    assert sent(engine) == conditions
    assert str(response.cache_status) == "duohttp; fwd=stale; fwd-status=304; ttl=500; stored"
    assert (response.status_code, response.text, response.from_cache, response.cache_age) == (200, "one", True, 0)
    merged = [response.headers.get(name) for name in ("x-old", "x-both", "x-new", "content-length", "age")]
    assert merged == ["stays", "new", "1", "3", "0"]
    clock.advance(499)
    again = await client.get(URL)
    assert again.cache_status is not None
    assert (again.cache_status.outcome, again.headers["x-both"]) == ("hit", "new")
    assert len(storage) == 1
    assert len(engine.history) == 2


async def test_a_stream_is_confirmed(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    client, _, _ = cached(
        reply(200, content=b"x" * 300_000, headers=TAGGED), reply(304, headers={"ETag": '"1"'}), storage=storage
    )
    await client.get(URL)
    clock.advance(100)
    async with client.stream("GET", URL) as response:
        assert await response.read() == b"x" * 300_000
    assert response.cache_status is not None
    assert response.cache_status.outcome == "revalidated"


async def test_no_cache_is_confirmed_each_time(clock: ManualClock) -> None:
    """Section 5.2.2.4."""
    client, engine, _ = cached(
        reply(200, text="one", headers={"Cache-Control": "no-cache, max-age=60", "ETag": '"1"'}),
        *[reply(304, headers={"ETag": '"1"'})] * 2,
    )
    assert await outcomes(client, 3) == ["miss one", "revalidated one", "revalidated one"]
    assert len(engine.history) == 3


async def test_no_cache_for_some_fields(clock: ManualClock) -> None:
    """Section 5.2.2.4: those are left out until the server has confirmed them."""
    headers = {"Cache-Control": 'max-age=60, no-cache="X-Balance"', "ETag": '"1"', "X-Balance": "7"}
    client, _, _ = cached(reply(200, text="one", headers=headers), reply(304, headers={"ETag": '"1"'}))
    assert (await client.get(URL)).headers["x-balance"] == "7"
    assert "x-balance" not in (await client.get(URL)).headers
    clock.advance(100)
    assert (await client.get(URL)).headers["x-balance"] == "7"


async def test_a_new_response_replaces_the_old(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    client, engine, _ = cached(
        reply(200, text="one", headers=TAGGED),
        reply(200, text="two", headers={**TAGGED, "ETag": '"2"'}),
        reply(304, headers={"ETag": '"2"'}),
        storage=storage,
    )
    for expected in ("miss one", "miss two", "revalidated two"):
        assert await outcomes(client, 1) == [expected]
        clock.advance(100)
    assert sent(engine) == {"if-none-match": '"2"'}
    assert len(storage) == 1


async def test_a_304_about_another_version(clock: ManualClock) -> None:
    """Section 4.3.4: it must not be used; the request is sent again without conditions."""
    client, engine, _ = cached(
        reply(200, text="one", headers=TAGGED),
        reply(304, headers={"ETag": '"2"'}),
        reply(200, text="two", headers={**TAGGED, "ETag": '"2"'}),
    )
    await client.get(URL)
    clock.advance(100)
    assert await outcomes(client, 2) == ["miss two", "hit two"]
    assert [sent(engine, number) for number in range(3)] == [{}, {"if-none-match": '"1"'}, {}]


async def test_a_304_without_a_validator(clock: ManualClock) -> None:
    """Many servers leave it out; only one was sent, so that is what it is about."""
    client, _, _ = cached(reply(200, text="one", headers=TAGGED), reply(304, headers={"Cache-Control": "max-age=9"}))
    await client.get(URL)
    clock.advance(100)
    assert await outcomes(client, 2) == ["revalidated one", "hit one"]


async def test_a_304_without_a_validator_touches_no_other_variant(clock: ManualClock) -> None:
    client, engine, _ = cached()
    for value in "ab":
        headers = {**TAGGED, "ETag": f'"{value}"', "Vary": "X"}
        engine.on(headers={"x": value}, times=1).reply(200, text=value, headers=headers)
    engine.on().reply(304, headers={"Cache-Control": "max-age=500"})
    for value in "ab":
        await client.get(URL, headers={"X": value})
    clock.advance(100)
    assert await outcomes(client, 1, headers={"X": "a"}) == ["revalidated a"]
    clock.advance(100)
    assert await outcomes(client, 1, headers={"X": "a"}) == ["hit a"]
    assert await outcomes(client, 1, headers={"X": "b"}) == ["revalidated b"]
    assert sent(engine)["if-none-match"] == '"b"'


async def test_a_304_that_adds_vary(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    """Section 4.1."""
    client, engine, _ = cached(
        reply(200, text="one", headers=TAGGED),
        reply(304, headers={"ETag": '"1"', "Vary": "Origin"}),
        reply(200, text="other"),
        storage=storage,
    )
    await client.get(URL)
    clock.advance(100)
    assert await outcomes(client, 2) == ["revalidated one", "hit one"]
    assert await outcomes(client, 1, headers={"Origin": "o"}) == ["miss other"]
    assert "if-none-match" not in sent(engine)
    (entry,) = storage.entries("http://a.test:80/x")
    assert ("origin", "") in entry.vary


@pytest.mark.parametrize("stream", [False, True])
async def test_a_304_that_forbids_storing(stream: bool, storage: MemoryCacheStorage, clock: ManualClock) -> None:
    """Section 3: what is stored may be used this once."""
    client, _, _ = cached(
        reply(200, text="one", headers=TAGGED),
        reply(304, headers={"ETag": '"1"', "Cache-Control": "no-store"}),
        storage=storage,
    )
    await client.get(URL)
    clock.advance(100)
    if stream:
        async with client.stream("GET", URL) as response:
            assert await response.read() == b"one"
    else:
        assert (await client.get(URL)).text == "one"
    assert len(storage) == 0


async def test_fields_a_304_never_brings_in(clock: ManualClock) -> None:
    """Sections 3.1 and 3.2."""
    client, _, _ = cached(
        reply(200, text="one", headers=TAGGED),
        reply(
            304,
            headers=[
                ("ETag", '"1"'),
                ("Content-Length", "0"),
                ("Content-Encoding", "gzip"),
                ("Content-Range", "bytes 0-0/1"),
                ("Connection", "X-Hop"),
                ("X-Hop", "1"),
                ("Set-Cookie", "a=1"),
            ],
        ),
    )
    await client.get(URL)
    clock.advance(100)
    for _ in range(2):
        response = await client.get(URL)
        assert (response.text, response.headers["content-length"]) == ("one", "3")
        for name in ("content-encoding", "content-range", "connection", "x-hop", "set-cookie"):
            assert name not in response.headers


async def test_head_validates(clock: ManualClock) -> None:
    client, engine, _ = cached(reply(200, text="one", headers=TAGGED), reply(304, headers={"ETag": '"1"'}))
    await client.get(URL)
    clock.advance(100)
    response = await client.head(URL)
    assert (response.status_code, response.content, response.from_cache) == (200, b"", True)
    assert sent(engine) == {"if-none-match": '"1"'}
    assert await outcomes(client, 1) == ["hit one"]


async def test_without_a_validator_the_request_goes_as_it_is(clock: ManualClock) -> None:
    client, engine, _ = cached(*[reply(200, text=text, headers={"Cache-Control": "max-age=60"}) for text in "12"])
    await client.get(URL)
    clock.advance(100)
    assert await outcomes(client, 2) == ["miss 2", "hit 2"]
    assert sent(engine) == {}


async def test_heuristics(clock: ManualClock) -> None:
    """Section 4.2.2."""
    headers = {"Last-Modified": date(-1000), "Date": date()}
    client, _, _ = cached(reply(200, text="one", headers=headers), reply(304, headers={"Date": date(200)}))
    assert await outcomes(client, 2) == ["miss one", "hit one"]
    clock.advance(101)
    assert await outcomes(client, 1) == ["revalidated one"]
    plain, _, _ = cached(*[reply(200, text="one", headers=headers)] * 2, heuristic=0)
    assert await outcomes(plain, 2) == ["miss one", "miss one"]


async def test_immutable(clock: ManualClock) -> None:
    """RFC 8246: a reload does not validate it; no-cache does."""
    headers = {"Cache-Control": "max-age=60, immutable", "ETag": '"1"'}
    client, engine, _ = cached(reply(200, text="one", headers=headers), reply(304, headers={"ETag": '"1"'}))
    await client.get(URL)
    assert await outcomes(client, 1, headers={"Cache-Control": "max-age=0"}) == ["hit one"]
    assert await outcomes(client, 1, headers={"Cache-Control": "no-cache"}) == ["revalidated one"]
    assert len(engine.history) == 2


async def test_the_body_of_a_confirmed_response_is_gone(clock: ManualClock) -> None:
    """It is asked for again, without conditions."""

    class Forgetful(MemoryCacheStorage):
        def open(self, entry: object) -> None:
            return None

    client, engine, _ = cached(
        reply(200, text="one", headers=TAGGED),
        reply(200, text="two", headers=TAGGED),
        reply(304, headers={"ETag": '"1"'}),
        reply(200, text="three", headers=TAGGED),
        storage=Forgetful(),
    )
    assert await outcomes(client, 2) == ["miss one", "miss two"]
    clock.advance(100)
    assert await outcomes(client, 1) == ["miss three"]
    assert "if-none-match" not in sent(engine)

# Generated from tests/_async/test_http_cache.py by scripts/generate_sync.py. Do not edit.
"""HttpCache: what is answered from the cache, and what the server is asked for (RFC 9111)."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from duohttp import (
    Client,
    ConnectError,
    Event,
    HttpCache,
    MemoryCacheStorage,
    MockEngine,
    Request,
    Response,
    TotalTimeout,
    reply,
)
from duohttp._concurrency import ManualClock, call, use_clock
from duohttp._sync.proceed import Proceed

from .caching import URL, BlockingStorage, cached, date, outcomes, sent

pytestmark = pytest.mark.anyio

HOUR = {"Cache-Control": "max-age=3600"}
TAGGED = {"Cache-Control": "max-age=60", "ETag": '"1"'}


@pytest.fixture
def clock() -> Iterator[ManualClock]:
    """Time that stands still."""
    with use_clock(ManualClock()) as manual:
        assert isinstance(manual, ManualClock)
        yield manual


@pytest.fixture(params=["quick", "blocking"])
def storage(request: pytest.FixtureRequest) -> MemoryCacheStorage:
    """A storage that is called at once, and one that is called as those on disks are."""
    return MemoryCacheStorage() if request.param == "quick" else BlockingStorage()


def test_a_fresh_response_is_used(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    client, engine, _ = cached(reply(200, text="one", headers=HOUR), reply(200, text="two"), storage=storage)
    first = client.get(URL)
    clock.advance(100.5)
    second = client.get(URL)
    assert (first.from_cache, second.from_cache) == (False, True)
    assert (first.cache_age, second.cache_age) == (None, 100.5)
    assert second.headers["age"] == "100"  # section 5.1
    assert second.headers["content-type"] == first.headers["content-type"]
    assert (second.status_code, second.reason_phrase, second.text) == (200, "OK", "one")
    assert str(first.cache_status) == "duohttp; fwd=uri-miss; fwd-status=200; stored"
    assert str(second.cache_status) == "duohttp; hit; ttl=3499"
    assert second.request.url == first.url
    assert len(engine.history) == 1
    clock.advance(3500)
    assert (client.get(URL)).text == "two"


def test_without_the_plugin_nothing_is_told() -> None:
    with Client(engine=MockEngine(reply(200, headers=HOUR))) as client:
        response = client.get(URL)
    assert response.cache_status is None
    assert not response.from_cache
    assert response.cache_age is None


def test_what_is_different_is_asked_for(clock: ManualClock) -> None:
    client, engine, _ = cached(*[reply(200, headers=HOUR)] * 5)
    for url in (URL, URL + "?q", "http://b.test/x", "https://a.test/x", "http://a.test:81/x"):
        assert not (client.get(url)).from_cache
    for url in (URL + "#part", "http://A.TEST/x", "http://a.test:80/x"):
        assert (client.get(url)).from_cache
    assert len(engine.history) == 5


def test_another_host_field_is_another_site(clock: ManualClock) -> None:
    """A Host field that is not that of the url must not bring other sites' pages into it."""
    client, _, _ = cached(reply(200, text="evil", headers=HOUR), reply(200, text="good", headers=HOUR))
    assert (client.get(URL, headers={"Host": "evil.test"})).text == "evil"
    assert (client.get(URL)).text == "good"
    assert (client.get(URL)).from_cache


def test_credentials_in_the_url_are_no_part_of_the_key(clock: ManualClock) -> None:
    storage = MemoryCacheStorage()
    client, _, _ = cached(reply(200, headers=HOUR), storage=storage)
    client.get("http://user:secret@a.test/x")
    assert storage.entries("http://a.test:80/x")
    assert "secret" not in repr(storage.entries("http://a.test:80/x"))


@pytest.mark.parametrize("status", [200, 203, 301, 404, 410])
def test_other_statuses(status: int, clock: ManualClock) -> None:
    """Section 3."""
    client, engine, _ = cached(reply(status, text="x", headers={**HOUR, "Location": "http://b.test/"}))
    for _ in range(2):
        response = client.get(URL, follow_redirects=False)
        assert (response.status_code, response.text) == (status, "x")
    assert len(engine.history) == 1


def test_a_redirect_from_the_cache_is_followed(clock: ManualClock) -> None:
    client, engine, _ = cached()
    engine.on(url="http://a.test/x").reply(301, headers={**HOUR, "Location": "http://b.test/"})
    engine.on(url="http://b.test/").reply(200, text="there")
    for _ in range(2):
        assert (client.get(URL)).text == "there"
    assert [str(call.url) for call in engine.history] == [URL, "http://b.test/", "http://b.test/"]


def test_a_body_that_is_coded_stays_so(clock: ManualClock) -> None:
    """Sections 5.2.1.6 and 5.2.2.6: nothing is transformed, whether anybody says so or not."""
    import gzip

    packed = gzip.compress(b"text")
    client, _, _ = cached(reply(200, content=packed, headers={**HOUR, "Content-Encoding": "gzip"}))
    for _ in range(2):
        response = client.get(URL, headers={"Cache-Control": "no-transform"})
        assert (response.text, response.raw_content) == ("text", packed)


def test_trailers_are_kept(clock: ManualClock) -> None:
    client, engine, _ = cached()
    engine.on().reply(200, text="x", headers=HOUR, trailers={"X-Sum": "1", "Set-Cookie": "a=1"})
    assert (client.get(URL)).trailers["x-sum"] == "1"
    response = client.get(URL)
    assert response.raw_trailers == [(b"X-Sum", b"1")]
    with client.stream("GET", URL + "?streamed") as first:
        first.read()
    with client.stream("GET", URL + "?streamed") as second:
        second.read()
    assert second.from_cache
    assert second.raw_trailers == [(b"X-Sum", b"1")]


# Variants.


def test_variants_side_by_side(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    """Section 4.1."""
    client, engine, _ = cached(storage=storage)
    for language in ("en", "ru"):
        headers = {**HOUR, "Vary": "Accept-Language", "Content-Language": language}
        engine.on(headers={"accept-language": language}).reply(200, text=language, headers=headers)
    engine.on().reply(200, text="any", headers={**HOUR, "Vary": "accept-language"})
    for _ in range(2):
        for language in ("en", "ru"):
            assert (client.get(URL, headers={"Accept-Language": language})).text == language
        assert (client.get(URL)).text == "any"
    assert len(engine.history) == 3
    assert len(storage.entries("http://a.test:80/x")) == 3


def test_vary_is_told_as_a_miss(clock: ManualClock) -> None:
    client, _, _ = cached(*[reply(200, headers={**HOUR, "Vary": "X"})] * 2)
    statuses = [(client.get(URL, headers={"X": value})).cache_status for value in "12"]
    assert [status.fwd for status in statuses if status] == ["uri-miss", "vary-miss"]


def test_variants_are_bounded(clock: ManualClock) -> None:
    storage = MemoryCacheStorage()
    client, _, _ = cached(*[reply(200, headers={**HOUR, "Vary": "X"})] * 80, storage=storage)
    for number in range(80):
        client.get(URL, headers={"X": str(number)})
        clock.advance(1)
    entries = storage.entries("http://a.test:80/x")
    assert len(entries) == 64
    assert (client.get(URL, headers={"X": "79"})).from_cache


def test_a_header_that_is_changed_further_in(clock: ManualClock) -> None:
    """Requests that look the same to the cache would get each other's responses."""

    def signed(request: Request, proceed: Proceed) -> Response:
        request.headers["X-Tenant"] = tenants.pop(0)
        return proceed(request)

    tenants = ["a", "b"]
    client, engine, _ = cached(*[reply(200, headers={**HOUR, "Vary": "X-Tenant"})] * 2)
    with client.intercept(signed):
        response = client.get(URL)
        assert response.cache_status is not None
        assert response.cache_status.detail == "a header named in vary was changed on its way"
        client.get(URL)
    assert [call.headers["x-tenant"] for call in engine.history] == ["a", "b"]


# What the request says.


@pytest.mark.parametrize(
    "control", [{"Cache-Control": "no-cache"}, {"Cache-Control": "max-age=0"}, {"Pragma": "no-cache"}]
)
def test_a_request_that_wants_validation(control: dict[str, str], clock: ManualClock) -> None:
    """Sections 5.2.1.1, 5.2.1.4 and 5.4."""
    client, engine, _ = cached(reply(200, text="one", headers=TAGGED), reply(304, headers={"ETag": '"1"'}))
    client.get(URL)
    response = client.get(URL, headers=control)
    assert (response.text, response.cache_status and response.cache_status.outcome) == ("one", "revalidated")
    assert str(response.cache_status) == "duohttp; fwd=request; fwd-status=304; ttl=60; stored"
    assert sent(engine)["if-none-match"] == '"1"'


def test_a_request_that_wants_nothing_stored(clock: ManualClock) -> None:
    """Section 5.2.1.5; what is stored already stays."""
    client, engine, _ = cached(*[reply(200, text=text, headers=HOUR) for text in ("1", "2", "3")])
    no_store = {"Cache-Control": "no-store"}
    assert (client.get(URL, headers=no_store)).text == "1"
    assert (client.get(URL)).text == "2"
    assert (client.get(URL, headers=no_store)).text == "3"
    assert (client.get(URL)).text == "2"
    assert len(engine.history) == 3


def test_only_if_cached(clock: ManualClock) -> None:
    """Section 5.2.1.7."""
    client, engine, _ = cached(reply(200, text="one", headers=HOUR))
    only = {"Cache-Control": "only-if-cached"}
    refused = client.get(URL, headers=only)
    assert (refused.status_code, refused.reason_phrase, refused.content) == (504, "Gateway Timeout", b"")
    assert not refused.from_cache
    with client.stream("GET", URL, headers=only) as streamed:
        assert (streamed.status_code, streamed.read()) == (504, b"")
    assert engine.history == []
    client.get(URL)
    assert (client.get(URL, headers=only)).text == "one"


def test_max_stale(clock: ManualClock) -> None:
    """Section 5.2.1.2."""
    client, _, _ = cached(reply(200, text="one", headers=HOUR), reply(200, text="two"))
    client.get(URL)
    clock.advance(3700)
    response = client.get(URL, headers={"Cache-Control": "max-stale=200"})
    assert str(response.cache_status) == "duohttp; hit; ttl=-100"
    assert (response.text, response.from_cache, response.headers["age"]) == ("one", True, "3700")
    assert response.cache_status is not None
    assert response.cache_status.outcome == "stale"
    assert (client.get(URL, headers={"Cache-Control": "max-stale=50"})).text == "two"


def test_a_request_goes_without_the_cache(clock: ManualClock) -> None:
    client, engine, _ = cached(*[reply(200, headers=HOUR)] * 2)
    client.get(URL)
    response = client.get(URL, attributes={HttpCache: None})
    assert response.cache_status is None
    assert len(engine.history) == 2


@pytest.mark.parametrize(
    "headers", [{"Upgrade": "x"}, {"If-Match": '"1"'}, {"If-Unmodified-Since": "Tue, 14 Nov 2023 22:13:30 GMT"}]
)
def test_what_passes_by(headers: dict[str, str], clock: ManualClock) -> None:
    client, _, _ = cached(*[reply(200, headers=HOUR)] * 3)
    client.get(URL)
    response = client.get(URL, headers=headers)
    assert str(response.cache_status) == "duohttp; fwd=bypass; fwd-status=200"
    response = client.request("GET", URL, content=b"x")
    assert str(response.cache_status) == "duohttp; fwd=bypass; fwd-status=200"


def test_conditions_of_the_client(clock: ManualClock) -> None:
    """Section 4.3.2."""
    fields = {**TAGGED, "Last-Modified": date(-9), "X-A": "1"}
    client, engine, _ = cached(reply(200, text="one", headers=fields))
    client.get(URL)
    same = client.get(URL, headers={"If-None-Match": '"0", "1"'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"1"')
    assert "x-a" not in same.headers
    assert "content-type" not in same.headers
    other = client.get(URL, headers={"If-None-Match": '"2"'})
    assert (other.status_code, other.text) == (200, "one")
    assert len(engine.history) == 1


def test_conditions_of_the_client_go_to_the_server(clock: ManualClock) -> None:
    """Section 4.3.4: a 304 to them confirms what is stored, too."""
    client, engine, _ = cached(
        reply(200, text="one", headers=TAGGED),
        reply(304, headers={"ETag": '"1"', "Cache-Control": "max-age=500"}),
    )
    client.get(URL)
    clock.advance(100)
    response = client.get(URL, headers={"If-None-Match": '"1"'})
    assert response.status_code == 304
    assert not response.from_cache
    assert sent(engine) == {"if-none-match": '"1"'}
    clock.advance(400)
    assert outcomes(client, 1) == ["hit one"]


# HEAD.


def test_head_is_answered_from_get(clock: ManualClock) -> None:
    client, engine, _ = cached(reply(200, text="one", headers=HOUR))
    client.get(URL)
    response = client.head(URL)
    assert (response.from_cache, response.content, response.headers["content-length"]) == (True, b"", "3")
    assert len(engine.history) == 1


def test_head_is_not_stored(clock: ManualClock) -> None:
    client, _, _ = cached(*[reply(200, headers=HOUR)] * 2, reply(200, text="x", headers=HOUR))
    assert not (client.head(URL)).from_cache
    assert not (client.head(URL)).from_cache
    assert (client.get(URL)).text == "x"


def test_head_confirms_what_is_stored(clock: ManualClock) -> None:
    """Section 4.3.5."""
    fields = {"ETag": '"1"', "Cache-Control": "max-age=60"}
    client, engine, _ = cached(
        reply(200, text="one", headers=fields),
        reply(200, headers={"ETag": '"1"', "Cache-Control": "max-age=999", "Content-Length": "3"}),
    )
    client.get(URL)
    clock.advance(100)
    assert not (client.head(URL, headers={"If-None-Match": '"other"'})).from_cache
    clock.advance(500)
    assert outcomes(client, 1) == ["hit one"]
    assert len(engine.history) == 2


def test_head_with_another_status_says_nothing(clock: ManualClock) -> None:
    client, _, _ = cached(reply(200, text="one", headers=HOUR), reply(500), reply(200, headers={"ETag": '"2"'}))
    client.get(URL)
    client.head(URL, headers={"Cache-Control": "no-cache"})
    client.head(URL, headers={"Cache-Control": "no-store"})
    assert outcomes(client, 1) == ["hit one"]


@pytest.mark.parametrize("told", [{"ETag": '"2"'}, {"Content-Length": "4"}, {"Last-Modified": "x", "ETag": '"1"'}])
def test_head_contradicts_what_is_stored(told: dict[str, str], clock: ManualClock) -> None:
    """Section 4.3.5."""
    fields = {"ETag": '"1"', "Last-Modified": date(-9), "Cache-Control": "max-age=60"}
    client, _, _ = cached(
        reply(200, text="one", headers=fields),
        reply(200, headers={"Content-Length": "3", **told}),
        reply(200, text="two"),
    )
    client.get(URL)
    client.head(URL, headers={"Cache-Control": "no-cache"})
    assert outcomes(client, 1) == ["miss two"]


# Methods that change things.


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
def test_unsafe_methods_remove_what_is_stored(method: str, clock: ManualClock) -> None:
    """Section 4.4."""
    client, engine, _ = cached()
    engine.on("GET").reply(200, text="x", headers=HOUR)
    engine.on(method).reply(200, headers={"Location": "/y", "Content-Location": "http://b.test/x"})
    urls = (URL, "http://a.test/y", "http://b.test/x", URL + "?q")
    for url in urls:
        client.get(url)
    response = client.request(method, URL)
    assert str(response.cache_status) == "duohttp; fwd=method; fwd-status=200"
    assert [(client.get(url)).from_cache for url in urls] == [False, False, True, True]


@pytest.mark.parametrize(("method", "status"), [("POST", 404), ("PUT", 500), ("OPTIONS", 200), ("QUERY", 200)])
def test_other_requests_remove_nothing(method: str, status: int, clock: ManualClock) -> None:
    """Section 4.4."""
    client, engine, _ = cached()
    engine.on("GET").reply(200, text="x", headers=HOUR)
    engine.on(method).reply(status)
    client.get(URL)
    client.request(method, URL)
    assert outcomes(client, 1) == ["hit x"]


def test_what_changed_while_it_was_asked_for_is_not_stored(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    """The response to a GET that was sent before a POST may be older than it."""
    client, engine, cache = cached(storage=storage)
    changes: list[Callable[[], Any]] = [
        lambda: client.post(URL),
        lambda: cache.remove(URL),
        cache.clear,
        lambda: None,
    ]

    def change(request: Request, proceed: Proceed) -> Response:
        response = proceed(request)
        if request.method == "GET":
            call(changes[0])
        return response

    engine.on("GET").reply(200, text="old", headers=HOUR)
    engine.on("POST").reply(200)
    with client.intercept(change):
        while len(changes) > 1:
            client.get(URL)
            assert len(storage) == 0
            changes.pop(0)
        client.get(URL)
    assert len(storage) == 1


def test_clear_and_remove(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    client, engine, cache = cached(storage=storage)
    engine.on().reply(200, headers={**HOUR, "Vary": "X"})
    for url in (URL, "http://b.test/"):
        for value in "12":
            client.get(url, headers={"X": value})
    cache.remove(URL)
    assert len(storage) == 2
    cache.clear()
    assert len(storage) == 0


@pytest.mark.parametrize(("shared", "outcome"), [(False, "miss"), (True, "hit")])
def test_a_field_for_shared_caches(shared: bool, outcome: str, clock: ManualClock) -> None:
    """RFC 9213."""
    headers = {"CDN-Cache-Control": "max-age=60", "Cache-Control": "no-store"}
    client, _, _ = cached(*[reply(200, text="x", headers=headers)] * 2, shared=shared)
    assert outcomes(client, 2) == ["miss x", f"{outcome} x"]
    own, _, _ = cached(
        *[reply(200, text="x", headers={"Our-Cache-Control": "max-age=60", "CDN-Cache-Control": "no-store"})] * 2,
        shared=True,
        targets=("Our-Cache-Control", "CDN-Cache-Control"),
    )
    assert outcomes(own, 2) == ["miss x", "hit x"]


@pytest.mark.parametrize("shared", [False, True])
def test_s_maxage_is_for_shared_caches(shared: bool, clock: ManualClock) -> None:
    """Section 5.2.2.10."""
    headers = {"Cache-Control": "max-age=100, s-maxage=5"}
    client, _, _ = cached(*[reply(200, text="x", headers=headers)] * 2, shared=shared)
    client.get(URL)
    clock.advance(50)
    assert outcomes(client, 1) == [f"{'miss' if shared else 'hit'} x"]


# Errors.


def test_stale_if_error(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    """RFC 5861 section 4."""
    headers = {"Cache-Control": "max-age=60, stale-if-error=100", "ETag": '"1"'}
    client, engine, _ = cached(
        reply(200, text="one", headers=headers),
        reply(503, text="busy"),
        reply(error=ConnectError("refused")),
        reply(500, text="broken"),
        storage=storage,
    )
    client.get(URL)
    clock.advance(100)
    response = client.get(URL)
    assert (response.status_code, response.text) == (200, "one")
    assert str(response.cache_status) == 'duohttp; fwd=stale; fwd-status=503; ttl=-40; detail="ServerStatusError"'
    with client.stream("GET", URL) as streamed:
        assert streamed.read() == b"one"
    assert str(streamed.cache_status) == 'duohttp; fwd=stale; ttl=-40; detail="ConnectError"'
    clock.advance(61)
    response = client.get(URL)
    assert (response.status_code, response.text, response.from_cache) == (500, "broken", False)
    assert [sent(engine, number).get("if-none-match") for number in range(4)] == [None, '"1"', '"1"', '"1"']


def test_an_error_is_raised_where_nothing_stale_may_stand_in(clock: ManualClock) -> None:
    """Section 4.2.4."""
    client, _, _ = cached(
        reply(200, headers={"Cache-Control": "max-age=60, must-revalidate"}),
        *[reply(error=ConnectError("refused"))] * 2,
        stale_if_error=1000,
    )
    client.get(URL)
    clock.advance(100)
    with pytest.raises(ConnectError):
        client.get(URL)
    with pytest.raises(ConnectError):
        client.get("http://b.test/")


def test_the_calls_own_time_is_over(clock: ManualClock) -> None:
    """That is no error of the server's."""
    client, _, _ = cached(reply(200, headers=HOUR), reply(error=TotalTimeout("over")), stale_if_error=1000)
    client.get(URL)
    clock.advance(3700)
    with pytest.raises(TotalTimeout):
        client.get(URL)


def test_a_response_that_ends_early_is_not_stored(storage: MemoryCacheStorage, clock: ManualClock) -> None:
    """Section 3.3."""
    client, _, _ = cached(reply(200, content=b"1234", headers={**HOUR, "Content-Length": "9"}), storage=storage)
    client.get(URL)
    assert len(storage) == 0


def test_a_newer_response_that_is_not_stored_removes_the_old_one(clock: ManualClock) -> None:
    client, _, _ = cached(
        reply(200, text="old", headers=TAGGED),
        reply(200, text="secret", headers={"Cache-Control": "no-store"}),
        reply(200, text="new"),
    )
    client.get(URL)
    assert outcomes(client, 1, headers={"Cache-Control": "no-cache"}) == ["miss secret"]
    assert outcomes(client, 1) == ["miss new"]


def test_an_error_status_leaves_the_old_response(clock: ManualClock) -> None:
    client, _, _ = cached(reply(200, text="old", headers=HOUR), reply(500), reply(401))
    client.get(URL)
    for _ in range(2):
        client.get(URL, headers={"Cache-Control": "no-cache"})
    assert outcomes(client, 1) == ["hit old"]


# Time.


def test_a_clock_that_is_set_back(clock: ManualClock) -> None:
    client, _, _ = cached(
        reply(200, text="one", headers={**TAGGED, "Date": date()}), reply(304, headers={"ETag": '"1"'})
    )
    client.get(URL)
    clock.advance(-7200)
    response = client.get(URL)
    assert response.cache_status is not None
    assert response.cache_status.outcome == "revalidated"
    assert int(response.headers["age"]) >= 0
    assert (client.get(URL)).cache_status is not None


def test_what_was_waited_for_before_makes_nothing_older(clock: ManualClock) -> None:
    """Section 4.2.3: the delay of a response is the time since its request was sent."""

    def held(request: Request, proceed: Proceed) -> Response:
        clock.advance(50)
        return proceed(request)

    client, _, _ = cached(reply(200, text="x", headers={"Cache-Control": "max-age=60"}, delay=7))
    with client.intercept(held):
        client.get(URL)
    assert (client.get(URL)).cache_age == 7


def test_a_clock_that_is_set_forward(clock: ManualClock) -> None:
    client, engine, _ = cached(*[reply(200, headers=HOUR)] * 2)
    client.get(URL)
    clock.advance(10**9)
    assert not (client.get(URL)).from_cache
    assert len(engine.history) == 2


# The plugin.


def test_the_event(clock: ManualClock) -> None:
    client, _, _ = cached(reply(200, headers=HOUR))
    seen: list[Event] = []
    client.events.subscribe("from_cache", seen.append)
    client.get(URL)
    assert seen == []
    response = client.get(URL)
    assert [event.response for event in seen] == [response]


def test_clients_share_a_cache(clock: ManualClock) -> None:
    client, engine, cache = cached(reply(200, headers=HOUR))
    client.get(URL)
    assert (client.derive(headers={"X": "1"}).get(URL)).from_cache
    with Client(engine=MockEngine(), plugins=[cache]) as other:
        assert (other.get(URL)).from_cache
    assert (client.get(URL)).from_cache
    assert len(engine.history) == 1


def test_a_pickled_client(clock: ManualClock) -> None:
    """Options travel, and responses with what they tell; what is stored in memory does not."""
    client, _, _ = cached(reply(200, text="x", headers=HOUR), shared=True, stale_if_error=5)
    client.get(URL)
    response = client.get(URL)
    copy = pickle.loads(pickle.dumps(response))
    assert (copy.from_cache, copy.cache_age, copy.cache_status) == (True, response.cache_age, response.cache_status)
    with_native = pickle.loads(pickle.dumps(Client(plugins=client._plugins)))
    assert "cache: HttpCache(" in with_native.describe()
    cache = pickle.loads(pickle.dumps(client._plugins[-1]))
    assert (cache.shared, cache.stale_if_error, len(cache.storage)) == (True, 5, 0)
    assert repr(cache) == "HttpCache(storage=MemoryCacheStorage(67108864), shared=True, stale_if_error=5)"


def test_options_are_checked() -> None:
    with pytest.raises(TypeError, match=r"storage is an object of a CacheStorage class.*add \(\)"):
        HttpCache(MemoryCacheStorage)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="targets of HttpCache is a collection, not str"):
        HttpCache(targets="CDN-Cache-Control")
    with pytest.raises(ValueError, match="heuristic is a part of a time"):
        HttpCache(heuristic=2)
    with pytest.raises(ValueError, match="stale_if_error is a number of seconds"):
        HttpCache(stale_if_error=-1)
    with pytest.raises(ValueError, match="stale_while_revalidate is a number of seconds"):
        HttpCache(stale_while_revalidate=float("inf"))


def test_two_caches_are_refused() -> None:
    with pytest.raises(ValueError, match="can't both be installed"):
        Client(engine=MockEngine(), plugins=[HttpCache(), HttpCache()])

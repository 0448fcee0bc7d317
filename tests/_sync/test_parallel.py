# Generated from tests/_async/test_parallel.py by scripts/generate_sync.py. Do not edit.
"""Many requests at once: parallel, parallel_get, parallel_iter."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from yarl import URL

from duohttp import (
    Client,
    ClientClosed,
    ClientStatusError,
    ConnectError,
    InvalidRequest,
    InvalidURL,
    Request,
    Response,
)
from duohttp._concurrency import TaskGroup, monotonic, sleep
from duohttp.engines.mock import MockEngine, reply

from ..servers.nginx import SMALL, Nginx
from .counting import CountingEngine, until

pytestmark = pytest.mark.anyio

FOREVER = 20


def counting() -> tuple[Client, CountingEngine]:
    engine = CountingEngine()
    return Client(engine=engine), engine


@dataclass
class User:
    name: str


# parallel and parallel_get


def test_results_come_in_input_order() -> None:
    client, engine = counting()
    urls = [f"http://a.test/{number}?delay={0.02 if number % 3 == 0 else 0}" for number in range(30)]
    responses = client.parallel_get(urls, limit=8)
    assert [response.text for response in responses] == [f"/{number}" for number in range(30)]
    assert engine.ended != engine.started
    assert engine.most == 8


def test_requests_of_every_kind() -> None:
    client, _ = counting()
    prepared = client.prepare("POST", "http://a.test/prepared", content=b"prepared body")
    ready = client.build_request("PUT", "http://a.test/ready", content=b"ready body")
    requests: list[Any] = [
        "http://a.test/text",
        URL("http://a.test/url"),
        ("DELETE", "http://a.test/pair"),
        ("POST", "http://a.test/triple", {"content": b"triple body"}),
        prepared,
        ready,
        ready,
    ]
    responses = client.parallel(requests)
    assert [(response.request.method, response.content) for response in responses] == [
        ("GET", b"/text"),
        ("GET", b"/url"),
        ("DELETE", b"/pair"),
        ("POST", b"triple body"),
        ("POST", b"prepared body"),
        ("PUT", b"ready body"),
        ("PUT", b"ready body"),
    ]
    assert ready.deadline is None


@pytest.mark.parametrize(
    "wrong",
    [5, ("GET",), ("GET", "http://a.test/", "x"), ("GET", "http://a.test/", {}, {}), None, "not a url", ("GET", 5)],
)
def test_what_is_no_request_is_refused_when_its_turn_comes(wrong: Any) -> None:
    client, _ = counting()
    with pytest.raises(InvalidRequest):
        client.parallel([wrong])
    good, bad = client.parallel(["http://a.test/", wrong], return_exceptions=True)
    assert isinstance(good, Response)
    assert isinstance(bad, InvalidRequest)


def test_options_are_for_all_that_are_not_prepared() -> None:
    engine = MockEngine(lambda call: reply(200, text=f"{call.headers['x-a']}{call.headers.get('x-b')}"))
    client = Client(engine=engine)
    requests: list[Any] = ["http://a.test/", ("GET", "http://a.test/", {"headers": {"X-A": "own"}})]
    texts = client.parallel(requests, into=str, headers={"X-A": "common"})
    assert texts == ["commonNone", "ownNone"]
    with pytest.raises(InvalidRequest, match="prepared"):
        client.parallel([client.prepare("GET", "http://a.test/")], headers={"X-A": "common"})


def test_typed_results() -> None:
    client = Client(engine=MockEngine(lambda call: reply(200, json={"name": call.url.path})))
    users = client.parallel_get(["http://a.test/1", "http://a.test/2"], into=User)
    assert users == [User("/1"), User("/2")]


def test_relative_urls_join_the_base() -> None:
    engine = CountingEngine()
    client = Client(engine=engine, base_url="http://a.test/v1")
    assert client.parallel_get(["1", "/2"], into=str) == ["/v1/1", "/v1/2"]


def test_iterables_of_every_kind() -> None:
    client, _ = counting()

    def source() -> Iterator[str]:
        for number in range(3):
            yield f"http://a.test/{number}"

    assert client.parallel_get(source(), into=str) == ["/0", "/1", "/2"]
    assert client.parallel_get((url for url in ("http://a.test/x",)), into=str) == ["/x"]
    assert client.parallel_get([]) == []
    assert client.parallel([]) == []


@pytest.mark.parametrize("single", ["http://a.test/", URL("http://a.test/"), ("GET", "http://a.test/")])
def test_a_single_request_is_not_taken_for_many(single: Any) -> None:
    client, engine = counting()
    with pytest.raises(TypeError, match="single"):
        client.parallel(single)
    assert not engine.started


@pytest.mark.parametrize("limit", [0, -1, 1.5, True])
def test_a_bad_limit_is_refused(limit: Any) -> None:
    client, engine = counting()
    with pytest.raises(ValueError, match="limit"):
        client.parallel_get(["http://a.test/"], limit=limit)
    with pytest.raises(ValueError, match="limit"):
        client.parallel_iter(["http://a.test/"], limit=limit)
    assert not engine.started


def test_the_first_failure_is_raised_and_cancels_the_rest() -> None:
    client, engine = counting()
    urls = [f"http://a.test/{number}?delay={FOREVER}" for number in range(50)]
    urls[3] = "http://a.test/failing?delay=0.01&fail"
    started = monotonic()
    with pytest.raises(ConnectError, match="/failing") as caught:
        client.parallel_get(urls, limit=8)
    assert monotonic() - started < FOREVER / 2
    assert caught.value.request is not None
    assert len(engine.started) <= 8
    assert engine.in_flight == 0
    assert engine.ended == []


def test_failures_can_be_results() -> None:
    client, engine = counting()
    urls = [f"http://a.test/{number}{'?fail' if number % 10 == 0 else ''}" for number in range(40)]
    results = client.parallel_get(urls, into=str, return_exceptions=True, limit=5)
    for number, result in enumerate(results):
        if number % 10 == 0:
            assert isinstance(result, ConnectError)
            assert result.request is not None
            assert result.request.url.path == f"/{number}"
        else:
            assert result == f"/{number}"
    assert len(engine.started) == 40


def test_a_status_is_a_failure_only_where_it_is_for_a_single_request() -> None:
    client, _ = counting()
    urls = ["http://a.test/?status=404"]
    assert (client.parallel_get(urls))[0].status_code == 404
    with pytest.raises(ClientStatusError):
        client.parallel_get(urls, into=str)
    with pytest.raises(ClientStatusError):
        client.parallel_get(urls, expect_success=True)


def test_a_closed_client() -> None:
    client, engine = counting()
    client.close()
    with pytest.raises(ClientClosed):
        client.parallel_get(["http://a.test/"])
    assert not engine.started


def test_progress_is_told() -> None:
    client, _ = counting()
    told: list[tuple[int, int | None]] = []
    client.parallel_get(["http://a.test/"] * 5, progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 5) for number in range(1, 6)]
    told.clear()
    for _response in client.parallel_iter(iter(["http://a.test/"] * 3), progress=lambda *a: told.append(a)):
        pass
    assert [total for _, total in told] == [None] * 3


def test_a_slow_origin_does_not_take_all_places() -> None:
    client, engine = counting()
    slow = [f"http://slow.test/slow{number}?delay=0.05" for number in range(8)]
    quick = [f"http://quick.test/quick{number}" for number in range(40)]
    client.parallel_get(slow + quick, limit=4)
    # Half of the places are for the quick ones, so they are through before the third slow one has ended.
    ended = engine.ended
    assert ended.index("/quick39") < [path for path in ended if path.startswith("/slow")].index("/slow4") + 40
    assert len([path for path in ended[: ended.index("/quick39")] if path.startswith("/slow")]) <= 4


def test_cancelling_what_surrounds_it_ends_it() -> None:
    client, engine = counting()
    with TaskGroup() as group:
        urls = [f"http://a.test/?delay={FOREVER}"] * 10
        task = group.start_soon(client.parallel_get, urls)
        other = group.start_soon(collect, client, urls)
        until(lambda: engine.in_flight == 20)
        task.cancel()
        other.cancel()
        assert task.wait(FOREVER)
        assert other.wait(FOREVER)
    assert task.cancelled()
    started = monotonic()
    until(lambda: engine.in_flight == 0)
    assert monotonic() - started < FOREVER / 2


def collect(client: Client, requests: Any) -> list[Any]:
    results = []
    for result in client.parallel_iter(requests, return_exceptions=True):
        results.append(result)
    return results


# parallel_iter


def test_results_come_as_they_complete() -> None:
    client, _ = counting()
    urls = ["http://a.test/slow?delay=0.05", "http://a.test/quick", "http://a.test/middle?delay=0.02"]
    paths = []
    for text in client.parallel_iter(urls, into=str):
        paths.append(text)
    assert paths == ["/quick", "/middle", "/slow"]
    found = {}
    for index, response in client.parallel_iter(urls).indexed():
        found[index] = response.request.url.path
    assert found == {0: "/slow", 1: "/quick", 2: "/middle"}
    assert collect(client, []) == []


class Endless:
    """Urls without end, and how many were read."""

    def __init__(self) -> None:
        self.read = 0

    def __iter__(self) -> Any:
        while True:
            self.read += 1
            yield f"http://a{self.read % 3}.test/{self.read}"


def test_an_endless_input_is_read_only_so_far_ahead() -> None:
    client, engine = counting()
    source = Endless()
    taken = 0
    with client.parallel_iter(source, limit=4) as results:
        for _ in results:
            taken += 1
            assert source.read <= taken + 4 * 4 + 2 * 4 + 1
            assert len(engine.started) <= taken + 2 * 4
            if taken == 200:
                break
    assert engine.in_flight == 0
    read = source.read
    sleep(0.01)
    assert source.read == read


def test_a_consumer_that_does_not_take_stops_the_work() -> None:
    client, engine = counting()
    with client.parallel_iter(Endless(), limit=3) as results:
        results.__next__()
        until(lambda: len(engine.ended) == 7)  # one taken, twice the limit waiting
        sleep(0.02)
        assert len(engine.started) == 7
        results.__next__()
        until(lambda: len(engine.started) == 8)


def test_leaving_the_loop_cancels_what_runs() -> None:
    client, engine = counting()

    def first() -> str:
        urls = ["http://a.test/quick"] + [f"http://a.test/{number}?delay={FOREVER}" for number in range(20)]
        for text in client.parallel_iter(urls, into=str, limit=5):
            return text
        raise AssertionError("there are results")

    started = monotonic()
    assert first() == "/quick"
    gc.collect()
    until(lambda: engine.in_flight == 0)
    assert monotonic() - started < FOREVER / 2


def test_a_failure_is_raised_from_the_step() -> None:
    client, engine = counting()
    urls = [f"http://a.test/{number}?delay={FOREVER}" for number in range(20)]
    urls[2] = "http://a.test/failing?delay=0.01&fail"
    with pytest.raises(ConnectError, match="/failing"):
        for _ in client.parallel_iter(urls, limit=5):
            pass
    assert engine.in_flight == 0
    assert len(engine.started) <= 5


def test_failures_can_be_yielded() -> None:
    client, _ = counting()
    results = collect(client, ["http://a.test/1", "http://a.test/2?fail", 5])
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == sorted([Response.__name__, "ConnectError", "InvalidRequest"])


def test_an_input_that_fails() -> None:
    client, engine = counting()

    def source() -> Iterator[str]:
        yield f"http://a.test/?delay={FOREVER}"
        raise KeyError("source")

    with pytest.raises(KeyError, match="source"):
        for _ in client.parallel_iter(source(), return_exceptions=True):
            pass
    assert engine.in_flight == 0
    with pytest.raises(TypeError):
        client.parallel_iter(5)  # type: ignore[call-overload]


def test_an_input_that_is_slow_holds_nothing_up() -> None:
    client, engine = counting()

    def source() -> Iterator[str]:
        for number in range(6):
            until(lambda: len(engine.ended) == number)  # noqa: B023
            sleep(0.002)
            yield f"http://a.test/{number}"

    with client.parallel_iter(source(), into=str, limit=3) as results:
        seen = []
        for text in results:
            seen.append(text)
    assert seen == [f"/{number}" for number in range(6)]
    assert engine.most == 1


def test_closed_results_are_at_their_end() -> None:
    client, engine = counting()
    results = client.parallel_iter(["http://a.test/"])
    results.close()
    results.close()
    for _ in results:
        pytest.fail("closed before it began")
    assert not engine.started
    with client.parallel_iter([f"http://a.test/?delay={FOREVER}"]).indexed() as indexed:
        until(lambda: engine.in_flight == 1)
        indexed.close()
    assert engine.in_flight == 0
    for _ in indexed:
        pytest.fail("it was closed")


def test_many_origins_take_turns() -> None:
    client, engine = counting()
    urls = [f"http://{'slow' if number % 2 else 'quick'}.test/{number}" for number in range(200)]
    urls = [url + "?delay=0.05" if "slow" in url else url for url in urls[:16]] + [
        url for url in urls[16:] if "quick" in url
    ]
    order = []
    for response in client.parallel_iter(urls, limit=4):
        order.append(response.request.url.host)
    assert order.index("slow.test") > 20
    assert engine.most == 4


# Against a real server


def test_a_thousand_urls_of_nginx(nginx: Nginx) -> None:
    urls = [f"{nginx.url}/echo?n={number}" for number in range(1000)]
    with Client() as client:
        texts = client.parallel_get(urls, into=str, limit=32)
    assert all(f"GET /echo?n={number}\n" in text for number, text in enumerate(texts))
    assert len(texts) == 1000


def test_refused_connections_among_the_rest(nginx: Nginx, refused_url: str) -> None:
    urls = [refused_url if number % 100 == 50 else f"{nginx.url}/small.txt" for number in range(1000)]
    with Client() as client:
        results = client.parallel_get(urls, into=bytes, return_exceptions=True)
        assert [number for number, result in enumerate(results) if isinstance(result, ConnectError)] == list(
            range(50, 1000, 100)
        )
        assert results.count(SMALL) == 990
        started = monotonic()
        with pytest.raises(ConnectError) as caught:
            client.parallel_get(urls)
        assert monotonic() - started < 5
        assert isinstance(caught.value.request, Request)
        assert (client.get(f"{nginx.url}/small.txt")).content == SMALL


def test_requests_that_hang_are_cancelled(nginx: Nginx, refused_url: str) -> None:
    urls = [f"{nginx.url}/slow/1mb.bin"] * 10 + [refused_url]
    with Client() as client:
        started = monotonic()
        with pytest.raises(ConnectError):
            client.parallel_get(urls)
        with client.scope(supervisor=True) as scope:
            slow = scope.get(f"{nginx.url}/slow/1mb.bin")
            sleep(0.05)
            slow.cancel()
        assert slow.cancelled()
        assert monotonic() - started < 10
        assert (client.get(f"{nginx.url}/small.txt")).content == SMALL


@pytest.fixture
def refused_url() -> str:
    """A url nobody listens at."""
    from ..servers.process import free_ports

    return f"http://127.0.0.1:{free_ports(1)[0]}/"


def test_a_bad_url_among_good_ones() -> None:
    client, _ = counting()
    with pytest.raises(InvalidURL):
        client.parallel_get(["http://a.test/", "http://a b/"])

# Generated from tests/_async/test_rate_limit.py by scripts/generate_sync.py. Do not edit.
"""RateLimit: who waits how long, and what a server's words do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    Client,
    ConnectError,
    MockEngine,
    RateLimit,
    RateLimitTimeout,
    Request,
    Retry,
    Timeout,
    TotalTimeout,
    reply,
)
from duohttp._concurrency import Clock, ManualClock, TaskGroup, spawn, use_clock

from ..servers.asgi import AsgiServer
from .counting import CountingEngine, until
from .scripted import Answer, ScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    clock = ManualClock()
    with use_clock(clock):
        yield clock


def timed(clock: ManualClock, **options: Any) -> tuple[ScriptedEngine, list[float]]:
    times: list[float] = []

    def answer(request: Request) -> Answer:
        times.append(clock.monotonic() - 1000)
        return 200, {}, b"x"

    return ScriptedEngine(answer), times


def test_requests_per_interval(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = Client(engine=engine, plugins=[RateLimit(2, per=10)])
    for _ in range(5):
        client.get(URL)
    assert times == pytest.approx([0, 0, 5, 10, 15])
    clock.advance(3600)
    for _ in range(3):
        client.get(URL)
    assert times[5:] == pytest.approx([3615, 3615, 3620])


def test_a_burst_of_one_spreads_evenly(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = Client(engine=engine, plugins=[RateLimit(5, burst=1)])
    for _ in range(4):
        client.get(URL)
    assert times == pytest.approx([0, 0.2, 0.4, 0.6])


def test_for_each_origin_or_overall(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = Client(engine=engine, plugins=[RateLimit(1)])
    for url in ("http://a.test/", "http://b.test/", "https://a.test/", "http://a.test:81/", "http://A.test:80/x"):
        client.get(url)
    assert times == [0, 0, 0, 0, 1]
    client = Client(engine=engine, plugins=[RateLimit(1, overall=True)])
    for url in ("http://a.test/", "http://b.test/", "http://c.test/"):
        client.get(url)
    assert times[5:] == [1, 2, 3]


def test_clients_and_variants_share_it(clock: ManualClock) -> None:
    engine, times = timed(clock)
    limit = RateLimit(1)
    for client in (Client(engine=engine, plugins=[limit]), Client(engine=engine, plugins=[limit])):
        client.get(URL)
        client.get(URL, follow_redirects=False)
        client.get(URL, attributes={RateLimit: None})
    assert times == [0, 1, 1, 2, 3, 3]


def test_redirects_and_retries_are_counted(clock: ManualClock) -> None:
    engine = MockEngine(reply(500), reply(302, headers={"location": "/b"}), reply(200), cycle=False)
    client = Client(engine=engine, plugins=[RateLimit(1), Retry(constant_delay=0.25)])
    assert (client.get(URL)).status_code == 200
    assert clock.sleeps == [0.25, 0.75, 1.0]


def test_first_come_first_served() -> None:
    engine = CountingEngine()
    client = Client(engine=engine, plugins=[RateLimit(1000, burst=1, concurrent=1)])
    with use_clock(Clock()):
        with TaskGroup() as group:
            for number in range(20):
                group.start_soon(client.get, f"http://a.test/{number}?delay=0.001")
                come(client, engine, number + 1)
    assert engine.started == [f"/{number}" for number in range(20)]
    assert engine.most == 1


def waiting(client: Client) -> int:
    """Count those that wait at the gates of a client's RateLimit."""
    limit = next(plugin for plugin in client._chain.plugins if isinstance(plugin, RateLimit))
    states = vars(limit).get("_states", {}).values()
    return sum(len(gate.queue) + gate.busy for state in states for gate in state.value._gates.values())


def come(client: Client, engine: CountingEngine, count: int) -> None:
    """Wait until so many have come to the gate or gone through."""
    until(lambda: len(engine.started) + waiting(client) >= count)


def test_no_more_than_so_many_at_once() -> None:
    engine = CountingEngine()
    client = Client(engine=engine, plugins=[RateLimit(concurrent=3)])
    with use_clock(Clock()):
        results = client.parallel([f"http://a.test/{n}?delay=0.002" for n in range(30)], limit=30)
    assert len(results) == 30
    assert engine.most == 3


def test_failures_free_their_place() -> None:
    engine = CountingEngine()
    client = Client(engine=engine, plugins=[RateLimit(concurrent=1)])
    for _ in range(3):
        with pytest.raises(ConnectError):
            client.get(f"{URL}?fail")
    assert (client.get(URL)).status_code == 200


def test_a_stream_keeps_its_place_until_it_is_closed() -> None:
    engine = ScriptedEngine(lambda request: (200, {}, [b"a", b"b"]))
    client = Client(engine=engine, plugins=[RateLimit(concurrent=1, max_wait=0)])

    def refused() -> bool:
        try:
            client.get(URL)
        except RateLimitTimeout:
            return True
        return False

    with client.stream("GET", URL) as response:
        assert refused()
    assert not refused()
    with client.stream("GET", URL) as response:
        assert [piece for piece in response.iter_bytes()] == [b"a", b"b"]
        assert not refused()
    with client.stream("GET", URL) as response:
        assert response.read() == b"ab"
        assert response.trailers == {}
        assert not refused()
    request = client.build_request("GET", URL)
    request.stream = True
    response = client.send(request)
    assert refused()
    with pytest.warns(ResourceWarning, match="dropped unread"):
        del response
    assert not refused()


def test_retry_after_closes_the_gate(clock: ManualClock) -> None:
    engine = MockEngine(reply(429, headers={"retry-after": "7"}), reply(200), cycle=False).enqueue(reply(200))
    client = Client(engine=engine, plugins=[RateLimit()])
    assert (client.get(URL)).status_code == 429
    client.get("http://b.test/")
    assert clock.sleeps == []
    client.get(URL)
    assert clock.sleeps == [7.0]


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (503, {"retry-after": "7"}, [7.0]),
        (500, {"retry-after": "7"}, []),
        (429, {}, []),
        (429, {"retry-after": "86400"}, [300.0]),
        (200, {"ratelimit": '"a";r=0;t=9'}, [9.0]),
        (200, {"ratelimit": '"a";r=1;t=9'}, []),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000004"}, [4.0]),
        (200, {"ratelimit-remaining": "0", "ratelimit-reset": "99999"}, [300.0]),
    ],
)
def test_what_servers_say(status: int, headers: dict[str, str], expected: list[float], clock: ManualClock) -> None:
    for learn, sleeps in ((True, expected), (False, [])):
        clock.sleeps.clear()
        engine = MockEngine(reply(status, headers=headers), reply(200), cycle=False)
        client = Client(engine=engine, plugins=[RateLimit(learn=learn)])
        client.get(URL)
        client.get(URL)
        assert clock.sleeps == sleeps


def test_a_quota_is_used_up_together(clock: ManualClock) -> None:
    engine = MockEngine(reply(200, headers={"ratelimit": '"a";r=2;t=10'}), *[reply(200)] * 3)
    client = Client(engine=engine, plugins=[RateLimit()])
    for _ in range(3):
        client.get(URL)
    assert clock.sleeps == []
    client.get(URL)
    assert clock.sleeps == [10.0]


def test_no_wait_beyond_the_deadline(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = Client(engine=engine, plugins=[RateLimit(1, per=60)])
    client.get(URL)
    with pytest.raises(TotalTimeout, match=r"a wait of 60 s .*the call's limit of 5 s") as caught:
        client.get(URL, timeout=Timeout(total=5))
    assert caught.value.request is not None
    assert clock.sleeps == []
    client.get(URL, timeout=Timeout(total=61))
    assert times == [0, 60]


def test_no_wait_beyond_max_wait(clock: ManualClock) -> None:
    engine, times = timed(clock)
    client = Client(engine=engine, plugins=[RateLimit(1, per=60, max_wait=30)])
    client.get(URL)
    with pytest.raises(RateLimitTimeout, match="a wait of 60 s that would pass its max_wait of 30 s"):
        client.get(URL, timeout=Timeout(total=50))
    clock.advance(31)
    client.get(URL)
    assert times == [0, 60]


def test_a_wait_for_a_place_ends_too() -> None:
    engine = CountingEngine()
    client = Client(engine=engine, plugins=[RateLimit(concurrent=1, max_wait=0.05)])
    with use_clock(Clock()):
        slow = spawn(client.get, f"{URL}slow?delay=60")
        until(lambda: engine.in_flight)
        for timeout, error in ((Timeout(total=0.01), TotalTimeout), (Timeout(), RateLimitTimeout)):
            with pytest.raises(error, match="RateLimit asks for a wait"):
                client.get(URL, timeout=timeout)
        slow.cancel()
        assert slow.wait(20)
        assert (client.get(URL)).status_code == 200
    assert engine.started == ["/slow", "/"]


def test_those_who_give_up_hold_nobody_back() -> None:
    engine = CountingEngine()
    client = Client(engine=engine, plugins=[RateLimit(concurrent=1)])
    with use_clock(Clock()):
        first = spawn(client.get, f"{URL}first?delay=60")
        until(lambda: engine.in_flight)
        others = []
        for number in range(3):
            others.append(spawn(client.get, f"{URL}{number}"))
            come(client, engine, number + 2)
        others[1].cancel()
        assert others[1].wait(20)
        others[0].cancel()
        assert others[0].wait(20)
        first.cancel()
        assert others[2].wait(20)
        assert first.wait(20)
        assert others[2].value().status_code == 200
        assert waiting(client) == 0
    assert engine.started == ["/first", "/2"]


def test_a_sleeper_that_is_cancelled_lets_the_next_one_come() -> None:
    engine = CountingEngine()
    client = Client(engine=engine, plugins=[RateLimit(1, per=3600)])
    with use_clock(Clock()):
        client.get(URL)
        sleeper = spawn(client.get, f"{URL}sleeper")
        until(lambda: waiting(client) == 1)
        second = spawn(client.get, f"{URL}second")
        until(lambda: waiting(client) == 2)
        sleeper.cancel()
        assert sleeper.wait(20)
        until(lambda: waiting(client) == 1)
        second.cancel()
        assert second.wait(20)
        assert waiting(client) == 0
    assert engine.started == ["/"]


def test_two_of_them_are_refused() -> None:
    with pytest.raises(ValueError, match=r"RateLimit\(requests=1\) and RateLimit\(requests=2\)"):
        Client(engine=MockEngine(), plugins=[RateLimit(1), RateLimit(2)])


def test_against_a_real_server(asgi_server: AsgiServer) -> None:
    with use_clock(Clock()):
        with Client(base_url=asgi_server.url, plugins=[RateLimit(1000, concurrent=2)]) as client:
            results = client.parallel(["bytes/10"] * 20, limit=20)
            assert {response.status_code for response in results} == {200}
            assert client.pool_stats().opened <= 2
            with client.stream("GET", "bytes/100000") as response:
                assert len(response.read()) == 100_000
            assert client.pool_stats().open == client.pool_stats().idle

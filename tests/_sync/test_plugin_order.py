# Generated from tests/_async/test_plugin_order.py by scripts/generate_sync.py. Do not edit.
"""The declared stage decides, in whatever order plugins are listed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from duohttp import (
    CircuitBreaker,
    Client,
    Coalesce,
    HttpCallValidator,
    HttpRedirect,
    HttpTimeout,
    MockEngine,
    Plugin,
    RateLimit,
    Retry,
    reply,
)
from duohttp._concurrency import ManualClock, use_clock

from ..servers.nginx import Nginx

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    clock = ManualClock()
    with use_clock(clock):
        yield clock


KINDS: list[tuple[type[Plugin], dict[str, Any]]] = [
    (HttpCallValidator, {}),
    (HttpRedirect, {}),
    (Retry, {"constant_delay": 0.5}),
    (Coalesce, {}),
    (RateLimit, {"requests": 1, "per": 2}),
    (CircuitBreaker, {"threshold": 3}),
    (HttpTimeout, {"attempt": 3}),
]
OUTERMOST_FIRST = [kind.__name__ for kind, _ in KINDS]


def names(client: Client) -> list[str]:
    lines = client.describe().splitlines()
    return [line.partition(": ")[2].partition("(")[0] for line in lines if "Cookies" not in line][:-1]


@pytest.mark.parametrize(("one", "other"), list(permutations(range(len(KINDS)), 2)))
def test_neighbours_in_both_orders(one: int, other: int, clock: ManualClock) -> None:
    engine = MockEngine(
        reply(503, delay=1), reply(302, headers={"location": "/b"}, delay=1), reply(500, delay=1), reply(200, delay=1)
    )
    rest = [kind(**options) for index, (kind, options) in enumerate(KINDS) if index not in (one, other)]
    pair = [kind(**options) for kind, options in (KINDS[one], KINDS[other])]
    client = Client(engine=engine, plugins=[*pair, *rest])
    assert names(client) == OUTERMOST_FIRST
    began = clock.monotonic()
    response = client.get(URL)
    assert response.status_code == 200
    assert [attempt.status_code for attempt in response.attempts] == [503, 302, 500, 200]
    # One every two seconds, each of which takes one.
    assert clock.monotonic() - began == pytest.approx(7)


def test_all_of_them_against_a_real_server(nginx: Nginx) -> None:
    for order in (KINDS, KINDS[::-1]):
        plugins = [kind(**options) for kind, options in order]
        with Client(base_url=nginx.url, plugins=plugins) as client:
            response = client.get("small.txt")
            assert response.status_code == 200
            assert len(response.attempts) == 1
            with client.stream("GET", "small.txt") as streamed:
                assert streamed.read() == response.content
            assert client.pool_stats().open == client.pool_stats().idle == 1

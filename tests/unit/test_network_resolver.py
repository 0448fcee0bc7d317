"""Resolvers: the system, fixed maps, caches and functions of the user, for both clients."""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from duohttp._network import AsyncNetwork, CachedResolver, Network, Resolver, StaticResolver, SystemResolver, lookup
from duohttp._network.resolver import as_resolver
from duohttp.exceptions import ResolveError

from .network_support import FLAVOURS, echo, network, pause, run, serve


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Recording(Resolver):
    """Answers with a fixed address and keeps what it was asked."""

    def __init__(self, answer: Sequence[Any] = ("127.0.0.1",)) -> None:
        self.answer = answer
        self.asked: list[tuple[str, int]] = []

    def resolve(self, host: str, port: int) -> Sequence[Any]:
        self.asked.append((host, port))
        return self.answer


class AsyncRecording(Recording):
    async def async_resolve(self, host: str, port: int) -> Sequence[Any]:
        self.asked.append((host, port))
        return self.answer


async def _async_function(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


class AsyncCallable:
    async def __call__(self, host: str, port: int) -> list[str]:
        return ["127.0.0.1"]


ACCEPTED: dict[str, Any] = {
    "map": {"name.test": "127.0.0.1"},
    "map of lists": {"name.test": ["127.0.0.1"]},
    "static": StaticResolver({"NAME.test": ["127.0.0.1"]}),
    "function": lambda host, port: ["127.0.0.1"],
    "function of one": lambda host, port: "127.0.0.1",
    "function of pairs": lambda host, port: [(socket.AF_INET, ("127.0.0.1", port))],
    "function of a generator": lambda host, port: (address for address in ["127.0.0.1"]),
    "subclass": Recording(),
    "async subclass": AsyncRecording(),
    "cached": CachedResolver(Recording()),
    "cached map": CachedResolver({"name.test": "127.0.0.1"}),
    "coroutine function": _async_function,
    "async callable": AsyncCallable(),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_what_may_be_a_resolver(flavour: str, kind: str) -> None:
    if flavour == "sync" and kind in {"coroutine function", "async callable"}:
        with pytest.raises(TypeError, match="coroutine function"):
            Network(resolver=ACCEPTED[kind])
        return
    with serve(echo) as server:

        async def main() -> None:
            stream = await network(flavour, resolver=ACCEPTED[kind]).connect_tcp("name.test", server.port, 5)
            await stream.aclose()
            await pause(flavour, 0)

        run(flavour, main)


def test_what_may_not_be_a_resolver() -> None:
    for value in (3, "127.0.0.1"):
        with pytest.raises(TypeError, match="a resolver is"):
            AsyncNetwork(resolver=value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"'not an address', given for 'a\.test'"):
        as_resolver({"a.test": "not an address"})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "has no address"),
        (["not-an-address"], "'not-an-address' for 'name.test', which is no IP address"),
        ([None], "None for 'name.test'"),
        ([("127.0.0.1", 80)], "which is no IP address"),
    ],
)
def test_bad_answers_are_resolve_errors(flavour: str, answer: list[Any], message: str) -> None:
    async def main() -> None:
        with pytest.raises(ResolveError, match=message):
            await network(flavour, resolver=Recording(answer)).connect_tcp("name.test", 80, 5)

    run(flavour, main)


@pytest.mark.parametrize("timeout", [5, None])
@pytest.mark.parametrize(
    "error", [OSError("no network"), ValueError("odd"), KeyError("name.test"), ResolveError("not here")]
)
def test_a_resolver_that_raises(flavour: str, error: Exception, timeout: float | None) -> None:
    def resolver(host: str, port: int) -> list[str]:
        raise error

    async def main() -> None:
        with pytest.raises(ResolveError) as caught:
            await network(flavour, resolver=resolver).connect_tcp("name.test", 80, timeout)
        assert str(error) in str(caught.value)

    run(flavour, main)


def test_literals_are_not_looked_up(flavour: str) -> None:
    resolver = Recording()
    with serve(echo) as server:

        async def main() -> None:
            stream = await network(flavour, resolver=resolver).connect_tcp("127.0.0.1", server.port, 5)
            await stream.aclose()
            await pause(flavour, 0)

        run(flavour, main)
    assert resolver.asked == []


def _ask(resolver: Resolver, host: str, port: int) -> list[Any]:
    return list(resolver.resolve(host, port))


def _ask_async(resolver: Resolver, host: str, port: int) -> list[Any]:
    return list(asyncio.run(resolver.async_resolve(host, port)))


@pytest.mark.parametrize("ask", [_ask, _ask_async])
def test_a_static_map_knows_ports_and_falls_back(ask: Any) -> None:
    fallback = Recording(["10.0.0.9"])
    resolver = StaticResolver({"a.test": "10.0.0.1", "a.test:8080": ["10.0.0.2", "10.0.0.3"]}, fallback)
    assert ask(resolver, "a.test", 80) == ["10.0.0.1"]
    assert ask(resolver, "A.Test", 8080) == ["10.0.0.2", "10.0.0.3"]
    assert fallback.asked == []
    assert ask(resolver, "b.test", 80) == ["10.0.0.9"]
    assert fallback.asked == [("b.test", 80)]
    with pytest.raises(ResolveError, match=r"'b\.test' is not in the static map"):
        ask(StaticResolver({"a.test": "10.0.0.1"}, None), "b.test", 80)


@pytest.mark.parametrize("ask", [_ask, _ask_async])
def test_a_cache_keeps_answers_for_a_while(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("duohttp._network.resolver.monotonic", lambda: now[0])
    inner = Recording()
    resolver = CachedResolver(inner, ttl=10)
    assert resolver.resolve_now("a.test", 1) is None
    assert ask(resolver, "a.test", 1) == ask(resolver, "a.test", 1) == ["127.0.0.1"]
    assert resolver.resolve_now("a.test", 1) is not None
    assert len(inner.asked) == 1
    now[0] += 10
    ask(resolver, "a.test", 1)
    assert len(inner.asked) == 2
    resolver.clear()
    ask(resolver, "a.test", 1)
    assert len(inner.asked) == 3


def test_a_cache_is_bounded_and_keeps_no_failure() -> None:
    inner = Recording()
    resolver = CachedResolver(inner, max_entries=3)
    for number in range(10):
        resolver.resolve(f"{number}.test", 1)
    assert [number for number in range(10) if resolver.resolve_now(f"{number}.test", 1)] == [7, 8, 9]
    inner.answer = []
    resolver.resolve("none.test", 1)
    resolver.resolve("none.test", 1)
    assert inner.asked.count(("none.test", 1)) == 2


def test_resolvers_can_be_pickled() -> None:
    made = pickle.loads(pickle.dumps(CachedResolver({"a.test": "10.0.0.1"}, ttl=5, max_entries=7)))
    assert made.resolve("a.test", 1) == ["10.0.0.1"]
    assert (made.ttl, made.max_entries) == (5, 7)
    assert isinstance(made.inner.fallback, SystemResolver)


def test_the_system_knows_localhost() -> None:
    found = SystemResolver().resolve_now("localhost", 80)
    assert found is not None
    assert (int(socket.AF_INET), ("127.0.0.1", 80)) in found
    with pytest.raises(ResolveError, match="IDNA"):
        SystemResolver().resolve("bücher.example", 80)


# The threads


def test_lookups_nobody_waits_for_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "MAX_THREADS", 1)
    release, made = threading.Event(), []
    first_ended, last_ended = threading.Event(), threading.Event()
    lookup.start("first", lambda: release.wait(10), first_ended.set)
    queued = [lookup.start(number, lambda number=number: made.append(number), _nothing) for number in range(5)]  # type: ignore[misc]
    for call in queued[:4]:
        call.forget(_nothing)
    last = lookup.start("last", lambda: made.append("last"), last_ended.set)
    release.set()
    assert first_ended.wait(5)
    assert last_ended.wait(5)
    assert last.done
    assert made == [4, "last"]


def _nothing() -> None:
    pass


def test_lookup_threads_end() -> None:
    ended = threading.Event()
    lookup.start("short", _nothing, ended.set)
    assert ended.wait(5)
    for thread in threading.enumerate():
        if thread.name == "duohttp-lookup":
            thread.join(5)
            assert not thread.is_alive()


def test_an_error_is_raised_as_a_copy_for_each() -> None:
    def fail() -> None:
        raise ResolveError("nothing")

    ended = threading.Event()
    call = lookup.start("failing", fail, ended.set)
    assert ended.wait(5)
    errors = []
    for _ in range(2):
        with pytest.raises(ResolveError) as caught:
            call.value()
        errors.append(caught.value)
    assert errors[0] is not errors[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_looks_names_up_with_threads_of_its_own() -> None:
    release = threading.Event()
    before = threading.Event()
    lookup.start("same", lambda: release.wait(10), before.set)
    child = os.fork()
    if child == 0:
        code = 99
        try:
            ended = threading.Event()
            call = lookup.start("same", lambda: "mine", ended.set)
            code = 0 if ended.wait(5) and call.value() == "mine" else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    release.set()
    assert before.wait(5)

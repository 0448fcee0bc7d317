"""A plugin that raises, hangs, returns the wrong type or is installed twice is named; no connection stays behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from duohttp import AsyncClient, Auth, Plugin, Request, Retry, Stage, Timeout, TotalTimeout
from duohttp._concurrency import AsyncEvent, ManualClock, async_sleep, use_clock
from duohttp.plugins.flow import Sleep, call

from ..servers.nginx import Nginx
from .scripted import AsyncScriptedEngine

pytestmark = pytest.mark.anyio

Act = Callable[[], Any]


def plugin_of(hook: str, act: Act, *, late: bool = False) -> Plugin:
    """Return a plugin with one hook, which does ``act`` (after the response, where it is ``late``)."""

    def plain(self: Plugin, *args: Any) -> Any:
        return act()

    def flow(self: Plugin, request: Request) -> Any:
        if late:
            yield request
        yield Sleep(0)
        return act()

    async def pair(self: Plugin, request: Request, proceed: Any) -> Any:
        if late:
            await proceed(request)
        return act()

    plain.__name__ = hook
    functions: dict[str, Any] = {"flow": flow, "send": pair}
    return paired("Faulty", pair) if hook == "send" else type("Faulty", (Plugin,), {hook: functions.get(hook, plain)})()


def paired(name: str, function: Any) -> Plugin:
    """Return a plugin whose function is for this test's own client; the other one it would refuse."""
    other, own = ("send", f"send_{'async'}") if function.__code__.co_flags & 0x80 else (f"send_{'async'}", "send")
    plugin: Plugin = type(name, (Plugin,), {other: lambda *args: None, own: function})()
    return plugin


async def use(client: AsyncClient, url: str, hook: str, *, stream: bool) -> Any:
    """Do what calls the hook."""
    try:
        if hook == "parse_body":
            return await client.get(url, into=dict)
        if hook == "render_body":
            return await client.post(url, body={"a": 1})
        if stream:
            async with client.stream("GET", url) as response:
                return await response.read()
        return await client.get(url)
    finally:
        stats = client.pool_stats()
        assert stats.open == stats.idle, "a connection was left behind"
        await client.aclose()


async def started(client: AsyncClient, timeout: Timeout, *, stream: bool) -> None:
    """Do nothing with the response."""
    if stream:
        async with client.stream("POST", "small.txt", timeout=timeout, body={"a": 1}):
            pass
    else:
        await client.post("small.txt", timeout=timeout, body={"a": 1})


def oops() -> Any:
    raise KeyError("oops")


HOOKS = ("on_request", "render_body", "flow", "send", "on_attempt", "on_response", "parse_body", "on_close")
WRONG: dict[str, Any] = {
    "on_request": "a request",
    "render_body": "no body",
    "flow": None,
    "send": 5,
    "on_attempt": "headers",
    "on_response": "a response",
    "parse_body": None,
    "on_close": "done",
}


@pytest.mark.parametrize("stream", [False, True], ids=["saved", "streamed"])
@pytest.mark.parametrize(("hook", "late"), [*((each, False) for each in HOOKS), ("flow", True), ("send", True)])
async def test_one_that_raises(hook: str, stream: bool, late: bool, nginx: Nginx) -> None:
    client = AsyncClient(plugins=[plugin_of(hook, oops, late=late)])
    with pytest.raises(KeyError, match="oops") as caught:
        await use(client, f"{nginx.url}/small.txt", hook, stream=stream)
    (note,) = caught.value.__notes__
    assert note.startswith(f"raised by the plugin Faulty.{hook}")
    assert client.is_closed


@pytest.mark.parametrize("stream", [False, True], ids=["saved", "streamed"])
@pytest.mark.parametrize(("hook", "late"), [*((each, False) for each in HOOKS), ("flow", True), ("send", True)])
async def test_one_that_returns_the_wrong_type(hook: str, stream: bool, late: bool, nginx: Nginx) -> None:
    client = AsyncClient(plugins=[plugin_of(hook, lambda: WRONG[hook], late=late)])
    with pytest.raises(TypeError, match=rf"Faulty\.{hook}\w* must return .*: it returned (None|int|str)"):
        await use(client, f"{nginx.url}/small.txt", hook, stream=stream)


@pytest.mark.parametrize("stream", [False, True], ids=["saved", "streamed"])
@pytest.mark.parametrize(
    ("hook", "late"),
    [
        *((each, False) for each in ("on_request", "render_body", "flow", "send", "on_attempt", "on_response")),
        ("flow", True),
        ("send", True),
    ],
)
async def test_one_that_takes_longer_than_the_call_may(hook: str, stream: bool, late: bool, nginx: Nginx) -> None:
    """What can't be interrupted, in whatever client, is noticed when it comes back."""
    clock = ManualClock()

    def slow() -> Any:
        clock.advance(60)
        return kept[0] if hook in ("flow", "send") else None

    kept: list[Any] = []
    with use_clock(clock):
        async with AsyncClient(base_url=nginx.url) as plain:
            async with plain.stream("GET", "small.txt") as response:
                await response.read()
                kept.append(response)
            client = plain.derive(plugins=[plugin_of(hook, slow, late=late)])
            with pytest.raises(TotalTimeout, match=rf"longer than 5 s \(in the plugin Faulty\.{hook}\w*\)") as caught:
                await started(client, Timeout(total=5), stream=stream)
            assert caught.value.request is not None
            stats = client.pool_stats()
            assert stats.open == stats.idle
            await client.aclose()


async def waiting(*args: Any) -> Any:
    """Hang: for ever in a task, which can be interrupted; for a while in a thread, which can't."""
    await AsyncEvent().wait(HANGS)


HANGS = 60.0 if "async" in __name__ else 0.4


class HangingFlow(Plugin):
    def flow(self, request: Request) -> Any:
        response = yield request
        yield call(waiting)
        return response


async def hanging(self: Plugin, request: Request, proceed: Any) -> Any:
    response = await proceed(request)
    await waiting()
    return response


class HangingAuth(Auth):
    def flow(self, request: Request) -> Any:
        response = yield request
        yield call(waiting)
        return response


class Around(Plugin):
    """One outside of it, which is not to blame."""

    stage = Stage.REDIRECT

    def flow(self, request: Request) -> Any:
        response = yield request
        return response


@pytest.mark.parametrize("stream", [False, True], ids=["saved", "streamed"])
@pytest.mark.parametrize("plugin", [HangingFlow(), paired("HangingPair", hanging), HangingAuth()], ids=repr)
async def test_one_that_hangs(plugin: Plugin, stream: bool, nginx: Nginx) -> None:
    async with AsyncClient(base_url=nginx.url, plugins=[Around(), plugin]) as client:
        with pytest.raises(TotalTimeout, match=rf"\(in the plugin {plugin.name}\.") as caught:
            await started(client, Timeout(total=0.3), stream=stream)
        assert "Around" not in str(caught.value)
        stats = client.pool_stats()
        assert stats.open == stats.idle


async def test_a_callback_that_hangs() -> None:
    engine = AsyncScriptedEngine(lambda request: (503, {}, b""))
    client = AsyncClient(engine=engine, plugins=[Retry(retry_if=waiting)])
    with pytest.raises(TotalTimeout):
        await client.get("http://a.test/", timeout=Timeout(total=0.2))
    assert engine.streams
    assert all(stream.closed for stream in engine.streams)


async def test_interceptors_are_named() -> None:
    client = AsyncClient(engine=AsyncScriptedEngine(lambda request: (200, {}, b"")))

    async def slow(request: Request, proceed: Any) -> Any:
        response = await proceed(request)
        await async_sleep(0.5)
        return response

    client.intercept(slow)
    with pytest.raises(TotalTimeout, match="HttpSend"):
        await client.get("http://a.test/", timeout=Timeout(total=0.2))


class Quiet(Plugin):
    def on_request(self, request: Request) -> None:
        pass


class Many(Quiet):
    repeatable = True


async def test_one_that_is_installed_twice() -> None:
    with pytest.raises(ValueError, match=r"two plugins of one kind .*: Quiet\(\) and Quiet\(\)"):
        AsyncClient(plugins=[Quiet(), Quiet()])
    one = Quiet()
    with pytest.raises(ValueError, match=r"installed twice: Quiet\(\)"):
        AsyncClient(plugins=[one, one])
    many = Many()
    client = AsyncClient(plugins=[many, many, Many()])
    assert client.describe().count("Many()") == 3
    await client.aclose()
    client = AsyncClient(plugins=[one])
    with pytest.raises(ValueError, match=r"two plugins of one kind: Quiet\(\) and Quiet\(\)"):
        client.build_request("GET", "http://a.test/", plugins=[Many(), one, one])
    await client.aclose()


@pytest.mark.parametrize("hook", ["on_request", "render_body", "flow", "on_attempt", "on_response", "on_close"])
def test_hooks_that_can_not_wait_are_refused_when_the_client_is_made(hook: str) -> None:
    async def asynchronous(self: Plugin, *args: Any) -> Any:
        await async_sleep(0)

    def generating(self: Plugin, *args: Any) -> Any:
        yield Sleep(0)

    for function in (asynchronous, generating):
        if function.__code__.co_flags & 0x280 or (hook not in ("flow", "on_close") and function is generating):
            with pytest.raises(TypeError, match=rf"Wrong\.{hook} is (async|a generator), and it can't be"):
                AsyncClient(plugins=[type("Wrong", (Plugin,), {hook: function})()])


async def test_one_that_takes_other_arguments_is_named() -> None:
    async def odd(self: Plugin, request: Request) -> Any:
        await async_sleep(0)

    client = AsyncClient(plugins=[paired("Odd", odd)])
    with pytest.raises(TypeError) as caught:
        await client.get("http://a.test/")
    assert caught.value.__notes__[0].startswith("raised by the plugin Odd.send")


class Pool:
    """Something that is closed in its own time."""

    def __init__(self) -> None:
        self.closed = False

    async def aclose(self) -> str:
        await async_sleep(0)
        self.closed = True
        return "closed"


class Closing(Plugin):
    def __init__(self, step: Any) -> None:
        self.step = step
        self.came: Any = None

    def on_close(self) -> Any:
        self.came = yield self.step
        yield Sleep(0)


async def test_closing_may_wait() -> None:
    pool = Pool()
    plugin = Closing(call(pool.aclose))
    engine = AsyncScriptedEngine(lambda request: (200, {}, b""))
    async with AsyncClient(engine=engine, plugins=[plugin]) as client:
        other = client.derive()
    assert not pool.closed
    await other.aclose()
    assert pool.closed
    assert plugin.came == "closed"
    assert engine.closed == 1


@pytest.mark.parametrize(
    ("step", "error", "match"),
    [
        ("nonsense", TypeError, r"Closing\.on_close may yield call\(\) or sleep\(\): it yielded str"),
        (call(oops), KeyError, "oops"),
    ],
    ids=["wrong step", "raises"],
)
async def test_closing_that_fails(step: Any, error: type[Exception], match: str) -> None:
    engine = AsyncScriptedEngine(lambda request: (200, {}, b""))
    pool = Pool()
    client = AsyncClient(engine=engine, plugins=[Closing(step), type("Other", (Closing,), {})(call(pool.aclose))])
    with pytest.raises(error, match=match) as caught:
        await client.aclose()
    assert caught.value.__notes__ == ["raised by the plugin Closing.on_close"]
    assert pool.closed
    assert engine.closed == 1


async def test_bodies_parsed_by_a_plugin_of_one_request() -> None:
    class Wrapped(Plugin):
        def parse_body(self, response: Any, into: Any) -> Any:
            return {"text": response.text} if into is dict else NotImplemented

    client = AsyncClient(engine=AsyncScriptedEngine(lambda request: (200, {}, b"abc")))
    assert await client.get("http://a.test/", into=dict, plugins=[Wrapped()]) == {"text": "abc"}
    assert (await client.get("http://a.test/")).request.settings.parsers == ()

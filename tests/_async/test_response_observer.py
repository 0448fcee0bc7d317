"""ResponseObserver: copies for others, beside the one who asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from duohttp import AsyncClient, AsyncResponse, Request, ResponseNotRead, ResponseObserver, Retry
from duohttp._concurrency import AsyncEvent, AsyncTaskGroup, async_sleep

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


class AsyncObserver:
    """Keeps what it is given, and lets a test wait for it."""

    def __init__(self, wanted: int = 1) -> None:
        self.seen: list[AsyncResponse] = []
        self.enough = AsyncEvent()
        self.may_go_on = AsyncEvent()
        self.may_go_on.set()
        self.wanted = wanted

    async def __call__(self, response: AsyncResponse) -> None:
        await self.may_go_on.wait(10)
        self.seen.append(response)
        if len(self.seen) >= self.wanted:
            self.enough.set()

    async def wait(self) -> list[AsyncResponse]:
        """Return what came, once it is all there."""
        assert await self.enough.wait(10)
        return self.seen


def client_of(answer: Callable[[Request], Answer], *plugins: Any) -> tuple[AsyncClient, AsyncScriptedEngine]:
    engine = AsyncScriptedEngine(answer)
    return AsyncClient(engine=engine, plugins=plugins), engine


def hello(request: Request) -> Answer:
    return 200, {"content-type": "text/plain"}, [b"he", b"llo"]


async def test_saved_responses() -> None:
    observer = AsyncObserver()
    client, _ = client_of(hello, ResponseObserver(observer))
    response = await client.get(URL)
    copy = (await observer.wait())[0]
    assert copy is not response
    assert copy.text == response.text == "hello"
    assert copy.headers["content-type"] == "text/plain"
    assert str(copy.url) == URL


async def test_streamed_responses_are_copied_on_their_way() -> None:
    observer = AsyncObserver()
    client, engine = client_of(hello, ResponseObserver(observer))
    async with client.stream("GET", URL) as response:
        pieces = [piece async for piece in response.iter_bytes()]
    assert pieces == [b"he", b"llo"]
    assert (await observer.wait())[0].content == b"hello"
    assert engine.streams[0].closed


async def test_the_one_who_asked_waits_for_nothing() -> None:
    observer = AsyncObserver()
    observer.may_go_on = AsyncEvent()
    client, _ = client_of(hello, ResponseObserver(observer))
    assert (await client.get(URL)).text == "hello"
    assert observer.seen == []
    observer.may_go_on.set()
    assert len(await observer.wait()) == 1


@pytest.mark.parametrize("given_up", [False, True])
async def test_bodies_that_are_not_whole_are_not_handed_over(given_up: bool) -> None:
    observer = AsyncObserver()
    client, _ = client_of(hello, ResponseObserver(observer, max_body=None if given_up else 4))
    async with client.stream("GET", URL) as response:
        if not given_up:
            assert await response.read() == b"hello"
    copy = (await observer.wait())[0]
    assert copy.status_code == 200
    with pytest.raises(ResponseNotRead):
        _ = copy.content


class AsyncLogged(logging.Handler):
    """Keeps records, and lets a test wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.came = AsyncEvent()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.came.set()


async def test_failures_are_logged_and_break_nothing() -> None:
    def broken(response: AsyncResponse) -> None:
        raise KeyError("oops")

    handler = AsyncLogged()
    logger = logging.getLogger("duohttp")
    logger.addHandler(handler)
    try:
        client, _ = client_of(hello, ResponseObserver(broken))
        assert (await client.get(URL)).text == "hello"
        assert await handler.came.wait(10)
    finally:
        logger.removeHandler(handler)
    (record,) = handler.records
    assert record.getMessage().startswith("ResponseObserver: the observer of <")
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


async def test_what_is_too_much_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    observer = AsyncObserver(2)
    observer.may_go_on = AsyncEvent()
    client, _ = client_of(hello, ResponseObserver(observer, limit=2))
    for _ in range(3):
        assert (await client.get(URL)).text == "hello"
    observer.may_go_on.set()
    assert len(await observer.wait()) == 2
    assert "2 are still at work" in caplog.text


async def test_filter() -> None:
    observer = AsyncObserver()
    client, _ = client_of(hello, ResponseObserver(observer, filter=lambda request: request.method == "PUT"))
    await client.get(URL)
    await client.put(URL)
    assert [response.request.method for response in await observer.wait()] == ["PUT"]


async def test_a_filter_that_fails_is_named() -> None:
    def broken(request: Request) -> bool:
        raise KeyError("oops")

    client, engine = client_of(hello, ResponseObserver(lambda response: None, filter=broken))
    with pytest.raises(KeyError) as caught:
        await client.get(URL)
    assert caught.value.__notes__ == ["raised by the plugin ResponseObserver"]
    assert engine.requests == []


async def test_each_attempt_is_seen() -> None:
    left = [503, 200]
    observer = AsyncObserver(2)
    client, _ = client_of(
        lambda request: (left.pop(0), {"retry-after": "0"}, b""), Retry(max_retries=1), ResponseObserver(observer)
    )
    await client.get(URL)
    assert sorted(response.status_code for response in await observer.wait()) == [200, 503]


async def test_closing_waits_for_the_work() -> None:
    observer = AsyncObserver(3)
    observer.may_go_on = AsyncEvent()
    plugin = ResponseObserver(observer)
    client, _ = client_of(hello, plugin)
    other = client.derive()
    for _ in range(3):
        await client.get(URL)
    await other.aclose()  # it shares the plugin with one that lives on
    assert observer.seen == []

    async def release() -> None:
        await async_sleep(0.05)
        observer.may_go_on.set()

    async with AsyncTaskGroup() as group:
        group.start_soon(release)
        await client.aclose()
        assert len(observer.seen) == 3


async def test_closing_interrupts_what_takes_too_long(caplog: pytest.LogCaptureFixture) -> None:
    began, ended = AsyncEvent(), AsyncEvent()

    async def endless(response: AsyncResponse) -> None:
        began.set()
        try:
            await AsyncEvent().wait(60)
        finally:
            ended.set()

    client, engine = client_of(hello, ResponseObserver(endless, close_timeout=0.05))
    async with client:
        await client.get(URL)
        assert await began.wait(10)
    assert ended.is_set()
    assert engine.closed == 1
    assert "1 still at work when the client closed" in caplog.text


def test_options() -> None:
    for options in ({"on_response": 5}, {"on_response": print, "filter": 5}):
        with pytest.raises(TypeError):
            ResponseObserver(**options)
    for wrong in ({"limit": 0}, {"max_body": -1}, {"close_timeout": -1}):
        with pytest.raises(ValueError):
            ResponseObserver(print, **wrong)  # type: ignore[arg-type]
    assert repr(ResponseObserver(print)) == "ResponseObserver(print)"


async def test_against_servers(asgi_server: AsgiServer, nginx: Nginx) -> None:
    observer = AsyncObserver(3)
    async with AsyncClient(plugins=[ResponseObserver(observer)]) as client:
        small = await client.get(f"{nginx.url}/small.txt")
        users = await client.get(f"{asgi_server.url}/users/7")
        async with client.stream("GET", f"{asgi_server.url}/chunked?n=3&size=5") as response:
            chunked = await response.read()
        bodies = {response.content for response in await observer.wait()}
    assert bodies == {small.content, users.content, chunked}

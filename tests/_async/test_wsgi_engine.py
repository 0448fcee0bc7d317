"""A WSGI application behind a client: what it is told, what comes back, and what happens when it misbehaves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    ApplicationError,
    AsyncClient,
    CloseError,
    PoolTimeout,
    ReadTimeout,
    ServerDisconnected,
    Timeout,
    TotalTimeout,
    UnsupportedByEngine,
    WsgiEngine,
)
from duohttp._concurrency import async_sleep, monotonic

from ..apps.wsgi import (
    BROKEN,
    Pieces,
    Waiting,
    environ_app,
    failing,
    late_failure,
    reading,
    replaced,
    writing,
)

pytestmark = pytest.mark.anyio

BASE = "http://app.test"


def client_of(application: Any, **options: Any) -> AsyncClient:
    return AsyncClient(engine=WsgiEngine(application, **options), base_url=BASE)


async def until(condition: Any) -> None:
    """Wait for what another thread does."""
    end = monotonic() + 10
    while not condition():
        assert monotonic() < end, "it did not happen"
        await async_sleep(0.002)


async def test_environ() -> None:
    engine = WsgiEngine(environ_app, root_path="/api/", client=("10.0.0.7", 99))
    async with AsyncClient(engine=engine) as client:
        text = (
            await client.post(
                "https://[::1]:8443/api/caf%C3%A9/a%2Fb?q=%C3%A9&r",
                headers=[("X-A", "1"), ("x-a", "2"), ("X_A", "3")],
                cookies={"c": "3"},
                content="text",
            )
        ).text
        outside = (await client.get("http://h.test/apiary")).text
    environ = dict(line.split("=", 1) for line in text.splitlines())
    assert environ["REQUEST_METHOD"] == "'POST'"
    assert environ["SCRIPT_NAME"] == "'/api'"
    assert environ["PATH_INFO"] == repr("/café/a/b".encode().decode("latin-1"))
    assert environ["QUERY_STRING"] == "'q=%C3%A9&r'"
    assert environ["REQUEST_URI"] == "'/api/caf%C3%A9/a%2Fb?q=%C3%A9&r'"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("'::1'", "'8443'")
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("'10.0.0.7'", "'99'")
    assert (environ["SERVER_PROTOCOL"], environ["wsgi.url_scheme"]) == ("'HTTP/1.1'", "'https'")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("'text/plain; charset=utf-8'", "'4'")
    assert "HTTP_CONTENT_LENGTH" not in environ
    assert environ["HTTP_HOST"] == "'[::1]:8443'"
    assert environ["HTTP_X_A"] == "'1,2'"  # X_A would pass for X-A
    assert environ["HTTP_COOKIE"] == "'c=3'"
    assert environ["wsgi.version"] == "(1, 0)"
    assert (environ["wsgi.multithread"], environ["wsgi.run_once"]) == ("True", "False")
    assert "PATH_INFO='/apiary'\n" in outside
    assert "SCRIPT_NAME=''\n" in outside


@pytest.mark.parametrize(
    ("way", "found"),
    [
        ("all", [b"one\ntwo\nlast"]),
        ("sizes", [b"one", b"\ntw", b"o\nl", b"ast"]),
        ("lines", [b"one\n", b"two\n", b"last"]),
        ("loop", [b"one\n", b"two\n", b"last"]),
        ("short", [b"on", b"", b"e\n", b"t", b"wo\n"]),
        ("into", [b"one\n"]),
    ],
)
async def test_ways_to_read_the_body(way: str, found: list[bytes]) -> None:
    async with client_of(reading) as client:
        for content in (b"one\ntwo\nlast", [b"on", b"e\nt", b"wo\nlast"]):
            assert (await client.post(way, content=content)).text == repr(found)


async def test_a_body_is_read_only_as_the_application_reads_it() -> None:
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield b"%d\n" % number

    async with client_of(reading) as client:
        assert (await client.post("short", content=pieces())).status_code == 200
    assert read == [0, 1, 2]


async def test_a_body_that_fails_is_raised() -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise LookupError("no more")

    async with client_of(reading) as client:
        with pytest.raises(LookupError):
            await client.post("all", content=broken())


async def test_the_write_callable() -> None:
    async with client_of(writing) as client:
        response = await client.get("x")
        assert (response.content, response.reason_phrase) == (b"onetwosix", "OK")
        assert (await client.head("x")).content == b""


async def test_answers_are_streamed_and_the_application_waits_for_the_reader() -> None:
    pieces = Pieces(1000, 16384)
    async with client_of(pieces) as client:
        async with client.stream("GET", "x") as response:
            await until(lambda: pieces.given == 4)
            size = 0
            async for piece in response.iter_raw():
                size += len(piece)
                assert pieces.given <= size // 16384 + 5
    assert size == 1000 * 16384
    assert pieces.closed == 1


async def test_a_response_that_is_left_closes_the_iterable() -> None:
    pieces = Pieces(1000, 50_000)
    async with client_of(pieces) as client:
        async with client.stream("GET", "x") as response:
            async for _ in response.iter_raw():
                break
        await until(lambda: pieces.closed)
    assert pieces.given < 10


async def test_a_client_that_is_dropped_or_closed_ends_the_application() -> None:
    for how in ("abandon", "close"):
        pieces = Pieces(1000, 50_000)
        client = client_of(pieces)
        response = await client.prepare("GET", "x").stream().__aenter__()
        if how == "abandon":
            client._engine.abandon()
        else:
            await client._engine.aclose()
        await until(lambda: pieces.closed)  # noqa: B023
        assert pieces.given < 10
        with pytest.raises(CloseError, match="closed"):
            await client.get("x")
        await response.aclose()
        await client.aclose()


async def test_a_response_that_is_dropped_unread_warns() -> None:
    pieces = Pieces(1000, 50_000)
    async with client_of(pieces) as client:
        responses = [await client.prepare("GET", "x").stream().__aenter__()]
        assert responses[0].status_code == 200
        with pytest.warns(ResourceWarning, match="dropped unread"):
            responses.clear()
        await until(lambda: pieces.closed)


@pytest.mark.parametrize("application", BROKEN.values(), ids=BROKEN)
async def test_a_broken_application_is_a_typed_error(application: tuple[Any, str]) -> None:
    function, says = application
    for raises in (True, False):
        async with client_of(function, raise_app_exceptions=raises) as client:
            with pytest.raises(ApplicationError, match=rf"tests\.apps\.wsgi\.\S+ .*{says}") as caught:
                await client.get("x")
            assert caught.value.request is not None


async def test_exceptions_are_raised_as_they_are() -> None:
    for application in (failing, late_failure):
        async with client_of(application) as client:
            with pytest.raises(LookupError, match="not here"):
                await client.get("x")


async def test_exceptions_can_be_a_500_as_with_a_server(caplog: pytest.LogCaptureFixture) -> None:
    async with client_of(failing, raise_app_exceptions=False) as client:
        with caplog.at_level(logging.ERROR, "duohttp"):
            assert (await client.get("x")).status_code == 500
    assert "tests.apps.wsgi.failing raised" in caplog.text
    async with client_of(late_failure, raise_app_exceptions=False) as client:
        with pytest.raises(ServerDisconnected):
            await client.get("x")


async def test_an_answer_is_replaced_until_it_is_sent() -> None:
    async with client_of(replaced) as client:
        response = await client.get("x")
        assert (response.status_code, response.reason_phrase, response.text) == (500, "Sorry", "sorry")
        with pytest.raises(LookupError):
            await client.get("x?late")


async def test_timeouts() -> None:
    waiting = Waiting()
    async with client_of(waiting, threads=1) as client:
        with pytest.raises(ReadTimeout, match=r"tests\.apps\.wsgi\.Waiting told nothing for 0\.05 s"):
            await client.get("x", timeout=Timeout(5, read=0.05))
        with pytest.raises(PoolTimeout, match="all 1 threads"):
            await client.get("x", timeout=Timeout(5, pool=0.05))
        waiting.go.set()
        assert (await client.get("x")).status_code == 200
        waiting.go.clear()
        with pytest.raises(TotalTimeout, match=r"0\.05 s"):
            await client.get("x", timeout=Timeout(5, total=0.05))
        waiting.go.set()


async def test_options() -> None:
    with pytest.raises(TypeError, match=r"app is .*, not 'tests:app'"):
        WsgiEngine("tests:app")
    with pytest.raises(ValueError, match="at least 1"):
        WsgiEngine(environ_app, threads=0)
    with pytest.raises(UnsupportedByEngine, match="HTTP/2"):
        AsyncClient(engine=WsgiEngine(environ_app), http2=True)
    assert "WsgiEngine(" in repr(WsgiEngine(environ_app))


async def test_parallel() -> None:
    async with client_of(environ_app, threads=3) as client:
        answers = await client.parallel_get([f"users/{number}" for number in range(40)], limit=10)
        assert all(f"PATH_INFO='/users/{number}'" in answer.text for number, answer in enumerate(answers))

"""Servers that misbehave while a body is sent, and bodies that misbehave themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duohttp import LocalProtocolError, NetworkError, ReadTimeout, RequestError, Timeout, WriteTimeout
from duohttp._concurrency import monotonic

from ..faults import acts
from ..faults.leaks import nothing_left
from ..faults.scripted_server import Act, ScriptedServer, reply, scripted_server
from .faulty import ENGINES, AsyncTried, async_still_well, without

pytestmark = [
    pytest.mark.anyio,
    # httpcore leaves a generator of its own behind when sending fails, which trio notices
    pytest.mark.filterwarnings("ignore:Async generator 'httpcore:ResourceWarning"),
]

TOO_LARGE = reply(b"too large", "413 Content Too Large")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["plain", "tls"])
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    with nothing_left(), scripted_server(tls=request.param == "tls") as server:
        yield server


class Upload:
    """A body that would be sent for long, and tells how far it got and whether it was cleaned up."""

    def __init__(self, pieces: int = 800) -> None:
        self.pieces = pieces
        self.sent = 0
        self.ended = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for _ in range(self.pieces):
                self.sent += 1
                yield b"x" * 65536
        finally:
            self.ended = True


# F12: an early final answer.


@pytest.mark.parametrize("then", ["deaf", "open", "close_notify"])
@pytest.mark.parametrize("length", [None, "52428800"], ids=["chunked", "length"])
async def test_early_answer_stops_the_upload(
    engine: str, server: ScriptedServer, then: str, length: str | None
) -> None:
    server.then(acts.answer_early(TOO_LARGE, 65536, then))
    upload = Upload()
    async with AsyncTried(engine) as client:
        headers = {} if length is None else {"Content-Length": length}
        response = await client.post(server.url(), content=iter(upload), headers=headers)
        assert (response.status_code, response.content) == (413, b"too large")
        assert upload.sent < upload.pieces
        assert upload.ended
        await async_still_well(client, server)
        assert server.connections == 2


HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
WELL = reply(b"taken " * 20_000)


@pytest.mark.parametrize(
    ("first", "rest"),
    [(HINTS, WELL), (WELL[:40], WELL[40:]), (WELL[:50_000], WELL[50_000:]), (WELL, b"")],
    ids=["informational", "half a head", "half an answer", "whole answer"],
)
@pytest.mark.parametrize("length", [None, "6553600"], ids=["chunked", "length"])
async def test_answer_that_refuses_nothing_lets_the_upload_go_on(
    engine: str, server: ScriptedServer, first: bytes, rest: bytes, length: str | None
) -> None:
    """Only an error says that the rest of the body is not wanted (RFC 9112 section 9.5)."""
    without(engine, "httpcore", "httpcore reads no answer while it sends: ours ends the upload at the first byte")
    server.then(acts.answer_meanwhile(first, rest, 65536))
    upload = Upload(100)
    async with AsyncTried(engine) as client:
        headers = {} if length is None else {"Content-Length": length}
        response = await client.post(server.url(), content=iter(upload), headers=headers)
        assert (response.status_code, response.content) == (200, b"taken " * 20_000)
        await async_still_well(client, server)
        assert server.received[0].body == b"x" * 6_553_600
        assert server.connections == 1


@pytest.mark.parametrize("then", ["deaf", "close_notify"])
async def test_early_answer_to_a_body_in_memory(engine: str, server: ScriptedServer, then: str) -> None:
    server.then(acts.answer_early(TOO_LARGE, 65536, then))
    async with AsyncTried(engine) as client:
        response = await client.post(server.url(), content=b"x" * 20_000_000)
        assert response.status_code == 413
        await async_still_well(client, server)
        assert server.connections == 2


@pytest.mark.parametrize("stage", [0, 65536])
async def test_reset_while_uploading(engine: str, server: ScriptedServer, stage: int) -> None:
    """The answer may be lost with the reset; the upload ends in any case."""
    server.then(acts.answer_early(b"", stage, "reset"), acts.answer_early(TOO_LARGE, stage, "reset"))
    async with AsyncTried(engine) as client:
        upload = Upload()
        with pytest.raises(NetworkError):
            await client.post(server.url(), content=iter(upload))
        assert upload.sent < upload.pieces
        upload = Upload()
        try:
            response = await client.post(server.url(), content=iter(upload))
        except NetworkError:
            pass
        else:
            assert response.status_code == 413
        assert upload.sent < upload.pieces
        assert server.connections == 2
        await async_still_well(client, server)


async def test_answer_and_half_close_before_the_body_was_read(engine: str, server: ScriptedServer) -> None:
    server.then(acts.answer_early(TOO_LARGE, 0, "close_notify"))
    async with AsyncTried(engine) as client:
        response = await client.post(server.url(), content=iter(Upload()))
        assert response.status_code == 413
        await async_still_well(client, server)


# F13: Expect: 100-continue.

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
EXPECT = {"Expect": "100-continue"}


@pytest.mark.parametrize("word", [CONTINUE, CONTINUE * 2, CONTINUE + b"HTTP/1.1 102 Processing\r\n\r\n"])
async def test_expected_continue(
    engine: str, server: ScriptedServer, word: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("duohttp._async.engines.native.connection.CONTINUE_WAIT", 60.0)
    server.then(acts.expect(word, reply(b"stored")))
    async with AsyncTried(engine) as client:
        response = await client.put(server.url(), content=b"abc", headers=EXPECT)
        assert response.content == b"stored"
        assert server.received[0].body == b"abc"
        await async_still_well(client, server)
        assert server.connections == 1


@pytest.mark.parametrize("late", [False, True])
async def test_expected_continue_that_does_not_come(
    engine: str, server: ScriptedServer, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that knows nothing of it waits for the body; it gets it after a while."""
    monkeypatch.setattr("duohttp._async.engines.native.connection.CONTINUE_WAIT", 0.1)
    server.then(acts.expect_late(0.2, CONTINUE, reply(b"stored")) if late else acts.expect(b"", reply(b"stored")))
    async with AsyncTried(engine) as client:
        response = await client.put(server.url(), content=b"abc", headers=EXPECT)
        assert response.content == b"stored"
        assert server.received[0].body == b"abc"
        await async_still_well(client, server)
        assert server.connections == 1


@pytest.mark.parametrize("status", ["417 Expectation Failed", "401 Unauthorized", "200 OK"])
async def test_expected_continue_answered_at_once(engine: str, server: ScriptedServer, status: str) -> None:
    """The body is not sent; the connection, on which the server may wait for it, is not used again."""
    without(engine, "httpcore", "httpcore sends the body without waiting")
    server.then(acts.expect_refused(reply(b"no", status)))
    upload = Upload()
    async with AsyncTried(engine) as client:
        response = await client.put(server.url(), content=iter(upload), headers=EXPECT)
        assert response.content == b"no"
        assert upload.sent == 0
        await async_still_well(client, server)
        assert server.connections == 2


async def test_expected_continue_and_silence(
    engine: str, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("duohttp._async.engines.native.connection.CONTINUE_WAIT", 0.1)
    server.then(acts.expect_refused(b""))
    async with AsyncTried(engine) as client:
        with pytest.raises((ReadTimeout, WriteTimeout)):
            await client.put(server.url(), content=b"abc", headers=EXPECT, timeout=Timeout(10, read=0.1))
        await async_still_well(client, server)


# F15: a server that never reads.


@pytest.mark.parametrize("streamed", [True, False])
async def test_upload_that_is_not_read(engine: str, server: ScriptedServer, streamed: bool) -> None:
    server.then(acts.ignore_upload)
    upload = Upload()
    async with AsyncTried(engine) as client:
        started = monotonic()
        with pytest.raises(WriteTimeout):
            await client.post(
                server.url(), content=iter(upload) if streamed else b"x" * 50_000_000, timeout=Timeout(10, write=0.2)
            )
        assert monotonic() - started < 5
        assert upload.sent < upload.pieces
        await async_still_well(client, server)


# F19: bodies that fail.


class Broken(Exception):
    pass


@pytest.mark.parametrize("good", [0, 1, 5])
@pytest.mark.parametrize("length", [None, "1000000"])
async def test_body_that_raises(engine: str, server: ScriptedServer, good: int, length: str | None) -> None:
    def body() -> Iterator[bytes]:
        yield from [b"x" * 1000] * good
        raise Broken("on purpose")

    server.then(Act(lambda peer: peer.read_request()))
    async with AsyncTried(engine) as client:
        headers = {} if length is None else {"Content-Length": length}
        with pytest.raises(Broken, match="on purpose"):
            await client.post(server.url(), content=body(), headers=headers)
        assert server.received == []
        await async_still_well(client, server)


@pytest.mark.parametrize("length", ["2999", "3001"])
async def test_body_that_lies_about_its_length(engine: str, server: ScriptedServer, length: str) -> None:
    server.then(Act(lambda peer: peer.read_request()))
    async with AsyncTried(engine) as client:
        with pytest.raises(LocalProtocolError):
            await client.post(server.url(), content=iter([b"x" * 1000] * 3), headers={"Content-Length": length})
        assert server.received == []
        await async_still_well(client, server)


async def test_body_of_the_wrong_type(engine: str, server: ScriptedServer) -> None:
    server.then(Act(lambda peer: peer.read_request()))
    async with AsyncTried(engine) as client:
        with pytest.raises((RequestError, TypeError)):
            await client.post(server.url(), content=iter([b"x", 5]))
        assert server.received == []
        await async_still_well(client, server)

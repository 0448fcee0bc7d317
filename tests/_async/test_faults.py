"""Servers that misbehave before or while they answer: what is raised, and that the client goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duohttp import (
    AsyncResponse,
    ConnectError,
    ConnectTimeout,
    NetworkError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    ServerDisconnected,
    Timeout,
    TLSError,
    TotalTimeout,
)
from duohttp._concurrency import monotonic

from ..faults import acts
from ..faults.leaks import nothing_left
from ..faults.scripted_server import ScriptedServer, black_hole, refusing_port, reply, scripted_server
from .faulty import ENGINES, AsyncTried, async_still_well, without

pytestmark = [
    pytest.mark.anyio,
    # httpcore leaves a generator of its own behind when sending fails, which trio notices
    pytest.mark.filterwarnings("ignore:Async generator 'httpcore:ResourceWarning"),
]

LENGTH = reply(b"0123456789", "200 OK", "X: y")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\n0123\r\n6\r\n456789\r\n0\r\nT: 1\r\n\r\n"
TO_THE_END = b"HTTP/1.1 200 OK\r\n\r\n0123456789"
HEADERS_END = TO_THE_END.index(b"\r\n\r\n") + 4


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["plain", "tls"])
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    with nothing_left(), scripted_server(tls=request.param == "tls") as server:
        yield server


@pytest.fixture
def plain_server() -> Iterator[ScriptedServer]:
    with nothing_left(), scripted_server() as server:
        yield server


@pytest.fixture
def tls_server() -> Iterator[ScriptedServer]:
    with nothing_left(), scripted_server(tls=True) as server:
        yield server


@pytest.fixture
def dead_port() -> Iterator[int]:
    with refusing_port() as port:
        yield port


@pytest.fixture
def full_port() -> Iterator[int]:
    with black_hole() as port:
        yield port


# F1 to F4: no answer at all.


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_refused(engine: str, plain_server: ScriptedServer, dead_port: int, scheme: str) -> None:
    async with AsyncTried(engine) as client:
        started = monotonic()
        with pytest.raises(ConnectError) as info:
            await client.get(f"{scheme}://127.0.0.1:{dead_port}/")
        assert monotonic() - started < 2
        assert str(dead_port) in str(info.value)
        assert info.value.request is not None
        await async_still_well(client, plain_server)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("timeout", [Timeout(10, connect=0.15), Timeout(10, total=0.15)])
async def test_black_hole(
    engine: str, plain_server: ScriptedServer, full_port: int, scheme: str, timeout: Timeout
) -> None:
    async with AsyncTried(engine) as client:
        started = monotonic()
        with pytest.raises(TotalTimeout if timeout.total else ConnectTimeout):
            await client.get(f"{scheme}://127.0.0.1:{full_port}/", timeout=timeout)
        assert 0.1 < monotonic() - started < 2
        await async_still_well(client, plain_server)


async def test_accepted_and_silent(engine: str, server: ScriptedServer) -> None:
    server.then(acts.silent, acts.silent)
    async with AsyncTried(engine) as client:
        with pytest.raises(ReadTimeout):
            await client.get(server.url(), timeout=Timeout(10, read=0.1))
        with pytest.raises(TotalTimeout):
            await client.get(server.url(), timeout=Timeout(10, total=0.1))
        await async_still_well(client, server)


async def test_silent_in_the_handshake(engine: str, tls_server: ScriptedServer) -> None:
    tls_server.then(acts.silent_before_tls, acts.silent_before_tls)
    async with AsyncTried(engine) as client:
        with pytest.raises(ConnectTimeout):
            await client.get(tls_server.url(), timeout=Timeout(10, connect=0.1))
        with pytest.raises(TotalTimeout):
            await client.get(tls_server.url(), timeout=Timeout(10, total=0.1))
        await async_still_well(client, tls_server)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("reset", [False, True])
async def test_closed_before_any_byte(engine: str, server: ScriptedServer, method: str, reset: bool) -> None:
    server.then(acts.close_at_once(reset=reset))
    async with AsyncTried(engine) as client:
        with pytest.raises(NetworkError):
            await client.request(method, server.url(), content=b"abc")
        assert server.connections == 1
        await async_still_well(client, server)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("then", ["close", "close_notify"])
async def test_closed_after_the_request(engine: str, server: ScriptedServer, method: str, then: str) -> None:
    """On a fresh connection nothing is sent again: the request did arrive."""
    server.then(acts.answer(b"", then))
    async with AsyncTried(engine) as client:
        with pytest.raises(ReadError) as info:
            await client.request(method, server.url(), content=b"abc")
        assert isinstance(info.value, ServerDisconnected)
        assert server.connections == server.count(method) == 1
        await async_still_well(client, server)


@pytest.mark.parametrize("reset", [False, True])
async def test_closed_in_the_handshake(engine: str, tls_server: ScriptedServer, reset: bool) -> None:
    tls_server.then(acts.close_at_once(before_tls=True, reset=reset))
    async with AsyncTried(engine) as client:
        with pytest.raises(ConnectError):
            await client.get(tls_server.url())
        await async_still_well(client, tls_server)


# F5, F6: cut at every offset.


@pytest.mark.parametrize("then", ["close", "close_notify"])
@pytest.mark.parametrize("data", [LENGTH, CHUNKED], ids=["length", "chunked"])
async def test_cut_at_every_offset(engine: str, server: ScriptedServer, data: bytes, then: str) -> None:
    if not server.tls and then == "close_notify":
        pytest.skip("there is no close_notify without TLS")
    async with AsyncTried(engine) as client:
        for at in range(len(data)):
            server.then(acts.cut(data, at, then))
            with pytest.raises(NetworkError) as info:
                await client.get(server.url())
            assert isinstance(info.value, ServerDisconnected)
        server.then(acts.cut(data, len(data), then))
        response = await client.get(server.url())
        assert response.content == b"0123456789"
        await async_still_well(client, server)


async def test_cut_body_that_ends_with_the_connection(engine: str, server: ScriptedServer) -> None:
    """Without TLS nobody can tell; with TLS only a proper end is an end."""
    async with AsyncTried(engine) as client:
        for at in range(len(TO_THE_END) + 1):
            server.then(acts.cut(TO_THE_END, at, "close"))
            if not server.tls and at >= HEADERS_END:
                response = await client.get(server.url())
                assert response.content == TO_THE_END[HEADERS_END:at]
            else:
                with pytest.raises(NetworkError):
                    await client.get(server.url())
            if server.tls and at >= HEADERS_END:
                server.then(acts.cut(TO_THE_END, at, "close_notify"))
                response = await client.get(server.url())
                assert response.content == TO_THE_END[HEADERS_END:at]
        await async_still_well(client, server)


async def test_what_came_before_a_cut_can_be_had_by_streaming(engine: str, server: ScriptedServer) -> None:
    for data in (LENGTH, CHUNKED):
        server.then(acts.cut(data, data.index(b"3") + 1, "close_notify"))
        async with AsyncTried(engine) as client:
            seen: list[bytes] = []

            async def read(response: AsyncResponse, into: list[bytes] = seen) -> None:
                async for piece in response.iter_bytes():
                    into.append(piece)

            async with client.stream("GET", server.url()) as response:
                with pytest.raises(ServerDisconnected) as info:
                    await read(response)
                assert info.value.response is response
            assert b"".join(seen) == b"0123"
            await async_still_well(client, server)


# F8: slow.


async def test_slow_response_resets_the_read_timeout_but_not_the_total(engine: str, server: ScriptedServer) -> None:
    data = reply(b"0123456789")
    pieces = [data[:10], *(data[at : at + 1] for at in range(10, len(data)))]
    server.then(acts.answer_in_pieces(pieces, 0.01), acts.answer_in_pieces(pieces, 0.05))
    async with AsyncTried(engine) as client:
        response = await client.get(server.url(), timeout=Timeout(10, read=0.3))
        assert response.content == b"0123456789"
        started = monotonic()
        with pytest.raises(TotalTimeout):
            await client.get(server.url(), timeout=Timeout(10, total=0.3))
        assert monotonic() - started < 2


@pytest.mark.parametrize("at", [5, 30, -3])
async def test_response_that_stops(engine: str, server: ScriptedServer, at: int) -> None:
    server.then(acts.answer(LENGTH[:at]))
    async with AsyncTried(engine) as client:
        with pytest.raises(ReadTimeout):
            await client.get(server.url(), timeout=Timeout(10, read=0.1))
        await async_still_well(client, server)


# F9: reset.


@pytest.mark.parametrize("stage", ["accept", "request", "head", "body"])
async def test_reset(engine: str, server: ScriptedServer, stage: str) -> None:
    server.then(acts.reset_after(stage))
    async with AsyncTried(engine) as client:
        with pytest.raises(NetworkError):
            await client.get(server.url())
        assert server.connections == 1
        await async_still_well(client, server)


# F10: half-closed.


async def test_half_closed_after_the_answer(engine: str, server: ScriptedServer) -> None:
    server.then(acts.answer(LENGTH, "close"), acts.answer(LENGTH, "close_notify"))
    async with AsyncTried(engine) as client:
        for connections in (1, 2):
            response = await client.get(server.url())
            assert response.content == b"0123456789"
            assert server.connections == connections
        await async_still_well(client, server)
        assert server.connections == 3


# F11: not HTTP.


GARBAGE = {
    "HTTP/0.9": b"<html>HTTP/0.9</html>\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "SMTP": b"220 mail.test ESMTP\r\n",
    "noise": bytes(range(255, 0, -1)) * 4,
    "version": b"HTTP/2.0 200 OK\r\n\r\n",
    "line ends": b"HTTP/1.1 200\nContent-Length: 2\n\nok",
    "length and coding": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
    "TLS alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00",
    "ICY": b"ICY 200 OK\r\n\r\n",
    "lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "name": b"HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
}
# h11 waits for the end of what can't be a head any more, takes some of it, and takes chunked where both are given.
LENIENT = {"HTTP/0.9", "SSH", "SMTP", "noise", "version", "line ends", "length and coding"}


@pytest.mark.parametrize("then", ["open", "close"])
async def test_garbage(engine: str, server: ScriptedServer, then: str) -> None:
    async with AsyncTried(engine) as client:
        for name, data in GARBAGE.items():
            if engine == "httpcore" and name in LENIENT:
                continue
            server.then(acts.answer(data, then))
            with pytest.raises(RemoteProtocolError) as info:
                await client.get(server.url(f"/{name}"))
            assert str(info.value).isprintable()
        await async_still_well(client, server)


async def test_plain_http_to_a_tls_port(engine: str, tls_server: ScriptedServer) -> None:
    async with AsyncTried(engine) as client:
        with pytest.raises((RemoteProtocolError, NetworkError)):
            await client.get(tls_server.url().replace("https", "http"))
        await async_still_well(client, tls_server)


@pytest.mark.parametrize("speaks_first", [False, True])
async def test_tls_to_a_plain_port(engine: str, plain_server: ScriptedServer, speaks_first: bool) -> None:
    if speaks_first:
        plain_server.then(acts.say_at_once(b"220 mail.test ESMTP\r\n"))
    else:
        plain_server.then(acts.say_after(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 5))
    async with AsyncTried(engine) as client:
        with pytest.raises(TLSError):
            await client.get(plain_server.url().replace("http", "https"))
        await async_still_well(client, plain_server)


# F14: informational responses.


async def test_informational_responses(engine: str, server: ScriptedServer) -> None:
    without(engine, "httpcore", "httpcore does not tell of informational responses")
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    server.then(acts.answer(b"HTTP/1.1 100 Continue\r\n\r\n" + early * 2 + b"HTTP/1.1 102 Processing\r\n\r\n" + LENGTH))
    async with AsyncTried(engine) as client:
        response = await client.get(server.url())
        assert response.content == b"0123456789"
        assert [hint["link"] for hint in response.early_hints] == ["</a.css>; rel=preload"] * 2


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    ],
    ids=["endless", "unasked 101"],
)
async def test_informational_responses_that_are_none(engine: str, server: ScriptedServer, data: bytes) -> None:
    without(engine, "httpcore", "h11 takes any number of informational responses")
    server.then(acts.answer(data))
    async with AsyncTried(engine) as client:
        with pytest.raises(RemoteProtocolError):
            await client.get(server.url())
        await async_still_well(client, server)


# Growth without bound (class C).


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nA: ", b"x" * 8192),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;%b\r\nx\r\n" % (b"e" * 8192)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"T: 1\r\n" * 1000),
    ],
    ids=["headers", "header", "extensions", "trailers"],
)
async def test_endless_responses(engine: str, server: ScriptedServer, start: bytes, more: bytes) -> None:
    if b"1;" in more:
        without(engine, "httpcore", "h11 takes chunk extensions without end")
    server.then(acts.answer_endlessly(start, more))
    async with AsyncTried(engine) as client:
        with pytest.raises(RemoteProtocolError):
            await client.get(server.url())
        await async_still_well(client, server)


async def test_huge_content_length(engine: str, server: ScriptedServer) -> None:
    server.then(acts.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nabc", "close_notify"))
    async with AsyncTried(engine) as client:
        with pytest.raises(ServerDisconnected):
            await client.get(server.url())
        await async_still_well(client, server)

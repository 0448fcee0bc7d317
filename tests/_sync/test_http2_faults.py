# Generated from tests/_async/test_http2_faults.py by scripts/generate_sync.py. Do not edit.
"""What HTTP/2 servers do that they seldom do: a peer scripted frame by frame, and a client that goes on after it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    Client,
    NetworkError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    ServerDisconnected,
    Timeout,
)
from duohttp._concurrency import monotonic, sleep

from ..servers.certificates import Certificates
from ..servers.http2_peer import (
    ACK,
    DATA,
    END_STREAM,
    PING,
    RST_STREAM,
    WINDOW_UPDATE,
    Http2Peer,
)
from .http2_client import HTTP2Peers, http2_client, well

pytestmark = pytest.mark.anyio

REFUSED_STREAM, CANCEL, CALM = 7, 8, 11


def test_the_peer_itself(http2_peer: HTTP2Peers) -> None:
    server = http2_peer(well)
    with http2_client() as client:
        assert (client.get(f"{server.url}/a")).text == "/a"
        assert (client.post(f"{server.url}/b", content=b"x" * 300_000)).text == "/b"
        responses = client.parallel_get([f"{server.url}/{n}" for n in range(50)])
        assert [response.text for response in responses] == [f"/{n}" for n in range(50)]
    assert server.connections == 1


# GOAWAY (F27).


def test_goaway_sends_again_what_was_not_processed(http2_peer: HTTP2Peers) -> None:
    def leaving(peer: Http2Peer) -> None:
        peer.greet(max_streams=100)
        first = peer.request()
        peer.reply(first.stream, b"hello")
        streams = [peer.request() for _ in range(4)]
        peer.goaway(streams[1].stream)
        for request in streams[:2]:
            peer.reply(request.stream, b"old " + request.path.encode())
        peer.drain()

    server = http2_peer(leaving, well)
    with http2_client() as client:
        client.get(f"{server.url}/")
        responses = client.parallel_get([f"{server.url}/{n}" for n in range(4)])
        texts = [response.text for response in responses]
        assert sorted(text.removeprefix("old ") for text in texts) == ["/0", "/1", "/2", "/3"]
        assert sum(text.startswith("old") for text in texts) == 2
        assert (client.get(f"{server.url}/after")).text == "/after"
    assert server.connections == 2


def test_goaway_with_posts(http2_peer: HTTP2Peers) -> None:
    """Whatever was not processed may be sent again, whatever its method; what was processed may not."""

    def leaving(peer: Http2Peer) -> None:
        peer.greet()
        request = peer.request()
        peer.body(request.stream)
        peer.goaway(peer.number and request.stream)

    server = http2_peer(leaving, leaving, well)
    with http2_client() as client:
        with pytest.raises(ServerDisconnected):
            client.post(f"{server.url}/x", content=b"once")
        assert (client.post(f"{server.url}/x", content=b"twice")).text == "/x"
    assert server.connections == 3


def test_goaway_names_its_reason(http2_peer: HTTP2Peers) -> None:
    def angry(peer: Http2Peer) -> None:
        peer.greet()
        peer.goaway(peer.request().stream, CALM, b"too_many_pings")

    server = http2_peer(angry, well)
    with http2_client() as client:
        with pytest.raises(ServerDisconnected, match="ENHANCE_YOUR_CALM"):
            client.get(f"{server.url}/")
        assert (client.get(f"{server.url}/b")).text == "/b"


def test_goaway_for_ever_ends(http2_peer: HTTP2Peers) -> None:
    def leaving(peer: Http2Peer) -> None:
        peer.greet()
        peer.request()
        peer.goaway(0)
        peer.drain()

    server = http2_peer(leaving)
    with http2_client() as client:
        with pytest.raises(ReadError, match="before it took the request"):
            client.get(f"{server.url}/")
    assert 2 <= server.connections <= 5


def test_goaway_on_an_idle_connection(http2_peer: HTTP2Peers) -> None:
    gone = threading.Event()

    def leaving(peer: Http2Peer) -> None:
        peer.greet()
        peer.reply(peer.request().stream)
        peer.goaway(1)
        gone.set()
        peer.drain()

    server = http2_peer(leaving, well)
    with http2_client() as client:
        client.get(f"{server.url}/")
        assert gone.wait(10)
        sleep(0.05)  # the event loop must have seen it
        assert (client.post(f"{server.url}/b", content=b"x")).text == "/b"
        assert client.pool_stats().open == 1


def test_an_idle_connection_that_was_closed(http2_peer: HTTP2Peers) -> None:
    """In httpcore, the first request after it fails."""
    gone = threading.Event()

    def closing(peer: Http2Peer) -> None:
        peer.greet()
        peer.reply(peer.request().stream)
        peer.sock.shutdown(socket.SHUT_WR)
        gone.set()
        peer.drain()

    server = http2_peer(closing, well)
    with http2_client() as client:
        client.get(f"{server.url}/")
        assert gone.wait(10)
        sleep(0.05)  # the event loop must have seen it
        assert (client.post(f"{server.url}/b", content=b"x")).text == "/b"


def test_goaway_during_an_upload(http2_peer: HTTP2Peers) -> None:
    def leaving(peer: Http2Peer) -> None:
        peer.greet()
        peer.request()
        peer.goaway(0)
        peer.drain()

    server = http2_peer(leaving, well)
    with http2_client() as client:
        response = client.post(f"{server.url}/up", content=bytes(10 * 2**20))
        assert response.text == "/up"
    assert server.connections == 2


# RST_STREAM (F28).


def test_a_refused_stream_is_sent_again(http2_peer: HTTP2Peers) -> None:
    def refusing(peer: Http2Peer) -> None:
        peer.greet()
        peer.reset(peer.request().stream, REFUSED_STREAM)
        peer.serve()

    server = http2_peer(refusing)
    with http2_client() as client:
        assert (client.get(f"{server.url}/a")).text == "/a"
        assert client.pool_stats().streams == 0
    assert server.connections == 1


def test_refusals_for_ever_end(http2_peer: HTTP2Peers) -> None:
    def refusing(peer: Http2Peer) -> None:
        peer.greet()
        while True:
            peer.reset(peer.request().stream, REFUSED_STREAM)

    server = http2_peer(refusing)
    with http2_client() as client:
        with pytest.raises(RemoteProtocolError, match="REFUSED_STREAM"):
            client.get(f"{server.url}/a")


@pytest.mark.parametrize(("code", "name"), [(8, "CANCEL"), (2, "INTERNAL_ERROR"), (0, "NO_ERROR"), (99, "error 99")])
def test_a_reset_ends_the_right_stream(http2_peer: HTTP2Peers, code: int, name: str) -> None:
    def resetting(peer: Http2Peer) -> None:
        peer.greet(max_streams=100)
        peer.reply(peer.request().stream)
        requests = [peer.request() for _ in range(3)]
        for request in requests:
            peer.head(request.stream, 200)
            peer.data(request.stream, b"half", end=False)
            if request.path == "/victim":
                peer.reset(request.stream, code)
            else:
                peer.data(request.stream, b" and half")
        peer.serve()

    server = http2_peer(resetting)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with client.scope(supervisor=True) as scope:
            jobs = {path: scope.get(f"{server.url}{path}") for path in ("/a", "/victim", "/b")}
        for path in ("/a", "/b"):
            assert (jobs[path].result()).text == "half and half"
        with pytest.raises(RemoteProtocolError, match=f"reset the stream: {name}"):
            jobs["/victim"].result()
        assert (client.get(f"{server.url}/c")).text == "/c"
    assert server.connections == 1


def test_a_server_that_wants_http1(http2_peer: HTTP2Peers, certificates: Certificates) -> None:
    def choosy(peer: Http2Peer) -> None:
        if peer.sock.selected_alpn_protocol() == "h2":
            peer.greet()
            peer.reset(peer.request().stream, 13)
            peer.drain()
        else:
            peer.sock.recv(65536)
            peer.send_bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold")

    server = http2_peer(choosy, tls=certificates.server_context("h2", "http/1.1"))
    with Client(http2=True, verify=str(certificates.ca)) as client:
        response = client.post(f"{server.url}/", content=b"x")
        assert (response.text, response.http_version) == ("old", "HTTP/1.1")
    assert server.connections == 2


def test_no_error_after_an_early_answer(http2_peer: HTTP2Peers) -> None:
    """A whole response may be followed by RST_STREAM(NO_ERROR), to stop the upload (RFC 9113 section 8.1)."""

    def answering(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 413)
        peer.data(stream, b"too much")
        peer.reset(stream, 0)
        peer.serve()

    server = http2_peer(answering)
    with http2_client() as client:
        response = client.post(f"{server.url}/a", content=bytes(2**20))
        assert (response.status_code, response.text) == (413, "too much")
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


def test_an_early_answer_without_reset(http2_peer: HTTP2Peers) -> None:
    seen: list[Any] = []

    def answering(peer: Http2Peer) -> None:
        peer.greet()
        request = peer.request()
        peer.head(request.stream, 413)
        peer.data(request.stream, b"too ", end=False)
        peer.data(request.stream, b"much")
        seen.append(peer.wait(RST_STREAM, request.stream))
        peer.serve()

    server = http2_peer(answering)
    with http2_client() as client:
        response = client.post(f"{server.url}/a", content=bytes(2**20))
        assert (response.status_code, response.text) == (413, "too much")
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert seen[0].number == CANCEL


def test_an_abandoned_response_is_reset(http2_peer: HTTP2Peers) -> None:
    seen: list[Any] = []

    def sending(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200)
        peer.data(stream, bytes(1000), end=False)
        seen.append(peer.wait(RST_STREAM, stream))
        peer.data(stream, bytes(100_000), end=True)  # it was on its way
        peer.serve()

    server = http2_peer(sending)
    with http2_client() as client:
        with client.stream("GET", f"{server.url}/") as response:
            assert response.status_code == 200
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert seen[0].number == CANCEL


# Dead connections.


def test_a_dead_connection_is_noticed_by_a_probe(http2_peer: HTTP2Peers) -> None:
    def deaf(peer: Http2Peer) -> None:
        peer.greet()
        peer.reply(peer.request().stream)
        peer.drain()

    server = http2_peer(deaf, well)
    with http2_client(http2_options={"probe_after": 0.0, "ping_timeout": 0.2}) as client:
        client.get(f"{server.url}/")
        assert (client.post(f"{server.url}/b", content=b"x")).text == "/b"
        assert client.pool_stats().open == 1
    assert server.connections == 2


def test_a_probe_that_is_answered(http2_peer: HTTP2Peers) -> None:
    def answering(peer: Http2Peer) -> None:
        peer.greet()
        for _ in range(3):
            peer.reply(peer.request().stream)
            ping = peer.wait(PING)
            peer.send(PING, ACK, 0, ping.payload)
        peer.serve()

    server = http2_peer(answering)
    with http2_client(http2_options={"probe_after": 0.0}) as client:
        for _ in range(3):
            client.get(f"{server.url}/")
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


def test_a_connection_that_ends_while_it_is_asked(http2_peer: HTTP2Peers) -> None:
    def ending(peer: Http2Peer) -> None:
        peer.greet()
        peer.reply(peer.request().stream)
        peer.wait(PING)

    server = http2_peer(ending, well)
    with http2_client(http2_options={"probe_after": 0.0}) as client:
        client.get(f"{server.url}/")
        assert (client.post(f"{server.url}/b", content=b"x")).text == "/b"
    assert server.connections == 2


def test_several_may_ask_at_once(http2_peer: HTTP2Peers) -> None:
    """One who asked gives up, another asks; both questions are answered at once."""
    asked = threading.Event()

    def late(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        peer.wait(PING)
        asked.set()
        peer.wait(PING)
        for _ in range(2):
            peer.send(PING, ACK, 0, b"duohttp?")
        peer.serve()

    server = http2_peer(late)
    with http2_client(http2_options={"probe_after": 0.0}) as client:
        client.get(f"{server.url}/")
        with client.scope(supervisor=True) as scope:
            first = scope.get(f"{server.url}/first")
            while not asked.is_set():
                sleep(0.01)
            first.cancel()
            while not first.done():
                sleep(0.01)
            second = scope.get(f"{server.url}/second")
            assert (second.result()).text == "/second"
    assert server.connections == 1


def test_pings_during_a_long_silence(http2_peer: HTTP2Peers) -> None:
    pings = 0

    def slow(peer: Http2Peer) -> None:
        nonlocal pings
        peer.greet()
        stream = peer.request().stream
        for _ in range(3):
            ping = peer.wait(PING)
            pings += 1
            peer.send(PING, ACK, 0, ping.payload)
        peer.reply(stream, b"late")
        peer.request()
        peer.drain()

    server = http2_peer(slow)
    with http2_client(http2_options={"ping_interval": 0.1, "ping_timeout": 0.3}) as client:
        assert (client.get(f"{server.url}/")).text == "late"
        with pytest.raises(ServerDisconnected, match=r"^127.0.0.1:\d+ does not answer; the connection is lost"):
            client.post(f"{server.url}/", content=b"x")
    assert pings == 3


def test_pings_are_answered(http2_peer: HTTP2Peers) -> None:
    def asking(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.send(PING, 0, 0, b"12345678")
        assert peer.wait(PING, ack=True).payload == b"12345678"
        peer.reply(stream, b"alive")
        peer.drain()

    server = http2_peer(asking)
    with http2_client() as client:
        assert (client.get(f"{server.url}/")).text == "alive"


def test_cut_off_in_the_body(http2_peer: HTTP2Peers) -> None:
    def cutting(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200, ("content-length", "10"))
        peer.data(stream, b"12345", end=False)

    server = http2_peer(cutting, well)
    with http2_client() as client:
        with pytest.raises(ServerDisconnected):
            client.get(f"{server.url}/")
        assert (client.get(f"{server.url}/b")).text == "/b"


def test_http1_instead(http2_peer: HTTP2Peers) -> None:
    """ALPN or prior knowledge said HTTP/2, the server speaks HTTP/1.1 (F29)."""

    def other(peer: Http2Peer) -> None:
        peer.send_bytes(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        peer.drain()

    server = http2_peer(other)
    with http2_client() as client:
        with pytest.raises(RemoteProtocolError, match="broke HTTP/2"):
            client.get(f"{server.url}/")
        assert client.pool_stats().open == 0


# Use by many.


def test_a_timeout_resets_only_its_stream(http2_peer: HTTP2Peers) -> None:
    seen: list[Any] = []

    def slow(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        requests = [peer.request() for _ in range(2)]
        victim = next(request for request in requests if request.path == "/victim")
        seen.append(peer.wait(RST_STREAM, victim.stream).number)
        other = next(request for request in requests if request.path != "/victim")
        peer.reply(other.stream, b"late")
        peer.serve()

    server = http2_peer(slow)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with client.scope(supervisor=True) as scope:
            victim = scope.get(f"{server.url}/victim", timeout=Timeout(10, read=0.1))
            other = scope.get(f"{server.url}/other")
        with pytest.raises(ReadTimeout, match=f"nothing came from {server.url[7:]} for this request for 0.1 s"):
            victim.result()
        assert (other.result()).text == "late"
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert (server.connections, seen) == (1, [CANCEL])


def test_a_cancelled_request_is_reset_and_harms_nobody(http2_peer: HTTP2Peers) -> None:
    arrived = threading.Event()

    def slow(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        requests = [peer.request() for _ in range(4)]
        arrived.set()
        victims = [request for request in requests if request.path == "/victim"]
        for victim in victims:
            if not any(got.kind == RST_STREAM and got.stream == victim.stream for got in peer.seen):
                peer.wait(RST_STREAM, victim.stream)
        for request in requests:
            if request.path != "/victim":
                peer.reply(request.stream, b"late")
        peer.serve()

    server = http2_peer(slow)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with client.scope(supervisor=True) as scope:
            first = scope.get(f"{server.url}/victim")
            others = [scope.get(f"{server.url}/{n}") for n in range(2)]
            last = scope.get(f"{server.url}/victim")
            while not arrived.is_set():
                sleep(0.01)
            first.cancel()
            last.cancel()
        assert [(other.result()).text for other in others] == ["late"] * 2
        assert (client.get(f"{server.url}/b")).text == "/b"
        assert client.pool_stats().streams == 0
    assert server.connections == 1


def test_a_lost_connection_ends_all_its_streams(http2_peer: HTTP2Peers) -> None:
    def dying(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        for _ in range(5):
            peer.request()

    server = http2_peer(dying, well)
    with http2_client() as client:
        client.get(f"{server.url}/")
        with client.scope(supervisor=True) as scope:
            jobs = [scope.post(f"{server.url}/{n}") for n in range(5)]
        for job in jobs:
            with pytest.raises(NetworkError):
                job.result()
        assert (client.get(f"{server.url}/b")).text == "/b"
        stats = client.pool_stats()
        assert (stats.open, stats.streams) == (1, 0)


def test_a_lost_connection_and_idempotent_requests(http2_peer: HTTP2Peers) -> None:
    def dying(peer: Http2Peer) -> None:
        peer.greet(max_streams=10)
        peer.reply(peer.request().stream)
        for _ in range(5):
            peer.request()

    server = http2_peer(dying, well)
    with http2_client() as client:
        client.get(f"{server.url}/")
        responses = client.parallel_get([f"{server.url}/{n}" for n in range(5)])
        assert [response.text for response in responses] == [f"/{n}" for n in range(5)]


def test_an_upload_while_the_answer_comes(http2_peer: HTTP2Peers) -> None:
    """An echo: the server sends back what it reads, and reads no more while its window is shut."""

    def echo(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        peer.head(stream, 200)
        left, waiting = 65536, []
        while True:
            got = peer.receive()
            if got.kind == WINDOW_UPDATE and got.stream == stream:
                left += got.number
            elif got.kind == DATA:
                waiting.append(got)
            while waiting and left >= len(waiting[0].payload):
                got = waiting.pop(0)
                left -= len(got.payload)
                peer.data(stream, got.payload, end=bool(got.flags & END_STREAM))
                if got.flags & END_STREAM:
                    return
                peer.open_window(0, len(got.payload))
                peer.open_window(stream, len(got.payload))

    server = http2_peer(echo)
    content = bytes(range(256)) * 4096
    with http2_client(http2_options={"stream_window": 65536}) as client:
        assert (client.post(f"{server.url}/", content=content)).content == content


def test_a_source_that_fails(http2_peer: HTTP2Peers) -> None:
    def failing() -> Iterator[bytes]:
        yield b"first"
        raise KeyError("of the user")

    def reading(peer: Http2Peer) -> None:
        peer.greet()
        stream = peer.request().stream
        assert peer.wait(RST_STREAM, stream).number == CANCEL
        peer.serve()

    server = http2_peer(reading)
    with http2_client() as client:
        with pytest.raises(KeyError):
            client.post(f"{server.url}/", content=failing())
        assert (client.get(f"{server.url}/b")).text == "/b"
    assert server.connections == 1


def test_silence_before_settings(http2_peer: HTTP2Peers) -> None:
    started = monotonic()
    server = http2_peer(lambda peer: peer.drain() and None)
    with http2_client() as client:
        with pytest.raises(ReadTimeout, match=f"nothing came from {server.url[7:]} for this request for 0.1 s"):
            client.get(f"{server.url}/", timeout=Timeout(10, read=0.1))
        assert client.pool_stats().streams == 0
    assert monotonic() - started < 5

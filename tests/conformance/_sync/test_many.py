# Generated from tests/conformance/_async/test_many.py by scripts/generate_sync.py. Do not edit.
"""Many requests at once, some of them cancelled, over every engine."""

from __future__ import annotations

import pytest

from duohttp import Capability, ClientStatusError, Limits, RequestCancelled, WebSocketClosed, WebSocketError

from ..behaviour import numbered
from ..marks import needs, without
from ..subjects import Subject
from .support import client_of, first_of

pytestmark = [
    pytest.mark.anyio,
    # httpcore's own generator for bodies is left to the collector when a body is given up half-way; trio says so.
    pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:ResourceWarning"),
]


def test_each_gets_its_own_answer(subject: Subject) -> None:
    with client_of(subject, limits=Limits(max_connections=8)) as client:
        responses = client.parallel_get([f"bytes/{1000 + number}" for number in range(60)], limit=20)
        assert [len(response.content) for response in responses] == [1000 + number for number in range(60)]


@without("httpcore-h2", because="a fault of httpcore: it may wait for a window that another stream has read already")
def test_each_body_comes_back_to_its_sender(subject: Subject) -> None:
    with client_of(subject, limits=Limits(max_connections=8)) as client:
        bodies = [client.prepare("POST", "back", content=numbered(number * 700)) for number in range(40)]
        responses = client.parallel(bodies, limit=10)
        assert [len(response.content) for response in responses] == [number * 700 for number in range(40)]


def test_streams_side_by_side(subject: Subject) -> None:
    with client_of(subject) as client:
        with client.stream("GET", "bytes/100000") as one, client.stream("GET", "chunked?n=20&size=5000") as two:
            first, second = one.iter_bytes(), two.iter_bytes()
            got_one, got_two = [first_of(first)], [first_of(second)]
            assert len((client.get("bytes/7")).content) == 7
            for piece in second:
                got_two.append(piece)
            for piece in first:
                got_one.append(piece)
    assert b"".join(got_one) == numbered(100_000)
    assert len(b"".join(got_two)) == 100_000


@without("mock", because="it has nobody who would be cancelled: it waits, at most")
def test_cancelled_requests_leave_nothing_behind(subject: Subject) -> None:
    with client_of(subject, limits=Limits(max_connections=4)) as client:
        for path in ("slow?delay=30", "drip?delay=30"):
            with client.scope(supervisor=True) as scope:
                jobs = [scope.get(path) for _ in range(8)]
                if not subject.network:
                    assert len((client.get("bytes/3")).content) == 3
                scope.cancel()
            for job in jobs:
                with pytest.raises(RequestCancelled):
                    job.result()
        responses = client.parallel_get([f"bytes/{number}" for number in range(30)], limit=8)
        assert [len(response.content) for response in responses] == list(range(30))


@without("httpcore-h2", because="a fault: the end of an answer may wait as long as another stream does")
def test_the_first_failure_ends_the_others(subject: Subject) -> None:
    with client_of(subject) as client:
        urls = ["slow?delay=30", "status/404", "slow?delay=30"]
        with pytest.raises(ClientStatusError):
            client.parallel_get(urls, into=bytes, limit=3)
        results = client.parallel_get(["bytes/1", "status/404"], into=bytes, return_exceptions=True)
        assert results[0] == b"\0"
        assert isinstance(results[1], ClientStatusError)
        assert (client.get("bytes/1")).content == b"\0"


@needs(Capability.UPGRADE)
@without("httpcore-h2", because="it asks for an upgrade on an HTTP/2 connection, where there is none")
def test_websocket(subject: Subject) -> None:
    with client_of(subject) as client:
        with client.websocket("ws", subprotocols=["one", "two"]) as websocket:
            assert websocket.subprotocol == "one"
            for message in ("grüß", b"\x00\xff", "x" * 70_000, ""):
                websocket.send(message)
                assert websocket.receive() == message
            websocket.send("close")
            with pytest.raises(WebSocketClosed, match="4000"):
                websocket.receive()
        with pytest.raises(WebSocketError, match="403"):
            with client.websocket("no"):
                pass
        assert (client.get("bytes/1")).content == b"\0"

"""What goes wrong, and how it is told, over every engine."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    Capability,
    ClientClosed,
    ClientStatusError,
    CloseError,
    ConnectError,
    Limits,
    NetworkError,
    PoolTimeout,
    ReadTimeout,
    RedirectStatusError,
    RemoteProtocolError,
    ServerStatusError,
    Timeout,
    TotalTimeout,
    UnsupportedByEngine,
)

from ..marks import needs, over_network, without
from ..subjects import Subject
from .support import client_of, first_of, until

pytestmark = [
    pytest.mark.anyio,
    # httpcore's own generator for bodies is left to the collector when a body is given up half-way; trio says so.
    pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*_receive_response_body.*:ResourceWarning"),
]


@pytest.mark.parametrize(
    ("status", "error"),
    [(304, RedirectStatusError), (404, ClientStatusError), (409, ClientStatusError), (503, ServerStatusError)],
)
async def test_statuses_as_errors(subject: Subject, status: int, error: type[Exception]) -> None:
    async with client_of(subject, expect_success=True) as client:
        with pytest.raises(error, match=str(status)) as caught:
            await client.get(f"status/{status}")
        response = caught.value.response  # type: ignore[attr-defined]
        assert response.text == ("" if status == 304 else f"{status}\n")
        with pytest.raises(error):
            (await client.get(f"status/{status}", expect_success=False)).raise_for_status()
        assert (await client.get("status/200")).raise_for_status().status_code == 200


async def read_broken(client: AsyncClient) -> None:
    async with client.stream("GET", "cut") as response:
        assert response.status_code == 200
        async for _ in response.iter_raw():
            pass


@without("httpcore-h2", "native-h2", because="hypercorn leaves the stream open when its application fails")
async def test_a_body_that_breaks_off(subject: Subject) -> None:
    async with client_of(subject, limits=Limits(max_connections=1)) as client:
        with pytest.raises((NetworkError, RemoteProtocolError)) as caught:
            await client.get("cut")
        assert caught.value.request is not None
        assert caught.value.request.url.path == "/cut"
        with pytest.raises((NetworkError, RemoteProtocolError)):
            await read_broken(client)
        assert (await client.get("bytes/1")).content == b"\0"


@without("httpcore-h2", "native-h2", because="hypercorn leaves the stream open when its application fails")
async def test_errors_travel(subject: Subject) -> None:
    async with client_of(subject) as client:
        with pytest.raises((NetworkError, RemoteProtocolError)) as caught:
            await client.get("cut")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert str(again) == str(caught.value)


@needs(Capability.TIMEOUTS)
async def test_a_read_timeout(subject: Subject) -> None:
    async with client_of(subject, limits=Limits(max_connections=1)) as client:
        with pytest.raises(ReadTimeout) as caught:
            await client.get("slow?delay=5", timeout=Timeout(5, read=0.1))
        assert isinstance(caught.value, TimeoutError)
        assert (await client.get("bytes/1")).content == b"\0"


@needs(Capability.TIMEOUTS)
@without("mock", because="it does not wait in the middle of a body")
async def test_a_read_timeout_in_a_body(subject: Subject) -> None:
    async with client_of(subject, limits=Limits(max_connections=1)) as client:
        with pytest.raises(ReadTimeout):
            await client.get("drip?delay=5", timeout=Timeout(5, read=0.1))
        async with client.stream("GET", "drip?delay=5", timeout=Timeout(5, read=0.1)) as response:
            assert await first_of(response.iter_lines()) == "drop 0"
        assert (await client.get("bytes/1")).content == b"\0"


@needs(Capability.TIMEOUTS)
async def test_the_total_of_a_call_that_waits(subject: Subject) -> None:
    async with client_of(subject) as client:
        with pytest.raises(TotalTimeout, match=r"0\.1 s"):
            await client.get("slow?delay=5", timeout=Timeout(5, total=0.1))
        with pytest.raises(TotalTimeout):
            await client.get("redirect/302?to=/slow?delay=5", timeout=Timeout(5, total=0.3))
        assert (await client.get("bytes/1", timeout=Timeout(5, total=5))).content == b"\0"


@needs(Capability.TIMEOUTS)
@without("mock", because="it does not wait in the middle of a body")
async def test_the_total_of_a_body_whose_pieces_come_in_time(subject: Subject) -> None:
    async with client_of(subject) as client:
        with pytest.raises(TotalTimeout, match=r"0\.3 s") as caught:
            await client.get("drip?n=50&delay=0.1", timeout=Timeout(5, total=0.3))
        assert isinstance(caught.value, TimeoutError)
        with pytest.raises(TotalTimeout):
            async with client.stream("GET", "drip?n=50&delay=0.1", timeout=Timeout(5, total=0.3)) as response:
                await response.read()


@needs(Capability.TIMEOUTS)
@without("mock", because="it does not wait in the middle of a body")
async def test_a_default_total_does_not_end_streams(subject: Subject) -> None:
    async with client_of(subject, timeout=Timeout(5, total=0.2)) as client:
        async with client.stream("GET", "drip?n=4&delay=0.1") as response:
            assert len(await response.read()) > 0
        with pytest.raises(TotalTimeout):
            await client.get("drip?n=4&delay=0.1")


@over_network
@without("httpcore-h2", "native-h2", because="with HTTP/2 another stream goes over the same connection")
@without("external", because="an engine need not have a pool")
async def test_a_pool_timeout(subject: Subject) -> None:
    async with client_of(subject, limits=Limits(max_connections=1)) as client:
        async with client.stream("GET", "long"):
            with pytest.raises(PoolTimeout):
                await client.get("bytes/1", timeout=Timeout(5, pool=0.1))
        assert (await client.get("bytes/1")).content == b"\0"


@over_network
async def test_nobody_there(subject: Subject) -> None:
    async with client_of(subject) as client:
        with pytest.raises(ConnectError, match=r"127\.0\.0\.1") as caught:
            await client.get("http://127.0.0.1:1/")
        assert caught.value.request is not None
        assert isinstance(caught.value, ConnectionError)
        assert (await client.get("bytes/1")).content == b"\0"


async def test_a_closed_client(subject: Subject) -> None:
    client = client_of(subject)
    await client.get("bytes/1")
    await client.aclose()
    await client.aclose()
    assert client.is_closed
    with pytest.raises(ClientClosed):
        await client.get("bytes/1")


@without("native", because="asked for HTTP/2 it speaks it, not asked it does not say so")
async def test_what_the_engine_lacks_fails_before_anything_is_sent(subject: Subject) -> None:
    lacks: dict[Capability, dict[str, Any]] = {
        Capability.HTTP2: {"http2": True},
        Capability.PROXY: {"proxy": "http://127.0.0.1:1"},
    }
    for capability, options in lacks.items():
        if capability not in subject.capabilities:
            with pytest.raises(UnsupportedByEngine, match=capability.value):
                client_of(subject, **options)


@without("mock", because="it does not wait in the middle of a body")
async def test_closing_ends_what_is_under_way(subject: Subject) -> None:
    client = client_of(subject)
    heads: list[int] = []
    failures: list[Exception] = []

    async def read() -> None:
        async with client.stream("GET", "drip?n=2&delay=30") as response:
            heads.append(response.status_code)
            try:
                await response.read()
            except NetworkError as error:
                failures.append(error)

    async with client.scope() as scope:
        scope.start(read)
        await until(lambda: heads)
        await client.aclose()
    assert [type(error) for error in failures] == [CloseError]

"""Parallel requests in threads: sockets that are shut, executors, and no thread left behind."""

from __future__ import annotations

import gc
import signal
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import count
from multiprocessing import get_context
from typing import Any

import anyio
import pytest

import duohttp
from duohttp import (
    AsyncClient,
    AsyncEngine,
    AsyncResponse,
    Client,
    ClientStatusError,
    ConnectError,
    Engine,
    InvalidRequest,
    Request,
    Response,
    parallel,
    parallel_get,
    parallel_iter,
)
from duohttp._async.response import AsyncBytesStream
from duohttp._concurrency import monotonic
from duohttp._sync.response import BytesStream

from .servers.nginx import SMALL, Nginx
from .servers.process import free_ports
from .servers.raw import Hang, RawServer


@pytest.fixture
def hanging(raw_server: Callable[..., RawServer]) -> RawServer:
    """A server that takes requests and never answers."""
    return raw_server([b"", Hang()])


@pytest.fixture
def refused() -> str:
    """A url nobody listens at."""
    return f"http://127.0.0.1:{free_ports(1)[0]}/"


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = {thread for thread in threading.enumerate() if thread.name.startswith("duohttp")} - before
    assert not left


def wait_for_requests(server: RawServer, number: int) -> None:
    started = monotonic()
    while sum(b"\r\n\r\n" in data for data in server.received) < number:
        assert monotonic() - started < 20
        threading.Event().wait(0.002)


def test_the_first_failure_shuts_the_sockets_of_the_others(hanging: RawServer, refused: str) -> None:
    failed_at: list[float] = []

    def requests() -> Iterator[str]:
        yield from (hanging.url for _ in range(10))
        wait_for_requests(hanging, 10)
        failed_at.append(monotonic())
        yield refused

    before = set(threading.enumerate())
    with Client(timeout=60) as client:
        with pytest.raises(ConnectError):
            for _ in client.parallel_iter(requests()):
                pass
        assert monotonic() - failed_at[0] < 1
        assert set(threading.enumerate()) - before <= set(hanging._threads)
        with pytest.raises(ConnectError):
            client.parallel_get([hanging.url] * 31 + [refused])
        assert set(threading.enumerate()) - before <= set(hanging._threads)


def test_cancelling_one_request_of_a_scope_shuts_its_socket(hanging: RawServer, nginx: Nginx) -> None:
    with Client(timeout=60) as client, client.scope(supervisor=True) as scope:
        slow = scope.get(hanging.url)
        wait_for_requests(hanging, 1)
        started = monotonic()
        slow.cancel()
        assert isinstance(slow.exception(), type(None))
        assert monotonic() - started < 1
        assert slow.cancelled()
        assert scope.get(f"{nginx.url}/small.txt", into=bytes).result() == SMALL


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals go to no thread in particular here")
def test_control_c_ends_all(hanging: RawServer) -> None:
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        wait_for_requests(hanging, 5)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    started = monotonic()
    with Client(timeout=60) as client, pytest.raises(KeyboardInterrupt):
        client.parallel_get([hanging.url] * 5)
    assert monotonic() - started < 20
    thread.join()


def test_a_failure_is_not_held_up_by_an_input_that_blocks(refused: str) -> None:
    go_on = threading.Event()
    ended = threading.Event()

    def requests() -> Iterator[str]:
        try:
            yield refused
            go_on.wait(30)
        finally:
            ended.set()

    started = monotonic()
    with Client() as client:
        with pytest.raises(ConnectError):
            for _ in client.parallel_iter(requests()):
                pass
        assert monotonic() - started < 15
        go_on.set()
        assert ended.wait(20)
    for thread in threading.enumerate():
        if thread.name.startswith("duohttp"):
            thread.join(20)


# Executors


def test_an_executor_of_threads(nginx: Nginx, refused: str) -> None:
    urls = [f"{nginx.url}/echo?n={number}" for number in range(50)]
    with ThreadPoolExecutor(4) as executor, Client() as client:
        texts = client.parallel_get(urls, into=str, executor=executor)
        assert all(f"GET /echo?n={number}\n" in text for number, text in enumerate(texts))
        assert len({response.url for response in client.parallel_iter(urls, executor=executor)}) == 50
        with pytest.raises(ConnectError):
            client.parallel_get([f"{nginx.url}/slow/1mb.bin"] * 3 + [refused], executor=executor, timeout=60)
        results = client.parallel_get([refused, urls[0]], executor=executor, return_exceptions=True)
        assert isinstance(results[0], ConnectError)
        assert isinstance(results[1], Response)


@pytest.fixture(scope="module")
def process() -> Iterator[Executor]:
    """One other process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        yield executor


def test_an_executor_of_processes(nginx: Nginx, refused: str, process: Executor) -> None:
    url = nginx.url
    with Client(base_url=url, headers={"X-Test": "from the client"}) as client:
        responses = client.parallel_get(["/connection"] * 10, executor=process, limit=2)
        assert all(type(response) is Response and response.is_success for response in responses)
        # "HTTP/1.1 <connection> <nth request on it>": the copies of the client share their connections
        assert len({response.text.split()[1] for response in responses}) <= 2
        requests: list[Any] = [
            client.prepare("GET", "/echo", headers={"X-Test": "prepared"}),
            client.build_request("PUT", "/uploads/parallel.txt", content=b"a body that travels"),
            ("GET", "/echo"),
        ]
        echoed, put, plain = client.parallel(requests, executor=process)
        assert "x-test=prepared\n" in echoed.text
        assert put.status_code == 201
        assert "x-test=from the client\n" in plain.text
        raised = client.prepare("GET", "/nothing", expect_success=True)
        with pytest.raises(ClientStatusError):
            client.parallel([raised], executor=process)
        assert (nginx.uploads / "parallel.txt").read_bytes() == b"a body that travels"
        failures = client.parallel_get([refused, "/nothing"], into=str, executor=process, return_exceptions=True)
        assert [type(failure) for failure in failures] == [ConnectError, ClientStatusError]
        assert isinstance(failures[1], ClientStatusError)
        assert failures[1].response is not None
        assert failures[1].response.status_code == 404
        with pytest.raises(InvalidRequest, match="can't travel"):
            client.parallel([client.prepare("POST", "/discard", content=iter([b"x"]))], executor=process)


# Without a client


def test_module_level_helpers(nginx: Nginx) -> None:
    urls = [f"{nginx.url}/echo?n={number}" for number in range(20)]
    assert [response.url.query["n"] for response in parallel_get(urls)] == [str(number) for number in range(20)]
    texts = parallel([("HEAD", urls[0]), urls[1]], into=str, headers={"X-Test": "here"}, verify=False)
    assert texts[0] == ""
    assert "x-test=here\n" in texts[1]
    assert len(list(parallel_iter(urls, into=bytes, limit=3))) == 20
    for response in parallel_iter(f"{nginx.url}/echo?n={number}" for number in count()):
        assert response.is_success
        break
    with pytest.raises(TypeError):
        parallel_iter(5)  # type: ignore[call-overload]
    assert duohttp.parallel_get([]) == []


# Memory


def peak_between(taken: Callable[[], object], first: int, then: int) -> int:
    """Return how much the peak of memory grows over more results."""
    for _ in range(first):
        taken()
    gc.collect()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(then):
        taken()
    return tracemalloc.get_traced_memory()[1] - before


class Big(Engine):
    """Answers with 10 kB."""

    def execute(self, request: Request) -> Response:
        """Answer."""
        return Response(200, [], BytesStream(bytes(10_000)), request=request)


class AsyncBig(AsyncEngine):
    """Answers with 10 kB."""

    async def execute(self, request: Request) -> AsyncResponse:
        """Answer."""
        return AsyncResponse(200, [], AsyncBytesStream(bytes(10_000)), request=request)


def test_an_upload_that_never_waits_is_cancelled(raw_server: Callable[..., RawServer], refused: str) -> None:
    """Small pieces of an endless body find room in the kernel: nothing in the way of the upload blocks."""
    begun = threading.Event()

    def body() -> Iterator[bytes]:
        while True:
            begun.set()
            yield b"x"
            threading.Event().wait(0.001)

    def fail() -> None:
        assert begun.wait(20)
        raise ConnectError("on purpose")

    def upload(client: Client) -> None:
        with client.scope() as scope:
            scope.post(server.url, content=body())
            scope.start(fail)

    server = raw_server([b"", Hang()])
    with Client(timeout=60) as client:
        with pytest.raises(ConnectError, match="on purpose"):
            upload(client)
        assert client.pool_stats().open == 0


def test_an_endless_input_takes_constant_memory() -> None:
    urls = (f"http://a{number % 7}.test/" for number in count())
    tracemalloc.start()
    try:
        with Client(engine=Big()) as client, client.parallel_iter(urls, limit=4) as results:
            assert peak_between(lambda: next(results), 200, 1500) < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_endless_input_takes_constant_memory_in_tasks(backend: str) -> None:
    urls = (f"http://a{number % 7}.test/" for number in count())

    async def main() -> int:
        async with AsyncClient(engine=AsyncBig()) as client, client.parallel_iter(urls, limit=4) as results:
            for _ in range(200):
                await anext(results)
            gc.collect()
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(1500):
                await anext(results)
            return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        assert anyio.run(main, backend=backend) < 1_000_000
    finally:
        tracemalloc.stop()

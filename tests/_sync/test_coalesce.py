# Generated from tests/_async/test_coalesce.py by scripts/generate_sync.py. Do not edit.
"""Coalesce: equal requests share one exchange, and nothing else."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp import (
    Client,
    Coalesce,
    ConnectError,
    Engine,
    MockEngine,
    ReadTimeout,
    Request,
    Response,
    Retry,
    Timeout,
    TotalTimeout,
    reply,
)
from duohttp._concurrency import Event, Task, spawn
from duohttp._sync.proceed import Proceed
from duohttp._sync.response import BytesStream

from ..servers.asgi import AsgiServer
from .counting import until

pytestmark = pytest.mark.anyio

URL = "http://a.test/"


class GatedEngine(Engine):
    """Answers when ``gate`` is set: with the number of the request, or with an error."""

    def __init__(self, *errors: Exception | None) -> None:
        self.gate = Event()
        self.requests: list[Request] = []
        self.errors = list(errors)

    def execute(self, request: Request) -> Response:
        """Answer one request."""
        self.requests.append(request)
        error = self.errors.pop(0) if self.errors else None
        number = len(self.requests)
        self.gate.wait()
        if error is not None:
            raise error
        return Response(200, [(b"X-Number", b"%d" % number)], BytesStream(b"body"), request=request)


def gated(*errors: Exception | None, **options: Any) -> tuple[Client, GatedEngine, Coalesce]:
    engine = GatedEngine(*errors)
    coalesce = Coalesce(**options)
    return Client(engine=engine, plugins=[coalesce]), engine, coalesce


def waiting(coalesce: Coalesce) -> int:
    """Count those that wait for the result of another one."""
    states = vars(coalesce).get("_states", {}).values()
    return sum(len(flight.waiters) for state in states for flight in list(state.value._flights.values()))


def flights(coalesce: Coalesce) -> int:
    return sum(len(state.value) for state in vars(coalesce)["_states"].values())


def get(client: Client, options: dict[str, Any]) -> Response:
    response: Response = client.get(options.pop("url", URL), **options)
    return response


def together(
    client: Client, engine: GatedEngine, coalesce: Coalesce, *requests: dict[str, Any]
) -> list[Task[Response]]:
    """Start requests one after the other, none of which gets an answer yet."""
    tasks = []
    for options in requests:
        tasks.append(spawn(get, client, dict(options)))
        until(lambda: len(engine.requests) + waiting(coalesce) == len(tasks))
    return tasks


def results(tasks: list[Task[Response]]) -> list[Response]:
    for task in tasks:
        assert task.wait(20)
    return [task.value() for task in tasks]


def test_equal_requests_share_one_exchange() -> None:
    client, engine, coalesce = gated()
    tasks = together(client, engine, coalesce, *[{}] * 5)
    engine.gate.set()
    responses = results(tasks)
    assert len(engine.requests) == 1
    assert [response.text for response in responses] == ["body"] * 5
    assert len({id(response) for response in responses}) == 5
    assert len({id(response.request) for response in responses}) == 5
    responses[0].headers["x-number"] = "changed"
    responses[0].raw_headers.clear()
    assert [response.headers["x-number"] for response in responses[1:]] == ["1"] * 4
    assert all(response.elapsed_seconds > 0 and response.is_closed for response in responses)
    assert flights(coalesce) == 0
    assert (client.get(URL)).headers["x-number"] == "2"


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ({}, {"url": "http://A.test:80/"}, True),
        ({}, {"url": "http://a.test/#part"}, True),
        ({}, {"url": "http://a.test/?x"}, False),
        ({}, {"url": "https://a.test/"}, False),
        ({"auth": ("u", "p")}, {"auth": ("u", "p")}, True),
        ({"auth": ("u", "p")}, {"auth": ("u", "q")}, False),
        ({}, {"auth": ("u", "p")}, False),
        ({"headers": {"Cookie": "a=1"}}, {"headers": {"Cookie": "a=2"}}, False),
        ({"headers": {"X-Api-Key": "1"}}, {"headers": {"x-api-key": "1"}}, True),
        ({"headers": {"X-Api-Key": "1"}}, {"headers": {"X-Api-Key": "2"}}, False),
        ({"headers": {"Range": "bytes=0-1"}}, {}, False),
        ({"headers": [("A", "1"), ("B", "2")]}, {"headers": [("B", "2"), ("A", "1")]}, True),
        ({"headers": [("A", "1"), ("A", "2")]}, {"headers": [("A", "2"), ("A", "1")]}, False),
        ({"headers": {"Traceparent": "1"}}, {"headers": {"traceparent": "2"}}, True),
        ({"timeout": 5}, {"timeout": 6}, False),
        ({"content": b"x"}, {"content": b"x"}, False),
        ({"headers": {"Upgrade": "x"}}, {"headers": {"Upgrade": "x"}}, False),
    ],
)
def test_what_is_equal(first: dict[str, Any], second: dict[str, Any], shared: bool) -> None:
    client, engine, coalesce = gated()
    tasks = together(client, engine, coalesce, first, second)
    engine.gate.set()
    results(tasks)
    assert len(engine.requests) == (1 if shared else 2)


def test_other_headers_may_be_ignored() -> None:
    client, engine, coalesce = gated(ignore_headers=["X-Tag"])
    tasks = together(client, engine, coalesce, {"headers": {"x-tag": "1"}}, {"headers": {"X-TAG": "2"}}, {})
    engine.gate.set()
    results(tasks)
    assert len(engine.requests) == 1
    with pytest.raises(TypeError, match="ignore_headers of Coalesce is a collection, not str"):
        Coalesce(ignore_headers="X-Tag")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "QUERY"])
def test_other_methods_go_alone(method: str) -> None:
    client, engine, _ = gated()
    tasks = [spawn(client.request, method, URL) for _ in range(2)]
    until(lambda: len(engine.requests) == 2)
    engine.gate.set()
    results(tasks)


def test_streams_go_alone() -> None:
    client, engine, coalesce = gated()
    tasks = together(client, engine, coalesce, {}, {})
    engine.gate.set()
    with client.stream("GET", URL) as streamed:
        assert streamed.headers["x-number"] == "2"
        assert streamed.read() == b"body"
    results(tasks)


def test_an_error_is_shared() -> None:
    client, engine, coalesce = gated(ConnectError("refused"))
    tasks = together(client, engine, coalesce, {}, {}, {})
    engine.gate.set()
    errors = []
    for task in tasks:
        with pytest.raises(ConnectError, match="refused") as caught:
            results([task])
        errors.append(caught.value)
    assert len(engine.requests) == 1
    assert len({id(error) for error in errors}) == 3
    assert len({id(error.request) for error in errors}) == 3
    assert flights(coalesce) == 0


def test_what_concerns_the_first_alone_is_not_shared() -> None:
    for error in (TotalTimeout("its own time is over"), ZeroDivisionError("a plugin")):
        client, engine, coalesce = gated(error)
        tasks = together(client, engine, coalesce, {}, {}, {})
        engine.gate.set()
        with pytest.raises(type(error)):
            results(tasks[:1])
        assert {response.headers["x-number"] for response in results(tasks[1:])} == {"2"}
        assert flights(coalesce) == 0


def test_when_the_first_is_cancelled_the_next_goes_on() -> None:
    client, engine, coalesce = gated()
    tasks = together(client, engine, coalesce, {}, {}, {}, {})
    tasks[0].cancel()
    assert tasks[0].wait(20)
    until(lambda: len(engine.requests) == 2)
    assert waiting(coalesce) == 2
    tasks[2].cancel()
    assert tasks[2].wait(20)
    assert waiting(coalesce) == 1
    tasks[1].cancel()
    assert tasks[1].wait(20)
    until(lambda: len(engine.requests) == 3)
    engine.gate.set()
    assert (results(tasks[3:]))[0].headers["x-number"] == "3"
    assert flights(coalesce) == 0


def test_when_all_are_cancelled_nothing_is_left() -> None:
    client, engine, coalesce = gated()
    tasks = together(client, engine, coalesce, {}, {})
    for task in tasks:
        task.cancel()
        assert task.wait(20)
    assert flights(coalesce) == 0
    engine.gate.set()
    assert (client.get(URL)).status_code == 200


def test_each_waits_as_long_as_its_own_deadline() -> None:
    client, engine, coalesce = gated()
    limited = {"timeout": Timeout(total=0.05)}
    tasks = together(client, engine, coalesce, limited)
    follower = spawn(get, client, dict(limited))
    assert follower.wait(20)
    with pytest.raises(TotalTimeout, match=r"0\.05 s \(waiting for the answer to an equal request\)") as caught:
        follower.value()
    assert caught.value.request is not None
    assert len(engine.requests) == 1
    engine.gate.set()
    results(tasks)


def test_retries_are_made_together() -> None:
    client, engine, coalesce = gated(ReadTimeout("slow"))
    retrying = client.derive(plugins=[coalesce, Retry(retry_on_timeout=True, constant_delay=0)])
    tasks = together(retrying, engine, coalesce, {}, {})
    engine.gate.set()
    for response in results(tasks):
        assert [attempt.status_code for attempt in response.attempts] == [None, 200]
    assert len(engine.requests) in (2, 3)


def test_a_response_in_memory_without_the_engine() -> None:
    def canned(request: Request, proceed: Proceed) -> Response:
        response = proceed(request)
        return pickle.loads(pickle.dumps(response))  # type: ignore[no-any-return]

    client, engine, coalesce = gated()
    client.intercept(canned)
    tasks = together(client, engine, coalesce, {}, {})
    engine.gate.set()
    assert [response.content for response in results(tasks)] == [b"body"] * 2


def test_two_of_them_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Coalesce\(\) and Coalesce\(\)"):
        Client(engine=MockEngine(reply(200)), plugins=[Coalesce(), Coalesce()])


def test_against_a_real_server(asgi_server: AsgiServer) -> None:
    coalesce = Coalesce()
    sent: list[str] = []

    def hold(request: Request, proceed: Proceed) -> Response:
        sent.append(request.method)
        until(lambda: waiting(coalesce) == 9)
        return proceed(request)

    with Client(base_url=asgi_server.url, plugins=[coalesce]) as client:
        with client.intercept(hold):
            users = client.parallel(["users/7"] * 10, into=dict[str, Any], limit=10)
        assert sent == ["GET"]
        assert [user["id"] for user in users] == [7] * 10
        assert client.pool_stats().open == client.pool_stats().idle == 1

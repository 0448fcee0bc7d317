"""BearerAuth: tokens are fetched once for all, and go nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    BasicAuth,
    BearerAuth,
    BearerTokens,
    InvalidHeader,
    MockEngine,
    Plugin,
    RequestCancelled,
    RequestError,
    Retry,
    Timeout,
    TotalTimeout,
    reply,
)
from duohttp._concurrency import (
    AsyncEvent,
    AsyncStateLock,
    AsyncTask,
    AsyncTaskGroup,
    ManualClock,
    async_spawn,
    use_clock,
)
from duohttp.engines.mock import Recorded, Reply
from duohttp.exceptions import TimeoutException

from .counting import until

pytestmark = pytest.mark.anyio

URL = "http://a.test/x"


@pytest.fixture
def clock() -> Iterator[ManualClock]:
    """Stand still."""
    clock = ManualClock()
    with use_clock(clock):
        yield clock


class Server:
    """Takes one token, and counts what came. ``hold`` of its refusals wait until so many came."""

    def __init__(self, token: str = "new", *, hold: int = 0, challenge: str = "Bearer") -> None:
        self.token = token
        self.challenge = challenge
        self.hold = hold
        self.refusals = 0
        self.release = AsyncEvent()
        self.lock = AsyncStateLock()
        self.engine = MockEngine(self.answer)

    async def answer(self, recorded: Recorded) -> Reply:
        """Answer."""
        if recorded.url.path == "/away":
            return reply(307, headers={"Location": "http://b.test/there"})
        if recorded.headers.get("authorization") == f"Bearer {self.token}":
            return reply(200, text="welcome")
        with self.lock:
            self.refusals += 1
            if self.refusals == self.hold:
                self.release.set()
        if self.hold:
            assert await self.release.wait(20)
        return reply(401, headers={"WWW-Authenticate": self.challenge})

    @property
    def sent(self) -> list[str | None]:
        """The tokens that came."""
        values = [recorded.headers.get("authorization") for recorded in self.engine.history]
        return [value and value.removeprefix("Bearer ") for value in values]


class Source:
    """Gives tokens, and counts how often it was asked. It waits until it may go on."""

    def __init__(self, *results: Any, waits: bool = False) -> None:
        self.results = list(results)
        self.asked: list[Any] = []
        self.go = AsyncEvent()
        if not waits:
            self.go.set()

    async def load(self) -> Any:
        """Give the next result."""
        return await self.refresh("load")

    async def refresh(self, old: Any) -> Any:
        """Give the next result; the last one again and again."""
        self.asked.append(old)
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        assert await self.go.wait(20)
        if isinstance(result, Exception):
            raise result
        return result


def client_of(server: Server, auth: BearerAuth, **options: Any) -> AsyncClient:
    return AsyncClient(engine=server.engine, plugins=[auth], **options)


async def ended(task: AsyncTask[Any]) -> Any:
    assert await task.wait(20)
    return task.value()


async def test_a_token_goes_ahead() -> None:
    server = Server("letmein")
    client = client_of(server, BearerAuth("letmein"))
    assert (await client.get(URL)).text == "welcome"
    assert (await client.get(URL)).text == "welcome"
    assert server.sent == ["letmein", "letmein"]


async def test_a_token_that_nobody_can_replace() -> None:
    server = Server()
    assert (await client_of(server, BearerAuth(BearerTokens("old"))).get(URL)).status_code == 401
    assert server.sent == ["old"]


async def test_tokens_are_loaded_once() -> None:
    server, source = Server(), Source("new")
    auth = BearerAuth(load_tokens=source.load)
    client = client_of(server, auth)
    assert auth.tokens is None
    for _ in range(3):
        assert (await client.get(URL)).text == "welcome"
    assert source.asked == ["load"]
    assert server.sent == ["new"] * 3
    assert auth.tokens == BearerTokens("new")


async def test_plain_functions_do_too() -> None:
    server = Server()
    auth = BearerAuth(load_tokens=lambda: "old", refresh_tokens=lambda old: BearerTokens("new", "again"))
    assert (await client_of(server, auth).get(URL)).text == "welcome"
    assert server.sent == ["old", "new"]
    assert auth.tokens == BearerTokens("new", "again")


async def test_refused_tokens_are_refreshed_and_the_body_sent_again() -> None:
    server, source = Server(), Source(BearerTokens("new", "second"))
    client = client_of(server, BearerAuth(BearerTokens("old", "first"), refresh_tokens=source.refresh))
    response = await client.post(URL, json={"a": 1})
    assert response.text == "welcome"
    assert [recorded.json() for recorded in server.engine.history] == [{"a": 1}] * 2
    assert (await client.get(URL)).text == "welcome"
    assert source.asked == [BearerTokens("old", "first")]
    assert server.sent == ["old", "new", "new"]


async def test_two_hundred_refusals_cause_one_refresh() -> None:
    server, source = Server(hold=200), Source("new")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    async with AsyncTaskGroup() as group:
        tasks = [group.start_soon(client.get, URL) for _ in range(200)]
    assert [task.value().text for task in tasks] == ["welcome"] * 200
    assert source.asked == [BearerTokens("old")]
    assert server.sent == ["old"] * 200 + ["new"] * 200


async def test_two_hundred_first_requests_cause_one_load() -> None:
    server, source = Server(), Source("new", waits=True)
    client = client_of(server, BearerAuth(load_tokens=source.load))
    async with AsyncTaskGroup() as group:
        tasks = [group.start_soon(client.get, URL) for _ in range(200)]
        await until(lambda: source.asked)
        source.go.set()
    assert [task.value().text for task in tasks] == ["welcome"] * 200
    assert source.asked == ["load"]
    assert server.sent == ["new"] * 200


async def test_a_late_refusal_finds_the_tokens_refreshed() -> None:
    server, source = Server(hold=2), Source("new")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    late = async_spawn(client.get, URL)
    await until(lambda: server.refusals == 1)
    server.hold = 0
    assert (await client.get(URL)).text == "welcome"
    server.release.set()
    assert (await ended(late)).text == "welcome"
    assert source.asked == [BearerTokens("old")]
    assert server.sent == ["old", "old", "new", "new"]


async def test_no_tokens_after_a_refresh() -> None:
    server, source = Server(hold=20), Source(None)
    auth = BearerAuth("old", refresh_tokens=source.refresh)
    client = client_of(server, auth)
    async with AsyncTaskGroup() as group:
        tasks = [group.start_soon(client.get, URL) for _ in range(20)]
    assert [task.value().status_code for task in tasks] == [401] * 20
    assert source.asked == [BearerTokens("old")]
    assert server.sent == ["old"] * 20
    assert auth.tokens is None
    server.hold = 0
    source.results = ["new"]
    assert (await client.get(URL)).text == "welcome"
    assert source.asked[1:] == [None]
    assert server.sent[20:] == [None, "new"]


async def test_no_tokens_to_load() -> None:
    server, source, fresh = Server(), Source(None), Source(None, "new")
    client = client_of(server, BearerAuth(load_tokens=source.load, refresh_tokens=fresh.refresh))
    assert (await client.get(URL)).status_code == 401
    assert (await client.get(URL)).text == "welcome"
    assert source.asked == ["load", "load"]
    assert fresh.asked == [None, None]
    assert server.sent == [None, None, "new"]
    only = Source(None)
    assert (await client_of(server, BearerAuth(load_tokens=only.load)).get(URL)).status_code == 401
    assert only.asked == ["load"]


async def test_a_failed_refresh_reaches_all_who_waited() -> None:
    server, source = Server(hold=20), Source(KeyError("broken"), "new", waits=True)
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    async with AsyncTaskGroup() as group:
        tasks = [group.start_soon(client.get, URL, isolated=True) for _ in range(20)]
        await until(lambda: source.asked)
        source.go.set()
    errors = [task.exception() for task in tasks]
    assert {type(error) for error in errors} == {KeyError}
    assert len({id(error) for error in errors}) == 20
    assert all(error.args == ("broken",) for error in errors if error)
    assert source.asked == [BearerTokens("old")]
    server.hold = 0
    assert (await client.get(URL)).text == "welcome"
    assert server.sent[20:] == ["old", "new"]


async def test_a_late_refusal_shares_the_failure() -> None:
    server, source = Server(hold=2), Source(KeyError("broken"), "new")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    late = async_spawn(client.get, URL)
    await until(lambda: server.refusals == 1)
    server.hold = 0
    with pytest.raises(KeyError):
        await client.get(URL)
    server.release.set()
    assert await late.wait(20)
    assert isinstance(late.exception(), KeyError)
    assert len(source.asked) == 1


async def test_errors_that_can_be_had_once_only() -> None:
    class Odd(Exception):
        def __init__(self, one: str, two: str) -> None:
            super().__init__(one + two)

    server, source = Server(hold=3), Source(Odd("a", "b"))
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    async with AsyncTaskGroup() as group:
        tasks = [group.start_soon(client.get, URL, isolated=True) for _ in range(3)]
    assert [str(task.exception()) for task in tasks] == ["ab"] * 3


async def test_a_cancelled_caller_leaves_the_refresh_to_the_others() -> None:
    server, source = Server(hold=3), Source("new", waits=True)
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    tasks = [async_spawn(client.get, URL) for _ in range(3)]
    await until(lambda: source.asked)
    state: Any = client_state(client)
    await until(lambda: len(state.fetch.waiters) == 3)
    # Whoever began it is among those who are cancelled.
    tasks[0].cancel()
    assert await tasks[0].wait(20)
    tasks[1].cancel()
    assert await tasks[1].wait(20)
    source.go.set()
    assert (await ended(tasks[2])).text == "welcome"
    assert [task.cancelled() for task in tasks] == [True, True, False]
    assert len(source.asked) == 1


def client_state(client: AsyncClient) -> Any:
    """Look at what the first provider of a client remembers."""
    states: Any = vars(client._options["plugins"][0])["_states"]
    return states[0].value


async def test_all_callers_cancelled_and_the_tokens_come_all_the_same() -> None:
    server, source = Server(), Source("new", waits=True)
    auth = BearerAuth("old", refresh_tokens=source.refresh)
    client = client_of(server, auth)
    task = async_spawn(client.get, URL)
    await until(lambda: source.asked)
    task.cancel()
    assert await task.wait(20)
    source.go.set()
    assert (await client.get(URL)).text == "welcome"
    assert len(source.asked) == 1


async def test_a_cancelled_caller_sends_nothing(clock: ManualClock) -> None:
    server, source = Server("old"), Source("new", waits=True)
    tokens = BearerTokens("old", expires_at=clock.wall_time() + 100)
    client = client_of(server, BearerAuth(tokens, refresh_tokens=source.refresh, skew=40))
    await client.get(URL)
    clock.advance(80)
    task = async_spawn(client.get, URL)
    await until(lambda: source.asked)
    task.cancel()
    assert await task.wait(20)
    source.go.set()
    assert task.cancelled()
    # Though the tokens still live.
    assert server.sent == ["old"]


async def test_a_fetch_that_is_interrupted_is_begun_again_for_a_while() -> None:
    server, source = Server(), Source(RequestCancelled("a"), RequestCancelled("b"), "new")
    client = client_of(server, BearerAuth(load_tokens=source.load))
    assert (await client.get(URL)).text == "welcome"
    assert len(source.asked) == 3
    hopeless = Source(RequestCancelled("a"))
    client = client_of(server, BearerAuth(load_tokens=hopeless.load))
    with pytest.raises(RequestError, match="interrupted again and again"):
        await client.get(URL)
    assert len(hopeless.asked) == 3


async def test_a_fetch_that_can_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    from duohttp._async.plugins import auth_tokens

    def full(*arguments: Any) -> None:
        raise RuntimeError("can't start new thread")

    server, source = Server(), Source("new")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    with monkeypatch.context() as patched:
        patched.setattr(auth_tokens, "async_spawn", full)
        with pytest.raises(RuntimeError, match="can't start"):
            await client.get(URL)
    assert (await client.get(URL)).text == "welcome"


async def test_a_caller_out_of_time_leaves_the_refresh_to_the_others() -> None:
    server, source = Server(), Source("new", waits=True)
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    with pytest.raises(TotalTimeout, match="waiting for the tokens of BearerAuth") as caught:
        await client.get(URL, timeout=Timeout(total=0.05))
    assert caught.value.request is not None
    source.go.set()
    assert (await client.get(URL)).text == "welcome"
    assert len(source.asked) == 1


async def test_a_fetch_that_takes_too_long_is_given_up() -> None:
    server, source = Server(), Source("late", "new", waits=True)
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh, fetch_timeout=0.05))
    with pytest.raises(TimeoutException, match=r"got no tokens within 0\.05 s"):
        await client.get(URL)
    source.go.set()
    assert (await client.get(URL)).text == "welcome"
    assert "late" not in server.sent
    assert len(source.asked) == 2


async def test_tokens_are_replaced_before_they_expire(clock: ManualClock) -> None:
    now = clock.wall_time()
    server, source = Server(), Source(BearerTokens("new", expires_at=now + 3600))
    auth = BearerAuth(BearerTokens("old", expires_at=now + 100), refresh_tokens=source.refresh, skew=40)
    client = client_of(server, auth)
    server.token = "old"
    await client.get(URL)
    clock.advance(59)
    await client.get(URL)
    assert source.asked == []
    clock.advance(1)
    server.token = "new"
    assert (await client.get(URL)).text == "welcome"
    assert len(source.asked) == 1
    assert server.sent == ["old", "old", "new"]


async def test_a_failed_refresh_is_no_harm_while_the_tokens_live(clock: ManualClock) -> None:
    server, source = Server("old"), Source(KeyError("broken"))
    tokens = BearerTokens("old", expires_at=clock.wall_time() + 100)
    client = client_of(server, BearerAuth(tokens, refresh_tokens=source.refresh, skew=40))
    await client.get(URL)
    clock.advance(80)
    assert (await client.get(URL)).text == "welcome"
    assert len(source.asked) == 1
    clock.advance(20)
    with pytest.raises(KeyError):
        await client.get(URL)
    assert server.sent == ["old", "old"]


async def test_tokens_that_live_shorter_than_the_skew_are_used(clock: ManualClock) -> None:
    now = clock.wall_time()
    server, source = Server(), Source(BearerTokens("new", expires_at=now + 10))
    client = client_of(server, BearerAuth(load_tokens=source.load, skew=30))
    await client.get(URL)
    clock.advance(4)
    await client.get(URL)
    assert len(source.asked) == 1
    clock.advance(2)
    await client.get(URL)
    assert len(source.asked) == 2
    # It came expired: the server has to say so.
    clock.advance(100)
    server.token = "other"
    assert (await client.get(URL)).status_code == 401
    assert len(source.asked) == 3


async def test_clear() -> None:
    server, source = Server(), Source("new", "other")
    auth = BearerAuth(load_tokens=source.load)
    client = client_of(server, auth)
    await client.get(URL)
    auth.clear()
    assert auth.tokens is None
    server.token = "other"
    assert (await client.get(URL)).text == "welcome"
    assert source.asked == ["load", "load"]


async def test_clear_while_tokens_are_fetched() -> None:
    server, source = Server(), Source("stale", "new", waits=True)
    auth = BearerAuth(load_tokens=source.load)
    client = client_of(server, auth)
    task = async_spawn(client.get, URL)
    await until(lambda: source.asked)
    auth.clear()
    source.go.set()
    assert (await ended(task)).text == "welcome"
    assert server.sent == ["new"]
    assert source.asked == ["load", "load"]


async def test_clear_while_tokens_are_refreshed() -> None:
    server, loads, source = Server(), Source("old", "new"), Source("stale", waits=True)
    auth = BearerAuth(load_tokens=loads.load, refresh_tokens=source.refresh)
    client = client_of(server, auth)
    task = async_spawn(client.get, URL)
    await until(lambda: source.asked)
    auth.clear()
    source.go.set()
    assert (await ended(task)).text == "welcome"
    assert server.sent == ["old", "new"]
    assert auth.tokens == BearerTokens("new")


async def test_cleared_again_and_again() -> None:
    server = Server()
    auth: BearerAuth

    async def load() -> str:
        auth.clear()
        return "new"

    auth = BearerAuth(load_tokens=load)
    with pytest.raises(Exception, match="cleared again and again"):
        await client_of(server, auth).get(URL)


async def test_functions_may_use_the_same_client() -> None:
    server = Server()
    client: AsyncClient

    async def refresh(old: BearerTokens | None) -> str:
        answer = await client.post("http://a.test/token")
        return "new" if answer.status_code == 401 else "broken"

    client = client_of(server, BearerAuth("old", refresh_tokens=refresh))
    assert (await client.get(URL)).text == "welcome"
    # It carries no token, and its refusal starts nothing.
    assert server.sent == ["old", None, "new"]


async def test_each_request_is_refreshed_once() -> None:
    server, source = Server("none"), Source("one", "two", "three")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    assert (await client.get(URL)).status_code == 401
    assert server.sent == ["old", "one"]
    assert (await client.get(URL)).status_code == 401
    assert server.sent == ["old", "one", "one", "two"]


async def test_the_same_token_is_not_sent_again() -> None:
    server, source = Server(), Source("old")
    client = client_of(server, BearerAuth(load_tokens=source.load))
    assert (await client.get(URL)).status_code == 401
    assert server.sent == ["old"]
    assert source.asked == ["load", "load"]


async def test_load_takes_the_place_of_refresh() -> None:
    server, source = Server(), Source("old", "new")
    client = client_of(server, BearerAuth(load_tokens=source.load))
    assert (await client.get(URL)).text == "welcome"
    assert server.sent == ["old", "new"]


async def test_tokens_go_to_no_other_origin() -> None:
    server, source = Server(), Source("new")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    assert (await client.get("http://a.test/away")).status_code == 401
    assert (await client.get("http://b.test/")).status_code == 401
    assert (await client.get("https://a.test/")).status_code == 401
    assert server.sent == ["old", None, None, None]
    # Nor can another server have them refreshed.
    assert source.asked == []


async def test_a_body_that_can_be_sent_once() -> None:
    def body() -> Iterator[bytes]:
        yield b"once"

    server, source = Server(), Source("new")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    assert (await client.post(URL, content=body())).status_code == 401
    assert source.asked == []
    assert (await client.post(URL, content=body())).text == "welcome"
    assert source.asked == [BearerTokens("old")]
    assert server.sent == ["old", "new"]


async def test_streamed_refusals_are_closed() -> None:
    server, source = Server(), Source("new")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh))
    async with client.stream("GET", URL) as response:
        assert await response.read() == b"welcome"


@pytest.mark.parametrize("challenge", ["", "Basic", 'Bearer error="invalid_token"'])
async def test_a_refused_token_is_replaced_whatever_the_server_asks_for(challenge: str) -> None:
    server, source = Server(challenge=challenge), Source("new")
    assert (await client_of(server, BearerAuth("old", refresh_tokens=source.refresh)).get(URL)).text == "welcome"
    two: list[Plugin] = [BearerAuth("old", refresh_tokens=source.refresh), BasicAuth("ada", "secret")]
    response = await AsyncClient(engine=server.engine, plugins=two).get(URL)
    # With two providers the password goes where it is asked for.
    assert response.text == "welcome" or challenge == "Basic"
    assert server.sent[2:4] == ["old", "Basic YWRhOnNlY3JldA==" if challenge == "Basic" else "new"]


@pytest.mark.parametrize("challenge", ['Bearer error="insufficient_scope"', 'Bearer realm="other"'])
async def test_what_other_tokens_would_not_help(challenge: str) -> None:
    server, source = Server(challenge=challenge), Source("new")
    client = client_of(server, BearerAuth("old", refresh_tokens=source.refresh, realm="mine"))
    assert (await client.get(URL)).status_code == 401
    assert source.asked == []


async def test_statuses() -> None:
    async def answer(recorded: Recorded) -> Reply:
        return reply(200 if recorded.headers["authorization"] == "Bearer new" else 403)

    source = Source("new")
    for statuses, status in (((401,), 403), ((401, 403), 200)):
        auth = BearerAuth("old", refresh_tokens=source.refresh, statuses=statuses)
        client = AsyncClient(engine=MockEngine(answer), plugins=[auth, BasicAuth("a", "b", preemptive=False)])
        assert (await client.get(URL)).status_code == status


async def test_waits_to_be_asked() -> None:
    server, loads, source = Server(), Source("old"), Source("new")
    auth = BearerAuth(load_tokens=loads.load, refresh_tokens=source.refresh, preemptive=False)
    client = client_of(server, auth)
    assert (await client.get(URL)).text == "welcome"
    assert server.sent == [None, "old", "new"]
    assert (await client.get(URL)).text == "welcome"
    assert server.sent[3:] == [None, "new"]
    assert (len(loads.asked), len(source.asked)) == (1, 1)
    nothing = client_of(server, BearerAuth(load_tokens=Source(None).load, preemptive=False))
    assert (await nothing.get(URL)).status_code == 401


async def test_retries_and_redirects_take_the_new_token() -> None:
    server = Server()
    flaky = iter([503, 302, 200])

    async def answer(recorded: Recorded) -> Reply:
        answered = await server.answer(recorded)
        return reply(next(flaky), headers={"Location": "/y"}) if answered.status_code == 200 else answered

    source = Source("new")
    auth = BearerAuth("old", refresh_tokens=source.refresh)
    client = AsyncClient(engine=MockEngine(answer), plugins=[auth, Retry(constant_delay=0)])
    response = await client.get(URL)
    assert response.status_code == 200
    assert str(response.url) == "http://a.test/y"
    assert len(source.asked) == 1


async def test_clients_share_the_tokens_of_one_plugin() -> None:
    server, source = Server(hold=20), Source("new")
    auth = BearerAuth("old", refresh_tokens=source.refresh)
    clients = [client_of(server, auth), client_of(server, auth)]
    clients.append(clients[0].derive(headers={"X-A": "b"}))
    async with AsyncTaskGroup() as group:
        tasks: list[AsyncTask[AsyncResponse]] = [group.start_soon(clients[i % 3].get, URL) for i in range(20)]
    assert [task.value().text for task in tasks] == ["welcome"] * 20
    assert len(source.asked) == 1


async def test_a_forked_process_goes_on_with_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    from duohttp._async.plugins import state

    server, source = Server(), Source("new")
    auth = BearerAuth("old", refresh_tokens=source.refresh)
    client = client_of(server, auth)
    await client.get(URL)
    monkeypatch.setattr(state, "fork_generation", lambda: 1)
    assert (await client.get(URL)).text == "welcome"
    assert (await client.get("http://b.test/")).status_code == 401
    assert server.sent == ["old", "new", "new", None]
    assert auth.tokens == BearerTokens("new")


async def test_what_functions_return() -> None:
    client = client_of(Server(), BearerAuth(load_tokens=lambda: 7))
    with pytest.raises(TypeError, match=r"BearerAuth\.load_tokens must return BearerTokens, a str or None: it .* int"):
        await client.get(URL)
    bad = client_of(Server(), BearerAuth("sec\nret"))
    with pytest.raises(InvalidHeader) as caught:
        await bad.get(URL)
    assert "ret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give token, load_tokens or refresh_tokens"),
        ({"token": "a", "load_tokens": str}, "not both"),
        ({"token": "a", "skew": -1}, "skew"),
        ({"token": "a", "fetch_timeout": 0}, "fetch_timeout"),
    ],
)
async def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BearerAuth(**options)
    with pytest.raises(TypeError, match="token of BearerAuth is a str, a BearerTokens or None, not tuple"):
        BearerAuth(("ada", "secret"))  # type: ignore[arg-type]


async def test_secrets_are_not_shown() -> None:
    server, source = Server(), Source(BearerTokens("s3cret-new", "s3cret-refresh", 5.0))
    auth = BearerAuth(BearerTokens("s3cret-old", "s3cret"), refresh_tokens=source.refresh, skew=5)
    client = client_of(server, auth)
    response = await client.get(URL)
    with pytest.raises(Exception, match="401") as caught:
        response.raise_for_status()
    shown = [
        auth,
        auth.tokens,
        client.describe(),
        client,
        response,
        response.request,
        caught.value,
        client_state(client),
    ]
    text = "".join(map(repr, shown)) + str(caught.value)
    assert "BearerAuth(refresh_tokens=" in text
    assert "BearerTokens(expires_at=5.0)" in text
    assert "s3cret" not in text

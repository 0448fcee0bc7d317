"""BasicAuth, several providers, auth= of a request, and schemes of one's own."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any, cast

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    Auth,
    BaseResponse,
    BasicAuth,
    BearerAuth,
    DigestAuth,
    HttpRedirect,
    InvalidRequest,
    InvalidURL,
    MockEngine,
    Plugin,
    Request,
    Retry,
    Stage,
    reply,
)
from duohttp._async.proceed import AsyncProceed
from duohttp._concurrency import ManualClock, use_clock
from duohttp.engines.mock import Recorded, Reply
from duohttp.plugins.flow import call
from duohttp.plugins.plugin import Flow

from ..servers.nginx import SMALL, Nginx
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/x"
ADA = "Basic YWRhOnNlY3JldA=="


def asking(*challenges: str, accept: str = ADA) -> MockEngine:
    """Take one Authorization value, and answer all else with challenges."""

    def answer(recorded: Recorded) -> Reply:
        if recorded.headers.get("authorization") == accept:
            return reply(200, text="welcome")
        return reply(401, headers=[("WWW-Authenticate", challenge) for challenge in challenges])

    return MockEngine(answer)


def sent(engine: MockEngine) -> list[str | None]:
    return [recorded.headers.get("authorization") for recorded in engine.history]


async def test_goes_ahead_by_default() -> None:
    engine = asking()
    client = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret")])
    assert (await client.get(URL)).text == "welcome"
    assert sent(engine) == [ADA]


async def test_waits_to_be_asked() -> None:
    engine = asking('Basic realm="x"')
    client = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret", preemptive=False)])
    response = await client.post(URL, content=b"body")
    assert response.text == "welcome"
    assert sent(engine) == [None, ADA]
    assert [recorded.content for recorded in engine.history] == [b"body", b"body"]
    assert response.request.headers["authorization"] == ADA


async def test_wrong_credentials_are_sent_once() -> None:
    engine = asking("Basic", accept="other")
    client = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret")])
    assert (await client.get(URL)).status_code == 401
    waiting = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret", preemptive=False)])
    assert (await waiting.get(URL)).status_code == 401
    assert sent(engine) == [ADA, None, ADA]


@pytest.mark.parametrize("challenges", [[], ["Digest nonce=1"], ['Basic realm="other"'], ["Bearer"]])
async def test_other_challenges_are_not_answered(challenges: list[str]) -> None:
    engine = asking(*challenges)
    client = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret", realm="mine")])
    assert (await client.get(URL)).status_code == 401
    assert sent(engine) == [None]


async def test_two_realms() -> None:
    engine = asking('Basic realm="b"', accept=ADA)
    others = [BasicAuth("eve", "x", realm="a"), BasicAuth("any", "y", preemptive=False)]
    client = AsyncClient(engine=engine, plugins=[*others, BasicAuth("ada", "secret", realm="b")])
    assert (await client.get(URL)).text == "welcome"
    assert sent(engine) == [None, ADA]


async def test_a_function_decides_who_goes_ahead() -> None:
    engine = MockEngine(reply(200))
    first = BasicAuth("ada", "secret", preemptive=lambda request: request.url.path == "/x")
    second = BasicAuth("bob", "secret", preemptive=lambda request: request.url.path == "/y")
    client = AsyncClient(engine=engine, plugins=[first, second], base_url="http://a.test")
    for path in ("x", "y", "z"):
        await client.get(path)
    assert sent(engine) == [ADA, "Basic Ym9iOnNlY3JldA==", None]


async def test_the_best_provider_answers_whatever_the_order() -> None:
    for challenges in (["Basic", "Bearer"], ["Bearer, Basic"]):
        engine = asking(*challenges, accept="Bearer token")
        for plugins in ([BasicAuth("ada", "secret"), BearerAuth("token", preemptive=False)],) * 2:
            client = AsyncClient(engine=engine, plugins=plugins[::-1])
            assert (await client.get(URL)).text == "welcome"
        assert sent(engine) == [None, "Bearer token"] * 2


async def test_a_second_provider_gets_its_turn() -> None:
    engine = asking("Bearer, Basic")
    client = AsyncClient(engine=engine, plugins=[BearerAuth("token"), BasicAuth("ada", "secret")])
    assert (await client.get(URL)).text == "welcome"
    assert sent(engine) == ["Bearer token", ADA]


async def test_a_header_of_the_request_stands() -> None:
    engine = asking("Basic", accept="other")
    client = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret")])
    assert (await client.get(URL, headers={"Authorization": "mine"})).status_code == 401
    assert (await client.get("http://me:too@a.test/")).status_code == 401
    assert sent(engine) == ["mine", "Basic bWU6dG9v"]
    default = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret")], headers={"authorization": "ours"})
    await default.get(URL)
    assert sent(engine)[-1] == "ours"


async def test_auth_of_a_request_replaces_the_plugins() -> None:
    engine = asking("Basic")
    client = AsyncClient(engine=engine, plugins=[BearerAuth("token"), Retry()])
    for auth in (None, ("bob", "x"), "letmein", BasicAuth("ada", "secret"), DigestAuth("ada", "secret")):
        await client.get(URL, auth=auth)
    await client.get(URL)
    assert sent(engine) == [None, "Basic Ym9iOng=", "Bearer letmein", ADA, None, "Bearer token"]


async def test_auth_of_a_request_is_for_the_origin_of_the_request() -> None:
    engine = asking("Basic")
    client = AsyncClient(engine=engine, base_url="http://base.test")
    auth = BasicAuth("ada", "secret")
    for url in ("http://a.test/", "http://b.test/", "/relative"):
        assert (await client.get(url, auth=auth)).text == "welcome"
    assert (await client.get("http://me:too@c.test/", auth=auth)).text == "welcome"
    assert (await client.get("/", auth=BasicAuth("ada", "secret", origins="http://a.test"))).status_code == 401
    assert sent(engine) == [ADA] * 4 + [None]


async def test_auth_of_a_client_may_be_a_plugin() -> None:
    engine = asking()
    client = AsyncClient(engine=engine, auth=BasicAuth("ada", "secret"))
    assert "auth: BasicAuth(" in client.describe()
    await client.get(URL)
    await client.get(URL, auth=None)
    await client.derive(auth="letmein").get(URL)
    await client.derive(auth=None).get(URL)
    await client.get(URL, plugins=[BasicAuth("bob", "x")])
    assert sent(engine) == [ADA, None, "Bearer letmein", None, None]


async def test_a_default_password_gives_way_to_a_plugin() -> None:
    engine = asking()
    client = AsyncClient(engine=engine, auth=("bob", "x"), headers={"X-A": "b"})
    await client.get(URL, auth=BasicAuth("ada", "secret"))
    assert sent(engine) == [ADA]
    assert engine.history[0].headers["x-a"] == "b"


@pytest.mark.parametrize("auth", [Retry(), BasicAuth, 1, ("a", "b", "c")])
async def test_auth_is_what_can_authenticate(auth: Any) -> None:
    client = AsyncClient(engine=MockEngine(reply(200)))
    with pytest.raises(InvalidRequest, match="auth is"):
        await client.get(URL, auth=auth)
    with pytest.raises(InvalidRequest, match="auth is"):
        AsyncClient(auth=auth)


async def test_origins() -> None:
    engine = MockEngine(reply(200))
    auth = BasicAuth("ada", "secret", origins=["http://a.test", "https://B.test:8443/"])
    client = AsyncClient(engine=engine, plugins=[auth], base_url="http://c.test")
    urls = ("http://a.test/x", "http://a.test:80/", "https://b.test:8443/y", "ws://a.test/")
    others = ("/", "http://c.test/", "https://a.test/", "http://a.test:8080/", "http://a.test./", "http://x.a.test/")
    for url in (*urls, *others):
        await client.get(url)
    assert sent(engine) == [ADA] * len(urls) + [None] * len(others)


async def test_the_origin_of_base_url_is_the_default() -> None:
    engine = MockEngine(reply(200))
    auth = BasicAuth("ada", "secret")
    client = AsyncClient(engine=engine, plugins=[auth], base_url="http://a.test/v1")
    other = client.derive(base_url="http://b.test/v1")
    for each, url in ((client, "http://b.test/"), (client, "x"), (other, "x"), (other, "http://a.test/")):
        await each.get(url)
    assert sent(engine) == [None, ADA, ADA, None]


async def test_the_first_origin_is_the_default_without_base_url() -> None:
    engine = MockEngine(reply(200))
    auth = BasicAuth("ada", "secret")
    client = AsyncClient(engine=engine, plugins=[auth])
    await client.get("http://a.test/")
    await client.get("http://b.test/")
    await AsyncClient(engine=engine, plugins=[auth]).get("http://b.test/")
    auth.clear()
    await client.get("http://b.test/")
    await client.get("http://a.test/")
    assert sent(engine) == [ADA, None, None, None, ADA]


@pytest.mark.parametrize(
    "origins", ["a.test", "http://a.test/path", "http://a.test/?q", "http://me@a.test", ["ftp://a"]]
)
async def test_origins_that_are_none(origins: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        BasicAuth("ada", "secret", origins=origins)
    assert "me@" not in str(caught.value)


async def test_options_that_make_no_sense() -> None:
    with pytest.raises(InvalidRequest, match="colon"):
        BasicAuth("a:b", "secret")
    with pytest.raises(TypeError, match="preemptive"):
        BasicAuth("ada", "secret", preemptive="yes")  # type: ignore[arg-type]
    assert issubclass(InvalidURL, InvalidRequest)


async def test_a_body_that_can_be_sent_once_is_not_sent_twice() -> None:
    def body() -> Iterator[bytes]:
        yield b"once"

    engine = asking("Basic")
    client = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret", preemptive=False)])
    response = await client.post(URL, content=body())
    assert response.status_code == 401
    assert [recorded.content for recorded in engine.history] == [b"once"]


async def test_streams_of_refusals_are_closed() -> None:
    def answer(request: Request) -> Answer:
        if "authorization" in request.headers:
            return 200, {}, [b"wel", b"come"]
        return 401, {"WWW-Authenticate": "Basic"}, [b"no", b"no"]

    engine = AsyncScriptedEngine(answer)
    client = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret", preemptive=False)])
    async with client.stream("GET", URL) as response:
        assert engine.streams[0].closed
        assert not engine.streams[1].closed
        assert await response.read() == b"welcome"
    assert engine.streams[1].closed


async def test_a_failing_answer_closes_the_refusal() -> None:
    class Broken(BasicAuth):
        def rank(self, challenge: Any) -> int:
            raise RuntimeError("broken")

    engine = AsyncScriptedEngine(lambda request: (401, {"WWW-Authenticate": "Basic"}, [b"no"]))
    client = AsyncClient(engine=engine, plugins=[Broken("ada", "secret")])
    with pytest.raises(RuntimeError, match="broken"):
        await client.stream("GET", URL).__aenter__()
    assert engine.streams[0].closed


class ApiKey(Auth):
    """A scheme of one's own."""

    def __init__(self, key: str, **options: Any) -> None:
        super().__init__(**options)
        self._key = key

    def flow(self, request: Request) -> Flow:
        request.headers["X-Api-Key"] = self._key
        response = yield request
        if response.status_code == 401:
            request = request.copy()
            request.headers["X-Api-Key"] = yield call(lambda: "renewed")
            response = yield request
        return cast("BaseResponse", response)


class Pair(Auth):
    """The same, written for one client."""

    async def send_async(self, request: Request, proceed: Any) -> Any:
        request.headers["X-Api-Key"] = "renewed"
        return await proceed(request)


@pytest.mark.parametrize("plugin", [ApiKey("old"), Pair()])
async def test_a_scheme_of_ones_own(plugin: Auth) -> None:
    def answer(recorded: Recorded) -> Reply:
        if recorded.url.path == "/away":
            return reply(307, headers={"Location": "http://b.test/there"})
        if recorded.url.host == "a.test" and recorded.headers.get("x-api-key") != "renewed":
            return reply(401)
        return reply(200)

    engine = MockEngine(answer)
    client = AsyncClient(engine=engine, plugins=[plugin])
    assert (await client.get(URL)).status_code == 200
    assert (await client.get("http://a.test/away")).status_code == 200
    assert (await client.get(URL, auth=None)).status_code == 401
    keys = [(recorded.url.host, recorded.headers.get("x-api-key")) for recorded in engine.history]
    first = [("a.test", "renewed")] if isinstance(plugin, Pair) else [("a.test", "old"), ("a.test", "renewed")]
    away = ("a.test", "renewed" if isinstance(plugin, Pair) else "old")
    assert keys == [*first, away, ("b.test", None), ("a.test", None)]


async def test_a_plain_plugin_of_the_stage_is_an_auth_too() -> None:
    class Signed(Plugin):
        stage = Stage.AUTH

        def flow(self, request: Request) -> Flow:
            signed = request.copy()
            signed.headers["X-Signature"] = "abc"
            return cast("BaseResponse", (yield signed))

    engine = MockEngine(reply(200))
    client = AsyncClient(engine=engine, plugins=[Signed()])
    await client.get(URL)
    await client.get(URL, auth=None)
    await client.get(URL, auth=Signed())
    assert ["x-signature" in recorded.headers for recorded in engine.history] == [True, False, True]


async def test_interceptors_of_the_stage_are_no_auth() -> None:
    async def tagged(request: Request, proceed: AsyncProceed) -> AsyncResponse:
        request.headers["X-Tag"] = "1"
        return await proceed(request)

    engine = MockEngine(reply(200))
    client = AsyncClient(engine=engine)
    client.intercept(tagged, stage=Stage.AUTH)
    await client.get(URL, auth=None)
    assert engine.history[0].headers["x-tag"] == "1"


async def test_an_auth_needs_a_flow() -> None:
    with pytest.raises(TypeError, match=r"Auth .*must have a flow"):
        AsyncClient(plugins=[Auth()])


async def test_secrets_are_not_shown() -> None:
    plugins = [BasicAuth("ada-name", "s3cret", realm="r", origins="http://a.test"), ApiKey("s3cret")]
    engine = MockEngine(reply(401, headers={"WWW-Authenticate": 'Basic realm="r"'}))
    client = AsyncClient(engine=engine, plugins=plugins)
    response = await client.get(URL)
    assert sent(engine)[-1] is not None
    with pytest.raises(Exception, match="401") as caught:
        response.raise_for_status()
    shown = [client.describe(), repr(client), repr(plugins), repr(response), repr(response.request), repr(caught.value)]
    text = "".join([*shown, str(caught.value)])
    assert "realm='r'" in text
    for secret in ("s3cret", "ada-name", "YWRhLW5hbWU6czNjcmV0"):
        assert secret not in text


async def test_plugins_travel_with_their_secrets_and_start_anew() -> None:
    auth = BasicAuth("ada", "secret")
    engine = asking()
    await AsyncClient(engine=engine, plugins=[auth]).get(URL)
    twin = pickle.loads(pickle.dumps(auth))
    await AsyncClient(engine=engine, plugins=[twin]).get("http://b.test/")
    assert sent(engine) == [ADA, ADA]


async def test_a_redirect_is_authenticated_by_its_own_origin() -> None:
    def answer(recorded: Recorded) -> Reply:
        if recorded.url.path == "/1":
            return reply(302, headers={"Location": "/2"})
        return reply(200)

    engine = MockEngine(answer)
    client = AsyncClient(engine=engine, plugins=[BasicAuth("ada", "secret"), HttpRedirect()])
    await client.get("http://a.test/1")
    assert sent(engine) == [ADA, ADA]


async def test_event_streams_are_authenticated_each_time_they_connect() -> None:
    def answer(recorded: Recorded) -> Reply:
        if recorded.headers.get("authorization") != ADA:
            return reply(401, headers={"WWW-Authenticate": "Basic"})
        if len(engine.history) > 3:
            return reply(204)
        return reply(200, content=b"data: hello\n\n", headers={"Content-Type": "text/event-stream"})

    engine = MockEngine(answer)
    client = AsyncClient(engine=engine, auth=BasicAuth("ada", "secret", preemptive=False))
    with use_clock(ManualClock()):
        async with client.sse(URL) as events:
            assert [event.data async for event in events] == ["hello"]
    assert sent(engine) == [None, ADA] * 2


async def test_nginx_takes_the_password(nginx: Nginx) -> None:
    async with AsyncClient(base_url=nginx.url, auth=BasicAuth("user", "secret", preemptive=False)) as client:
        assert (await client.get("private/small.txt")).content == SMALL
        async with client.stream("GET", "private/small.txt") as response:
            assert await response.read() == SMALL
        assert (await client.get("private/small.txt", auth=BasicAuth("user", "wrong"))).status_code == 401
        assert (await client.get("private/small.txt", auth=BasicAuth("user", "secret"))).content == SMALL

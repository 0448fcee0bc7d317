"""OAuth2ClientCredentials and OAuth2RefreshToken, and flows of one's own for tokens."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    BearerAuth,
    BearerTokens,
    ClientStatusError,
    DecodingError,
    HTTPError,
    InvalidURL,
    MockEngine,
    OAuth2ClientCredentials,
    OAuth2RefreshToken,
    RedirectStatusError,
    Request,
    ServerStatusError,
    reply,
)
from duohttp._concurrency import AsyncTaskGroup, ManualClock, use_clock
from duohttp.engines.mock import Recorded, Reply
from duohttp.plugins.auth_bearer import TokenFlow
from duohttp.plugins.flow import call
from duohttp.rules.oauth2 import TokenEndpoint

pytestmark = pytest.mark.anyio

API = "https://api.test/v1/x"
LOGIN = "https://login.test/token"


@pytest.fixture
def clock() -> Iterator[ManualClock]:
    """Stand still."""
    clock = ManualClock()
    with use_clock(clock):
        yield clock


class Server:
    """A token endpoint that counts tokens up, and an API that takes the last one. ``more`` goes into its answers."""

    def __init__(self, **more: Any) -> None:
        self.more = more
        self.grants: list[Recorded] = []
        self.calls: list[str | None] = []
        self.valid = ""
        self.engine = MockEngine(self.answer)

    def answer(self, recorded: Recorded) -> Reply:
        """Answer."""
        if recorded.url.host == "login.test":
            self.grants.append(recorded)
            return self.grant(recorded)
        token = recorded.headers.get("authorization")
        self.calls.append(token)
        if token == f"Bearer {self.valid}":
            return reply(200, text="welcome")
        return reply(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def grant(self, recorded: Recorded) -> Reply:
        """Answer a grant."""
        self.valid = f"token-{len(self.grants)}"
        return reply(200, json={"access_token": self.valid, "token_type": "bearer", **self.more})


async def test_client_credentials() -> None:
    server = Server(expires_in=3600, scope="read")
    auth = OAuth2ClientCredentials(LOGIN, "my id", "s:c/r", scope=["read", "write"], extra={"audience": "api"})
    client = AsyncClient(engine=server.engine, plugins=[auth], headers={"X-Mine": "1", "User-Agent": "me"})
    assert (await client.get(API, cookies={"a": "b"})).text == "welcome"
    assert (await client.get(API)).text == "welcome"
    (grant,) = server.grants
    assert (grant.method, str(grant.url)) == ("POST", LOGIN)
    assert grant.form() == {"grant_type": "client_credentials", "scope": "read write", "audience": "api"}
    # RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
    assert grant.headers["authorization"] == "Basic bXkraWQ6cyUzQWMlMkZy"
    assert grant.headers["accept"] == "application/json"
    assert grant.headers["content-type"] == "application/x-www-form-urlencoded"
    assert grant.headers["user-agent"] == "me"
    assert not {"x-mine", "cookie"} & {name.lower() for name in grant.headers}
    assert server.calls == ["Bearer token-1"] * 2


async def test_credentials_in_the_body() -> None:
    server = Server()
    auth = OAuth2ClientCredentials(LOGIN, "id", "secret", client_auth="body")
    assert (await AsyncClient(engine=server.engine, auth=auth).get(API)).text == "welcome"
    assert server.grants[0].form() == {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}
    assert "authorization" not in server.grants[0].headers


async def test_tokens_are_had_anew_before_they_expire_and_when_they_are_refused(clock: ManualClock) -> None:
    server = Server(expires_in="100")
    auth = OAuth2ClientCredentials(LOGIN, "id", "secret", skew=10)
    client = AsyncClient(engine=server.engine, auth=auth)
    await client.get(API)
    clock.advance(89)
    await client.get(API)
    assert len(server.grants) == 1
    clock.advance(1)
    assert (await client.get(API)).text == "welcome"
    server.valid = "none"
    assert (await client.get(API)).text == "welcome"
    assert server.calls == ["Bearer token-1"] * 2 + ["Bearer token-2"] * 2 + ["Bearer token-3"]
    auth.clear()
    assert (await client.get(API)).text == "welcome"
    assert len(server.grants) == 4


async def test_two_hundred_requests_have_one_grant() -> None:
    server = Server()
    client = AsyncClient(engine=server.engine, auth=OAuth2ClientCredentials(LOGIN, "id", "secret"))
    async with AsyncTaskGroup() as group:
        tasks = [group.start_soon(client.get, API) for _ in range(200)]
    assert [task.value().text for task in tasks] == ["welcome"] * 200
    assert len(server.grants) == 1


async def test_refresh_tokens_are_replaced_and_saved() -> None:
    class Rotating(Server):
        def grant(self, recorded: Recorded) -> Reply:
            self.more = {"refresh_token": f"refresh-{len(self.grants)}"}
            return Server.grant(self, recorded)

    server, saved = Rotating(), []

    async def save(tokens: BearerTokens) -> None:
        saved.append(tokens)

    auth = OAuth2RefreshToken(LOGIN, "refresh-0", client_id="app", scope="read", on_tokens=save)
    client = AsyncClient(engine=server.engine, auth=auth)
    assert (await client.get(API)).text == "welcome"
    server.valid = "none"
    assert (await client.get(API)).text == "welcome"
    first, second = server.grants
    assert first.form() == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-0",
        "scope": "read",
        "client_id": "app",
    }
    assert second.form()["refresh_token"] == "refresh-1"
    assert [(tokens.access_token, tokens.refresh_token) for tokens in saved] == [
        ("token-1", "refresh-1"),
        ("token-2", "refresh-2"),
    ]
    assert "authorization" not in first.headers


async def test_a_refresh_token_that_stays() -> None:
    server = Server()
    auth = OAuth2RefreshToken(LOGIN, "refresh-0", client_id="a", client_secret="b", access_token="old")
    client = AsyncClient(engine=server.engine, auth=auth)
    for _ in range(2):
        assert (await client.get(API)).text == "welcome"
        server.valid = "none"
    assert server.calls == ["Bearer old", "Bearer token-1", "Bearer token-1", "Bearer token-2"]
    assert [grant.form()["refresh_token"] for grant in server.grants] == ["refresh-0"] * 2
    assert server.grants[0].headers["authorization"] == "Basic YTpi"


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (
            reply(400, json={"error": "invalid_grant", "error_description": "it was revoked"}),
            ClientStatusError,
            "the token endpoint answered 400 Bad Request: invalid_grant, it was revoked",
        ),
        (reply(401, text="<html>s3cret</html>"), ClientStatusError, "the token endpoint answered 401 Unauthorized"),
        (reply(503, json=["s3cret"]), ServerStatusError, "the token endpoint answered 503 Service Unavailable"),
        (
            reply(302, headers={"Location": "https://evil.test/?s3cret"}),
            RedirectStatusError,
            "the token endpoint answered 302 Found",
        ),
        (reply(200, text="s3cret"), DecodingError, "the token endpoint's answer has no access_token"),
        (reply(200, json=["s3cret"]), DecodingError, "the token endpoint's answer has no access_token"),
        (reply(200, json={"access_token": ""}), DecodingError, "the token endpoint's answer has no access_token"),
        (
            reply(200, json={"access_token": "s3cret", "token_type": "mac"}),
            DecodingError,
            "the token endpoint gave tokens of another type than Bearer",
        ),
    ],
)
async def test_what_a_token_endpoint_refuses(answer: Reply, kind: type[HTTPError], message: str) -> None:
    engine = MockEngine()
    engine.on(url="https://login.test/*").answer(answer)
    client = AsyncClient(engine=engine, auth=OAuth2RefreshToken(LOGIN, "s3cret", client_id="i", client_secret="s3cret"))
    with pytest.raises(kind) as caught:
        await client.get(API)
    error = caught.value
    assert str(error) == f"{message} (POST {LOGIN})"
    assert len(engine.history) == 1
    twin = pickle.loads(pickle.dumps(error))
    assert str(twin) == str(error)
    assert "s3cret" not in f"{error!r} {twin!r} {error} {client.describe()} {client!r} {error.request!r}"


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [(60, 60.0), ("60", 60.0), (0, 0.0), (None, None), ("soon", None), (-5, None), ("inf", None), ([], None)],
)
async def test_when_tokens_expire(clock: ManualClock, expires_in: Any, seconds: float | None) -> None:
    server = Server(expires_in=expires_in)
    auth = OAuth2ClientCredentials(LOGIN, "id", "secret")
    await AsyncClient(engine=server.engine, auth=auth).get(API)
    assert auth.tokens == BearerTokens("token-1", None, None if seconds is None else clock.wall_time() + seconds)


@pytest.mark.parametrize("url", ["/token", "ftp://login.test/", "https://id:s3cret@login.test/token"])
async def test_token_urls_that_are_none(url: str) -> None:
    with pytest.raises(Exception, match=r"url|scheme") as caught:
        OAuth2ClientCredentials(url, "id", "secret")
    assert isinstance(caught.value, HTTPError)
    assert "s3cret" not in str(caught.value)


async def test_options_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="client_auth must be 'header' or 'body'"):
        OAuth2ClientCredentials(LOGIN, "id", "secret", client_auth="query")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="client_secret needs its client_id"):
        OAuth2RefreshToken(LOGIN, "refresh", client_secret="x")
    assert issubclass(InvalidURL, ValueError)
    assert repr(TokenEndpoint(LOGIN, "id", "s3cret", in_body=True)) == f"TokenEndpoint({LOGIN!r})"
    assert "token_url='https://login.test/token'" in repr(OAuth2ClientCredentials(LOGIN, "id", "s3cret"))
    assert "s3cret" not in repr(OAuth2RefreshToken(LOGIN, "s3cret", client_id="id", access_token="s3cret"))


class DeviceGrant(BearerAuth):
    """A grant of one's own: a flow that asks twice, and calls a function between."""

    def __init__(self, **options: Any) -> None:
        BearerAuth.__init__(self, **options)
        self.codes: list[str] = []

    def load(self, request: Request) -> TokenFlow:
        """Ask for a code, show it, and ask for tokens."""
        code: Any = yield Request("POST", request.url.with_path("/device"))
        yield call(self.codes.append, code.text)
        answer: Any = yield Request("POST", request.url.with_path("/token"))
        return None if answer.status_code != 200 else answer.text


async def test_a_flow_of_ones_own() -> None:
    engine = MockEngine()
    engine.on("POST", "/device").reply(200, text="ABCD")
    engine.on("POST", "/token").reply(200, text="letmein")
    engine.on("GET").answer(lambda recorded: reply(200, text=recorded.headers["authorization"]))
    auth = DeviceGrant()
    client = AsyncClient(engine=engine, auth=auth)
    assert (await client.get(API)).text == "Bearer letmein"
    assert (await client.get(API)).text == "Bearer letmein"
    assert auth.codes == ["ABCD"]
    assert [recorded.headers.get("authorization") for recorded in engine.history][:2] == [None, None]
    engine.rules[1].answers[:] = [reply(403)]
    auth.clear()
    with pytest.raises(KeyError):
        await client.get(API)


async def test_a_flow_that_yields_nonsense() -> None:
    class Broken(BearerAuth):
        def load(self, request: Request) -> TokenFlow:
            return (yield 7)

    client = AsyncClient(engine=MockEngine(reply(200)), auth=Broken())
    with pytest.raises(TypeError, match=r"Broken.* may yield a request"):
        await client.get(API)

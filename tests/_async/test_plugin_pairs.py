"""Every plugin by itself, and with every other in both orders of listing: the declared stage decides."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    BasicAuth,
    BearerAuth,
    BodyProgress,
    BOMRemover,
    CallId,
    Charsets,
    CircuitBreaker,
    Coalesce,
    ContentEncoding,
    ContentNegotiation,
    DefaultRequest,
    DigestAuth,
    HttpCache,
    HttpCallValidator,
    HttpCookies,
    HttpRedirect,
    HttpTimeout,
    Logging,
    Plugin,
    RateLimit,
    Request,
    ResponseObserver,
    Retry,
    Stage,
    UserAgent,
)
from duohttp.plugins.http_send import HttpSend

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx

pytestmark = pytest.mark.anyio

Seen = list[Any]
"""What a plugin did during one call, as its callback noted it."""


class AsyncCase:
    """One plugin, and what it does with a call of two hops: a redirect, then an echo of what was sent."""

    def __init__(
        self,
        make: Callable[[Seen], Plugin],
        *,
        sent: dict[str, str] | None = None,
        did: Callable[[AsyncResponse, Seen], object] = lambda response, seen: True,
    ) -> None:
        self.make = make
        self.sent = sent or {}
        self.did = did

    def check(self, response: AsyncResponse, seen: Seen) -> None:
        """Hold the plugin to what it is there for."""
        if self.sent:
            headers = dict(response.json()["headers"])
            assert self.sent.items() <= headers.items()
        assert self.did(response, seen), (self.make([]), seen)


def authorization(response: AsyncResponse) -> str:
    """Return the scheme that went with the request; of several none goes ahead of a challenge."""
    return str(dict(response.json()["headers"]).get("authorization", "")).partition(" ")[0]


async def passed(request: Request, proceed: Any) -> AsyncResponse:
    """Intercept, and change nothing."""
    response: AsyncResponse = await proceed(request)
    return response


class Noted(logging.Handler):
    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self.seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


def logger_of(seen: Seen) -> logging.Logger:
    logger = logging.Logger("pairs")
    logger.addHandler(Noted(seen))
    return logger


class Flow(Plugin):
    """A plugin of the user's, at the stage where most of them are."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def flow(self, request: Request) -> Any:
        response = yield request
        self._seen.append(response.status_code)
        return response


CASES: dict[str, AsyncCase] = {
    "CallId": AsyncCase(lambda seen: CallId(generate=lambda: "pair-1"), sent={"x-request-id": "pair-1"}),
    "HttpCallValidator": AsyncCase(
        lambda seen: HttpCallValidator(validate=[lambda response: seen.append(response.status_code)]),
        did=lambda response, seen: seen == [200],
    ),
    "DefaultRequest": AsyncCase(
        lambda seen: DefaultRequest(headers={"X-Default": "yes"}, cookies={"layer": "1"}), sent={"x-default": "yes"}
    ),
    "UserAgent": AsyncCase(lambda seen: UserAgent("pairs/1"), sent={"user-agent": "pairs/1"}),
    "ContentEncoding": AsyncCase(
        lambda seen: ContentEncoding(("gzip", 0.9)),
        did=lambda response, seen: "gzip;q=0.9" in dict(response.json()["headers"])["accept-encoding"],
    ),
    "BOMRemover": AsyncCase(lambda seen: BOMRemover(), did=lambda response, seen: response.request.settings.remove_bom),
    "Charsets": AsyncCase(lambda seen: Charsets("utf-8"), sent={"accept-charset": "utf-8"}),
    "ContentNegotiation": AsyncCase(
        lambda seen: ContentNegotiation(),
        did=lambda response, seen: "application/json" in dict(response.json()["headers"])["accept"],
    ),
    "HttpRedirect": AsyncCase(
        lambda seen: HttpRedirect(max_redirects=1),
        did=lambda response, seen: [each.status_code for each in response.history] == [302],
    ),
    "HttpCookies": AsyncCase(
        lambda seen: HttpCookies({"kept": "1"}),
        did=lambda response, seen: "kept=1" in dict(response.json()["headers"])["cookie"],
    ),
    "Retry": AsyncCase(
        lambda seen: Retry(max_retries=1), did=lambda response, seen: response.attempts[-1].status_code == 200
    ),
    "BasicAuth": AsyncCase(
        lambda seen: BasicAuth("user", "secret"),
        did=lambda response, seen: authorization(response) in ("Basic", "Bearer", ""),
    ),
    "BearerAuth": AsyncCase(
        lambda seen: BearerAuth("letmein"),
        did=lambda response, seen: authorization(response) in ("Basic", "Bearer", ""),
    ),
    "DigestAuth": AsyncCase(lambda seen: DigestAuth("user", "secret")),
    "Coalesce": AsyncCase(lambda seen: Coalesce()),
    "RateLimit": AsyncCase(lambda seen: RateLimit(requests=1000, per=1)),
    "CircuitBreaker": AsyncCase(lambda seen: CircuitBreaker()),
    "HttpCache": AsyncCase(lambda seen: HttpCache(), did=lambda response, seen: response.cache_status is not None),
    "HttpTimeout": AsyncCase(
        lambda seen: HttpTimeout(attempt=30, call=60), did=lambda response, seen: response.request.deadline is not None
    ),
    "Logging": AsyncCase(
        lambda seen: Logging("info", logger=logger_of(seen)),
        did=lambda response, seen: any("302" in each for each in seen) and any("200" in each for each in seen),
    ),
    "BodyProgress": AsyncCase(
        lambda seen: BodyProgress(on_download=lambda done, total: seen.append(done)),
        did=lambda response, seen: seen[-1] == len(response.raw_content),
    ),
    "ResponseObserver": AsyncCase(
        lambda seen: ResponseObserver(lambda copy: seen.append(copy.status_code)),
        did=lambda response, seen: sorted(seen) == [200, 302],
    ),
    "HttpSend": AsyncCase(lambda seen: HttpSend(passed)),
    "a flow": AsyncCase(Flow, did=lambda response, seen: seen == [302, 200]),
}


async def called(url: str, plugins: list[Plugin]) -> tuple[AsyncResponse, str]:
    """Send one call; return its response, and the chain, when all is done."""
    async with AsyncClient(base_url=url, plugins=plugins) as client:
        response = await client.get("redirect/302?to=/echo")
        stats = client.pool_stats()
        assert stats.open == stats.idle == 1
        return response, client.describe()


@pytest.mark.parametrize("name", CASES)
async def test_by_itself(name: str, asgi_server: AsgiServer, nginx: Nginx) -> None:
    seen: Seen = []
    response, _ = await called(asgi_server.url, [CASES[name].make(seen)])
    CASES[name].check(response, seen)
    assert authorization(response) == {"BasicAuth": "Basic", "BearerAuth": "Bearer"}.get(name, "")
    async with AsyncClient(base_url=nginx.url, plugins=[CASES[name].make([])]) as client:
        saved = await client.get("small.txt")
        async with client.stream("GET", "small.txt") as streamed:
            assert await streamed.read() == saved.content != b""
        stats = client.pool_stats()
        assert stats.open == stats.idle == 1


@pytest.mark.parametrize("name", CASES)
async def test_with_each_other_in_both_orders(name: str, asgi_server: AsgiServer) -> None:
    for other in list(CASES)[list(CASES).index(name) + 1 :]:
        chains = []
        for order in ((name, other), (other, name)):
            notes: dict[str, Seen] = {each: [] for each in order}
            plugins = [CASES[each].make(notes[each]) for each in order]
            response, chain = await called(asgi_server.url, plugins)
            assert response.status_code == 200, order
            assert len(response.history) == 1, order
            for each in order:
                CASES[each].check(response, notes[each])
            chains.append([line.partition("(")[0] for line in chain.splitlines()])
        stages = {plugin.stage for plugin in plugins}
        if len(stages) == 1:  # then the order of listing decides
            assert sorted(chains[0]) == sorted(chains[1])
            assert chains[0] != chains[1]
        else:
            assert chains[0] == chains[1]


def test_no_plugin_is_left_out() -> None:
    import duohttp

    kinds = {name for name in duohttp.__all__ if _is_plugin(getattr(duohttp, name))}
    elsewhere = {"Auth", "AuthProvider", "NetrcAuth", "OAuth2ClientCredentials", "OAuth2RefreshToken"}
    assert kinds - {"Plugin"} - elsewhere <= CASES.keys()


def _is_plugin(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Plugin) and isinstance(value.stage, Stage)

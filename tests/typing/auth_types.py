"""What a type checker must know of authentication. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, assert_type

from duohttp import (
    AsyncClient,
    Auth,
    BasicAuth,
    BearerAuth,
    BearerTokens,
    Client,
    DigestAuth,
    NetrcAuth,
    OAuth2ClientCredentials,
    OAuth2RefreshToken,
    Request,
    Response,
)


def load() -> BearerTokens | None:
    return None


async def refresh(old: BearerTokens | None) -> str:
    return "" if old is None else old.access_token


class ApiKey(Auth):
    def __init__(self, key: str, *, origins: str | None = None) -> None:
        super().__init__(origins=origins)
        self._key = key

    def flow(self, request: Request) -> Generator[Any, Any, Response]:
        request.headers["X-Api-Key"] = self._key
        response: Response = yield request
        return response


class Workload(BearerAuth):
    def load(self, request: Request) -> Generator[Any, Any, str]:
        response: Response = yield request
        return response.text


def clients() -> None:
    Client(auth=("user", b"password"))
    Client(auth="token")
    Client(auth=DigestAuth("user", "password", algorithms=["SHA-256"]))
    client = Client(plugins=[BasicAuth("a", "b", preemptive=lambda request: request.url.path == "/"), NetrcAuth()])
    client.get("/", auth=ApiKey("key", origins="https://a.test"))
    client.get("/", auth=Workload())
    AsyncClient(auth=BearerAuth(load_tokens=load, refresh_tokens=refresh, origins=["https://a.test"], statuses=(401,)))
    AsyncClient(auth=OAuth2ClientCredentials("https://a.test/", "id", "secret", scope=["a", "b"], client_auth="body"))
    AsyncClient(auth=OAuth2RefreshToken("https://a.test/", "token", on_tokens=lambda tokens: print(tokens)))
    assert_type(BearerAuth("token").tokens, BearerTokens | None)
    Client(auth=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.get("/", auth=("a", "b", "c"))  # type: ignore[arg-type]  # pyright: ignore

"""What is of the wrong type is refused by the constructor that gets it, in words that name the option."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import duohttp
from duohttp.values.value import Value

# What a client makes, or a server says: nobody calls their constructors.
MADE_BY_THE_CLIENT = {
    *("Attempt", "BaseResponse", "BodyPart", "CacheEntry", "CacheStatus", "Event", "Interception", "PoolStats"),
    *("Request", "ServerSentEvent", "Subscription"),
    *("BodyStream", "BytesStream", "Deferred", "EventSource", "Pages", "Response", "Results", "Scope", "WebSocket"),
}
# Those that say what they take otherwise.
OTHERWISE = {
    "Capability": "an Enum",
    "Stage": "an Enum",
    "Cookie": "made of each Set-Cookie; a jar looks at those it is given",
    "CookieStorage": "a Protocol",
    "Headers": "looked at name by name, raises InvalidHeader",
    "RequestOptions": "a TypedDict",
}
NEEDED: dict[str, dict[str, Any]] = {
    "AsgiEngine": {"app": print},
    "BasicAuth": {"user": "ada", "password": "secret"},
    "BearerAuth": {"token": "secret"},
    "BearerTokens": {"access_token": "secret"},
    "ConstantCookies": {"cookies": {}},
    "Deadline": {"seconds": 1},
    "DigestAuth": {"user": "ada", "password": "secret"},
    "DohResolver": {"url": "https://dns.test/dns-query"},
    "HttpSend": {"function": print},
    "OAuth2ClientCredentials": {"token_url": "https://login.test/", "client_id": "me", "client_secret": "secret"},
    "OAuth2RefreshToken": {"token_url": "https://login.test/", "refresh_token": "secret", "client_id": "me"},
    "Proxy": {"url": "http://proxy.test"},
    "ResponseObserver": {"on_response": print},
    "SqliteCacheStorage": {"path": "unused"},
    "StaticResolver": {"hosts": {}},
    "UserAgent": {"agent": "me"},
    "WsgiEngine": {"app": print},
}


def constructors() -> Iterator[tuple[str, Any, str]]:
    for name in Path(__file__).with_name("public_names.txt").read_text().split():
        kind = getattr(duohttp, name)
        if not isinstance(kind, type) or issubclass(kind, BaseException) or name in OTHERWISE:
            continue
        if name.removeprefix("Async") in MADE_BY_THE_CLIENT:
            continue
        if issubclass(kind, Value):
            for field in kind._fields:
                yield name, kind, field
            continue
        for parameter in inspect.signature(kind).parameters.values():
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                yield name, kind, parameter.name


@pytest.mark.parametrize(
    ("name", "kind", "option"), [pytest.param(*each, id=f"{each[0]}-{each[2]}") for each in constructors()]
)
def test_an_object_is_refused_by_name_at_once(name: str, kind: Any, option: str) -> None:
    with pytest.raises((TypeError, ValueError)) as raised:
        kind(**{**NEEDED.get(name, {}), option: object()})
    message = str(raised.value)
    assert re.search(rf"\b{option}\b", message), message
    assert "object" in message.rpartition("not ")[2] or "(certificate, key" in message or "auth is" in message, message
    assert "not supported between" not in message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: duohttp.HttpCache(heuristic="x"), "heuristic of HttpCache is a number, not str"),  # type: ignore[arg-type]
        (lambda: duohttp.DefaultRequest(headers=5), "headers of DefaultRequest is .* or None, not int"),  # type: ignore[arg-type]
        (lambda: duohttp.Retry(retry_if=5), "retry_if of Retry is a function or None, not int"),  # type: ignore[arg-type]
        (lambda: duohttp.Retry(statuses=503), "statuses of Retry is a collection, not int; put it into a list"),  # type: ignore[arg-type]
        (lambda: duohttp.Retry(any_method="false"), "any_method of Retry is True or False, not str"),  # type: ignore[arg-type]
        (lambda: duohttp.NativeEngine(limits=5), "limits of NativeEngine is a Limits, not int"),  # type: ignore[arg-type]
        (lambda: duohttp.Client(limits=5), "limits of the client is a Limits, not int"),  # type: ignore[arg-type]
        (lambda: duohttp.Client(expect_success="x"), "expect_success of the client is True or False, not str"),  # type: ignore[arg-type]
        (lambda: duohttp.Client(timeout="x"), r"timeout is a number of seconds, .* or None, not str"),  # type: ignore[arg-type]
        (lambda: duohttp.Client(max_redirects="x"), "max_redirects of the client is a whole number, not str"),  # type: ignore[arg-type]
        (lambda: duohttp.Client(address_guard=duohttp.AddressGuard), r"the class AddressGuard; .*: add \(\)"),  # type: ignore[arg-type]
        (lambda: duohttp.Limits(max_connections="5"), "max_connections of Limits is a whole number or None, not str"),  # type: ignore[arg-type]
        (lambda: duohttp.BearerAuth(5), "token of BearerAuth is a str, a BearerTokens or None, not int"),  # type: ignore[arg-type]
    ],
)
def test_what_is_said(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize("option", ["follow_redirects", "expect_success"])
def test_switches_of_one_request(option: str) -> None:
    wrong: dict[str, Any] = {option: "false"}
    with duohttp.Client(engine=duohttp.MockEngine()) as client:
        with pytest.raises(duohttp.InvalidRequest, match=f"{option} is True or False, not str"):
            client.get("http://test/", **wrong)


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(TypeError) as raised:
        duohttp.OAuth2ClientCredentials("https://login.test/", "me", b"secret")  # type: ignore[arg-type]
    assert "secret'" not in str(raised.value)

# Generated from tests/_async/test_auth_leaks.py by scripts/generate_sync.py. Do not edit.
"""Secrets reach no other origin: every way to give one, every redirect, every kind of other origin."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from duohttp import (
    Auth,
    BasicAuth,
    BearerAuth,
    BearerTokens,
    Client,
    DigestAuth,
    HttpRedirect,
    InvalidRequest,
    InvalidURL,
    MockEngine,
    NetrcAuth,
    OAuth2ClientCredentials,
    Request,
    reply,
)
from duohttp.engines.mock import Recorded, Reply
from duohttp.plugins.plugin import Flow

pytestmark = pytest.mark.anyio

HOME = "https://home.test"
ELSEWHERE = {
    "host": "https://evil.test/there",
    "port": "https://home.test:8443/there",
    "scheme": "http://home.test/there",
    "subdomain": "https://www.home.test/there",
    "parent": "https://test/there",
    "dot": "https://home.test./there",
    "userinfo": "https://s3cret:s3cret@evil.test/there",
    "lookalike": "https://home.test@evil.test/there",
    "capitals": "https://EVIL.test/there",
}
REFUSAL = {"WWW-Authenticate": 'Basic realm="r", Digest realm="r", nonce="n", qop="auth", Bearer'}


class Signature(Auth):
    """A scheme of one's own."""

    def flow(self, request: Request) -> Flow:
        """Sign."""
        request.headers["X-Signature"] = "s3cret"
        response: Any = yield request
        return response  # type: ignore[no-any-return]


def token_or_none(recorded: Recorded) -> Reply | None:
    if recorded.url.host != "login.test":
        return None
    return reply(200, json={"access_token": "s3cret", "token_type": "Bearer"})


def world(location: str, status: int) -> MockEngine:
    """Answer with a redirect from home, and with refusals everywhere else."""

    def answer(recorded: Recorded) -> Reply:
        url = recorded.url
        if (token := token_or_none(recorded)) is not None:
            return token
        if str(url.origin()) != HOME:
            return reply(401, headers=REFUSAL)
        if url.path == "/private" and not carries(recorded):
            return reply(401, headers=REFUSAL)
        return reply(status, headers={"Location": location})

    return MockEngine(answer)


def carries(recorded: Recorded) -> bool:
    """Whether a request has any credentials."""
    names = {name.lower() for name in recorded.headers}
    return bool(names & {"authorization", "proxy-authorization", "cookie", "cookie2", "x-signature"})


def holds_secret(recorded: Recorded) -> bool:
    """Whether a request holds a secret in any place."""
    text = f"{recorded.url} {list(recorded.headers.items())} {recorded.content!r}"
    return carries(recorded) or "s3cret" in text or "czNjcmV0" in text


@pytest.fixture
def netrc(tmp_path: Path) -> Path:
    """A netrc file that has something for home, and for nobody else."""
    path = tmp_path / "netrc"
    path.write_text("machine home.test login ada password s3cret\ndefault login ada password s3cret\n")
    return path


Source = Callable[[Path], tuple[dict[str, Any], dict[str, Any], str]]
SOURCES: dict[str, Source] = {
    "header": lambda path: ({}, {"headers": {"Authorization": "s3cret"}}, HOME),
    "headers": lambda path: ({}, {"headers": [("AUTHORIZATION", "s3cret"), ("authorization", "s3cret")]}, HOME),
    "cookies": lambda path: ({}, {"headers": [("COOKIE", "a=s3cret"), ("cookie", "b=s3cret")]}, HOME),
    "default header": lambda path: ({"headers": {"authorization": "s3cret"}}, {}, HOME),
    "proxy header": lambda path: ({"headers": {"Proxy-Authorization": "s3cret"}}, {}, HOME),
    "userinfo": lambda path: ({}, {}, HOME.replace("//", "//ada:s3cret@")),
    "tuple": lambda path: ({"auth": ("ada", "s3cret")}, {}, HOME),
    "tuple of a request": lambda path: ({}, {"auth": ("ada", "s3cret")}, HOME),
    "token": lambda path: ({"auth": "s3cret"}, {}, HOME),
    "basic": lambda path: ({"plugins": [BasicAuth("ada", "s3cret")]}, {}, HOME),
    "basic of a request": lambda path: ({}, {"auth": BasicAuth("ada", "s3cret")}, HOME),
    "basic and origins": lambda path: ({"auth": BasicAuth("ada", "s3cret", origins=HOME)}, {}, HOME),
    "basic and base_url": lambda path: ({"auth": BasicAuth("ada", "s3cret"), "base_url": HOME}, {}, ""),
    "digest": lambda path: ({"plugins": [DigestAuth("ada", "s3cret")]}, {}, HOME),
    "bearer": lambda path: ({"plugins": [BearerAuth("s3cret")]}, {}, HOME),
    "refreshed": lambda path: (
        {"auth": BearerAuth(BearerTokens("s3cret", "s3cret"), refresh_tokens=lambda old: "s3cret2")},
        {},
        HOME,
    ),
    "oauth2": lambda path: ({"auth": OAuth2ClientCredentials("https://login.test/", "ada", "s3cret")}, {}, HOME),
    "netrc": lambda path: ({"plugins": [NetrcAuth(path)]}, {}, HOME),
    "several": lambda path: (
        {"plugins": [DigestAuth("ada", "s3cret"), BasicAuth("ada", "s3cret"), BearerAuth("s3cret")]},
        {},
        HOME,
    ),
    "own": lambda path: ({"plugins": [Signature()]}, {}, HOME),
}


@pytest.mark.pure
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", ELSEWHERE)
def test_redirects_carry_no_secret(source: str, target: str, netrc: Path) -> None:
    for status in (301, 302, 303, 307, 308):
        client_options, options, base = SOURCES[source](netrc)
        engine = world(ELSEWHERE[target], status)
        plugins = [*client_options.pop("plugins", ()), HttpRedirect(allow_https_downgrade=True)]
        client = Client(engine=engine, plugins=plugins, **client_options)
        response = client.get(f"{base}/private", **options)
        assert response.status_code == 401
        home = [each for each in engine.history if str(each.url.origin()) == HOME]
        away = [each for each in engine.history if str(each.url.origin()) not in (HOME, "https://login.test")]
        # It was sent where it belongs, so that this can fail.
        assert any(carries(each) for each in home)
        assert away
        assert not any(holds_secret(each) for each in away)


@pytest.mark.pure
@pytest.mark.parametrize("source", SOURCES)
def test_a_second_hop_over_there_carries_none_either(source: str, netrc: Path) -> None:
    def answer(recorded: Recorded) -> Reply:
        path = recorded.url.path
        if (token := token_or_none(recorded)) is not None:
            return token
        if path == "/private" and carries(recorded):
            return reply(302, headers={"Location": "https://evil.test/1"})
        if path == "/1":
            return reply(307, headers={"Location": "/2"})
        return reply(401, headers=REFUSAL)

    engine = MockEngine(answer)
    client_options, options, base = SOURCES[source](netrc)
    client = Client(engine=engine, **client_options)
    client.get(f"{base}/private", **options)
    away = [each for each in engine.history if each.url.host == "evil.test"]
    assert [each.url.path for each in away] == ["/1", "/2"]
    assert not any(holds_secret(each) for each in away)


def test_the_way_back_is_for_those_who_know_their_origin() -> None:
    def answer(recorded: Recorded) -> Reply:
        if recorded.url.path == "/1":
            return reply(302, headers={"Location": "https://evil.test/2"})
        if recorded.url.path == "/2":
            return reply(302, headers={"Location": f"{HOME}/3"})
        return reply(200)

    engine = MockEngine(answer)
    client = Client(engine=engine)
    client.get(f"{HOME}/1", auth=BasicAuth("ada", "s3cret"))
    client.get(f"{HOME}/1", headers={"Authorization": "s3cret"})
    assert [carries(each) for each in engine.history] == [True, False, True, True, False, False]


# netrc: CVE-2024-47081, CVE-2024-11053 and their like.


def netrc_client(tmp_path: Path, text: str, **options: Any) -> tuple[Client, MockEngine]:
    path = tmp_path / "netrc"
    path.write_text(text)
    engine = MockEngine(reply(200))
    return Client(engine=engine, plugins=[NetrcAuth(path, **options)]), engine


GOOD = "machine good.test login ada password s3cret\n"
ADA = "Basic YWRhOnMzY3JldA=="


def sent(engine: MockEngine) -> list[str | None]:
    return [each.headers.get("authorization") for each in engine.history]


def test_netrc_is_for_the_host_of_the_url(tmp_path: Path) -> None:
    client, engine = netrc_client(tmp_path, GOOD)
    for url in ("http://good.test/", "https://GOOD.test:8443/x"):
        client.get(url)
    assert sent(engine) == [ADA, ADA]
    for url in ("http://good.test:@evil.test/", "http://good.test@evil.test/", "http://evil.test/good.test:"):
        client.get(url)
    assert not any(value == ADA or "s3cret" in (value or "") for value in sent(engine)[2:])
    for url in ("http://sub.good.test/", "http://good.test./", "http://test/", "http://evil.test/?good.test"):
        client.get(url)
    assert sent(engine)[5:] == [None] * 4


def test_netrc_leaves_other_logins_alone(tmp_path: Path) -> None:
    client, engine = netrc_client(tmp_path, GOOD)
    client.get("http://eve@good.test/")
    client.get("http://good.test/", auth=("eve", "x"))
    client.get("http://good.test/", auth=None)
    client.get("http://good.test/", headers={"Authorization": "mine"})
    assert sent(engine) == ["Basic ZXZlOg==", "Basic ZXZlOng=", None, "mine"]


@pytest.mark.parametrize(
    "text",
    [
        "machine good.test login ada\nmachine other.test login eve password s3cret\n",
        "machine good.test password s3cret\nmachine other.test login eve password s3cret\n",
        "machine good.test\ndefault login eve password s3cret\n",
        "machine other.test login eve password s3cret\nmachine good.test login ada\n",
    ],
)
def test_netrc_takes_nothing_from_other_entries(tmp_path: Path, text: str) -> None:
    client, engine = netrc_client(tmp_path, text)
    client.get("http://good.test/")
    assert sent(engine) == [None]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [("", None), ("machine evil.test login eve password own\n", "Basic ZXZlOm93bg=="), ("machine evil.test\n", None)],
)
def test_netrc_after_a_redirect(tmp_path: Path, entry: str, expected: str | None) -> None:
    path = tmp_path / "netrc"
    path.write_text(GOOD + entry + "default login ada password s3cret\n")

    def answer(recorded: Recorded) -> Reply:
        return reply(302, headers={"Location": "http://evil.test/"}) if recorded.url.host == "good.test" else reply(200)

    engine = MockEngine(answer)
    client = Client(engine=engine, plugins=[NetrcAuth(path)])
    client.get("http://good.test/")
    # The default entry is for the host that a call begins with.
    assert sent(engine) == [ADA, expected]
    client.get("http://third.test/")
    assert sent(engine)[2:] == [ADA]


def test_netrc_default_and_origins(tmp_path: Path) -> None:
    client, engine = netrc_client(tmp_path, "default login ada password s3cret", origins="http://good.test")
    client.get("http://good.test/")
    client.get("http://evil.test/")
    assert sent(engine) == [ADA, None]


def test_netrc_may_wait_to_be_asked(tmp_path: Path) -> None:
    path = tmp_path / "netrc"
    path.write_text(GOOD)
    engine = MockEngine(lambda recorded: reply(200 if carries(recorded) else 401, headers=REFUSAL))
    client = Client(engine=engine, plugins=[NetrcAuth(path, preemptive=False)])
    assert (client.get("http://good.test/")).status_code == 200
    assert (client.get("http://evil.test/")).status_code == 401
    assert sent(engine) == [None, ADA, None]


def test_netrc_is_opened_where_it_is_asked_for_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "netrc"
    path.write_text(GOOD)
    monkeypatch.setenv("NETRC", str(path))
    opened = []
    really = builtins.open

    def watched(file: Any, *arguments: Any, **options: Any) -> Any:
        if "netrc" in str(file):
            opened.append(file)
        return really(file, *arguments, **options)

    monkeypatch.setattr(builtins, "open", watched)
    engine = MockEngine(reply(200))
    for trust_env in (True, False):
        Client(engine=engine, trust_env=trust_env).get("http://good.test/")
    auth = NetrcAuth()
    client = Client(engine=engine, plugins=[auth])
    assert opened == []
    client.get("http://good.test/")
    client.get("http://good.test/")
    assert opened == [str(path)]
    assert sent(engine) == [None, None, ADA, ADA]
    path.write_text("")
    auth.clear()
    client.get("http://good.test/")
    assert sent(engine)[4:] == [None]


def test_where_netrc_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    engine = MockEngine(reply(200))
    Client(engine=engine, plugins=[NetrcAuth()]).get("http://good.test/")
    (tmp_path / ".netrc").write_text(GOOD)
    Client(engine=engine, plugins=[NetrcAuth()]).get("http://good.test/")
    assert sent(engine) == [None, ADA]
    assert NetrcAuth().places({}, "/home/ada", windows=True) == ["/home/ada/_netrc", "/home/ada/.netrc"]
    for path, message in ((tmp_path / "none", "is not there"), (tmp_path, "can't be read")):
        with pytest.raises(InvalidRequest, match=message):
            Client(engine=engine, plugins=[NetrcAuth(path)]).get("http://good.test/")


@pytest.mark.parametrize("content", [b"machine good.test login ada password s3cret nonsense", b"\xff\xfe"])
def test_a_netrc_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "netrc"
    path.write_bytes(content)
    client = Client(engine=MockEngine(reply(200)), plugins=[NetrcAuth(path)])
    with pytest.raises(
        InvalidRequest, match=r"the netrc file .* can't be read: (line 1: expected|it is not)"
    ) as caught:
        client.get("http://good.test/")
    for secret in ("s3cret", "ada", "nonsense"):
        assert secret not in str(caught.value)


def test_urls_that_are_refused() -> None:
    client = Client(engine=MockEngine(reply(200)), plugins=[BasicAuth("ada", "s3cret")])
    for url in ("http://home.test\\@evil.test/", "http://a@b@evil.test/"):
        with pytest.raises(InvalidURL) as caught:
            client.get(url)
        assert "s3cret" not in str(caught.value)

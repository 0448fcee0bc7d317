# Generated from tests/_async/test_http_cache_users.py by scripts/generate_sync.py. Do not edit.
"""HttpCache: what is one user's never reaches another (RFC 9111 sections 3.5, 5.2.2.7, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import (
    BasicAuth,
    BearerAuth,
    Client,
    HttpCache,
    MemoryCacheStorage,
    MockEngine,
    Request,
    Response,
    reply,
)
from duohttp._concurrency import ManualClock, use_clock
from duohttp._sync.proceed import Proceed
from duohttp.engines.mock_reply import Reply
from duohttp.engines.mock_rules import Recorded

from .caching import URL, cached, sent

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def clock() -> Iterator[ManualClock]:
    """Time that stands still."""
    with use_clock(ManualClock()) as manual:
        assert isinstance(manual, ManualClock)
        yield manual


def whoami(**headers: str) -> Any:
    """Return an origin that tells each user who they are, with these headers."""

    def answer(call: Recorded) -> Reply:
        user = call.headers.get("authorization") or call.headers.get("cookie") or "nobody"
        return reply(200, text=user, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


def asked_by(client: Client, *users: dict[str, str]) -> list[str]:
    """Return what each user is told; each asks twice."""
    found = []
    for user in (*users, *users):
        found.append((client.get(URL, headers=user)).text)
    return found


ADA, BOB = {"Authorization": "Bearer ada"}, {"Authorization": "Bearer bob"}
RIGHT = ["Bearer ada", "Bearer bob", "nobody"] * 2


@pytest.mark.parametrize(
    "control",
    [
        "max-age=60",
        "private, max-age=60",
        "public, max-age=60",
        "max-age=60, must-revalidate",
        "s-maxage=60, max-age=60",
    ],
)
def test_credentials_in_a_private_cache(control: str) -> None:
    """One client may act for several users: a response belongs to the credentials it was asked for with."""
    client, engine, _ = cached(whoami(Cache_Control=control), shared=False)
    engine.cycle = True
    assert asked_by(client, ADA, BOB, {}) == RIGHT
    assert len(engine.history) == 3


@pytest.mark.parametrize(
    "control", ["max-age=60", "private, max-age=60", "private, s-maxage=60", "max-age=60, no-cache"]
)
def test_credentials_in_a_shared_cache(control: str) -> None:
    """Section 3.5."""
    client, engine, _ = cached(whoami(Cache_Control=control, ETag='"same"'), shared=True)
    engine.cycle = True
    assert asked_by(client, ADA, BOB) == RIGHT[:2] * 2
    assert all("if-none-match" not in sent(engine, number) for number in range(len(engine.history)))


@pytest.mark.parametrize(("control", "count"), [("max-age=60", 3), ("public, max-age=60", 1)])
def test_a_page_for_nobody_is_not_a_users_page(control: str, count: int) -> None:
    """What was asked for without credentials is given to those who have some only if it is for all."""
    client, engine, _ = cached(whoami(Cache_Control=control), shared=True)
    engine.cycle = True
    assert asked_by(client, {}, ADA) == (["nobody", "Bearer ada"] * 2 if count == 3 else ["nobody"] * 4)
    assert len(engine.history) == count


@pytest.mark.parametrize("control", ["public, max-age=60", "s-maxage=60", "max-age=60, must-revalidate"])
def test_what_the_server_says_is_for_all(control: str) -> None:
    """Section 3.5."""
    client, engine, _ = cached(whoami(Cache_Control=control), shared=True)
    assert asked_by(client, ADA, BOB, {}) == ["Bearer ada"] * 6
    assert len(engine.history) == 1


def test_what_varies_by_credentials() -> None:
    client, engine, _ = cached(whoami(Cache_Control="public, max-age=60", Vary="Authorization"), shared=True)
    engine.cycle = True
    assert asked_by(client, ADA, BOB, {}) == RIGHT
    assert len(engine.history) == 3


@pytest.mark.parametrize("shared", [False, True])
def test_what_varies_by_cookie(shared: bool) -> None:
    client, engine, cache = cached(whoami(Cache_Control="max-age=60", Vary="Cookie"), shared=shared)
    engine.cycle = True
    users = [{"Cookie": "sid=ada"}, {"Cookie": "sid=bob"}, {}]
    assert asked_by(client, *users) == ["sid=ada", "sid=bob", "nobody"] * 2
    assert len(engine.history) == 3
    stored = cache.storage.entries(f"{'shared:' if shared else ''}http://a.test:80/x")
    assert len(stored) == 3
    assert "sid=ada" not in repr(stored)  # what chooses is kept as a digest


def test_private_responses_are_not_in_a_shared_cache() -> None:
    """Section 5.2.2.7."""
    client, engine, cache = cached(whoami(Cache_Control="private, max-age=60"), shared=True)
    engine.cycle = True
    asked_by(client, {"Cookie": "sid=ada"}, {"Cookie": "sid=bob"})
    assert len(engine.history) == 4
    assert len(cache.storage) == 0  # type: ignore[arg-type]


def test_private_fields_are_not_in_a_shared_cache() -> None:
    """Section 5.2.2.7."""
    headers = {"Cache-Control": 'max-age=60, private="X-User"', "X-User": "ada", "X-Other": "1"}
    for shared in (True, False):
        client, _, _ = cached(reply(200, headers=headers), shared=shared)
        assert (client.get(URL)).headers["x-user"] == "ada"
        again = client.get(URL)
        assert again.from_cache
        assert again.headers["x-other"] == "1"
        assert ("x-user" in again.headers) is not shared


@pytest.mark.parametrize(("shared", "control", "count"), [(False, "", 1), (True, "", 2), (True, "public, ", 1)])
def test_cookies_that_are_set(shared: bool, control: str, count: int) -> None:
    """Section 7.3: never stored, and a shared cache does not keep the page either unless it is for all."""
    headers = {"Cache-Control": f"{control}max-age=60", "Set-Cookie": "sid=ada"}
    client, engine, cache = cached(*[reply(200, text="hello ada", headers=headers)] * 2, shared=shared)
    first = client.get(URL, cookies=False)
    assert first.headers["set-cookie"] == "sid=ada"
    second = client.get(URL, cookies=False)
    assert ("set-cookie" in second.headers) is (count == 2)
    assert len(engine.history) == count
    stored = cache.storage.entries(f"{'shared:' if shared else ''}http://a.test:80/x")
    assert len(stored) == (1 if count == 1 else 0)
    assert "sid=ada" not in repr(stored)


def test_a_private_and_a_shared_cache_in_one_storage() -> None:
    """What is private is in the private one only."""
    engine = MockEngine(whoami(Cache_Control="private, max-age=60"))
    storage = MemoryCacheStorage()
    private = Client(engine=engine, plugins=[HttpCache(storage)])
    shared = Client(engine=engine, plugins=[HttpCache(storage, shared=True)])
    assert (private.get(URL, headers={"Cookie": "sid=ada"})).text == "sid=ada"
    assert (private.get(URL, headers={"Cookie": "sid=ada"})).from_cache
    assert (shared.get(URL, headers={"Cookie": "sid=bob"})).text == "sid=bob"


def test_a_stored_page_brings_no_old_session_back() -> None:
    """After a log-out the jar stays empty, whatever is stored of the time before."""
    client, engine, _ = cached()
    engine.on(url="/x").reply(200, text="page", headers={"Cache-Control": "max-age=60", "Set-Cookie": "sid=1"})
    engine.on(url="/out").reply(200, headers={"Set-Cookie": "sid=; Max-Age=0"})
    client.get(URL)
    assert client.cookies["sid"] == "1"
    client.get("http://a.test/out")
    assert (client.get(URL)).from_cache
    assert "sid" not in client.cookies


def test_one_cache_for_the_clients_of_two_users() -> None:
    """Each has a jar of its own; what varies by it is kept apart."""
    cache = HttpCache(shared=True)
    engine = MockEngine(whoami(Cache_Control="max-age=60", Vary="Cookie"))
    for _ in range(2):
        for user in ("ada", "bob"):
            with Client(engine=engine, plugins=[cache], cookies={"sid": user}) as client:
                assert (client.get(URL)).text == f"sid={user}"
    assert len(engine.history) == 2


def test_auth_plugins_and_the_cache() -> None:
    """They stand outside: the cache sees whose request it is."""
    engine = MockEngine(whoami(Cache_Control="max-age=60"))
    cache = HttpCache()
    texts = []
    for auth in (BearerAuth(token="ada"), BearerAuth(token="bob"), BasicAuth("ada", "x"), None):
        client = Client(engine=engine, plugins=[cache], auth=auth)
        for _ in range(2):
            texts.append((client.get(URL)).text)
    assert texts == [text for text in ("Bearer ada", "Bearer bob", "Basic YWRhOng=", "nobody") for _ in range(2)]
    assert len(engine.history) == 4


def test_a_304_for_one_user_changes_nothing_for_another(clock: ManualClock) -> None:
    """The ETag of one user's response is never sent for another."""
    client, engine, _ = cached()
    for user in ("ada", "bob"):
        headers = {"Cache-Control": "max-age=60", "ETag": f'"{user}"', "X-User": user}
        rule = engine.on(headers={"authorization": f"Bearer {user}"})
        rule.reply(200, text=user, headers=headers).reply(304, headers={"ETag": f'"{user}"', "X-User": user})
    for _ in range(2):
        for credentials in (ADA, BOB):
            response = client.get(URL, headers=credentials)
            name = credentials["Authorization"].removeprefix("Bearer ")
            assert (response.text, response.headers["x-user"]) == (name, name)
        clock.advance(100)
    tags = [sent(engine, number).get("if-none-match") for number in range(4)]
    assert tags == [None, None, '"ada"', '"bob"']


def test_keys_of_the_origin_only(clock: ManualClock) -> None:
    """A response never says anything about another origin (section 4.4)."""
    client, engine, _ = cached()
    engine.on("GET").reply(200, text="kept", headers={"Cache-Control": "max-age=60"})
    engine.on("POST").reply(200, headers={"Location": "http://victim.test/x", "Content-Location": "https://a.test/x"})
    for url in ("http://victim.test/x", "https://a.test/x"):
        client.get(url)
    client.post("http://evil.test/")
    client.post(URL)
    for url in ("http://victim.test/x", "https://a.test/x"):
        assert (client.get(url)).from_cache


def test_equal_requests_of_two_users_are_two(clock: ManualClock) -> None:
    """Waiting for an equal request never brings another user's response."""
    client, engine, _ = cached(whoami(Cache_Control="no-store"), shared=True)
    engine.cycle = True

    def through(request: Request, proceed: Proceed) -> Response:
        # While one user's request is under way, the other asks.
        if request.headers["authorization"] == "Bearer ada":
            other = client.get(URL, headers=BOB)
            assert other.text == "Bearer bob"
        return proceed(request)

    with client.intercept(through):
        assert (client.get(URL, headers=ADA)).text == "Bearer ada"
    assert len(engine.history) == 2

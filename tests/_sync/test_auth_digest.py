# Generated from tests/_async/test_auth_digest.py by scripts/generate_sync.py. Do not edit.
"""DigestAuth: nonces are counted, replaced and kept to their origin."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from duohttp import BasicAuth, Client, DigestAuth, MockEngine, reply
from duohttp._concurrency import TaskGroup
from duohttp.engines.mock import Recorded, Reply

from ..digest_server import DigestServer

pytestmark = pytest.mark.anyio

ALGORITHMS = (None, "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess")
URL = "http://a.test/x?y=1"


def client_of(server: DigestServer, *plugins: Any, **options: Any) -> Client:
    return Client(engine=server.engine, plugins=plugins or [DigestAuth("ada", "secret")], **options)


def asked(server: DigestServer) -> list[bool]:
    """Return which requests came with an answer."""
    return ["authorization" in recorded.headers for recorded in server.engine.history]


@pytest.mark.pure
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("qop", [None, "auth", "auth-int", "auth,auth-int"])
def test_all_kinds(algorithm: str | None, qop: str | None) -> None:
    server = DigestServer(algorithm, qop, userhash=algorithm == "SHA-256")
    client = client_of(server)
    assert (client.post(URL, content=b"body")).text == "welcome"
    assert (client.post("http://a.test", json={"a": 1})).text == "welcome"
    assert (client.put(URL, content=[b"pie", b"ces"])).text == "welcome"
    assert (client.put(URL, content=io.BytesIO(b"file"))).text == "welcome"
    assert (client.get(URL)).text == "welcome"
    assert server.problems == []
    assert asked(server) == [False] + [True] * 5


def test_a_nonce_is_counted_and_each_request_has_a_nonce_of_its_own() -> None:
    server = DigestServer()
    client = client_of(server)
    for _ in range(5):
        client.get(URL)
    assert server.nonces == {"nonce-1": {f"0000000{number}" for number in range(1, 6)}}
    assert len(server.cnonces["nonce-1"]) == 5


def test_a_session_keeps_its_nonce() -> None:
    server = DigestServer("SHA-256-sess")
    client = client_of(server)
    for _ in range(3):
        assert (client.get(URL)).text == "welcome"
    assert len(server.cnonces["nonce-1"]) == 1


def test_wrong_passwords_are_told_once() -> None:
    server = DigestServer()
    client = client_of(server, DigestAuth("ada", "wrong"))
    assert (client.get(URL)).status_code == 401
    assert asked(server) == [False, True]
    # Nothing goes ahead with it, or each request would count as two attempts to guess.
    assert (client.get(URL)).status_code == 401
    assert asked(server) == [False, True] * 2


def test_stale_nonces_are_replaced() -> None:
    server = DigestServer(uses=2)
    client = client_of(server)
    for _ in range(6):
        assert (client.get(URL)).text == "welcome"
    assert [len(used) for used in server.nonces.values()] == [2, 2, 2]
    assert len(server.engine.history) == 9


def test_nonces_that_are_always_stale() -> None:
    server = DigestServer(uses=0)
    client = client_of(server)
    assert (client.get(URL)).status_code == 401
    assert len(server.engine.history) == 4


def test_a_nonce_that_ran_out_without_a_word() -> None:
    server = DigestServer()
    client = client_of(server)
    client.get(URL)
    server.nonces.clear()
    challenge = server.challenge
    server.challenge = lambda *, stale=False: challenge()  # type: ignore[method-assign]
    assert (client.get(URL)).text == "welcome"
    assert asked(server) == [False, True, True, True]


def test_the_same_nonce_again_means_that_the_password_is_wrong() -> None:
    refusal = reply(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})
    engine = MockEngine(refusal)
    client = Client(engine=engine, plugins=[DigestAuth("ada", "secret")])
    client.get(URL)
    assert len(engine.history) == 2
    refused = iter([True, False, True])
    ahead = MockEngine(lambda recorded: refusal if next(refused) else reply(200))
    client = Client(engine=ahead, plugins=[DigestAuth("ada", "secret")])
    assert [(client.get(URL)).status_code for _ in range(2)] == [200, 401]
    assert len(ahead.history) == 3


def test_the_next_nonce_is_used() -> None:
    server = DigestServer(next_nonces=True)
    client = client_of(server)
    for _ in range(3):
        assert (client.get(URL)).text == "welcome"
    assert [len(used) for used in server.nonces.values()] == [1, 1, 1, 0]
    assert asked(server) == [False, True, True, True]


def test_the_strongest_challenge_is_answered() -> None:
    weak = 'Digest realm="r", nonce="weak", qop="auth", algorithm=MD5'
    unknown = 'Digest realm="r", nonce="no", algorithm=SHA-1024, qop="auth"'
    server = DigestServer("SHA-256", more=(weak, 'Basic realm="r"', unknown, 'Digest realm="r", nonce="x"'))
    assert (client_of(server).get(URL)).text == "welcome"
    assert server.problems == []


@pytest.mark.parametrize(
    "challenge",
    [
        'Basic realm="r"',
        'Digest realm="r", nonce="n", algorithm=SHA-1024, Basic realm="r"',
        'Digest realm="r", nonce="n", qop="auth-conf"',
        "",
    ],
)
def test_there_is_no_downgrade(challenge: str) -> None:
    engine = MockEngine(reply(401, headers={"WWW-Authenticate": challenge}))
    client = Client(engine=engine, plugins=[DigestAuth("ada", "secret")])
    assert (client.get(URL)).status_code == 401
    assert ["authorization" in recorded.headers for recorded in engine.history] == [False]


def test_algorithms_may_be_forbidden() -> None:
    server = DigestServer("MD5")
    auth = DigestAuth("ada", "secret", algorithms=["SHA-256"])
    assert (client_of(server, auth).get(URL)).status_code == 401
    assert asked(server) == [False]


def test_digest_comes_before_basic() -> None:
    server = DigestServer(more=('Basic realm="r"',))
    client = client_of(server, BasicAuth("ada", "secret"), DigestAuth("ada", "secret"))
    assert (client.get(URL)).text == "welcome"
    assert server.problems == []
    assert asked(server) == [False, True]


def test_two_realms_of_one_origin() -> None:
    first, second = DigestServer(realm="one"), DigestServer(realm="two", user="bob")

    def answer(recorded: Recorded) -> Reply:
        return (first if recorded.url.path.startswith("/1") else second).answer(recorded)

    plugins = [DigestAuth("ada", "secret", realm="one"), DigestAuth("bob", "secret", realm="two")]
    client = Client(engine=MockEngine(answer), plugins=plugins, base_url="http://a.test")
    for path in ("1", "2", "1/b", "2/b"):
        assert (client.get(path)).text == "welcome"


def test_preemptive() -> None:
    server = DigestServer()
    client = client_of(server, DigestAuth("ada", "secret", preemptive=False))
    for _ in range(2):
        assert (client.get(URL)).text == "welcome"
    assert asked(server) == [False, True] * 2


def test_a_body_that_can_be_sent_once() -> None:
    def body() -> Iterator[bytes]:
        yield b"once"

    server = DigestServer()
    client = client_of(server)
    assert (client.post(URL, content=body())).status_code == 401
    # The challenge was kept, so the next one goes through.
    assert (client.post(URL, content=body())).text == "welcome"
    assert asked(server) == [False, True]
    protected = DigestServer(qop="auth-int")
    client = client_of(protected)
    client.get(URL)
    # Its hash can't be had without reading it.
    assert (client.post(URL, content=body())).status_code == 401
    assert asked(protected) == [False, True, False]


def test_two_hundred_at_once_never_share_a_count() -> None:
    server = DigestServer()
    client = client_of(server)
    client.get(URL)
    with TaskGroup() as group:
        tasks = [group.start_soon(client.get, URL) for _ in range(200)]
    assert [task.value().text for task in tasks] == ["welcome"] * 200
    assert server.problems == []
    assert len(server.nonces["nonce-1"]) == 201
    assert len(server.engine.history) == 202


def test_nonces_stay_with_their_origin() -> None:
    server = DigestServer()
    origins = ["http://a.test", "http://b.test"]
    client = client_of(server, DigestAuth("ada", "secret", origins=origins))
    for url in (URL, "http://b.test/", "http://c.test/", "http://a.test:8080/"):
        client.get(url)
    assert asked(server) == [False, True, False, True, False, False]
    assert list(server.nonces.values())[:2] == [{"00000001"}, {"00000001"}]


def test_another_server_gets_no_answer() -> None:
    # The same realm and nonce, so that an answer could be taken to the first one.
    def answer(recorded: Recorded) -> Reply:
        if recorded.url.path == "/away":
            return reply(302, headers={"Location": "http://evil.test/"})
        return reply(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})

    engine = MockEngine(answer)
    client = Client(engine=engine, plugins=[DigestAuth("ada", "secret")])
    client.get(URL)
    assert (client.get("http://a.test/away")).status_code == 401
    client.get("http://evil.test/")
    evil = [recorded.headers for recorded in engine.history if recorded.url.host == "evil.test"]
    assert len(evil) == 2
    assert not any("authorization" in headers for headers in evil)


def test_clear_forgets_nonces() -> None:
    server, auth = DigestServer(), DigestAuth("ada", "secret")
    client = client_of(server, auth)
    client.get(URL)
    auth.clear()
    client.get(URL)
    assert asked(server) == [False, True] * 2


def test_auth_of_requests() -> None:
    server, auth = DigestServer(), DigestAuth("ada", "secret")
    client = client_of(server, BasicAuth("bob", "x"))
    for url in (URL, URL, "http://b.test/"):
        assert (client.get(url, auth=auth)).text == "welcome"
    assert server.problems == []
    assert asked(server) == [False, True, True, False, True]


def test_streams() -> None:
    server = DigestServer()
    client = client_of(server)
    for _ in range(2):
        with client.stream("GET", URL) as response:
            assert response.read() == b"welcome"


def test_secrets_are_not_shown() -> None:
    server, auth = DigestServer(user="ada-name", password="s3cret"), DigestAuth("ada-name", "s3cret")
    client = client_of(server, auth)
    response = client.get(URL)
    states: Any = vars(auth)["_states"]
    shown = [auth, client.describe(), response, response.request, states[0].value.sessions]
    text = "".join(map(repr, shown))
    assert "DigestAuth" in text
    for secret in ("s3cret", "ada-name", response.request.headers["authorization"]):
        assert secret not in text

"""Digest answers (RFC 7616), against the values of the RFCs."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from duohttp import DigestAuth, InvalidRequest
from duohttp.plugins.auth_digest import MAX_SESSIONS, DigestState
from duohttp.rules import digest
from duohttp.rules.challenges import Challenge, parse_challenges
from duohttp.rules.digest import (
    ALGORITHMS,
    DigestChallenge,
    answer_digest,
    body_hasher,
    new_session,
    read_digest,
)
from duohttp.values.url import Origin

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "digest.json"


def read(value: str, **options: Any) -> DigestChallenge | None:
    return read_digest(parse_challenges([value])[0], **options)


def answered(challenge: DigestChallenge | None, **options: Any) -> dict[str, str]:
    """Return the parameters of an answer."""
    assert challenge is not None
    user, password = options.pop("user", "Mufasa"), options.pop("password", "Circle of Life")
    cnonce, count = options.pop("cnonce", "c"), options.pop("count", 1)
    session = new_session(challenge, user.encode(), password.encode(), cnonce)
    given = {"method": "GET", "uri": "/", **options}
    value = answer_digest(session, count=count, cnonce=cnonce, **given)
    found = parse_challenges([value])
    assert [each.scheme for each in found] == ["digest"]
    return found[0].params


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def vectors() -> list[Any]:
    if not VECTORS.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the vectors are not here"))]
    return [
        pytest.param(vector, id=f"{vector['src'][:12]} {vector['alg']}") for vector in json.loads(VECTORS.read_text())
    ]


@pytest.mark.parametrize("vector", vectors())
def test_vectors(vector: dict[str, Any]) -> None:
    parts = [f'realm="{vector["realm"]}"', f'nonce="{vector["nonce"]}"', f"algorithm={vector['alg']}"]
    parts += [f'{name}="{vector[name]}"' for name in ("qop", "opaque") if vector.get(name)]
    parts += ["userhash=true"] if "userhash" in vector else []
    found = answered(
        read("Digest " + ", ".join(parts)),
        user=vector["user"],
        password=vector["password"],
        method=vector["method"],
        uri=vector["uri"],
        cnonce=vector["cnonce"] or "unused",
        count=int(vector["nc"] or "1", 16),
    )
    assert found["response"] == vector["response"]
    assert found["username"] == vector.get("userhash", vector["user"])
    for name in ("realm", "nonce", "uri", "nc", "cnonce", "qop", "opaque"):
        assert found.get(name) == vector.get(name)
    assert found["algorithm"] == vector["alg"]


def test_the_whole_value() -> None:
    challenge = read('Digest realm="r", nonce="n", qop="auth, auth-int", opaque="o", algorithm=md5')
    assert challenge is not None
    session = new_session(challenge, b"u", b"p", "c")
    value = answer_digest(session, method="GET", uri="/?x=1", count=27, cnonce="c")
    response = md5(f"{md5('u:r:p')}:n:0000001b:c:auth:{md5('GET:/?x=1')}")
    assert value == (
        f'Digest username="u", realm="r", nonce="n", uri="/?x=1", response="{response}", algorithm=md5, opaque="o", '
        'qop=auth, nc=0000001b, cnonce="c"'
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_session_algorithms(algorithm: str) -> None:
    # RFC 7616 section 3.4.2: H(H(user:realm:password):nonce:cnonce) takes the place of the first hash.
    name = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}[algorithm]

    def h(text: str) -> str:
        return hashlib.new(name, text.encode()).hexdigest()

    found = answered(read(f'Digest realm="r", nonce="n", qop=auth, algorithm={algorithm}-sess'), user="u", password="p")
    assert found["response"] == h(f"{h(h('u:r:p') + ':n:c')}:n:00000001:c:auth:{h('GET:/')}")
    assert found["algorithm"] == f"{algorithm}-sess"
    bare = answered(read(f'Digest realm="r", nonce="n", algorithm={algorithm}-SESS'), user="u", password="p")
    assert bare["response"] == h(f"{h(h('u:r:p') + ':n:c')}:n:{h('GET:/')}")
    assert bare["cnonce"] == "c"
    assert "nc" not in bare


def test_auth_int() -> None:
    challenge = read('Digest realm="r", nonce="n", qop="auth-int"')
    assert challenge is not None
    hasher = body_hasher(challenge)
    hasher.update(b"body")
    found = answered(challenge, user="u", password="p", method="POST", body_hash=hasher.hexdigest())

    assert found["response"] == md5(f"{md5('u:r:p')}:n:00000001:c:auth-int:{md5('POST:/:' + md5('body'))}")
    assert found["qop"] == "auth-int"
    assert "algorithm" not in found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('Digest realm="r", nonce="n"', ("MD5", False, None)),
        ('Digest realm="r", nonce="n", algorithm=sha-256, qop=AUTH', ("SHA-256", False, "auth")),
        (
            'Digest realm="r", nonce="n", algorithm="SHA-512-256-SESS", qop="auth-int,other"',
            ("SHA-512-256", True, "auth-int"),
        ),
        ('Digest realm="r", nonce="n", qop=" auth-int ,\tauth"', ("MD5", False, "auth")),
        ('Basic realm="r", nonce="n"', None),
        ('Digest realm="r"', None),
        ('Digest nonce="n"', None),
        ('Digest realm="r", nonce=""', None),
        ('Digest realm="r", nonce="n", algorithm=SHA-512', None),
        ('Digest realm="r", nonce="n", algorithm=SHA-1', None),
        ('Digest realm="r", nonce="n", algorithm=""', None),
        ('Digest realm="r", nonce="n", algorithm=-sess', None),
        ('Digest realm="r", nonce="n", qop="auth-conf"', None),
        ('Digest realm="r", nonce="n", qop=""', None),
    ],
)
def test_which_challenges_are_answered(value: str, expected: tuple[str, bool, str | None] | None) -> None:
    found = read(value)
    assert (found and (found.algorithm, found.session, found.qop)) == expected


def test_what_else_a_challenge_says() -> None:
    found = read('Digest realm="r", nonce="n", stale=TRUE, userhash=True, charset="utf-8", opaque=""')
    assert found is not None
    assert (found.stale, found.userhash, found.utf8, found.opaque) == (True, True, True, "")
    found = read('Digest realm="r", nonce="n", stale=yes, userhash=false')
    assert found is not None
    assert (found.stale, found.userhash, found.utf8, found.opaque) == (False, False, False, None)


def test_strength() -> None:
    found = [read(f'Digest realm="r", nonce="n", algorithm={name}') for name in ("MD5", "SHA-256", "SHA-512-256-sess")]
    assert [each and each.strength for each in found] == [1, 2, 3]


def test_algorithms_may_be_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read('Digest realm="r", nonce="n"', algorithms=("SHA-256",)) is None
    digest._available.cache_clear()
    monkeypatch.setitem(digest._HASHES, "SHA-512-256", "no such hash")
    assert read('Digest realm="r", nonce="n", algorithm=SHA-512-256') is None
    digest._available.cache_clear()


def test_user_names_beyond_ascii() -> None:
    # RFC 7616 section 3.4: username* where the server speaks UTF-8; otherwise the bytes as they are.
    challenge = 'Digest realm="r", nonce="n", qop=auth'
    unicode = challenge + ", charset=UTF-8"
    assert answered(read(unicode), user="Jäsøn Doe")["username*"] == "UTF-8''J%C3%A4s%C3%B8n%20Doe"
    assert answered(read(challenge), user="Jäsøn")["username"].encode("latin-1") == "Jäsøn".encode()
    assert answered(read(unicode), user="ada")["username"] == "ada"


def test_quoting() -> None:
    found = answered(read(r'Digest realm="a \"b\" \\c", nonce="n\"", opaque="\\"'), user='u"\\')
    assert (found["realm"], found["nonce"], found["opaque"], found["username"]) == (r'a "b" \c', 'n"', "\\", 'u"\\')
    assert answered(read('Digest realm="é", nonce="n"'))["realm"].encode("latin-1") == "é".encode()


def test_the_best_challenge_counts() -> None:
    auth = DigestAuth("u", "p")
    values = ("Basic", "Digest nonce=1", "Digest realm=r,nonce=1", "Digest realm=r,nonce=1,algorithm=SHA-256")
    ranks = [auth.rank(parse_challenges([value])[0]) for value in values]
    assert ranks[:2] == [0, 0]
    assert 0 < ranks[2] < ranks[3]
    mine = DigestAuth("u", "p", realm="mine")
    assert mine.rank(Challenge("digest", {"realm": "other", "nonce": "1"})) == 0
    assert mine.rank(Challenge("digest", {"realm": "mine", "nonce": "1"})) == ranks[2] + 1
    assert auth.session(Challenge("basic")) is None


def test_options() -> None:
    with pytest.raises(InvalidRequest, match="colon"):
        DigestAuth("a:b", "secret")
    with pytest.raises(ValueError, match="algorithms are SHA-512-256, SHA-256, MD5, not 'SHA-1'"):
        DigestAuth("a", "b", algorithms=["SHA-1"])
    auth = DigestAuth("s3cret", b"s3cret", algorithms=["SHA-256"])
    assert repr(auth) == "DigestAuth(algorithms=('SHA-256',))"
    session = auth.session(Challenge("digest", {"realm": "r", "nonce": "n", "algorithm": "SHA-256"}))
    assert session is not None
    assert re.fullmatch(r"<DigestSession SHA-256, used 0 times>", repr(session))
    assert re.fullmatch("[0-9a-f]{32}", session.cnonce)
    assert session.following("m").challenge.nonce == "m"
    assert session.following("m").secret == session.secret


def test_sessions_do_not_pile_up() -> None:
    state, auth = DigestState(), DigestAuth("u", "p")
    session = auth.session(Challenge("digest", {"realm": "r", "nonce": "n"}))
    assert session is not None
    for number in range(MAX_SESSIONS + 5):
        state.keep(Origin("http", f"h{number}", 80), session)
    assert len(state.sessions) == MAX_SESSIONS
    assert Origin("http", "h4", 80) not in state.sessions

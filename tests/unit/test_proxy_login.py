"""What a proxy is told: the decisions."""

from __future__ import annotations

import hashlib
import pickle
from contextlib import nullcontext
from typing import Any

import pytest

from duohttp import Proxy
from duohttp.rules.challenges import parse_auth_params
from duohttp.rules.proxy_login import ProxyLogin
from duohttp.values.body import BytesBody, IteratorBody


def login(auth: Any = "digest", username: str = "user") -> ProxyLogin:
    """Return the login for one proxy."""
    return ProxyLogin(Proxy("http://p.test", username=username, password="secret", auth=auth), nullcontext())


def digest(nonce: str, more: str = "") -> str:
    """Return a challenge."""
    return f'Digest realm="r", nonce="{nonce}"{more}'


def params(value: str) -> dict[str, str]:
    """Return the parameters of a Digest value."""
    assert value.startswith("Digest ")
    return parse_auth_params([value.removeprefix("Digest ")])


def md5(text: str) -> str:
    """Return the hash."""
    return hashlib.md5(text.encode()).hexdigest()


def test_nothing_goes_ahead_before_the_proxy_asks() -> None:
    for auth in ("digest", "any"):
        assert login(auth).ahead("GET", "http://a.test/") is None
    said = login("basic").ahead("GET", "http://a.test/")
    assert said is not None
    assert said.value == "Basic dXNlcjpzZWNyZXQ="


def test_the_count_goes_on() -> None:
    known = login()
    said = known.answer([digest("n", ', qop="auth"')], None, "CONNECT", "a.test:443")
    assert said is not None
    found = params(said.value)
    assert (found["uri"], found["nc"], found["username"]) == ("a.test:443", "00000001", "user")
    expected = md5(
        f"{md5('user:r:secret')}:n:00000001:{found['cnonce']}:auth:{md5('CONNECT:a.test:443')}",
    )
    assert found["response"] == expected
    again = known.ahead("GET", "http://a.test/")
    assert again is not None
    assert params(again.value)["nc"] == "00000002"
    assert params(again.value)["cnonce"] != found["cnonce"]


def test_a_nonce_that_ran_out_and_a_password_that_is_wrong() -> None:
    known = login()
    first = known.answer([digest("n1")], None, "GET", "/")
    assert known.answer([digest("n2", ", stale=true")], first, "GET", "/") is not None
    assert known.answer([digest("n1")], first, "GET", "/") is None
    assert known.ahead("GET", "/") is None  # what is refused does not go ahead
    first = known.answer([digest("n1")], None, "GET", "/")
    assert known.answer([digest("n2")], first, "GET", "/") is None
    known.answer([digest("n1")], None, "GET", "/")
    ahead = known.ahead("GET", "/")
    assert known.answer([digest("n2")], ahead, "GET", "/") is not None  # it ran out without a word


@pytest.mark.parametrize("challenge", [digest("n", ", algorithm=SHA-1024"), digest("n", ', qop="auth-conf"'), "Bearer"])
def test_what_is_not_answered(challenge: str) -> None:
    assert login().answer([challenge], None, "GET", "/") is None
    assert login("any").answer([challenge], None, "GET", "/") is None


def test_basic_where_it_may_be() -> None:
    assert login().answer(['Basic realm="r"'], None, "GET", "/") is None
    known = login("any")
    said = known.answer(['Basic realm="r"'], None, "GET", "/")
    assert said is not None
    assert said.value == "Basic dXNlcjpzZWNyZXQ="
    assert known.answer(['Basic realm="r"'], said, "GET", "/") is None
    assert known.ahead("GET", "/") == (said.value, None, True)


def test_auth_int() -> None:
    known = login()
    challenge = [digest("n", ', qop="auth-int"')]
    for body, data in ((None, ""), (BytesBody(b"text"), "text")):
        said = known.answer(challenge, None, "POST", "/", body)
        assert said is not None
        found = params(said.value)
        hashed = md5(f"POST:/:{md5(data)}")
        assert found["response"] == md5(
            f"{md5('user:r:secret')}:n:{found['nc']}:{found['cnonce']}:auth-int:{hashed}",
        )
    assert known.answer(challenge, None, "POST", "/", IteratorBody(iter([b"text"]))) is None


def test_the_nonce_to_use_next() -> None:
    known = login()
    said = known.answer([digest("n1")], None, "GET", "/")
    assert said is not None
    known.accepted(said, ["qop=auth"])
    known.accepted(said, ['nextnonce="n2"'])
    following = known.ahead("GET", "/")
    assert following is not None
    assert params(following.value)["nonce"] == "n2"


def test_secrets_are_not_shown() -> None:
    known = login("any")
    known.answer([digest("n1")], None, "GET", "/")
    assert "secret" not in repr(known)


def test_the_option() -> None:
    proxy = Proxy("http://user:secret@p.test", auth="digest")
    assert pickle.loads(pickle.dumps(proxy)) == proxy
    assert proxy != Proxy("http://user:secret@p.test")
    assert proxy.logs_in
    assert not Proxy("http://p.test").logs_in
    assert not Proxy("http://u:p@p.test", headers={"proxy-authorization": "mine"}).logs_in
    for url, auth in (("http://p.test", "ntlm"), ("socks5://p.test", "digest")):
        with pytest.raises(ValueError, match="auth is 'basic', 'digest' or 'any'"):
            Proxy(url, auth=auth)  # type: ignore[arg-type]

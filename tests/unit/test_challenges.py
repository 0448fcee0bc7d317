"""Parsing of WWW-Authenticate and Proxy-Authenticate (RFC 9110 section 11.3, 11.6.1)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duohttp.rules.challenges import Challenge, parse_auth_params, parse_challenges, quoted


def challenge(scheme: str, token: str = "", **params: str) -> Challenge:
    return Challenge(scheme, params, token)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Basic", [challenge("basic")]),
        ('Basic realm="simple"', [challenge("basic", realm="simple")]),
        ('BASIC  ReAlm = "simple" ', [challenge("basic", realm="simple")]),
        ("Basic realm=unquoted", [challenge("basic", realm="unquoted")]),
        ("Basic realm=user@host/x", [challenge("basic", realm="user@host/x")]),
        ('Basic realm=""', [challenge("basic", realm="")]),
        ('Basic realm="a, b=c, Digest x"', [challenge("basic", realm="a, b=c, Digest x")]),
        (r'Basic realm="a \"b\" \\ c"', [challenge("basic", realm=r'a "b" \ c')]),
        ("Negotiate", [challenge("negotiate")]),
        ("Negotiate YII=", [challenge("negotiate", "YII=")]),
        ("NTLM TlRMTVNT+/==, Basic realm=x", [challenge("ntlm", "TlRMTVNT+/=="), challenge("basic", realm="x")]),
        ("NTLM, Negotiate , Basic", [challenge("ntlm"), challenge("negotiate"), challenge("basic")]),
        # The example of RFC 9110 section 11.6.1.
        (
            'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
            [challenge("basic", realm="simple"), challenge("newauth", realm="apps", type="1", title='Login to "apps"')],
        ),
        (
            'Digest realm="r", nonce=abc, qop="auth,auth-int", stale=TRUE,algorithm=MD5-sess,Basic realm="b"',
            [
                challenge("digest", realm="r", nonce="abc", qop="auth,auth-int", stale="TRUE", algorithm="MD5-sess"),
                challenge("basic", realm="b"),
            ],
        ),
        # Empty list elements (RFC 9110 section 5.6.1.2).
        (', ,Basic realm="x",, charset="UTF-8",', [challenge("basic", realm="x", charset="UTF-8")]),
        # Of a repeated parameter the first counts.
        ("Digest nonce=1, NONCE=2", [challenge("digest", nonce="1")]),
        # What makes no sense is passed over.
        ('Basic realm="no end', [challenge("basic")]),
        ('realm="nobody\'s", Basic', [challenge("basic")]),
        ('"Basic", Digest nonce=1', [challenge("digest", nonce="1")]),
        ("=, @, Basic realm=x", [challenge("basic", realm="x")]),
        ('Basic realm="x"Digest nonce="y"', [challenge("basic", realm="x"), challenge("digest", nonce="y")]),
        ("", []),
        (" ,\t, ", []),
    ],
)
def test_challenges(value: str, expected: list[Challenge]) -> None:
    assert parse_challenges([value]) == expected


def test_several_lines() -> None:
    found = parse_challenges(['Digest realm="a", nonce="1"', 'realm="b"', "Basic"])
    assert found == [challenge("digest", realm="a", nonce="1"), challenge("basic")]
    assert [each.realm for each in found] == ["a", None]
    assert parse_challenges([]) == []


def test_parameters_without_a_scheme() -> None:
    assert parse_auth_params(['nextnonce="a\\"b", qop=auth', "nc=00000001"]) == {
        "nextnonce": 'a"b',
        "qop": "auth",
        "nc": "00000001",
    }
    assert parse_auth_params(["Basic realm=x"]) == {}


@given(st.text(alphabet='ab ,="\\\t1é/+', max_size=60))
def test_anything_is_parsed(value: str) -> None:
    for found in parse_challenges([value]):
        assert found.scheme
        assert found.scheme == found.scheme.lower()


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(max_size=20), max_size=5))
def test_what_is_quoted_is_read_again(params: dict[str, str]) -> None:
    value = "Scheme " + ", ".join(f"{name}={quoted(text)}" for name, text in params.items())
    assert parse_challenges([value, "Other"])[0].params == params


@pytest.mark.parametrize(
    "value",
    [
        'a="' * 100_000,
        "a " * 200_000,
        "a = " * 100_000,
        "," * 400_000,
        '"' + "\\" * 400_000,
        "a" + " " * 400_000 + "=",
        "a b=" * 100_000,
        "Basic " + "A" * 400_000 + '"',
        "@" * 400_000,
    ],
    ids=lambda value: value[:6],
)
def test_time_is_linear(value: str) -> None:
    started = time.perf_counter()
    parse_challenges([value])
    # Generous: what takes the square of its length would take minutes.
    assert time.perf_counter() - started < 10

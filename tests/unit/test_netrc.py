"""The netrc file."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duohttp.rules.netrc_rules import Login, NetrcError, parse_netrc


@pytest.mark.parametrize(
    "text",
    [
        "machine a.test login ada password secret",
        "machine a.test\n\tlogin ada\n\tpassword secret\n",
        "machine\na.test\nlogin\nada\npassword\nsecret",
        "machine A.TEST password secret user ada account x",
        'machine "a.test" login "ada" password "secret"',
        "# a comment: machine a.test login eve password x\nmachine a.test login ada password secret # more",
        "machine a.test login ada password secret\nmachine a.test login eve password x",
        "machine a.test login ada login eve password secret password x",
        "macdef init\ncd /x\nmachine a.test login eve password x\n\nmachine a.test login ada password secret",
        "machine a.test login ada password secret macdef init\nmachine\n\n",
        "default login eve password x\nmachine a.test login ada password secret\n",
        "machine b.test\nmachine a.test\r\nlogin ada\r\npassword secret\r\n",
    ],
)
def test_one_entry(text: str) -> None:
    assert parse_netrc(text).login("a.test") == Login("ada", "secret")
    assert parse_netrc(text).login("A.test", default=False) == ("ada", "secret")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("#hash", "#hash"),
        ('"with space"', "with space"),
        (r'"a \"b\" \\c"', r'a "b" \c'),
        ('""', ""),
        ("machine", "machine"),
        ("default", "default"),
        ('half"quoted', 'half"quoted'),
        ("pässwörd", "pässwörd"),
        ("a\u00a0b", "a\u00a0b"),
        ('"two\nlines"', "two\nlines"),
    ],
)
def test_passwords(word: str, expected: str) -> None:
    login = parse_netrc(f"machine a.test login ada password {word}\nmachine b.test login b password c").login("a.test")
    assert login == Login("ada", expected)


def test_what_is_not_there() -> None:
    netrc = parse_netrc("machine a.test login ada\nmachine b.test password x\ndefault login eve password y\n")
    assert [netrc.login(host) for host in ("a.test", "b.test", "c.test")] == [None, None, Login("eve", "y")]
    assert netrc.login("c.test", default=False) is None
    assert parse_netrc("").login("a.test") is None
    assert parse_netrc("default login eve").login("a.test") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "line 1: expected machine"),
        ("machine a.test login ada password s3cret s3cret", "line 1: expected machine"),
        ("\n\nmachine a.test login", "line 3: nothing follows login"),
        ("machine", "line 1: nothing follows machine"),
        ('machine a.test login "s3cret', "line 1: a quoted word has no end"),
        ('machine a.test login "a\nb"\npassword s3cret s3cret', "line 3: expected machine"),
        ("macdef\nmachine s3cret", None),
    ],
)
def test_what_is_no_netrc(text: str, message: str | None) -> None:
    if message is None:
        assert parse_netrc(text).login("s3cret") is None
        return
    with pytest.raises(NetrcError, match=message) as caught:
        parse_netrc(text)
    assert "s3cret" not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    netrc = parse_netrc("machine a.test login ada password s3cret")
    assert f"{netrc!r} {netrc.login('a.test')!r}" == "<Netrc, 1 machines> Login(…)"


@given(st.text(alphabet='am \n"\\#', max_size=40))
def test_anything_is_read_or_refused(text: str) -> None:
    try:
        netrc = parse_netrc(text)
    except NetrcError:
        return
    assert netrc.default is None


LONG = ("macdef " * 50_000, "machine a " * 50_000, "# " * 100_000, '"\\' * 100_000, " \n" * 100_000)


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_time_is_linear(text: str) -> None:
    started = time.perf_counter()
    try:
        parse_netrc(text)
    except NetrcError:
        pass
    # Generous: what takes the square of its length would take minutes.
    assert time.perf_counter() - started < 10

"""Cookies as text."""

from __future__ import annotations

import http.cookiejar
import json
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from duohttp.exceptions import DecodingError
from duohttp.rules.cookie_files import dump_json, dump_netscape, load_json, load_netscape
from duohttp.rules.cookie_jar import Cookie, CookieJar

NOW = 1357041600.0


def jar() -> CookieJar:
    jar = CookieJar()
    headers = [
        b"host=1",
        b"domain=2; Domain=example.com; Path=/x; Max-Age=60",
        b"__Host-all=3; Secure; HttpOnly; SameSite=Strict; Path=/",
        "naïve=€".encode(),
        b"latin=\xe9",
        b"noname",
        b"empty=",
        b"tab=a\tb",
    ]
    jar.set_from_response(URL("https://www.example.com/"), headers, NOW)
    return jar


def test_json_keeps_everything() -> None:
    text = dump_json([*jar().cookies(), Cookie("any", "host")])
    assert text.isascii()
    again = CookieJar(load_json(text))
    assert again.cookies() == [*jar().cookies(), Cookie("any", "host")]
    assert again.header_for(URL("https://www.example.com/x"), NOW) == CookieJar(
        [*jar().cookies(), Cookie("any", "host")]
    ).header_for(URL("https://www.example.com/x"), NOW)
    assert load_json(dump_json([])) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[]", "no cookies in version 1"),
        ('{"version": 2, "cookies": []}', "no cookies in version 1"),
        ('{"version": 1, "cookies": {}}', "no cookies in version 1"),
        ('{"version": 1, "cookies": [1]}', "cookie 1 does not have the fields"),
        ('{"version": 1, "cookies": [{"name": "a"}]}', "cookie 1 does not have the fields"),
    ],
)
def test_json_that_holds_no_cookies(text: str, message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        load_json(text)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", 1, "wrong name"),
        ("value", None, "wrong value"),
        ("domain", None, "wrong domain"),
        ("path", [], "wrong path"),
        ("host_only", 1, "wrong host_only"),
        ("secure", "yes", "wrong secure"),
        ("http_only", None, "wrong http_only"),
        ("same_site", "lax", "wrong same_site"),
        ("expires", "1", "wrong expires"),
        ("expires", True, "wrong expires"),
        ("expires", float("nan"), "can't be"),
        ("expires", float("inf"), "can't be"),
        ("name", "a;b", "can't be"),
        ("value", "a\r\nb", "can't be"),
        ("path", "x", "can't be"),
    ],
)
def test_json_with_a_wrong_field(field: str, value: Any, message: str) -> None:
    data = json.loads(dump_json([Cookie("ok", "1"), Cookie("a", "secret")]))
    data["cookies"][1][field] = value
    with pytest.raises(DecodingError, match=f"cookie 2 .*{message}") as caught:
        load_json(json.dumps(data))
    assert "secret" not in str(caught.value)


def test_netscape_as_it_is_written() -> None:
    cookies = [
        Cookie("a", "1", "www.example.com"),
        Cookie("b", "2", "example.com", "/x", host_only=False, secure=True, expires=99.9),
        Cookie("c", "3", "h", http_only=True, expires=-5.0),
        Cookie("any", "left out"),
        Cookie("tab\tin", "left out", "h"),
    ]
    assert dump_netscape(cookies) == (
        "# Netscape HTTP Cookie File\n"
        "www.example.com\tFALSE\t/\tFALSE\t0\ta\t1\n"
        ".example.com\tTRUE\t/x\tTRUE\t99\tb\t2\n"
        "#HttpOnly_h\tFALSE\t/\tFALSE\t1\tc\t3\n"
    )


def test_netscape_keeps_all_but_same_site() -> None:
    loaded = load_netscape(dump_netscape(jar().cookies()))
    wanted = jar().cookies()
    for cookie in wanted:
        cookie.same_site = None
    assert loaded == wanted


def test_netscape_as_others_write_it() -> None:
    text = (
        "\ufeff# Netscape HTTP Cookie File\r\n# a comment\r\n\r\n"
        ".Example.com\tTRUE\t/\tfalse\t1700000000.5\ta\t1\r\n"
        "#HttpOnly_.example.com\tTRUE\t/\tTRUE\t0\tb\t2\n"
        "example.com\tFALSE\t/\tFALSE\t\tempty\n"
        "example.com\tFALSE\t/\tFALSE\t-1\told\tvalue with\ttab "
    )
    assert load_netscape(text) == [
        Cookie("a", "1", "example.com", host_only=False, expires=1700000000.5),
        Cookie("b", "2", "example.com", host_only=False, secure=True, http_only=True),
        Cookie("empty", "", "example.com"),
        Cookie("old", "value with\ttab", "example.com", expires=-1.0),
    ]


def test_the_standard_library_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "cookies.txt"
    path.write_text(dump_netscape([Cookie("a", "1", "example.com", host_only=False, secure=True, expires=9e9)]))
    library = http.cookiejar.MozillaCookieJar(path)
    library.load()
    foreign: Any = library
    assert CookieJar(foreign).cookies() == load_netscape(path.read_text())
    library.save()
    assert load_netscape(path.read_text()) == CookieJar(foreign).cookies()


@pytest.mark.parametrize(
    "line",
    [
        "rubbish",
        "h\tFALSE\t/\tFALSE\t0",
        "h\tFALSE\t/\tFALSE\tnever\ta\tsecret",
        "h\tFALSE\t/\tFALSE\tnan\ta\tsecret",
        "h\tFALSE\t/\tFALSE\tinf\ta\tsecret",
        "\tFALSE\t/\tFALSE\t0\ta\tsecret",
        "h\tFALSE\tx\tFALSE\t0\ta\tsecret",
        "h\tFALSE\t/\tFALSE\t0\ta;b\tsecret",
        "h\tFALSE\t/\tFALSE\t0\t\t",
    ],
)
def test_netscape_lines_that_make_no_sense(line: str) -> None:
    with pytest.raises(DecodingError, match="line 2 of the cookies") as caught:
        load_netscape(f"# Netscape HTTP Cookie File\n{line}\n")
    assert "secret" not in str(caught.value)

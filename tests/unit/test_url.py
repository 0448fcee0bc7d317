"""Urls: the strict gate, endpoints, base urls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from duohttp.exceptions import InvalidURL, UnsupportedProtocol
from duohttp.values.url import Origin, display_url, endpoint_of, join_base, parse_url

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "wpt-urltestdata.json"


@pytest.mark.parametrize(
    "url",
    [
        "http://a.test/\n",
        "http://a.test/\x00",
        "http://a.test/\x7f",
        "http://a b.test/",
        "http://a.test\\@b.test/",
        "http://a\u00a0b.test/",
        "http://a.test:x/",
        "http://a.test:-1/",
        "http://a.test:+80/",
        "http://a.test:65536/",
        "http://a.test:8 0/",
        "http://u@v@a.test/",
        "http:///path",
        "http://",
        "http:a.test",
        "http://[::1",
        "http://[::1]x/",
        "http://a%2fb.test/",
        "http://a<b.test/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://256.0.0.1/",
        "http://1.2.3.4.5/",
    ],
)
def test_refused(url: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        parse_url(url)
    assert "\n" not in str(caught.value)
    assert "\x00" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 7, b"http://a.test/", ["http://a.test"]])
def test_wrong_types(value: Any) -> None:
    with pytest.raises(InvalidURL, match=r"a yarl\.URL or"):
        parse_url(value)


def test_errors_hold_no_credentials() -> None:
    with pytest.raises(InvalidURL) as caught:
        parse_url("http://user:sesame@a.test:port/")
    assert "sesame" not in str(caught.value)
    assert display_url(URL("http://user:sesame@a.test/x")) == "http://a.test/x"


@pytest.mark.parametrize(
    ("url", "origin", "target", "host"),
    [
        ("http://a.test", Origin("http", "a.test", 80), b"/", b"a.test"),
        ("HTTP://A.Test:80/x?y=1#z", Origin("http", "a.test", 80), b"/x?y=1", b"a.test"),
        ("https://a.test:443/", Origin("https", "a.test", 443), b"/", b"a.test"),
        ("https://a.test:8443/%2F", Origin("https", "a.test", 8443), b"/%2F", b"a.test:8443"),
        ("http://[::1]:8080/", Origin("http", "::1", 8080), b"/", b"[::1]:8080"),
        (
            "http://bücher.test/ü?ö=ä",
            Origin("http", "xn--bcher-kva.test", 80),
            b"/%C3%BC?%C3%B6=%C3%A4",
            b"xn--bcher-kva.test",
        ),
        ("ws://a.test/", Origin("http", "a.test", 80), b"/", b"a.test"),
        ("wss://a.test/", Origin("https", "a.test", 443), b"/", b"a.test"),
        ("http://user:pw@a.test/", Origin("http", "a.test", 80), b"/", b"a.test"),
        ("http://a.test?x", Origin("http", "a.test", 80), b"/?x", b"a.test"),
        ("http://a.test:/", Origin("http", "a.test", 80), b"/", b"a.test"),
        ("http://127.0.0.1/", Origin("http", "127.0.0.1", 80), b"/", b"127.0.0.1"),
    ],
)
def test_endpoints(url: str, origin: Origin, target: bytes, host: bytes) -> None:
    endpoint = endpoint_of(parse_url(url))
    assert endpoint == (origin, target, host)


def test_schemes() -> None:
    with pytest.raises(UnsupportedProtocol, match="'ftp'"):
        endpoint_of(parse_url("ftp://a.test/"))
    with pytest.raises(InvalidURL, match="base_url"):
        endpoint_of(parse_url("/x"))


@pytest.mark.parametrize(
    ("base", "url", "joined"),
    [
        ("https://h/v1", "users", "https://h/v1/users"),
        ("https://h/v1", "/users", "https://h/v1/users"),
        ("https://h/v1/", "users?a=1", "https://h/v1/users?a=1"),
        ("https://h/v1?key=k&a=0", "users?a=1", "https://h/v1/users?key=k&a=1"),
        ("https://h/v1", "", "https://h/v1"),
        ("https://h/v1", "https://other/x", "https://other/x"),
        ("https://h/a%2Fb", "c%2Fd", "https://h/a%2Fb/c%2Fd"),
        ("https://h", "a:b", "https://h/a:b"),
        ("https://h/v1", "?q=1", "https://h/v1?q=1"),
        ("https://h/v1", "x?bare&empty=&b=1", "https://h/v1/x?bare&empty=&b=1"),
        ("https://h/v1?k=1&bare=2", "x?bare", "https://h/v1/x?k=1&bare"),
    ],
)
def test_join_base(base: str, url: str, joined: str) -> None:
    if url == "a:b":
        with pytest.raises((InvalidURL, UnsupportedProtocol)):
            endpoint_of(join_base(URL(base), parse_url(url)))
        return
    assert str(join_base(URL(base), parse_url(url))) == joined


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared WPT url vectors are not here")
def test_hosts_agree_with_browsers_or_are_refused() -> None:
    """What we connect to is what a browser connects to, or the url is refused: never a third reading."""
    cases = [case for case in json.loads(VECTORS.read_text()) if isinstance(case, dict)]
    compared = 0
    for case in cases:
        text = case["input"]
        if case.get("base") or not text.lower().startswith(("http://", "https://")):
            continue
        try:
            origin = endpoint_of(parse_url(text)).origin
        except (InvalidURL, UnsupportedProtocol):
            continue
        # Browsers refuse some characters in hosts that name servers never resolve; those can't mislead.
        if case.get("failure"):
            continue
        expected = case["hostname"].strip("[]")
        assert origin.host == expected, text
        compared += 1
    assert compared > 20

"""What is stored, under which key and for whom: RFC 9111 sections 3, 4.1, 4.4."""

from __future__ import annotations

import pytest
from yarl import URL

from duohttp import Headers, Request
from duohttp.rules.caching_directives import request_directives
from duohttp.rules.caching_keys import invalidated_keys, key_of, matches, selecting, vary_names
from duohttp.rules.caching_policy import CachePolicy
from duohttp.rules.caching_storing import kept_headers, why_not_stored

from .caching_support import PRIVATE, SHARED, raw


def why(
    headers: dict[str, str], policy: CachePolicy = PRIVATE, status: int = 200, asked: dict[str, str] | None = None
) -> str:
    sent = Headers(asked or {})
    return why_not_stored(sent, request_directives(sent), status, Headers(headers), policy)


@pytest.mark.parametrize(
    ("control", "private", "shared"),
    [
        ("max-age=60", "", ""),
        ("no-store", "no-store", "no-store"),  # 5.2.2.5
        ("no-store, max-age=60", "no-store", "no-store"),
        ("private, max-age=60", "", "private"),  # 5.2.2.7
        ('private="x-user", max-age=60', "", ""),
        ("no-cache", "", ""),  # 5.2.2.4: stored, and validated
        ("must-understand, no-store, max-age=60", "", ""),  # 5.2.2.3
        ("no-transform, max-age=60", "", ""),  # 5.2.2.6: nothing is ever transformed
        ("public", "", ""),  # 5.2.2.9
        ('community="UCI", max-age=60', "", ""),  # 5.2.3: what nobody knows is passed over
        ('community="UCI, no-store", max-age=60', "", ""),
        ("", "", ""),
    ],
)
def test_by_directive(control: str, private: str, shared: str) -> None:
    """Section 3."""
    headers = {"Cache-Control": control} if control else {}
    assert why(headers) == private
    assert why(headers, SHARED) == shared


@pytest.mark.parametrize(
    ("status", "headers", "private", "shared"),
    [
        (100, {"Cache-Control": "max-age=9"}, "not final", "not final"),
        (304, {"Cache-Control": "max-age=9"}, "not final", "not final"),
        (302, {}, "nothing allows it", "nothing allows it"),
        (302, {"Cache-Control": "max-age=9"}, "", ""),
        (302, {"Cache-Control": "s-maxage=9"}, "nothing allows it", ""),
        (302, {"Expires": "0"}, "", ""),
        (302, {"Cache-Control": "public"}, "", ""),
        (302, {"Cache-Control": "private"}, "", "private"),
        (500, {}, "nothing allows it", "nothing allows it"),
        (500, {"Cache-Control": "max-age=9"}, "", ""),
        (599, {"Cache-Control": "max-age=9"}, "", ""),
        (599, {"Cache-Control": "max-age=9, must-understand"}, "must-understand", "must-understand"),
        *((status, {}, "", "") for status in (200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501)),
        (302, {"CDN-Cache-Control": "max-age=9"}, "nothing allows it", ""),
        (200, {"CDN-Cache-Control": "no-store", "Cache-Control": "max-age=9"}, "", "no-store"),
        (200, {"CDN-Cache-Control": "max-age=9", "Cache-Control": "no-store"}, "no-store", ""),
        (200, {"CDN-Cache-Control": "max-age=9", "Cache-Control": "private"}, "", ""),
        (302, {"CDN-Cache-Control": "no-cache", "Expires": "0"}, "", "nothing allows it"),
    ],
)
def test_by_status(status: int, headers: dict[str, str], private: str, shared: str) -> None:
    """Section 3, RFC 9110 section 15.1, RFC 9213."""
    assert why(headers, PRIVATE, status) == private
    assert why(headers, SHARED, status) == shared


def test_a_request_that_wants_nothing_stored() -> None:
    """Section 5.2.1.5."""
    assert why({"Cache-Control": "max-age=9"}, asked={"Cache-Control": "no-store"}) == "no-store in the request"


@pytest.mark.parametrize("vary", ["*", "Accept, *", " * "])
def test_vary_star_answers_nothing(vary: str) -> None:
    """Section 4.1."""
    assert why({"Cache-Control": "max-age=9", "Vary": vary}) == "vary: *"


@pytest.mark.parametrize(
    ("control", "shared"),
    [
        ("max-age=60", "authorization"),
        ("max-age=60, proxy-revalidate", "authorization"),
        ("max-age=60, public", ""),
        ("max-age=60, must-revalidate", ""),
        ("s-maxage=60", ""),
        ("s-maxage=60, private", "private"),
    ],
)
def test_authorization(control: str, shared: str) -> None:
    """Section 3.5."""
    asked = {"Authorization": "Bearer a"}
    assert why({"Cache-Control": control}, asked=asked) == ""
    assert why({"Cache-Control": control}, SHARED, asked=asked) == shared


@pytest.mark.parametrize(
    ("control", "shared"),
    [
        ("max-age=60", "set-cookie"),
        ("public, max-age=60", ""),
        ("s-maxage=60", ""),
        ('max-age=60, private="Set-Cookie"', ""),
        ('max-age=60, no-cache="Set-Cookie"', ""),
        ('max-age=60, private="X"', "set-cookie"),
    ],
)
def test_set_cookie(control: str, shared: str) -> None:
    """Section 7.3: it does not keep a cache from storing; a shared one here wants to be told that it may."""
    headers = {"Cache-Control": control, "Set-Cookie": "sid=1"}
    assert why(headers) == ""
    assert why(headers, SHARED) == shared
    for policy in (PRIVATE, SHARED):
        assert kept_headers(raw(headers), policy) == raw({"Cache-Control": control})


def test_fields_that_are_not_kept() -> None:
    """Section 3.1."""
    kept = [("Content-Type", "text/plain"), ("Content-Length", "5"), ("Age", "3"), ("X-A", "1"), ("X-A", "2")]
    gone = [
        ("Connection", "close, X-Hop"),
        ("X-Hop", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "close"),
        ("TE", "trailers"),
        ("Trailer", "X"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("Proxy-Authenticate", "Basic"),
        ("Proxy-Authentication-Info", "x"),
        ("Proxy-Authorization", "x"),
        ("Warning", '110 - "stale"'),  # section 5.5: obsolete
    ]
    assert kept_headers(raw([*gone, *kept]), PRIVATE) == raw(kept)
    limited = [("Cache-Control", 'private="X-A", max-age=5'), *kept]
    assert kept_headers(raw(limited), PRIVATE) == raw(limited)
    assert kept_headers(raw(limited), SHARED) == raw([pair for pair in limited if pair[0] != "X-A"])  # 5.2.2.7


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://A.test", "http://a.test:80/"),
        ("http://a.test:80/x?b=1&a=2#part", "http://a.test:80/x?b=1&a=2"),
        ("https://user:secret@a.test/x", "https://a.test:443/x"),
        ("http://[::1]:8080/%7Ex", "http://[::1]:8080/~x"),
    ],
)
def test_keys(url: str, key: str) -> None:
    """Section 2: the target uri; never its credentials."""
    assert key_of(URL(url), shared=False) == key
    assert key_of(URL(url), shared=True) == f"shared:{key}"


def test_another_host_field_is_another_site() -> None:
    url = URL("http://a.test/x")
    assert key_of(url, "A.test", shared=False) == key_of(url, shared=False)
    assert key_of(url, "b.test", shared=False) != key_of(url, shared=False)


@pytest.mark.parametrize(
    ("vary", "first", "second", "same"),
    [
        ("Accept", {"Accept": "a"}, {"accept": "a"}, True),
        ("ACCEPT", {"Accept": "a"}, {"accept": "a"}, True),
        ("Accept", {"Accept": "a"}, {"Accept": "b"}, False),
        ("Accept", {"Accept": "a"}, {}, False),
        ("Accept", {"Accept": ""}, {}, False),
        ("Accept", {}, {}, True),
        ("Accept", {"Accept": "a"}, {"Accept": "a", "X": "1"}, True),
        ("Accept", {"Accept": "a,b"}, {"Accept": "a ,  b"}, True),
        ("Accept", [("Accept", "a"), ("Accept", "b")], {"Accept": "a, b"}, True),
        ("Accept", [("Accept", "a"), ("Accept", "b")], [("Accept", "b"), ("Accept", "a")], False),
        ("Accept, Cookie", {"Accept": "a", "Cookie": "u=1"}, {"Accept": "a", "Cookie": "u=2"}, False),
        ("Accept, Cookie", {"Accept": "a", "Cookie": "u=1"}, {"Cookie": "u=1", "Accept": "a"}, True),
        ("Cookie", [("Cookie", "a=1"), ("Cookie", "b=2")], {"Cookie": "a=1; b=2"}, True),
    ],
)
def test_vary(vary: str, first: dict[str, str], second: dict[str, str], same: bool) -> None:
    """Section 4.1."""
    for shared in (False, True):
        chosen = selecting(vary_names(Headers({"Vary": vary})), Headers(first), shared=shared)
        assert matches(chosen, Headers(second), shared=shared) is same


def test_what_chooses_tells_no_secrets() -> None:
    chosen = selecting(("cookie", "accept"), Headers({"Cookie": "sid=secret"}), shared=False)
    assert [name for name, _ in chosen] == ["accept", "authorization", "cookie"]
    assert "secret" not in repr(chosen)


DIGEST = 'Digest username="ada", realm="r", nonce="n", nc={}, cnonce="c", uri="/", response="x{}"'


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Bearer a", "Bearer a", True),
        ("Bearer a", "Bearer b", False),
        ("Bearer a", None, False),
        (None, "Bearer a", False),
        (DIGEST.format(1, 1), DIGEST.format(2, 2), True),
        (DIGEST.format(1, 1), DIGEST.format(1, 1).replace("ada", "bob"), False),
        (DIGEST.format(1, 1), "Digest", False),
    ],
)
def test_users_of_a_private_cache(first: str | None, second: str | None, same: bool) -> None:
    one, two = (Headers({"Authorization": each} if each else {}) for each in (first, second))
    assert matches(selecting((), one, shared=False), two, shared=False) is same
    assert matches(selecting((), one, shared=True), two, shared=True)
    if first is not None and second is not None:
        chosen = selecting(("authorization",), one, shared=True)
        assert matches(chosen, two, shared=True) is (first == second)


@pytest.mark.parametrize(
    ("method", "status", "headers", "paths"),
    [
        ("POST", 200, {}, ["/x"]),
        ("PUT", 201, {"Location": "/y", "Content-Location": "http://a.test/z?q"}, ["/x", "/y", "/z?q"]),
        ("PUT", 201, {"Location": "y"}, ["/x", "/y"]),
        ("PATCH", 303, {"Location": "http://a.test:80/x"}, ["/x"]),
        ("DELETE", 204, {"Location": "http://b.test/x"}, ["/x"]),  # another origin
        ("DELETE", 204, {"Location": "https://a.test/x"}, ["/x"]),
        ("DELETE", 204, {"Content-Location": "http://a.test:81/x"}, ["/x"]),
        ("DELETE", 204, {"Location": "mailto:a@b", "Content-Location": "http://[/"}, ["/x"]),
        ("PURGE", 200, {}, ["/x"]),  # unknown methods may be unsafe
        ("POST", 404, {}, []),
        ("POST", 500, {"Location": "/y"}, []),
        ("GET", 200, {"Location": "/y"}, []),
        ("HEAD", 200, {}, []),
        ("OPTIONS", 200, {}, []),
        ("TRACE", 200, {}, []),
        ("QUERY", 200, {"Location": "/y"}, []),
        ("PROPFIND", 207, {}, []),
    ],
)
def test_invalidation(method: str, status: int, headers: dict[str, str], paths: list[str]) -> None:
    """Section 4.4."""
    request = Request(method, URL("http://a.test/x"))
    for shared, start in ((False, ""), (True, "shared:")):
        expected = [f"{start}http://a.test:80{path}" for path in paths]
        assert invalidated_keys(request, status, Headers(headers), shared=shared) == expected

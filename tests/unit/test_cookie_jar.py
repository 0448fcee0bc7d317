"""The cookie jar."""

from __future__ import annotations

import http.cookiejar
import json
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from duohttp.exceptions import InvalidHeader
from duohttp.rules.cookie import default_path, domain_matches, domain_of, path_matches
from duohttp.rules.cookie_jar import Cookie, CookieJar, CookieTypes
from duohttp.rules.public_suffix import SuffixRules

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
NOW = 1357041600.0  # 2013-01-01T12:00:00Z, as in Go's tables
RULES = SuffixRules(["co.uk"])
DAY = 86400


def filled(*headers: str | bytes, url: str = "https://www.example.com/", jar: CookieJar | None = None) -> CookieJar:
    jar = CookieJar(public_suffixes=RULES) if jar is None else jar
    jar.set_from_response(URL(url), headers, NOW)
    return jar


def sent(jar: CookieJar, url: str = "https://www.example.com/", now: float = NOW) -> str | None:
    return jar.header_for(URL(url), now)


# Go's tables.

# Where RFC 6265bis is stricter than RFC 6265, which Go follows: these cases set over https what they set over http.
OVER_HTTPS = {
    "Secure cookies are not returned to http.": "section 5.7 step 13: http can't set Secure cookies",
    "Set initial cookies.": "section 5.7 step 13: http can't set Secure cookies",
    "Update value via http.": "section 5.7 step 13: http can't set Secure cookies",
    "Clear Secure flag from a http.": "section 5.7 step 16: http can't overlay Secure cookies",
}


def go() -> dict[str, Any]:
    path = VECTORS / "go-cookiejar.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


GO = go()
needs_go = pytest.mark.skipif(not GO, reason="go-cookiejar.json is not here")


def run_go(jar: CookieJar, case: dict[str, Any]) -> None:
    url = URL(case["fromURL"])
    if case["description"] in OVER_HTTPS:
        url = url.with_scheme("https")
    jar.set_from_response(url, case["setCookies"], NOW)
    jar.clear_expired(NOW + 1)
    assert sorted(f"{name}={value}" for name, value in jar.items()) == case["content"].split()
    for query in case["queries"]:
        header = jar.header_for(URL(query["url"]), NOW + 1)
        assert (header or "").replace("; ", " ") == query["want"], query


@needs_go
@pytest.mark.parametrize("table", ["basics", "chromiumBasics", "domainHandling"])
def test_go_tables(table: str) -> None:
    for case in GO[table]:
        run_go(CookieJar(public_suffixes=RULES), case)


@needs_go
@pytest.mark.parametrize("table", ["chromiumDeletion", "chromiumDomain", "updateAndDelete"])
def test_go_tables_of_steps(table: str) -> None:
    jar = CookieJar(public_suffixes=RULES)
    for case in GO[f"{table}_sequential"]:
        run_go(jar, case)


@needs_go
def test_go_default_paths() -> None:
    assert [default_path(path) for path, _ in GO["defaultPath"]] == [wanted for _, wanted in GO["defaultPath"]]


@needs_go
def test_go_domains() -> None:
    for case in GO["domainAndType"]:
        wanted = None if case["wantErr"] else (case["wantDomain"], case["wantHostOnly"])
        assert domain_of(case["host"], case["domain"], RULES.is_public) == wanted, case


# Matching.


@pytest.mark.parametrize(
    ("host", "domain", "matches"),
    [
        ("example.com", "example.com", True),
        ("a.b.example.com", "example.com", True),
        ("badexample.com", "example.com", False),
        ("example.com", "a.example.com", False),
        ("1.2.3.4", "3.4", False),
        ("1.2.3.4", "1.2.3.4", True),
        ("::1", "::1", True),
    ],
)
def test_domains_match_section_5_1_3(host: str, domain: str, matches: bool) -> None:
    assert domain_matches(host, domain) is matches


@pytest.mark.parametrize(
    ("path", "cookie_path", "matches"),
    [
        ("/", "/", True),
        ("/a", "/", True),
        ("/a", "/a", True),
        ("/a/", "/a", True),
        ("/a/b", "/a", True),
        ("/a/b", "/a/", True),
        ("/ab", "/a", False),
        ("/a", "/a/", False),
        ("/", "/a", False),
        ("/A", "/a", False),
    ],
)
def test_paths_match_section_5_1_4(path: str, cookie_path: str, matches: bool) -> None:
    assert path_matches(path, cookie_path) is matches


# Storing, section 5.7.


def test_a_cookie_goes_back_to_its_host_only_unless_it_names_a_domain() -> None:
    jar = filled("host=1", "domain=2; Domain=example.com")
    assert sent(jar) == "host=1; domain=2"
    assert sent(jar, "https://example.com/") == "domain=2"
    assert sent(jar, "https://a.www.example.com/") == "domain=2"
    assert sent(jar, "https://example.org/") is None
    assert sent(jar, "https://notexample.com/") is None


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.example.com", "com"),
        ("www.example.com", ".COM"),
        ("www.example.com", "com."),
        ("a.co.uk", "co.UK"),
        ("a.co.uk.", "co.uk."),
        ("a.co.uk.", "uk."),
        ("www.example.com", "other.com"),
        ("www.example.com", "a.www.example.com"),
        ("www.example.com", "ample.com"),
        ("www.example.com", "..example.com"),
        ("www.example.com", "example.com."),
        ("www.bücher.example", "bücher.example"),
        ("127.0.0.1", "0.0.1"),
        ("127.0.0.1", "1"),
        ("[::1]", "1"),
    ],
)
def test_domains_that_are_refused(host: str, domain: str) -> None:
    assert len(filled(f"a=b; Domain={domain}", url=f"https://{host}/")) == 0


def test_a_public_suffix_may_set_cookies_for_itself_alone_step_9() -> None:
    jar = filled("a=b; Domain=co.uk", url="https://co.uk/")
    assert sent(jar, "https://co.uk/") == "a=b"
    assert sent(jar, "https://x.co.uk/") is None


def test_the_default_public_suffixes_are_used_unless_others_are_given() -> None:
    jar = CookieJar()
    jar.set_from_response(URL("https://user.github.io/"), ["a=b; Domain=github.io", "c=d; Domain=user.github.io"], NOW)
    assert jar.keys() == ["c"]


def test_insecure_connections_neither_set_nor_get_secure_cookies_step_13() -> None:
    assert len(filled("a=b; Secure", url="http://www.example.com/")) == 0
    jar = filled("a=b; Secure")
    assert sent(jar, "http://www.example.com/") is None
    assert sent(jar, "ws://www.example.com/") is None
    assert sent(jar, "wss://www.example.com/") == "a=b"


@pytest.mark.parametrize(
    ("secure", "insecure", "kept"),
    [
        ("a=1; Secure", "a=2", False),
        ("a=1; Secure", "a=; Max-Age=0", False),
        ("a=1; Secure; Domain=example.com", "a=2", False),
        ("a=1; Secure", "a=2; Domain=example.com", False),
        ("a=1; Secure; Path=/login", "a=2; Path=/login/en", False),
        ("a=1; Secure; Path=/login", "a=2; Path=/", True),
        ("a=1; Secure; Path=/login", "a=2; Path=/foo", True),
        ("a=1; Secure", "b=2", True),
        ("a=1", "a=2", True),
    ],
)
def test_insecure_connections_do_not_overlay_secure_cookies_step_16(secure: str, insecure: str, kept: bool) -> None:
    jar = filled(secure)
    filled(insecure, url="http://www.example.com/", jar=jar)
    assert ("2" in jar.values()) is kept
    assert ("1" in jar.values()) is not (kept and secure == "a=1")
    other = filled("a=1; Secure", url="https://other.example.org/")
    filled("a=2", url="http://www.example.com/", jar=other)
    assert sorted(other.values()) == ["1", "2"]


def test_secure_names_are_forgotten_with_their_cookies() -> None:
    jar = filled("a=1; Secure", "a=2; Secure; Path=/x")
    jar.delete("a", path="/")
    filled("a=3; Path=/x", url="http://www.example.com/", jar=jar)
    assert jar.values() == ["2"]
    jar.delete("a")
    filled("a=3", url="http://www.example.com/", jar=jar)
    assert jar.values() == ["3"]


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("__Secure-a=1; Secure; Domain=example.com", True),
        ("__Secure-a=1", False),
        ("__SECURE-a=1", False),
        ("__Host-a=1; Secure; Path=/", True),
        ("__host-a=1; Secure; Path=/", True),
        ("__Host-a=1; Secure", False),
        ("__Host-a=1; Path=/", False),
        ("__HOST-a=1; Secure; Path=/x", False),
        ("__Host-a=1; Secure; Path=/; Domain=www.example.com", False),
        ("=__Host-a=1; Secure; Path=/", False),
        ("__Secure-; Secure", False),
        ("=__secure-x; Secure", False),
        ("__Hostess=1", True),
        ("a=1; SameSite=None", False),
        ("a=1; SameSite=None; Secure", True),
        ("a=1; SameSite=Lax", True),
    ],
)
def test_prefixes_and_same_site_steps_19_to_22(header: str, kept: bool) -> None:
    assert len(filled(header)) == kept


def test_a_host_prefix_needs_a_secure_connection() -> None:
    assert len(filled("__Host-a=1; Secure; Path=/", url="http://www.example.com/")) == 0


def test_a_cookie_takes_the_place_of_the_one_it_replaces_step_23() -> None:
    jar = filled("a=1", "b=2", "a=3")
    assert jar.items() == [("a", "3"), ("b", "2")]
    assert sent(jar) == "a=3; b=2"
    filled("a=host", "a=domain; Domain=www.example.com", "a=path; Path=/x", jar=jar)
    assert len(jar) == 4


def test_attributes_are_kept() -> None:
    jar = filled("a=b; Path=/x; Secure; HttpOnly; SameSite=Strict; Max-Age=60; Domain=example.com")
    assert jar.cookies() == [
        Cookie(
            "a",
            "b",
            "example.com",
            "/x",
            host_only=False,
            secure=True,
            http_only=True,
            same_site="Strict",
            expires=NOW + 60,
        )
    ]


def test_expiry() -> None:
    jar = filled("session=1", "minute=2; Max-Age=60", "date=3; Expires=Tue, 01 Jan 2013 12:02:00 GMT")
    assert sent(jar, now=NOW + 59) == "session=1; minute=2; date=3"
    assert sent(jar, now=NOW + 60) == "session=1; date=3"
    assert len(jar) == 2
    assert sent(jar, now=NOW + 120) == "session=1"
    assert sent(jar, now=NOW + 9000 * DAY) == "session=1"
    assert len(jar) == 1


def test_max_age_wins_over_expires_and_neither_exceeds_400_days_section_5_5() -> None:
    jar = filled(
        "a=1; Max-Age=60; Expires=Tue, 01 Jan 2030 12:00:00 GMT",
        "b=2; Expires=Tue, 01 Jan 2030 12:00:00 GMT",
        f"c=3; Max-Age={'9' * 100}",
    )
    assert [cookie.expires for cookie in jar.cookies()] == [NOW + 60, NOW + 400 * DAY, NOW + 400 * DAY]


@pytest.mark.parametrize("header", ["a=; Max-Age=0", "a=; Max-Age=-1", "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_deleting(header: str) -> None:
    jar = filled("a=1", header)
    assert len(jar) == 0
    assert not jar
    assert sent(jar) is None


def test_broken_headers_are_passed_over_and_the_rest_kept() -> None:
    jar = filled("a=1", "b=\x01", "", "c=" + "x" * 5000, "d=4")
    assert jar.keys() == ["a", "d"]


# Sending, section 5.8.


def test_longer_paths_first_then_as_they_came() -> None:
    jar = filled("a=1; Path=/", "b=2; Path=/x/y", "c=3; Path=/x", "d=4; Path=/x/y")
    assert sent(jar, "https://www.example.com/x/y/z") == "b=2; d=4; c=3; a=1"
    assert sent(jar, "https://www.example.com/x") == "c=3; a=1"
    assert sent(jar, "https://www.example.com") == "a=1"


@pytest.mark.parametrize("url", ["ftp://www.example.com/", "file:///x", "/relative", "unix://www.example.com/"])
def test_other_schemes_have_no_cookies(url: str) -> None:
    jar = filled("a=1")
    assert sent(jar, url) is None
    assert len(filled("a=1", url=url)) == 0


def test_the_port_and_the_case_of_the_host_do_not_matter() -> None:
    jar = filled("a=1", url="https://www.example.com:8443/")
    assert sent(jar, "https://WWW.example.com/") == "a=1"


def test_addresses_have_cookies_of_their_own() -> None:
    for host in ("127.0.0.1", "[::1]"):
        jar = filled("a=1", url=f"http://{host}:8080/")
        assert sent(jar, f"http://{host}/") == "a=1"
        assert sent(jar, "http://127.0.0.2/") is None


def test_a_cookie_without_a_name_is_its_value() -> None:
    assert sent(filled("value", "a=b")) == "value; a=b"
    assert sent(filled("=v=w")) == "v=w"


def test_what_is_beyond_ascii_goes_back_as_it_came() -> None:
    raw = "ü=€".encode() + b"; Path=/"
    header = sent(filled(raw, b"latin=\xe9\xff"))
    assert header is not None
    assert header.encode("latin-1") == "ü=€; latin=".encode() + b"\xe9\xff"
    assert sent(filled("ü=€")) == "ü=€".encode().decode("latin-1")


# Limits.


def test_excess_cookies_of_a_domain_go_by_the_order_of_section_5_7() -> None:
    jar = CookieJar(max_per_domain=10, public_suffixes=RULES)
    url = URL("https://www.example.com/")
    jar.set_from_response(url, [f"secure{n}=1; Secure" for n in range(5)], NOW)
    jar.set_from_response(url, [f"plain{n}=1" for n in range(3)], NOW + 1)
    jar.set_from_response(url, ["expired=1; Max-Age=1"], NOW + 1)
    jar.set_from_response(url, ["old=1; Path=/old"], NOW + 1)
    jar.header_for(url, NOW + 1.5)
    assert len(jar) == 10
    jar.set_from_response(url, ["new=1"], NOW + 5)
    # Of eleven nine stay: the expired goes first, then what is not Secure and was used least recently.
    assert jar.keys() == ["secure0", "secure1", "secure2", "secure3", "secure4", "plain0", "plain1", "plain2", "new"]
    assert "old" not in jar


def test_insecure_cookies_do_not_push_out_secure_ones() -> None:
    jar = CookieJar(max_per_domain=20, public_suffixes=RULES)
    filled(*[f"s{n}=1; Secure" for n in range(15)], jar=jar)
    filled(*[f"p{n}=1" for n in range(1000)], url="http://www.example.com/", jar=jar)
    assert [f"s{n}" in jar for n in range(15)] == [True] * 15
    assert len(jar) <= 20


def test_excess_cookies_in_all_leave_crowded_domains_first() -> None:
    jar = CookieJar(max_cookies=20, max_per_domain=10, public_suffixes=RULES)
    for n in range(11):
        jar.set_from_response(URL(f"https://h{n}.example/"), ["a=1"], NOW + n)
    jar.set_from_response(URL("https://crowd.example/"), [f"c{n}=1" for n in range(9)], NOW + 100)
    assert len(jar) == 20
    jar.set_from_response(URL("https://last.example/"), ["a=1"], NOW + 200)
    assert len(jar) == 18
    assert [cookie.domain for cookie in jar.cookies() if cookie.name == "a"] == [f"h{n}.example" for n in range(11)] + [
        "last.example"
    ]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_small_limits(limit: int) -> None:
    for jar in (CookieJar(max_per_domain=limit), CookieJar(max_cookies=limit)):
        assert 1 <= len(filled(*[f"a{n}=1" for n in range(10)], jar=jar)) <= limit


def test_a_flood_of_cookies_costs_little() -> None:
    jar = CookieJar()
    start = time.process_time()
    jar.set_from_response(URL("https://www.example.com/"), [f"n{n}={n}" for n in range(20_000)], NOW)
    for n in range(20_500):
        jar.set_from_response(URL.build(scheme="https", host=f"h{n}.example"), ["a=1"], NOW)
    assert time.process_time() - start < 10
    assert len(jar) <= 20_000


def test_many_cookies_of_other_domains_cost_a_request_nothing() -> None:
    def seconds(jar: CookieJar) -> float:
        url, best = URL("https://www.h500.example/path"), 9.0
        for _ in range(5):
            start = time.process_time()
            for _ in range(500):
                jar.header_for(url, NOW)
            best = min(best, time.process_time() - start)
        return best

    few, many = CookieJar(), CookieJar()
    headers = [f"n{n}=value; Domain=h500.example" for n in range(10)]
    few.set_from_response(URL("https://h500.example/"), headers, NOW)
    for number in range(1000):
        domain = f"h{number}.example"
        many.set_from_response(
            URL.build(scheme="https", host=domain), [f"n{n}=value; Domain={domain}" for n in range(10)], NOW
        )
    assert len(many) == 10_000
    assert seconds(many) < 3 * seconds(few) + 0.01


# By hand.


def test_as_a_mapping() -> None:
    jar = CookieJar({"a": "1"})
    jar["b"] = "2"
    assert (jar["a"], jar.get("b"), jar.get("c"), jar.get("c", "3")) == ("1", "2", None, "3")
    assert list(jar) == jar.keys() == ["a", "b"]
    assert jar.values() == ["1", "2"]
    assert dict(jar) == dict(jar.items()) == {"a": "1", "b": "2"}
    assert "a" in jar
    assert "c" not in jar
    assert 1 not in jar
    del jar["a"]
    with pytest.raises(KeyError):
        del jar["a"]
    with pytest.raises(KeyError):
        jar["a"]
    assert len(jar) == 1
    jar.clear()
    assert not jar


def test_cookies_set_by_hand() -> None:
    jar = CookieJar()
    jar.set("any", "1")
    jar.set("host", "2", "Example.com", "/x", secure=True, http_only=True, same_site="Lax", expires=NOW + 5)
    jar.set("domain", "3", ".example.com")
    jar.set("idn", "4", "bücher.example")
    assert sent(jar, "https://example.com/x") == "host=2; any=1; domain=3"
    assert sent(jar, "http://a.example.com/x") == "any=1; domain=3"
    assert sent(jar, "http://bücher.example/") == "any=1; idn=4"
    assert sent(jar, "http://127.0.0.1/") == "any=1"
    assert sent(jar, "https://example.com/x", NOW + 5) == "any=1; domain=3"


def test_several_of_a_name() -> None:
    jar = CookieJar()
    jar.set("a", "root", "x.example")
    jar.set("a", "path", "x.example", "/p")
    jar.set("a", "other", "y.example")
    assert jar["a"] == "path"
    assert jar.get("a", domain="y.example") == "other"
    assert jar.get("a", domain=".Y.example") == "other"
    assert jar.get("a", path="/") == "root"
    assert jar.get("a", "none", "z.example") == "none"
    jar.delete("a", "x.example", "/p")
    assert jar.values() == ["root", "other"]
    with pytest.raises(KeyError):
        jar.delete("a", "z.example")
    jar.clear("x.example")
    assert jar.values() == ["other"]
    jar.clear(path="/nowhere")
    assert len(jar) == 1


def test_clearing_by_time() -> None:
    jar = filled("a=1", "b=2; Max-Age=5", "c=3; Max-Age=50")
    jar.clear_expired(NOW + 10)
    assert jar.keys() == ["a", "c"]
    jar.clear_session()
    assert jar.keys() == ["c"]


def test_update_takes_jars_cookies_mappings_and_pairs() -> None:
    source = filled("a=1; Domain=example.com; Max-Age=50")
    jar = CookieJar([("b", "2")])
    jar.update(source)
    jar.update(source.cookies())
    jar.update({"c": "3"})
    assert jar.items() == [("b", "2"), ("a", "1"), ("c", "3")]
    assert jar.cookies()[1] == source.cookies()[0]
    wrong: list[Any] = [[1], ["abc"], [("a",)]]
    for cookies in wrong:
        with pytest.raises(InvalidHeader, match="mapping or pairs"):
            jar.update(cookies)


def test_update_takes_a_jar_of_the_standard_library() -> None:
    def cookie(name: str, domain: str, **rest: Any) -> http.cookiejar.Cookie:
        initial_dot = domain.startswith(".")
        options: dict[str, Any] = {"secure": False, "expires": None, "rest": {}, **rest}
        return http.cookiejar.Cookie(
            0, name, "v", None, False, domain, initial_dot, initial_dot, "/", True, discard=True, comment=None,
            comment_url=None, **options,
        )  # fmt: skip

    library = http.cookiejar.CookieJar()
    library.set_cookie(cookie("a", ".example.com", secure=True, expires=99))
    library.set_cookie(cookie("b", "example.com", rest={"HttpOnly": None}))
    foreign: Any = library
    jar = CookieJar(foreign)
    assert sorted(jar.cookies(), key=lambda c: c.name) == [
        Cookie("a", "v", "example.com", host_only=False, secure=True, expires=99.0),
        Cookie("b", "v", "example.com", http_only=True),
    ]


@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("a", "b;c", {}),
        ("a;b", "c", {}),
        ("a=b", "c", {}),
        ("a", "b\r\nX: y", {}),
        ("a\n", "b", {}),
        ("a", "b\x00", {}),
        (" a", "b", {}),
        ("a", "b ", {}),
        ("", "", {}),
        ("a", "b" * 4096, {}),
        ("a", 1, {}),
        (None, "b", {}),
        ("a", None, {}),
        ("a", "b", {"path": "x"}),
        ("a", "b", {"path": "/\n"}),
        ("a", "b", {"domain": "\ud800"}),
        ("a", "b", {"expires": float("nan")}),
    ],
)
def test_what_a_header_can_not_carry_is_refused(name: Any, value: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidHeader) as caught:
        CookieJar().set(name, value, **options)
    assert "X: y" not in str(caught.value)


def test_copies_are_independent_and_equal() -> None:
    jar = filled("a=1", "b=2; Path=/x")
    copy = jar.copy()
    assert copy == jar
    assert copy != CookieJar()
    assert jar != {"a": "1"}
    copy["a"] = "changed"
    copy.cookies()[0].value = "not stored"
    assert jar["a"] == "1"
    assert filled("c=1; Domain=co.uk", url="https://x.co.uk/", jar=copy).get("c") is None


def test_it_pickles_without_its_lock() -> None:
    jar = filled("a=1; Domain=example.com", jar=CookieJar(lock=threading.Lock()))
    again = pickle.loads(pickle.dumps(jar))
    assert again == jar
    assert sent(again) == "a=1"


def test_values_are_never_shown() -> None:
    jar = filled("name=secret; Domain=example.com", "host=secret")
    jar.set("any", "secret")
    assert repr(jar) == "<CookieJar of 3 cookies for 3 domains>"
    assert repr(jar.cookies()) == (
        "[<Cookie name for *.example.com/>, <Cookie host for www.example.com/>, <Cookie any for any host/>]"
    )


def test_threads_share_a_jar_by_its_lock() -> None:
    jar = CookieJar(lock=threading.Lock(), max_per_domain=50, public_suffixes=RULES)
    url = URL("https://www.example.com/")
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for n in range(200):
                jar.set_from_response(
                    url, [f"n{number}-{n % 20}={n}", "gone=; Max-Age=0", f"gone={n}; Max-Age=1"], NOW + n
                )
                assert jar.header_for(url, NOW + n + 2)
                jar.get("gone")
                jar.items()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(jar) == len(jar.cookies()) <= 50


def test_the_empty_jar_is_empty() -> None:
    empty: CookieTypes = {}
    assert len(CookieJar(empty)) == 0
    assert CookieJar().header_for(URL("http://h/"), NOW) is None
    assert CookieJar().cookies_for(URL("http://h/"), NOW) == []

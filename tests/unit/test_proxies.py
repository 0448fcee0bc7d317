"""Which proxy a request goes through."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from yarl import URL

from duohttp.exceptions import InvalidURL
from duohttp.rules.no_proxy import NoProxy
from duohttp.rules.proxies import ProxyChoice, ProxyRules, proxies_from_environment, proxy_rules
from duohttp.values.proxy import Proxy
from duohttp.values.url import Origin, endpoint_of, parse_url

HTTP = Origin("http", "h.test", 80)
HTTPS = Origin("https", "h.test", 443)


def origin(url: str) -> Origin:
    return endpoint_of(parse_url(url)).origin


def choice(rules: ProxyChoice, where: str | Origin) -> Proxy | None:
    url = parse_url(where if isinstance(where, str) else str(where))
    return rules.proxy_for(endpoint_of(url).origin, url)


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "username", "password"),
    [
        ("http://p.test:3128", "http", "p.test", 3128, None, ""),
        ("p.test:3128", "http", "p.test", 3128, None, ""),
        ("p.test", "http", "p.test", 80, None, ""),
        ("https://p.test/", "https", "p.test", 443, None, ""),
        ("socks5://u:p%40ss@p.test", "socks5", "p.test", 1080, "u", "p@ss"),
        ("socks5h://u@[::1]:9", "socks5h", "::1", 9, "u", ""),
        (URL("http://u:p@p.test"), "http", "p.test", 80, "u", "p"),
        ("http://:token@p.test", "http", "p.test", 80, "", "token"),
        ("http://u:@p.test", "http", "p.test", 80, "u", ""),
        ("http://p.test:0", "http", "p.test", 0, None, ""),
        # What desktops write into all_proxy.
        ("socks://p.test:9/", "socks5h", "p.test", 9, None, ""),
    ],
)
def test_proxy(url: Any, scheme: str, host: str, port: int, username: str | None, password: str) -> None:
    proxy = Proxy.of(url)
    assert (proxy.scheme, proxy.host, proxy.port) == (scheme, host, port)
    assert (proxy.username, proxy.password) == (username, password)
    assert proxy.is_socks == scheme.startswith("socks")


def test_credentials_given_apart() -> None:
    proxy = Proxy("http://p.test", username="Aladdin", password="open sesame")
    assert proxy.authorization == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert Proxy("http://p.test").authorization is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://p.test", "a proxy's scheme is http, https, socks4, socks4a, socks5, socks5h"),
        ("socks6://p.test", "a proxy's scheme"),
        ("ftp://:secret@p.test", "a proxy's scheme"),
        ("http://p.test#secret", "ends after the port"),
        ("http://:word@p.test#secret", "ends after the port"),
        ("http://u:secret@p.test/path", "ends after the port"),
        ("http://p.test?x", "ends after the port"),
        ("http://", "no host"),
        ("http://p.test:x", "port"),
        ("http://p\r\n.test", "control character"),
    ],
)
def test_proxy_that_is_none(url: str, message: str) -> None:
    with pytest.raises(InvalidURL, match=message) as caught:
        Proxy(url)
    assert "secret" not in str(caught.value)


def test_proxy_of_another_type() -> None:
    with pytest.raises(TypeError, match="a proxy is a url or a Proxy, not int"):
        Proxy.of(1)  # type: ignore[arg-type]


def test_proxies_are_values_and_keep_their_secret() -> None:
    one = Proxy("http://u:secret@p.test", headers={"X-Key": "secret"})
    other = Proxy("http://p.test:80", username="u", password="secret", headers={"x-key": "secret"})
    assert one == other
    assert hash(one) == hash(other)
    assert one != Proxy("http://u:other@p.test")
    assert one != "http://p.test"
    assert pickle.loads(pickle.dumps(one)) == one
    assert repr(one) == "Proxy('http://p.test:80')"
    assert str(Proxy("http://[::1]:8080")) == "http://[::1]:8080"


# What curl, Go and CPython test of no_proxy, and what they were attacked with.
@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "direct"),
    [
        ("", "h.test", 80, False),
        ("*", "h.test", 80, True),
        ("a.test *", "h.test", 80, True),
        ("h.test", "h.test", 80, True),
        ("H.Test", "h.TEST", 80, True),
        ("h.test", "www.h.test", 80, True),
        ("h.test", "noth.test", 80, False),
        ("h.test", "h.test.evil", 80, False),
        ("www.h.test", "h.test", 80, False),
        (".h.test", "h.test", 80, True),
        (".h.test", "www.h.test", 80, True),
        (".h.test", "noth.test", 80, False),
        ("*.h.test", "www.h.test", 80, True),
        ("h.test.", "h.test", 80, True),
        ("h.test", "h.test.", 80, True),
        ("a.test,h.test", "h.test", 80, True),
        ("a.test, h.test", "h.test", 80, True),
        ("a.test h.test", "h.test", 80, True),
        (",,h.test,,", "h.test", 80, True),
        (",", "h.test", 80, False),
        (".", "h.test", 80, False),
        ("test", "h.test", 80, True),
        ("h.test:80", "h.test", 80, True),
        ("h.test:80", "h.test", 81, False),
        ("h.test:80", "www.h.test", 80, True),
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1", "127.0.0.10", 80, False),
        ("127.0.0.1", "127.0.0.1.h.test", 80, False),
        ("0.0.1", "127.0.0.1", 80, False),
        (".0.0.1", "127.0.0.1", 80, False),
        ("127.0.0.1:80", "127.0.0.1", 80, True),
        ("127.0.0.1:80", "127.0.0.1", 81, False),
        ("192.168.0.0/16", "192.168.5.5", 80, True),
        ("192.168.0.0/16", "192.169.0.1", 80, False),
        ("192.168.1.1/16", "192.168.5.5", 80, True),
        ("10.0.0.0/8", "10.h.test", 80, False),
        ("0.0.0.0/0", "8.8.8.8", 80, True),
        ("0.0.0.0/0", "::1", 80, False),
        ("192.168.0.0/33", "192.168.0.1", 80, False),
        ("h.test/8", "h.test", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]", "::1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:80", "::1", 81, False),
        ("0:0:0:0:0:0:0:1", "::1", 80, True),
        ("::1", "::2", 80, False),
        ("fe80::/10", "fe80::1", 80, True),
        ("fe80::/10", "fe80::1%lo", 80, True),
        ("[fe80::]/10", "fe80::1", 80, True),
        ("fe80::/10", "fc00::1", 80, False),
        ("127.0.0.1", "::ffff:127.0.0.1", 80, True),
        ("*.h.test", "::1%25.h.test", 80, False),
        ("h.test", "::1%.h.test", 80, False),
        ("localhost", "127.0.0.1", 80, False),
        ("localhost", "localhost", 80, True),
    ],
)
def test_no_proxy(no_proxy: str, host: str, port: int, direct: bool) -> None:
    assert NoProxy(no_proxy).matches(host, port) is direct


def chosen(environ: dict[str, str], *origins: Origin) -> list[str | None]:
    rules = proxies_from_environment(environ)
    proxies = [choice(rules, each) for each in origins]
    return [None if proxy is None else proxy.host for proxy in proxies]


@pytest.mark.parametrize(
    ("environ", "http", "https"),
    [
        ({}, None, None),
        ({"http_proxy": "http://a"}, "a", None),
        ({"https_proxy": "http://a"}, None, "a"),
        ({"all_proxy": "socks5://a"}, "a", "a"),
        ({"ALL_PROXY": "a", "https_proxy": "b"}, "a", "b"),
        ({"HTTP_PROXY": "a"}, "a", None),
        ({"HTTP_PROXY": "a", "http_proxy": "b"}, "b", None),
        ({"HTTPS_PROXY": "a", "https_proxy": "b"}, None, "b"),
        ({"HTTP_PROXY": "a", "http_proxy": ""}, None, None),
        ({"all_proxy": "a", "http_proxy": ""}, None, "a"),
        ({"all_proxy": "a", "no_proxy": "h.test"}, None, None),
        ({"all_proxy": "a", "NO_PROXY": "h.test"}, None, None),
        ({"all_proxy": "a", "NO_PROXY": "h.test", "no_proxy": "x"}, "a", "a"),
        ({"all_proxy": "a", "no_proxy": "h.test:443"}, "a", None),
        # Run as a CGI program, HTTP_PROXY is what the other side sent as a header.
        ({"HTTP_PROXY": "evil", "REQUEST_METHOD": "GET"}, None, None),
        ({"HTTP_PROXY": "evil", "http_proxy": "a", "REQUEST_METHOD": "GET"}, "a", None),
        ({"HTTPS_PROXY": "a", "REQUEST_METHOD": "GET"}, None, "a"),
        # What is not needed is not read.
        ({"http_proxy": "a", "https_proxy": "b", "all_proxy": "ftp://c"}, "a", "b"),
        ({"http_proxy": "a", "https_proxy": "", "all_proxy": "ftp://c"}, "a", None),
    ],
)
def test_environment(environ: dict[str, str], http: str | None, https: str | None) -> None:
    assert chosen(environ, HTTP, HTTPS) == [http, https]


def test_websockets_go_as_http() -> None:
    environ = {"http_proxy": "a", "https_proxy": "b"}
    assert chosen(environ, origin("ws://h.test"), origin("wss://h.test")) == ["a", "b"]


def test_environment_that_names_no_proxy() -> None:
    with pytest.raises(InvalidURL, match="environment variable HTTPS_PROXY names no proxy") as caught:
        proxies_from_environment({"HTTPS_PROXY": "ftp://u:secret@h"})
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidURL, match="environment variable ALL_PROXY names no proxy"):
        proxies_from_environment({"ALL_PROXY": "ftp://h", "http_proxy": "a"})


def test_explicit_proxy_wins_over_the_environment() -> None:
    rules = proxy_rules("http://mine", {"all_proxy": "http://theirs", "no_proxy": "*"})
    assert choice(rules, HTTP) == Proxy("http://mine")


def test_environment_is_read_only_if_trusted() -> None:
    assert choice(proxy_rules(None, {"all_proxy": "a"}), HTTP) == Proxy("a")
    rules = proxy_rules(None, None)
    assert choice(rules, HTTP) is None
    assert not rules


def test_mapping_of_proxies() -> None:
    rules = proxy_rules(
        {
            "http": "http://a",
            "https://": "http://b",
            "https://special.test": Proxy("socks5://c"),
            "https://special.test:8443": None,
            "all://both.test/": "http://d",
            "no_proxy": "direct.test",
        },
        None,
    )
    hosts = {
        "http://h.test": "a",
        "https://h.test": "b",
        "https://special.test": "c",
        "https://special.test:8443": None,
        "http://special.test": "a",
        "http://both.test": "d",
        "https://both.test": "d",
        "https://www.direct.test": None,
    }
    found = {url: choice(rules, url) for url in hosts}
    assert {url: proxy and proxy.host for url, proxy in found.items()} == hosts
    assert {proxy.scheme for proxy in rules.proxies()} == {"http", "socks5"}
    assert rules


@pytest.mark.parametrize(
    ("pattern", "meant", "not_meant"),
    [
        ("all", ["http://h.test", "https://[::1]"], []),
        ("all://", ["http://h.test", "https://[::1]"], []),
        ("all://*", ["http://h.test", "https://[::1]"], []),
        ("http", ["http://h.test", "ws://h.test"], ["https://h.test"]),
        ("https://", ["https://h.test", "wss://h.test"], ["http://h.test"]),
        ("HTTP://", ["http://h.test"], ["https://h.test"]),
        ("all://h.test", ["http://h.test", "https://H.TEST:8443", "http://h.test."], ["http://www.h.test"]),
        ("all://h.test.", ["http://h.test", "http://h.test."], []),
        ("all://*.h.test", ["http://www.h.test", "http://a.b.h.test"], ["http://h.test", "http://noth.test"]),
        ("all://*h.test", ["http://www.h.test", "http://h.test"], ["http://noth.test", "http://h.test.evil.test"]),
        ("all://*:8080", ["http://h.test:8080", "https://[::1]:8080"], ["http://h.test"]),
        ("https://h.test:443", ["https://h.test", "https://h.test:443"], ["http://h.test:443", "https://h.test:80"]),
        ("all://127.0.0.1", ["http://127.0.0.1:5000"], ["http://127.0.0.10", "http://1.127.0.0.1.test"]),
        ("all://[0:0::1]:80", ["http://[::1]", "http://[0:0:0:0:0:0:0:1]"], ["http://[::1]:81", "http://[::2]"]),
        ("all://[fe80::1%25lo]", ["http://[fe80::1%25lo]"], ["http://[fe80::1]", "http://[fe80::1%25eth0]"]),
        ("all://[fe80::1]", ["http://[fe80::1]"], ["http://[fe80::1%25lo]"]),
        ("all://*.h.test", [], ["http://[::1%25.h.test]"]),
        ("all://bücher.test", ["http://bücher.test", "http://xn--bcher-kva.test"], []),
    ],
)
def test_patterns(pattern: str, meant: list[str], not_meant: list[str]) -> None:
    rules = proxy_rules({pattern: "http://p.test"}, None)
    assert [url for url in meant if choice(rules, url) is None] == []
    assert [url for url in not_meant if choice(rules, url) is not None] == []


def test_the_pattern_that_says_most_wins() -> None:
    patterns = [
        "all",
        "https",
        "all://*.h.test",
        "all://*www.h.test",
        "https://www.h.test",
        "all://*:81",
        "all://www.h.test:81",
    ]
    for order in (patterns, patterns[::-1]):
        rules = proxy_rules({pattern: f"http://p{patterns.index(pattern)}.test" for pattern in order}, None)
        urls = [
            "http://x",
            "https://x",
            "https://a.h.test",
            "http://www.h.test",
            "https://www.h.test",
            "https://x:81",
            "http://www.h.test:81",
        ]
        assert [getattr(choice(rules, url), "host", None) for url in urls] == [f"p{number}.test" for number in range(7)]


def test_function() -> None:
    asked: list[URL] = []

    def choose(url: URL) -> str | None:
        asked.append(url)
        return "http://u:p@p.test" if url.path.startswith("/far") else None

    rules = proxy_rules(choose, {"all_proxy": "http://theirs"})
    assert choice(rules, "http://h.test/far?x=1") == Proxy("http://u:p@p.test")
    assert choice(rules, "http://h.test/near") is None
    assert asked == [URL("http://h.test/far?x=1"), URL("http://h.test/near")]
    assert rules.proxies() == []


def test_function_that_returns_no_proxy() -> None:
    async def choose(url: URL) -> None:
        raise AssertionError("never runs")

    with pytest.raises(TypeError, match="can't be a coroutine function"):
        choice(proxy_rules(choose, None), HTTP)
    with pytest.raises(TypeError, match="a proxy is a url or a Proxy, not int"):
        choice(proxy_rules(lambda url: 1, None), HTTP)


def test_many_origins_are_not_remembered_for_ever() -> None:
    rules = ProxyRules({"http": Proxy("http://p.test")}, NoProxy("h7.test"))
    for number in range(3000):
        assert (choice(rules, f"http://h{number}.test") is None) == (number == 7)
    assert len(rules._known) <= 1024


@pytest.mark.parametrize(
    ("proxy", "error"),
    [
        ({"ftp": "http://a"}, InvalidURL),
        ({"http://h/path": "http://a"}, InvalidURL),
        ({"all://h:port": "http://a"}, InvalidURL),
        ({"all://::1": "http://a"}, InvalidURL),
        ({"all://a*b": "http://a"}, InvalidURL),
        ({"all://*.0.0.1": "http://a"}, InvalidURL),
        ({"all://user:secret@h": "http://a"}, InvalidURL),
        ({1: "http://a"}, TypeError),
        ({"http": 1}, TypeError),
        (1, TypeError),
    ],
)
def test_option_that_is_none(proxy: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        proxy_rules(proxy, None)
    assert "secret" not in str(caught.value)


def test_no_proxies_at_all() -> None:
    assert choice(ProxyRules({}, NoProxy("*")), HTTP) is None
    assert not NoProxy(" ")
    assert NoProxy(["h.test"]).matches("h.test", 1)

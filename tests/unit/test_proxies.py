"""Which proxy a request goes through."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from yarl import URL

from duohttp.exceptions import InvalidURL
from duohttp.rules.proxies import NoProxy, ProxyRules, proxies_from_environment, proxy_rules
from duohttp.values.proxy import Proxy
from duohttp.values.url import Origin, endpoint_of, parse_url

HTTP = Origin("http", "h.test", 80)
HTTPS = Origin("https", "h.test", 443)


def origin(url: str) -> Origin:
    return endpoint_of(parse_url(url)).origin


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
        ("ftp://p.test", "a proxy's scheme is http, https, socks5 or socks5h"),
        ("socks4://p.test", "a proxy's scheme"),
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
    proxies = [rules.proxy_for(each) for each in origins]
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


def test_explicit_proxy_wins_over_the_environment() -> None:
    rules = proxy_rules("http://mine", {"all_proxy": "http://theirs", "no_proxy": "*"})
    assert rules.proxy_for(HTTP) == Proxy("http://mine")


def test_environment_is_read_only_if_trusted() -> None:
    assert proxy_rules(None, {"all_proxy": "a"}).proxy_for(HTTP) == Proxy("a")
    rules = proxy_rules(None, None)
    assert rules.proxy_for(HTTP) is None
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
    found = {url: rules.proxy_for(origin(url)) for url in hosts}
    assert {url: proxy and proxy.host for url, proxy in found.items()} == hosts
    assert rules.schemes() == {"http", "socks5"}
    assert rules


@pytest.mark.parametrize(
    ("proxy", "error"),
    [
        ({"ftp": "http://a"}, InvalidURL),
        ({"http://h/path": "http://a"}, InvalidURL),
        ({1: "http://a"}, TypeError),
        ({"http": 1}, TypeError),
        (1, TypeError),
    ],
)
def test_option_that_is_none(proxy: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        proxy_rules(proxy, None)


def test_no_proxies_at_all() -> None:
    assert ProxyRules({}, NoProxy("*")).proxy_for(HTTP) is None
    assert not NoProxy(" ")
    assert NoProxy(["h.test"]).matches("h.test", 1)

"""Urls of servers behind a Unix socket."""

from __future__ import annotations

import pytest
from yarl import URL

from duohttp.exceptions import InvalidURL, UnsupportedProtocol
from duohttp.values.unix_url import socket_path
from duohttp.values.url import Endpoint, Origin, endpoint_of, join_base, join_url, parse_url

SOCKET = "http+unix://%2Frun%2FMy%20App.sock"


@pytest.mark.parametrize(
    ("text", "path", "target"),
    [
        (f"{SOCKET}/users?page=1#top", "/run/My App.sock", b"/users?page=1"),
        (SOCKET, "/run/My App.sock", b"/"),
        (f"{SOCKET}?page=1", "/run/My App.sock", b"/?page=1"),
        ("HTTP+UNIX://%2frun%2fx.sock/a b/ü", "/run/x.sock", b"/a%20b/%C3%BC"),
        ("http+unix://%2Frun%2Fx.sock:1/", "/run/x.sock:1", b"/"),
        ("http+unix://%00duohttp/x", "\0duohttp", b"/x"),
    ],
)
def test_the_host_is_the_path_of_the_socket(text: str, path: str, target: bytes) -> None:
    url = parse_url(text)
    endpoint = endpoint_of(url)
    assert isinstance(endpoint, Endpoint)
    assert endpoint.origin.scheme == "http+unix"
    assert socket_path(endpoint.origin.host) == path
    assert (endpoint.target, endpoint.host) == (target, b"localhost")
    assert parse_url(url) == url == parse_url(str(url))


def test_small_and_capital_letters_are_other_sockets() -> None:
    upper, lower = (endpoint_of(parse_url(f"http+unix://%2Frun%2F{name}/")).origin for name in ("A", "a"))
    assert upper != lower
    assert str(upper) == "http+unix://%2Frun%2FA"


@pytest.mark.parametrize(
    "text",
    [
        "http+unix:///run/x.sock",
        "http+unix://run%2Fx.sock/",
        "http+unix://%2F/",
        "http+unix://%2Frun%00/",
        "http+unix://user:secret@%2Frun%2Fx/",
        "http+unix://%2Frun%2Fx\\y/",
        "http+unix://%FF%2Frun/",
        "http+unix:x",
    ],
)
def test_what_is_no_socket(text: str) -> None:
    with pytest.raises((InvalidURL, UnsupportedProtocol)) as caught:
        endpoint_of(parse_url(text))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "result"),
    [
        ("/b", f"{SOCKET}/b"),
        ("c?x=1", f"{SOCKET}/a/c?x=1"),
        ("?x=1", f"{SOCKET}/a/b?x=1"),
        ("../..", f"{SOCKET}/"),
        ("http://example.org/x", "http://example.org/x"),
        ("//example.org/x", "http://example.org/x"),
        (f"{SOCKET}/other", f"{SOCKET}/other"),
        ("http+unix://%2Frun%2Fother/x", "http+unix://%2Frun%2Fother/x"),
        ("//unix.invalid/x", "http://unix.invalid/x"),
    ],
)
def test_references(reference: str, result: str) -> None:
    assert str(join_url(parse_url(f"{SOCKET}/a/b"), parse_url(reference))) == result


def test_a_base_url() -> None:
    base = parse_url(f"{SOCKET}/v1.40")
    assert str(join_base(base, URL("containers/json"))) == f"{SOCKET}/v1.40/containers/json"
    assert endpoint_of(join_base(base, URL("/x?y=1"))).origin == Origin("http+unix", "%2Frun%2FMy%20App.sock", 0)

"""Query parameters."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from yarl import URL

from duohttp.exceptions import InvalidURL
from duohttp.values.params import merge_params
from duohttp.values.unset import UNSET
from duohttp.values.url import parse_url


def query(url: str, client: Any = None, request: Any = None) -> str:
    return merge_params(URL(url), client, request).raw_query_string


@pytest.mark.parametrize("nothing", [None, {}, [], "", UNSET])
def test_nothing_given_is_the_very_same_url(nothing: Any) -> None:
    url = URL("http://h/?a=1")
    assert merge_params(url, nothing, nothing) is url
    assert merge_params(url) is url


@pytest.mark.parametrize(
    ("url", "client", "request_", "expected"),
    [
        ("http://h/", None, {"a": "1"}, "a=1"),
        ("http://h/", {"a": "1"}, None, "a=1"),
        ("http://h/?b=2", None, {"a": "1"}, "b=2&a=1"),
        # For each key the request wins over the url's own, and that over the client's.
        (
            "http://h/?a=url&b=url",
            {"a": "client", "b": "client", "c": "client"},
            {"a": "request"},
            "b=url&c=client&a=request",
        ),
        ("http://h/?a=1&a=2&b=3", None, {"a": "4"}, "b=3&a=4"),
        ("http://h/", {"a": ["1", "2"]}, {"a": "3"}, "a=3"),
        ("http://h/", {"a": "1"}, {"b": "2"}, "a=1&b=2"),
        # None drops the key.
        ("http://h/?a=1&b=2", None, {"a": None}, "b=2"),
        ("http://h/?a=1", {"b": "2"}, {"a": None, "b": None}, ""),
        ("http://h/?a=1", {"a": None, "b": None}, None, "a=1"),
        ("http://h/?a=1", None, {"a": []}, ""),
        # Values.
        ("http://h/", None, {"a": True, "b": False, "c": 1, "d": 1.5}, "a=true&b=false&c=1&d=1.5"),
        ("http://h/", None, {"a": ["x", 1, None, True]}, "a=x&a=1&a=true"),
        ("http://h/", None, {"a": ()}, ""),
        ("http://h/", None, [("a", "1"), ("b", "2"), ("a", "3")], "a=1&b=2&a=3"),
        ("http://h/", None, {"a": date(2024, 1, 2)}, "a=2024-01-02"),
        ("http://h/", None, {"a b": "c&d=e#f/ü+%"}, "a+b=c%26d%3De%23f%2F%C3%BC%2B%25"),
        ("http://h/", None, {"a": b"\xff"}, "a=%FF"),
        ("http://h/", None, {1: 2}, "1=2"),
        ("http://h/", None, {"a": ""}, "a="),
        # A query as text.
        ("http://h/?a=1", None, "a=2&b=3", "a=2&b=3"),
        ("http://h/", {"a": "1"}, "?b=x%20y+z", "a=1&b=x%20y+z"),
        ("http://h/", None, "a=100%&b= ü#", "a=100%25&b=%20%C3%BC%23"),
        ("http://h/", None, "flag&&x", "flag&x"),
        ("http://h/", "a=1&b=2", {"b": None}, "a=1"),
    ],
)
def test_merging(url: str, client: Any, request_: Any, expected: str) -> None:
    assert query(url, client, request_) == expected


def test_what_the_url_holds_keeps_its_encoding() -> None:
    url = URL("http://u:p@h:8080/a%2Fb?sig=a%2Bb%2f&x=y%20z&flag&d=1#part", encoded=True)
    merged = merge_params(url, None, {"d": "2"})
    assert str(merged) == "http://u:p@h:8080/a%2Fb?sig=a%2Bb%2f&x=y%20z&flag&d=2#part"
    assert merge_params(url, {"sig": "other", "x": "other", "flag": "other"}) == url


def test_keys_are_compared_as_they_are_meant() -> None:
    assert query(
        "http://h/?a%20b=1&c+d=2&%65=3", {"a b": "x", "c d": "x", "e": "x"}, None
    ) == "a%20b=1&c+d=2&%65=3".replace("%65", "e")
    assert merge_params(URL("http://h/?%C3%BC=1", encoded=True), None, {"ü": "2"}).raw_query_string == "%C3%BC=2"


def test_the_result_is_a_url_like_any_other() -> None:
    merged = merge_params(parse_url("http://h/p?a=1"), None, {"b": "x y"})
    assert merged == parse_url(str(merged))
    assert merged.query == {"a": "1", "b": "x y"}
    relative = merge_params(parse_url("users/1?a=1"), None, {"b": "2"})
    assert str(relative) == "users/1?a=1&b=2"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (1, "params= takes a mapping or pairs, not int"),
        (b"a=1", "params= takes a mapping or pairs, not bytes"),
        ({"a": {"b": 1}}, "params= can't hold a dict at 'a'"),
        ({"a": object()}, "can't hold a object"),
        ({None: 1}, "a key that is no text but NoneType"),
        ([("a",)], "params= takes a mapping or pairs of key and value"),
        (["ab"], "params= takes pairs of key and value, not str"),
        ({"a": "\ud800"}, "lone surrogate"),
        ("a=\ud800", "lone surrogate"),
    ],
)
def test_other_types_are_errors(params: Any, message: str) -> None:
    with pytest.raises(InvalidURL, match=message):
        merge_params(URL("http://h/"), None, params)
    with pytest.raises(InvalidURL, match=message):
        merge_params(URL("http://h/"), params)

"""Headers: checks, encoding, decoding."""

from __future__ import annotations

from typing import Any

import pytest

from duohttp.exceptions import InvalidHeader, InvalidMethod
from duohttp.values.headers import Headers, check_method, encode_header, header_lines


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\n", "a\r", "a\0", "ä", "a\x7f", "(a)", " a"])
def test_bad_names(name: str) -> None:
    with pytest.raises(InvalidHeader):
        encode_header(name, "x")


@pytest.mark.parametrize("value", ["a\r", "a\n", "a\r\nb: c", "\0", "\x7f", "\x0b", "\u010a", "\u560a"])
def test_bad_values(value: str) -> None:
    with pytest.raises(InvalidHeader, match="'X-Key'") as caught:
        encode_header("X-Key", value)
    assert value not in str(caught.value)


def test_lines() -> None:
    headers = Headers([("A", "1"), ("b", " two\t"), ("A", "é")])
    assert header_lines(headers) == b"A: 1\r\nb: two\r\nA: \xe9\r\n"
    assert header_lines(headers) == header_lines(headers)


def test_multi_dict() -> None:
    headers = Headers.of([("A", "1"), ("a", b"2"), (b"N", 3)])  # type: ignore[arg-type]
    assert headers["a"] == "1"
    assert headers.get_list("A") == ["1", "2"]
    assert headers.get_list("none") == []
    assert headers.multi_items() == [("A", "1"), ("a", "2"), ("N", "3")]


def test_many_different_values_do_not_pile_up() -> None:
    from duohttp.values import headers as module

    for number in range(5000):
        encode_header("X-Id", str(number))
    assert len(module._LINES) <= 2048


def test_from_raw_decodes_utf8_else_latin1() -> None:
    headers = Headers.from_raw([(b"A", b"plain"), (b"B", "ü".encode()), (b"C", b"\xfc")])
    assert list(headers.values()) == ["plain", "ü", "ü"]


@pytest.mark.parametrize("pairs", [["a"], [("a",)], [("a", "b", "c")], [(1, "b")], [("a", None)], [("a", True)]])
def test_wrong_shapes(pairs: Any) -> None:
    with pytest.raises(InvalidHeader):
        Headers.of(pairs)


@pytest.mark.parametrize("method", ["", "GE T", "G\n", "GÄT", "a(b", 7, None])
def test_bad_methods(method: Any) -> None:
    with pytest.raises(InvalidMethod):
        check_method(method)


def test_methods() -> None:
    assert check_method("get") == "GET"
    assert check_method("PURGE") == "PURGE"
    assert check_method("m-search") == "m-search"

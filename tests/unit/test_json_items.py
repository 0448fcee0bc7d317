"""The items of a JSON array, cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from duohttp import DecodingError
from duohttp.rules.json_items import JsonArray, JsonItems

ITEMS: list[Any] = [
    *(1, -2.5, True, None, "", "a", "\\", '"', 'a\\"]},[', "é😀", "\n"),
    *([], {}, [[1, [2]], "]"], {"a": {"b": [1, 2, {"c": "}{"}]}, "\\": ","}),
]


def parsed(step: Any, text: str, cut: int) -> list[Any]:
    items = [item for start in range(0, len(text), cut) for item in step.feed(text[start : start + cut])]
    return items + list(step.finish())


def decode(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise DecodingError(str(error)) from None


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 10_000])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("step", [JsonArray, JsonItems])
def test_items(step: Any, indent: int | None, cut: int) -> None:
    for ascii_only in (True, False):
        text = json.dumps(ITEMS, indent=indent, ensure_ascii=ascii_only)
        assert parsed(step(decode), f" \n{text}\r\n ", cut) == ITEMS
    assert parsed(step(decode), " [ \n ] ", cut) == []
    assert parsed(step(decode), "[[]]", cut) == [[]]


@pytest.mark.parametrize("cut", [1, 10_000])
def test_lines_where_there_is_no_array(cut: int) -> None:
    assert parsed(JsonItems(decode), '\n{"a": [1]}\n\n2\r\n"x"', cut) == [{"a": [1]}, 2, "x"]
    assert parsed(JsonItems(decode), " \n ", cut) == []


@pytest.mark.parametrize("cut", [1, 10_000])
@pytest.mark.parametrize(
    "text", ["[", "[1", "[1,", '["a', '["a\\"]', "[[1]", "[1,]", "[,1]", "[1,,2]", "[1]x", "[1}2]", "[x]"]
)
def test_what_is_no_array(text: str, cut: int) -> None:
    with pytest.raises(DecodingError):
        parsed(JsonArray(decode), text, cut)


def test_other_values_are_no_array() -> None:
    with pytest.raises(DecodingError, match="no JSON array"):
        parsed(JsonArray(decode), '{"a": 1}', 100)


def test_items_are_given_as_soon_as_they_are_whole() -> None:
    step = JsonArray(decode)
    assert list(step.feed("[1, 2")) == [1]
    assert list(step.feed("3, [4")) == [23]
    assert list(step.feed("]]")) == [[4]]


def test_one_long_string_costs_no_more_than_its_length() -> None:
    step = JsonArray(len)
    assert list(step.feed('["')) == []
    for _ in range(100_000):
        assert list(step.feed('0123456789\\"]' * 8)) == []
    assert list(step.feed('"]')) == [100_000 * 13 * 8 + 2]

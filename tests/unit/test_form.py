"""Forms, urlencoded."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from duohttp.exceptions import InvalidBody
from duohttp.values.form import FormBody, is_form


class Colour(Enum):
    RED = "red"


class Name(StrEnum):
    A = "a"


class Number(IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("fields", "encoded"),
    [
        ({}, b""),
        ({"a": "1"}, b"a=1"),
        ({"a": ""}, b"a="),
        ({"a": 1, "b": 1.5, "c": True, "d": False, "e": None}, b"a=1&b=1.5&c=true&d=false"),
        ({"a": ["x", 2, None]}, b"a=x&a=2"),
        ({"a": ("x",), "b": []}, b"a=x"),
        ([("a", "1"), ("b", "2"), ("a", "3")], b"a=1&b=2&a=3"),
        (iter([["a", "1"]]), b"a=1"),
        (MultiDict([("a", "1"), ("a", "2")]), b"a=1&a=2"),
        ({"a b": "c d+e"}, b"a+b=c+d%2Be"),
        ({"ü": "€"}, b"%C3%BC=%E2%82%AC"),
        ({"a": b"\xff /"}, b"a=%FF+%2F"),
        ({"a": "*-._~"}, b"a=*-._%7E"),
        ({"a": "&=\r\n%"}, b"a=%26%3D%0D%0A%25"),
        ({1: "x", b"b": "y"}, b"1=x&b=y"),
        ({"a": Colour.RED, "b": Name.A, "c": Number.ONE}, b"a=red&b=a&c=1"),
        ({"a": Decimal("1.10"), "b": uuid.UUID(int=1)}, b"a=1.10&b=00000000-0000-0000-0000-000000000001"),
        (
            {"a": date(2024, 1, 2), "b": datetime(2024, 1, 2, tzinfo=UTC)},
            b"a=2024-01-02&b=2024-01-02T00%3A00%3A00%2B00%3A00",
        ),
    ],
)
def test_fields(fields: Any, encoded: bytes) -> None:
    body = FormBody(fields)
    assert body.data == encoded
    assert body.content_length == len(encoded)
    assert body.content_type == "application/x-www-form-urlencoded"
    assert body.replayable


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("a=1", "takes a mapping or pairs, not str"),
        (b"a=1", "takes a mapping or pairs, not bytes"),
        (1, "takes a mapping or pairs, not int"),
        (["ab"], "takes pairs of key and value, not str"),
        ([("a",)], "takes a mapping or pairs of key and value"),
        ([1], "takes a mapping or pairs of key and value"),
        ({"a": {"b": 1}}, "can't hold a dict at 'a'"),
        ({"a": [["b"]]}, "can't hold a list at 'a'"),
        ({"a": object()}, "can't hold a object at 'a'"),
        ({None: "a"}, "no text but NoneType"),
        ({(): "a"}, "no text but tuple"),
        ({b"\xff": "a"}, "no text but bytes"),
        ({"a": "\ud800"}, "lone surrogate"),
    ],
)
def test_what_is_no_form_is_an_error(fields: Any, message: str) -> None:
    with pytest.raises(InvalidBody, match=message):
        FormBody(fields)


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=10))))
def test_it_reads_back_as_it_was_written(fields: list[tuple[str, str]]) -> None:
    from urllib.parse import parse_qsl

    encoded = FormBody(fields).data.decode("ascii")
    assert parse_qsl(encoded, keep_blank_values=True) == [pair for pair in fields if encoded]


def test_is_form() -> None:
    for data in ({}, {"a": "1"}, [], [("a", "1")], [["a", "1"]], (("a", "1"),)):
        assert is_form(data)
    contents: list[Any] = [b"", "", [b"ab"], ["ab"], [("a",)], iter([])]
    for content in contents:
        assert not is_form(content)

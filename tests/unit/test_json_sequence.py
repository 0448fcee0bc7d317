"""JSON text sequences (RFC 7464), cut anywhere."""

from __future__ import annotations

import json

import pytest

from duohttp import DecodingError
from duohttp.rules.json_sequence import JsonSequence, is_json_sequence

from .test_json_items import ITEMS, decode, parsed


def sequence(*texts: str) -> str:
    return "".join(f"\x1e{text}\n" for text in texts)


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("indent", [None, 2])
def test_texts(indent: int | None, cut: int) -> None:
    text = sequence(*(json.dumps(item, indent=indent) for item in ITEMS))
    assert parsed(JsonSequence(decode), text, cut) == ITEMS
    assert parsed(JsonSequence(decode), " \n\x1e\x1e\n" + text + "\x1e", cut) == ITEMS
    assert parsed(JsonSequence(decode), "", cut) == []


def test_a_text_comes_with_its_line_feed() -> None:
    step = JsonSequence(decode)
    assert list(step.feed('\x1e{"a":\n')) == []
    assert list(step.feed("[1]}")) == []
    assert list(step.feed("\n")) == [{"a": [1]}]
    assert list(step.feed("\x1e[2]\x1e3")) == [[2]]
    assert list(step.feed("4 \x1e")) == [34]


@pytest.mark.parametrize("cut", [1, 10_000])
@pytest.mark.parametrize(
    "text",
    ["\x1e12", "\x1e12\x1e3\n", "\x1etrue", '\x1e{"a": 1', "\x1e[1\x1e2\n", '\x1e"a', "\x1enul\n", "1\n", "\x1e1 2\n"],
)
def test_texts_that_are_cut_off_or_none(text: str, cut: int) -> None:
    with pytest.raises(DecodingError):
        parsed(JsonSequence(decode), text, cut)


def test_content_types() -> None:
    assert is_json_sequence("Application/JSON-seq; x=1")
    assert is_json_sequence("application/geo+json-seq")
    assert not is_json_sequence("application/json")
    assert not is_json_sequence("")

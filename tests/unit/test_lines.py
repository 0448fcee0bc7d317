"""Lines out of pieces of text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duohttp.rules.lines import LineSplitter


def split(pieces: list[str]) -> list[str]:
    splitter = LineSplitter()
    lines = [line for piece in pieces for line in splitter.feed(piece)]
    return lines + splitter.finish()


def reference(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb\r", ["a", "b"]),
        ("\n\n", ["", ""]),
        ("\r\n\r\n", ["", ""]),
        ("\r\r\n\n", ["", "", ""]),
        ("a\x0bb\x0cc\x85d\u2028e\x1cf", ["a\x0bb\x0cc\x85d\u2028e\x1cf"]),
    ],
)
def test_line_ends_are_lf_crlf_and_cr_at_every_cut(text: str, lines: list[str]) -> None:
    assert split([text]) == lines
    assert split(list(text)) == lines
    for cut in range(len(text) + 1):
        assert split([text[:cut], text[cut:]]) == lines


@given(st.lists(st.text(alphabet="ab\r\n", max_size=8), max_size=12))
def test_any_cut_gives_the_lines_of_the_whole(pieces: list[str]) -> None:
    assert split(pieces) == reference("".join(pieces))


def test_a_line_is_given_as_soon_as_its_end_is_seen() -> None:
    splitter = LineSplitter()
    assert splitter.feed("a\r") == ["a"]
    assert splitter.feed("") == []
    assert splitter.feed("\n") == []
    assert splitter.feed("\n") == [""]
    assert splitter.finish() == []


def test_it_can_be_used_again_after_finish() -> None:
    splitter = LineSplitter()
    assert splitter.feed("a\rb\r") == ["a", "b"]
    assert splitter.finish() == []
    assert splitter.feed("\nc") == [""]
    assert splitter.finish() == ["c"]


def test_one_long_line_in_many_pieces_costs_linear_time() -> None:
    start = time.process_time()
    assert split(["x" * 10] * 200_000 + ["\n"]) == ["x" * 2_000_000]
    assert time.process_time() - start < 3

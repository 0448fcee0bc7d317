"""Which bytes of a file are there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duohttp.rules.ranges import Ranges, pieces_of

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


@given(RANGES)
def test_ranges_are_sets_of_bytes(pairs: list[tuple[int, int]]) -> None:
    ranges = Ranges(pairs)
    wanted = {byte for first, end in pairs for byte in range(first, end)}
    found = [byte for first, end in ranges for byte in range(first, end)]
    assert found == sorted(wanted)
    assert ranges.size == len(wanted)
    edges = [edge for pair in ranges for edge in pair]
    assert edges == sorted(set(edges)), "ranges that touch are one"
    missing = [byte for first, end in ranges.missing(50) for byte in range(first, end)]
    assert missing == [byte for byte in range(50) if byte not in wanted]


@given(RANGES, st.integers(1, 9))
def test_pieces_are_small_and_cover_all(pairs: list[tuple[int, int]], size: int) -> None:
    missing = Ranges(pairs).missing(60)
    pieces = pieces_of(missing, size)
    assert all(0 < end - first <= size for first, end in pieces)
    assert sorted(byte for first, end in pieces for byte in range(first, end)) == [
        byte for first, end in missing for byte in range(first, end)
    ]
    assert pieces == sorted(pieces, reverse=True)

"""The parser of event streams: public vectors, whole and cut anywhere, and what they do not cover."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from duohttp import DecodingError
from duohttp.rules.event_stream import EventStreamParser, ServerSentEvent, reconnect_delay

FILE = Path(__file__).parents[2].parent / "shared" / "vectors" / "sse-parse.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else []


def parsed(pieces: list[bytes], **options: Any) -> list[ServerSentEvent[Any]]:
    parser = EventStreamParser(**options)
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.skipif(not VECTORS, reason="the public vectors are not here")
@pytest.mark.parametrize("size", [None, 1, 2, 3, 7])
def test_public_vectors(size: int | None) -> None:
    for case in VECTORS:
        pieces = [chunk.encode("latin-1") for chunk in case["chunks_latin1"]]
        size = size or case["split_every"]
        if size is not None:
            whole = b"".join(pieces)
            pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        events = [{"type": event.event, "data": event.data, "id": event.id} for event in parsed(pieces)]
        expected = [{key: event[key] for key in ("type", "data", "id")} for event in case["events"]]
        assert events == expected, case["name"]


def test_an_event_is_given_as_soon_as_its_blank_line_is_seen() -> None:
    parser = EventStreamParser()
    assert parser.feed(b"data: a\r\n\r") == [ServerSentEvent("message", "a")]
    assert parser.feed(b"\ndata: b\n") == []
    assert parser.feed(b"\n") == [ServerSentEvent("message", "b")]


def test_retry_and_last_event_id() -> None:
    parser = EventStreamParser(last_event_id="7")
    assert parser.feed(b"data: a\n\n") == [ServerSentEvent("message", "a", "7")]
    assert parser.feed(b"retry: 250\ndata: b\nid: 8\n\n") == [ServerSentEvent("message", "b", "8", 250)]
    assert parser.feed(b"retry: soon\nretry: -1\nretry: 9999999999999999\ndata: c\n\n") == [
        ServerSentEvent("message", "c", "8")
    ]
    assert (parser.last_event_id, parser.retry) == ("8", 250)
    assert parser.feed(b"id: 9\n") == []
    assert parser.last_event_id == "8"
    assert parser.feed(b"\n") == []
    assert parser.last_event_id == "9"


def test_comments_come_when_asked_for() -> None:
    text = b": hello\ndata: a\n:\n\n"
    assert parsed([text]) == [ServerSentEvent("message", "a")]
    comments = [event.comment for event in parsed([text], comments=True)]
    assert comments == ["hello", "", None]


@pytest.mark.parametrize("cut", [1, 100, 10_000])
def test_the_size_of_an_event_is_bounded(cut: int) -> None:
    text = b"data: " + b"x" * 5000
    fits, grows = text + b"\n\n", b"data: y\n" * 2000
    parser = EventStreamParser(max_size=6000)
    for data in [fits] * 3:
        assert sum(len(parser.feed(data[start : start + cut])) for start in range(0, len(data), cut)) == 1
    pieces = [grows[start : start + cut] for start in range(0, len(grows), cut)]
    with pytest.raises(DecodingError, match="more than 6000 bytes"):
        parsed(pieces, max_size=6000)
    with pytest.raises(DecodingError):
        parsed([b":" + b"x" * 1000] * 7, max_size=6000)


def test_a_long_stream_takes_no_room() -> None:
    parser = EventStreamParser()
    piece = b"id: 1\ndata: " + b"x" * 1000 + b"\n\n"
    block = piece * 16
    parser.feed(block)
    tracemalloc.start()
    try:
        count = sum(len(parser.feed(block)) for _ in range(1000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 16_000
    assert peak < 500_000


def test_one_long_line_in_many_pieces_costs_no_more_than_its_length() -> None:
    parser = EventStreamParser(max_size=None)
    parser.feed(b"data: ")
    for _ in range(200_000):  # a parser that joined what it has each time would take minutes
        parser.feed(b"0123456789" * 10)
    events = parser.feed(b"\n\n")
    assert len(events[0].data) == 20_000_000


def test_delays_double_up_to_a_minute() -> None:
    assert reconnect_delay(0, 3.0, None, 0.9) == 3.0
    assert reconnect_delay(0, 3.0, 250, 0.9) == 0.25
    assert [reconnect_delay(count, 3.0, None, 0.0) for count in (1, 2, 3, 9)] == [6, 12, 24, 60]
    assert reconnect_delay(2, 3.0, None, 1.0) == 6
    assert reconnect_delay(3, 3.0, 0, 0.0) == pytest.approx(0.8)
    assert reconnect_delay(5, 3.0, 120_000, 0.0) == 120
    assert reconnect_delay(0, 3.0, 10**14, 0.0) == 24 * 3600
    assert reconnect_delay(10**6, 3.0, None, 0.0) == 60

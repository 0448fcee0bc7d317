"""The strict response cases of llhttp's own test suite, delivered whole, byte by byte and at random cuts."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from duohttp.exceptions import RemoteProtocolError
from duohttp.rules.http1 import ResponseParser

VECTORS = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "llhttp.json"

# Where this parser decides otherwise than llhttp.
REFUSED = {
    "RTSP response": "an HTTP client takes HTTP only",
    "ICE response": "an HTTP client takes HTTP only",
    "HTTP version 0.9": "HTTP/0.9 responses have no head, and no HTTP/1.1 server sends one that claims to be 0.9",
}
# An error to llhttp; here the response stands, and what follows it is dropped with the connection.
UNCLEAN = {
    "HTTP/1.1 with keep-alive disabled and 204 status",
    "HTTP/1.1 with keep-alive disabled, content-length",
}
# Lines are judged when they are complete, and the input stops inside one.
COMPLETED = {"Invalid space after start line"}


def load() -> list[dict[str, Any]]:
    if not VECTORS.exists():
        return []
    return [case for case in json.loads(VECTORS.read_text()) if case["type"] == "response"]


CASES = load()


class Expected:
    """What llhttp's log says of the first final response. The log names offsets into the input."""

    def __init__(self, case: dict[str, Any], data: bytes) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = False
        self.extra = False
        field = value = b""
        for line in case["log"].splitlines():
            if span := re.match(r"off=(\d+) len=(\d+) span\[(\w+)\]", line):
                piece = data[int(span[1]) : int(span[1]) + int(span[2])]
                if self.complete:
                    self.extra = True
                elif span[3] == "header_field":
                    field += piece
                elif span[3] == "header_value":
                    value += piece
                elif span[3] == "body":
                    self.body += piece
            elif self.complete:
                self.extra = self.extra or "error" in line
            elif line.endswith("header_value complete"):
                self.headers.append((field, value.rstrip(b" \t")))
                field = value = b""
            elif head := re.search(r"headers complete status=(\d+)", line):
                self.status = int(head[1])
            elif line.endswith("message complete"):
                if 100 <= self.status < 200 and self.status != 101:
                    self.headers = []
                else:
                    self.complete = True


def deliver(case: dict[str, Any], data: bytes, cuts: list[int]) -> ResponseParser:
    parser = ResponseParser()
    parser.start("HEAD" if case["meta"].get("skipBody") else "GET", upgrade=" 101 " in case["input"])
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        parser.feed(data[start:end])
    return parser


def deliveries(data: bytes, seed: str) -> list[list[int]]:
    draw = random.Random(seed)
    cuts = [sorted(draw.sample(range(1, len(data)), min(draw.randint(1, 5), len(data) - 1))) for _ in range(10)]
    return [[], list(range(1, len(data))), *cuts]


@pytest.mark.skipif(not CASES, reason="the public test vectors are not beside this checkout")
def test_there_are_cases() -> None:
    assert len(CASES) >= 70
    titles = {case["title"] for case in CASES}
    assert titles >= set(REFUSED) | UNCLEAN | COMPLETED


@pytest.mark.parametrize("case", CASES, ids=[f"{case['file'].rpartition('/')[2]}: {case['title']}" for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    data = case["input"].encode() + (b"\r\n" if case["title"] in COMPLETED else b"")
    expected = Expected(case, data)
    title = case["title"]
    fails = title in REFUSED or (case["error"] is not None and not expected.complete)
    for cuts in deliveries(data, title):
        if fails:
            with pytest.raises(RemoteProtocolError):
                deliver(case, data, cuts)
            continue
        parser = deliver(case, data, cuts)
        assert parser.status_code == expected.status
        trailers = parser.trailers if expected.complete else []
        assert parser.headers + trailers == expected.headers
        if parser.upgraded:
            # llhttp calls the message of a 101 complete; here the connection is a tunnel from there on.
            assert expected.complete
            assert data.endswith(parser.leftover)
            continue
        assert parser.take_body() == expected.body
        assert parser.complete == expected.complete
        if expected.extra or title in UNCLEAN:
            assert not parser.reusable

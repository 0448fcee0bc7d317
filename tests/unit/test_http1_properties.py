"""What holds for every response and every way it is cut; and seeded mutations, which only ever raise our errors."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duohttp.exceptions import RemoteProtocolError, ServerDisconnected
from duohttp.rules.http1 import ResponseParser

token = st.text("abcXYZ-_0!", min_size=1, max_size=8).map(str.encode)
value = st.text('ab cd\té,;="', max_size=12).map(lambda text: text.strip(" \t").encode())
reason = st.sampled_from([b"OK", b"", b"Not Found", b"Was \xfcberall", b"Nobody Knows This"])
connection = st.sampled_from([b"", b"Connection: close\r\n", b"connection: keep-alive\r\n", b"Connection: a, b\r\n"])
extra = st.sampled_from([b"", b"", b"", b"\r\n", b"\n", b"HTTP/1.1 200 OK\r\n\r\n", b"garbage"])
OFTEN = settings(max_examples=150, deadline=None, derandomize=True)


@st.composite
def heads(draw: st.DrawFn, status: int | None = None) -> bytes:
    code = status or draw(st.sampled_from([200, 204, 206, 304, 404, 500]))
    lines = [b"%b: %b\r\n" % pair for pair in draw(st.lists(st.tuples(token, value), max_size=4))]
    return b"HTTP/1.%d %d %b\r\n" % (draw(st.sampled_from([1, 1, 1, 0])), code, draw(reason)) + b"".join(lines)


@st.composite
def chunked(draw: st.DrawFn) -> bytes:
    body = b""
    for data in draw(st.lists(st.binary(min_size=1, max_size=40), max_size=4)):
        extension = draw(st.sampled_from([b"", b";a", b";a=b", b';a="b;c"', b";a=b;c=d"]))
        body += b"%x%b\r\n%b\r\n" % (len(data), extension, data)
    trailers = draw(st.sampled_from([b"", b"", b"T: 1\r\n", b"T:\r\nU: 2\r\n"]))
    return b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailers + b"\r\n"


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    early = b"".join(b"HTTP/1.1 %d \r\n\r\n" % code for code in draw(st.lists(st.sampled_from([100, 103]), max_size=2)))
    head = early + draw(heads()) + draw(connection)
    kind = draw(st.sampled_from(["length", "length", "chunked", "close"]))
    if kind == "chunked":
        return head + draw(chunked()) + draw(extra)
    body = draw(st.binary(max_size=60))
    if kind == "close":
        return head + b"\r\n" + body
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body + draw(extra)


def outcome(parser: ResponseParser, method: str, pieces: list[bytes], upgrade: bool = False) -> tuple[Any, ...]:
    """Return all that can be seen of a response delivered in these pieces, up to the end of the connection."""
    parser.start(method, upgrade=upgrade)
    error: str | None = None
    body = b""
    reusable = False
    try:
        for piece in pieces:
            parser.feed(piece)
            body += parser.take_body()
        reusable = parser.reusable
        parser.feed_eof()
    except RemoteProtocolError as raised:
        error = str(raised)
    return (
        error,
        body,
        reusable,
        parser.complete,
        parser.head_complete,
        parser.informational,
        parser.head_complete and (parser.status_code, parser.reason_phrase, parser.http_version, parser.headers),
        parser.trailers,
        parser.upgraded and parser.leftover,
    )


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({place % len(data) for place in cuts} - {0})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


@OFTEN
@given(responses(), st.sampled_from(["GET", "HEAD", "POST"]), st.lists(st.integers(0, 500), max_size=8))
def test_any_cut_gives_the_same(data: bytes, method: str, cuts: list[int]) -> None:
    whole = outcome(ResponseParser(), method, [data])
    assert outcome(ResponseParser(), method, cut(data, cuts)) == whole
    assert outcome(ResponseParser(), method, [data[at : at + 1] for at in range(len(data))]) == whole


@OFTEN
@given(responses(), responses(), st.sampled_from(["GET", "HEAD"]), st.lists(st.integers(0, 500), max_size=3))
def test_a_used_parser_is_as_good_as_a_new_one(before: bytes, data: bytes, method: str, cuts: list[int]) -> None:
    parser = ResponseParser()
    parser.start("GET")
    parser.feed(before)
    if parser.reusable:
        assert outcome(parser, method, cut(data, cuts)) == outcome(ResponseParser(), method, [data])


@OFTEN
@given(responses(), st.integers(0, 1000), st.booleans())
def test_a_truncated_response_is_no_success_unless_only_extra_bytes_or_the_end_are_missing(
    data: bytes, place: int, whole: bool
) -> None:
    data = data[: place % len(data)]
    parser = ResponseParser()
    error, body, _, complete, head_complete, *_ = outcome(
        parser, "GET", [data] if whole else cut(data, [3]) if data else []
    )
    if not complete:
        assert error is not None
        return
    assert error is None
    assert head_complete
    headers = {name.lower(): text for name, text in parser.headers}
    if b"content-length" in headers and parser.status_code not in (204, 304):
        assert len(body) == int(headers[b"content-length"])


SEEDS = [
    b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: 1\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n\x00\x01",
    b'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n',
]
TOKENS = [
    b"\r\n",
    b"\r",
    b"\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b"0",
    b"-1",
    b"ffffffffffffffff",
    b"\x80",
    b"\xff",
]
TOKENS += [
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"\r\n\r\n",
    b"0\r\n\r\n",
]


def mutate(draw: random.Random, data: bytes) -> bytes:
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data) + 1)
        end = min(len(data), place + draw.choice([0, 0, 1, 1, 2, 10]))
        kind = draw.randrange(4)
        if kind == 0:
            middle = draw.choice(TOKENS)
        elif kind == 1:
            middle = bytes([draw.randrange(256)])
        elif kind == 2:
            middle = data[place:end] * 2
        else:
            middle = b""
        data = data[:place] + middle + data[end:]
    return data


@pytest.mark.parametrize("seed", range(6))
def test_mutations_raise_our_errors_only_and_cuts_change_nothing(seed: int) -> None:
    draw = random.Random(seed)
    accepted = 0
    for number in range(700):
        data = mutate(draw, SEEDS[seed])
        method = draw.choice(["GET", "GET", "HEAD", "CONNECT"])
        where = (seed, number, method, data)
        results = []
        for pieces in (
            [data],
            [data[at : at + 1] for at in range(len(data))],
            cut(data, [draw.randrange(999)]) if data else [],
        ):
            parser = ResponseParser()
            result = outcome(parser, method, pieces, upgrade=seed == 4)
            results.append(result)
            accepted += result[0] is None
            assert not parser.reusable, where
        first = results[0]
        for other in results[1:]:
            if first[0] is None:
                assert other == first, where
            else:
                # What was taken before the error may differ: a piece with an error in it is refused as a whole.
                assert other[0] is not None, where
    assert 0 < accepted < 3 * 700


def test_truncated_inputs_are_disconnects() -> None:
    for data in SEEDS[:3]:
        for place in range(len(data)):
            parser = ResponseParser()
            parser.start("GET")
            parser.feed(data[:place])
            with pytest.raises(ServerDisconnected):
                parser.feed_eof()


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200_000 + b"\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30D40\r\n" + b"x" * 200_000 + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 33_000 + b"0\r\n\r\n",
    ],
    ids=["header", "length", "chunk", "chunks"],
)
@pytest.mark.timeout(20)
def test_byte_by_byte_is_not_quadratic(data: bytes) -> None:
    """Copying all that came with every byte would move 20 GB here, and run into the time limit."""
    parser = ResponseParser()
    parser.start("GET")
    for at in range(len(data)):
        parser.feed(data[at : at + 1])
    assert parser.complete
    assert parser.reusable

"""Bodies that are encoded, or watched, while they are sent."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from duohttp import BodyNotReplayable, InvalidRequest
from duohttp.rules.encoders import EncodedBody, check_codings, compressors
from duohttp.values.body import AsyncIteratorBody, Body, BytesBody, IteratorBody
from duohttp.values.seen_body import SeenBody

pytestmark = pytest.mark.anyio


def encoded(body: Body) -> EncodedBody:
    return EncodedBody(body, lambda: compressors(["gzip"], []))


def test_names() -> None:
    assert check_codings(["GZIP ", "identity", "br"], []) == ("gzip", "br")
    with pytest.raises(InvalidRequest, match="lzw"):
        check_codings(["lzw"], [])


def test_a_body_encoded_again_and_again() -> None:
    body = encoded(BytesBody(b"text " * 100_000, "text/plain"))
    assert (body.content_type, body.content_length, body.replayable, body.blocking) == ("text/plain", None, True, True)
    for _ in range(2):
        assert gzip.decompress(b"".join(body.open())) == b"text " * 100_000  # type: ignore[arg-type]
    once = encoded(IteratorBody(iter([b"x"])))
    assert gzip.decompress(b"".join(once.open())) == b"x"  # type: ignore[arg-type]
    with pytest.raises(BodyNotReplayable):
        once.open()


@pytest.mark.parametrize("wrap", [encoded, lambda body: SeenBody(body, lambda piece: None)])
def test_the_source_is_closed_when_sending_stops(wrap: Any) -> None:
    closed: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield from (b"x" * 1000, b"y" * 1000)
        finally:
            closed.append(True)

    chunks: Any = wrap(IteratorBody(pieces())).open()
    next(chunks)
    chunks.close()
    assert list(chunks) == []
    assert closed == [True]


async def async_pieces(closed: list[bool]) -> AsyncIterator[bytes]:
    try:
        for _ in range(100):
            yield b"piece " * 10
    finally:
        closed.append(True)


async def test_async_bodies() -> None:
    body = encoded(AsyncIteratorBody(async_pieces([])))
    assert body.is_async
    assert not body.blocking
    assert gzip.decompress(b"".join([piece async for piece in body.open()])) == b"piece " * 1000  # type: ignore[union-attr]


@pytest.mark.parametrize("wrap", [encoded, lambda body: SeenBody(body, lambda piece: None)])
async def test_an_async_source_is_closed_when_sending_stops(wrap: Any) -> None:
    closed: list[bool] = []
    chunks: Any = wrap(AsyncIteratorBody(async_pieces(closed))).open()
    await chunks.__anext__()
    await chunks.aclose()
    assert [piece async for piece in chunks] == []
    assert closed == [True]


def test_seen_bodies() -> None:
    seen: list[bytes | None] = []
    body = SeenBody(IteratorBody([b"a", b"b"], "text/plain", 2), seen.append)
    assert (body.content_type, body.content_length, body.replayable) == ("text/plain", 2, True)
    assert list(body.open()) == [b"a", b"b"]  # type: ignore[arg-type]
    assert seen == [None, b"a", b"b"]


async def test_seen_async_bodies() -> None:
    seen: list[bytes | None] = []
    body = SeenBody(AsyncIteratorBody(async_pieces([])), seen.append)
    assert len([piece async for piece in body.open()]) == 100  # type: ignore[union-attr]
    assert len(seen) == 101

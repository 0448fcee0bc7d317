"""Multipart bodies, cut anywhere."""

from __future__ import annotations

import pytest

from duohttp import BodyPart, DecodingError, Headers
from duohttp.rules.multipart_parts import MultipartParts, boundary_of

BODY = (
    b"preamble\r\n--other\r\n\r\n--b\r\n"
    b'Content-Type: text/plain; charset=latin-1\r\nContent-Disposition: form-data; name="a"; filename="x.txt"\r\n\r\n'
    b"caf\xe9\r\n--bb\r\n-b\r\r\n"
    b"\r\n--b \t\r\n\r\n\r\n--b\r\nX:\r\n folded\r\n\r\n"
    + bytes(range(256))
    + b"\r\n--b--\r\nepilogue\r\n--b\r\n\r\nno part\r\n--b--"
)


def parsed(body: bytes, cut: int, max_size: int | None = None) -> list[BodyPart]:
    step = MultipartParts(b"b", max_size)
    parts = [part for start in range(0, len(body), cut) for part in step.feed(body[start : start + cut])]
    return [*parts, *step.finish()]


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 10_000])
def test_parts(cut: int) -> None:
    first, second, third = parsed(BODY, cut)
    assert (first.name, first.filename) == ("a", "x.txt")
    assert first.text == "café\r\n--bb\r\n-b\r\r\n"
    assert (second.headers, second.content, second.name) == (Headers(), b"", None)
    assert third.headers["x"] == "folded"
    assert third.content == bytes(range(256))
    assert parsed(b"--b--", cut) == []
    assert [part.content for part in parsed(b"--b\r\nA: 1\r\n\r\nx\r\n--b--\r\n", cut)] == [b"x"]


@pytest.mark.parametrize("cut", [1, 10_000])
@pytest.mark.parametrize(
    "body", [b"", b"text", b"--b\r\n\r\nx", b"--b\r\nA: 1\r\n--b--", b"--b\r\nnone\r\n\r\nx\r\n--b--"]
)
def test_broken_bodies(body: bytes, cut: int) -> None:
    with pytest.raises(DecodingError):
        parsed(body, cut)


@pytest.mark.parametrize("size", [1001, 200_000])
def test_the_size_of_a_part_is_bounded(size: int) -> None:
    assert len(parsed(b"--b\r\n\r\n" + b"x" * 1000 + b"\r\n--b--", 100, 1000)) == 1
    with pytest.raises(DecodingError, match="1000 bytes"):
        parsed(b"--b\r\n\r\n" + b"x" * size + b"\r\n--b--", 100, 1000)
    assert len(parsed(b"preamble" * 50_000 + b"\r\n--b\r\n\r\nx\r\n--b--", 100, 1000)) == 1


def test_boundaries() -> None:
    assert boundary_of('multipart/byteranges; boundary="a b"') == b"a b"
    for content_type in ("multipart/mixed", "text/plain; boundary=x", "", "multipart"):
        with pytest.raises(DecodingError, match="boundary"):
            boundary_of(content_type)

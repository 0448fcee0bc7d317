"""Multipart forms."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duohttp.exceptions import BodyNotReplayable, InvalidBody, InvalidHeader
from duohttp.values.body import AsyncIteratorBody, Body, BytesBody, TextBody
from duohttp.values.multipart import FormData, multipart_body

from .test_body import AsyncFile, async_pieces, collect, run, sent


def head(name: str, rest: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{rest}\r\n\r\n'.encode()


def parsed(body: Body) -> list[Any]:
    text = f"Content-Type: {body.content_type}\r\n\r\n".encode() + sent(body)
    message = BytesParser(policy=HTTP).parsebytes(text)
    assert not message.defects
    return list(message.iter_parts())


def test_fields_and_files_as_they_are_on_the_wire() -> None:
    form = FormData(boundary="b").field("title", "Grüße").field("count", 3).file("f", b"\x00\xff", filename="a.png")
    form.file("meta", TextBody("{}", "application/json"), filename=None, headers={"X-Part": "1"})
    assert form.content_type == "multipart/form-data; boundary=b"
    assert sent(form) == (
        head("title") + "Grüße".encode() + b"\r\n" + head("count") + b"3\r\n"
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        b"\x00\xff\r\n"
        b'--b\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\nX-Part: 1\r\n\r\n'
        b"{}\r\n"
        b"--b--\r\n"
    )
    assert form.content_length == len(sent(form))
    assert form.replayable
    assert sent(form) == sent(form)
    assert b"".join(sent(segment) for segment in form.segments) == sent(form)


def test_an_empty_form() -> None:
    form = FormData(boundary="b")
    assert sent(form) == b"--b--\r\n"
    assert form.content_length == 7


def test_boundaries_are_random_or_checked() -> None:
    assert len({FormData().content_type for _ in range(100)}) == 100
    for boundary in ("", "a b", 'a"b', "a\r\nb", "ü", "x" * 71, "a;b"):
        with pytest.raises(InvalidBody, match="boundary"):
            FormData(boundary=boundary)


def test_field_values() -> None:
    form = FormData(boundary="b").field("a", [1, True, None, "x"]).field("none", None).field("raw", b"\xff")
    form.field("json", "{}", content_type="application/json")
    assert sent(form) == (
        head("a") + b"1\r\n" + head("a") + b"true\r\n" + head("a") + b"x\r\n" + head("raw") + b"\xff\r\n"
        b'--b\r\nContent-Disposition: form-data; name="json"\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n'
    )


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("naïve 文.txt", "naïve 文.txt"),
        ('a"b', "a%22b"),
        ("a\r\nb", "a%0D%0Ab"),
        ("a\\b;c=d", "a\\b;c=d"),
        ("%22", "%22"),
        ("\x00\x7f", "%00%7F"),
        ("\u010a\u560a\u2028", "\u010a\u560a\u2028"),
    ],
)
def test_names_are_quoted_as_browsers_do(text: str, quoted: str) -> None:
    form = FormData(boundary="b").file(text, b"", filename=text, content_type="a/b")
    lines = sent(form).split(b"\r\n")
    assert lines[1] == f'Content-Disposition: form-data; name="{quoted}"; filename="{quoted}"'.encode()
    assert len(lines) == 7


@given(st.text(), st.text())
def test_no_name_breaks_out_of_its_quotes(name: str, filename: str) -> None:
    form = FormData(boundary="b").file(name, b"", filename=filename, content_type="a/b")
    first, disposition, content_type, *rest = sent(form).split(b"\r\n")
    assert first == b"--b"
    assert content_type == b"Content-Type: a/b"
    assert rest == [b"", b"", b"--b--", b""]
    assert disposition.count(b'"') == 4
    assert not any(byte < 0x20 or byte == 0x7F for byte in disposition)


@pytest.mark.parametrize("evil", ["a/b\r\nX: y", "a/b\n", "a\x00b", "a/b\u010a"])
def test_headers_can_not_be_injected(evil: str) -> None:
    with pytest.raises(InvalidHeader):
        FormData().file("f", b"", content_type=evil)
    with pytest.raises(InvalidHeader):
        FormData().field("f", "", content_type=evil)
    with pytest.raises(InvalidHeader):
        FormData().file("f", b"", headers={"X": evil})
    with pytest.raises(InvalidHeader):
        FormData().file("f", b"", headers={evil: "x"})
    with pytest.raises(InvalidHeader):
        FormData().file("f", TextBody("x", evil))


def test_custom_headers() -> None:
    form = FormData(boundary="b").file("f", b"", headers=[("X-A", "1"), ("x-a", "2"), ("content-type", "c/d")])
    assert sent(form).split(b"\r\n")[2:5] == [b"X-A: 1", b"x-a: 2", b"content-type: c/d"]
    with pytest.raises(InvalidHeader, match="Content-Disposition of 'f' is written by the form"):
        FormData().file("f", b"", headers={"content-disposition": "x"})


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [
        ("a.png", "image/png"),
        ("a.json", "application/json"),
        ("a.tar.gz", "application/gzip"),
        ("a.txt.bz2", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_content_types_are_guessed_from_file_names(filename: str, content_type: str) -> None:
    part = parsed(FormData().file("f", b"", filename=filename))[0]
    assert part.get_content_type() == content_type


def test_file_names_come_from_files(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"jpeg")
    named = io.BytesIO(b"x")
    named.name = "C:\\dir\\a.csv"
    numbered = io.BytesIO(b"x")
    numbered.name = 3
    with path.open("rb") as file:
        form = FormData().file("f", path).file("f", file).file("f", named).file("f", numbered).file("f", "text")
        names = [part.get_filename() for part in parsed(form)]
    assert names == ["photo.jpg", "photo.jpg", "a.csv", "f", "f"]


# What parts may be.


def test_a_known_length_needs_every_part_and_so_does_sending_again(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 200_000)
    form = (
        FormData().field("a", "1").file("p", path).file("m", io.BytesIO(b"m")).file("t", "text").file("l", [b"1", b"2"])
    )
    assert form.content_length is None
    assert form.replayable
    assert sent(form) == sent(form)
    sized = FormData().file("p", path).file("m", io.BytesIO(b"m")).field("b", "2").file("t", b"y" * 100_000)
    assert sized.content_length == len(sent(sized))
    assert sized.blocking
    assert not FormData().file("m", io.BytesIO(b"m")).blocking
    once = FormData().file("g", (piece for piece in [b"a", b"b"]), filename="g").field("z", "end")
    assert not once.replayable
    assert parsed(once)[0].get_content() == b"ab"
    with pytest.raises(BodyNotReplayable):
        once.open()


def test_one_open_file_may_be_several_parts() -> None:
    file = io.BytesIO(b"once or twice")
    assert [part.get_content() for part in parsed(FormData().file("a", file).file("b", file))] == [b"once or twice"] * 2


def test_async_parts_make_an_async_form(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"disk")
    form = FormData(boundary="b").field("a", "1").file("p", path).field("e", "").file("i", async_pieces(b"x", b"y"))
    form.file("f", AsyncFile(b"file"))
    assert form.is_async
    assert form.blocking
    assert not form.replayable
    assert form.content_length is None
    assert [part.get_content() for part in parsed(form)][1] == b"disk"
    assert [segment.is_async for segment in form.segments] == [False] * 10 + [True, False, False, True, False, False]
    sized = FormData().file("i", AsyncIteratorBody(async_pieces(b"x", b"y"), content_length=2))
    assert sized.content_length == len(sent(sized))


def test_a_part_that_is_not_used_up_is_closed(tmp_path: Path) -> None:
    closed: list[str] = []

    def generate() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append("generator")

    async def async_generate() -> AsyncIterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append("async generator")

    source, async_source = generate(), async_generate()
    chunks: Any = FormData().file("g", source).open()
    assert next(chunks).startswith(b"--")
    assert next(chunks) == b"a"
    chunks.close()
    async_chunks: Any = FormData().file("g", async_source).open()
    assert run(anext(async_chunks)).startswith(b"--")
    assert run(anext(async_chunks)) == b"a"
    run(async_chunks.aclose())
    assert closed == ["generator", "async generator"]


def test_small_parts_are_joined_and_large_ones_not_held() -> None:
    small = FormData(boundary="b")
    for number in range(5000):
        small.field(f"field-{number}", "x" * 10)
    pieces: list[bytes] = list(small.open())  # type: ignore[arg-type]
    assert len(pieces) == 6
    assert b"".join(pieces).count(b"form-data") == 5000
    large = FormData(boundary="b").file("f", (b"x" * 1000 for _ in range(100)))
    assert max(map(len, large.open())) == 1000  # type: ignore[arg-type]


# As requests and httpx take them.


def test_shapes_of_files(tmp_path: Path) -> None:
    path = tmp_path / "e.txt"
    path.write_bytes(b"e")
    body = multipart_body(
        {
            "a": b"a",
            "b": ("b.txt", "b"),
            "c": ("c", io.BytesIO(b"c"), "x/c"),
            "d": ("d", [b"d", b"d"], None, {"X-D": "1"}),
            "e": [path, ("f.txt", b"f")],
            "g": (None, "plain"),
            "h": [b"h", b"h"],
        },
        {"k": ["1", 2], "n": None},
    )
    parts = parsed(body)
    names = [part.get_param("name", header="content-disposition") for part in parts]
    assert names == ["k", "k", "a", "b", "c", "d", "e", "e", "g", "h"]
    assert [part.get_filename() for part in parts] == [None, None, "a", "b.txt", "c", "d", "e.txt", "f.txt", None, "h"]
    assert [part.get("content-type") for part in parts][4:9] == [
        "x/c",
        "application/octet-stream",
        "text/plain",
        "text/plain",
        None,
    ]
    assert parts[5]["X-D"] == "1"
    contents = [part.get_payload(decode=True) for part in parts]
    assert contents == [b"1", b"2", b"a", b"b", b"c", b"dd", b"e", b"f", b"plain", b"hh"]


def test_pairs_and_a_form_are_files_too() -> None:
    assert len(parsed(multipart_body([("f", b"1"), ("f", b"2"), ["g", b"3"]]))) == 3
    form = FormData().field("a", "1")
    assert multipart_body(form) is form


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("text", "files= takes a mapping or pairs of field name and file, not str"),
        (b"bytes", "not bytes"),
        (1, "not int"),
        ([b"x"], "files= takes a mapping or pairs"),
        ([(1, b"x")], "files= takes a mapping or pairs"),
        ({"f": 1}, "file 'f'= takes bytes, str, .* not int"),
        ({"f": None}, "file 'f'= takes .* not NoneType"),
        ({"f": ("a", b"x", "t", {}, 1)}, r"'f' is a tuple \(filename, content"),
        ({"f": ("a",)}, r"'f' is a tuple \(filename, content"),
        ({"f": (1, b"x")}, "the file name of 'f' is a str, not int"),
        ({"f": {"a": "b"}}, "file 'f'= takes"),
        ({"f": "\ud800"}, "lone surrogate"),
        ({"\ud800": b""}, "lone surrogate"),
    ],
)
def test_wrong_files_are_errors_that_say_what_is_right(files: Any, message: str) -> None:
    with pytest.raises(InvalidBody, match=message):
        multipart_body(files)


def test_wrong_fields_are_errors() -> None:
    with pytest.raises(InvalidBody, match="data= beside files= takes a mapping or pairs, not str"):
        multipart_body({"f": b""}, "a=1")
    with pytest.raises(InvalidBody, match="form= beside files= can't hold a dict at 'a'"):
        multipart_body({"f": b""}, {"a": {}}, "form")
    with pytest.raises(InvalidBody, match="can't hold a dict"):
        FormData().field("a", {})
    with pytest.raises(InvalidBody, match="lone surrogate"):
        FormData().field("a", "\udfff")
    with pytest.raises(InvalidBody, match="a str, not int"):
        FormData().file(1, b"", filename="x")  # type: ignore[arg-type]


def test_the_body_of_a_part_keeps_its_own_type() -> None:
    inner = BytesBody(b"x")
    form = FormData().file("f", inner, content_type="a/b", filename="x.png")
    assert b"Content-Type: a/b" in sent(form)
    assert inner.content_type is None
    assert run(collect(AsyncIteratorBody(async_pieces(b"x")).open())) == [b"x"]

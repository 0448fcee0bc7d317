"""Bodies, and what users write for them."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import tempfile
import zipfile
from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from duohttp.exceptions import BodyNotReplayable, InvalidBody
from duohttp.values.body import AsyncIteratorBody, Body, BytesBody, IteratorBody, TextBody, check_bodies, make_body
from duohttp.values.file_body import AsyncFileBody, FileBody
from duohttp.values.form import FormBody
from duohttp.values.multipart import FormData
from duohttp.values.unset import UNSET

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    raise AssertionError("it waits")


def sent(body: Body | None) -> bytes:
    assert body is not None
    chunks = body.open()
    if isinstance(chunks, AsyncIterator):
        return b"".join(run(collect(chunks)))
    return b"".join(chunks)


async def collect(chunks: AsyncIterable[bytes]) -> list[bytes]:
    return [piece async for piece in chunks]


async def async_pieces(*pieces: Any) -> AsyncIterator[Any]:
    for piece in pieces:
        yield piece


class AsyncFile:
    """As anyio.open_file gives it: iterating gives lines, so it is read."""

    def __init__(self, data: bytes | str) -> None:
        self._file: Any = io.BytesIO(data) if isinstance(data, bytes) else io.StringIO(data)

    async def read(self, size: int = -1) -> Any:
        return self._file.read(size)

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("lines were not asked for")


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


# The kinds of body.


@pytest.mark.parametrize("data", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_bytes(data: Any) -> None:
    body = BytesBody(data, "text/x")
    assert (body.data, body.content_length, body.content_type) == (b"abc", 3, "text/x")
    assert body.replayable
    assert not body.is_async
    assert not body.blocking
    assert [sent(body), sent(body)] == [b"abc", b"abc"]
    assert list(BytesBody(b"").open()) == []


def test_text_is_utf_8() -> None:
    body = TextBody("grün")
    assert body.data == "grün".encode()
    assert body.content_length == 5
    assert body.content_type == "text/plain; charset=utf-8"
    assert repr(body) == "<TextBody text/plain; charset=utf-8, 5 bytes>"
    with pytest.raises(InvalidBody, match="UTF-8"):
        TextBody("\ud800")


def test_an_iterator_is_sent_once_another_iterable_again() -> None:
    once, again = IteratorBody(iter([b"a", b"b"])), IteratorBody([b"a", b"b"], "x/y", 2)
    assert not once.replayable
    assert again.replayable
    assert (again.content_length, again.content_type) == (2, "x/y")
    assert repr(once) == "<IteratorBody no content type, unknown length>"
    assert sent(once) == sent(again) == sent(again) == b"ab"
    with pytest.raises(BodyNotReplayable):
        once.open()


def test_an_async_iterator_is_sent_once_another_async_iterable_again() -> None:
    class Again:
        def __aiter__(self) -> AsyncIterator[bytes]:
            return async_pieces(b"a", b"b")

    once, again = AsyncIteratorBody(async_pieces(b"a", b"b")), AsyncIteratorBody(Again())
    assert once.is_async
    assert not once.replayable
    assert again.replayable
    assert sent(once) == sent(again) == sent(again) == b"ab"
    with pytest.raises(BodyNotReplayable):
        once.open()


def test_items_are_bytes_and_empty_ones_are_left_out() -> None:
    pieces: Any = [b"a", b"", bytearray(b"b"), memoryview(b"c")]
    assert list(IteratorBody(pieces).open()) == [b"a", b"b", b"c"]
    assert run(collect(AsyncIteratorBody(async_pieces(*pieces)).open())) == [b"a", b"b", b"c"]


@pytest.mark.parametrize("item", ["a", 1, None, [b"a"]])
def test_an_item_that_is_not_bytes_is_an_error(item: Any) -> None:
    message = f"gave a {type(item).__name__}; its items must be bytes"
    with pytest.raises(InvalidBody, match=message):
        list(IteratorBody(iter([item])).open())
    with pytest.raises(InvalidBody, match=message):
        run(collect(AsyncIteratorBody(async_pieces(item)).open()))


def test_a_generator_that_is_not_used_up_is_closed() -> None:
    closed = []

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

    source = generate()
    chunks: Any = IteratorBody(source).open()
    assert next(chunks) == b"a"
    chunks.close()
    assert closed == ["generator"]
    async_source = async_generate()
    async_chunks: Any = AsyncIteratorBody(async_source).open()
    assert run(anext(async_chunks)) == b"a"
    run(async_chunks.aclose())
    assert closed == ["generator", "async generator"]


def test_an_error_of_the_iterator_stays_as_it_is() -> None:
    def broken() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sent(IteratorBody(broken()))


# Files.


def test_a_path_is_opened_for_each_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 300_000)
    for source in (path, str(path)):
        body = FileBody(source, "a/b")
        assert (body.content_length, body.content_type, body.path) == (300_000, "a/b", str(path))
        assert body.replayable
        assert body.blocking
        assert sent(body) == sent(body) == b"x" * 300_000
    assert max(map(len, body.open())) <= 128 * 1024


def test_an_open_file_is_sent_from_where_it_stands_and_left_open(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        file.read(4)
        body = FileBody(file)
        assert body.content_length == 6
        assert body.replayable
        assert body.blocking
        assert sent(body) == sent(body) == b"456789"
        assert not file.closed
    with pytest.raises(InvalidBody, match="was closed"):
        body.open()


def test_a_file_in_memory_does_not_block() -> None:
    file = io.BytesIO(b"abc")
    body = FileBody(file)
    assert not body.blocking
    assert (body.content_length, body.replayable) == (3, True)
    assert sent(body) == sent(body) == b"abc"
    file.read()
    assert FileBody(file).content_length == 0
    assert sent(FileBody(file)) == b""
    file.seek(99)
    assert FileBody(file).content_length == 0


@pytest.mark.parametrize("module", [gzip, bz2], ids=["gzip", "bz2"])
def test_a_file_that_decompresses_is_as_long_as_what_it_gives(tmp_path: Path, module: Any) -> None:
    path = tmp_path / "a"
    with module.open(path, "wb") as file:
        file.write(b"y" * 1000)
    with module.open(path) as file:
        body = FileBody(file)
        assert sent(body) == b"y" * 1000
        assert body.content_length in (1000, None)
        assert body.replayable


def test_other_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("member", b"z" * 1000)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive, archive.open("member") as member:
        assert (FileBody(member).content_length, sent(FileBody(member))) == (1000, b"z" * 1000)
    with tempfile.TemporaryFile() as file:
        file.write(b"abc")
        file.seek(1)
        assert (FileBody(file).content_length, sent(FileBody(file))) == (2, b"bc")
    with tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(b"abc")
        spooled.seek(0)
        assert sent(FileBody(spooled)) == b"abc"


def test_what_can_not_seek_is_sent_once_with_unknown_length() -> None:
    class Reader:
        name = "<reader>"

        def __init__(self) -> None:
            self._pieces = [b"a", bytearray(b"b")]

        def read(self, size: int) -> Any:
            return self._pieces.pop(0) if self._pieces else b""

    read_end, write_end = os.pipe()
    with open(write_end, "wb") as file:
        file.write(b"ab")
    with open(read_end, "rb") as pipe:
        for source in (pipe, Unseekable(b"ab"), Reader()):
            body = FileBody(cast("Any", source))
            assert (body.content_length, body.replayable) == (None, False)
            assert sent(body) == b"ab"
            with pytest.raises(BodyNotReplayable):
                body.open()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
@pytest.mark.parametrize("path", ["/proc/self/status", "/proc/version"])
def test_files_that_call_themselves_empty_and_are_not(path: str) -> None:
    body = FileBody(path)
    assert body.content_length is None
    assert sent(body)[:5] == sent(body)[:5] != b""
    with open(path, "rb") as file:
        assert FileBody(file).content_length is None
        assert sent(FileBody(file))[:5] == sent(body)[:5]


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there is no /dev/null")
def test_devices_have_no_length() -> None:
    body = FileBody("/dev/null")
    assert (body.content_length, body.replayable) == (None, False)
    assert sent(body) == b""
    with open("/dev/null", "rb") as file:
        assert FileBody(file).content_length is None


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert FileBody(path).content_length == 0
    assert sent(FileBody(path)) == b""


def test_a_file_opened_as_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    with path.open() as file, pytest.raises(InvalidBody, match="mode 'rb'"):
        FileBody(cast("Any", file))
    with pytest.raises(InvalidBody, match="mode 'rb'"):
        FileBody(cast("Any", io.StringIO("a")))

    class TextReader:
        def read(self, size: int) -> str:
            return "text"

    with pytest.raises(InvalidBody, match="gave str, not bytes"):
        sent(FileBody(cast("Any", TextReader())))


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidBody, match="is a directory"):
        FileBody(tmp_path)
    with pytest.raises(FileNotFoundError):
        FileBody(tmp_path / "missing")
    for options, option in (
        ({"content": tmp_path / "missing"}, "content="),
        ({"data": tmp_path / "missing"}, "data="),
        ({"files": {"upload": tmp_path / "missing"}}, "file 'upload'"),
    ):
        with pytest.raises(
            InvalidBody, match=f"{option} is a file that can't be read: No such file.*missing'"
        ) as raised:
            make_body(**options)
        assert isinstance(raised.value.__cause__, FileNotFoundError)
    with pytest.raises(InvalidBody, match="int is not open in binary mode"):
        FileBody(cast("Any", 3))
    closed = io.BytesIO(b"")
    closed.close()
    with pytest.raises(InvalidBody, match="closed"):
        FileBody(closed)


def test_a_file_that_shrinks_while_it_is_sent_is_an_error_one_that_grows_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    body = FileBody(path)
    path.write_bytes(b"0123456789more")
    assert sent(body) == b"0123456789"
    path.write_bytes(b"01234")
    with pytest.raises(InvalidBody, match="got shorter while it was sent: 5 bytes are missing"):
        sent(body)
    path.unlink()
    with pytest.raises(InvalidBody, match="the file to send can't be read any more: No such file") as raised:
        sent(body)
    assert isinstance(raised.value.__cause__, FileNotFoundError)


def test_a_path_is_closed_when_sending_stops(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 1_000_000)
    chunks: Any = FileBody(path).open()
    next(chunks)
    file = chunks.gi_frame.f_locals["file"]
    chunks.close()
    assert file.closed


def test_an_async_file_is_read_once() -> None:
    body = AsyncFileBody(AsyncFile(b"x" * 300_000))
    assert (body.is_async, body.replayable, body.content_length) == (True, False, None)
    assert sent(body) == b"x" * 300_000
    with pytest.raises(BodyNotReplayable):
        body.open()
    with pytest.raises(InvalidBody, match="gave str"):
        sent(AsyncFileBody(AsyncFile("text")))


# make_body.


def test_nothing_given_is_no_body() -> None:
    assert make_body() is None
    assert make_body(content=None, form=None, data=UNSET, files=None) is None
    assert make_body(data={}) is None
    assert make_body(data=[]) is None
    assert make_body(files={}, data={}) is None


@pytest.mark.parametrize(
    ("content", "kind", "content_type"),
    [
        (b"a", BytesBody, None),
        (b"", BytesBody, None),
        (bytearray(b"a"), BytesBody, None),
        (memoryview(b"a"), BytesBody, None),
        ("a", TextBody, "text/plain; charset=utf-8"),
        ([b"a"], IteratorBody, None),
        ((b"a",), IteratorBody, None),
        (iter([b"a"]), IteratorBody, None),
        ({b"a"}, IteratorBody, None),
        (io.BytesIO(b"a"), FileBody, None),
        (Path(__file__), FileBody, None),
        (AsyncFile(b"a"), AsyncFileBody, None),
        (async_pieces(b"a"), AsyncIteratorBody, None),
    ],
)
def test_content(content: Any, kind: type[Body], content_type: str | None) -> None:
    body = make_body(content=content)
    assert type(body) is kind
    assert body.content_type == content_type
    assert make_body(content=body) is body


def test_form_and_data() -> None:
    for body in (make_body(form={"a": "1"}), make_body(data={"a": 1}), make_body(data=[("a", True)])):
        assert type(body) is FormBody
        assert body.content_type == "application/x-www-form-urlencoded"
    assert sent(make_body(form={"a": "1", "b": None})) == b"a=1"
    empty = make_body(form={})
    assert empty is not None
    assert (sent(empty), empty.content_length) == (b"", 0)


@pytest.mark.parametrize("data", [b"a=1", "a=1", [b"a", b"=1"], iter([b"a=1"]), io.BytesIO(b"a=1"), BytesBody(b"a=1")])
def test_data_that_is_no_form_is_content_without_a_type(data: Any) -> None:
    body = make_body(data=data)
    assert body is not None
    assert body.content_type is None
    assert sent(body) == b"a=1"


def test_files_with_and_without_fields() -> None:
    for body in (
        make_body(files={"f": b"content"}),
        make_body(files=[("f", b"content")], data={"a": "1"}),
        make_body(files={"f": b"content"}, form=[("a", "1")]),
    ):
        assert type(body) is FormData
        assert b"content" in sent(body)
    form = FormData().field("a", "1")
    for option in ("content", "data", "form", "files"):
        assert make_body(**{option: form}) is form


@pytest.mark.parametrize(
    "names",
    [("content", "form"), ("content", "data"), ("content", "files"), ("form", "data")],
)
def test_two_bodies_are_an_error_that_names_both(names: tuple[str, str]) -> None:
    values: dict[str, Any] = {"content": b"", "form": {}, "data": {"a": "1"}, "files": {"f": b""}}
    with pytest.raises(InvalidBody, match=f"{names[0]}= and {names[1]}= were given"):
        make_body(**{name: values[name] for name in names})


def test_check_bodies() -> None:
    for given in ([], ["json"], ["data", "files"], ["form", "files"]):
        check_bodies(given)
    for given in (["json", "content"], ["json", "files"], ["body", "data"], ["data", "form", "files"]):
        with pytest.raises(InvalidBody, match="one body"):
            check_bodies(given)


@pytest.mark.parametrize("value", [1, 1.5, True, object(), len])
def test_a_type_that_is_no_body_is_an_error_that_says_what_is(value: Any) -> None:
    kind = type(value).__name__
    with pytest.raises(InvalidBody, match=f"content= takes bytes, str, .* not {kind}"):
        make_body(content=value)
    with pytest.raises(InvalidBody, match=f"data= takes bytes, str, .* not {kind}"):
        make_body(data=value)
    with pytest.raises(InvalidBody, match=f"form= takes a mapping or pairs, not {kind}"):
        make_body(form=value)
    with pytest.raises(InvalidBody, match=f"files= takes a mapping or pairs .*, not {kind}"):
        make_body(files=value)


def test_more_wrong_content() -> None:
    with pytest.raises(InvalidBody, match="give a dict as form= or json="):
        make_body(content={"a": "1"})
    with pytest.raises(InvalidBody, match="items must be bytes"):
        make_body(content=["a"])
    with pytest.raises(InvalidBody, match="items must be bytes"):
        make_body(data=[1])

    class BytesPath:
        def __fspath__(self) -> bytes:
            return b"a"

    with pytest.raises(InvalidBody, match="takes a path of str, not of bytes"):
        make_body(content=BytesPath())

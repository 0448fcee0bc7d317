"""Which converter a media type gets, what content types and charsets do, and Accept."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from duohttp.converters import DEFAULT_CONVERTERS, Converter, Converters, DataConverter, JsonConverter
from duohttp.exceptions import DecodingError, InvalidBody


@dataclass
class Point:
    x: int
    y: str = ""


class Tagging(Converter):
    """Says who decoded what."""

    def __init__(self, tag: str, *media_types: str, only: Any = None) -> None:
        self.tag = tag
        self.media_types = media_types  # type: ignore[misc]
        self.only = only

    def can_decode(self, into: Any) -> bool:
        return self.only is None or into is self.only

    def can_encode(self, value: Any) -> bool:
        return self.only is None or isinstance(value, self.only)

    def decode(self, data: bytes, into: Any, encoding: str) -> Any:
        return self.tag, data, encoding

    def encode(self, value: Any) -> bytes:
        return self.tag.encode()


def taker(converters: Converters, content_type: str | None, into: Any = dict) -> str:
    return str(converters.decode(b"<x>", into, content_type, "utf-8")[0])


def test_closest_media_type_wins() -> None:
    converters = Converters(
        Tagging("all", "*/*"),
        Tagging("texts", "text/*"),
        Tagging("xml", "application/xml"),
        Tagging("csv", "text/csv"),
        Tagging("vendor", "application/vnd.special+xml"),
    )
    assert taker(converters, "text/csv") == "csv"
    assert taker(converters, "TEXT/CSV ; charset=utf-8") == "csv"
    assert taker(converters, "text/plain") == "texts"
    assert taker(converters, "application/xml") == "xml"
    assert taker(converters, "application/atom+XML") == "xml"
    assert taker(converters, "image/svg+xml") == "xml"
    assert taker(converters, "application/vnd.special+xml") == "vendor"
    assert taker(converters, "image/png") == "all"
    assert converters.encode(1, "image/svg+xml") == (b"xml", "image/svg+xml")


def test_suffix_rules() -> None:
    converters = Converters(Tagging("problem", "application/problem+json"), Tagging("wbxml", "application/wbxml"))
    assert taker(converters, "application/problem+json") == "problem"
    assert taker(converters, "application/vnd.wap+wbxml") == "wbxml"
    for other in ("application/json", "application/other+json", "application/x-wbxml", "application/wbxml+zip"):
        with pytest.raises(DecodingError, match="no converter makes a dict of a body of type"):
            taker(converters, other)


def test_added_converter_comes_first_and_leaves_the_old_registry_alone() -> None:
    old = Converters(Tagging("old", "application/x"))
    new = old.with_(Tagging("new", "application/x", only=list))
    assert taker(new, "application/x", list) == "new"
    assert taker(new, "application/x", dict) == "old"
    assert taker(old, "application/x", list) == "old"
    assert new.encode([], "application/x")[0] == b"new"
    assert new.encode({}, "application/x")[0] == b"old"


def test_registered_under_other_types() -> None:
    converters = DEFAULT_CONVERTERS.with_(JsonConverter(), media_types=("text/javascript", "x/*"))
    assert converters.media_types == ("text/javascript", "x/*", "application/json")
    assert converters.encode([1], "x/y") == (b"[1]", "x/y")
    assert converters.decode(b"[1]", list, "x/y") == [1]


def test_accept_header() -> None:
    converters = Converters(JsonConverter(), Tagging("x", "application/xml", "text/xml"))
    assert converters.accept_header() == "application/json, application/xml, text/xml"
    weighted = (
        converters.with_(Tagging("y", "application/yaml"), quality=0.5)
        .with_(Tagging("h", "text/hidden"), quality=0)
        .with_(Tagging("c", "application/cbor"), quality=0.1234)
        .with_(Tagging("j", "application/json"), quality=0.3)
    )
    assert weighted.accept_header() == (
        "application/json, application/xml, text/xml, application/yaml;q=0.5, application/cbor;q=0.123"
    )
    assert Converters().accept_header() == ""


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan")])
def test_bad_quality(quality: float) -> None:
    with pytest.raises(ValueError, match="quality must be between 0 and 1"):
        DEFAULT_CONVERTERS.with_(JsonConverter(), quality=quality)


@pytest.mark.parametrize("name", ["", "json", ";a/b"])
def test_bad_media_type(name: str) -> None:
    with pytest.raises(ValueError, match="media types look like"):
        Converters(Tagging("x", name))


# Content types nobody registered.

JSON_TYPES = [
    *(None, "", "application/json", "application/json; charset=UTF-8", "APPLICATION/JSON", "application/problem+json"),
    *("application/vnd.api+json;version=1", "nonsense", "text/plain", "text/html", "text/json", "text/javascript"),
    *("application/octet-stream", "application/vnd.github.v3", "application/x-www-form-urlencoded"),
]


@pytest.mark.parametrize("content_type", JSON_TYPES)
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_json_under_many_labels(content_type: str | None, bom: str) -> None:
    body = (bom + ' {"x": 1}').encode()
    assert DEFAULT_CONVERTERS.decode(body, Point, content_type) == Point(1)
    assert DEFAULT_CONVERTERS.decode(body, dict, content_type) == {"x": 1}


@pytest.mark.parametrize("content_type", ["text/html", "text/plain; charset=utf-8", "application/xml", "image/png"])
@pytest.mark.parametrize("body", [b"<html>", b"not found", b"\x89PNG", b"{broken"])
def test_what_no_converter_takes(content_type: str, body: bytes) -> None:
    with pytest.raises(DecodingError) as caught:
        DEFAULT_CONVERTERS.decode(body, list[Point], content_type)
    media_type = content_type.partition(";")[0]
    assert f"no converter makes a list[Point] of a body of type {media_type};" in caught.value.message
    assert "registered: application/json" in caught.value.message


def test_mislabelled_json_of_another_shape() -> None:
    with pytest.raises(DecodingError, match="the body is not a valid Point: Object missing required field `x`"):
        DEFAULT_CONVERTERS.decode(b"{}", Point, "text/html")


def test_media_is_never_read_as_json() -> None:
    with pytest.raises(DecodingError, match="of a body of type video/mp4"):
        DEFAULT_CONVERTERS.decode(b"{}", dict, "video/mp4")


def test_body_without_content_type_and_without_json() -> None:
    assert taker(Converters(Tagging("only", "application/x")), None) == "only"
    with pytest.raises(DecodingError, match="of a body without content type; registered: nothing"):
        Converters().decode(b"x", dict, None)


@pytest.mark.parametrize("content_type", ["image/png", "text/html"])
def test_empty_body_of_a_type_nobody_takes(content_type: str) -> None:
    assert DEFAULT_CONVERTERS.decode(b"", Point | None, content_type) is None
    with pytest.raises(DecodingError, match="the body is empty, Point was expected"):
        DEFAULT_CONVERTERS.decode(b" ", Point, content_type)


# The body itself.


@pytest.mark.parametrize("content_type", [None, "application/json", "image/png"])
def test_bytes_and_text_come_as_they_are(content_type: str | None) -> None:
    body = '"ü"'.encode()
    assert DEFAULT_CONVERTERS.decode(body, bytes, content_type) == body
    assert DEFAULT_CONVERTERS.decode(body, bytearray, content_type) == bytearray(body)
    assert DEFAULT_CONVERTERS.decode(body, str, content_type) == '"ü"'
    assert DEFAULT_CONVERTERS.decode(body, str | None, content_type) == '"ü"'
    assert DEFAULT_CONVERTERS.decode(body, bytes | None, content_type) == body
    assert DEFAULT_CONVERTERS.decode(b"", str, content_type) == ""
    assert DEFAULT_CONVERTERS.decode(b"", str | None, content_type) is None
    assert DEFAULT_CONVERTERS.decode("ü".encode("latin-1"), str, content_type, "latin-1") == "ü"
    assert DEFAULT_CONVERTERS.decode(b"\xff", str, content_type) == "\ufffd"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "a\0b"])
@pytest.mark.parametrize("into", [str, dict])
def test_unknown_charset(into: Any, encoding: str) -> None:
    with pytest.raises(DecodingError, match=r"charset .* is not known"):
        DEFAULT_CONVERTERS.decode(b'{"a": "\xff"}', into, f"application/json; charset={encoding}", encoding)


# Charsets.

TEXT = '{"x": 1, "y": "Zürich"}'


@pytest.mark.parametrize(
    "charset", ["utf-8", "UTF8", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-8-sig"]
)
@pytest.mark.parametrize("into", [Point, dict])
def test_declared_charset(charset: str, into: Any) -> None:
    body = TEXT.encode(charset)
    result = DEFAULT_CONVERTERS.decode(body, into, f"application/json; charset={charset}", charset)
    assert result in (Point(1, "Zürich"), {"x": 1, "y": "Zürich"})


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("label", ["application/json", "text/plain", None])
def test_byte_order_mark_tells_the_charset(codec: str, label: str | None) -> None:
    body = ("\ufeff" + TEXT).encode(codec)
    assert DEFAULT_CONVERTERS.decode(body, Point, label, "utf-8") == Point(1, "Zürich")


def test_assumed_charset_yields_to_utf8() -> None:
    assert DEFAULT_CONVERTERS.decode(TEXT.encode(), Point, "application/json", "latin-1").y == "Zürich"
    assert DEFAULT_CONVERTERS.decode(TEXT.encode("latin-1"), Point, "application/json", "latin-1").y == "Zürich"


def test_text_that_is_not_in_its_charset() -> None:
    with pytest.raises(DecodingError, match="the body is not JSON: no valid utf-8 at byte"):
        DEFAULT_CONVERTERS.decode(b'{"a": "\xff"}', dict, "application/json")
    with pytest.raises(DecodingError, match="the body is not JSON: no valid utf-16"):
        DEFAULT_CONVERTERS.decode(b"{}\x00\xd8a", dict, "application/json; charset=utf-16", "utf-16-le")


def test_request_bodies_in_a_charset() -> None:
    encode = DEFAULT_CONVERTERS.encode
    assert encode(["ü"]) == ('["ü"]'.encode(), "application/json")
    assert encode(["ü"], "application/json; charset=utf-8") == ('["ü"]'.encode(), "application/json; charset=utf-8")
    assert encode(["ü"], "text/x+json; charset=latin-1")[0] == '["ü"]'.encode("latin-1")
    for charset in ("latin-1", "klingon"):
        with pytest.raises(InvalidBody, match="can't be written in the charset of"):
            encode(["€"], f"application/json; charset={charset}")


def test_no_converter_for_a_request_body() -> None:
    with pytest.raises(InvalidBody) as caught:
        DEFAULT_CONVERTERS.encode({}, "application/xml")
    assert caught.value.message == (
        "no converter makes a body of type 'application/xml' from a dict; registered: application/json"
    )


# Converters of one's own.


class Lines(DataConverter):
    media_types = ("text/x-lines",)
    name = "lines"

    def loads(self, data: bytes) -> Any:
        return data.decode().splitlines()

    def dumps(self, value: Any) -> bytes:
        return "\n".join(value).encode()


def test_format_of_plain_data_needs_two_methods() -> None:
    converters = DEFAULT_CONVERTERS.with_(Lines(strict=False))
    assert converters.decode(b"1\n2", list[int], "text/x-lines") == [1, 2]
    assert converters.decode("ü".encode("latin-1"), list[str], "text/x-lines; charset=latin-1", "latin-1") == ["ü"]
    assert converters.encode(("a", "b"), "text/x-lines") == (b"a\nb", "text/x-lines")
    with pytest.raises(DecodingError, match=r"not a valid list\[int\]: Expected `int`, got `str` at `\$\[0\]`"):
        converters.decode(b"x", list[int], "text/x-lines")
    with pytest.raises(InvalidBody, match=r"as lines: `int` at `\$\[0\]`"):
        converters.encode([1], "text/x-lines")
    assert converters.decode(b"1\n2", list[int], "text/x-lines") == [1, 2]


def test_a_converter_may_do_one_direction_only() -> None:
    class ReadOnly(Converter):
        media_types = ("a/b",)

    class Reader(DataConverter):
        media_types = ("a/c",)

    with pytest.raises(DecodingError, match="ReadOnly does not decode"):
        Converters(ReadOnly()).decode(b"x", dict, "a/b")
    with pytest.raises(InvalidBody, match="ReadOnly does not encode"):
        Converters(ReadOnly()).encode({}, "a/b")
    with pytest.raises(DecodingError, match="can't be read"):
        Converters(Reader()).decode(b"x", dict, "a/c")
    with pytest.raises(InvalidBody, match="can't be written"):
        Converters(Reader()).encode({}, "a/c")


# Caches.


def test_plans_are_bounded_and_used_again() -> None:
    built: list[Any] = []

    class Counting(JsonConverter):
        def parser(self, into: Any) -> Any:
            built.append(into)
            return super().parser(into)

    converters = Converters(Counting())
    for _ in range(3):
        converters.decode(b"{}", dict, "application/json")
        converters.decode(b"[1]", list[int], "application/json")
    assert built == [dict, list[int]]
    for number in range(2000):
        converters.decode(b"{}", dict, f"application/json; n={number}")
        converters.encode({}, f"application/json; n={number}")
    assert len(converters._plans) <= 512
    assert len(converters._encoders) <= 512


def test_annotations_that_cannot_be_hashed() -> None:
    into: Any = Annotated[int, {"not": "hashable"}]
    with pytest.raises(TypeError):
        hash(into)
    assert DEFAULT_CONVERTERS.decode(b"1", into, "application/json") == 1
    assert DEFAULT_CONVERTERS.decode(b"[1]", list[into], "application/json") == [1]
    with pytest.raises(DecodingError, match="not a valid int: Expected `int`, got `str`"):
        DEFAULT_CONVERTERS.decode(b'"a"', into, "application/json")


def test_registry_pickles() -> None:
    converters = DEFAULT_CONVERTERS.with_(Tagging("x", "a/b"), quality=0.5)
    converters.decode(b"1", int)
    copy = pickle.loads(pickle.dumps(converters))
    assert copy.accept_header() == converters.accept_header() == "application/json, a/b;q=0.5"
    assert copy.decode(b"1", int) == 1
    assert repr(copy) == "<Converters a/b, application/json>"
    assert [registration.quality for registration in copy] == [0.5, 1.0]


def test_importing_loads_no_library() -> None:
    code = (
        "import sys, duohttp.converters;"
        "print([name for name in ('msgspec', 'pydantic', 'json', 'orjson', 'asyncio', 'ssl') if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env())
    assert output.stdout.strip() == "[]"


def _env() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

"""Media types and charsets."""

from __future__ import annotations

import json
import pickle
import time
from pathlib import Path
from typing import Any

import pytest

from duohttp.exceptions import InvalidHeader
from duohttp.values.media_type import MediaType, charset_of, parse_parameters

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"


def vectors(name: str) -> list[Any]:
    path = VECTORS / name
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip(f"{name} is not here"))]
    return [case for case in json.loads(path.read_text("utf-8")) if isinstance(case, dict)]


@pytest.mark.parametrize("case", vectors("wpt-mime-types.json"))
def test_media_types_are_read_as_browsers_do(case: dict[str, Any]) -> None:
    if case["output"] is None:
        with pytest.raises(InvalidHeader):
            MediaType.parse(case["input"])
        return
    assert str(MediaType.parse(case["input"])) == case["output"]
    # Quotes around the label are forgiven, as in requests: browsers find no charset in these.
    if "encoding" in case and not any(quote in case["output"] for quote in ("'gbk", "gbk'", 'gbk\\"')):
        assert (charset_of(case["input"]) or "").upper() == (case["encoding"] or "")


@pytest.mark.parametrize("case", vectors("go-mediatype.json"))
def test_parameters_are_read_as_go_does(case: dict[str, Any]) -> None:
    text = case["in"]
    if not case["type"]:
        pytest.skip("Go refuses what browsers read leniently (WHATWG MIME Sniffing section 4.4)")
    if "*" in text:
        pytest.skip("RFC 2231 parameters are no part of a media type in HTTP (RFC 9110 section 5.6.6)")
    if "\\" in text and '\\"' not in text:
        pytest.skip("a backslash quotes any character (RFC 9110 section 5.6.4); Go keeps it in Windows paths")
    if " =" in text:
        pytest.skip("no space before the equals sign (RFC 9110 section 5.6.6)")
    if any(ord(char) > 255 for char in text):
        pytest.skip("beyond Latin-1 is no parameter value (WHATWG MIME Sniffing section 4.4)")
    assert parse_parameters(text.partition(";")[2]) == case["params"]


def test_its_parts() -> None:
    media = MediaType.parse(' Application/Problem+JSON ; Charset="UTF-8"; q=0.5 ')
    assert (media.type, media.subtype, media.suffix) == ("application", "problem+json", "json")
    assert media.essence == "application/problem+json"
    assert media.parameters == {"charset": "UTF-8", "q": "0.5"}
    assert media.charset == "utf-8"
    assert media.quality == 0.5
    assert str(media) == "application/problem+json;charset=UTF-8;q=0.5"
    assert MediaType("text", "plain", {"x": 'a "b" \\'}) == MediaType.parse(r'text/plain;x="a \"b\" \\"')
    assert str(MediaType("text", "plain", {"x": ""})) == 'text/plain;x=""'


def test_it_is_a_value() -> None:
    media = MediaType.parse("a/b;c=d;e=f")
    assert media == MediaType.parse("A/B;e=f;c=d")
    assert len({media, MediaType.parse("A/B;e=f;c=d"), MediaType("a", "b")}) == 2
    assert pickle.loads(pickle.dumps(media)) == media


@pytest.mark.parametrize(("subtype", "suffix"), [("json", None), ("ld+json", "json"), ("a+b+xml", "xml"), ("a+", None)])
def test_suffix(subtype: str, suffix: str | None) -> None:
    assert MediaType("application", subtype).suffix == suffix


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        ("a/b", 1),
        ("a/b;q=0", 0),
        ("a/b;q=0.25", 0.25),
        ("a/b;q=7", 1),
        ("a/b;q=-1", 0),
        ("a/b;q=x", 1),
        ("a/b;q=nan", 1),
    ],
)
def test_quality(text: str, quality: float) -> None:
    assert MediaType.parse(text).quality == quality


@pytest.mark.parametrize(
    ("media", "pattern", "matches"),
    [
        ("application/json", "application/json", True),
        ("application/json;charset=utf-8", "application/json", True),
        ("application/json", "APPLICATION/*", True),
        ("application/json", "*/*;q=0.1", True),
        ("application/json", "text/*", False),
        ("application/json", "application/xml", False),
        ("application/ld+json", "application/json", False),
        ("application/ld+json", "application/*+json", True),
        ("application/ld+json", "*/*+json", True),
        ("application/json", "application/*+json", False),
        ("text/html;level=1", "text/html;level=1", True),
        ("text/html;level=2", "text/html;level=1", False),
        ("text/html", "text/html;level=1", False),
        ("text/html;charset=UTF-8", "text/html;charset=utf-8", True),
        ("text/html", "text/html;charset=utf-8", False),
    ],
)
def test_ranges(media: str, pattern: str, matches: bool) -> None:
    assert MediaType.parse(media).matches(pattern) is matches
    assert MediaType.parse(media).matches(MediaType.parse(pattern)) is matches


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("text/html", None),
        ("", None),
        ("text/html; charset=UTF-8", "utf-8"),
        ("text/html; charset='utf-8'", "utf-8"),
        ("text; charset=latin-1", "latin-1"),
        ("text/html; charset=iso-8859-1:1987", "iso-8859-1:1987"),
        ("text/html; charset=windows-1252", "windows-1252"),
        ("text/html; charset=x-sjis", "shift_jis"),
        ("text/html; charset=windows-874", "cp874"),
        ("text/html; charset=klingon", None),
        ("text/html; charset=", None),
        ("text/html; charset=utf-8\x00", None),
        ("text/html; charset=ütf-8", None),
        ("text/html; charset=../../utf-8", None),
        ("text/html; charset=" + "utf-8" * 100, None),
        ("text/html; x=" + "y" * 300 + "; charset=utf-8", "utf-8"),
        # Codecs that are no charsets, or that no stranger should choose.
        ("text/html; charset=base64", None),
        ("text/html; charset=rot13", None),
        ("text/html; charset=zlib", None),
        ("text/html; charset=idna", None),
        ("text/html; charset=punycode", None),
        ("text/html; charset=undefined", None),
        ("text/html; charset=unicode_escape", None),
        ("text/html; charset=utf-7", None),
        ("text/html; charset=aliases", None),
    ],
)
def test_charset(content_type: str, charset: str | None) -> None:
    assert charset_of(content_type) == charset
    if charset is not None:
        assert b"a".decode(charset, errors="replace")


@pytest.mark.parametrize("unit", [";", "=", '"', "\\", ' a="', ";a=b", ';a="\\', " ", "\t;", ",", 'a="b"'])
def test_a_megabyte_of_anything_costs_linear_time(unit: str) -> None:
    start = time.process_time()
    MediaType.parse("text/html;" + unit * (1_000_000 // len(unit)))
    MediaType.parse('text/html;x="' + unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 5

"""The decisions of ContentNegotiation: Accept, converters, request bodies."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from yarl import URL

from duohttp.converters import (
    DEFAULT_CONVERTERS,
    Converter,
    Converters,
    FormConverter,
    JsonConverter,
    MsgpackConverter,
    XmlConverter,
)
from duohttp.exceptions import InvalidBody
from duohttp.plugins.content_negotiation import ContentNegotiation
from duohttp.values.body import BytesBody
from duohttp.values.headers import Headers
from duohttp.values.request import Request


@dataclass
class Point:
    x: int
    y: int | None = None


def request_with(**headers: str) -> Request:
    return Request("GET", URL("http://a.test/"), Headers({key.replace("_", "-"): v for key, v in headers.items()}))


def accept_of(plugin: ContentNegotiation, *values: str) -> list[str]:
    request = request_with()
    for value in values:
        request.headers.add("Accept", value)
    plugin.on_request(request)
    return request.headers.getall("accept", [])


@pytest.mark.parametrize(
    ("plugin", "value"),
    [
        (ContentNegotiation(), "application/json, */*;q=0.1"),
        (ContentNegotiation(JsonConverter(), others=None), "application/json"),
        (ContentNegotiation(JsonConverter(), others=1), "application/json, */*"),
        (ContentNegotiation((FormConverter(), 0.25), JsonConverter(), others=0.125),
         "application/json, application/x-www-form-urlencoded;q=0.25, */*;q=0.125"),
        (ContentNegotiation(XmlConverter(), JsonConverter()),
         "application/xml, text/xml, application/json, */*;q=0.1"),
        (ContentNegotiation(XmlConverter()), "application/xml, text/xml, */*;q=0.1"),
        (ContentNegotiation(DEFAULT_CONVERTERS.with_(JsonConverter(), media_types=("*/*",))), "*/*, application/json"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
@pytest.mark.parametrize("unsaid", [(), ("*/*",), ("",)])
def test_accept(plugin: ContentNegotiation, value: str, unsaid: tuple[str, ...]) -> None:
    assert accept_of(plugin, *unsaid) == [value]


def test_accept_of_the_request_wins() -> None:
    assert accept_of(ContentNegotiation(), "text/csv") == ["text/csv"]
    assert accept_of(ContentNegotiation(accept="off"), "text/csv") == ["text/csv"]
    assert accept_of(ContentNegotiation(accept="off")) == []
    assert accept_of(ContentNegotiation(Converters())) == []


def test_accept_is_added_to() -> None:
    plugin = ContentNegotiation(JsonConverter(), XmlConverter(), accept="add")
    assert accept_of(plugin) == ["application/json, application/xml, text/xml, */*;q=0.1"]
    assert accept_of(plugin, "text/csv") == ["text/csv, application/json, application/xml, text/xml"]
    assert accept_of(plugin, "application/json;q=0.5, text/xml") == [
        "application/json;q=0.5, text/xml, application/xml"
    ]
    assert accept_of(plugin, "text/csv", "application/*;q=0.1") == [
        "text/csv, application/*;q=0.1, application/json, application/xml, text/xml"
    ]
    assert accept_of(plugin, "nonsense") == ["nonsense, application/json, application/xml, text/xml"]
    all_there = "application/json, application/xml, text/xml"
    assert accept_of(plugin, all_there) == [all_there]


def test_responses_are_read_by_these_converters() -> None:
    plugin = ContentNegotiation(XmlConverter())
    request, other = request_with(), request_with()
    before = request.settings
    plugin.on_request(request)
    plugin.on_request(other)
    assert request.settings is other.settings, "made once for each client"
    assert request.settings.converters is plugin.converters
    assert request.settings.default_encoding == before.default_encoding
    assert before.converters is None
    assert plugin.converters.decode(b"<p><x>1</x></p>", Point, "text/xml") == Point(1)
    assert plugin.converters.decode(b'{"x": 1}', Point, "application/json") == Point(1), "JSON works in any case"


def test_a_registry_is_taken_as_it_is() -> None:
    registry = Converters(XmlConverter())
    assert ContentNegotiation(registry).converters is registry
    assert ContentNegotiation().converters is DEFAULT_CONVERTERS


@pytest.mark.parametrize(
    ("plugin", "headers", "expected"),
    [
        (ContentNegotiation(), {}, (b'{"x":1,"y":null}', "application/json")),
        (ContentNegotiation(JsonConverter(drop_nulls=True)), {}, (b'{"x":1}', "application/json")),
        (ContentNegotiation(MsgpackConverter()), {}, (b"\x82\xa1x\x01\xa1y\xc0", "application/msgpack")),
        (ContentNegotiation(MsgpackConverter(), content_type="application/json"), {},
         (b'{"x":1,"y":null}', "application/json")),
        (ContentNegotiation(JsonConverter(), FormConverter()), {"Content_Type": "application/x-www-form-urlencoded"},
         (b"x=1", "application/x-www-form-urlencoded")),
        (ContentNegotiation(XmlConverter()), {"Content_Type": "application/problem+json; charset=utf-8"},
         (b'{"x":1,"y":null}', "application/problem+json; charset=utf-8")),
    ],
    ids=repr,
)  # fmt: skip
def test_request_bodies(plugin: ContentNegotiation, headers: dict[str, str], expected: tuple[bytes, str]) -> None:
    body = plugin.render_body(Point(1), request_with(**headers))
    assert body is not None
    assert (body.data, body.content_type) == expected
    assert body.content_length == len(expected[0])
    assert body.replayable


class Reading:
    def read(self) -> bytes:
        return b""


async def pieces() -> Any:
    yield b""


@pytest.mark.parametrize(
    "value",
    [b"x", bytearray(b"x"), memoryview(b"x"), "x", BytesBody(b"x"), BytesIO(b"x"), iter([b"x"]), Reading(), pieces()],
)
def test_what_is_no_object_is_passed_on(value: Any) -> None:
    assert ContentNegotiation().render_body(value, request_with()) is None


def test_no_converter_for_the_content_type() -> None:
    with pytest.raises(InvalidBody, match="no converter makes a body of type 'text/csv' from a Point; registered: app"):
        ContentNegotiation().render_body(Point(1), request_with(Content_Type="text/csv"))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((JsonConverter,), {}, TypeError, r"add \(\)"),
        (("application/json",), {}, TypeError, "a converter is a Converter"),
        (((JsonConverter(), 2),), {}, ValueError, "quality must be between 0 and 1"),
        ((), {"accept": "merge"}, ValueError, "accept must be"),
        ((), {"others": 0}, ValueError, "others must be"),
    ],
)
def test_wrong_options(arguments: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ContentNegotiation(*arguments, **options)


def test_describes_and_pickles() -> None:
    plugin = ContentNegotiation(JsonConverter(), XmlConverter())
    assert repr(plugin) == (
        "ContentNegotiation(converters=<Converters application/json, application/xml, text/xml>, accept='unset', "
        "others=0.1, content_type='application/json')"
    )
    plugin.on_request(request_with())
    copy = pickle.loads(pickle.dumps(plugin))
    assert accept_of(copy) == accept_of(plugin)
    assert ContentNegotiation(Converters(_Anything())).content_type == "application/json"


class _Anything(Converter):
    media_types = ("text/*",)

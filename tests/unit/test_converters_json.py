"""JSON bodies from and to every kind of type, with every library."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import json
import pickle
import types
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Optional,
    TypedDict,
    TypeVar,
    Union,
    get_origin,
)

import attrs
import msgspec
import orjson
import pydantic
import pytest
from pydantic.dataclasses import dataclass as pydantic_dataclass
from yarl import URL

from duohttp.converters import DEFAULT_CONVERTERS, Converters, JsonConverter
from duohttp.exceptions import DecodingError, InvalidBody, MissingExtra

T = TypeVar("T")


@dataclass
class Point:
    x: int
    y: int = 0


@dataclass
class Named:
    name: str


@dataclass
class Place:
    name: str
    at: Point


class Movie(TypedDict):
    title: str
    year: int


class Pair(NamedTuple):
    left: int
    right: str


class Item(msgspec.Struct):
    price: float
    tags: list[str] = []


class Order(msgspec.Struct):
    items: list[Item]


@attrs.define
class Car:
    wheels: int
    maker: str = "x"


class User(pydantic.BaseModel):
    id: int
    name: str = "anonymous"


class Aliased(pydantic.BaseModel):
    full_name: str = pydantic.Field(alias="fullName")
    born: dt.date | None = None


class Page(pydantic.BaseModel, Generic[T]):
    items: list[T]


@pydantic_dataclass
class Checked:
    size: Annotated[int, pydantic.Field(gt=0)]


@dataclass
class Team:
    lead: User
    others: list[User] = field(default_factory=list)


class Crew(TypedDict):
    captain: User | None


class Mixed(msgspec.Struct):
    user: User


@attrs.define
class Garage:
    car: Car
    owner: User


@dataclass
class Box(Generic[T]):
    value: T


class Cat(msgspec.Struct, tag=True):
    lives: int


class Dog(msgspec.Struct, tag=True):
    legs: int


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


Friend = NewType("Friend", User)
UserId = NewType("UserId", int)


@dataclass
class Everything:
    when: dt.datetime
    day: dt.date
    time: dt.time
    span: dt.timedelta
    id: uuid.UUID
    price: Decimal
    colour: Colour
    level: Level
    tags: set[str]
    frozen: frozenset[int]
    pair: Pair
    blob: bytes
    counts: dict[int, str]
    where: URL
    path: PurePosixPath
    host: IPv4Address


EVERYTHING = Everything(
    when=dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC),
    day=dt.date(2024, 2, 29),
    time=dt.time(12, 30, 1),
    span=dt.timedelta(days=1, seconds=2),
    id=uuid.UUID(int=7),
    price=Decimal("1.10"),
    colour=Colour.BLUE,
    level=Level.HIGH,
    tags={"a"},
    frozen=frozenset({1}),
    pair=Pair(1, "r"),
    blob=b"\x00\xff",
    counts={1: "one"},
    where=URL("https://example.org/?q=1"),
    path=PurePosixPath("/etc"),
    host=IPv4Address("127.0.0.1"),
)

LIBRARIES = {
    "msgspec": JsonConverter(),
    "orjson": JsonConverter("orjson"),
    "json": JsonConverter("json"),
    "functions": JsonConverter(dumps=json.dumps, loads=json.loads),
}


@pytest.fixture(params=LIBRARIES, name="library")
def library_fixture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(name="converters")
def converters_fixture(library: str) -> Converters:
    return Converters(LIBRARIES[library])


def decode(converters: Converters, text: str | bytes, into: Any, content_type: str | None = "application/json") -> Any:
    data = text.encode() if isinstance(text, str) else text
    return converters.decode(data, into, content_type, "utf-8")


KINDS: list[tuple[Any, str, Any]] = [
    (Any, '{"a": [1, null, "x", 1.5, true]}', {"a": [1, None, "x", 1.5, True]}),
    (object, "[1]", [1]),
    (dict, '{"a": 1}', {"a": 1}),
    (list, "[1, 2]", [1, 2]),
    (int, " 7 ", 7),
    (float, "7", 7.0),
    (bool, "true", True),
    (None, "null", None),
    (type(None), "null", None),
    (dict[str, int], '{"a": 1}', {"a": 1}),
    (dict[int, list[float]], '{"1": [2, 3.5]}', {1: [2.0, 3.5]}),
    (list[str], '["ü"]', ["ü"]),
    (tuple[int, str], '[1, "a"]', (1, "a")),
    (tuple[int, ...], "[1, 2, 3]", (1, 2, 3)),
    (set[int], "[1, 1]", {1}),
    (collections.abc.Sequence[int], "[1]", [1]),
    (collections.abc.Mapping[str, int], '{"a": 1}', {"a": 1}),
    (Literal["a", "b"], '"a"', "a"),
    (Colour, '"red"', Colour.RED),
    (Level, "2", Level.HIGH),
    (UserId, "3", 3),
    (dt.datetime, '"2024-02-29T00:00:00Z"', dt.datetime(2024, 2, 29, tzinfo=dt.UTC)),
    (uuid.UUID, '"00000000-0000-0000-0000-000000000007"', uuid.UUID(int=7)),
    (Decimal, '"1.10"', Decimal("1.10")),
    (URL, '"https://example.org/"', URL("https://example.org/")),
    (dict[str, URL], '{"a": "https://example.org/"}', {"a": URL("https://example.org/")}),
    (Point, '{"x": 1, "unknown": 3}', Point(1)),
    (Place, '{"name": "n", "at": {"x": 1, "y": 2}}', Place("n", Point(1, 2))),
    (list[Place], '[{"name": "n", "at": {"x": 1}}]', [Place("n", Point(1))]),
    (Movie, '{"title": "t", "year": 1}', {"title": "t", "year": 1}),
    (Pair, '[1, "r"]', Pair(1, "r")),
    (Order, '{"items": [{"price": 2}]}', Order([Item(2.0)])),
    (Car, '{"wheels": 4}', Car(4)),
    (list[Car], '[{"wheels": 4}]', [Car(4)]),
    (Box[int], '{"value": 3}', Box(3)),
    (Box[list[Point]], '{"value": [{"x": 3}]}', Box([Point(3)])),
    (Point | None, "null", None),
    (Point | None, '{"x": 1}', Point(1)),
    (Optional[Point], '{"x": 1}', Point(1)),  # noqa: UP045
    (Union[int, str, None], '"a"', "a"),  # noqa: UP007
    (int | str | list[Point], '[{"x": 1}]', [Point(1)]),
    (Cat | Dog, '{"type": "Dog", "legs": 3}', Dog(3)),
    (Annotated[int, msgspec.Meta(ge=1)], "1", 1),
    # unions that look alike in JSON
    (Point | Named, '{"name": "a"}', Named("a")),
    (Point | Named, '{"x": 1}', Point(1)),
    (list[Point | Named | None], '[{"x": 1}, null, {"name": "a"}]', [Point(1), None, Named("a")]),
    (dict[str, Point | Named], '{"k": {"name": "a"}}', {"k": Named("a")}),
    (Named | Place, '{"name": "a", "at": {"x": 1}}', Place("a", Point(1))),
    (Point | dict[str, str], '{"z": "1"}', {"z": "1"}),
    (Point | Car, '{"wheels": 1}', Car(1)),
    (Box[Point | Named], '{"value": {"name": "a"}}', Box(Named("a"))),
    (Annotated[Point | Named, "note"], '{"name": "a"}', Named("a")),
    (dict[Literal["k"], Point | Named], '{"k": {"x": 1}}', {"k": Point(1)}),
    (collections.abc.Mapping[str, Named | int], '{"k": {"name": "a"}, "n": 1}', {"k": Named("a"), "n": 1}),
    # pydantic, alone and inside everything else
    (User, '{"id": 1}', User(id=1)),
    (User | None, "null", None),
    (User | None, '{"id": 1}', User(id=1)),
    (list[User], '[{"id": 1, "name": "n"}]', [User(id=1, name="n")]),
    (dict[str, User] | None, '{"a": {"id": 1}}', {"a": User(id=1)}),
    (dict[str, User] | None, "null", None),
    (Union[User, Point], '{"x": 1}', Point(1)),  # noqa: UP007
    (tuple[User, ...], '[{"id": 1}]', (User(id=1),)),
    (Page[User], '{"items": [{"id": 1}]}', Page[User](items=[User(id=1)])),
    (Page[int], '{"items": ["1"]}', Page[int](items=[1])),
    (Team, '{"lead": {"id": 1}}', Team(User(id=1))),
    (Box[User], '{"value": {"id": 1}}', Box(User(id=1))),
    (Crew, '{"captain": null}', {"captain": None}),
    (Crew, '{"captain": {"id": 1}}', {"captain": User(id=1)}),
    (Friend, '{"id": 1}', User(id=1)),
    (list[Friend], '[{"id": 1}]', [User(id=1)]),
    (Checked, '{"size": 1}', Checked(1)),
    (list[Checked], '[{"size": 1}]', [Checked(1)]),
    (Aliased, '{"fullName": "n", "born": "2024-02-29"}', Aliased(fullName="n", born=dt.date(2024, 2, 29))),
    (pydantic.HttpUrl, '"https://example.org/"', pydantic.HttpUrl("https://example.org/")),
    (Annotated[int, pydantic.Field(gt=0)], "1", 1),
    # pydantic where pydantic alone can't help
    (Mixed, '{"user": {"id": 1}}', Mixed(User(id=1))),
    (list[Mixed], '[{"user": {"id": 1}}]', [Mixed(User(id=1))]),
    (Garage, '{"car": {"wheels": 4}, "owner": {"id": 1}}', Garage(Car(4), User(id=1))),
    (list[Item | User], '[{"price": 1}, {"id": 1}]', [Item(1.0), User(id=1)]),
]


@pytest.mark.parametrize(("into", "text", "expected"), KINDS, ids=lambda value: str(value)[:50])
def test_decodes(converters: Converters, into: Any, text: str, expected: Any) -> None:
    result = decode(converters, text, into)
    assert result == expected
    assert type(result) is type(expected)


def test_round_trip_of_everything(converters: Converters) -> None:
    data, content_type = converters.encode(EVERYTHING)
    assert content_type == "application/json"
    assert decode(converters, data, Everything) == EVERYTHING


def test_all_libraries_write_the_same() -> None:
    values = [EVERYTHING, Team(User(id=1)), Order([Item(1.5)]), Car(4), Movie(title="ü", year=1), [Pair(1, "r"), None]]
    written = {name: [json.loads(converter.encode(value)) for value in values] for name, converter in LIBRARIES.items()}
    assert all(result == written["msgspec"] for result in written.values())
    assert json.loads(LIBRARIES["json"].encode(EVERYTHING))["when"] == "2024-02-29T12:30:00Z"


class Text(str):
    pass


class Real(float):
    pass


ENCODED: list[tuple[Any, Any]] = [
    (None, None),
    ("a", "a"),
    ({"a": (1, 2)}, {"a": [1, 2]}),
    ({1: "a", 2.5: "b"}, {"1": "a", "2.5": "b"}),
    (Point(1), {"x": 1, "y": 0}),
    (Pair(1, "r"), [1, "r"]),
    (Item(1.0), {"price": 1.0, "tags": []}),
    (Car(4), {"wheels": 4, "maker": "x"}),
    (User(id=1), {"id": 1, "name": "anonymous"}),
    ([User(id=1)], [{"id": 1, "name": "anonymous"}]),
    (Team(User(id=1)), {"lead": {"id": 1, "name": "anonymous"}, "others": []}),
    (Mixed(User(id=1)), {"user": {"id": 1, "name": "anonymous"}}),
    (Aliased(fullName="n"), {"fullName": "n", "born": None}),
    (Page[User](items=[User(id=1)]), {"items": [{"id": 1, "name": "anonymous"}]}),
    (pydantic.HttpUrl("https://example.org/"), "https://example.org/"),
    (Cat(9), {"type": "Cat", "lives": 9}),
    ({Colour.RED, Colour.RED}, ["red"]),
    (collections.OrderedDict(a=1), {"a": 1}),
    (types.MappingProxyType({"a": 1}), {"a": 1}),
    (collections.deque([1]), [1]),
    ({"a": 1}.keys(), ["a"]),
    ([Text("t"), Real(1.5)], ["t", 1.5]),
    (URL("https://example.org/"), "https://example.org/"),
    ([True, False], [True, False]),
]


@pytest.mark.parametrize(("value", "expected"), ENCODED, ids=lambda value: str(value)[:50])
def test_encodes(converters: Converters, value: Any, expected: Any) -> None:
    data, content_type = converters.encode(value)
    assert json.loads(data) == expected
    assert content_type == "application/json"


def test_output_is_compact_utf8() -> None:
    for name, converter in LIBRARIES.items():
        if name != "functions":
            assert converter.encode({"a": ["ü", 1]}) == '{"a":["ü",1]}'.encode()


# What can't be decoded.

MISMATCHES: list[tuple[Any, str, str]] = [
    (
        Order,
        '{"items": [{"price": 1}, {"price": "x"}]}',
        "a valid Order: Expected `float`, got `str` at `$.items[1].price`",
    ),
    (Point, "{}", "a valid Point: Object missing required field `x` at `$`"),
    (list[Point], '[{"x": 1}, {}]', "a valid list[Point]: Object missing required field `x` at `$[1]`"),
    (dict[str, int], '{"a": "b"}', "a valid dict[str, int]: Expected `int`, got `str` at `$[...]`"),
    (dict[int, int], '{"a": 1}', "got `str` at a key of `$`"),
    (dict, "[]", "a valid dict: Expected `object`, got `array` at `$`"),
    (Point | None, '"x"', "a valid Point | None: Expected `object | null`, got `str`"),
    (Colour, '"green"', "a valid Colour: Invalid enum value 'green' at `$`"),
    (Movie, '{"title": 1, "year": 1}', "Expected `str`, got `int` at `$.title`"),
    (Pair, "[1, 2]", "a valid Pair: Expected `str`, got `int` at `$[1]`"),
    (Car, "{}", "a valid Car: Object missing required field `wheels` at `$`"),
    (User, "{}", "a valid User: Field required at `$.id`"),
    (
        list[User],
        '[{"id": 1}, {"id": "x"}]',
        "Input should be a valid integer, unable to parse string as an integer at `$[1].id`",
    ),
    (Team, '{"lead": {"id": 1}, "others": [{}]}', "a valid Team: Field required at `$.others[0].id`"),
    (Mixed, '{"user": {}}', "a valid Mixed: Field required at `$.user.id`"),
    (dict[str, User], '{"a b": {}}', "Field required at `$['a b'].id`"),
    (Point | Named, "{}", "Expected one of Point | Named (Point: Object missing required field `x` at `$`; Named: "),
    (URL, "1", "Expected `URL`, got `int` at `$`"),
    (None, "1", "a valid None: Expected `null`, got `int` at `$`"),
]


@pytest.mark.parametrize(("into", "text", "message"), MISMATCHES, ids=lambda value: str(value)[:40])
def test_mismatch_names_type_path_and_expectation(into: Any, text: str, message: str) -> None:
    with pytest.raises(DecodingError) as caught:
        decode(DEFAULT_CONVERTERS, text, into)
    assert message in caught.value.message
    assert caught.value.message.startswith("the body is not a valid ")
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(("into", "text", "message"), MISMATCHES, ids=lambda value: str(value)[:40])
def test_mismatch_is_an_error_with_every_library(converters: Converters, into: Any, text: str, message: str) -> None:
    with pytest.raises(DecodingError, match="the body is not a valid "):
        decode(converters, text, into)


def test_many_pydantic_problems_are_counted() -> None:
    with pytest.raises(DecodingError, match=r"at `\$\[2\].id`; and 2 more$"):
        decode(DEFAULT_CONVERTERS, "[{}, {}, {}, {}, {}]", list[User])


@pytest.mark.parametrize("into", [Any, dict, Point, User, list[User], Point | Named], ids=str)
@pytest.mark.parametrize(
    "text", ["{", '{"x": 1,}', "{} x", "<html>", "nul", '{"x": NaN}', "[" * 100_000, b'{"x":"\xff"}']
)
def test_what_is_not_json(library: str, converters: Converters, into: Any, text: str | bytes) -> None:
    if into in (Any, dict) and "NaN" in str(text) and library == "functions":
        pytest.skip("json.loads takes NaN")
    with pytest.raises(DecodingError) as caught:
        decode(converters, text, into)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 400


def test_malformed_json_says_where() -> None:
    with pytest.raises(DecodingError) as caught:
        decode(DEFAULT_CONVERTERS, '{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": x}', dict)
    assert caught.value.message == (
        "the body is not JSON: invalid character (byte 47), near '…aaaaaaaaaaaaaaaaa\": x}'"
    )


@pytest.mark.parametrize("into", [dict, Any, object, Point, User, list[int], int], ids=str)
@pytest.mark.parametrize("body", [b"", b" \r\n", b"\xef\xbb\xbf"])
def test_empty_body(converters: Converters, into: Any, body: bytes) -> None:
    with pytest.raises(DecodingError, match=r"the body is empty, .* was expected"):
        decode(converters, body, into)


@pytest.mark.parametrize("into", [None, Point | None, User | None, dict[str, User] | None, Point | Named | None])
@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_empty_body_is_none_where_none_fits(converters: Converters, into: Any, content_type: str | None) -> None:
    assert decode(converters, b"", into, content_type) is None


class Plain:
    def __init__(self, value: int) -> None:
        self.value = value


@pytest.mark.parametrize(
    ("into", "message"),
    [
        ("Point", "no type a body can be decoded as"),
        (3, "no type a body can be decoded as"),
        (dict[str, Plain], r"Expected `Plain`, got `int` at `\$\[\.\.\.\]`"),
        (list[collections.abc.Callable[[int], int]], r"got `int` at `\$\[0\]`"),
        (Plain, "Plain is no type a body can be decoded as: make it a dataclass"),
        (collections.abc.Callable[[int], int], "Expected|no type"),
    ],
    ids=str,
)
def test_types_that_cannot_be_made(converters: Converters, into: Any, message: str) -> None:
    body = {list: "[1]", dict: '{"a": 1}'}.get(get_origin(into), "{}")
    with pytest.raises(DecodingError, match=message):
        decode(converters, body, into)


def test_names_only_a_type_checker_knows() -> None:
    @dataclass
    class Lazy:
        value: Missing  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(DecodingError, match="Lazy is no type a body can be decoded as: name 'Missing' is not defined"):
        decode(DEFAULT_CONVERTERS, "{}", Lazy)


def test_union_in_a_field_is_left_to_pydantic() -> None:
    @dataclass
    class Holder:
        thing: Point | Named

    # Local names can't be resolved from text, so the annotation is given as a type.
    Holder.__annotations__["thing"] = Point | Named
    Holder.__dataclass_fields__["thing"].type = Point | Named
    assert decode(DEFAULT_CONVERTERS, '{"thing": {"name": "a"}}', Holder) == Holder(Named("a"))


# What can't be encoded.


def test_unencodable_part_is_named(converters: Converters) -> None:
    with pytest.raises(InvalidBody) as caught:
        converters.encode({"a": [1, {"b c": Plain(1)}]})
    assert caught.value.message.startswith("the body can't be encoded as JSON: `Plain` at `$.a[1]['b c']`: ")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (Plain(1), "`Plain` at `$`"),
        (Item(1.0, [Plain(1)]), "`Plain` at `$.tags[0]`"),  # type: ignore[list-item]
        (Place("n", Plain(1)), "`Plain` at `$.at`"),  # type: ignore[arg-type]
        (Car(1, Plain(1)), "`Plain` at `$.maker`"),  # type: ignore[arg-type]
        ((i for i in "a"), "`generator` at `$`"),
        ([1, 2j], "`complex` at `$[1]`"),
        ({(1, 2): 3}, "`dict` at `$`"),
        (["\ud800"], "`str` at `$[0]`"),
        (Point, "`type` at `$`"),
    ],
)
def test_unencodable_kinds(library: str, converters: Converters, value: Any, path: str) -> None:
    if library == "functions" and path.startswith("`str`"):
        pytest.skip("json.dumps escapes what is no character")
    with pytest.raises(InvalidBody) as caught:
        converters.encode(value)
    assert path in caught.value.message


def test_value_that_holds_itself(converters: Converters) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(InvalidBody, match="nested too deeply, or holds itself"):
        converters.encode(loop)


def test_nan_is_null_or_refused() -> None:
    assert LIBRARIES["msgspec"].encode([float("nan")]) == b"[null]"
    assert LIBRARIES["orjson"].encode([float("inf")]) == b"[null]"
    with pytest.raises(InvalidBody, match=r"`float` at `\$\[0\]`"):
        LIBRARIES["json"].encode([float("nan")])


def test_integers_beyond_64_bits() -> None:
    for library, converter in LIBRARIES.items():
        if library == "orjson":
            with pytest.raises(InvalidBody, match=r"`int` at `\$\[0\]`: Integer exceeds 64-bit range"):
                converter.encode([2**70])
        else:
            assert json.loads(converter.encode(2**70)) == 2**70


# Options.


@pytest.mark.parametrize("library", ["msgspec", "orjson", "json"])
def test_options_for_writing(library: Any) -> None:
    assert (
        JsonConverter(library, drop_nulls=True).encode(
            {"a": None, "b": [None, {"c": None}], "d": Aliased(fullName="n")}
        )
        == b'{"b":[null,{}],"d":{"fullName":"n"}}'
    )
    escaped = JsonConverter(library, escape_html=True).encode({"<b>": "&\u2028\u2029'é"})
    assert escaped == '{"\\u003cb\\u003e":"\\u0026\\u2028\\u2029\'é"}'.encode()
    assert json.loads(escaped) == {"<b>": "&\u2028\u2029'é"}
    assert (
        JsonConverter(library, sort_keys=True).encode({"b": 1, "a": {"d": 1, "c": 2}}) == b'{"a":{"c":2,"d":1},"b":1}'
    )


@pytest.mark.parametrize("library", ["msgspec", "orjson", "json"])
def test_lax_conversion(library: Any) -> None:
    lax = Converters(JsonConverter(library, strict=False))
    assert decode(lax, '{"x": "1"}', Point) == Point(1)
    assert decode(lax, '[{"x": "1"}]', list[Point | Named]) == [Point(1)]
    with pytest.raises(DecodingError):
        decode(Converters(JsonConverter(library)), '{"x": "1"}', Point)


def _to_plain(value: Any) -> Any:
    if isinstance(value, Plain):
        return {"value": value.value}
    raise NotImplementedError


def _from_plain(kind: Any, value: Any) -> Any:
    if kind is Plain:
        return Plain(value["value"] + 1)
    raise NotImplementedError


@pytest.mark.parametrize("library", ["msgspec", "orjson", "json"])
def test_hooks_for_own_classes(library: Any) -> None:
    converters = Converters(JsonConverter(library, enc_hook=_to_plain, dec_hook=_from_plain))
    data, _ = converters.encode({"a": Plain(1), "b": User(id=1)})
    assert json.loads(data) == {"a": {"value": 1}, "b": {"id": 1, "name": "anonymous"}}
    assert decode(converters, '[{"value": 1}]', list[Plain])[0].value == 2
    assert decode(converters, '"https://example.org/"', URL) == URL("https://example.org/")
    with pytest.raises(InvalidBody, match="complex"):
        converters.encode(2j)


def test_functions_of_the_users_own() -> None:
    calls: list[str] = []

    def dumps(value: Any) -> str:
        calls.append("dumps")
        return json.dumps(value, indent=1)

    def loads(data: bytes) -> Any:
        calls.append("loads")
        return json.loads(data, parse_float=Decimal)

    converters = Converters(JsonConverter(dumps=dumps, loads=loads))
    assert converters.encode([1])[0] == b"[\n 1\n]"
    assert converters.encode(Point(1))[0] == b'{\n "x": 1,\n "y": 0\n}'
    assert decode(converters, "[1.10]", list[Decimal]) == [Decimal("1.10")]
    assert str(decode(converters, "1.10", Any)) == "1.10"
    assert decode(converters, '{"id": 1}', User) == User(id=1)
    assert calls == ["dumps", "dumps", "dumps", "loads", "loads", "loads"]


def test_own_hook_keeps_known_classes() -> None:
    def hook(kind: Any, value: Any) -> Any:
        return kind(value) if kind is complex else value

    converters = Converters(JsonConverter(dec_hook=hook))
    assert decode(converters, '["1+2j"]', list[complex]) == [1 + 2j]


def test_repr_names_the_library() -> None:
    assert repr(JsonConverter("json")) == "JsonConverter('json')"
    assert repr(JsonConverter(loads=json.loads)) == "JsonConverter(own functions)"


def test_errors_of_ours_pass_through_functions_and_hooks() -> None:
    def loads(data: bytes) -> Any:
        raise DecodingError("mine")

    def dumps(value: Any) -> str:
        raise InvalidBody("mine")

    converters = Converters(JsonConverter(dumps=dumps, loads=loads))
    with pytest.raises(DecodingError, match=r"^mine$"):
        decode(converters, "1", Any)
    with pytest.raises(InvalidBody, match=r"^mine$"):
        converters.encode(1)


def test_byte_order_mark_before_what_is_not_json(converters: Converters) -> None:
    with pytest.raises(DecodingError, match="the body is not JSON"):
        decode(converters, b"\xef\xbb\xbf{x", dict)
    with pytest.raises(DecodingError, match="the body is not a valid Point"):
        decode(converters, b"\xef\xbb\xbf{}", Point)


def test_wrong_options() -> None:
    with pytest.raises(ValueError, match="library must be"):
        JsonConverter("ujson")  # type: ignore[arg-type]


def test_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duohttp.converters.json_converter.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"install duohttp\[orjson\]"):
        JsonConverter("orjson")


def test_orjson_really_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orjson, "loads", lambda data: {"x": 42})
    assert decode(Converters(JsonConverter("orjson")), "{}", Point) == Point(42)


def test_converters_travel_between_processes() -> None:
    converters = Converters(JsonConverter("json", drop_nulls=True, enc_hook=_to_plain, dec_hook=_from_plain))
    assert converters.encode({"a": None})[0] == b"{}"
    copy = pickle.loads(pickle.dumps(converters))
    assert copy.encode({"a": None, "b": Plain(1)})[0] == b'{"b":{"value":1}}'
    assert decode(copy, '{"x": 1}', Point) == Point(1)
    assert decode(pickle.loads(pickle.dumps(DEFAULT_CONVERTERS)), "[1]", list) == [1]

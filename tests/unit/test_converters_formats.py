"""MessagePack, CBOR, YAML, XML and forms."""

from __future__ import annotations

import builtins
import datetime as dt
import enum
import pickle
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Generic, NotRequired, TypedDict, TypeVar

import attrs
import cbor2
import msgspec
import pydantic
import pytest
import yaml

from duohttp.converters import (
    CborConverter,
    Converter,
    Converters,
    FormConverter,
    MsgpackConverter,
    XmlConverter,
    YamlConverter,
)
from duohttp.exceptions import DecodingError, InvalidBody, MissingExtra

T = TypeVar("T")
ANY: Any = Any  # a type checker takes a bare Any for a type of its own


class Level(enum.IntEnum):
    LOW = 1


@dataclass
class Item:
    name: str
    price: Decimal
    tags: list[str] = field(default_factory=list)
    level: Level = Level.LOW


class Order(msgspec.Struct):
    id: uuid.UUID
    at: dt.datetime
    day: dt.date
    items: list[Item]
    note: str | None = None
    paid: bool = False


class User(pydantic.BaseModel):
    id: int
    full_name: str = pydantic.Field(default="", alias="fullName")
    tags: list[str] = []


@dataclass
class Team:
    users: list[User]


ORDER = Order(
    id=uuid.UUID(int=9),
    at=dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC),
    day=dt.date(2024, 2, 29),
    items=[Item("ä <&>\"' b", Decimal("1.10"), ["x"]), Item("c", Decimal(2))],
    paid=True,
)

FORMATS: dict[str, Converter] = {
    "application/msgpack": MsgpackConverter(),
    "application/cbor": CborConverter(),
    "application/yaml": YamlConverter(),
    "application/xml": XmlConverter(),
}
ALL = Converters(*FORMATS.values(), FormConverter())
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(params=FORMATS, name="media_type")
def media_type_fixture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("value", "into"),
    [
        (ORDER, Order),
        ([ORDER, ORDER], list[Order]),
        ([ORDER], list[Order]),
        ([], list[Order]),
        (User(id=1, fullName="ü", tags=["a", "b"]), User),
        (Team([User(id=1), User(id=2, fullName="b")]), Team),
        ({"a": ["1", "2"]}, dict),
        ({"a": {"b": "1", "c": None}}, dict[str, Any]),
        (Item("n", Decimal(1)), Item | None),
    ],
    ids=str,
)
def test_round_trip(media_type: str, value: Any, into: Any) -> None:
    data, content_type = ALL.encode(value, media_type)
    assert content_type == media_type
    back = ALL.decode(data, into, media_type)
    if media_type == "application/xml" and isinstance(value, dict):
        assert back in ({"root": value}, {"a": {"b": "1"}})  # None is left out
    else:
        assert back == value


def test_none_is_null(media_type: str) -> None:
    assert ALL.decode(ALL.encode(None, media_type)[0], Item | None, media_type) is None


@pytest.mark.parametrize("into", [Item, User, list[Item]])
def test_empty_body(media_type: str, into: Any) -> None:
    with pytest.raises(DecodingError, match=r"the body is empty, .* was expected"):
        ALL.decode(b"", into, media_type)
    assert ALL.decode(b"", into | None, media_type) is None


def test_mismatch_names_the_path(media_type: str) -> None:
    data, _ = ALL.encode({"Order": {"users": [{"id": 1}, {"id": "x"}]}}, media_type)
    into: Any = Team
    if media_type != "application/xml":
        data, _ = ALL.encode({"users": [{"id": 1}, {"id": "x"}]}, media_type)
    with pytest.raises(DecodingError, match=r"the body is not a valid Team: Input .* at `\$.users\[1\].id`"):
        ALL.decode(data, into, media_type)
    data, _ = ALL.encode(
        {"a": {"name": "n", "price": "x"}} if media_type.endswith("xml") else {"name": "n", "price": "x"}, media_type
    )
    with pytest.raises(DecodingError, match=r"the body is not a valid Item: .* at `\$.price`"):
        ALL.decode(data, Item, media_type)


@pytest.mark.parametrize("body", [b"\xc1\xff<", b"\xff: [", b"a: [1", b"%x"])
@pytest.mark.parametrize("into", [Any, Item, User])
def test_broken_bodies_are_decoding_errors(media_type: str, body: bytes, into: Any) -> None:
    with pytest.raises(DecodingError):
        ALL.decode(body, into, media_type)


def test_broken_body_names_the_format() -> None:
    for media_type, name in (
        ("application/msgpack", "MessagePack"),
        ("application/cbor", "CBOR"),
        ("application/yaml", "YAML"),
        ("application/xml", "XML"),
    ):
        with pytest.raises(DecodingError, match=f"the body is not {name}: "):
            ALL.decode({"application/yaml": b"a: b: c"}.get(media_type, b"\x92\x01"), ANY, media_type)


def test_unencodable_part_is_named(media_type: str) -> None:
    with pytest.raises(InvalidBody, match=r"`complex` at `\$.a\[1\]`"):
        ALL.encode({"a": [1, 2j]}, media_type)


def test_deep_nesting_is_an_error(media_type: str) -> None:
    bodies = {
        "application/msgpack": b"\x91" * 200_000 + b"\x01",
        "application/cbor": b"\x81" * 5000 + b"\x01",
        "application/yaml": b"[" * 5000,
        "application/xml": b"<a>" * 5000 + b"</a>" * 5000,
    }
    with pytest.raises(DecodingError, match=r"nest|depth"):
        ALL.decode(bodies[media_type], ANY, media_type)


def test_formats_pickle(media_type: str) -> None:
    copy = pickle.loads(pickle.dumps(ALL))
    data, _ = ALL.encode(ORDER, media_type)
    assert copy.decode(data, Order, media_type) == ORDER


# MessagePack and CBOR carry bytes, and keys that are no strings.


@pytest.mark.parametrize("media_type", ["application/msgpack", "application/cbor"])
def test_binary_formats(media_type: str) -> None:
    value = {1: b"\x00\xff", "k": [1.5, None, True]}
    data, _ = ALL.encode(value, media_type)
    assert ALL.decode(data, ANY, media_type) == value
    assert ALL.decode(ALL.encode({1: "a"}, media_type)[0], dict[int, str], media_type) == {1: "a"}
    with pytest.raises(DecodingError, match="a key of"):
        ALL.decode(ALL.encode({"1": "a"}, media_type)[0], dict[int, str], media_type)
    # A charset means nothing here.
    assert ALL.decode(data, ANY, media_type + "; charset=latin-1", "latin-1") == value


@dataclass
class Kinds:
    at: dt.datetime
    price: Decimal
    id: uuid.UUID
    blob: bytes


def test_cbor_kinds_of_other_writers() -> None:
    kinds = Kinds(dt.datetime(2024, 2, 29, tzinfo=dt.UTC), Decimal("1.1"), uuid.UUID(int=3), b"\x00")
    assert ALL.decode(cbor2.dumps(vars(kinds)), Kinds, "application/cbor") == kinds
    assert ALL.decode(ALL.encode(kinds, "application/cbor")[0], Kinds, "application/cbor") == kinds
    assert ALL.decode(ALL.encode(kinds, "application/msgpack")[0], Kinds, "application/msgpack") == kinds


def test_cbor_that_holds_itself() -> None:
    with pytest.raises(DecodingError, match="blow it up"):
        ALL.decode(b"\xd8\x1c\x81\xd8\x1d\x00", ANY, "application/cbor")


def test_cbor_impossible_length() -> None:
    with pytest.raises(DecodingError, match="not CBOR"):
        ALL.decode(b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", ANY, "application/cbor")


# YAML.


def test_cbor_of_lone_surrogates_and_trailing_bytes() -> None:
    with pytest.raises(InvalidBody, match=r"as CBOR: `str` at `\$\[0\]`"):
        ALL.encode(["\ud800"], "application/cbor")
    with pytest.raises(DecodingError, match=r"not CBOR: it has trailing bytes \(byte 1\)"):
        ALL.decode(b"\x01\x02", Any, "application/cbor")


def test_yaml_kinds() -> None:
    text = b"name: a\nprice: 1.5\ntags: [x, 'y']\n"
    assert ALL.decode(text, Item, "text/yaml") == Item("a", Decimal("1.5"), ["x", "y"])
    assert ALL.decode(b"1: 2024-02-29\n", dict[int, dt.date], "application/yaml") == {1: dt.date(2024, 2, 29)}
    assert ALL.encode({"b": "ü", "a": [1]}, "application/yaml")[0] == "b: ü\na:\n- 1\n".encode()
    assert ALL.decode("ü".encode("latin-1"), ANY, "text/yaml; charset=latin-1", "latin-1") == "ü"


def test_yaml_runs_no_code() -> None:
    with pytest.raises(DecodingError, match="could not determine a constructor for the tag"):
        ALL.decode(b"!!python/object/apply:os.getcwd []", ANY, "application/yaml")


def test_yaml_error_says_where() -> None:
    with pytest.raises(
        DecodingError, match="not YAML: mapping values are not allowed in this context at line 2, column 5"
    ):
        ALL.decode(b"x: 1\na: b: c", ANY, "application/yaml")


def test_yaml_aliases_are_bounded() -> None:
    assert ALL.decode(b"a: &a [1]\nb: *a\n", ANY, "application/yaml") == {"a": [1], "b": [1]}
    bomb = b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 60))
    for body in (bomb, b"&a [*a]", b"&a {b: *a}"):
        with pytest.raises(DecodingError, match="not YAML: its references blow it up beyond 1,000,000 values"):
            ALL.decode(body, ANY, "application/yaml")


@pytest.mark.parametrize(
    ("media_type", "module", "extra"), [("application/yaml", "yaml", "yaml"), ("application/cbor", "cbor2", "cbor")]
)
def test_missing_extra(monkeypatch: pytest.MonkeyPatch, media_type: str, module: str, extra: str) -> None:
    original = builtins.__import__

    def refuse(name: str, *args: Any, **options: Any) -> Any:
        if name == module:
            raise ImportError(name)
        return original(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    for call in (lambda: ALL.decode(b"1", int, media_type), lambda: ALL.encode(1, media_type)):
        with pytest.raises(MissingExtra, match=rf"install duohttp\[{extra}\]"):
            call()


def test_yaml_without_its_c_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    monkeypatch.delattr(yaml, "CSafeDumper", raising=False)
    assert ALL.decode(b"a: [1]", ANY, "application/yaml") == {"a": [1]}
    assert ALL.encode({"a": "ü"}, "application/yaml")[0] == "a: ü\n".encode()


# Forms.


class Token(TypedDict):
    access_token: str
    expires_in: int
    scopes: NotRequired[list[str]]


@attrs.define
class Query:
    q: str
    page: int = 1
    tags: list[str] = attrs.field(factory=list)
    exact: bool | None = None


@dataclass
class Box(Generic[T]):
    x: T
    y: dict[str, T | str]
    z: list[T]
    n: Annotated[int, {"not": "hashable"}] = 0


def test_form_decodes() -> None:
    body = "access_token=a%2Fb+c&expires_in=3600&scopes=ü".encode()
    assert ALL.decode(body, Token, FORM) == {"access_token": "a/b c", "expires_in": 3600, "scopes": ["ü"]}
    assert ALL.decode(b"a=1&a=2&a=3&b=&c=%C3%BC", dict, FORM) == {"a": ["1", "2", "3"], "b": "", "c": "ü"}
    assert ALL.decode(b"q=x&exact=true&tags=a&tags=b", Query, FORM) == Query("x", 1, ["a", "b"], True)
    assert ALL.decode(b"id=5&tags=a", User, FORM) == User(id=5, tags=["a"])
    assert ALL.decode(b"", dict, FORM) == {}
    with pytest.raises(DecodingError, match=r"not a valid Token: Expected `int`, got `str` at `\$.expires_in`"):
        ALL.decode(b"access_token=a&expires_in=soon", Token, FORM)
    with pytest.raises(DecodingError, match="missing required field `q`"):
        ALL.decode(b"x=1", Query, FORM)


def test_form_into_unions_and_odd_annotations() -> None:
    assert ALL.decode(b"name=n&price=1", Item | User, FORM) == Item("n", Decimal(1))
    assert ALL.decode(b"id=1", Item | User, FORM) == User(id=1)
    assert ALL.decode(b"a=1&a=2", dict[str, list[int] | int], FORM) == {"a": [1, 2]}
    assert ALL.decode(b"a=1", dict[str, list[int] | int], FORM) == {"a": 1}
    assert ALL.decode(b"a=1&b=2", dict[str, list[int] | None], FORM) == {"a": [1], "b": [2]}
    odd: Any = dict[str, Annotated[list[int], {"not": "hashable"}]]
    assert ALL.decode(b"a=1", odd, FORM) == {"a": [1]}
    with pytest.raises(DecodingError, match="Expected `object`, got `str`"):
        ALL.decode(b"a=1", dict[str, Item], FORM)


def test_form_encodes() -> None:
    value = Query("a&b=ü", 2, ["x y", "z"], False)
    data, content_type = ALL.encode(value, FORM)
    assert content_type == FORM
    assert sorted(data.split(b"&")) == [b"exact=false", b"page=2", b"q=a%26b%3D%C3%BC", b"tags=x+y", b"tags=z"]
    assert ALL.decode(ALL.encode(value, FORM)[0], Query, FORM) == value
    assert ALL.encode({"a": None, "b": 1.5, "day": dt.date(2024, 2, 29)}, FORM)[0] == b"b=1.5&day=2024-02-29"
    with pytest.raises(InvalidBody, match="the field 'a' is nested"):
        ALL.encode({"a": {"b": 1}}, FORM)
    with pytest.raises(InvalidBody, match="a form is made from an object with fields"):
        ALL.encode([1], FORM)


# XML.


class Price(msgspec.Struct):
    currency: str
    text: Decimal


class Attributed(msgspec.Struct):
    id: int
    price: Price
    title: str = ""
    sub: list[int] = []
    own: str = msgspec.field(name="@own", default="")


def xml(text: str, into: Any, converter: Converter | None = None, content_type: str = "application/xml") -> Any:
    return Converters(converter or XmlConverter()).decode(text.encode(), into, content_type)


def test_xml_as_plain_data() -> None:
    text = """<?xml version="1.0"?>
    <!-- a comment --><feed xml:lang="en"><entry id="1">a</entry><entry>b<![CDATA[ <c> ]]></entry>
    <empty/><deep><x> 1 </x></deep> tail </feed>"""
    expected = {
        "feed": {
            "@xml:lang": "en",
            "entry": [{"@id": "1", "#text": "a"}, "b <c>"],
            "empty": None,
            "deep": {"x": "1"},
            "#text": "tail",
        }
    }
    for into in (dict, Any, object, dict[str, Any]):
        assert xml(text, into) == expected
    assert xml("<a/>", dict) == {"a": None}


def test_xml_as_classes() -> None:
    text = '<any id="7" own="o"><price currency="EUR">1.10</price><sub>1</sub></any>'
    assert xml(text, Attributed) == Attributed(7, Price("EUR", Decimal("1.10")), "", [1], "o")
    assert xml('<any id="7"><price currency="EUR">1</price><title/></any>', Attributed).sub == []
    assert xml("<l><i>1</i><i>2</i></l>", list[int]) == [1, 2]
    assert xml("<l><i>1</i></l>", list[int]) == [1]
    assert xml("<l/>", list[int]) == []
    assert xml('<l n="1"><i>1</i><j>2</j>x</l>', tuple[int, ...]) == (1, 2)
    assert xml("<n>5</n>", int) == 5
    assert xml('<n unit="s">5</n>', int) == 5
    assert xml("<n>true</n>", bool) is True
    assert xml("<u><id>1</id><fullName>n</fullName><tags>t</tags></u>", User) == User(id=1, fullName="n", tags=["t"])
    assert xml("<t><users><id>1</id></users></t>", Team) == Team([User(id=1)])
    with pytest.raises(
        DecodingError, match=r"not a valid Attributed: Object missing required field `text` at `\$.price`"
    ):
        xml('<any id="7"><price currency="EUR"/></any>', Attributed)


def test_xml_into_generic_classes() -> None:
    assert xml("<b><x>1</x><y><k>a</k></y><z>2</z></b>", Box[int]) == Box[int](1, {"k": "a"}, [2], 0)


def test_xml_options() -> None:
    text = '<ns:a xmlns:ns="urn:x" ns:id="1"><ns:b>2</ns:b></ns:a>'
    assert xml(text, dict) == {"ns:a": {"@xmlns:ns": "urn:x", "@ns:id": "1", "ns:b": "2"}}
    assert xml(text, dict, XmlConverter(strip_namespaces=True)) == {"a": {"@id": "1", "b": "2"}}
    assert xml('<a id="1"/>', dict, XmlConverter(attribute_prefix="")) == {"a": {"id": "1"}}
    encode = Converters(XmlConverter(root="r", item="i")).encode
    assert encode([1, 2], "text/xml")[0] == b'<?xml version="1.0"?>\n<r><i>1</i><i>2</i></r>'
    assert encode({"a": 1, "b": 2}, "text/xml")[0] == b'<?xml version="1.0"?>\n<r><a>1</a><b>2</b></r>'


def test_xml_charsets() -> None:
    declared = '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>'
    converters = Converters(XmlConverter())
    assert converters.decode(declared.encode("latin-1"), dict, "application/xml") == {"a": "ü"}
    assert converters.decode(declared.encode("utf-16"), dict, "application/xml") == {"a": "ü"}
    assert converters.decode(declared.encode("cp1251", "replace"), dict, "text/xml; charset=cp1251", "cp1251") == {
        "a": "?"
    }
    assert converters.decode("\ufeff<a>ü</a>".encode(), dict, "application/xml") == {"a": "ü"}
    shift_jis = '<?xml version="1.0" encoding="Shift_JIS"?><a>日本</a>'
    assert converters.decode(shift_jis.encode("shift_jis"), dict, "application/xml") == {"a": "日本"}
    with pytest.raises(DecodingError, match="charset 'klingon' is not known"):
        converters.decode(b'<?xml version="1.0" encoding="Klingon"?><a/>', dict, "application/xml")
    assert converters.encode({"a": "ü"}, "text/xml; charset=latin-1")[0].endswith("<a>ü</a>".encode("latin-1"))


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE a [<!ENTITY b "x">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY % b "x"> %b;]>',
    ],
)
def test_xml_with_a_dtd_is_refused(prolog: str) -> None:
    with pytest.raises(DecodingError, match="not XML: it has a DTD, which is refused"):
        xml(prolog + "<a>&b;</a>", dict)


def test_xml_encodes() -> None:
    value = {"a": {"@id": 'x"<&\n', "#text": "t", "b": [1, None, True], "c": None, "d": {"e": 1.5}}}
    data, content_type = Converters(XmlConverter()).encode(value, "image/svg+xml")
    assert content_type == "image/svg+xml"
    assert data.decode() == (
        '<?xml version="1.0"?>\n<a id="x&quot;&lt;&amp;&#10;">t<b>1</b><b/><b>true</b><d><e>1.5</e></d></a>'
    )
    assert xml(data.decode(), dict)["a"]["@id"] == 'x"<&\n'
    assert Converters(XmlConverter()).encode(Item("n", Decimal(1)), "text/xml")[0] == (
        b'<?xml version="1.0"?>\n<Item><name>n</name><price>1</price><level>1</level></Item>'
    )


@pytest.mark.parametrize(
    "value", [{"a b": 1}, {"<a>": 1}, {"a": {"@b c": 1}}, {"a": "\x00"}, {"a": {"@b": [1]}}, {"1a": 2}, {"a": {"@": 1}}]
)
def test_what_xml_cannot_hold(value: Any) -> None:
    with pytest.raises(InvalidBody, match="the body can't be encoded as XML"):
        Converters(XmlConverter()).encode(value, "application/xml")

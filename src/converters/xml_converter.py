"""XML, as plain data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, get_origin

from .converter import DataConverter, Decode, EncHook
from .fields import wire_fields
from .kinds import without_none
from .shape import DICTS, item_type, shaper
from .text import has_bom
from .typed import DecHook

__all__ = ["XmlConverter"]

_PROLOG = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_NAME = re.compile(r"[^\W\d][\w.:-]*")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MAX_DEPTH = 500


class XmlConverter(DataConverter):
    """XML 1.0 (RFC 7303), an element being the object of its children: ``<a id="1"><b>x</b></a>``.

    Read as ``dict`` or ``Any`` that is ``{"a": {"@id": "1", "b": "x"}}``; read as a class, the root element stands for
    the object and its name is not looked at; an attribute goes into the field of its name, text into the field
    ``text``. Children of one name are a list; where the class asks for a list, a
    single child is one too. ``list[T]`` takes the children of the root. Text beside attributes or children is under
    ``#text``; an empty element is None. Texts become numbers, dates and so on as the type asks.

    Written is an object with one key, the root's name, or an object of a class, whose name is the root's name.

    - ``attribute_prefix``: what marks attributes; ``""`` makes them fields like children. Default ``"@"``.
    - ``strip_namespaces``: forget the prefixes of names. Default False.
    - ``root``: the root's name when writing values that have none. Default ``"root"``.
    - ``item``: the name of the elements of a list at the root. Default ``"item"``.

    Documents with a DTD are refused, so there are no entities to expand.
    """

    media_types: ClassVar[tuple[str, ...]] = ("application/xml", "text/xml")
    name: ClassVar[str] = "XML"

    def __init__(
        self,
        *,
        attribute_prefix: str = "@",
        strip_namespaces: bool = False,
        root: str = "root",
        item: str = "item",
        strict: bool = False,
        enc_hook: EncHook | None = None,
        dec_hook: DecHook | None = None,
    ) -> None:
        super().__init__(strict=strict, enc_hook=enc_hook, dec_hook=dec_hook)
        self.attribute_prefix = attribute_prefix
        self.strip_namespaces = strip_namespaces
        self.root = root
        self.item = item

    # Reading.

    def decoder(self, into: Any) -> Decode:
        """Return the function ``(data, encoding) -> into``; the XML declaration may name the charset too."""
        decode = super().decoder(into)

        def declared(data: bytes, encoding: str) -> Any:
            if encoding == "utf-8" and not has_bom(data) and (found := _PROLOG.match(data)):
                encoding = found[1].decode().lower()
            return decode(data, encoding)

        return declared

    def parser(self, into: Any) -> Callable[[bytes], Any]:
        """Return the function from bytes to the type; it may raise ValueError and RecursionError."""
        convert = self.recipe(into).convert()
        shape = shaper(into, self.attribute_prefix)
        loads = self.loads
        wanted = without_none(into)
        keep_root = wanted in (Any, object) or (get_origin(wanted) or wanted) in DICTS
        is_list = item_type(wanted) is not None

        def parse(data: bytes) -> Any:
            value = loads(data)
            if not keep_root:
                (value,) = value.values()
            if is_list:
                value = _children_of(value, self.attribute_prefix)
            return convert(shape(value))

        return parse

    def loads(self, data: bytes) -> Any:
        """Parse UTF-8 into ``{root: content}``. Raises ValueError."""
        from xml.parsers import expat

        builder = _Builder(self.attribute_prefix, self.strip_namespaces)
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = builder.start
        parser.EndElementHandler = builder.end
        parser.CharacterDataHandler = builder.text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise ValueError(str(error)) from error
        return builder.result

    # Writing.

    def dumps(self, value: Any) -> bytes:
        """Write plain data. Raises TypeError and ValueError for what XML can't hold."""
        if not (isinstance(value, dict) and len(value) == 1 and not isinstance(next(iter(value.values())), list)):
            value = {self.root: {self.item: value} if isinstance(value, list) else value}
        ((name, content),) = value.items()
        pieces = _element(name, content, self.attribute_prefix)
        return ('<?xml version="1.0"?>\n' + "".join(pieces)).encode()

    def writer(self) -> Callable[[Any], bytes]:
        """Return the function from a value to bytes; it may raise TypeError, ValueError and RecursionError."""
        write = self.simplifier()
        dumps = self.dumps

        def named(value: Any) -> bytes:
            kind = type(value)
            plain = write(value)
            if isinstance(plain, dict) and wire_fields(kind) is not None:
                plain = {kind.__name__: plain}
            return dumps(plain)

        return named


def _refuse_doctype(*_: Any) -> None:
    raise ValueError("it has a DTD, which is refused")


class _Builder:
    """Collects the events of a parser into plain data."""

    def __init__(self, prefix: str, strip_namespaces: bool) -> None:
        self._prefix = prefix
        self._strip = strip_namespaces
        self.result: dict[str, Any] = {}
        self._open: list[tuple[dict[str, Any], list[str]]] = [(self.result, [])]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
        fields: dict[str, Any] = {}
        for key, value in attributes.items():
            if not (self._strip and (key == "xmlns" or key.startswith("xmlns:"))):
                fields[self._prefix + self._local(key)] = value
        self._open.append((fields, []))

    def text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, name: str) -> None:
        fields, pieces = self._open.pop()
        text = "".join(pieces).strip()
        value: Any = fields or text or None
        if fields and text:
            fields["#text"] = text
        siblings = self._open[-1][0]
        name = self._local(name)
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

    def _local(self, name: str) -> str:
        return name.rpartition(":")[2] if self._strip else name


def _children_of(content: Any, prefix: str) -> list[Any]:
    """Return all child elements of an element as one list."""
    if not isinstance(content, dict):
        return []
    children: list[Any] = []
    for name, value in content.items():
        if name != "#text" and not (prefix and name.startswith(prefix)):
            children += value if isinstance(value, list) else [value]
    return children


def _element(name: str, content: Any, prefix: str) -> Iterator[str]:
    """Yield the text of an element, piece by piece."""
    if isinstance(content, list):
        for part in content:
            yield from _element(name, part, prefix)
        return
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} can't be the name of an element")
    if not isinstance(content, dict):
        text = _text(content)
        yield f"<{name}>{text}</{name}>" if text else f"<{name}/>"
        return
    attributes, children = "", []
    for key, value in content.items():
        if prefix and isinstance(key, str) and key.startswith(prefix):
            attributes += _attribute(key[len(prefix) :], value)
        elif value is not None:
            children.append((key, value))
    yield f"<{name}{attributes}>"
    for key, value in children:
        if key == "#text":
            yield _text(value)
        else:
            yield from _element(key, value, prefix)
    yield f"</{name}>"


def _attribute(name: str, value: Any) -> str:
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} can't be the name of an attribute")
    text = _text(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
    return f' {name}="{text}"'


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        raise TypeError("an attribute or text can't be an object or a list")
    text = str(value)
    if _FORBIDDEN.search(text):
        raise ValueError("it has control characters, which XML can't hold")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")

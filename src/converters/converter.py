"""What a converter is, and what those for plain data share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from typing import Any, ClassVar, TypeAlias

from ..exceptions import DecodingError, InvalidBody
from .explain import cannot_decode, cannot_encode
from .kinds import accepts_none, is_model_class, type_name
from .text import as_utf8, has_bom, to_utf8
from .typed import DecHook, Recipe, text_classes

__all__ = ["Converter", "DataConverter", "Decode", "EncHook", "make_enc_hook", "to_builtins"]

Decode: TypeAlias = Callable[[bytes, str], Any]
EncHook: TypeAlias = Callable[[Any], Any]


class Converter:
    """Turns bodies of certain media types into objects, and objects into bodies.

    Subclass it, set ``media_types`` and write ``decode``, ``encode`` or both; then
    ``Client(plugins=[ContentNegotiation(MyConverter())])``. ``DataConverter`` is the easier base where the
    format carries plain data (dicts, lists, strings, numbers).

    ``media_types`` may hold wildcards (``text/*``). A type such as ``application/xml`` also takes what ends in
    ``+xml`` (RFC 6839). ``charset`` is what ``encode`` writes, None for a binary format. Converters must pickle
    for clients that travel between processes.
    """

    media_types: ClassVar[tuple[str, ...]] = ()
    charset: ClassVar[str | None] = "utf-8"

    def can_decode(self, into: Any) -> bool:
        """Whether ``decode`` can make this type; if not, the next converter is asked."""
        return True

    def can_encode(self, value: Any) -> bool:
        """Whether ``encode`` takes this value; if not, the next converter is asked."""
        return True

    def decode(self, data: bytes, into: Any, encoding: str) -> Any:
        """Return the body as an ``into``; ``encoding`` is its charset. Raises DecodingError."""
        raise DecodingError(f"{type(self).__name__} does not decode")

    def encode(self, value: Any) -> bytes:
        """Return the value as a body. Raises InvalidBody."""
        raise InvalidBody(f"{type(self).__name__} does not encode")

    def decoder(self, into: Any) -> Decode:
        """Return the function ``(data, encoding) -> into``. It is kept, so what can be done once is done here."""

        def decode(data: bytes, encoding: str) -> Any:
            return self.decode(data, into, encoding)

        return decode


class DataConverter(Converter):
    """A format of plain data. Write ``loads`` and ``dumps``; types, charsets and errors are dealt with here::

        class Toml(DataConverter):
            media_types = ("application/toml",)
            name = "TOML"

            def loads(self, data: bytes) -> object:
                return tomllib.loads(data.decode())

    ``name`` is the format's name in messages. ``strict=False`` also takes ``"1"`` for an int and the like.
    ``enc_hook(value)`` returns something simpler for a value of an unknown class; ``dec_hook(type, value)`` makes
    an unknown class from plain data; both raise NotImplementedError for what they don't know.
    """

    name: ClassVar[str] = "data"
    str_keys: ClassVar[bool] = True
    """Whether the format has only strings as keys."""
    builtin_types: ClassVar[tuple[type, ...]] = ()
    """Kinds that the format knows beyond those of JSON, such as bytes: ``dumps`` gets them as they are."""

    def __init__(
        self, *, strict: bool = True, enc_hook: EncHook | None = None, dec_hook: DecHook | None = None
    ) -> None:
        self.strict = strict
        self.enc_hook = enc_hook
        self.dec_hook = dec_hook

    def loads(self, data: bytes) -> Any:
        """Parse UTF-8 (or binary) into plain data. Raises ValueError."""
        raise ValueError(f"{self.name} can't be read here")

    def dumps(self, value: Any) -> bytes:
        """Write plain data, as ``to_builtins`` returns it. Raises TypeError or ValueError."""
        raise TypeError(f"{self.name} can't be written here")

    def recipe(self, into: Any) -> Recipe:
        """Return how this type is made, with this converter's options."""
        return Recipe(into, self.dec_hook, strict=self.strict)

    def parser(self, into: Any) -> Callable[[bytes], Any]:
        """Return the function from bytes to the type; it may raise ValueError and RecursionError."""
        convert = self.recipe(into).convert(str_keys=self.str_keys)
        loads = self.loads
        return lambda data: convert(loads(data))

    def simplifier(self) -> Callable[[Any], Any]:
        """Return the function from a value to plain data; it may raise TypeError and RecursionError."""
        import msgspec

        return partial(
            msgspec.to_builtins,
            enc_hook=make_enc_hook(self.enc_hook),
            str_keys=self.str_keys,
            builtin_types=self.builtin_types,
        )

    def writer(self) -> Callable[[Any], bytes]:
        """Return the function from a value to bytes; it may raise TypeError, ValueError and RecursionError."""
        simplify = self.simplifier()
        dumps = self.dumps
        return lambda value: dumps(simplify(value))

    def decode(self, data: bytes, into: Any, encoding: str) -> Any:
        """Return the body as an ``into``. Raises DecodingError."""
        return self.decoder(into)(data, encoding)

    def decoder(self, into: Any) -> Decode:
        """Return the function ``(data, encoding) -> into``."""
        parse = self.parser(into)
        is_text = self.charset is not None

        def decode(data: bytes, encoding: str) -> Any:
            try:
                if is_text and encoding != "utf-8":
                    return parse(to_utf8(data, encoding))
                return parse(data)
            except (ValueError, RecursionError) as error:
                return self._second_look(parse, data, into, encoding, error)

        return decode

    def _second_look(
        self, parse: Callable[[bytes], Any], data: bytes, into: Any, encoding: str, error: Exception
    ) -> Any:
        """Forgive an empty body and a byte order mark, or raise DecodingError."""
        text = data
        if self.charset is not None:
            try:
                text = as_utf8(data, encoding).strip()
            except UnicodeDecodeError as failure:
                raise cannot_decode(failure, data, into, self.name) from failure
        if not text:
            if accepts_none(into):
                return None
            raise DecodingError(f"the body is empty, {type_name(into)} was expected") from error
        if self.charset is not None and has_bom(data):
            try:
                return parse(text)
            except (ValueError, RecursionError) as failure:
                error = failure
        raise cannot_decode(error, text, into, self.name) from error

    def encode(self, value: Any) -> bytes:
        """Return the value as a body. Raises InvalidBody."""
        write = self.__dict__.get("_write")
        if write is None:
            write = self.__dict__["_write"] = self.writer()
        try:
            return write(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise cannot_encode(error, value, write, self.name) from error

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_write"}


def to_builtins(value: Any, enc_hook: EncHook) -> Any:
    """Return a value as dicts, lists, strings, numbers, booleans and None. Raises TypeError."""
    import msgspec

    return msgspec.to_builtins(value, enc_hook=enc_hook, str_keys=True)


def make_enc_hook(user: EncHook | None = None) -> EncHook:
    """Return msgspec's enc_hook: what simplifies values of classes msgspec does not know, the user's hook first."""
    if user is None:
        return _simplify

    def enc_hook(value: Any) -> Any:
        try:
            return user(value)
        except NotImplementedError:
            return _simplify(value)

    return enc_hook


BASIC = frozenset({list, tuple, dict, set, frozenset, bool, type(None)})


def _simplify(value: Any) -> Any:
    kind = type(value)
    if kind in BASIC:  # msgspec takes these, except as keys
        raise TypeError(f"a {kind.__name__} can't be a key")
    if hasattr(kind, "model_dump") and is_model_class(kind):
        return value.model_dump(mode="json", by_alias=True)
    if is_model_class(kind):
        from pydantic import TypeAdapter

        return TypeAdapter(kind).dump_python(value, mode="json", by_alias=True)
    if isinstance(value, str):  # subclasses of these, and enough that msgspec doesn't take them
        return str(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, text_classes()):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (Set, Sequence)):
        return list(value)
    raise TypeError(f"objects of type {kind.__qualname__} can't be encoded")

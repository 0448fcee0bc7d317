"""JSON, by msgspec, orjson, the standard library or functions of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, ClassVar, Literal, TypeAlias

from ..exceptions import MissingExtra
from ..values.checks import check_options
from .converter import DataConverter, EncHook, make_enc_hook, to_builtins
from .typed import DecHook

__all__ = ["JsonConverter", "JsonLibrary"]

JsonLibrary: TypeAlias = Literal["msgspec", "orjson", "json"]


class JsonConverter(DataConverter):
    """JSON (RFC 8259) as compact UTF-8.

    - ``library``: who reads and writes the text: ``"msgspec"`` (the default, and the fastest into types),
      ``"orjson"`` or ``"json"``, the standard library. Types and results are the same with all of them; only the
      text of floats, and of NaN, may differ: msgspec and orjson write ``null``, ``json`` refuses.
    - ``dumps`` and ``loads``: functions of your own instead. ``dumps(value)`` returns str or bytes; a value it refuses
      with TypeError is offered again as plain data. ``loads(data)`` gets UTF-8 bytes.
    - ``drop_nulls``: leave out None values of objects (not of lists) when writing.
    - ``escape_html``: write ``<``, ``>``, ``&`` and the line separators U+2028 and U+2029 as ``\\uXXXX``.
    - ``sort_keys``: write keys in order, so that equal values give equal bytes.
    - ``strict``: False also takes ``"1"`` for an int, ``"true"`` for a bool and so on. pydantic models have their
      own rule.
    - ``enc_hook``, ``dec_hook``: for classes of your own, see DataConverter.

    Raises MissingExtra when the library is not installed.
    """

    media_types: ClassVar[tuple[str, ...]] = ("application/json",)
    name: ClassVar[str] = "JSON"

    def __init__(
        self,
        library: JsonLibrary = "msgspec",
        *,
        dumps: Callable[[Any], str | bytes] | None = None,
        loads: Callable[[bytes], Any] | None = None,
        drop_nulls: bool = False,
        escape_html: bool = False,
        sort_keys: bool = False,
        strict: bool = True,
        enc_hook: EncHook | None = None,
        dec_hook: DecHook | None = None,
    ) -> None:
        check_options(JsonConverter, locals())
        if library not in ("msgspec", "orjson", "json"):
            raise ValueError(f"library must be 'msgspec', 'orjson' or 'json', not {library!r}")
        if library == "orjson" and find_spec("orjson") is None:
            raise MissingExtra("JsonConverter('orjson') needs orjson; install duohttp[orjson]")
        super().__init__(strict=strict, enc_hook=enc_hook, dec_hook=dec_hook)
        self.library = library
        self.drop_nulls = drop_nulls
        self.escape_html = escape_html
        self.sort_keys = sort_keys
        self._user_dumps = dumps
        self._user_loads = loads

    # Reading.

    def parser(self, into: Any) -> Callable[[bytes], Any]:
        """Return the function from bytes to the type; it may raise ValueError and RecursionError."""
        recipe = self.recipe(into)
        if self._user_loads is None and recipe.adapter is not None:
            # pydantic reads JSON itself; strict models take more from text than from plain data.
            validate: Callable[[bytes], Any] = recipe.adapter.validate_json
            return validate
        if self._user_loads is None and self.library == "msgspec":
            import msgspec

            return msgspec.json.Decoder(recipe.type, strict=self.strict, dec_hook=recipe.dec_hook).decode
        return super().parser(into)

    def loads(self, data: bytes) -> Any:
        """Parse UTF-8 into plain data. Raises ValueError."""
        if self._user_loads is not None:
            return self._user_loads(data)
        if self.library == "orjson":
            import orjson

            return orjson.loads(data)
        import json

        return json.loads(data, parse_constant=_refuse_constant)

    # Writing.

    def writer(self) -> Callable[[Any], bytes]:
        """Return the function from a value to bytes; it may raise TypeError, ValueError and RecursionError."""
        enc_hook = make_enc_hook(self.enc_hook)
        write = self._library_writer(enc_hook)
        if self.drop_nulls:
            write = _dropping_nulls(write, enc_hook)
        return _escaping(write) if self.escape_html else write

    def _library_writer(self, enc_hook: EncHook) -> Callable[[Any], bytes]:
        if self._user_dumps is not None:
            return _raw_first(self._user_dumps, enc_hook)
        if self.library == "orjson":
            return _orjson_writer(enc_hook, self.sort_keys)
        if self.library == "json":
            return _stdlib_writer(enc_hook, self.sort_keys)
        import msgspec

        return msgspec.json.Encoder(enc_hook=enc_hook, order="sorted" if self.sort_keys else None).encode

    def __repr__(self) -> str:
        own = self._user_dumps is not None or self._user_loads is not None
        return f"JsonConverter({'own functions' if own else repr(self.library)})"


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _stdlib_writer(enc_hook: EncHook, sort_keys: bool) -> Callable[[Any], bytes]:
    import json

    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)
    return lambda value: encoder.encode(to_builtins(value, enc_hook)).encode()


def _orjson_writer(enc_hook: EncHook, sort_keys: bool) -> Callable[[Any], bytes]:
    import orjson

    # Dataclasses go the common way: orjson leaves out fields that start with an underscore.
    option = orjson.OPT_UTC_Z | orjson.OPT_PASSTHROUGH_DATACLASS | (orjson.OPT_SORT_KEYS if sort_keys else 0)
    return _raw_first(
        lambda value: orjson.dumps(value, default=lambda part: to_builtins(part, enc_hook), option=option), enc_hook
    )


def _raw_first(dumps: Callable[[Any], str | bytes], enc_hook: EncHook) -> Callable[[Any], bytes]:
    """Offer the value as it is, and only if it is refused as plain data."""

    def write(value: Any) -> bytes:
        try:
            text = dumps(value)
        except TypeError:
            text = dumps(to_builtins(value, enc_hook))
        return text.encode() if isinstance(text, str) else text

    return write


def _dropping_nulls(write: Callable[[Any], bytes], enc_hook: EncHook) -> Callable[[Any], bytes]:
    def drop(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: drop(item) for key, item in value.items() if item is not None}
        if isinstance(value, list):
            return [drop(item) for item in value]
        return value

    return lambda value: write(drop(to_builtins(value, enc_hook)))


_ESCAPES = tuple((char.encode(), f"\\u{ord(char):04x}".encode()) for char in "<>&\u2028\u2029")


def _escaping(write: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    def escaped(value: Any) -> bytes:
        text = write(value)
        for char, escape in _ESCAPES:  # outside strings, JSON has none of these
            text = text.replace(char, escape)
        return text

    return escaped

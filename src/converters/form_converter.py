"""Forms in the url encoding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote_plus

from .converter import DataConverter, EncHook
from .shape import shaper
from .typed import DecHook

__all__ = ["FormConverter"]


class FormConverter(DataConverter):
    """``application/x-www-form-urlencoded`` (WHATWG URL section 5), such as the answers of OAuth servers.

    A repeated key is a list; where the type asks for a list, a single value is one too. Texts become numbers, dates
    and so on as the type asks. When writing, None is left out, booleans are ``true`` and ``false``, lists repeat the
    key; a nested object is refused.
    """

    media_types: ClassVar[tuple[str, ...]] = ("application/x-www-form-urlencoded",)
    name: ClassVar[str] = "a form"

    def __init__(
        self, *, strict: bool = False, enc_hook: EncHook | None = None, dec_hook: DecHook | None = None
    ) -> None:
        super().__init__(strict=strict, enc_hook=enc_hook, dec_hook=dec_hook)

    def parser(self, into: Any) -> Callable[[bytes], Any]:
        """Return the function from bytes to the type; it may raise ValueError."""
        convert = self.recipe(into).convert()
        shape = shaper(into)
        loads = self.loads
        return lambda data: convert(shape(loads(data)))

    def loads(self, data: bytes) -> Any:
        """Parse a form into a dict of strings and lists of strings. Raises ValueError."""
        fields: dict[str, Any] = {}
        for key, value in parse_qsl(data.decode(), keep_blank_values=True):
            if key not in fields:
                fields[key] = value
            elif isinstance(fields[key], list):
                fields[key].append(value)
            else:
                fields[key] = [fields[key], value]
        return fields

    def dumps(self, value: Any) -> bytes:
        """Write a dict as a form. Raises TypeError for nested values."""
        if not isinstance(value, dict):
            raise TypeError("a form is made from an object with fields")
        pairs = (
            (key, item)
            for key, items in value.items()
            for item in (items if isinstance(items, list) else [items])
            if item is not None
        )
        return "&".join(f"{quote_plus(key)}={quote_plus(_text(key, item))}" for key, item in pairs).encode()


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise TypeError(f"the field {key!r} is nested, which a form can't be")

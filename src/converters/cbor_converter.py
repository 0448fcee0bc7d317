"""CBOR."""

from __future__ import annotations

from io import BytesIO
from typing import Any, ClassVar

from ..exceptions import MissingExtra
from .converter import DataConverter
from .shared import refuse_bombs

__all__ = ["CborConverter"]


class CborConverter(DataConverter):
    """CBOR (RFC 8949), by cbor2. Options as in DataConverter. Raises MissingExtra where cbor2 is not installed.

    Bytes are written as bytes; times, decimals and UUIDs as text, as in JSON. All of CBOR's own kinds are read.
    """

    media_types: ClassVar[tuple[str, ...]] = ("application/cbor",)
    name: ClassVar[str] = "CBOR"
    charset: ClassVar[str | None] = None
    str_keys: ClassVar[bool] = False
    builtin_types: ClassVar[tuple[type, ...]] = (bytes, bytearray)

    def loads(self, data: bytes) -> Any:
        """Parse CBOR. Raises ValueError."""
        cbor2 = _cbor2()
        source = BytesIO(data)
        try:
            value = cbor2.load(source)
        except (cbor2.CBORError, OverflowError, MemoryError, TypeError) as error:  # TypeError: keys that are lists
            raise ValueError(str(error)) from error
        if source.tell() != len(data):
            raise ValueError(f"it has trailing bytes (byte {source.tell()})")
        if b"\xd8\x1c" in data:  # tag 28, a value that can be shared
            refuse_bombs(value)
        return value

    def dumps(self, value: Any) -> bytes:
        """Write CBOR. Raises UnicodeEncodeError for what is no text."""
        cbor2 = _cbor2()
        written: bytes = cbor2.dumps(value)
        return written


def _cbor2() -> Any:
    try:
        import cbor2
    except ImportError:
        raise MissingExtra("CBOR needs cbor2; install duohttp[cbor]") from None
    return cbor2

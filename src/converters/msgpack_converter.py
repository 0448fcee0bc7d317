"""MessagePack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from .converter import DataConverter, make_enc_hook

__all__ = ["MsgpackConverter"]


class MsgpackConverter(DataConverter):
    """MessagePack, by msgspec. Options as in DataConverter."""

    media_types: ClassVar[tuple[str, ...]] = ("application/msgpack", "application/vnd.msgpack", "application/x-msgpack")
    name: ClassVar[str] = "MessagePack"
    charset: ClassVar[str | None] = None
    str_keys: ClassVar[bool] = False

    def parser(self, into: Any) -> Callable[[bytes], Any]:
        """Return the function from bytes to the type; it may raise ValueError and RecursionError."""
        recipe = self.recipe(into)
        if recipe.adapter is not None:
            return super().parser(into)
        import msgspec

        return msgspec.msgpack.Decoder(recipe.type, strict=self.strict, dec_hook=recipe.dec_hook).decode

    def loads(self, data: bytes) -> Any:
        """Parse MessagePack. Raises ValueError."""
        import msgspec

        return msgspec.msgpack.decode(data)

    def writer(self) -> Callable[[Any], bytes]:
        """Return the function from a value to bytes; it may raise TypeError, ValueError and RecursionError."""
        import msgspec

        return msgspec.msgpack.Encoder(enc_hook=make_enc_hook(self.enc_hook)).encode

"""What may be sent as a WebSocket message, and its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exceptions import InvalidBody

if TYPE_CHECKING:
    from ..values.settings import Settings

__all__ = ["as_bytes", "as_json", "as_text", "encoded_fragment", "is_fragments"]


def as_text(message: str) -> bytes:
    """Return the bytes of a text. Raises InvalidBody for what is no text, or has surrogates."""
    if not isinstance(message, str):
        raise InvalidBody(f"a text message is a str, not {type(message).__name__}")
    try:
        return message.encode()
    except UnicodeEncodeError as error:
        raise InvalidBody(f"the text can't be sent: {error.reason} at {error.start}") from None


def as_bytes(message: bytes | bytearray | memoryview, longest: int | None = None) -> bytes:
    """Return the bytes of a binary message. Raises InvalidBody for other objects, and for too many."""
    if not isinstance(message, (bytes, bytearray, memoryview)):
        raise InvalidBody(f"a binary message is bytes, not {type(message).__name__}")
    data = bytes(message)
    if longest is not None and len(data) > longest:
        raise InvalidBody(f"there is room for {longest} bytes, not for {len(data)}")
    return data


def as_json(value: Any, settings: Settings) -> bytes:
    """Return a value as JSON, by the client's converters. Raises InvalidBody."""
    from ..values.object_body import encoded

    data = encoded(value, "application/json", settings).data
    assert data is not None
    return data


def is_fragments(message: Any) -> bool:
    """Whether a message is to be sent piece by piece."""
    return hasattr(message, "__next__") or hasattr(message, "__aiter__")


def encoded_fragment(fragment: Any, text: bool | None) -> tuple[bytes, bool]:
    """Return the bytes of a fragment, and whether it is text; ``text`` says what those before it were.

    Raises InvalidBody for objects of another kind.
    """
    is_text = isinstance(fragment, str)
    if text is not None and text is not is_text:
        raise InvalidBody("the fragments of a message are all str or all bytes")
    return (as_text(fragment) if is_text else as_bytes(fragment)), is_text

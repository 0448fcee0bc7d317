"""Request bodies: each knows its content type, its length and whether it can be sent again."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from os import PathLike
from typing import Any, TypeAlias

from ..exceptions import BodyNotReplayable, InvalidBody
from .unset import UNSET

__all__ = [
    "BODY_READ_SIZE",
    "AsyncIteratorBody",
    "Body",
    "BytesBody",
    "Chunks",
    "IteratorBody",
    "TextBody",
    "check_bodies",
    "content_body",
    "make_body",
]

BODY_READ_SIZE = 126976
"""How many bytes of a response's body are received at once.

The C library takes fresh pages from the kernel for each piece from 128 KiB on, which costs more than copying it.
"""

Chunks: TypeAlias = "Iterator[bytes] | AsyncIterator[bytes]"

_SENT = "the body is an iterator that was sent already; give bytes, a list or a file"


class Body:
    """What is sent after the head.

    ``content_type`` and ``content_length`` may be None (unknown length is sent chunked). ``replayable`` says whether
    ``open()`` may be called again. ``is_async`` is True when open() returns an async iterator; the blocking client
    refuses such a body. ``data`` is the whole body where it is in memory. ``blocking`` is True when each step of the
    iterator may wait for a disk, so that an async client takes it in a thread.
    """

    content_type: str | None = None
    content_length: int | None = None
    replayable: bool = True
    is_async: bool = False
    blocking: bool = False
    data: bytes | None = None

    def open(self) -> Chunks:
        """Start one pass over the body. Raises BodyNotReplayable when it can't be had again."""
        raise NotImplementedError

    def __repr__(self) -> str:
        length = "unknown length" if self.content_length is None else f"{self.content_length} bytes"
        return f"<{type(self).__name__} {self.content_type or 'no content type'}, {length}>"


class BytesBody(Body):
    """Bytes in memory."""

    data: bytes

    def __init__(self, data: bytes | bytearray | memoryview, content_type: str | None = None) -> None:
        self.data = bytes(data)
        self.content_length = len(self.data)
        self.content_type = content_type

    def open(self) -> Iterator[bytes]:
        """Start one pass over the body."""
        data = self.data
        return iter((data,) if data else ())


class TextBody(BytesBody):
    """Text, sent as UTF-8 and, unless another content type is given, as ``text/plain``."""

    def __init__(self, text: str, content_type: str | None = "text/plain; charset=utf-8") -> None:
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise InvalidBody(f"the text can't be written as UTF-8: {error.reason} at {error.start}") from None
        BytesBody.__init__(self, data, content_type)


def text_body(text: str, charset: str) -> BytesBody:
    """Return text in another charset than UTF-8. Raises InvalidBody for characters that it has not."""
    try:
        return BytesBody(text.encode(charset), f"text/plain; charset={charset}")
    except UnicodeEncodeError as error:
        raise InvalidBody(
            f"the text can't be written as {charset}: it has no {text[error.start]!r}, at {error.start}"
        ) from None


class IteratorBody(Body):
    """Pieces from an iterable. An iterator can be sent once, another iterable (a list, say) again and again.

    Sending raises InvalidBody when an item is not bytes. A generator that is not used up is closed.
    """

    def __init__(
        self, source: Iterable[bytes], content_type: str | None = None, content_length: int | None = None
    ) -> None:
        self._source = source
        self._started = False
        self.content_type = content_type
        self.content_length = content_length
        self.replayable = not isinstance(source, Iterator)

    def open(self) -> Iterator[bytes]:
        """Start one pass over the body. Raises BodyNotReplayable on a second pass over an iterator."""
        if self._started and not self.replayable:
            raise BodyNotReplayable(_SENT)
        self._started = True
        return _checked(self._source)


class AsyncIteratorBody(Body):
    """Pieces from an async iterable; as IteratorBody, for the async client only."""

    is_async = True

    def __init__(
        self, source: AsyncIterable[bytes], content_type: str | None = None, content_length: int | None = None
    ) -> None:
        self._source = source
        self._started = False
        self.content_type = content_type
        self.content_length = content_length
        self.replayable = not isinstance(source, AsyncIterator)

    def open(self) -> AsyncIterator[bytes]:
        """Start one pass over the body. Raises BodyNotReplayable on a second pass over an iterator."""
        if self._started and not self.replayable:
            raise BodyNotReplayable(_SENT)
        self._started = True
        return _async_checked(self._source)


def _checked(source: Iterable[Any]) -> Iterator[bytes]:
    try:
        for item in source:
            if piece := item if type(item) is bytes else _piece(item):
                yield piece
    finally:
        if isinstance(source, Generator):
            source.close()


async def _async_checked(source: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    try:
        async for item in source:
            if piece := item if type(item) is bytes else _piece(item):
                yield piece
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


def _piece(item: object) -> bytes:
    if isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    raise InvalidBody(f"the body's iterator gave a {type(item).__name__}; its items must be bytes")


# From what users write.

_ACCEPTED = "bytes, str, an open binary file, a path, or an iterable or async iterable of bytes"


def check_bodies(given: Sequence[str]) -> None:
    """Raise InvalidBody when the names of the options that were given, ``json`` or ``files`` say, are not one body.

    Only fields and files go together: ``data`` (or ``form``) and ``files``.
    """
    if len(given) > 1 and not (len(given) == 2 and "files" in given and ("data" in given or "form" in given)):
        raise InvalidBody(f"a request has one body, but {' and '.join(f'{name}=' for name in given)} were given")


def make_body(*, content: Any = UNSET, form: Any = UNSET, data: Any = UNSET, files: Any = UNSET) -> Body | None:
    """Return the body that these options of a call ask for; UNSET and None ask for none.

    ``content`` is sent as it is: bytes, str, a file, a path, an iterable. ``form`` is a mapping or pairs, urlencoded.
    ``files`` and the fields beside them are multipart/form-data. ``data`` is a form when it is a mapping or pairs,
    else content, as in requests. Raises InvalidBody for other types and for two bodies at once.
    """
    if isinstance(files, (Mapping, list, tuple)) and not files:
        files = None
    options = {"content": content, "form": form, "data": data, "files": files}
    given = {name: value for name, value in options.items() if value is not UNSET and value is not None}
    if not given:
        return None
    check_bodies(list(given))
    name, value = next(iter(given.items()))
    if "files" in given:
        from .multipart import multipart_body

        return multipart_body(files, None if name == "files" else value, name)
    if isinstance(value, Body):
        return value
    if name == "content":
        return content_body(content)
    from .form import FormBody, is_form

    if name == "form":
        return FormBody(form)
    if not is_form(data):
        body = content_body(data, "data")
        # As in requests: text given as data has no type of its own.
        return BytesBody(body.data) if isinstance(body, TextBody) else body
    return FormBody(data, "data") if data else None


def content_body(content: Any, name: str = "content") -> Body:
    """Return a body for bytes, str, a file, a path, an iterable, or a Body; ``name`` is the option, for errors.

    Raises InvalidBody for anything else.
    """
    if isinstance(content, Body):
        return content
    if isinstance(content, (bytes, bytearray, memoryview)):
        return BytesBody(content)
    if isinstance(content, str):
        return TextBody(content)
    if isinstance(content, PathLike) or hasattr(content, "read"):
        from .file_body import file_body

        return file_body(content, name)
    if isinstance(content, Mapping):
        raise InvalidBody(f"{name}= takes {_ACCEPTED}; give a {type(content).__name__} as form= or json=")
    if isinstance(content, Iterable):
        if isinstance(content, (list, tuple)):
            for item in content:
                _piece(item)
        return IteratorBody(content)
    if isinstance(content, AsyncIterable):
        return AsyncIteratorBody(content)
    raise InvalidBody(f"{name}= takes {_ACCEPTED}, not {type(content).__name__}")

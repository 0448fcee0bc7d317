"""multipart/form-data (RFC 7578), streamed."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..exceptions import InvalidBody, InvalidHeader
from .body import Body, BytesBody, Chunks, content_body
from .checks import check_options
from .form import pairs_of
from .headers import Headers, HeaderTypes, encode_header
from .unset import UNSET, Unset

if TYPE_CHECKING:
    from typing import Self

__all__ = ["FormData", "multipart_body"]

# Characters that need no quotes in a Content-Type (RFC 2046 section 5.1.1 allows more).
_BOUNDARY = re.compile(r"[0-9A-Za-z'+_.\-]{1,70}\Z")
# Browsers escape these three in names (WHATWG HTML section 4.10.22.8); other control characters are never meant.
_ESCAPED = {code: f"%{code:02X}" for code in (*range(0x20), 0x22, 0x7F)}
_SMALL = 64 * 1024


class FormData(Body):
    """A multipart form, built field by field and file by file, and sent without being held in memory.

    ``FormData().field("title", "Holiday").file("photo", Path("a.jpg"))``. The length is known when every part's is;
    it can be sent again when every part can. ``boundary`` is random unless given.
    """

    def __init__(self, *, boundary: str | None = None) -> None:
        check_options(FormData, locals())
        boundary = os.urandom(16).hex() if boundary is None else boundary
        if not _BOUNDARY.match(boundary):
            raise InvalidBody("a boundary is 1 to 70 letters, digits or characters of '+_.-")
        self._delimiter = b"--" + boundary.encode("ascii")
        self._parts: list[tuple[bytes, Body]] = []
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.content_length = len(self._delimiter) + 4

    def field(
        self, name: str, value: Any, *, content_type: str | None = None, headers: HeaderTypes | None = None
    ) -> Self:
        """Add a field and return the form: text, bytes, a number; a list adds several, None adds nothing.

        Raises InvalidBody, InvalidHeader.
        """
        for _, text in pairs_of(((name, value),), f"field {name!r}", InvalidBody):
            data = _utf8(text, name) if isinstance(text, str) else text
            self._add(name, None, BytesBody(data, content_type), headers)
        return self

    def file(
        self,
        name: str,
        content: Any,
        *,
        filename: str | Unset | None = UNSET,
        content_type: str | None = None,
        headers: HeaderTypes | None = None,
        size: int | None = None,
    ) -> Self:
        """Add a file and return the form: bytes, str, an open file, a path, an iterable or async iterable, a Body.

        ``filename`` is that of the path or open file unless given, else the field's name; None sends none. The
        content type is guessed from it unless given. ``size`` is how many bytes an iterable will give, so that the
        length of the form is known; sending another number raises LocalProtocolError. Raises InvalidBody,
        InvalidHeader, OSError.
        """
        if filename is UNSET:
            filename = _filename(content) or name
        body = BytesBody(_utf8(content, name)) if isinstance(content, str) else content_body(content, f"file {name!r}")
        if not isinstance(filename, (str, type(None))):
            raise InvalidBody(f"the file name of {name!r} is a str, not {type(filename).__name__}")
        if content_type is not None or body.content_type is None:
            # The part has its own head; the body it was made of stays as it is.
            body = _Typed(body, content_type or (_guess(filename) if filename is not None else None))
        if size is not None:
            body = _sized(body, size, name)
        self._add(name, filename, body, headers)
        return self

    def _add(self, name: str, filename: str | None, body: Body, headers: HeaderTypes | None) -> None:
        custom = Headers.of(headers)
        if "content-disposition" in custom:
            raise InvalidHeader(f"the Content-Disposition of {name!r} is written by the form; give filename= instead")
        disposition = b'Content-Disposition: form-data; name="' + _quoted(name, "name") + b'"'
        if filename is not None:
            disposition += b'; filename="' + _quoted(filename, f"file name of {name!r}") + b'"'
        lines = [self._delimiter, b"\r\n", disposition, b"\r\n"]
        if body.content_type is not None and "content-type" not in custom:
            lines.append(encode_header("Content-Type", body.content_type))
        lines.extend(encode_header(*item) for item in custom.items())
        head = b"".join([*lines, b"\r\n"])
        self._parts.append((head, body))
        if self.content_length is not None:
            size = body.content_length
            self.content_length = None if size is None else self.content_length + len(head) + size + 2
        self.replayable = self.replayable and body.replayable
        self.is_async = self.is_async or body.is_async
        self.blocking = self.blocking or body.blocking

    @property
    def segments(self) -> list[Body]:
        """The form as bodies to be sent one after another, each open()ed as its kind needs."""
        result: list[Body] = []
        for head, body in self._parts:
            result += [BytesBody(head), body, BytesBody(b"\r\n")]
        return [*result, BytesBody(self._delimiter + b"--\r\n")]

    def open(self) -> Chunks:
        """Start one pass over the form. Raises BodyNotReplayable when a part can't be had again."""
        opened = [(head, body.data if body.data is not None else body.open()) for head, body in self._parts]
        return self._async_chunks(opened) if self.is_async else self._chunks(opened)

    def _chunks(self, opened: list[tuple[bytes, bytes | Chunks]]) -> Iterator[bytes]:
        """Yield the form, small parts joined."""
        pending: list[bytes] = []
        size = 0
        for head, content in opened:
            pending.append(head)
            if isinstance(content, bytes):
                pending.append(content)
                size += len(head) + len(content)
            else:
                yield b"".join(pending)
                yield from content  # type: ignore[misc]
                pending, size = [], 0
            pending.append(b"\r\n")
            if size > _SMALL:
                yield b"".join(pending)
                pending, size = [], 0
        yield b"".join([*pending, self._delimiter, b"--\r\n"])

    async def _async_chunks(self, opened: list[tuple[bytes, bytes | Chunks]]) -> AsyncIterator[bytes]:
        for head, content in opened:
            yield head
            if isinstance(content, bytes):
                if content:
                    yield content
            elif isinstance(content, AsyncIterator):
                try:
                    async for piece in content:
                        yield piece
                finally:
                    if isinstance(content, AsyncGenerator):
                        await content.aclose()
            else:
                for piece in content:
                    yield piece
            yield b"\r\n"
        yield self._delimiter + b"--\r\n"


class _Typed(Body):
    """A body under another content type."""

    def __init__(self, body: Body, content_type: str | None) -> None:
        self.content_type = content_type
        self.content_length = body.content_length
        self.replayable = body.replayable
        self.is_async = body.is_async
        self.blocking = body.blocking
        self.data = body.data
        self._body = body

    def open(self) -> Chunks:
        return self._body.open()


def _sized(body: Body, size: int, name: str) -> Body:
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise InvalidBody(f"the size of file {name!r} is a number of bytes, not {size!r}")
    if body.content_length not in (None, size):
        raise InvalidBody(f"file {name!r} has {body.content_length} bytes, not {size}")
    sized = _Typed(body, body.content_type)
    sized.content_length = size
    return sized


def _utf8(text: str, name: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidBody(f"the text of {name!r} holds a lone surrogate, which is no character") from None


def _quoted(text: object, what: str) -> bytes:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if not isinstance(text, str):
        raise InvalidBody(f"the {what} of a part is a str, not {type(text).__name__}")
    return _utf8(text.translate(_ESCAPED), what)


def _filename(content: object) -> str | None:
    name = os.fspath(content) if isinstance(content, os.PathLike) else getattr(content, "name", None)
    if not isinstance(name, str) or name.startswith("<"):
        return None
    return name.replace("\\", "/").rpartition("/")[2] or None


def _guess(filename: str) -> str:
    import mimetypes

    kind, coding = mimetypes.guess_type(filename)
    if coding is not None:
        return "application/gzip" if coding == "gzip" else "application/octet-stream"
    return kind or "application/octet-stream"


# From what users write.


def multipart_body(files: Any, fields: Any = None, name: str = "data") -> FormData:
    """Return the form for ``files=`` and the fields beside it, as requests and httpx take them.

    ``files`` is a mapping or pairs of field name and file; a file is what ``FormData.file`` takes, or a tuple
    ``(filename, content[, content_type[, headers]])``, or a list of these. Raises InvalidBody.
    """
    if isinstance(files, FormData) and not fields:
        return files
    form = FormData()
    if fields is not None and fields is not UNSET:
        for key, value in pairs_of(fields, f"{name}= beside files=", InvalidBody):
            form.field(key, value)
    if isinstance(files, (str, bytes)) or not isinstance(files, Iterable):
        raise InvalidBody(f"files= takes a mapping or pairs of field name and file, not {type(files).__name__}")
    for pair in files.items() if isinstance(files, Mapping) else files:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[0], str):
            raise InvalidBody("files= takes a mapping or pairs of field name and file")
        _add_file(form, pair[0], pair[1])
    return form


def _add_file(form: FormData, name: str, file: Any) -> None:
    if isinstance(file, list) and not all(isinstance(item, (bytes, bytearray, memoryview)) for item in file):
        for item in file:
            _add_file(form, name, item)
    elif not isinstance(file, tuple):
        form.file(name, file)
    elif 2 <= len(file) <= 4:
        filename, content, content_type, headers = (*file, None, None)[:4]
        form.file(name, content, filename=filename, content_type=content_type, headers=headers)
    else:
        raise InvalidBody(f"the file {name!r} is a tuple (filename, content[, content_type[, headers]])")

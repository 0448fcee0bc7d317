"""The parts of a multipart body, one by one while it comes (RFC 2046 section 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..exceptions import DecodingError
from ..values.headers import Headers
from ..values.media_type import MediaType, charset_of
from .content_disposition import content_disposition

__all__ = ["MAX_PART_SIZE", "BodyPart", "MultipartParts", "boundary_of"]

MAX_PART_SIZE = 64 * 1024 * 1024
MAX_HEAD_SIZE = 64 * 1024


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part of a multipart body: its headers and its content."""

    headers: Headers
    content: bytes

    @property
    def name(self) -> str | None:
        """The name in Content-Disposition, as parts of multipart/form-data have one."""
        return content_disposition(self.headers.get("content-disposition", ""))[1].get("name")

    @property
    def filename(self) -> str | None:
        """The file name in Content-Disposition, as it came: not made safe."""
        return content_disposition(self.headers.get("content-disposition", ""))[1].get("filename")

    @property
    def text(self) -> str:
        """The content as text, in the charset of its Content-Type, else UTF-8."""
        charset = charset_of(self.headers.get("content-type", "")) or "utf-8"
        return self.content.decode(charset, "replace")


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that a Content-Type names. Raises DecodingError where there is none."""
    try:
        media_type = MediaType.parse(content_type)
        boundary = media_type.parameters.get("boundary", "")
    except ValueError:
        boundary = ""
    if not boundary or not content_type.lower().lstrip().startswith("multipart/"):
        raise DecodingError(f"the body is no multipart body with a boundary: its content type is {content_type!r}")
    return boundary.encode("latin-1", "replace")


class MultipartParts:
    """Cuts the bytes of a multipart body into its parts; what is kept is the part under way.

    The cost is linear in the bytes. Raises DecodingError for a part of more than ``max_size`` bytes, and for a body
    that ends before its last boundary.
    """

    __slots__ = ("_buffer", "_delimiter", "_ended", "_in_part", "_max", "_searched")

    def __init__(self, boundary: bytes, max_size: int | None = MAX_PART_SIZE) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._max = max_size
        self._buffer = bytearray(b"\r\n")  # the first boundary may stand at the very begin
        self._searched = 0
        self._in_part = False  # before the first boundary is what nobody reads
        self._ended = False

    def feed(self, piece: bytes) -> Iterator[BodyPart]:
        """Return the parts that a piece completes."""
        if self._ended:
            return
        buffer = self._buffer
        buffer += piece
        while not self._ended:
            start = buffer.find(self._delimiter, self._searched)
            if start < 0:
                self._searched = max(0, len(buffer) - len(self._delimiter) + 1)
                break
            after = start + len(self._delimiter)
            end = buffer.find(b"\r\n", after)
            if buffer[after : after + 2] == b"--":
                self._ended = True
                end = len(buffer) - 2
            elif end < 0:
                self._searched = start  # the line of the boundary is not whole
                break
            elif buffer[after:end].strip(b" \t"):
                self._searched = after  # another, longer boundary
                continue
            if self._in_part:
                yield self._part(bytes(buffer[:start]))
            # The line end stays: a part without headers and content has only this one before the next boundary.
            del buffer[:end]
            self._in_part = True
            self._searched = 0
        if not self._in_part:
            del buffer[: self._searched]
            self._searched = 0
        if self._max is not None and len(buffer) > self._max + MAX_HEAD_SIZE:
            raise DecodingError(f"a part of the multipart body has more than {self._max} bytes")

    def _part(self, data: bytes) -> BodyPart:
        head, found, content = data.partition(b"\r\n\r\n")
        if not found:
            raise DecodingError("a part of the multipart body has no empty line after its headers")
        if len(head) > MAX_HEAD_SIZE or (self._max is not None and len(content) > self._max):
            raise DecodingError(f"a part of the multipart body has more than {self._max} bytes")
        lines = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n")
        fields = []
        for line in lines:
            name, colon, value = line.partition(b":")
            if colon:
                fields.append((name.strip(), value.strip(b" \t")))
            elif line:
                raise DecodingError(f"a part of the multipart body has a header that is none: {line[:100]!r}")
        return BodyPart(Headers.from_raw(fields), content)

    def finish(self) -> tuple[BodyPart, ...]:
        """Note the end. Raises DecodingError where the last boundary did not come."""
        if not self._ended:
            raise DecodingError("the multipart body ends before its last boundary")
        return ()

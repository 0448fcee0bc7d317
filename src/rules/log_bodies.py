"""Which bodies are text that a log can show, and how they are shown."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..exceptions import HTTPError, InvalidHeader
from ..values.media_type import MediaType
from ..values.settings import DEFAULT_SETTINGS, Settings

if TYPE_CHECKING:
    from ..values.body import Body
    from ..values.multipart import FormData

__all__ = ["BodySample", "LoggedBody", "is_binary", "is_event_stream", "shown", "shown_form"]

_TEXT = {
    *("json", "xml", "javascript", "ecmascript", "x-javascript", "x-www-form-urlencoded", "graphql", "yaml", "x-yaml"),
    *("x-ndjson", "ndjson", "jsonl", "toml", "sql", "xhtml+xml", "x-sh", "problem+json", "ld+json", "jwt"),
}
_BINARY = {
    *("zip", "gzip", "x-gzip", "x-tar", "x-bzip2", "zstd", "x-7z-compressed", "pdf", "wasm", "x-protobuf", "protobuf"),
    *("msgpack", "x-msgpack", "vnd.msgpack", "cbor", "java-archive", "x-pickle", "vnd.apache.parquet", "x-protobuf"),
}
_SNIFFED = 256
"""How many characters are looked at to tell text from something else that happens to decode."""


@dataclass(slots=True)
class LoggedBody:
    """What a log says of one body: its text; or, ``text`` being None, why it is left out."""

    text: str | None = None
    reason: str = ""
    """``binary``, ``encoded``, ``filtered`` or ``streaming``."""
    size: int | None = None
    """In bytes, codings undone where the text is shown."""
    closed: bool = False
    """It was given up before its end."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show and nothing is left out."""
        return not self.text and not self.reason


class BodySample:
    """The start of a body that passes by; ``limit`` is in bytes, None for no limit."""

    __slots__ = ("_limit", "_pieces", "kept", "size")

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self.kept = 0
        self.size = 0

    def add(self, piece: bytes | None) -> None:
        """Take the next piece; None for a new start."""
        if piece is None:
            self._pieces = []
            self.kept = self.size = 0
            return
        self.size += len(piece)
        if self._limit is not None:
            piece = piece[: max(0, self._limit - self.kept)]
        if piece:
            self._pieces.append(bytes(piece))
            self.kept += len(piece)

    @property
    def data(self) -> bytes:
        """What was kept."""
        return b"".join(self._pieces)


def _parsed(content_type: str | None) -> MediaType | None:
    try:
        return MediaType.parse(content_type) if content_type else None
    except InvalidHeader:
        return None


def is_binary(content_type: str | None) -> bool:
    """Whether a content type alone says that the body is no text."""
    kind = _parsed(content_type)
    if kind is None or kind.suffix in ("json", "xml", "yaml"):
        return False
    return kind.type in ("image", "audio", "video", "font") or (kind.type == "application" and kind.subtype in _BINARY)


def is_event_stream(content_type: str | None) -> bool:
    """Whether a response goes on for as long as both sides like."""
    kind = _parsed(content_type)
    return kind is not None and kind.essence == "text/event-stream"


def _is_text(kind: MediaType | None) -> bool:
    if kind is None:
        return False
    return kind.type == "text" or kind.suffix in ("json", "xml", "yaml") or kind.subtype in _TEXT


def shown(
    sample: BodySample,
    content_type: str | None,
    codings: list[str],
    settings: Settings,
    change: Callable[[str], str | None],
    *,
    decoded: bytes | None = None,
) -> LoggedBody:
    """Return what to log of a body; ``decoded`` is all of it without its codings, where that is known.

    ``change`` is the user's filter: text to text, or to None to leave it out.
    """
    size = sample.size
    if not size:
        return LoggedBody(size=0)
    if is_binary(content_type):
        return LoggedBody(reason="binary", size=size)
    data, whole = sample.data, sample.kept == size
    if codings:
        if decoded is None:
            decoded = _decoded(data, codings, settings)
        if decoded is None:
            return LoggedBody(reason="encoded", size=size)
        data = decoded
        size = len(data) if whole else size
    text = _text(data, _parsed(content_type), whole=whole)
    if text is None:
        return LoggedBody(reason="binary", size=size)
    changed = change(text)
    if changed is None:
        return LoggedBody(reason="filtered", size=size)
    left = sample.size - sample.kept
    return LoggedBody(changed + f"… ({left} more bytes)" if left else changed, size=size)


def _decoded(data: bytes, codings: list[str], settings: Settings) -> bytes | None:
    """Undo the codings as far as there is data."""
    from .codings import make_decoder

    try:
        pieces: Iterable[bytes] = make_decoder(codings, settings.coding_limits, settings.codecs).feed(data)
        return b"".join(pieces)
    except HTTPError:
        return None


def _text(data: bytes, kind: MediaType | None, *, whole: bool) -> str | None:
    charset = (kind.charset if kind is not None else None) or "utf-8"
    try:
        text = codecs.getincrementaldecoder(charset)(errors="strict").decode(data, whole)
    except (UnicodeDecodeError, LookupError):
        return None
    if not _is_text(kind) and any(
        (char < " " and char not in "\t\n\r\f\x1b") or char == "\x7f" for char in text[:_SNIFFED]
    ):
        return None
    return text


def shown_form(form: FormData, limit: int | None, change: Callable[[str], str | None]) -> LoggedBody:
    """Return what to log of a multipart form: each part under its head, what is no text by its size."""
    lines: list[str] = []
    segments = form.segments
    for head, body in zip(segments[:-1:3], segments[1::3], strict=True):
        lines += (head.data or b"").decode("utf-8", "replace").rstrip("\r\n").split("\r\n")
        lines += ["", _part(body, limit)]
    lines.append((segments[-1].data or b"").decode("latin-1").rstrip("\r\n"))
    text = change("\n".join(lines))
    return LoggedBody(text, "" if text is not None else "filtered", form.content_length)


def _part(body: Body, limit: int | None) -> str:
    if body.data is not None and not is_binary(body.content_type):
        sample = BodySample(limit)
        sample.add(body.data)
        part = shown(sample, body.content_type, [], DEFAULT_SETTINGS, str)
        if not part.reason:
            return part.text or ""
    size = "" if body.content_length is None else f"{body.content_length}-byte "
    return f"binary {size}body omitted"

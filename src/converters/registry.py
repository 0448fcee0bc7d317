"""The converters of a client, chosen by media type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..exceptions import DecodingError, InvalidBody
from .converter import Converter, Decode
from .explain import excerpt
from .json_converter import JsonConverter
from .kinds import accepts_none, plain_kind, type_name
from .text import to_utf8

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["DEFAULT_CONVERTERS", "Converters", "Registration"]

T = TypeVar("T")

JSON = "application/json"
MAX_PLANS = 512
NEVER_TEXT = ("image/", "audio/", "video/", "font/", "multipart/")
JSON_STARTS = frozenset(b'{["-0123456789tfn')


class Registration(NamedTuple):
    """A converter, the media types it is registered for, and its quality in the Accept header."""

    converter: Converter
    media_types: tuple[str, ...]
    quality: float


class Converters:
    """An ordered, immutable registry of converters.

    For a body, the converter with the closest media type is taken: the exact type, then ``+suffix`` (RFC 6839),
    then ``type/*``, then ``*/*``; among equals the one registered last by ``with_``, that is the first in the list.
    A body without content type, or of a type nobody registered (but no image, audio, video, font or multipart), is
    tried as JSON if it looks like JSON, since many servers mislabel it.
    """

    def __init__(self, *converters: Converter) -> None:
        self._registrations = tuple(Registration(c, _normalized(c.media_types), 1.0) for c in converters)
        self._start()

    def _start(self) -> None:
        self._plans: dict[tuple[str | None, Any], Decode] = {}
        self._encoders: dict[str, list[Converter]] = {}

    def with_(
        self, converter: Converter, *, quality: float = 1.0, media_types: tuple[str, ...] | None = None
    ) -> Converters:
        """Return a registry that has this converter too, before the others.

        ``media_types`` replaces the converter's own. ``quality`` is its weight in Accept (RFC 9110 section 12.5.1),
        0 to 1; 0 leaves it out there. Raises ValueError for other weights and for what is no media type.
        """
        if not 0 <= quality <= 1:
            raise ValueError(f"quality must be between 0 and 1, not {quality!r}")
        types = _normalized(converter.media_types if media_types is None else media_types)
        new = Converters()
        new._registrations = (Registration(converter, types, quality), *self._registrations)
        return new

    def or_else(self, others: Converters) -> Converters:
        """Return a registry that falls back on the converters of another one, without naming them in Accept."""
        new = Converters()
        hidden = tuple(registration._replace(quality=0.0) for registration in others)
        new._registrations = (*self._registrations, *hidden)
        return new

    def __iter__(self) -> Iterator[Registration]:
        return iter(self._registrations)

    def __getstate__(self) -> tuple[Registration, ...]:
        return self._registrations

    def __setstate__(self, state: tuple[Registration, ...]) -> None:
        self._registrations = state
        self._start()

    def __repr__(self) -> str:
        return f"<Converters {', '.join(self.media_types) or 'none'}>"

    @property
    def media_types(self) -> tuple[str, ...]:
        """All registered media types, in order, each once."""
        return tuple(dict.fromkeys(name for registration in self._registrations for name in registration.media_types))

    def accept_header(self) -> str:
        """Return the Accept value for what is registered, best first: ``application/json, application/xml;q=0.5``."""
        best: dict[str, float] = {}
        for _, media_types, quality in self._registrations:
            for name in media_types:
                best[name] = max(quality, best.get(name, 0.0))
        ranked = sorted(best.items(), key=lambda item: -item[1])
        return ", ".join(name if q == 1 else f"{name};q={_weight(q)}" for name, q in ranked if q > 0)

    # From bytes to objects.

    def decode(self, data: bytes, into: TypeForm[T], content_type: str | None = JSON, encoding: str = "utf-8") -> T:
        """Return a body as an ``into``.

        ``encoding`` is the charset to assume where the content type names none and the text is no UTF-8.
        Raises DecodingError, which names the type, the path to the bad field and what was expected there.
        """
        try:
            plan = self._plans.get((content_type, into))
        except TypeError:  # an annotation that can't be hashed
            plan = self._plan(into, content_type)
        if plan is None:
            plan = self._plan(into, content_type)
            if len(self._plans) >= MAX_PLANS:  # content types are the server's choice
                self._plans.clear()
            self._plans[content_type, into] = plan
        if encoding != "utf-8":
            encoding = _charset(data, into, content_type, encoding)
        result: T = plan(data, encoding)
        return result

    def _plan(self, into: Any, content_type: str | None) -> Decode:
        """Choose the converter, and let it prepare for the type."""
        if plain_kind(into) is not None:
            return _plain_decoder(into)
        if into is None:
            into = type(None)
        media_type = essence(content_type)
        takers = self._takers(media_type) if media_type else []
        for converter in takers:
            if converter.can_decode(into):
                return converter.decoder(into)
        if not takers and not media_type.startswith(NEVER_TEXT):
            for converter in self._takers(JSON) or ([] if media_type else [r.converter for r in self]):
                if converter.can_decode(into):
                    decode = converter.decoder(into)
                    return self._sniffer(converter, decode, into, media_type) if media_type else decode
        return self._refusal(into, media_type)

    def _takers(self, media_type: str) -> list[Converter]:
        """Return the converters for a media type, the closest first."""
        ranked = [
            (rank, registration.converter)
            for registration in self._registrations
            if (rank := min((_distance(name, media_type) for name in registration.media_types), default=9)) < 9
        ]
        ranked.sort(key=lambda item: item[0])
        return [converter for _, converter in ranked]

    def _sniffer(self, converter: Converter, decode: Decode, into: Any, media_type: str) -> Decode:
        """Try JSON on a body that is labelled as something else."""
        refuse = self._refusal(into, media_type)

        def sniff(data: bytes, encoding: str) -> Any:
            start = data.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1]
            if start and start[0] not in JSON_STARTS:
                return refuse(data, encoding)
            try:
                return decode(data, encoding)
            except DecodingError:
                if not start:
                    raise
                try:
                    converter.decode(data, Any, encoding)
                except DecodingError as error:
                    raise self._refused(data, into, media_type) from error
                raise  # it is JSON, but not of this type

        return sniff

    def _refusal(self, into: Any, media_type: str) -> Decode:
        def refuse(data: bytes, encoding: str) -> Any:
            if not data.strip():
                if accepts_none(into):
                    return None
                raise DecodingError(f"the body is empty, {type_name(into)} was expected")
            raise self._refused(data, into, media_type)

        return refuse

    def _refused(self, data: bytes, into: Any, media_type: str) -> DecodingError:
        known = ", ".join(self.media_types) or "nothing"
        what = f"a body of type {media_type}" if media_type else "a body without content type"
        return DecodingError(
            f"no converter makes a {type_name(into)} of {what}; registered: {known}. It starts with {excerpt(data)!r}"
        )

    # From objects to bytes.

    def encode(self, value: Any, media_type: str = JSON) -> tuple[bytes, str]:
        """Return a value as the body of a request, and its content type.

        Raises InvalidBody, which names the part that can't be encoded, and where no converter takes the media type.
        """
        converters = self._encoders.get(media_type)
        if converters is None:
            converters = self._takers(essence(media_type))
            if len(self._encoders) >= MAX_PLANS:
                self._encoders.clear()
            self._encoders[media_type] = converters
        for converter in converters:
            if converter.can_encode(value):
                return _in_charset(converter, converter.encode(value), media_type), media_type
        known = ", ".join(self.media_types) or "nothing"
        kind = type(value).__qualname__
        raise InvalidBody(f"no converter makes a body of type {media_type!r} from a {kind}; registered: {known}")


def essence(content_type: str | None) -> str:
    """Return the media type without parameters, in lower case; empty if there is none."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return media_type if "/" in media_type else ""


def _normalized(media_types: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(map(essence, media_types))
    if not all(names):
        raise ValueError(f"media types look like 'application/json' or 'text/*', not {media_types!r}")
    return names


def _distance(registered: str, media_type: str) -> int:
    """Return how far a registered type is from an actual one: 0 is equal, 9 is another type."""
    if registered == media_type:
        return 0
    kind, _, subtype = registered.partition("/")
    if kind == "application" and media_type.endswith("+" + subtype):
        return 1
    if subtype == "*":
        return 3 if kind == "*" else 2 if media_type.startswith(kind + "/") else 9
    return 9


def _weight(quality: float) -> str:
    return f"{quality:.3f}".rstrip("0").rstrip(".")


def _plain_decoder(into: Any) -> Decode:
    kind = plain_kind(into)
    empty_is_none = accepts_none(into)

    def decode(data: bytes, encoding: str) -> Any:
        if not data and empty_is_none:
            return None
        if kind is not str:
            return data if kind is bytes else bytearray(data)
        try:
            return data.decode(encoding, errors="replace")
        except (LookupError, ValueError):  # hex and the like are no charsets; ValueError: a NUL in the name
            raise DecodingError(f"the body's charset {encoding!r} is not known") from None

    return decode


def _charset(data: bytes, into: Any, content_type: str | None, encoding: str) -> str:
    """Return the charset to decode with: an assumed one yields to UTF-8, which typed formats are meant to be in."""
    if plain_kind(into) is not None or (content_type and "charset" in content_type.lower()):
        return encoding
    try:
        data.decode()
    except UnicodeDecodeError:
        return encoding
    return "utf-8"


def _in_charset(converter: Converter, data: bytes, media_type: str) -> bytes:
    """Honour a charset that the media type asks for."""
    if converter.charset is None or "charset" not in media_type:
        return data
    charset = media_type.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    if not charset or charset in ("utf-8", converter.charset):
        return data
    try:
        return to_utf8(data, converter.charset).decode().encode(charset)
    except (LookupError, UnicodeEncodeError) as error:
        raise InvalidBody(f"the body can't be written in the charset of {media_type!r}: {error}") from error


DEFAULT_CONVERTERS = Converters(JsonConverter())

"""Media types: parsing, comparing, writing; and the charset of a Content-Type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from encodings import normalize_encoding
from encodings.aliases import aliases
from functools import lru_cache

from ..exceptions import InvalidHeader

__all__ = ["MediaType", "charset_of", "parse_parameters"]

_SPACE = " \t\r\n"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_NAME_END = re.compile(r"[;=]|\Z")
# A quoted string may end with the text; what stands between it and the next ";" is passed over.
_QUOTED = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+\\?)"?[^;]*+', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type such as ``application/json;charset=utf-8``, or a range such as ``text/*;q=0.5``.

    Type, subtype and parameter names are in lower case; values are as written. ``str()`` writes it back.
    """

    type: str
    subtype: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> MediaType:
        """Return the media type of a header value, as browsers read it (WHATWG MIME Sniffing section 4.4).

        Parameters that make no sense are left out; the first of a name stands. Raises InvalidHeader where there is
        no type at all.
        """
        result = _parse_cached(text) if len(text) <= 256 else _parse(text)
        if result is None:
            raise InvalidHeader(f"not a media type: {text[:100]!r}; write type/subtype")
        return result

    @property
    def essence(self) -> str:
        """Type and subtype: ``text/html``."""
        return f"{self.type}/{self.subtype}"

    @property
    def suffix(self) -> str | None:
        """The structured syntax after the last plus sign: ``json`` of ``application/problem+json`` (RFC 6838)."""
        _, plus, suffix = self.subtype.rpartition("+")
        return suffix if plus and suffix else None

    @property
    def charset(self) -> str | None:
        """The ``charset`` parameter where it names a codec Python knows."""
        return _codec(self.parameters.get("charset", ""))

    @property
    def quality(self) -> float:
        """The weight ``q`` of a range in an Accept header, 0 to 1; 1 if there is none (RFC 9110 section 12.4.2)."""
        try:
            quality = float(self.parameters.get("q", 1))
        except ValueError:
            return 1.0
        return min(max(quality, 0.0), 1.0) if quality == quality else 1.0

    def matches(self, pattern: MediaType | str) -> bool:
        """Whether this type is in a range: ``application/json``, ``application/*``, ``*/*`` or ``application/*+json``.

        The parameters of the range must be there too, its weight aside (RFC 9110 section 12.5.1).
        """
        if isinstance(pattern, str):
            pattern = MediaType.parse(pattern)
        if pattern.type not in ("*", self.type):
            return False
        if pattern.subtype not in ("*", self.subtype) and not (
            pattern.subtype.startswith("*+") and self.suffix == pattern.subtype[2:]
        ):
            return False
        mine = self.parameters
        return all(
            name == "q"
            or mine.get(name) == value
            or (name == "charset" and mine.get(name, "").lower() == value.lower())
            for name, value in pattern.parameters.items()
        )

    def __hash__(self) -> int:
        return hash((self.type, self.subtype, frozenset(self.parameters.items())))

    def __str__(self) -> str:
        return self.essence + "".join(f";{name}={_written(value)}" for name, value in self.parameters.items())


def _written(value: str) -> str:
    if _TOKEN.match(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _parse(text: str) -> MediaType | None:
    essence, _, rest = text.strip(_SPACE).partition(";")
    kind, _, subtype = essence.partition("/")
    subtype = subtype.rstrip(_SPACE)
    if not (_TOKEN.match(kind) and _TOKEN.match(subtype)):
        return None
    return MediaType(kind.lower(), subtype.lower(), parse_parameters(rest) if rest else {})


_parse_cached = lru_cache(maxsize=256)(_parse)


def parse_parameters(text: str) -> dict[str, str]:
    """Return the parameters in what follows the first semicolon of a header value, names in lower case.

    Parts that are no parameter are passed over, and the first of a name stands. The cost is linear.
    """
    parameters: dict[str, str] = {}
    pos, length = 0, len(text)
    while pos < length:
        end = _NAME_END.search(text, pos).start()  # type: ignore[union-attr]
        name = text[pos:end].lstrip(_SPACE).lower()
        pos = end + 1
        if end >= length or text[end] == ";":
            continue
        if quoted := _QUOTED.match(text, pos):
            value = _ESCAPE.sub(r"\1", quoted[1])
            pos = quoted.end() + 1
        else:
            end = text.find(";", pos)
            end = length if end < 0 else end
            value = text[pos:end].rstrip(_SPACE)
            pos = end + 1
            if not value:
                continue
        if name not in parameters and _TOKEN.match(name) and _VALUE.match(value):
            parameters[name] = value
    return parameters


# Charsets. Only codecs from bytes to text, and none that is slow or dangerous on what a stranger sends (idna is
# quadratic, undefined always fails). Names are looked up here first: the codec registry remembers every miss.
_NOT_TEXT = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
_NOT_HERE = {"mbcs", "oem", "idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined", "utf_7", "tactis"}
_NO_ALIAS = {"cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_t", "koi8_u", "utf_8_sig", "mac_croatian"}
_MODULES = (set(aliases.values()) | _NO_ALIAS) - _NOT_TEXT - _NOT_HERE
# Labels that browsers know and Python does not (WHATWG Encoding section 4.2).
_BROWSER_LABELS = {
    "dos_874": "cp874",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "unicode_1_1_utf_8": "utf-8",
    "windows_874": "cp874",
    "x_euc_jp": "euc_jp",
    "x_gbk": "gbk",
    "x_mac_cyrillic": "mac_cyrillic",
    "x_mac_roman": "mac_roman",
    "x_sjis": "shift_jis",
    "x_x_big5": "big5",
}


_LABEL = re.compile(r"[0-9a-z][0-9a-z.:_+\-]{0,39}\Z")


def _codec(label: str) -> str | None:
    # Quotes that servers add by mistake are forgiven, as in requests.
    label = label.strip(_SPACE + "'\"").lower()
    if not _LABEL.match(label):
        return None
    name = normalize_encoding(label)
    module = aliases.get(name) or aliases.get(name.replace(".", "_")) or name
    if module in _MODULES:
        return label
    return _BROWSER_LABELS.get(name)


def charset_of(content_type: str) -> str | None:
    """Return the charset of a Content-Type in lower case, or None if there is none that Python can decode."""
    if len(content_type) <= 256:
        return _charset_cached(content_type)
    return _charset(content_type)


def _charset(content_type: str) -> str | None:
    return _codec(parse_parameters(content_type.partition(";")[2]).get("charset", ""))


_charset_cached = lru_cache(maxsize=256)(_charset)

"""Typed bodies in the formats a client and a server agree on (RFC 9110 section 12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from ..converters import DEFAULT_CONVERTERS, Converter, Converters
from ..exceptions import InvalidHeader
from ..values.body import Body, BytesBody
from ..values.checks import check_options
from ..values.media_type import MediaType
from ..values.request import Request
from .plugin import Plugin

if TYPE_CHECKING:
    from ..values.settings import Settings

__all__ = ["ContentNegotiation"]

UNSAID = ("", "*/*")
"""Values of Accept that say nothing; the client sends the latter by itself."""


class ContentNegotiation(Plugin):
    """Tells servers which formats are welcome, and reads and writes typed bodies in them::

        Client(plugins=[ContentNegotiation(JsonConverter(drop_nulls=True), (XmlConverter(), 0.5))])

    - ``converters``: converters, each alone or with its quality (0 to 1, default 1), in order of preference; or one
      ready ``Converters`` registry. A response is read by the converter its Content-Type chooses. None given means
      the default, JSON. JSON works in any case, unasked for, unless a registry was given.
    - ``accept``: ``"unset"`` (default) sends Accept where the request says nothing else than ``*/*``; ``"add"`` also
      adds what is missing to an Accept that the request has; ``"off"`` leaves it alone.
    - ``others``: the quality of ``*/*`` at the end of Accept, so that a server that has nothing of the kind still
      answers; default 0.1; None leaves it out.
    - ``content_type``: the format of ``body=`` objects where the request has no Content-Type; by default the
      converter's that comes first. Bytes, text, files and iterators are sent as they are.

    Raises ValueError for qualities and media types that are none, InvalidBody and DecodingError where no converter
    fits, naming those there are.
    """

    def __init__(
        self,
        *converters: Converter | tuple[Converter, float] | Converters,
        accept: Literal["unset", "add", "off"] = "unset",
        others: float | None = 0.1,
        content_type: str | None = None,
    ) -> None:
        check_options(ContentNegotiation, locals())
        if accept not in ("unset", "add", "off"):
            raise ValueError(f"accept must be 'unset', 'add' or 'off', not {accept!r}")
        if others is not None and not 0 < others <= 1:
            raise ValueError(f"others must be a quality above 0 and up to 1, or None, not {others!r}")
        self.converters = _registry(converters)
        self.accept = accept
        self.others = others
        self.content_type = content_type or _first_type(self.converters)
        self._accepted = _ranges(self.converters, others)
        self._value = ", ".join(self._accepted)
        self._settings: tuple[Settings, Settings] | None = None

    def on_request(self, request: Request) -> None:
        """Set Accept, and the converters the response is read with."""
        request.settings = self._with_converters(request.settings)
        if self.accept == "off" or not self._value:
            return
        present = request.headers.getall("accept", [])
        if all(value.strip() in UNSAID for value in present):
            request.headers["Accept"] = self._value
        elif self.accept == "add":
            missing = _missing(self._accepted, present)
            if missing:
                request.headers["Accept"] = ", ".join([*present, *missing])

    def _with_converters(self, settings: Settings) -> Settings:
        known = self._settings
        if known is None or known[0] is not settings:
            known = self._settings = (settings, settings.replace(converters=self.converters))
        return known[1]

    def render_body(self, value: Any, request: Request) -> Body | None:
        """Return the body for an object, in the request's Content-Type or the default one; pass on what is no object.

        Raises InvalidBody.
        """
        raw = isinstance(value, (Body, bytes, bytearray, memoryview, str))
        if raw or any(hasattr(value, name) for name in ("read", "__next__", "__aiter__")):
            return None
        data, content_type = self.converters.encode(value, request.headers.get("content-type", self.content_type))
        return BytesBody(data, content_type)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_settings": None}


def _registry(given: tuple[Converter | tuple[Converter, float] | Converters, ...]) -> Converters:
    if len(given) == 1 and isinstance(given[0], Converters):
        return given[0]
    registry = Converters()
    for entry in reversed(given):
        converter, quality = entry if isinstance(entry, tuple) else (entry, 1.0)
        if not isinstance(converter, Converter):
            hint = "; make an object of it: add ()" if isinstance(converter, type) else ""
            raise TypeError(f"a converter is a Converter or (Converter, quality), not {converter!r}{hint}")
        registry = registry.with_(converter, quality=quality)
    if not given:
        return DEFAULT_CONVERTERS
    return registry.or_else(DEFAULT_CONVERTERS)


def _first_type(converters: Converters) -> str:
    return next((name for name in converters.media_types if "*" not in name), "application/json")


def _ranges(converters: Converters, others: float | None) -> tuple[str, ...]:
    """Return the members of Accept, best first."""
    header = converters.accept_header()
    ranges = tuple(header.split(", ")) if header else ()
    if not ranges or others is None or any(name.startswith("*/*") for name in ranges):
        return ranges
    return (*ranges, "*/*" if others == 1 else f"*/*;q={others:.3g}")


def _missing(accepted: Iterable[str], present: Iterable[str]) -> list[str]:
    """Return the members that no member of a request's own Accept is about."""
    own: list[MediaType] = []
    for value in present:
        for member in value.split(","):
            try:
                own.append(MediaType.parse(member))
            except InvalidHeader:  # not ours to judge
                continue
    return [
        member
        for member in accepted
        if not member.startswith("*/*") and not any(known.matches(MediaType.parse(member).essence) for known in own)
    ]

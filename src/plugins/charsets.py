"""The charsets of text, in both directions."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from ..values.checks import check_options
from .default_request import RequestDefaults

if TYPE_CHECKING:
    from ..values.settings import Settings

__all__ = ["Charsets"]


class Charsets(RequestDefaults):
    """Says which charsets text is welcome in, sends text in another than UTF-8, and reads what names none::

        Client(plugins=[Charsets(("iso-8859-1", 0.5), send="iso-8859-1", fallback="cp1252")])

    - ``charsets``: sent as Accept-Charset, in order, each alone or with its quality (0 to 1). None given sends no such
      field: servers rarely heed it any more (RFC 9110 section 12.5.2).
    - ``send``: the charset of text bodies whose Content-Type names none; it is named then. UTF-8 by default. One that
      a request names is used in any case.
    - ``fallback``: the charset of responses that name none, in place of the client's ``default_encoding``.

    Raises ValueError for a charset that Python does not know, and for a quality that is none. Sending text with
    characters that the charset has not raises InvalidBody.
    """

    def __init__(
        self, *charsets: str | tuple[str, float], send: str | None = None, fallback: str | None = None
    ) -> None:
        check_options(Charsets, locals())
        self.charsets = tuple(_checked(*((each, 1.0) if isinstance(each, str) else each)) for each in charsets)
        self.sending = None if send is None else _known(send)
        self.fallback = None if fallback is None else _known(fallback)
        if charsets:
            members = [name if quality == 1 else f"{name};q={quality:.3g}" for name, quality in self.charsets]
            self.headers = {"Accept-Charset": ", ".join(members)}

    def adapted(self, settings: Settings) -> Settings:
        """Let requests and responses know."""
        return settings.replace(
            text_charset=self.sending or settings.text_charset,
            default_encoding=self.fallback or settings.default_encoding,
        )

    def __repr__(self) -> str:
        shown = [repr(name if quality == 1 else (name, quality)) for name, quality in self.charsets]
        options = {"send": self.sending, "fallback": self.fallback}
        shown += [f"{name}={value!r}" for name, value in options.items() if value]
        return f"{self.name}({', '.join(shown)})"


def _known(charset: str) -> str:
    try:
        # The name stays as it was given: Python's own names are not all known elsewhere.
        return "utf-8" if codecs.lookup(charset).name == "utf-8" else charset.lower()
    except (LookupError, TypeError):
        raise ValueError(f"there is no charset {charset!r}") from None


def _checked(charset: str, quality: float) -> tuple[str, float]:
    if isinstance(quality, bool) or not isinstance(quality, (int, float)) or not 0 <= quality <= 1:
        raise ValueError(f"a quality is a number from 0 to 1, not {quality!r}")
    return (_known(charset), float(quality))

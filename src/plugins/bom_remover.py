"""Take byte order marks off responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .default_request import RequestDefaults

if TYPE_CHECKING:
    from ..values.settings import Settings

__all__ = ["BOMRemover"]


class BOMRemover(RequestDefaults):
    """Takes a byte order mark of UTF-8, UTF-16 or UTF-32 off the start of response bodies, saved or streamed.

    Text is decoded in the encoding that the mark tells, whatever the Content-Type says. Bodies without one stay as
    they are, ``raw_content`` and ``iter_raw()`` in any case. It has no options.
    """

    def adapted(self, settings: Settings) -> Settings:
        """Let responses know."""
        return settings.replace(remove_bom=True)

    def __repr__(self) -> str:
        return "BOMRemover()"

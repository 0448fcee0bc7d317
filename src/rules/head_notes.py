"""What is looked for in every response head, found in one pass."""

from __future__ import annotations

from ..values.head_notes import PLAIN, HeadNotes
from ..values.headers import RawHeaders
from .http1_fields import keep_alive_hints

__all__ = ["note_head"]


def note_head(headers: RawHeaders) -> HeadNotes:
    """Look through the fields of a head once, for all who will ask."""
    coded = sets_cookies = hints = False
    for name, _ in headers:
        size = len(name)
        if size == 10:
            name = name.lower()
            if name == b"set-cookie":
                sets_cookies = True
            elif name == b"keep-alive":
                hints = True
        elif size == 16 and name.lower() == b"content-encoding":
            coded = True
    if not (coded or sets_cookies or hints):
        return PLAIN
    return HeadNotes(coded=coded, sets_cookies=sets_cookies, keep_alive=keep_alive_hints(headers) if hints else None)

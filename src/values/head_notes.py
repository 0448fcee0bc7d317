"""What was noticed in the head of a response when it was parsed."""

from __future__ import annotations

__all__ = ["PLAIN", "HeadNotes"]


class HeadNotes:
    """Whether a head has the fields that are looked for in every response; shared by the responses with equal heads.

    ``coded``: it has a Content-Encoding. ``sets_cookies``: it has a Set-Cookie. ``keep_alive``: what a Keep-Alive field
    says, the idle seconds and the number of requests the connection will still serve; None without the field.
    """

    __slots__ = ("coded", "keep_alive", "sets_cookies")

    def __init__(
        self, *, coded: bool, sets_cookies: bool, keep_alive: tuple[float | None, int | None] | None = None
    ) -> None:
        self.coded = coded
        self.sets_cookies = sets_cookies
        self.keep_alive = keep_alive


PLAIN = HeadNotes(coded=False, sets_cookies=False)
"""The notes on a head with none of these fields, as most are."""

"""What all sends of one call share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .attributes import AttributeKey

if TYPE_CHECKING:
    from ..plugins.events import Events
    from ..rules.cookie_header import SentCookies
    from .attempt import Attempt
    from .url import Origin

__all__ = ["CALL_ID", "MAX_SENDS", "Call"]

MAX_SENDS = 20
"""How often one call may be sent, over all plugins together; redirects, which have their own limit, don't count."""

CALL_ID = AttributeKey[str]("call id")
"""The id of a call, where the plugin CallId gives it one."""


class Call:
    """The state of one call: what came of each attempt, and which cookies went with it.

    ``sends`` counts how often it was sent, redirects left out.
    """

    # Most calls never need these; what does sets its own.
    sends = 0
    attempts: list[Attempt] | None = None
    cookies: SentCookies | None = None
    origin: Origin | None = None
    """Where the call began, noted by those who need to know it after a redirect."""
    events: Events | None = None
    """Where plugins tell what they do; set, in a subclass, where somebody listens."""

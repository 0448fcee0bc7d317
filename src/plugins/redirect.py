"""Follow redirects (RFC 9110 section 15.4)."""

from __future__ import annotations

from ..values.checks import check_options
from .plugin import Plugin, Stage

__all__ = ["HttpRedirect"]


class HttpRedirect(Plugin):
    """Follows 301, 302, 303, 307 and 308 responses that name a Location.

    ``max_redirects`` (20) bounds the hops; one more raises TooManyRedirects. ``allow_https_downgrade`` (False)
    lets https lead to http; otherwise RedirectStatusError is raised. ``keep_method`` (False) keeps POST on 301 and
    302, which browsers turn into GET. ``rules.redirects`` holds what changes on the way.
    """

    stage = Stage.REDIRECT

    def __init__(
        self, *, max_redirects: int = 20, allow_https_downgrade: bool = False, keep_method: bool = False
    ) -> None:
        check_options(HttpRedirect, locals())
        if max_redirects < 0:
            raise ValueError(f"max_redirects must be a number from 0 on, not {max_redirects!r}")
        self.max_redirects = max_redirects
        self.allow_https_downgrade = allow_https_downgrade
        self.keep_method = keep_method

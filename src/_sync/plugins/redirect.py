# Generated from src/_async/plugins/redirect.py by scripts/generate_sync.py. Do not edit.
"""Follows redirects."""

from __future__ import annotations

from ...plugins.redirect import HttpRedirect
from ...rules.redirects import next_request
from ...values.request import Request
from ...values.response import REDIRECTS
from ..proceed import Proceed
from ..response import Response

__all__ = ["RedirectHandler"]


class RedirectHandler:
    """The waiting half of HttpRedirect."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpRedirect) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send, and send again where the response leads, until one is final."""
        response = proceed(request)
        if response.status_code not in REDIRECTS:
            return response
        return self._follow(request, response, proceed)

    def _follow(self, request: Request, response: Response, proceed: Proceed) -> Response:
        history: list[Response] = []
        while True:
            response.history = list(history)
            try:
                following = next_request(request, response, self._options, history)
            except BaseException:
                response.close()
                raise
            if following is None:
                return response
            # What is left of the body is of no use: a streamed response gives its connection up.
            response.close()
            history.append(response)
            if request.call.events is not None:
                request.call.events.emit("redirect", following, response)
            request = following
            # Redirects have a limit of their own; the budget is for what nothing else bounds.
            request.call.sends -= 1
            response = proceed(request)

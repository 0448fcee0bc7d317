# Generated from src/_async/plugins/auth_flow.py by scripts/generate_sync.py. Do not edit.
"""Runs authentication schemes of the user's."""

from __future__ import annotations

from ...plugins.auth import Auth
from ...plugins.plugin import check_pair, has_hook
from ...values.request import Request
from ..proceed import Proceed, Send
from ..response import Response
from .auth_provider import belongs
from .flow import FlowHandler
from .pair import PairHandler

__all__ = ["HANDLER", "AuthFlowHandler"]


class AuthFlowHandler:
    """Runs the flow, or the pair, of an Auth on copies of those requests whose origin its secret belongs to."""

    __slots__ = ("_options", "_send")

    def __init__(self, options: Auth) -> None:
        self._options = options
        self._send: Send
        if has_hook(options, "flow"):
            self._send = FlowHandler(options).send
            return
        check_pair(options, "send")
        if not has_hook(options, "send"):
            raise TypeError(f"{options.name} is an Auth and must have a flow()")
        self._send = PairHandler(options.send, f"{options.name}.send").send

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Act around one call."""
        if not belongs(self._options, request):
            return proceed(request)
        return self._send(request.copy(), proceed)


HANDLER = AuthFlowHandler

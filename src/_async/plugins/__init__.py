"""The handlers of the plugins that wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...plugins.plugin import Plugin, check_pair, has_hook
from ...plugins.redirect import HttpRedirect
from ...plugins.validator import HttpCallValidator
from ..proceed import AsyncSend
from .flow import AsyncFlowHandler
from .pair import AsyncPairHandler
from .redirect import AsyncRedirectHandler
from .validator import AsyncValidatorHandler

__all__ = ["handler_for"]

HANDLERS: dict[type[Plugin], Callable[[Any], Any]] = {
    HttpRedirect: AsyncRedirectHandler,
    HttpCallValidator: AsyncValidatorHandler,
}


def handler_for(plugin: Plugin) -> AsyncSend | None:
    """Return what acts around the call for a plugin: ``send(request, proceed)``, or None where it has no such hook.

    Raises TypeError for a plugin that has the hook for the other client only.
    """
    for kind in type(plugin).__mro__:
        make = HANDLERS.get(kind)
        if make is not None:
            handler: AsyncSend = make(plugin).send
            return handler
    if plugin.handler:
        from importlib import import_module

        module = import_module(f".{plugin.handler}", __package__)
        waiting: AsyncSend = module.HANDLER(plugin).send
        return waiting
    if has_hook(plugin, "flow"):
        return AsyncFlowHandler(plugin).send
    check_pair(plugin, "send_async")
    if has_hook(plugin, "send_async"):
        return AsyncPairHandler(plugin.send_async, f"{plugin.name}.send_async").send
    return None

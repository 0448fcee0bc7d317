# Generated from src/_async/plugins/__init__.py by scripts/generate_sync.py. Do not edit.
"""The handlers of the plugins that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...plugins.plugin import Plugin, check_pair, has_hook
from ...plugins.redirect import HttpRedirect
from ...plugins.validator import HttpCallValidator
from ..proceed import Send
from .redirect import RedirectHandler
from .validator import ValidatorHandler

__all__ = ["handler_for", "sends_of"]

HANDLERS: dict[type[Plugin], Callable[[Any], Any]] = {
    HttpRedirect: RedirectHandler,
    HttpCallValidator: ValidatorHandler,
}


def handler_for(plugin: Plugin, plugins: Sequence[Plugin] = ()) -> Send | None:
    """Return what acts around the call for a plugin: ``send(request, proceed)``, or None where it has no such hook.

    Of joint plugins the first among ``plugins`` acts for all. Raises TypeError for a plugin that has the hook for the
    other client only.
    """
    for kind in type(plugin).__mro__:
        make = HANDLERS.get(kind)
        if make is not None:
            handler: Send = make(plugin).send
            return handler
    if plugin.handler:
        from importlib import import_module

        module = import_module(f".{plugin.handler}", __package__)
        if plugin.joint:
            group = [other for other in plugins if other.joint and other.handler == plugin.handler] or [plugin]
            return module.HANDLER(group).send if plugin is group[0] else None
        waiting: Send = module.HANDLER(plugin).send
        return waiting
    if has_hook(plugin, "flow"):
        from .flow import FlowHandler

        return FlowHandler(plugin).send
    check_pair(plugin, "send")
    if has_hook(plugin, "send"):
        from .pair import PairHandler

        return PairHandler(plugin.send, f"{plugin.name}.send").send
    return None


def sends_of(plugins: Iterable[Plugin]) -> list[Send]:
    """Return what acts around a call, outermost first, for plugins in their order.

    A handler that must see every attempt is split where something stands inside that may send again.
    """
    outer: list[Send] = []
    inner: list[Send] = []
    plugins = list(plugins)
    for plugin in reversed(plugins):
        send = handler_for(plugin, plugins)
        if send is None:
            continue
        split = getattr(getattr(send, "__self__", None), "split", None)
        if split is not None and outer:
            send, attempt = split()
            inner.append(attempt)
        outer.append(send)
    return [*reversed(outer), *inner]

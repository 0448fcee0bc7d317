"""The hooks that do not wait: how they are called, and what they may return."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .plugin import Plugin, has_hook

if TYPE_CHECKING:
    from ..values.body import Body
    from ..values.request import Request
    from ..values.response import BaseResponse

__all__ = ["check_hooks", "check_nothing", "name_of", "parsed_by", "rendered_by"]

PLAIN_HOOKS = ("on_request", "render_body", "on_attempt", "on_response", "parse_body", "on_close")
"""The hooks that do not wait."""
WAITS = 0x80 | 0x200
"""The flags of what ``async def`` makes: coroutines and asynchronous generators."""
YIELDS = 0x20
MAY_YIELD = ("flow", "on_close")


def name_of(hook: Callable[..., object]) -> str:
    """Return the plugin and the name of one of its hooks."""
    plugin = getattr(hook, "__self__", None)
    return f"{plugin.name}.{hook.__name__}" if isinstance(plugin, Plugin) else repr(hook)


def check_hooks(plugin: Plugin) -> None:
    """Raise TypeError for a hook that is written so that it can't work: one that waits where none may."""
    for hook in (*PLAIN_HOOKS, "flow", "send"):
        if has_hook(plugin, hook):
            flags = getattr(getattr(getattr(plugin, hook), "__code__", None), "co_flags", 0)
            if flags & WAITS or (flags & YIELDS and hook not in MAY_YIELD):
                written = "async" if flags & WAITS else "a generator"
                raise TypeError(
                    f"{plugin.name}.{hook} is {written}, and it can't be; what waits is a flow(), "
                    "or a send() and an async send_async()"
                )


def check_nothing(hook: Callable[..., object], result: object) -> None:
    """Raise TypeError for a hook that returned something where nothing is asked for."""
    if result is not None:
        if hasattr(result, "close") and hasattr(result, "__await__"):
            result.close()  # it would complain that nobody waited for it
        raise TypeError(f"{name_of(hook)} must return nothing: it returned {type(result).__name__}")


def rendered_by(hook: Callable[[Any, Request], Any], value: Any, request: Request) -> Body | None:
    """Return what a ``render_body`` makes of a value. What it raises is named, as is one that returns no Body."""
    from ..values.body import Body

    try:
        rendered = hook(value, request)
        if rendered is not None and not isinstance(rendered, Body):
            raise TypeError(f"{name_of(hook)} must return a Body or None: it returned {type(rendered).__name__}")
    except Exception as error:
        error.add_note(f"raised by the plugin {name_of(hook)}")
        raise
    return rendered


def parsed_by(hook: Callable[[Any, Any], Any], response: BaseResponse, into: Any) -> Any:
    """Return what a ``parse_body`` makes of a body. What it raises is named, as is one that gives None for a class."""
    try:
        parsed = hook(response, into)
        if parsed is None and isinstance(into, type) and into not in (type(None), object):
            raise TypeError(
                f"{name_of(hook)} must return a {into.__name__}, or NotImplemented to pass: it returned None"
            )
    except Exception as error:
        error.add_note(f"raised by the plugin {name_of(hook)}")
        raise
    return parsed

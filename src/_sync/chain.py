# Generated from src/_async/chain.py by scripts/generate_sync.py. Do not edit.
"""The chain: what happens around a request, put together once for each client."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from .._concurrency import monotonic
from ..exceptions import HTTPError, TooManySends
from ..plugins.plugin import Plugin, has_hook
from ..rules.locating import located
from ..values.call import MAX_SENDS
from ..values.object_body import render
from ..values.request import Request
from .engines.engine import Engine
from .plugins import handler_for
from .proceed import Proceed
from .response import Response

__all__ = ["Chain", "ordered", "with_overrides"]


class Chain:
    """Plugins in the order of their stages, around an engine. ``run(request)`` is one call.

    ``deferred`` says that objects given as bodies are turned into bytes here, after the ``on_request`` hooks.
    """

    __slots__ = ("_engine", "_on_attempt", "_on_request", "_on_response", "_render", "deferred", "plugins", "run")

    def __init__(self, plugins: Iterable[Plugin], engine: Engine) -> None:
        self.plugins = ordered(plugins)
        self._engine = engine
        self._render = [plugin.render_body for plugin in self.plugins if has_hook(plugin, "render_body")]
        self._on_request = [plugin.on_request for plugin in self.plugins if has_hook(plugin, "on_request")]
        self._on_attempt = [plugin.on_attempt for plugin in self.plugins if has_hook(plugin, "on_attempt")]
        self._on_response = [plugin.on_response for plugin in self.plugins if has_hook(plugin, "on_response")]
        proceed: Proceed = self._observed if self._on_attempt or self._on_response else self._transmit
        for plugin in reversed(self.plugins):
            send = handler_for(plugin)
            if send is not None:
                proceed = partial(send, proceed=proceed)
        self.deferred = bool(self._on_request or self._render)
        self.run: Proceed = partial(self._prepared, proceed=proceed) if self.deferred else proceed

    def _prepared(self, request: Request, proceed: Proceed) -> Response:
        for hook in self._on_request:
            hook(request)
        render(request, self._render)
        return proceed(request)

    def _observed(self, request: Request) -> Response:
        for hook in self._on_attempt:
            hook(request)
        response = self._transmit(request)
        if self._on_response:
            self._observe(response)
        return response

    def _observe(self, response: Response) -> None:
        try:
            for hook in self._on_response:
                hook(response)
        except BaseException:
            response.close()
            raise

    def _transmit(self, request: Request) -> Response:
        """The innermost step: one send, one response, its body too unless it is streamed."""
        call = request.call
        call.sends += 1
        if call.sends > MAX_SENDS:
            raise TooManySends(f"one call was sent more than {MAX_SENDS} times; a plugin loops", request=request)
        started = monotonic()
        try:
            response = self._engine.execute(request)
            if not (request.stream or response.is_closed):
                response.load()
        except HTTPError as error:
            raise located(error, request) from error.__cause__
        response.elapsed_seconds = monotonic() - started
        return response

    def describe(self) -> str:
        """Return the chain as text, outermost first, a line for each plugin and one for the engine."""
        lines = [f"{plugin.stage.name.lower().replace('_', ' ')}: {plugin!r}" for plugin in self.plugins]
        return "\n".join([*lines, f"engine: {self._engine!r}"])


def ordered(plugins: Iterable[Plugin]) -> tuple[Plugin, ...]:
    """Sort by stage, then by order of installing. Raises ValueError where two exclude each other."""
    result = sorted(plugins, key=lambda plugin: plugin.stage)
    seen: dict[type[Plugin], Plugin] = {}
    for plugin in result:
        other = seen.setdefault(plugin.family, plugin)
        if other is not plugin and not plugin.repeatable:
            raise ValueError(f"two plugins of one kind can't both be installed: {other!r} and {plugin!r}")
    return tuple(result)


def with_overrides(plugins: tuple[Plugin, ...], overrides: dict[type[Plugin], Plugin | None]) -> list[Plugin]:
    """Return the plugins with some replaced, added, or (None) removed."""
    kept = [plugin for plugin in plugins if plugin.family not in overrides]
    return kept + [plugin for plugin in overrides.values() if plugin is not None]

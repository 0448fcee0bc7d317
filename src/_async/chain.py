"""The chain: what happens around a request, put together once for each client."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .._concurrency import async_limited, clock
from ..exceptions import HTTPError, RequestCancelled, TooManySends
from ..plugins.hooks import check_hooks, check_nothing, name_of
from ..plugins.plugin import Plugin, has_hook
from ..plugins.validator import HttpCallValidator
from ..rules.locating import located
from ..values.call import MAX_SENDS
from ..values.object_body import render
from ..values.request import Request
from ..values.response import is_response_type, status_error
from .engines.engine import AsyncEngine
from .plugins import sends_of
from .plugins.blame import blame, blamed, in_time
from .plugins.validator import async_map_error
from .proceed import AsyncProceed, AsyncSend
from .response import AsyncResponse

if TYPE_CHECKING:
    from ..plugins.events import Events
    from ..values.defaults import Defaults

__all__ = ["AsyncChain", "converted", "ordered", "with_overrides"]


LATE = 0.1
"""Seconds after the deadline of a call at which plugins that hang are interrupted."""


class AsyncChain:
    """Plugins in the order of their stages, around an engine. ``run(request)`` is one call.

    ``deferred`` says that objects given as bodies are turned into bytes here, after the ``on_request`` hooks.
    ``events``, where there are any, are told of each call. ``defaults`` makes the requests for this chain.
    """

    defaults: Defaults

    __slots__ = (
        *("_attempt", "_engine", "_events", "_on_attempt", "_on_request", "_on_response", "_render"),
        *("defaults", "deferred", "plugins", "run", "validator"),
    )

    def __init__(self, plugins: Iterable[Plugin], engine: AsyncEngine, events: Events | None = None) -> None:
        self.plugins = ordered(plugins)
        for plugin in self.plugins:
            check_hooks(plugin)
        self._engine = engine
        self._events = events
        self._attempt: AsyncProceed = self._transmit if events is None else self._announced
        self._render = [plugin.render_body for plugin in self.plugins if has_hook(plugin, "render_body")]
        self._on_request = [plugin.on_request for plugin in self.plugins if has_hook(plugin, "on_request")]
        self._on_attempt = [plugin.on_attempt for plugin in self.plugins if has_hook(plugin, "on_attempt")]
        self._on_response = [plugin.on_response for plugin in self.plugins if has_hook(plugin, "on_response")]
        proceed: AsyncProceed = self._observed if self._on_attempt or self._on_response else self._attempt
        for send in reversed(sends_of(self.plugins)):
            proceed = around(send, proceed)
        if any(
            plugin.calls_back or has_hook(plugin, "flow") or has_hook(plugin, "send_async") for plugin in self.plugins
        ):
            proceed = around(self._limited, proceed)
        self.deferred = bool(self._on_request or self._render)
        self.run: AsyncProceed = around(self._prepared, proceed) if self.deferred else proceed
        if events is not None:
            self.run = around(self._watched, self.run)
        judges = (each for each in self.plugins if isinstance(each, HttpCallValidator) and each.judges_alone)
        self.validator = next(judges, None)

    async def convert(self, response: AsyncResponse, into: Any, expect_success: bool | None) -> Any:
        """Return the body as asked, or raise for a status that brings something else, or what ``on_error`` makes of it.

        To be called where there is a ``validator``.
        """
        assert self.validator is not None
        judged = not isinstance(self.validator.expect_success, bool)
        try:
            return converted(response, into, False if judged else expect_success)
        except Exception as error:
            await async_map_error(self.validator, error, response.request)
            raise

    async def _watched(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Tell of the call's begin and of its failure."""
        from ..plugins.events import WatchedCall

        assert self._events is not None
        emit = self._events.emit
        request.call = WatchedCall(request.call, self._events)
        emit("created", request)
        try:
            return await proceed(request)
        except BaseException as error:
            cancelled = isinstance(error, RequestCancelled) or not isinstance(error, Exception)
            emit("cancelled" if cancelled else "failed", request, error=error)
            raise

    async def _prepared(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        tell(self._on_request, request, request)
        render(request, self._render)
        if self._render and request.deadline is not None:
            in_time(request, " or ".join(map(name_of, self._render)))
        return await proceed(request)

    async def _limited(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Interrupt plugins that hang: what waits by itself has ended a little before."""
        deadline = request.deadline
        if deadline is None:
            return await proceed(request)

        def late(stopped: BaseException | None) -> Exception:
            name = blamed(stopped)
            error = deadline.overrun(name and f"in the plugin {name}")
            error.request = request
            return error

        response = await async_limited(deadline.remaining() + LATE, late, proceed, request)
        if deadline.expired:  # threads can't be interrupted
            await response.aclose()
            raise late(None)
        return response

    async def _observed(self, request: Request) -> AsyncResponse:
        if self._on_attempt:
            tell(self._on_attempt, request, request)
        response = await self._attempt(request)
        if self._on_response:
            try:
                tell(self._on_response, response, request)
            except BaseException:
                await response.aclose()
                raise
        return response

    async def _announced(self, request: Request) -> AsyncResponse:
        """Tell of one attempt."""
        assert self._events is not None
        self._events.emit("sending", request)
        response = await self._transmit(request)
        self._events.emit("response", request, response)
        return response

    async def _transmit(self, request: Request) -> AsyncResponse:
        """The innermost step: one send, one response, its body too unless it is streamed."""
        call = request.call
        call.sends += 1
        if call.sends > MAX_SENDS:
            raise TooManySends(f"one call was sent more than {MAX_SENDS} times; a plugin loops", request=request)
        started = clock.now()
        try:
            response = await self._engine.execute(request)
            if not (request.stream or response.is_closed):
                await response.load()
        except HTTPError as error:
            raise located(error, request) from error.__cause__
        response.elapsed_seconds = clock.now() - started
        return response

    def describe(self) -> str:
        """Return the chain as text, outermost first, a line for each plugin and one for the engine."""
        lines = [f"{plugin.stage.name.lower().replace('_', ' ')}: {plugin!r}" for plugin in self.plugins]
        return "\n".join([*lines, f"engine: {self._engine!r}"])


def tell(hooks: Iterable[Callable[[Any], None]], subject: object, request: Request) -> None:
    """Call hooks that do not wait. What they raise is named, and so is one that returns something or takes too long."""
    hook: Callable[[Any], object]
    try:
        for hook in hooks:
            result = hook(subject)
            if result is not None:
                check_nothing(hook, result)
            if request.deadline is not None:
                in_time(request, name_of(hook))
    except Exception as error:
        blame(error, name_of(hook))
        raise


def around(send: AsyncSend, proceed: AsyncProceed) -> AsyncProceed:
    """Return a step that goes through ``send``; a function takes half the time of a ``partial``."""

    def step(request: Request) -> Any:
        return send(request, proceed)

    return step


def converted(response: AsyncResponse, into: Any, expect_success: bool | None) -> Any:
    """Return the body as asked, or raise for a status that brings something else."""
    if is_response_type(into):
        return response
    if response.status_code >= 300 and expect_success is not False:
        raise status_error(response)
    return response.body(into)


def ordered(plugins: Iterable[Plugin]) -> tuple[Plugin, ...]:
    """Sort by stage, then by order of installing. Raises ValueError where two exclude each other."""
    result = sorted(plugins, key=lambda plugin: plugin.stage)
    seen: dict[type[Plugin], Plugin] = {}
    for plugin in result:
        other = seen.get(plugin.family)
        if other is plugin and not plugin.repeatable:
            raise ValueError(f"this plugin is installed twice: {plugin!r}")
        if other is not None and not plugin.repeatable:
            raise ValueError(f"two plugins of one kind can't both be installed: {other!r} and {plugin!r}")
        seen[plugin.family] = plugin
    return tuple(result)


def with_overrides(plugins: tuple[Plugin, ...], overrides: dict[Any, Plugin | None]) -> list[Plugin]:
    """Return the plugins with some replaced, added, or (None) removed."""
    kept = [plugin for plugin in plugins if plugin.family not in overrides]
    return kept + [plugin for plugin in overrides.values() if plugin is not None]

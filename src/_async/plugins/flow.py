"""Drives the generator form of a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._concurrency import async_call, async_sleep
from ...exceptions import TotalTimeout
from ...plugins.flow import Call, Read, Sleep
from ...plugins.plugin import Plugin
from ...values.request import Request
from ..proceed import AsyncProceed
from ..response import AsyncResponse
from .blame import blame, in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["AsyncFlowHandler", "wait"]


class AsyncFlowHandler:
    """Runs ``plugin.flow(request)``: sends what it yields, gives back what came, returns its response.

    Responses the flow does not return are closed, an error of a step is thrown into the generator. Raises
    TypeError, naming the plugin, when a flow yields or returns something else.
    """

    __slots__ = ("_flow", "_plugin")

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._flow: Callable[[Request], Any] = plugin.flow

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Act around one call."""
        flow: Any = None
        response: AsyncResponse | None = None
        try:
            # What most flows do is written out here: they send a request, and return what came.
            flow = self._flow(request)
            step = flow.send(None)
            if type(step) is Request:
                try:
                    response = await proceed(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(response)
        except StopIteration as stop:
            if response is not None and response is stop.value and request.deadline is None:
                return response
            return await self._checked(stop.value, request, [response] if response is not None else [])
        except BaseException as error:
            await self._given_up(error, flow, [] if response is None else [response])
            raise
        return await self._go_on(flow, step, request, proceed, [] if response is None else [response])

    async def _go_on(
        self,
        flow: Generator[Any, Any, Any],
        step: Any,
        request: Request,
        proceed: AsyncProceed,
        opened: list[AsyncResponse],
    ) -> AsyncResponse:
        try:
            returned = await self.drive(flow, request, proceed, opened, step)
        except BaseException as error:
            await self._given_up(error, flow, opened)
            raise
        return await self._checked(returned, request, opened)

    async def drive(
        self,
        flow: Generator[Any, Any, Any],
        request: Request,
        proceed: AsyncProceed,
        opened: list[AsyncResponse],
        step: Any = None,
    ) -> Any:
        """Do what a generator yields, note the responses it got, and return what it returns."""
        try:
            if step is None:
                step = flow.send(None)
            while True:
                try:
                    if isinstance(step, Request):
                        value: Any = await proceed(step)
                        opened.append(value)
                    else:
                        value = await self._step(step, request)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(value)
        except StopIteration as stop:
            return stop.value

    async def _checked(self, returned: Any, request: Request, opened: list[AsyncResponse]) -> AsyncResponse:
        """Return what a flow returned, and close the other responses it had. Raises TypeError, TotalTimeout."""
        name = f"{self._plugin.name}.flow"
        try:
            if not isinstance(returned, AsyncResponse):
                raise TypeError(f"{name} must return a response: it returned {type(returned).__name__}")
            in_time(request, name)
        except Exception:
            returned = None
            raise
        finally:
            for response in opened:
                if response is not returned:
                    await response.aclose()
        return returned

    async def _given_up(self, error: BaseException, flow: Any, opened: list[AsyncResponse]) -> None:
        """Close what a flow that failed leaves behind. Raises TypeError for what is no flow at all."""
        if flow is not None and not hasattr(flow, "throw"):
            found = type(flow).__name__
            raise TypeError(f"{self._plugin.name}.flow must be a generator: it returned {found}") from None
        blame(error, f"{self._plugin.name}.flow")
        if flow is not None:
            flow.close()
        for response in opened:
            await response.aclose()

    async def _step(self, step: Any, request: Request) -> Any:
        if isinstance(step, Sleep):
            return await wait(step.seconds, request, self._plugin.name)
        if isinstance(step, Read):
            return await step.response.read()  # type: ignore[attr-defined]
        if isinstance(step, Call):
            return await async_call(step.function, *step.arguments)
        raise TypeError(
            f"{self._plugin.name}.flow may yield a request, sleep(), read() or call(): it yielded {type(step).__name__}"
        )


async def wait(seconds: float, request: Request, name: str) -> None:
    """Sleep within a call. Raises TotalTimeout at once where the sleep could not end before the deadline."""
    deadline = request.deadline
    if deadline is not None and seconds >= deadline.remaining():
        raise TotalTimeout(
            f"{name} waits {seconds:g} s, which would pass the call's limit of {deadline.seconds:g} s", request=request
        )
    await async_sleep(seconds)

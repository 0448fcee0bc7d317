# Generated from src/_async/plugins/flow.py by scripts/generate_sync.py. Do not edit.
"""Drives the generator form of a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._concurrency import call, sleep
from ...exceptions import TotalTimeout
from ...plugins.flow import Call, Read, Sleep
from ...plugins.plugin import Plugin
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .blame import blame

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["FlowHandler", "wait"]


class FlowHandler:
    """Runs ``plugin.flow(request)``: sends what it yields, gives back what came, returns its response.

    Responses the flow does not return are closed, an error of a step is thrown into the generator. Raises
    TypeError, naming the plugin, when a flow yields or returns something else.
    """

    __slots__ = ("_plugin",)

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Act around one call."""
        flow = self._plugin.flow(request)
        if not hasattr(flow, "send"):
            raise TypeError(f"{self._plugin.name}.flow must be a generator: it returned {type(flow).__name__}")
        opened: list[Response] = []
        result: Response | None = None
        try:
            returned = self.drive(flow, request, proceed, opened)
            if not isinstance(returned, Response):
                found = type(returned).__name__
                raise TypeError(f"{self._plugin.name}.flow must return a response: it returned {found}")
            result = returned
            return result
        except Exception as error:
            blame(error, f"{self._plugin.name}.flow")
            raise
        finally:
            # Most flows have ended, and opened just what they returned.
            if result is None or len(opened) != 1 or opened[0] is not result:
                flow.close()
                for response in opened:
                    if response is not result:
                        response.close()

    def drive(
        self,
        flow: Generator[Any, Any, Any],
        request: Request,
        proceed: Proceed,
        opened: list[Response],
    ) -> Any:
        """Do what a generator yields, note the responses it got, and return what it returns."""
        value: Any = None
        error: Exception | None = None
        while True:
            try:
                step = flow.send(value) if error is None else flow.throw(error)
            except StopIteration as stop:
                return stop.value
            value = error = None
            try:
                if isinstance(step, Request):
                    value = proceed(step)
                    opened.append(value)
                else:
                    value = self._step(step, request)
            except Exception as raised:
                error = raised

    def _step(self, step: Any, request: Request) -> Any:
        if isinstance(step, Sleep):
            return wait(step.seconds, request, self._plugin.name)
        if isinstance(step, Read):
            return step.response.read()  # type: ignore[attr-defined]
        if isinstance(step, Call):
            return call(step.function, *step.arguments)
        raise TypeError(
            f"{self._plugin.name}.flow may yield a request, sleep(), read() or call(): it yielded {type(step).__name__}"
        )


def wait(seconds: float, request: Request, name: str) -> None:
    """Sleep within a call. Raises TotalTimeout at once where the sleep could not end before the deadline."""
    deadline = request.deadline
    if deadline is not None and seconds >= deadline.remaining():
        raise TotalTimeout(
            f"{name} waits {seconds:g} s, which would pass the call's limit of {deadline.seconds:g} s", request=request
        )
    sleep(seconds)

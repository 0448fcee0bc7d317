# Generated from src/_async/plugins/pair.py by scripts/generate_sync.py. Do not edit.
"""Runs the function form of a plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .blame import blame, in_time

__all__ = ["PairHandler"]


class PairHandler:
    """Runs ``function(request, proceed)`` and sees to what it leaves behind when it fails.

    Raises TypeError, naming the plugin, when it returns no response. What it raises itself gets a note with the name.
    """

    __slots__ = ("_function", "_name")

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._function = function
        self._name = name

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Act around one call."""
        if request.stream:
            return self._streamed(request, proceed)
        # Saved responses hold no connection.
        try:
            result = self._function(request, proceed)
            if request.deadline is not None:
                in_time(request, self._name)
            return result if isinstance(result, Response) else self._checked(result)
        except BaseException as error:
            blame(error, self._name)
            raise

    def _streamed(self, request: Request, proceed: Proceed) -> Response:
        opened: list[Response] = []

        def noting(request: Request) -> Response:
            response = proceed(request)
            opened.append(response)
            return response

        try:
            result = self._checked(self._function(request, noting))
            in_time(request, self._name)
        except BaseException as error:
            blame(error, self._name)
            for response in opened:
                response.close()
            raise
        if result in opened:
            # One it made itself may read from what it got, so then nothing is closed.
            for response in opened:
                if response is not result:
                    response.close()
        return result

    def _checked(self, result: Any) -> Response:
        if isinstance(result, Response):
            return result
        raise TypeError(f"{self._name} must return a response: it returned {type(result).__name__}")

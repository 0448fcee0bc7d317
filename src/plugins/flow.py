"""The commands a generator flow may yield beside requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..values.response import BaseResponse

__all__ = ["Call", "Read", "Sleep", "call", "read", "sleep"]


class Sleep:
    """Wait some seconds; the client's deadline still holds."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Read:
    """Read the whole body of a streamed response into memory."""

    __slots__ = ("response",)

    def __init__(self, response: BaseResponse) -> None:
        self.response = response


class Call:
    """Call a user's function, which may be async in the async client."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.function = function
        self.arguments = arguments


def sleep(seconds: float) -> Sleep:
    """``yield sleep(2)`` waits two seconds; raises TotalTimeout at once when the call's deadline comes first."""
    return Sleep(seconds)


def read(response: BaseResponse) -> Read:
    """``content = yield read(response)`` reads the body and returns it."""
    return Read(response)


def call(function: Callable[..., Any], *arguments: Any) -> Call:
    """``value = yield call(function, argument)`` calls a function of the user's, sync or async, for its value."""
    return Call(function, arguments)

"""Callbacks and bodies in threads; the twin of async_calls."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..exceptions import InvalidBody

if TYPE_CHECKING:
    from ..values.body import Body

__all__ = ["Job", "Source", "body_chunks", "call", "iterate", "limited", "next"]

T = TypeVar("T")

Job = Callable[..., T]
"""A function of the user."""
Source = Iterable[T]
"""What a user may give where items are read one after the other."""

next = builtins.next  # noqa: A001


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function of the user and return its result.

    Raises TypeError for a coroutine function (anything that returns an awaitable): nothing here could await it.
    """
    result = function(*args)
    if hasattr(result, "__await__"):
        if hasattr(result, "close"):
            result.close()  # or Python would warn that it was never awaited
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} is async; the blocking client needs a plain function (or use AsyncClient)")
    return result


def limited(seconds: float, late: Callable[[BaseException | None], Exception], function: Job[T], *args: Any) -> T:
    """Return ``function(*args)``, interrupted after some seconds where that can be done: a thread can't be.

    Then what ``late`` makes of the interruption is raised.
    """
    return function(*args)


def body_chunks(body: Body) -> Iterator[bytes]:
    """Start one pass over a request body. Raises InvalidBody for an async body, BodyNotReplayable."""
    if body.is_async:
        raise InvalidBody("an async body can't be sent by the blocking client; use AsyncClient")
    return cast("Iterator[bytes]", body.open())


def iterate(source: Source[T]) -> Iterator[T]:
    """Start one pass over an iterable of the user. Raises TypeError for anything else, an async one too."""
    if hasattr(source, "__aiter__") and not hasattr(source, "__iter__"):
        raise TypeError("the blocking client can't read an async iterable; use AsyncClient")
    return iter(source)

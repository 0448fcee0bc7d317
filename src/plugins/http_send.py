"""Functions around the sending, added to a living client."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..values.checks import check_options
from .plugin import Plugin, Stage

if TYPE_CHECKING:
    from typing import Self

__all__ = ["HttpSend", "Interception"]


class HttpSend(Plugin):
    """One function around the call, ``function(request, proceed)``, that returns a response.

    ``client.intercept(function)`` installs it in a living client; it may stand among ``plugins=[...]`` as well, any
    number of times. ``stage`` says where it stands in the chain; by default at its end, where it sees every attempt.
    """

    repeatable = True
    handler = "http_send"

    def __init__(self, function: Callable[..., Any], *, stage: Stage = Stage.ATTEMPT) -> None:
        check_options(HttpSend, locals())
        self.function = function
        self.stage = Stage(stage)  # type: ignore[misc]

    @property
    def name(self) -> str:
        """The name in ``client.describe()`` and in errors."""
        function = getattr(self.function, "__qualname__", None) or repr(self.function)
        return f"HttpSend({function})"

    @property
    def calls_back(self) -> bool:
        """Whether it calls functions of the user's that may wait."""
        return True

    def __repr__(self) -> str:
        return self.name


class Interception:
    """An interceptor in a client, until ``remove()`` or to the end of a ``with`` block."""

    __slots__ = ("_remove", "plugin")

    def __init__(self, plugin: HttpSend, remove: Callable[[HttpSend], None]) -> None:
        self.plugin = plugin
        self._remove = remove

    def remove(self) -> None:
        """Take the interceptor out; calls that run already keep it. May be called again."""
        self._remove(self.plugin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()
